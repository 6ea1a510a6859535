package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

func TestACompletedRunInvokedAgainSpendsNothing(t *testing.T) {
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, database(t))
			first := w.run(inline("run-1", testFunnel(2, 2)))
			calls := len(w.openai.Calls())
			second := w.run(inline("run-1", testFunnel(2, 2)))
			third := w.run(map[string]any{"runId": "run-1"})
			if len(w.openai.Calls()) != calls {
				t.Error("OpenAI was asked again")
			}
			for _, s := range []pipeline.Summary{second, third} {
				if s.Status != "completed" || s.Cost.Total != first.Cost.Total || string(s.Output.Document) != string(first.Output.Document) {
					t.Errorf("another summary: %+v", s)
				}
			}
		})
	}
}

func TestTheSameRunIDWithAnotherPayloadIsAConflict(t *testing.T) {
	w := newWorld(t)
	payload := inline("run-1", testFunnel(0, 2))
	w.run(payload)
	for field, value := range map[string]any{
		"input": "Something else.", "brandGuide": "Another brand", "templateFunnel": testFunnel(0, 1), "templateVersion": "3", "templateId": "x",
	} {
		t.Run(field, func(t *testing.T) { w.fails(with(payload, field, value), pipeline.RunConflict) })
	}
	t.Run("but a budget is not part of it, nor is white space", func(t *testing.T) {
		w.run(with(payload, "maxCostUsd", 5))
		var loose json.RawMessage = []byte(strings.Replace(testFunnel(0, 2), ",", " ,\n ", 1))
		w.run(with(payload, "templateFunnel", loose))
	})
}

func TestAFailedRunGoesOnWhereItStopped(t *testing.T) {
	refuse := true
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindAgent && refuse {
			return &openaitest.Fault{Status: 401}
		}
		return nil
	}))
	payload := inline("run-1", testFunnel(3, 2))
	w.fails(payload, pipeline.OpenAIUnauthorized)
	failed := w.getRun("run-1")
	if failed.Status != "failed" || failed.Error.Step != "ExecuteAgent" || failed.Cost.Details.Images.Calls != 3 {
		t.Fatalf("the failed run: %+v", failed)
	}
	w.billEqualsTotal(failed.Cost)
	refuse = false
	s := w.run(payload)
	if s.Images != (pipeline.ImageCounts{Total: 3, Succeeded: 3, Reused: 3}) {
		t.Errorf("images: %+v", s.Images)
	}
	w.billEqualsTotal(s.Cost)
	if rows := w.rows("run-1", "run#"); len(rows) != 2 || rows[1].Message != "run resumed" {
		t.Errorf("the log does not say that the run was resumed: %+v", rows)
	}
	if errs := w.rows("run-1", "error#"); len(errs) != 1 || errs[0].Data["name"] != "OpenAIUnauthorized" {
		t.Errorf("error rows: %+v", errs)
	}
}

func TestAnAnswerThatWasLostIsNamedAndAskedForAgain(t *testing.T) {
	for _, kind := range []string{openaitest.KindImage, openaitest.KindAgent} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == kind && c.N == 1 {
					return &openaitest.Fault{Drop: openaitest.DropAfter}
				}
				return nil
			}))
			s := w.run(inline("run-1", testFunnel(1, 1)))
			if s.Cost.PossiblyCharged == nil || s.Cost.PossiblyCharged.Calls != 1 {
				t.Fatalf("cost: %+v", s.Cost)
			}
			w.billCovered(s.Cost)
			named := 0
			for _, row := range w.rows("run-1", "call#"+kind) {
				if row.Data["possiblyCharged"] != nil {
					named++
				}
			}
			if named != 1 {
				t.Errorf("%d ledger rows name a possible charge", named)
			}
		})
	}
}

func TestAnImageWhoseOutcomeIsNeverHeardOfIsGivenUp(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage {
			return &openaitest.Fault{Drop: openaitest.DropAfter}
		}
		return nil
	}))
	s := w.run(inline("run-1", testFunnel(1, 1)))
	if s.Images.Failed != 1 || s.Cost.PossiblyCharged.Calls != 3 {
		t.Errorf("%+v %+v", s.Images, s.Cost.PossiblyCharged)
	}
	w.billCovered(s.Cost)
}

