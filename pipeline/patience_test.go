package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// rewritten is an answer of the agent to testFunnel(0, 1).
const rewritten = `{"rewrites":[{"id":"text_0","text":"Take a seat at the wheel, {{contact.first_name}}: card number 0"}],"notes":[],"problems":[]}`

func TestAnAnswerIsFoundInWhatStandsAroundIt(t *testing.T) {
	for name, text := range map[string]string{
		"twice in one text":     rewritten + "\n" + rewritten,
		"twice, spelled apart":  rewritten + "\n" + strings.ReplaceAll(rewritten, ":[", ": ["),
		"behind a few words":    "Reasoning: []" + rewritten,
		"in a code fence":       "```json\n" + rewritten + "\n```",
		"behind another object": `{"thought":"warm and exact"} ` + rewritten,
		"before a stray brace":  rewritten + "}",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault { return &openaitest.Fault{Text: text} }))
			s := w.run(inline("run-1", testFunnel(0, 1)))
			if s.Problems.Count != 0 || w.openai.Count(openaitest.KindAgent) != 1 {
				t.Errorf("asked %d times: %+v", w.openai.Count(openaitest.KindAgent), s.Problems)
			}
		})
	}
	t.Run("but of two that differ none is taken", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			return &openaitest.Fault{Text: rewritten + strings.Replace(rewritten, "a seat", "your place", 1)}
		}))
		w.fails(inline("run-1", testFunnel(0, 1)), pipeline.AgentFailed)
	})
}

func TestAResponseThatIsNotFoundYetIsLookedForAgain(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindRetrieve && c.Attempt <= 8 {
			return &openaitest.Fault{Status: http.StatusNotFound, Message: "Response with id '" + c.ResponseID + "' not found."}
		}
		return nil
	}))
	w.patient(func(c *openai.Config) { c.Patience = time.Minute })
	s := w.run(inline("run-1", testFunnel(0, 1)))
	if w.openai.Count(openaitest.KindAgent) != 1 || s.Cost.PossiblyCharged != nil {
		t.Errorf("asked %d times: %+v", w.openai.Count(openaitest.KindAgent), s.Cost)
	}
	w.billEqualsTotal(s.Cost)
}

func TestAResponseThatIsStuckIsCancelledAndAskedForAgain(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindAgent && c.N == 1 {
			return &openaitest.Fault{Hold: openaitest.NewGate()}
		}
		return nil
	}))
	w.patient(func(c *openai.Config) { c.ResponseTimeout = 30 * time.Millisecond })
	s := w.run(inline("run-1", testFunnel(0, 1)))
	if w.openai.Count(openaitest.KindAgent) != 2 || w.openai.Count(openaitest.KindCancel) != 1 || s.Problems.Count != 0 {
		t.Errorf("asked %d times, cancelled %d: %+v", w.openai.Count(openaitest.KindAgent), w.openai.Count(openaitest.KindCancel), s)
	}
	w.billCovered(s.Cost)
	named := false
	for _, row := range w.rows("run-1", "call#agent#000") {
		why, _ := row.Data["error"].(string)
		named = strings.Contains(why, "resp_") && strings.Contains(why, "was cancelled")
	}
	if !named {
		t.Error("the row does not name what was stuck")
	}
}

// A tier-1 account makes five images a minute, and OpenAI's refusal may say how long to wait in its message or not at
// all. The minute is 300 ms here.
func TestImagesBeyondTheAccountsLimitWaitAndAreMade(t *testing.T) {
	const minute = 300 * time.Millisecond
	for name, message := range map[string]string{
		"with the wait in the message": "Rate limit reached for images per min. Please try again in %dms.",
		"with no word of the wait":     "Rate limit reached for images per min.",
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var window time.Time
			made := 0
			w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind != openaitest.KindImage {
					return nil
				}
				mu.Lock()
				defer mu.Unlock()
				if time.Since(window) > minute {
					window, made = time.Now(), 0
				}
				if made++; made <= 5 {
					return nil
				}
				m := message
				if strings.Contains(m, "%d") {
					m = fmt.Sprintf(m, (minute-time.Since(window)).Milliseconds()+1)
				}
				return &openaitest.Fault{Code: "rate_limit_exceeded", Message: m}
			}))
			s := w.run(inline("run-1", testFunnel(12, 1)))
			if s.Status != "completed" || s.Images.Succeeded != 12 {
				t.Errorf("%+v", s)
			}
			w.billEqualsTotal(s.Cost)
		})
	}
}

