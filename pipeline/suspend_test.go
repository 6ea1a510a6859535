package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

func TestALongRunIsContinuedOverExecutions(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds under the race detector")
	}
	const limit = 6 * time.Second
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
	input, _ := json.Marshal(inline("run-1", testFunnel(33, 2)))
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

func TestAnImageThatTheDeadlineKeptWaitingIsMadeLater(t *testing.T) {
	limited := true
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage && limited {
			return &openaitest.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"60"}}, Delay: time.Second}
		}
		return nil
	}))
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	response, err := w.handle(ctx, inline("run-1", testFunnel(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	var s pipeline.Summary
	if read(t, response, &s); s.Status != "suspended" {
		t.Fatalf("%+v", s)
	}
	limited = false
	w.patient(func(*openai.Config) {}) // a new process, which was not told to wait for a minute
	if s = w.run(inline("run-1", testFunnel(1, 1))); s.Images.Succeeded != 1 {
		t.Errorf("%+v", s)
	}
	w.billEqualsTotal(s.Cost)
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
			payload := inline("run-1", wordless(testFunnel(1, 2)))
			ctx, stop := context.WithCancel(context.Background())
			go func() {
				<-gate.Arrived()
				for made := false; !made || w.openai.Count(openaitest.KindRetrieve) < 2; time.Sleep(time.Millisecond) {
					rows, _ := w.config.Store.Logs(context.Background(), "run-1", "step#001#AggregateImageResults")
					made = len(rows) > 0 // the image is made, and the response is looked at
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