func TestAResponseInFlightIsFetchedAndNotAskedAgain(t *testing.T) {
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			gate := openaitest.NewGate()
			w := newWorld(t, database(t), faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == openaitest.KindAgent {
					return &openaitest.Fault{Hold: gate}
				}
				return nil
			}))
			payload := inline("run-1", testFunnel(1, 2))
			ctx, stop := context.WithCancel(context.Background())
			go func() {
				<-gate.Arrived()
				for len(w.openai.Calls()) < 4 { // the image, the POST, and looks at the response
					time.Sleep(time.Millisecond)
				}
				stop()
			}()
			response, err := w.handle(ctx, payload)
			if err != nil {
				t.Fatal(err)
			}
			var suspended pipeline.Summary
			read(t, response, &suspended)
			if suspended.Status != "suspended" {
				t.Fatalf("%+v", suspended)
			}
			if suspended.Cost.PossiblyCharged == nil || suspended.Cost.PossiblyCharged.Calls != 1 {
				t.Errorf("until it is fetched, the response may be charged: %+v", suspended.Cost)
			}
			gate.Release()
			s := w.run(payload)
			posts := 0
			for _, c := range w.openai.Calls() {
				if c.Kind == openaitest.KindAgent {
					posts++
				}
			}
			if posts != 1 || s.Images.Reused != 1 {
				t.Errorf("the agent was asked %d times; %+v", posts, s.Images)
			}
			w.billEqualsTotal(s.Cost)
		})
	}
}

func TestAResponseThatExpiredMeanwhileIsNamedAndAskedAgain(t *testing.T) {
	gate := openaitest.NewGate()
	expired := false
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		switch {
		case c.Kind == openaitest.KindAgent && c.N == 1:
			return &openaitest.Fault{Hold: gate}
		case c.Kind == openaitest.KindRetrieve && expired && c.ResponseID != "" && c.Attempt < 1000:
			expired = false
			return &openaitest.Fault{Status: http.StatusNotFound}
		}
		return nil
	}))
	payload := inline("run-1", testFunnel(0, 2))
	ctx, stop := context.WithCancel(context.Background())
	go func() { <-gate.Arrived(); time.Sleep(20 * time.Millisecond); stop() }()
	if _, err := w.handle(ctx, payload); err != nil {
		t.Fatal(err)
	}
	gate.Release()
	expired = true
	s := w.run(payload)
	if s.Cost.PossiblyCharged == nil || s.Cost.PossiblyCharged.Calls != 1 {
		t.Errorf("%+v", s.Cost)
	}
	w.billCovered(s.Cost)
}

