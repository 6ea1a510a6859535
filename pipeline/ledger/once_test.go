package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// TestUnheardTries holds how often a question may be sent that nobody hears of.
func TestUnheardTries(t *testing.T) {
	for _, test := range []struct {
		name string
		left []row
		most int64
		rows string
		errs []error
	}{
		{"OnceIsAlwaysAllowed", nil, 0, "unknown possibly 1×$0.01", []error{ledger.ErrUnheard}},
		{"OneIsOne", nil, 1, "unknown possibly 1×$0.01", []error{ledger.ErrUnheard}},
		{"TwoAreTwo", nil, 2, "unknown possibly 2×$0.01", []error{ledger.ErrUnheard}},
		{"ACallHasThree", nil, 9, "unknown possibly 3×$0.01", []error{errSilence}},
		{"EarlierOnesCount", []row{left("unknown", possibly(2))}, 3, "unknown possibly 2×$0.01; unknown possibly 1×$0.01", []error{ledger.ErrUnheard}},
		{"ACallThatAProcessLeftCounts", []row{left("started")}, 2, "unknown possibly 1×$0.01; unknown possibly 1×$0.01", []error{ledger.ErrUnheard}},
		{"EnoughIsEnough", []row{left("unknown", possibly(3))}, 3, "unknown possibly 3×$0.01", []error{ledger.ErrUnheard}},
		{"MoreThanEnoughIsEnough", []row{left("unknown", possibly(3))}, 2, "unknown possibly 3×$0.01", []error{ledger.ErrUnheard}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, test.left, func(_ *testing.T, w *world) {
				q := w.question("q")
				q.MaxUnknown = test.most
				_, err := w.once(q, outcome{unheard: 9})
				w.failsWith(err, test.errs...)
				if got := w.rows(); got != test.rows {
					w.t.Errorf("rows: %s; want %s", got, test.rows)
				}
			})
		})
	}
}

// TestPatience holds how long an answer is tried to be stored, with a store that stays away.
func TestPatience(t *testing.T) {
	for _, test := range []struct {
		name     string
		id       string
		deadline time.Duration // 0: none
		most     time.Duration
	}{
		{"ForAMinuteWhereItCannotBeFetched", "", 0, time.Minute},
		{"ForAMomentWhereItCanBeFetched", "resp_1", 0, 10 * time.Second},
		{"UntilTheDeadline", "", 20 * time.Second, 20 * time.Second},
		{"ForAMomentPastTheDeadline", "", -time.Second, 10 * time.Second},
		{"ForAMinuteBeforeAFarDeadline", "", time.Hour, time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, nil, func(t *testing.T, w *world) {
				ctx := t.Context()
				q := w.question("q")
				var began time.Time
				call := outcome{id: test.id, text: "fine", usage: tokens(price)}
				if test.deadline > 0 {
					var done context.CancelFunc
					ctx, done = context.WithTimeout(ctx, test.deadline)
					defer done()
				}
				q.Ask = func(_ context.Context, c ledger.Call) (ledger.Reply, error) { began = time.Now(); return call.reply(c) }
				if test.deadline < 0 {
					var done context.CancelFunc
					ctx, done = context.WithTimeout(ctx, time.Second)
					defer done()
					q.Ask = func(_ context.Context, c ledger.Call) (ledger.Reply, error) {
						time.Sleep(time.Second - test.deadline)
						began = time.Now()
						return call.reply(c)
					}
				}
				w.breaks(fault{of: "put", err: errDown})
				_, err := w.Once(ctx, q)
				w.failsWith(err, ledger.ErrUnwritten, store.ErrUnavailable)
				if took := time.Since(began).Round(time.Second); took != test.most {
					t.Errorf("it took %s; want %s", took, test.most)
				}
			})
		})
	}
}

// TestACancelledCallIsWrittenDown holds that the rows say how it ended, whatever became of the context.
func TestACancelledCallIsWrittenDown(t *testing.T) {
	t.Run("BeforeItBegan", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			q := w.question("q")
			q.Ask = func(context.Context, ledger.Call) (ledger.Reply, error) { panic("it was sent") }
			if _, err := w.Once(ctx, q); !errors.Is(err, context.Canceled) || w.rows() != "unanswered" {
				t.Errorf("%v; %s", err, w.rows())
			}
		})
	})
	t.Run("WhileItWasMade", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			ctx, cancel := context.WithCancel(t.Context())
			q := w.question("q")
			q.Ask = func(_ context.Context, c ledger.Call) (ledger.Reply, error) { cancel(); return good.reply(c) }
			answer, err := w.Once(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			w.usable(answer)
		})
	})
}

