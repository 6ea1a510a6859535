package pipeline_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// months is a world with an admin key, whose clock can be set to another day, and where each run can have a fault.
type months struct {
	*world
	ahead     atomic.Int64 // of testDay, in days
	fault     atomic.Pointer[func(openaitest.Call) *openaitest.Fault]
	statement func(*openaitest.Statement)
	bills     []bill
	seen      int // charges on OpenAI's bill that are in bills
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
			o.Now, o.AdminKey, o.Key = now, "sk-admin-1", "sk-test"
			o.Fault = func(c openaitest.Call) *openaitest.Fault {
				if f := m.fault.Load(); f != nil {
					return (*f)(c)
				}
				return nil
			}
			o.Statement = func(s *openaitest.Statement) {
				if m.statement != nil {
					m.statement(s)
				}
			}
		})
	m.config.Statements = openai.NewAdmin(openai.Config{
		Key: func(context.Context) (string, error) { return "sk-admin-1", nil }, BaseURL: m.openai.URL(),
	})
	m.Pipeline = m.another(func(*pipeline.Config) {})
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
	if testing.Short() {
		t.Skip("it takes seconds under the race detector")
	}
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			m := newMonths(t, database(t))
			n := 300
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

// reconcile compares a day.
func (m *months) reconcile(query map[string]any) (r pipeline.Reconciliation) {
	m.t.Helper()
	m.do(with(query, "action", "reconcile"), &r)
	return r
}

func TestReconcileFindsEachDifference(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds under the race detector")
	}
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			m := newMonths(t, database(t))
			m.mixed(20)
			for _, day := range []string{"2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"} {
				r := m.reconcile(map[string]any{"day": day})
				var bill cost.Amount
				for _, c := range m.openai.Bill().Charges {
					if c.Arrived.Format(time.DateOnly) == day {
						bill += cost.Amount(c.Nano)
					}
				}
				if !r.Agrees || r.Ours.Cost != bill || r.OpenAI.Cost != bill || len(r.Unknown) == 0 {
					t.Errorf("%s: %+v", day, r)
				}
			}
			rng := rand.New(rand.NewPCG(1, 2))
			costs, usage := m.plant(rng)
			r := m.reconcile(map[string]any{"day": "2026-11-24"})
			if diff := gocmp.Diff(costs, r.Costs); diff != "" {
				t.Errorf("costs (-planted +found):\n%s", diff)
			}
			if diff := gocmp.Diff(usage, r.Usage); diff != "" {
				t.Errorf("usage (-planted +found):\n%s", diff)
			}
			if n := len(costs) + len(usage); n != 20 || r.Agrees {
				t.Errorf("%d differences were planted, and it agrees: %t", n, r.Agrees)
			}
			if r := m.reconcile(map[string]any{"day": "2026-11-25"}); !r.Agrees {
				t.Errorf("the day after: %+v", r)
			}
			if r := m.reconcile(map[string]any{"day": "2026-11-24", "projectId": "proj_other"}); r.Agrees || len(r.OpenAI.Projects) != 1 {
				t.Errorf("another project's books: %+v", r)
			}
		})
	}
}