func TestRefusedAndMalformedAnswersStillCost(t *testing.T) {
	t.Run("a refusal fails the run, costs, and is not paid for again", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent {
				return &openaitest.Fault{Refusal: "I cannot help with that."}
			}
			return nil
		}))
		payload := inline("run-1", testFunnel(0, 2))
		w.fails(payload, pipeline.AgentRefused)
		w.fails(payload, pipeline.AgentRefused)
		r := w.getRun("run-1")
		if r.Cost.Agent == 0 || r.Cost.Details.Agent.Calls != 1 {
			t.Errorf("%+v", r.Cost)
		}
		w.billEqualsTotal(r.Cost)
	})
	t.Run("an answer that is not what was asked is repaired", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent && c.N == 1 {
				return &openaitest.Fault{Text: "Here you go: {"}
			}
			return nil
		}))
		s := w.run(inline("run-1", testFunnel(0, 2)))
		if s.Cost.Details.Agent.Calls != 2 || s.Problems.Count != 0 {
			t.Errorf("%+v", s)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("an agent that never answers as asked is AgentFailed, and a later invoke asks afresh", func(t *testing.T) {
		broken := true
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent && broken {
				return &openaitest.Fault{Text: "[]"}
			}
			return nil
		}))
		payload := inline("run-1", testFunnel(0, 2))
		w.fails(payload, pipeline.AgentFailed)
		w.billEqualsTotal(w.getRun("run-1").Cost)
		broken = false
		s := w.run(payload)
		if s.Problems.Count != 0 {
			t.Errorf("%+v", s.Problems)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("a rewrite that breaks a merge tag is asked for again, and else the original stays", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			return &openaitest.Fault{Edit: func(r []openaitest.Rewritten) []openaitest.Rewritten {
				for i := range r {
					if r[i].ID == "text_1" {
						r[i].Text = strings.ReplaceAll(r[i].Text, "{{contact.first_name}}", "{{name}}")
					}
				}
				return append(r, openaitest.Rewritten{ID: "opt_form_url", Text: "/elsewhere"})
			}}
		}))
		in := testFunnel(0, 2)
		s := w.run(inline("run-1", in))
		var doc document
		read(t, s.Output.Document, &doc)
		var before []map[string]any
		read(t, []byte(in), &before)
		for i, e := range doc.Funnel {
			if e["element_id"] == "text_0" && e["text"] == before[i]["text"] || e["element_id"] != "text_0" && e["text"] != before[i]["text"] {
				t.Errorf("%v: %v", e["element_id"], e["text"])
			}
		}
		if len(doc.Problems) != 1 || !strings.Contains(doc.Problems[0], "text_1") {
			t.Errorf("problems: %q", doc.Problems)
		}
		if s.Cost.Details.Agent.Calls != 3 {
			t.Errorf("%d calls", s.Cost.Details.Agent.Calls)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("an answer cut short is asked for again with more room to reason", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent && c.N == 1 {
				return &openaitest.Fault{Incomplete: "max_output_tokens"}
			}
			return nil
		}))
		s := w.run(inline("run-1", testFunnel(0, 6)))
		var room []int64
		for _, c := range w.openai.Calls() {
			if c.Kind == openaitest.KindAgent {
				room = append(room, c.MaxOutputTokens)
			}
		}
		if s.Problems.Count != 0 || len(room) != 2 || room[1] <= room[0] {
			t.Errorf("%+v, room %v", s.Problems, room)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("an agent whose answers are always cut short is asked three times and no more, however much copy there is", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent {
				return &openaitest.Fault{Incomplete: "max_output_tokens"}
			}
			return nil
		}))
		w.fails(inline("run-1", testFunnel(0, 600)), pipeline.AgentFailed)
		if n := w.openai.Count(openaitest.KindAgent); n != 3 {
			t.Errorf("%d calls", n)
		}
		w.billEqualsTotal(w.getRun("run-1").Cost)
	})
	t.Run("a picture that is none costs and is not asked for again", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindImage {
				return &openaitest.Fault{Image: []byte("not a picture")}
			}
			return nil
		}))
		s := w.run(inline("run-1", testFunnel(2, 1)))
		if s.Images.Failed != 2 || s.Cost.Details.Images.Calls != 2 {
			t.Errorf("%+v %+v", s.Images, s.Cost)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("an answer without usage is possibly charged", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault { return &openaitest.Fault{NoUsage: true} }))
		s := w.run(inline("run-1", testFunnel(1, 1)))
		if s.Cost.Total != 0 || s.Cost.PossiblyCharged == nil || s.Cost.PossiblyCharged.Calls != 2 || s.Images.Succeeded != 1 {
			t.Errorf("%+v", s)
		}
		w.billCovered(s.Cost)
	})
}

func TestErrorsThatWouldHitEveryImageStopTheRun(t *testing.T) {
	tests := []struct {
		name  string
		fault openaitest.Fault
		want  pipeline.ErrorName
	}{
		{"a bad key", openaitest.Fault{Status: 401}, pipeline.OpenAIUnauthorized},
		{"no quota", openaitest.Fault{Code: "insufficient_quota"}, pipeline.QuotaExhausted},
		{"a model that is gone", openaitest.Fault{Status: 404, Code: "model_not_found"}, pipeline.ModelRetired},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == openaitest.KindImage {
					return &test.fault
				}
				return nil
			}))
			w.fails(inline("run-1", testFunnel(12, 1)), test.want)
			images := map[string]bool{}
			for _, c := range w.openai.Calls() {
				if c.Kind == openaitest.KindImage {
					images[c.ImageSHA256] = true
				}
			}
			if len(images) > 3 {
				t.Errorf("%d images were asked for before the run stopped", len(images))
			}
			r := w.getRun("run-1")
			if r.Status != "failed" || r.Error.Name != string(test.want) || r.Error.Step != "AggregateImageResults" {
				t.Errorf("%+v", r.Error)
			}
			w.billCovered(r.Cost) // the agent's response may be in flight: it is fetched when the run goes on
		})
	}
}