func TestAnImageThatFailedForAPassingReasonIsMadeWhenTheRunGoesOn(t *testing.T) {
	down := true
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage && down {
			return &openaitest.Fault{Status: http.StatusServiceUnavailable}
		}
		return nil
	}))
	payload := inline("run-1", testFunnel(2, 1))
	if s := w.run(payload); s.Status != "suspended" || s.Images.Failed != 0 {
		t.Fatalf("%+v", s)
	}
	down = false
	s := w.run(payload)
	if s.Status != "completed" || s.Images.Succeeded != 2 || w.openai.Count(openaitest.KindAgent) != 1 {
		t.Errorf("%+v", s)
	}
	w.billEqualsTotal(s.Cost)
}

func TestAnOrganisationThatIsNotVerifiedStopsTheImagesAndSaysWhatToDo(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusBadRequest} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == openaitest.KindImage {
					return &openaitest.Fault{Status: status, Message: "Your organization must be verified to use the model `gpt-image-2.6-sunburst`. Please go to: https://platform.openai.com/settings/organization/general and click on Verify Organization."}
				}
				return nil
			}))
			err := w.fails(inline("run-1", testFunnel(9, 1)), pipeline.OpenAIForbidden)
			if !strings.Contains(err.Error(), "settings/organization/general") || w.openai.Count(openaitest.KindImage) > 3 {
				t.Errorf("%d images asked for: %v", w.openai.Count(openaitest.KindImage), err)
			}
		})
	}
}

func TestAGatewaysTimeOutIsAnOutcomeThatNobodyKnows(t *testing.T) {
	object := `{"error":{"message":"upstream request timeout","type":"timeout","code":null,"param":null}}`
	for _, status := range []int{http.StatusRequestTimeout, 499, http.StatusGatewayTimeout} {
		for form, body := range map[string]string{"in OpenAI's form": object, "as a page": "<html>timeout</html>"} {
			for _, kind := range []string{openaitest.KindImage, openaitest.KindAgent} {
				t.Run(fmt.Sprint(status, " ", form, ", of the ", kind), func(t *testing.T) {
					w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
						if c.Kind == kind && c.N == 1 {
							return &openaitest.Fault{Status: status, Body: body, Charge: true}
						}
						return nil
					}))
					s := w.run(inline("run-1", testFunnel(1, 1)))
					if s.Cost.PossiblyCharged == nil || s.Cost.PossiblyCharged.Calls != 1 {
						t.Errorf("%+v", s.Cost)
					}
					w.billCovered(s.Cost)
				})
			}
		}
	}
}

// outage is a database that can be out of reach.
type outage struct {
	store.Store
	down atomic.Bool
}

func (o *outage) err() error {
	if o.down.Load() {
		return errDown
	}
	return nil
}

func (o *outage) RenewLease(ctx context.Context, r store.Run, until time.Time) error {
	if err := o.err(); err != nil {
		return err
	}
	return o.Store.RenewLease(ctx, r, until)
}

func (o *outage) AddLog(ctx context.Context, l store.Log) error {
	if err := o.err(); err != nil {
		return err
	}
	return o.Store.AddLog(ctx, l)
}

func (o *outage) SetLog(ctx context.Context, l store.Log) error {
	if err := o.err(); err != nil {
		return err
	}
	return o.Store.SetLog(ctx, l)
}

func (o *outage) UpdateRun(ctx context.Context, r store.Run) error {
	if err := o.err(); err != nil {
		return err
	}
	return o.Store.UpdateRun(ctx, r)
}

