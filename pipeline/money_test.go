package pipeline_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// months is a world whose clock can be set to another day, and where each run can have a fault.
type months struct {
	*world
	ahead atomic.Int64 // of testDay, in days
	fault atomic.Pointer[func(openaitest.Call) *openaitest.Fault]
	bills []bill
	seen  int // charges on OpenAI's bill that are in bills
}

// bill is what OpenAI charged for one call, and whose run it was.
type bill struct {
	template, model, day string // of the run's creation
	cost                 cost.Amount
}

func newMonths(t *testing.T, database setting) *months {
	m := &months{}
	clock := dayClock()
	now := func() time.Time { return clock().Add(time.Duration(m.ahead.Load()) * 24 * time.Hour) }
	m.world = newWorld(t, database,
		configured(func(c *pipeline.Config) { c.Now = now }),
		func(_ *pipeline.Config, o *openaitest.Options) {
			o.Now = now
			o.Fault = func(c openaitest.Call) *openaitest.Fault {
				if f := m.fault.Load(); f != nil {
					return (*f)(c)
				}
				return nil
			}
		})
	return m
}

// misbehave has the calls from now on go wrong.
func (m *months) misbehave(f func(openaitest.Call) *openaitest.Fault) {
	if m.fault.Store(&f); f == nil {
		m.fault.Store(nil)
	}
}

// booked notes whose run it was that OpenAI charged for since.
func (m *months) booked(template, day string) {
	charges := m.openai.Bill().Charges
	for _, c := range charges[m.seen:] {
		m.bills = append(m.bills, bill{template, c.Model, day, cost.Amount(c.Nano)})
	}
	m.seen = len(charges)
}

// mixed makes runs of all sorts over four days: several templates and none, several models and tiers; completed,
// failed, suspended, continued, asked again and left at work.
func (m *months) mixed(n int) {
	m.t.Helper()
	for _, id := range []string{"cards", "glaze"} {
		m.do(map[string]any{"action": "putTemplate", "templateId": id, "brandGuideContent": json.RawMessage(guide), "templateFunnelJson": json.RawMessage(testFunnel(1, 2))}, &struct{}{})
	}
	sol := m.another(func(c *pipeline.Config) { c.AgentModel, c.ImageModel = "gpt-6.1-sol", "gpt-image-1.5" })
	only := func(kind string, f openaitest.Fault) func(openaitest.Call) *openaitest.Fault {
		return func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == kind {
				return &f
			}
			return nil
		}
	}
	was := map[store.RunStatus]int{}
	for i := range n {
		m.ahead.Store(int64(i * 4 / n))
		day := m.config.Now().UTC().Format(time.DateOnly)
		template := []string{"cards", "glaze", store.InlineTemplate}[i%3]
		payload := with(inline(fmt.Sprintf("run-%d", i), testFunnel(1, 2)), "input", fmt.Sprintf("Rewrite it, version %d.", i))
		if template != store.InlineTemplate {
			payload = map[string]any{"runId": fmt.Sprintf("run-%d", i), "templateId": template, "input": fmt.Sprintf("Rewrite it, version %d.", i)}
		}
		p, again := m.Pipeline, false
		m.misbehave(nil)
		switch i % 10 {
		case 3:
			m.misbehave(only(openaitest.KindAgent, openaitest.Fault{Refusal: "I cannot help with that."}))
		case 4:
			m.misbehave(only(openaitest.KindImage, openaitest.Fault{Refusal: "Not this."}))
		case 5:
			m.misbehave(only(openaitest.KindImage, openaitest.Fault{Status: http.StatusServiceUnavailable}))
			again = true
		case 6:
			m.misbehave(only(openaitest.KindAgent, openaitest.Fault{ServiceTier: "flex"}))
		case 7:
			m.misbehave(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == openaitest.KindImage && c.Attempt == 1 {
					return &openaitest.Fault{Drop: openaitest.DropBefore}
				}
				return nil
			})
		case 8: // under the wrapper, whose HandleFailure never comes: the run stays at work
			m.misbehave(only(openaitest.KindAgent, openaitest.Fault{Text: "no JSON"}))
			payload = m.envelope(fmt.Sprintf("e%d:u%d", i, i), 0, map[string]any{"input": payload})
		case 9:
			p = sol
		}
		body, _ := json.Marshal(payload)
		_, _ = p.Handle(context.Background(), fmt.Sprintf("mixed-%d", i), body) // failures are among the sorts
		if again && i%20 == 5 {
			m.misbehave(nil)
			m.ahead.Add(1)
			_, _ = p.Handle(context.Background(), fmt.Sprintf("mixed-%d-again", i), body)
		}
		m.booked(template, day)
		was[m.getRun(fmt.Sprintf("run-%d", i)).Status]++
	}
	m.misbehave(nil)
	if len(was) != 4 {
		m.t.Fatalf("the runs are not of all sorts: %v", was)
	}
	m.ahead.Store(8)
}

