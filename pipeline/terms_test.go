package pipeline_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

// longGuide is a guide that is worth a place in the prompt cache.
var longGuide = strings.Repeat("Lanternfen teaches ceramics to people who have never touched clay. Plain, warm and exact. ", 130) + "\n\nPrimary colour: #1F4E5F\n"

// sol has runs made with a model that charges for what it writes to the prompt cache.
var sol = configured(func(c *pipeline.Config) { c.AgentModel = "gpt-6.1-sol" })

func TestNothingIsWrittenToThePromptCacheThatNobodyReads(t *testing.T) {
	for _, tt := range []struct {
		name          string
		texts         int
		writes, reads int
	}{
		{"one call writes nothing", 200, 0, 0},
		{"two calls side by side write nothing", 400, 0, 0},
		{"of five calls the first writes the guide, and four read it", 1100, 1, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, sol)
			s := w.run(with(inline("run-1", testFunnel(0, tt.texts)), "brandGuide", longGuide))
			writes, reads := 0, 0
			for _, r := range w.openai.Calls() {
				if r.Usage.CacheWrite > 0 {
					writes++
				}
				if r.Usage.Cached > 0 {
					reads++
				}
			}
			if writes != tt.writes || reads != tt.reads || s.Problems.Count != 0 {
				t.Errorf("%d writes and %d reads in %d calls; want %d and %d", writes, reads, w.openai.Count(openaitest.KindAgent), tt.writes, tt.reads)
			}
			w.billEqualsTotal(s.Cost)
			t.Logf("the bill: %s", s.Cost.Total)
		})
	}
}

func TestServiceTiers(t *testing.T) {
	payload := inline("run-1", testFunnel(0, 20))
	standard := newWorld(t, sol).run(payload).Cost.Total
	noRoom := func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindAgent && c.ServiceTier == "flex" && c.N == 1 {
			return &openaitest.Fault{Status: http.StatusTooManyRequests, Code: "resource_unavailable", Message: "No room for flex processing."}
		}
		return nil
	}
	for _, tt := range []struct {
		tier  string
		fault func(openaitest.Call) *openaitest.Fault
		want  cost.Amount
	}{
		{"default", nil, standard},
		{"flex", nil, standard / 2},
		{"flex", noRoom, standard / 2}, // it waits
		{"flex-or-default", nil, standard / 2},
		{"flex-or-default", noRoom, standard}, // it does not
		{"priority", nil, standard * 2},
	} {
		t.Run(fmt.Sprintf("%s, refused: %t", tt.tier, tt.fault != nil), func(t *testing.T) {
			w := newWorld(t, sol, configured(func(c *pipeline.Config) { c.ServiceTier = tt.tier }), faults(func(c openaitest.Call) *openaitest.Fault {
				if tt.fault == nil {
					return nil
				}
				return tt.fault(c)
			}))
			if s := w.run(payload); s.Cost.Total != tt.want {
				t.Errorf("it cost %s; want %s of the standard %s", s.Cost.Total, tt.want, standard)
			}
			w.billEqualsTotal(w.getRun("run-1").Cost)
		})
	}
}

func TestAnEstimateSaysWhatIsLikelyAndTheMost(t *testing.T) {
	w := newWorld(t, sol)
	payload := inline("run-1", testFunnel(3, 60))
	var e pipeline.Estimate
	w.do(with(payload, "action", "estimate"), &e)
	s := w.run(payload)
	if e.LikelyCost <= 0 || e.LikelyCost > e.ExpectedCost || s.Cost.Total > e.ExpectedCost || e.LikelyCost != e.Agent.Likely+e.Images.Likely {
		t.Errorf("likely %s, at the most %s; it cost %s", e.LikelyCost, e.ExpectedCost, s.Cost.Total)
	}
}