func TestABudgetIsNeverExceeded(t *testing.T) {
	flat := configured(func(c *pipeline.Config) {
		c.ImageModel, c.AgentModel, c.Catalog = "flat-image", "flat-agent", flatCatalog(t)
	})
	models := func(_ *pipeline.Config, o *openaitest.Options) {
		o.Models = map[string]openaitest.Model{
			"flat-image": {Kind: openaitest.KindImage, PerImage: 4e7, PerImageHigh: 8e7},
			"flat-agent": {Kind: openaitest.KindAgent, Rates: openaitest.Rates{Input: 3000, Cached: 300, Output: 12000}},
		}
	}
	w := newWorld(t, flat, models)
	payload := inline("run-1", testFunnel(5, 8))
	full := newWorld(t, flat, models).run(payload).Cost.Total
	var last error
	for cents := int64(0); ; cents++ {
		limit := cost.Amount(cents * 1e7)
		response, err := w.handle(context.Background(), with(payload, "maxCostUsd", json.Number(limit.Decimal())))
		r := w.getRun("run-1")
		if r.Cost.Total > limit || w.openai.Bill().Total > int64(limit) {
			t.Fatalf("with a budget of %s the run cost %s, the bill is %s", limit, r.Cost.Total, cost.Amount(w.openai.Bill().Total))
		}
		if err == nil {
			var s pipeline.Summary
			read(t, response, &s)
			if s.Status != "completed" || s.Cost.Total != full {
				t.Errorf("%s of %s: %+v", s.Cost.Total, full, s)
			}
			break
		}
		if pipeline.NameOf(err) != pipeline.BudgetExceeded || !strings.Contains(err.Error(), limit.String()) {
			t.Fatalf("with a budget of %s: %s: %v", limit, pipeline.NameOf(err), err)
		}
		last = err
		if limit > 4*full {
			t.Fatalf("the run needs more than %s although it costs %s: %v", limit, full, err)
		}
	}
	t.Logf("the run costs %s; the last refusal: %v", full, last)
	w.billEqualsTotal(w.getRun("run-1").Cost)
}