func TestImagesInWorkWhileTheDatabaseIsOutOfReachArePaidForOnce(t *testing.T) {
	gate := openaitest.NewGate()
	o := new(outage)
	w := newWorld(t, configured(func(c *pipeline.Config) {
		o.Store, c.Store = c.Store, o
		c.Lease = 60 * time.Millisecond
	}), faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage && c.N <= 3 {
			return &openaitest.Fault{Hold: gate}
		}
		return nil
	}))
	payload := inline("run-1", testFunnel(3, 1))
	ended := make(chan error)
	go func() {
		_, err := w.handle(context.Background(), payload)
		ended <- err
	}()
	for range 3 {
		<-gate.Arrived()
	}
	o.down.Store(true)
	time.Sleep(200 * time.Millisecond) // the lease has run out
	gate.Release()
	time.Sleep(100 * time.Millisecond)
	o.down.Store(false)
	if err := <-ended; err != nil && pipeline.NameOf(err) != pipeline.Transient {
		t.Fatal(err)
	}
	s := w.run(payload)
	if s.Images.Succeeded != 3 || w.openai.Count(openaitest.KindImage) != 3 || s.Cost.PossiblyCharged != nil {
		t.Errorf("asked for %d images: %+v", w.openai.Count(openaitest.KindImage), s)
	}
	w.billEqualsTotal(s.Cost)
}

func TestOneTextThatIsRefusedDoesNotRefuseTheFunnel(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindAgent && strings.Contains(strings.Join(c.Elements, " "), "text_13") {
			return &openaitest.Fault{Refusal: "I cannot help with that."}
		}
		return nil
	}))
	payload := inline("run-1", testFunnel(0, 20))
	s := w.run(payload)
	var doc document
	read(t, s.Output.Document, &doc)
	if len(doc.Problems) != 1 || !strings.Contains(doc.Problems[0], "text_13 ") || !strings.Contains(doc.Problems[0], "declined") {
		t.Errorf("problems: %q", doc.Problems)
	}
	w.billEqualsTotal(s.Cost)
	t.Run("and can be asked for again on purpose", func(t *testing.T) {
		calls := w.openai.Count(openaitest.KindAgent)
		if again := w.run(payload); again.Cost.Total != s.Cost.Total || w.openai.Count(openaitest.KindAgent) != calls {
			t.Errorf("a completed run asked again: %+v", again)
		}
		s := w.run(map[string]any{"runId": "run-1", "redo": "failed"})
		if s.Status != "completed" || w.openai.Count(openaitest.KindAgent) == calls {
			t.Errorf("%+v", s)
		}
		w.billEqualsTotal(s.Cost)
	})
}

func TestImagesThatFailedForGoodAreMadeWhenSomebodyAsks(t *testing.T) {
	broken := true
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage && broken && c.N == 1 {
			return &openaitest.Fault{Image: []byte("not a picture")}
		}
		return nil
	}))
	s := w.run(inline("run-1", testFunnel(3, 1)))
	if s.Status != "completed" || s.Images.Failed != 1 {
		t.Fatalf("%+v", s)
	}
	broken = false
	s = w.run(map[string]any{"runId": "run-1", "redo": "failed"})
	if s.Status != "completed" || s.Images.Succeeded != 3 || s.Images.Reused != 2 || w.openai.Count(openaitest.KindImage) != 4 || w.openai.Count(openaitest.KindAgent) != 1 {
		t.Errorf("%+v", s)
	}
	w.billEqualsTotal(s.Cost)
	t.Run("bad words for it are refused", func(t *testing.T) {
		w.fails(map[string]any{"runId": "run-1", "redo": "all"}, pipeline.InvalidRequest)
		w.fails(map[string]any{"templateId": "t", "redo": "failed"}, pipeline.InvalidRequest)
	})
}

func TestHandleFailureTellsWhatItFindsPossiblyCharged(t *testing.T) {
	gate := openaitest.NewGate()
	defer gate.Release()
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage {
			return &openaitest.Fault{Hold: gate}
		}
		return nil
	}), configured(func(c *pipeline.Config) { c.Lease = time.Hour }))
	input := inline("run-1", wordless(testFunnel(1, 0)))
	body, _ := json.Marshal(w.envelope("e:dead", 0, map[string]any{"input": input}))
	go func() { _, _ = w.Handle(context.Background(), "dead", body) }() // its process dies with the image in flight
	<-gate.Arrived()
	w.do(w.envelope("e:dead", 0, map[string]any{"action": "handleFailure", "error": "States.Timeout", "input": input}), &struct{}{})
	told := 0
	for _, line := range w.logs.lines(t) {
		if line["message"] == "call possibly charged" {
			told++
		}
	}
	r := w.getRun("run-1")
	if told != 1 || r.Status != "failed" || r.Cost.PossiblyCharged.Calls != 1 {
		t.Errorf("told %d times: %+v", told, r.Cost)
	}
}
