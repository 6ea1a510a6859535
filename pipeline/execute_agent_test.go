package pipeline_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

func TestWithoutBackgroundModeTheAgentAnswersInTheForeground(t *testing.T) {
	w := newWorld(t, configured(func(c *pipeline.Config) { c.ForegroundAgent = true }))
	s := w.run(inline("run-1", testFunnel(0, 2)))
	for _, c := range w.openai.Calls() {
		if c.InBackground || c.Kind == openaitest.KindRetrieve {
			t.Errorf("%+v", c.Call)
		}
	}
	w.billEqualsTotal(s.Cost)
}

func TestAResponseThatCannotBeReadIsFetchedLaterAndNotAskedAgain(t *testing.T) {
	broken := true
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindRetrieve && broken {
			return &openaitest.Fault{Body: "<html>a proxy</html>"}
		}
		return nil
	}))
	payload := inline("run-1", testFunnel(0, 2))
	w.fails(payload, pipeline.Transient)
	if r := w.getRun("run-1"); r.Cost.PossiblyCharged == nil {
		t.Errorf("nothing says that the response may be charged: %+v", r.Cost)
	}
	broken = false
	s := w.run(payload)
	if n := w.openai.Count(openaitest.KindAgent); n != 1 {
		t.Errorf("the agent was asked %d times", n)
	}
	w.billEqualsTotal(s.Cost)
}

func TestAnAgentsAnswerThatCouldNotBeStoredIsFetchedAgain(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	w := newWorld(t, configured(func(c *pipeline.Config) {
		c.Objects = deniedObjects{c.Objects, func(key string) bool { return broken.Load() && strings.Contains(key, "/call-") }}
	}))
	payload := inline("run-1", testFunnel(0, 2))
	w.fails(payload, pipeline.Internal)
	broken.Store(false)
	s := w.run(payload)
	if n := w.openai.Count(openaitest.KindAgent); n != 1 {
		t.Errorf("the agent was asked %d times", n)
	}
	w.billEqualsTotal(s.Cost)
}

func TestARunThatIsInvokedAgainDoesNotPayForMoreRepairs(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	w := newWorld(t, configured(func(c *pipeline.Config) {
		c.Objects = deniedObjects{c.Objects, func(key string) bool { return broken.Load() && strings.Contains(key, "/output-") }}
	}), faults(func(openaitest.Call) *openaitest.Fault {
		return &openaitest.Fault{Edit: func(r []openaitest.Rewritten) []openaitest.Rewritten {
			for i := range r {
				if r[i].ID == "text_1" {
					r[i].Text = "no merge tag"
				}
			}
			return r
		}}
	}))
	payload := inline("run-1", testFunnel(0, 2))
	for range 3 {
		w.fails(payload, pipeline.Internal)
	}
	broken.Store(false)
	s := w.run(payload)
	if n := w.openai.Count(openaitest.KindAgent); n != 3 || s.Problems.Count != 1 {
		t.Errorf("the agent was asked %d times; %+v", n, s.Problems)
	}
	w.billEqualsTotal(s.Cost)
}

func TestWhatTheModelSaysCannotReachWhatIsNotCopy(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		return &openaitest.Fault{Edit: func(r []openaitest.Rewritten) []openaitest.Rewritten {
			var out []openaitest.Rewritten
			for _, x := range r {
				out = append(out, openaitest.Rewritten{ID: x.ID, Text: x.Text + ` <a href="https://evil.example/">win</a>`})
			}
			return append(out, openaitest.Rewritten{ID: "opt_form_url", Text: "https://evil.example/"}, openaitest.Rewritten{ID: "image_0", Text: "x"})
		}}
	}))
	w.fails(inline("run-1", testFunnel(1, 2)), pipeline.AgentFailed)
	w.billEqualsTotal(w.getRun("run-1").Cost)
}
