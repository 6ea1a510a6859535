package pipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// faultyStore is a database in front of which a test puts faults. Each is asked before the operation but update,
// which is asked after a write that went through: the fault then is its answer's.
type faultyStore struct {
	store.Store
	logs, renew func() error
	add         func(store.Log) error
	update      func(store.Run) error
}

func (s *faultyStore) Logs(ctx context.Context, id, prefix string) ([]store.Log, error) {
	if s.logs != nil {
		if err := s.logs(); err != nil {
			return nil, err
		}
	}
	return s.Store.Logs(ctx, id, prefix)
}

func (s *faultyStore) RenewLease(ctx context.Context, r store.Run, until time.Time) error {
	if s.renew != nil {
		if err := s.renew(); err != nil {
			return err
		}
	}
	return s.Store.RenewLease(ctx, r, until)
}

func (s *faultyStore) AddLog(ctx context.Context, l store.Log) error {
	if s.add != nil {
		if err := s.add(l); err != nil {
			return err
		}
	}
	return s.Store.AddLog(ctx, l)
}

func (s *faultyStore) UpdateRun(ctx context.Context, r store.Run) error {
	err := s.Store.UpdateRun(ctx, r)
	if err == nil && s.update != nil {
		return s.update(r)
	}
	return err
}

// faulty puts a faultyStore in front of a world's database.
func faulty(s *faultyStore) setting {
	return configured(func(c *pipeline.Config) { s.Store, c.Store = c.Store, s })
}

var errDown = fmt.Errorf("the database: %w", store.ErrUnavailable)

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
	payload := map[string]any{"input": inline("run-1", testFunnel(1, 1))}
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

// deniedObjects refuses some puts for good.
type deniedObjects struct {
	store.Objects
	denied func(key string) bool
}

func (o deniedObjects) Put(ctx context.Context, key, contentType string, body []byte) error {
	if o.denied(key) {
		return errors.New("access denied")
	}
	return o.Objects.Put(ctx, key, contentType, body)
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

func TestAnExecutionsNameMayHaveCharactersThatARunIDMayNot(t *testing.T) {
	w := newWorld(t)
	input := inline("", testFunnel(0, 1))
	delete(input, "runId")
	s := w.run(w.envelope("launch(v2) büro:uuid", 0, map[string]any{"input": input}))
	if w.getRun(s.RunID).Status != "completed" || w.run(map[string]any{"runId": s.RunID}).Status != "completed" {
		t.Errorf("run id %q", s.RunID)
	}
}

func TestASecondDeliveryDoesNotReopenAFailedRun(t *testing.T) {
	w := newWorld(t)
	payload := w.envelope("e:u", 0, map[string]any{"input": map[string]any{"templateId": "nobody", "runId": "run-1"}})
	for _, want := range []pipeline.ErrorName{pipeline.TemplateNotFound, pipeline.RunInProgress} {
		if _, err := w.handle(context.Background(), payload); pipeline.NameOf(err) != want {
			t.Fatalf("%s: %v, want %s", pipeline.NameOf(err), err, want)
		}
		w.do(with(with(payload, "action", "handleFailure"), "error", string(want)), &struct{}{})
	}
	if r := w.getRun("run-1"); r.Status != "failed" || r.Error.Name != "TemplateNotFound" {
		t.Errorf("%+v", r)
	}
	if rows := w.rows("run-1", "error#"); len(rows) == 0 || rows[len(rows)-1].Data["name"] != "TemplateNotFound" {
		t.Errorf("the failure is not on record: %+v", rows)
	}
}

func TestACompleteAnswerWithoutUsageIsKeptWhateverTheBudget(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage {
			return &openaitest.Fault{NoUsage: true, Image: smallPicture}
		}
		return nil
	}))
	var e pipeline.Estimate
	w.do(with(inline("run-1", testFunnel(1, 0)), "action", "estimate"), &e)
	s := w.run(with(inline("run-1", testFunnel(1, 0)), "maxCostUsd", json.Number(e.ExpectedCost.Decimal())))
	if s.Images.Succeeded != 1 || w.openai.Count(openaitest.KindImage) != 1 {
		t.Errorf("%+v", s)
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
	if s = w.run(inline("run-1", testFunnel(1, 1))); s.Images.Succeeded != 1 {
		t.Errorf("%+v", s)
	}
	w.billEqualsTotal(s.Cost)
}
