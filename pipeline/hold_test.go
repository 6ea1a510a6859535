package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

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

func TestALeaseThatCannotBeRenewedIsTransientAndTheRunIsClosed(t *testing.T) {
	gate := openaitest.NewGate()
	defer gate.Release()
	w := newWorld(t, faulty(&faultyStore{renew: func() error { return errDown }}),
		configured(func(c *pipeline.Config) { c.Lease = 300 * time.Millisecond }),
		faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent {
				return &openaitest.Fault{Hold: gate}
			}
			return nil
		}))
	w.fails(inline("run-1", testFunnel(0, 1)), pipeline.Transient)
	if r := w.getRun("run-1"); r.Status != "failed" {
		t.Errorf("%+v", r)
	}
}

func TestARetryThatCannotReadTheLedgerIsTransientAndKeepsTheCost(t *testing.T) {
	s := &faultyStore{}
	w := newWorld(t, faulty(s), faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindAgent {
			return &openaitest.Fault{Status: 503}
		}
		return nil
	}))
	payload := map[string]any{"input": inline("run-1", wordless(testFunnel(1, 1)))}
	if _, err := w.handle(context.Background(), w.envelope("e:u", 0, payload)); pipeline.NameOf(err) != pipeline.Transient {
		t.Fatal(err)
	}
	before := w.getRun("run-1").Cost.Total
	s.logs = func() error { return errDown }
	if _, err := w.handle(context.Background(), w.envelope("e:u", 1, payload)); pipeline.NameOf(err) != pipeline.Transient {
		t.Errorf("%s: %v", pipeline.NameOf(err), err)
	}
	s.logs = nil
	if r := w.getRun("run-1"); before == 0 || r.Cost.Total != before || r.Status != "running" {
		t.Errorf("the run cost %s, now %+v", before, r)
	}
}

func TestAWriteWhoseAnswerWasLostIsNotTakenForAnothers(t *testing.T) {
	for _, status := range []store.RunStatus{store.Completed, store.Suspended} {
		t.Run(string(status), func(t *testing.T) {
			var lost atomic.Bool
			s := &faultyStore{update: func(r store.Run) error {
				if r.Status == status && lost.CompareAndSwap(false, true) {
					return errDown
				}
				return nil
			}}
			continued := 0
			w := newWorld(t, faulty(s), configured(func(c *pipeline.Config) {
				c.Continue = func(context.Context, string, string, json.RawMessage) error { continued++; return nil }
			}))
			payload := w.envelope("e:u", 0, map[string]any{"input": inline("run-1", testFunnel(0, 1))})
			if status == store.Suspended {
				payload["execution"].(map[string]any)["startTime"] = w.config.Now().Add(-time.Hour)
			}
			if got := w.run(payload); got.Status != status || (continued == 1) != (status == store.Suspended) {
				t.Errorf("%+v, continued %d times", got, continued)
			}
		})
	}
}

func TestARowOfAZombieIsReadAndCounted(t *testing.T) {
	s := &faultyStore{}
	w := newWorld(t, faulty(s))
	var zombie atomic.Bool
	s.add = func(l store.Log) error { // between its check and its write, the attempt before wrote the same row
		if strings.HasPrefix(l.LogType, "call#image#") && zombie.CompareAndSwap(false, true) {
			return s.Store.AddLog(context.Background(), l)
		}
		return nil
	}
	r := w.run(inline("run-1", testFunnel(1, 1)))
	if r.Images.Succeeded != 1 || r.Cost.PossiblyCharged == nil || r.Cost.PossiblyCharged.Calls != 1 {
		t.Errorf("%+v %+v", r.Images, r.Cost)
	}
	w.billCovered(r.Cost)
}