// costs asks for a period page by page, and adds the pages up.
func (m *months) costs(query map[string]any) (sum pipeline.Costs, pages int) {
	m.t.Helper()
	query = with(query, "action", "costs")
	for token := ""; ; query = with(query, "nextToken", token) {
		var page pipeline.Costs
		m.do(query, &page)
		sum.Add(page)
		if token = page.NextToken; token == "" {
			return sum, pages + 1
		}
		if pages++; pages > 1000 {
			m.t.Fatal("the pages have no end")
		}
	}
}

func TestCostsAreTheSumOfTheBills(t *testing.T) {
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			m := newMonths(t, database(t))
			n := 60
			if name == "Bolt" { // more templates than one list has
				for i := range 120 {
					if _, err := m.config.Store.PutTemplate(t.Context(), store.Template{TemplateID: fmt.Sprintf("empty-%d", i)}); err != nil {
						t.Fatal(err)
					}
				}
			} else {
				n = 20
			}
			m.mixed(n)
			days := map[string]any{"from": "2026-11-23", "to": "2026-11-30"}
			for by, of := range map[string]func(bill) string{
				"template": func(b bill) string { return b.template }, "model": func(b bill) string { return b.model }, "day": func(b bill) string { return b.day },
			} {
				want := map[string]cost.Amount{}
				for _, b := range m.bills {
					want[of(b)] += b.cost
				}
				for _, limit := range []int{7, 500} {
					sum, pages := m.costs(with(with(days, "by", by), "limit", limit))
					if got := byGroup(sum); gocmp.Diff(want, got) != "" {
						t.Errorf("by %s (-bill +costs):\n%s", by, gocmp.Diff(want, got))
					}
					if bill := m.openai.Bill(); int64(sum.Total.Cost) != bill.Total || sum.Total.Calls != int64(len(bill.Charges)) {
						t.Errorf("by %s: %s for %d calls; the bill is %s for %d", by, sum.Total.Cost, sum.Total.Calls, cost.Amount(bill.Total), len(bill.Charges))
					}
					if sum.Total.Runs != int64(n) || limit == 7 && pages < n/7 {
						t.Errorf("by %s: %d runs on %d pages", by, sum.Total.Runs, pages)
					}
					var possibly cost.Possibly
					for _, g := range sum.Groups {
						if g.PossiblyCharged != nil {
							possibly.Add(g.PossiblyCharged.Calls, g.PossiblyCharged.Cost)
						}
					}
					if p := sum.Total.PossiblyCharged; p == nil || *p != possibly || p.Calls == 0 {
						t.Errorf("by %s: possibly %+v in all, and %+v in the groups", by, p, possibly)
					}
				}
			}
			t.Run("OfOneTemplateAndDay", func(t *testing.T) {
				want := map[string]cost.Amount{}
				for _, b := range m.bills {
					if b.template == "cards" && b.day == "2026-11-24" {
						want[b.model] += b.cost
					}
				}
				sum, _ := m.costs(map[string]any{"from": "2026-11-24", "to": "2026-11-24", "by": "model", "templateId": "cards", "limit": 2})
				if diff := gocmp.Diff(want, byGroup(sum)); diff != "" || len(want) == 0 {
					t.Errorf("(-bill +costs):\n%s", diff)
				}
			})
			t.Run("AnEmptyPeriod", func(t *testing.T) {
				sum, _ := m.costs(map[string]any{"from": "2026-10-01", "to": "2026-10-31"})
				if len(sum.Groups) > 0 || sum.Total != (pipeline.CostLine{}) {
					t.Errorf("%+v", sum)
				}
			})
			t.Run("OfARunAtWork", func(t *testing.T) { // its record says nothing yet
				created := time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC)
				if _, err := m.config.Store.CreateRun(t.Context(), store.Run{RunID: "at-work", TemplateID: "cards", Status: store.Running, Timestamp: created, Attempt: 1}); err != nil {
					t.Fatal(err)
				}
				for name, row := range map[string]string{
					"call#agent#000": `{"kind":"agent","state":"answered","model":"gpt-5","startedAt":"2026-02-28T23:59:59Z","usage":{"input":1,"output":1},"cost":0.25}`,
					"call#image#a":   `{"kind":"image","state":"started","model":"gpt-image-1","startedAt":"2026-03-01T00:00:01Z","expectedCost":0.04}`,
				} {
					if err := m.config.Store.AddLog(t.Context(), store.Log{RunID: "at-work", LogType: name, Level: "INFO", Message: "paid call", Data: json.RawMessage(row), Attempt: 1}); err != nil {
						t.Fatal(err)
					}
				}
				sum, _ := m.costs(map[string]any{"from": "2026-02-28", "to": "2026-02-28", "by": "model"})
				want := []pipeline.CostLine{
					{Model: "gpt-5", Runs: 1, Calls: 1, Cost: 250_000_000},
					{Model: "gpt-image-1", Runs: 1, PossiblyCharged: &cost.Possibly{Calls: 1, Cost: 40_000_000}},
				}
				if diff := gocmp.Diff(want, sum.Groups); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
			t.Run("ByRecordsWithoutModels", func(t *testing.T) {
				_, err := m.config.Store.CreateRun(t.Context(), store.Run{
					RunID: "old", TemplateID: "cards", Status: store.Completed, Timestamp: time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC),
					Models: map[string]string{"agent": "gpt-5", "image": "gpt-image-1"},
					Cost: cost.Breakdown{Total: 7, Agent: 5, Image: 2, PossiblyCharged: &cost.Possibly{Calls: 1, Cost: 9},
						Details: cost.Details{Agent: cost.AgentDetails{Calls: 1, Cost: 5}, Images: cost.ImageDetails{Calls: 2, Cost: 2}}},
				})
				if err != nil {
					t.Fatal(err)
				}
				sum, _ := m.costs(map[string]any{"from": "2026-01-01", "to": "2026-01-31", "by": "model"})
				want := []pipeline.CostLine{
					{Model: "gpt-5", Runs: 1, Calls: 1, Cost: 5}, {Model: "gpt-image-1", Runs: 1, Calls: 2, Cost: 2},
					{Model: "unknown", Runs: 1, PossiblyCharged: &cost.Possibly{Calls: 1, Cost: 9}},
				}
				if diff := gocmp.Diff(want, sum.Groups); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func byGroup(c pipeline.Costs) map[string]cost.Amount {
	groups := map[string]cost.Amount{}
	for _, g := range c.Groups {
		if g.Cost != 0 {
			groups[cmp.Or(g.TemplateID, g.Model, g.Day)] = g.Cost
		}
	}
	return groups
}

func TestCostsRefusesWhatItCannotSum(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.run(map[string]any{"runId": fmt.Sprintf("r%d", i), "brandGuide": guide, "templateFunnel": testFunnel(0, 1)})
	}
	var page pipeline.Costs
	w.do(map[string]any{"action": "costs", "limit": 1}, &page)
	if page.From != "2026-11-01" || page.To != "2026-11-23" || page.By != "template" || page.NextToken == "" {
		t.Errorf("without arguments it is of this month: %+v", page)
	}
	for name, tt := range map[string]struct {
		field string
		value any
		says  string
	}{
		"NoDay":          {"from", "2026-02-30", "must be a day"},
		"ATime":          {"to", "2026-11-23T00:00:00Z", "must be a day"},
		"Backwards":      {"to", "2026-10-31", "before from"},
		"ByNothing":      {"by", "week", "template, model or day"},
		"NoTemplate":     {"templateId", "../x", "templateId"},
		"TooMany":        {"limit", 5001, "limit"},
		"AToken":         {"nextToken", "x", "nextToken"},
		"AnUnknownField": {"day", "2026-11-23", "unknown field"},
	} {
		t.Run(name, func(t *testing.T) {
			err := w.fails(with(map[string]any{"action": "costs"}, tt.field, tt.value), pipeline.InvalidRequest)
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("ATokenOfOtherArguments", func(t *testing.T) {
		err := w.fails(map[string]any{"action": "costs", "by": "day", "nextToken": page.NextToken}, pipeline.InvalidRequest)
		if !strings.Contains(err.Error(), "other arguments") {
			t.Errorf("%v", err)
		}
	})
}
