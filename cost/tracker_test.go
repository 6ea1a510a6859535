package cost_test

import (
	"encoding/json"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
)

func TestBreakdownJSON(t *testing.T) {
	for name, tt := range map[string]struct {
		count func(*cost.Tracker)
		want  string
	}{
		"nothing": {func(*cost.Tracker) {}, `{
  "total": 0,
  "agent": 0,
  "image": 0,
  "details": {
    "agent": {
      "calls": 0,
      "tokens": {
        "input": 0,
        "output": 0,
        "reasoning": 0
      },
      "cost": 0
    },
    "images": {
      "calls": 0,
      "imagesGenerated": 0,
      "cost": 0
    }
  }
}`},
		"documented shape": {func(tr *cost.Tracker) {
			tr.Add(cost.Agent, cost.Usage{Input: 1000, Output: 500, Reasoning: 200}, 90_000_000)
			for range 3 {
				tr.Add(cost.Image, cost.Usage{Images: 1}, 40_000_000)
			}
		}, `{
  "total": 0.21,
  "agent": 0.09,
  "image": 0.12,
  "details": {
    "agent": {
      "calls": 1,
      "tokens": {
        "input": 1000,
        "output": 500,
        "reasoning": 200
      },
      "cost": 0.09
    },
    "images": {
      "calls": 3,
      "imagesGenerated": 3,
      "cost": 0.12
    }
  }
}`},
		"everything": {func(tr *cost.Tracker) {
			tr.Add(cost.Agent, cost.Usage{Input: 10, Cached: 4, Output: 5}, 1)
			tr.Add(cost.Image, cost.Usage{Input: 7, Output: 8}, 2)
			tr.Possibly(cost.Image, 2, 40_000_000)
			tr.Possibly(cost.Agent, 1, 14_000_000)
		}, `{
  "total": 0.000000003,
  "agent": 0.000000001,
  "image": 0.000000002,
  "details": {
    "agent": {
      "calls": 1,
      "tokens": {
        "input": 10,
        "output": 5,
        "reasoning": 0,
        "cached": 4
      },
      "cost": 0.000000001
    },
    "images": {
      "calls": 1,
      "imagesGenerated": 0,
      "cost": 0.000000002,
      "tokens": {
        "input": 7,
        "output": 8
      }
    }
  },
  "possiblyCharged": {
    "calls": 3,
    "cost": 0.054
  },
  "catalog": "2026-11-23"
}`},
	} {
		t.Run(name, func(t *testing.T) {
			tr := cost.NewTracker(nil)
			tt.count(tr)
			b := tr.Breakdown()
			if name == "everything" {
				b.Catalog = "2026-11-23"
			}
			got, err := json.MarshalIndent(b, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("breakdown (-want +got):\n%s", diff)
			}
			var back cost.Breakdown
			if err := json.Unmarshal(got, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(b, back); diff != "" {
				t.Errorf("round trip (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReserve(t *testing.T) {
	limit := func(a cost.Amount) *cost.Amount { return &a }
	for name, tt := range map[string]struct {
		limit *cost.Amount
		used  func(*cost.Tracker)
		ask   cost.Amount
		want  *cost.BudgetError // nil is granted
	}{
		"no limit":            {nil, func(*cost.Tracker) {}, math.MaxInt64, nil},
		"exactly the limit":   {limit(100), func(*cost.Tracker) {}, 100, nil},
		"one past the limit":  {limit(100), func(*cost.Tracker) {}, 101, &cost.BudgetError{Asked: 101, Limit: 100}},
		"limit of zero":       {limit(0), func(*cost.Tracker) {}, 1, &cost.BudgetError{Asked: 1}},
		"nothing for nothing": {limit(0), func(*cost.Tracker) {}, 0, nil},
		"negative is nothing": {limit(0), func(*cost.Tracker) {}, -5, nil},
		"spent, possibly and reserved count": {limit(100), func(tr *cost.Tracker) {
			tr.Add(cost.Agent, cost.Usage{}, 20)
			tr.Add(cost.Image, cost.Usage{}, 20)
			tr.Possibly(cost.Image, 1, 20)
			if _, err := tr.Reserve(20); err != nil {
				t.Error(err)
			}
		}, 21, &cost.BudgetError{Spent: 40, Possibly: 20, Reserved: 20, Asked: 21, Limit: 100}},
		"released money is there again": {limit(100), func(tr *cost.Tracker) {
			r, err := tr.Reserve(100)
			if err != nil {
				t.Error(err)
			}
			r.Release()
			r.Release()
		}, 100, nil},
		"overspent": {limit(100), func(tr *cost.Tracker) {
			tr.Add(cost.Agent, cost.Usage{}, 150)
		}, 0, &cost.BudgetError{Spent: 150, Limit: 100}},
		"sums that would wrap": {limit(math.MaxInt64 - 1), func(tr *cost.Tracker) {
			tr.Add(cost.Agent, cost.Usage{}, math.MaxInt64-5)
		}, math.MaxInt64, &cost.BudgetError{Spent: math.MaxInt64 - 5, Asked: math.MaxInt64, Limit: math.MaxInt64 - 1}},
	} {
		t.Run(name, func(t *testing.T) {
			tr := cost.NewTracker(tt.limit)
			tt.used(tr)
			r, err := tr.Reserve(tt.ask)
			if tt.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				r.Release()
				return
			}
			var budget *cost.BudgetError
			if !errors.As(err, &budget) || r != nil {
				t.Fatalf("Reserve = %v, %v; want a BudgetError", r, err)
			}
			if diff := cmp.Diff(tt.want, budget); diff != "" {
				t.Errorf("BudgetError (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBudgetErrorSaysAllAmounts(t *testing.T) {
	err := &cost.BudgetError{Spent: cost.Dollar, Possibly: 2 * cost.Dollar, Reserved: 3 * cost.Dollar, Asked: 40_000_000, Limit: 6 * cost.Dollar}
	const want = "cost: the call may cost $0.04, and of the limit of $6 this run has spent $1, possibly spent $2 and reserved $3"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestReleaseOfNil(*testing.T) {
	var r *cost.Reservation
	r.Release()
}

func TestLimitIsCopied(t *testing.T) {
	limit := cost.Amount(10)
	tr := cost.NewTracker(&limit)
	limit = 1000
	if _, err := tr.Reserve(11); err == nil {
		t.Error("the caller's variable moved the limit")
	}
}

// The sum of what is spent and of what is under way must never pass the limit,
// whoever asks at the same time.
func TestBudgetHoldsUnderConcurrency(t *testing.T) {
	const limit, price, callers, calls = cost.Amount(1000), cost.Amount(7), 32, 50
	l := limit
	tr := cost.NewTracker(&l)
	var granted atomic.Int64
	call := func() bool {
		r, err := tr.Reserve(price)
		if err != nil {
			return false
		}
		granted.Add(1)
		tr.Add(cost.Image, cost.Usage{Images: 1}, price)
		r.Release()
		r.Release()
		return true
	}
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range calls {
				call()
			}
		})
	}
	wg.Wait()
	if b := tr.Breakdown(); b.Total > limit {
		t.Errorf("spent %d of %d", b.Total, limit)
	}
	for call() {
	}
	b := tr.Breakdown()
	if left := limit - b.Total; left < 0 || left >= price {
		t.Errorf("%d of the limit is left, with nothing reserved", left)
	}
	if b.Details.Images.ImagesGenerated != granted.Load() || b.Total != b.Image {
		t.Errorf("%d granted, breakdown %+v", granted.Load(), b)
	}
}

func TestTrackerNeverWraps(t *testing.T) {
	tr := cost.NewTracker(nil)
	for range 3 {
		tr.Add(cost.Agent, cost.Usage{Input: math.MaxInt64}, math.MaxInt64)
		tr.Possibly(cost.Agent, math.MaxInt64, math.MaxInt64)
		if r, err := tr.Reserve(math.MaxInt64); err != nil || r == nil {
			t.Fatal(err)
		}
	}
	b := tr.Breakdown()
	if b.Total != math.MaxInt64 || b.Details.Agent.Tokens.Input != math.MaxInt64 || b.PossiblyCharged.Cost != math.MaxInt64 {
		t.Errorf("breakdown %+v", b)
	}
}

func TestBreakdownIsACopy(t *testing.T) {
	tr := cost.NewTracker(nil)
	tr.Add(cost.Image, cost.Usage{Input: 1}, 1)
	tr.Possibly(cost.Image, 1, 1)
	b := tr.Breakdown()
	b.PossiblyCharged.Calls, b.Details.Images.Tokens.Input = 99, 99
	if again := tr.Breakdown(); again.PossiblyCharged.Calls != 1 || again.Details.Images.Tokens.Input != 1 {
		t.Errorf("the caller reached into the tracker: %+v", again)
	}
}