// plant has OpenAI's books of 2026-11-24 differ from ours in 20 ways, and returns these.
func (m *months) plant(rng *rand.Rand) (costs []pipeline.CostDifference, usage []pipeline.UsageDifference) {
	m.t.Helper()
	const day = "2026-11-24"
	var honest openaitest.Statement
	m.statement = func(s *openaitest.Statement) {
		if s.Day.Format(time.DateOnly) == day {
			honest = *s
		}
	}
	m.reconcile(map[string]any{"day": day})
	planted := openaitest.Statement{Costs: slices.Clone(honest.Costs), Completions: slices.Clone(honest.Completions), Images: slices.Clone(honest.Images)}
	parts := map[string]string{
		"input_tokens": "input", "cached_input_tokens": "cached input", "cache_write_tokens": "cache write", "image_input_tokens": "image input", "output_tokens": "output",
	}
	for i := range planted.Costs { // on every line that there is, more or less
		l := &planted.Costs[i]
		model, item, _ := strings.Cut(l.LineItem, ", ")
		by := cost.Amount(5_000_000 + rng.Int64N(1_000_000_000))
		if i%2 == 0 {
			by = -by
		}
		costs = append(costs, pipeline.CostDifference{Model: model, LineItem: parts[item], Ours: cost.Amount(l.Nano), OpenAI: cost.Amount(l.Nano) + by, Difference: by})
		l.Nano += int64(by)
	}
	// What differs by less than half a cent is no difference, and a dated model is its family's.
	planted.Costs = append(planted.Costs,
		openaitest.CostLine{Project: "proj_other", LineItem: "gpt-7, input", Nano: 4_999_999},
		openaitest.CostLine{Project: "proj_other", LineItem: "web search tool calls", Nano: 10_000_000},
		openaitest.CostLine{Project: "proj_other", LineItem: "gpt-5-2025-08-07, cache storage", Nano: 20_000_000})
	costs = append(costs,
		pipeline.CostDifference{LineItem: "web search tool calls", OpenAI: 10_000_000, Difference: 10_000_000},
		pipeline.CostDifference{Model: "gpt-5", LineItem: "cache storage", OpenAI: 20_000_000, Difference: 20_000_000})
	more := func(model, counted string, is *int64, by int64) {
		usage = append(usage, pipeline.UsageDifference{Model: model, Counted: counted, Ours: *is, OpenAI: *is + by, Difference: by})
		*is += by
	}
	for i := range planted.Completions {
		u := &planted.Completions[i]
		more(u.Model, "input tokens", &u.Input, 1)
		more(u.Model, "output tokens", &u.Output, -1)
	}
	for i := range planted.Images {
		more(planted.Images[i].Model, "images", &planted.Images[i].Images, 2)
	}
	for i := 0; len(costs)+len(usage) < 20; i++ {
		other := openaitest.UsageLine{Project: "proj_other", Model: fmt.Sprintf("gpt-other-%d", i), Requests: 1}
		more(other.Model, "cached input tokens", &other.Cached, int64(i+1))
		planted.Completions = append(planted.Completions, other)
	}
	m.statement = func(s *openaitest.Statement) {
		if s.Day.Format(time.DateOnly) == day {
			s.Costs, s.Completions, s.Images = planted.Costs, planted.Completions, planted.Images
		}
	}
	slices.SortFunc(costs, func(a, b pipeline.CostDifference) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.LineItem, b.LineItem))
	})
	slices.SortFunc(usage, func(a, b pipeline.UsageDifference) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.Counted, b.Counted))
	})
	return costs, usage
}