// flatCatalog has models whose calls cost so little that a budget can be tried cent by cent.
func flatCatalog(t testing.TB) *cost.Catalog {
	t.Helper()
	c, err := cost.DefaultCatalog().Override([]byte(`{"date":"2026-11-23","models":{
		"flat-image":{"kind":"image","rates":{"input":1,"cachedInput":1,"imageInput":1,"cachedImageInput":1,"output":1},"perImage":{"standard":0.04,"high":0.08},"source":"test","sourceDate":"2026-11-23"},
		"flat-agent":{"kind":"agent","rates":{"input":3,"cachedInput":0.3,"output":12},"source":"test","sourceDate":"2026-11-23"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEstimate(t *testing.T) {
	w := newWorld(t)
	payload := inline("", testFunnel(3, 5))
	delete(payload, "runId")
	var e pipeline.Estimate
	w.do(with(payload, "action", "estimate"), &e)
	if len(w.openai.Calls()) != 0 {
		t.Error("OpenAI was asked")
	}
	if e.Images.Calls != 3 || e.Agent.Calls != 1 || e.ExpectedCost != e.Images.Cost+e.Agent.Cost {
		t.Errorf("%+v", e)
	}
	s := w.run(with(payload, "maxCostUsd", json.Number(e.ExpectedCost.Decimal())))
	if s.Status != "completed" || s.Cost.Total > e.ExpectedCost {
		t.Errorf("estimated %s, cost %s", e.ExpectedCost, s.Cost.Total)
	}
}

func TestOneOfFiftyExecutionsWorks(t *testing.T) {
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, database(t))
			payload, _ := json.Marshal(inline("run-1", testFunnel(3, 3)))
			var wg sync.WaitGroup
			outcomes := make([]string, 50)
			for i := range outcomes {
				wg.Go(func() {
					body := fmt.Sprintf(`{"execution":{"id":"arn:aws:states:x:0:express:m:e:%d","startTime":%q,"retryCount":0},"input":%s}`, i, w.config.Now().Format(time.RFC3339Nano), payload)
					response, err := w.Handle(context.Background(), fmt.Sprintf("request-%d", i), []byte(body))
					if err != nil {
						outcomes[i] = string(pipeline.NameOf(err))
						return
					}
					var s pipeline.Summary
					read(t, response, &s)
					outcomes[i] = string(s.Status)
				})
			}
			wg.Wait()
			count := map[string]int{}
			for _, o := range outcomes {
				count[o]++
			}
			if count["completed"] < 1 || count["completed"]+count["RunInProgress"] != 50 {
				t.Errorf("%v", count)
			}
			r := w.getRun("run-1")
			if r.Attempt != 1 || r.Cost.Details.Images.Calls != 3 {
				t.Errorf("attempt %d, %d images", r.Attempt, r.Cost.Details.Images.Calls)
			}
			w.billEqualsTotal(r.Cost)
		})
	}
}

func TestAZombieChangesNothing(t *testing.T) {
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			gate := openaitest.NewGate()
			w := newWorld(t, database(t), faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == openaitest.KindImage && c.N == 1 {
					return &openaitest.Fault{Hold: gate}
				}
				return nil
			}), configured(func(c *pipeline.Config) { c.Lease = time.Hour }))
			payload, _ := json.Marshal(inline("run-1", testFunnel(1, 2)))
			envelope := func(retry int) []byte {
				return fmt.Appendf(nil, `{"execution":{"id":"arn:aws:states:x:0:express:m:e:1","startTime":%q,"retryCount":%d},"input":%s}`, w.config.Now().Format(time.RFC3339Nano), retry, payload)
			}
			zombie := make(chan error)
			go func() {
				_, err := w.Handle(context.Background(), "zombie", envelope(0))
				zombie <- err
			}()
			<-gate.Arrived()
			for len(w.rows("run-1", "step#001#ExecuteAgent")) == 0 { // the zombie's other half is done
				time.Sleep(time.Millisecond)
			}
			if _, err := w.Handle(context.Background(), "twin", envelope(0)); pipeline.NameOf(err) != pipeline.RunInProgress {
				t.Fatalf("a second delivery: %v", err)
			}
			if _, err := w.Handle(context.Background(), "successor", envelope(1)); err != nil {
				t.Fatal(err)
			}
			before, rows := w.getRun("run-1"), w.rows("run-1", "")
			gate.Release()
			if err := <-zombie; pipeline.NameOf(err) != pipeline.RunInProgress {
				t.Errorf("the zombie ended with %v", err)
			}
			after, _ := json.Marshal(w.getRun("run-1"))
			was, _ := json.Marshal(before)
			if string(after) != string(was) {
				t.Errorf("the run changed from %s to %s", was, after)
			}
			wasRows, _ := json.Marshal(rows)
			isRows, _ := json.Marshal(w.rows("run-1", ""))
			if string(wasRows) != string(isRows) {
				t.Errorf("the rows changed from %s to %s", wasRows, isRows)
			}
			if before.Status != store.Completed || before.Cost.PossiblyCharged.Calls != 1 {
				t.Errorf("%+v", before)
			}
			w.billCovered(before.Cost)
		})
	}
}

func TestALongRunIsContinuedOverExecutions(t *testing.T) {
	const limit = 4 * time.Second
	var next []json.RawMessage
	w := newWorld(t,
		configured(func(c *pipeline.Config) {
			c.Continue = func(_ context.Context, _, _ string, input json.RawMessage) error {
				next = append(next, input)
				return nil
			}
		}),
		func(_ *pipeline.Config, o *openaitest.Options) {
			o.ImageLatency, o.AgentLatency = 600*time.Millisecond, 3*time.Second
		})
	input, _ := json.Marshal(inline("run-1", testFunnel(27, 2)))
	var s pipeline.Summary
	executions := 0
	for next = []json.RawMessage{input}; len(next) > 0; executions++ {
		input, next = next[0], next[1:]
		began := time.Now()
		body := fmt.Sprintf(`{"execution":{"id":"arn:aws:states:x:0:express:m:e:%d","startTime":%q,"retryCount":0,"timeoutSeconds":%g},"input":%s}`,
			executions, w.config.Now().Format(time.RFC3339Nano), limit.Seconds(), input)
		response, err := w.Handle(context.Background(), fmt.Sprintf("request-%d", executions), []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > limit {
			t.Errorf("execution %d took %s of %s", executions, took, limit)
		}
		s = pipeline.Summary{} // a field that is absent must not keep the last execution's value
		read(t, response, &s)
	}
	r := w.getRun("run-1")
	if s.Status != "completed" || executions < 3 || r.Continuations != executions-1 || r.Crashes != 0 {
		t.Errorf("%d executions: %+v", executions, r)
	}
	if s.Cost.PossiblyCharged != nil {
		t.Errorf("a call was cut off: %+v", s.Cost.PossiblyCharged)
	}
	w.billEqualsTotal(s.Cost)
}

func TestARunThatIsContinuedTooOftenFails(t *testing.T) {
	w := newWorld(t, configured(func(c *pipeline.Config) {
		c.MaxContinuations = 2
		c.Continue = func(context.Context, string, string, json.RawMessage) error { return nil }
	}))
	payload, _ := json.Marshal(inline("run-1", testFunnel(1, 1)))
	var err error
	for i := range 3 {
		body := fmt.Sprintf(`{"execution":{"id":"e%d","startTime":"2026-11-23T11:00:00Z","retryCount":0},"input":%s}`, i, payload)
		_, err = w.Handle(context.Background(), fmt.Sprintf("request-%d", i), []byte(body))
	}
	if pipeline.NameOf(err) != pipeline.AttemptsExhausted {
		t.Errorf("%v", err)
	}
}