// TestAPanicLeavesTheRowOpen holds that a call whose code breaks may be charged, and blocks nobody.
func TestAPanicLeavesTheRowOpen(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		q := w.question("q")
		q.Ask = func(context.Context, ledger.Call) (ledger.Reply, error) { panic("a mistake") }
		func() {
			defer func() { _ = recover() }()
			_, _ = w.Once(t.Context(), q)
		}()
		if w.rows() != "started" || money(w.Cost()) != "$0, possibly 1: $0.01" {
			t.Errorf("%s, %s", w.rows(), money(w.Cost()))
		}
		if _, err := w.once(w.question("q"), good); err != nil || w.rows() != "unknown possibly 1×$0.01; answered $0.002" {
			t.Errorf("%v; %s", err, w.rows())
		}
	})
}

var errNoRoom = errors.New("there is no room")

// TestRoom holds that a call begins only where there is time for it, and that nothing else needs any.
func TestRoom(t *testing.T) {
	none := func(w *world) {
		w.config.Room = func(need time.Duration) error {
			if need != 7*time.Second {
				w.t.Errorf("room for %s", need)
			}
			return errNoRoom
		}
		w.next()
	}
	ask := func(w *world, found ...outcome) error {
		q := w.question("q")
		q.Needs = 7 * time.Second
		_, err := w.once(q, good, found...)
		return err
	}
	t.Run("ItsErrorIsReturnedAndNothingIsWritten", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			none(w)
			if err := ask(w); !errors.Is(err, errNoRoom) || w.rows() != "" || len(w.requests) > 0 {
				t.Errorf("%v; %s; %v", err, w.rows(), w.requests)
			}
			if money(w.Cost()) != "$0" {
				t.Errorf("%s is held back", money(w.Cost()))
			}
		})
	})
	t.Run("WhatWasLeftOpenIsClosedWithoutIt", func(t *testing.T) {
		inWorld(t, []row{left("started")}, func(t *testing.T, w *world) {
			none(w)
			if err := ask(w); !errors.Is(err, errNoRoom) || w.rows() != "unknown possibly 1×$0.01" {
				t.Errorf("%v; %s", err, w.rows())
			}
		})
	})
	t.Run("FetchingNeedsNone", func(t *testing.T) {
		inWorld(t, []row{left("started", withID)}, func(t *testing.T, w *world) {
			none(w)
			if err := ask(w, good); err != nil || w.rows() != "answered $0.002" {
				t.Errorf("%v; %s", err, w.rows())
			}
		})
	})
}

// TestPrepare holds that a question is completed where it has to be asked, and only there.
func TestPrepare(t *testing.T) {
	prepared := func(w *world, err error) (ledger.Question, *int) {
		q, times := w.question("q"), 0
		q.Model, q.Ceiling, q.Request = "", 0, nil
		q.Prepare = func(_ context.Context, q *ledger.Question) error {
			times++
			q.Model, q.Ceiling, q.Request = "scribe", ceiling, "prepared"
			return err
		}
		return q, &times
	}
	t.Run("CompletesTheQuestion", func(t *testing.T) {
		inWorld(t, []row{left("lost", charged)}, func(t *testing.T, w *world) {
			q, times := prepared(w, nil)
			answer, err := w.once(q, outcome{unheard: 1, text: "fine", usage: tokens(price)})
			if err != nil || *times != 1 || len(w.requests) != 1 || w.requests[0] != "prepared" || w.rows() != "lost $0.002; answered $0.002 possibly 1×$0.01" {
				t.Errorf("%v; %d times; %v; %s", err, *times, w.requests, w.rows())
			}
			w.usable(answer)
		})
	})
	t.Run("ItsErrorIsReturnedAndNothingIsWritten", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			q, _ := prepared(w, errElse)
			if _, err := w.once(q, good); !errors.Is(err, errElse) || w.rows() != "" || len(w.requests) > 0 {
				t.Errorf("%v; %s; %v", err, w.rows(), w.requests)
			}
		})
	})
	for name, earlier := range map[string]row{
		"IsNotDoneForAnAnswer":   left("answered", withResult, charged),
		"IsNotDoneForAFault":     left("failed", charged, faulted("refused")),
		"IsNotDoneForAResponse":  left("started", withID),
		"IsNotDoneForTheUnheard": left("unknown", possibly(3)),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, []row{earlier}, func(t *testing.T, w *world) {
				q, times := prepared(w, errElse)
				if _, err := w.once(q, good, good); errors.Is(err, errElse) || *times != 0 {
					t.Errorf("%v; %d times", err, *times)
				}
			})
		})
	}
}

// TestAnAnswerThatIsNotThere holds that it is said which one could not be read.
func TestAnAnswerThatIsNotThere(t *testing.T) {
	inWorld(t, []row{left("answered", withResult, charged)}, func(t *testing.T, w *world) {
		answer, err := w.once(w.question("q"), good)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Content(t.Context(), answer); !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), answer.Key) {
			t.Error(err)
		}
	})
}
