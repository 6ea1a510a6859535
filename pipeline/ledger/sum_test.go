package ledger_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
)

// limited gives the run a budget.
func (w *world) limited(limit cost.Amount) {
	w.config.Limit = &limit
	w.next()
}

func overBudget(err error) bool {
	var refused *cost.BudgetError
	return errors.As(err, &refused)
}

// TestBudget holds what a call may cost, to the nano-dollar.
func TestBudget(t *testing.T) {
	for _, test := range []struct {
		name  string
		left  []row
		limit cost.Amount
		call  outcome
		found []outcome
		err   *cost.BudgetError // without Limit
		rows  string
	}{
		{name: "ExactlyEnough", limit: ceiling, call: good, rows: "answered $0.002"},
		{name: "OneNanoDollarLess", limit: ceiling - 1, call: good, err: &cost.BudgetError{Asked: ceiling}},
		{name: "Nothing", limit: 0, call: good, err: &cost.BudgetError{Asked: ceiling}},

		{name: "EnoughBesideWhatWasSpent", left: []row{left("lost", charged)}, limit: price + ceiling, call: good, rows: "lost $0.002; answered $0.002"},
		{
			name: "OneNanoDollarLessBesideWhatWasSpent", left: []row{left("lost", charged)}, limit: price + ceiling - 1, call: good,
			err: &cost.BudgetError{Spent: price, Asked: ceiling}, rows: "lost $0.002",
		},
		{
			name: "WhatMayHaveBeenChargedCounts", left: []row{left("unknown", possibly(2))}, limit: 3*ceiling - 1, call: good,
			err: &cost.BudgetError{Possibly: 2 * ceiling, Asked: ceiling}, rows: "unknown possibly 2×$0.01",
		},
		{
			name: "ACallThatAnEarlierAttemptLeftCounts", left: []row{left("started", asAnother)}, limit: 2*ceiling - 1, call: good,
			err: &cost.BudgetError{Possibly: ceiling, Asked: ceiling}, rows: "started",
		},
		{name: "AndIsNotWaitedFor", left: []row{left("started", asAnother)}, limit: 2 * ceiling, call: good, rows: "started; answered $0.002"},

		{name: "AnAnswerCostsNothingAgain", left: []row{left("answered", withResult, charged)}, limit: 0, call: good, rows: "answered $0.002"},
		{name: "FetchingCostsNothing", left: []row{left("started", withID)}, limit: 0, call: good, found: []outcome{good}, rows: "answered $0.002"},

		{name: "EnoughForAnotherTry", limit: 2 * ceiling, call: outcome{unheard: 1, text: "fine", usage: tokens(price)}, rows: "answered $0.002 possibly 1×$0.01"},
		{
			name: "OneNanoDollarLessForAnotherTry", limit: 2*ceiling - 1, call: outcome{unheard: 1, text: "fine", usage: tokens(price)},
			err: &cost.BudgetError{Possibly: ceiling, Reserved: ceiling}, rows: "unknown possibly 1×$0.01",
		},
		{name: "EnoughForAThirdTry", limit: 3 * ceiling, call: outcome{unheard: 2, text: "fine", usage: tokens(price)}, rows: "answered $0.002 possibly 2×$0.01"},
		{
			name: "OneNanoDollarLessForAThirdTry", limit: 3*ceiling - 1, call: outcome{unheard: 2, text: "fine", usage: tokens(price)},
			err: &cost.BudgetError{Possibly: 2 * ceiling, Reserved: ceiling}, rows: "unknown possibly 2×$0.01",
		},
		{name: "AnAnswerWithoutUsageIsKept", limit: ceiling, call: outcome{text: "fine", silent: true}, rows: "answered possibly 1×$0.01"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, test.left, func(t *testing.T, w *world) {
				w.limited(test.limit)
				_, err := w.once(w.question("q"), test.call, test.found...)
				var got *cost.BudgetError
				switch errors.As(err, &got); {
				case test.err == nil:
					w.failsWith(err)
				case got == nil:
					t.Errorf("error: %v; want %v", err, test.err)
				default:
					test.err.Limit = test.limit
					if *got != *test.err {
						t.Errorf("error: %+v; want %+v", got, test.err)
					}
				}
				if got := w.rows(); got != test.rows {
					t.Errorf("rows: %s; want %s", got, test.rows)
				}
			})
		})
	}
	t.Run("MoreThanThereIsNeverFits", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.limited(math.MaxInt64 - 1)
			w.leave("call#agent#900", left("answered", withResult, charged, asAnother))
			if err := w.Reread(t.Context()); err != nil {
				t.Fatal(err)
			}
			q := w.question("q")
			q.Ceiling = math.MaxInt64 - 1
			if _, err := w.once(q, good); !overBudget(err) {
				t.Error(err)
			}
		})
	})
}

// TestTheSumWhileACallIsMade holds that a try counts with its ceiling until it is known what it cost.
func TestTheSumWhileACallIsMade(t *testing.T) {
	inWorld(t, []row{left("lost", charged)}, func(t *testing.T, w *world) {
		costs := func(want string) {
			t.Helper()
			if got := money(w.Cost()); got != want {
				t.Errorf("it cost %s; want %s", got, want)
			}
			if stored, err := ledger.Cost(t.Context(), w.store, runID, catalog); money(stored) != want || err != nil {
				t.Errorf("the rows say %s, %v; want %s", money(stored), err, want)
			}
		}
		q := w.question("q")
		q.Ask = func(_ context.Context, c ledger.Call) (ledger.Reply, error) {
			costs("$0.002, possibly 1: $0.01")
			if err := c.MaybeCharged(errSilence); err != nil {
				t.Error(err)
			}
			costs("$0.002, possibly 2: $0.02")
			if err := c.Started("resp_1"); err != nil {
				t.Error(err)
			}
			costs("$0.002, possibly 2: $0.02")
			return good.reply(c)
		}
		if _, err := w.Once(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		costs("$0.004, possibly 1: $0.01")
		image := w.question("i")
		image.Kind, image.Model, image.Row = cost.Image, "painter", "call#image#i"
		if _, err := w.once(image, outcome{text: "fine", usage: &cost.Usage{Images: 1}}); err != nil {
			t.Fatal(err)
		}
		costs("$0.006, possibly 1: $0.01")
		b := w.Cost()
		if b.Agent != 2*price || b.Image != price || b.Details.Agent.Calls != 2 || b.Details.Images.Calls != 1 || b.Catalog != "2026-11-23" {
			t.Errorf("%+v", b)
		}
		want := map[string]cost.ModelCost{
			"scribe":  {Calls: 2, Cost: 2 * price, PossiblyCharged: &cost.Possibly{Calls: 1, Cost: ceiling}},
			"painter": {Calls: 1, Cost: price},
		}
		if diff := cmp.Diff(want, b.Models); diff != "" {
			t.Errorf("by model (-want +got):\n%s", diff)
		}
	})
}