func TestReconcileNamesSmallDifferencesTogether(t *testing.T) {
	m := newMonths(t, stores["Bolt"](t))
	m.statement = func(s *openaitest.Statement) {
		for _, item := range []string{"input", "output", "sorcery"} {
			s.Costs = append(s.Costs, openaitest.CostLine{Project: "p", LineItem: "gpt-5, " + item, Nano: 4_000_000})
		}
	}
	r := m.reconcile(map[string]any{"day": "2026-11-20"})
	want := []pipeline.CostDifference{{Model: "gpt-5", LineItem: pipeline.RoundingItem, OpenAI: 12_000_000, Difference: 12_000_000}}
	if diff := gocmp.Diff(want, r.Costs); diff != "" || r.Agrees {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReconcileTellsTheCarrierOfAnImageFromTheImage(t *testing.T) {
	m := newMonths(t, stores["Bolt"](t))
	m.Pipeline = m.another(func(c *pipeline.Config) { c.ImageCalls = pipeline.ImageBackground })
	m.run(map[string]any{"runId": "r", "brandGuide": guide, "templateFunnel": testFunnel(2, 2)})
	r := m.reconcile(map[string]any{"day": "2026-11-23"})
	carried := false
	for _, model := range r.Models {
		carried = carried || model.Model == pipeline.DefaultCarrierModel && model.Ours > 0 && model.Ours == model.OpenAI
	}
	if bill := cost.Amount(m.openai.Bill().Total); !r.Agrees || !carried || r.Ours.Cost != bill {
		t.Errorf("%+v; the bill is %s", r, bill)
	}
}

func TestReconcileKeepsWhatWasPaidAtOtherRates(t *testing.T) {
	m := newMonths(t, stores["Bolt"](t))
	m.run(map[string]any{"runId": "r", "brandGuide": guide, "templateFunnel": testFunnel(0, 2)})
	dearer, err := cost.DefaultCatalog().Override([]byte(`{"date":"2026-11-24","models":{"gpt-5":{"kind":"agent","rates":{"input":31,"cachedInput":3,"output":121}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	m.Pipeline = m.another(func(c *pipeline.Config) { c.Catalog = dearer })
	r := m.reconcile(map[string]any{"day": "2026-11-23"})
	if bill := cost.Amount(m.openai.Bill().Total); r.Ours.Cost != bill || r.Models[0].Ours != bill || r.Models[0].OpenAI != bill {
		t.Errorf("the record says %+v; the bill is %s", r, bill)
	}
}

func TestReconcileRefuses(t *testing.T) {
	m := newMonths(t, stores["Bolt"](t))
	for name, tt := range map[string]struct {
		query map[string]any
		says  string
	}{
		"NoDay":       {map[string]any{"day": "yesterday"}, "must be a day"},
		"TheFuture":   {map[string]any{"day": "2026-11-24"}, "has not begun"},
		"NoLookback":  {map[string]any{"lookbackDays": 0}, "lookbackDays"},
		"AnotherKind": {map[string]any{"projectId": 7}, "projectId"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := m.fails(with(tt.query, "action", "reconcile"), pipeline.InvalidRequest); !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("WithoutAKey", func(t *testing.T) {
		w := newWorld(t)
		err := w.fails(map[string]any{"action": "reconcile", "day": "2026-11-22"}, pipeline.OpenAIUnauthorized)
		if !strings.Contains(err.Error(), "OPENAI_ADMIN_KEY") || !strings.Contains(err.Error(), "OPENAI_ADMIN_KEY_SECRET_NAME") {
			t.Errorf("%v", err)
		}
	})
	t.Run("WithAProjectsKey", func(t *testing.T) {
		m.config.Statements = openai.NewAdmin(openai.Config{Key: func(context.Context) (string, error) { return "sk-test", nil }, BaseURL: m.openai.URL()})
		m.Pipeline = m.another(func(*pipeline.Config) {})
		m.fails(map[string]any{"action": "reconcile"}, pipeline.OpenAIForbidden)
	})
	t.Run("AnEmptyDay", func(t *testing.T) {
		m := newMonths(t, stores["Bolt"](t))
		if r := m.reconcile(map[string]any{}); !r.Agrees || r.Day != "2026-11-22" || r.Ours.Runs != 0 || r.OpenAI.Cost != 0 {
			t.Errorf("%+v", r)
		}
	})
}

// counting counts what is read of a store.
type counting struct {
	store.Store
	lists, records, templateLists int
}

func (c *counting) Runs(ctx context.Context, templateID string, limit int, token string) ([]store.Run, string, error) {
	runs, next, err := c.Store.Runs(ctx, templateID, limit, token)
	c.lists++
	c.records += len(runs)
	return runs, next, err
}

func (c *counting) Templates(ctx context.Context, status store.TemplateStatus, limit int, token string) ([]store.Template, string, error) {
	c.templateLists++
	return c.Store.Templates(ctx, status, limit, token)
}

func TestCostsReadsNoMoreThanItsPeriod(t *testing.T) {
	m := newMonths(t, stores["Bolt"](t))
	counted := &counting{Store: m.config.Store}
	for i := range 130 { // one a day, and one template each
		id := fmt.Sprintf("template-%d", i)
		if _, err := counted.PutTemplate(t.Context(), store.Template{TemplateID: id}); err != nil {
			t.Fatal(err)
		}
		for _, template := range []string{"busy", id} {
			r := store.Run{RunID: fmt.Sprintf("%s-%d", template, i), TemplateID: template, Status: store.Completed, Cost: cost.Breakdown{Total: 1},
				Timestamp: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, i)}
			if _, err := counted.CreateRun(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
	}
	m.config.Store = counted
	m.Pipeline = m.another(func(*pipeline.Config) {})
	sum, pages := m.costs(map[string]any{"templateId": "busy", "from": "2026-04-01", "to": "2026-04-30"})
	if sum.Total.Runs != 30 || pages != 1 || counted.lists != 1 || counted.records > 100 || counted.templateLists != 0 {
		t.Errorf("a month of one template: %d runs on %d pages, for %d records in %d lists and %d of templates", sum.Total.Runs, pages, counted.records, counted.lists, counted.templateLists)
	}
	counted.lists, counted.records = 0, 0
	sum, pages = m.costs(map[string]any{"from": "2026-04-01", "to": "2026-04-30"})
	if sum.Total.Runs != 30 || pages != 2 || counted.lists != 131 || counted.records > 120 || counted.templateLists > 4 {
		t.Errorf("a month of all: %d runs on %d pages, for %d records in %d lists and %d of templates", sum.Total.Runs, pages, counted.records, counted.lists, counted.templateLists)
	}
}
