package pipeline_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// An agent's call whose answer is on its way when the images fail is finished, so that its response can be fetched: a
// call that is cut off before its id is known is paid for twice.
func TestACallOnItsWayIsFinishedWhenTheOtherHalfFails(t *testing.T) {
	answer := openaitest.NewGate()
	forbidden := true
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		switch {
		case c.Kind == openaitest.KindAgent && c.N == 1:
			return &openaitest.Fault{HoldAnswer: answer}
		case c.Kind == openaitest.KindImage && forbidden:
			return &openaitest.Fault{Status: http.StatusForbidden}
		}
		return nil
	}))
	go func() {
		<-answer.Arrived()
		for {
			if rows, _ := w.config.Store.Logs(context.Background(), "run-1", "step#001#AggregateImageResults"); len(rows) > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		answer.Release()
	}()
	payload := inline("run-1", wordless(testFunnel(1, 1)))
	w.fails(payload, pipeline.OpenAIForbidden)
	forbidden = false
	s := w.run(payload)
	if w.openai.Count(openaitest.KindAgent) != 1 || s.Cost.PossiblyCharged != nil {
		t.Errorf("the agent was asked %d times: %+v", w.openai.Count(openaitest.KindAgent), s.Cost)
	}
	w.billEqualsTotal(s.Cost)
}

// Images that wait for OpenAI's limit when the copy fails are not asked for any more, and not waited for.
func TestNoFurtherTryBeginsWhenTheOtherHalfFails(t *testing.T) {
	var refused atomic.Int32
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		switch c.Kind {
		case openaitest.KindImage:
			refused.Add(1)
			return &openaitest.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"60"}}}
		case openaitest.KindAgent:
			for refused.Load() < 1 {
				time.Sleep(time.Millisecond)
			}
			return &openaitest.Fault{Status: http.StatusUnauthorized}
		}
		return nil
	}))
	ctx, done := context.WithTimeout(context.Background(), 30*time.Second)
	defer done()
	_, err := w.handle(ctx, inline("run-1", wordless(testFunnel(3, 1))))
	if pipeline.NameOf(err) != pipeline.OpenAIUnauthorized || ctx.Err() != nil || w.openai.Count(openaitest.KindImage) > 3 {
		t.Errorf("%v, %v, %d images asked for", err, ctx.Err(), w.openai.Count(openaitest.KindImage))
	}
}

func TestASecondDeliveryOfARedoRedoesNothing(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage {
			return &openaitest.Fault{Image: []byte("not a picture")}
		}
		return nil
	}))
	w.run(inline("run-1", testFunnel(1, 1)))
	redo := w.envelope("e:redo", 0, map[string]any{"input": map[string]any{"runId": "run-1", "redo": "failed"}})
	for range 2 {
		if s := w.run(redo); s.Status != "completed" {
			t.Fatalf("%+v", s)
		}
	}
	if n := w.openai.Count(openaitest.KindImage); n != 2 {
		t.Errorf("the image was asked for %d times; want once, and once again", n)
	}
}

func TestAnImageThatOpenAINeverMakesIsItsOwnFailureInTheEnd(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage && c.N%2 == 1 || c.Kind == openaitest.KindImage && c.Attempt > 1 {
			return &openaitest.Fault{Status: http.StatusInternalServerError}
		}
		return nil
	}))
	payload := inline("run-1", testFunnel(1, 1))
	invoked := 1
	s := w.run(payload)
	for ; s.Status == "suspended" && invoked < 20; invoked++ {
		s = w.run(payload)
	}
	if s.Status != "completed" || s.Images.Failed != 1 || s.Problems.Count != 1 || w.openai.Count(openaitest.KindAgent) != 1 {
		t.Errorf("after %d invocations: %+v", invoked, s)
	}
}

func TestARepairThatCameToNothingIsNotPaidForAgainWhenTheRunGoesOn(t *testing.T) {
	down := true
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		switch {
		case c.Kind == openaitest.KindImage && down:
			return &openaitest.Fault{Status: http.StatusServiceUnavailable}
		case c.Kind == openaitest.KindAgent:
			return &openaitest.Fault{Edit: func(r []openaitest.Rewritten) []openaitest.Rewritten {
				for i := range r {
					if r[i].ID == "text_250" {
						r[i].Text = "the tag is lost"
					}
				}
				return r
			}}
		}
		return nil
	}))
	payload := inline("run-1", testFunnel(1, 251)) // two batches, the second of one text
	for range 3 {
		if s := w.run(payload); s.Status != "suspended" {
			t.Fatalf("%+v", s)
		}
	}
	down = false
	s := w.run(payload)
	if n := w.openai.Count(openaitest.KindAgent); s.Status != "completed" || n != 1+3 {
		t.Errorf("%d calls of the agent; want one for the first batch and three for the second: %+v", n, s)
	}
	w.billEqualsTotal(s.Cost)
}

// A ledger that cannot be read while the time is up leaves a run that is suspended, not one that breaks.
func TestARunWhoseLedgerCannotBeReadInTimeIsSuspended(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	s := &faultyStore{logs: func() error { stop(); return context.Canceled }}
	w := newWorld(t, faulty(s))
	response, err := w.handle(ctx, inline("run-1", testFunnel(0, 1)))
	if err != nil {
		t.Fatal(err)
	}
	var summary pipeline.Summary
	if read(t, response, &summary); summary.Status != store.Suspended {
		t.Errorf("%+v", summary)
	}
	s.logs = nil
	if done := w.run(map[string]any{"runId": "run-1"}); done.Status != "completed" {
		t.Errorf("%+v", done)
	}
}
