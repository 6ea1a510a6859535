package ledger_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// asking is a question that a goroutine asks.
type asking struct {
	sent atomic.Bool // it is being made
	over chan error  // its end
	how  chan func(ledger.Call) (ledger.Reply, error)
}

// asks has a goroutine ask a question, and returns when it has come as far as it can.
func (w *world) asks(ctx context.Context, q ledger.Question) *asking {
	w.crowded = true
	a := &asking{over: make(chan error, 1), how: make(chan func(ledger.Call) (ledger.Reply, error))}
	q.Ask = func(_ context.Context, c ledger.Call) (ledger.Reply, error) {
		a.sent.Store(true)
		return (<-a.how)(c)
	}
	go func() {
		err := errors.New("it broke")
		defer func() { _ = recover(); a.over <- err }()
		_, err = w.Once(ctx, q)
	}()
	settled()
	return a
}

// waits says that the question is neither sent nor refused.
func (a *asking) waits() bool { return !a.sent.Load() && len(a.over) == 0 }

// end is how the question ended; nil also where it has not.
func (a *asking) end() error {
	select {
	case err := <-a.over:
		return err
	default:
		return nil
	}
}

// ends tells a call how it goes.
func (a *asking) ends(how func(ledger.Call) (ledger.Reply, error)) {
	a.how <- how
	settled()
}

// settled waits until everybody waits for somebody else. Writes that are made at once wait for each other a moment.
func settled() {
	time.Sleep(time.Second)
	synctest.Wait()
}

// TestWaitingForMoney has a call open that holds so much back that another one does not fit beside it.
func TestWaitingForMoney(t *testing.T) {
	dear := outcome{text: "fine", usage: tokens(ceiling)}
	flying := outcome{id: "resp_1", flying: true, err: errInFlight}
	crash := func(ledger.Call) (ledger.Reply, error) { panic("a mistake") }
	for _, test := range []struct {
		name string
		how  func(ledger.Call) (ledger.Reply, error) // the open call ends
		made bool                                    // the other one then
	}{
		{"MadeWhenTheOpenCallEndsCheaper", good.reply, true},
		{"MadeWhenTheOpenCallCostsNothing", outcome{err: errElse}.reply, true},
		{"RefusedWhenTheOpenCallIsAsDearAsItCanBe", dear.reply, false},
		{"RefusedWhenTheOpenCallIsStillInFlight", flying.reply, false},
		{"RefusedWhenNobodyKnowsWhatTheOpenCallCost", outcome{text: "fine", silent: true}.reply, false},
		{"RefusedWhenTheOpenCallBreaks", crash, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, nil, func(t *testing.T, w *world) {
				w.limited(ceiling + price)
				first := w.asks(t.Context(), w.question("first"))
				second := w.asks(t.Context(), w.question("second"))
				if !first.sent.Load() || !second.waits() {
					t.Fatalf("the first was sent: %v; the second waits: %v", first.sent.Load(), second.waits())
				}
				first.ends(test.how)
				if second.sent.Load() != test.made {
					t.Fatalf("the second was sent: %v; %v", second.sent.Load(), second.end())
				}
				if test.made {
					second.ends(good.reply)
					w.failsWith(second.end())
				} else if err := second.end(); !overBudget(err) {
					t.Errorf("the second: %v", err)
				}
				w.sumHolds()
			})
		})
	}
	t.Run("RefusedAtOnceWhereNothingThatEndsCouldHelp", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.limited(2 * ceiling)
			first := w.asks(t.Context(), w.question("first"))
			q := w.question("second")
			q.Ceiling = 2*ceiling + 1
			second := w.asks(t.Context(), q)
			if err := second.end(); !overBudget(err) {
				t.Error(err)
			}
			first.ends(good.reply)
			if w.rows() != "answered $0.002" {
				t.Error(w.rows())
			}
		})
	})
	t.Run("MadeWhenTheOpenCallCouldNotBeBegun", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.breaks(fault{of: "add", times: 1, err: store.ErrFenced, takes: time.Minute})
			w.limited(ceiling + price)
			first, second := w.asks(t.Context(), w.question("first")), w.asks(t.Context(), w.question("second"))
			if !second.waits() {
				t.Fatal("the second does not wait")
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			if err := first.end(); !errors.Is(err, store.ErrFenced) || !second.sent.Load() {
				t.Fatalf("the first: %v; the second was sent: %v", err, second.sent.Load())
			}
			second.ends(good.reply)
		})
	})
	t.Run("MadeWhileTheOpenCallIsBeingClosed", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.breaks(fault{of: "set", times: 1, err: errDown, takes: 5 * time.Second})
			w.limited(ceiling + price)
			first, second := w.asks(t.Context(), w.question("first")), w.asks(t.Context(), w.question("second"))
			first.ends(good.reply)
			if !second.sent.Load() || len(first.over) > 0 {
				t.Errorf("the first: %v; the second was sent: %v", first.end(), second.sent.Load())
			}
			second.ends(good.reply)
			time.Sleep(time.Minute)
			if err := first.end(); err != nil || w.rows() != "answered $0.002; answered $0.002" {
				t.Errorf("%v; %s", err, w.rows())
			}
		})
	})
	t.Run("TwoThatWaitAreMadeOneAfterTheOther", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.limited(ceiling + 2*price)
			open := w.asks(t.Context(), w.question("a"))
			waiting := []*asking{w.asks(t.Context(), w.question("b")), w.asks(t.Context(), w.question("c"))}
			open.ends(good.reply)
			if waiting[0].waits() == waiting[1].waits() {
				t.Fatalf("both wait: %v", waiting[0].waits())
			}
			if waiting[0].waits() {
				waiting[0], waiting[1] = waiting[1], waiting[0]
			}
			waiting[0].ends(good.reply)
			if !waiting[1].sent.Load() {
				t.Fatalf("the last was not sent: %v", waiting[1].end())
			}
			waiting[1].ends(good.reply)
			if got := money(w.Cost()); got != "$0.006" {
				t.Error(got)
			}
		})
	})
	t.Run("GivenUpWhenTheContextEnds", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.limited(ceiling + price)
			ctx, cancel := context.WithCancel(t.Context())
			open, waiting := w.asks(t.Context(), w.question("open")), w.asks(ctx, w.question("waiting"))
			cancel()
			settled()
			if err := waiting.end(); !errors.Is(err, context.Canceled) {
				t.Errorf("while the other is open: %v", err)
			}
			open.ends(good.reply)
			if w.rows() != "answered $0.002" {
				t.Error(w.rows())
			}
		})
	})
	t.Run("GivenUpWhenTheTimeForItIsUp", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			began := time.Now()
			w.config.Room = func(time.Duration) error {
				if time.Since(began) > time.Minute {
					return errNoRoom
				}
				return nil
			}
			w.limited(ceiling + price)
			open, waiting := w.asks(t.Context(), w.question("open")), w.asks(t.Context(), w.question("waiting"))
			time.Sleep(time.Minute)
			open.ends(good.reply)
			if err := waiting.end(); waiting.sent.Load() || !errors.Is(err, errNoRoom) || w.rows() != "answered $0.002" {
				t.Errorf("sent: %v; %v; %s", waiting.sent.Load(), err, w.rows())
			}
		})
	})
}
