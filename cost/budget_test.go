package cost_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
)

func TestAllows(t *testing.T) {
	spent := func(agent, image, possibly cost.Amount) (b cost.Breakdown) {
		b.Add(cost.Agent, "writer", cost.Usage{}, agent)
		b.Add(cost.Image, "painter", cost.Usage{}, image)
		if possibly > 0 {
			b.AddPossibly("writer", 1, possibly)
		}
		return b
	}
	for name, tt := range map[string]struct {
		spent                cost.Breakdown
		limit, reserved, ask cost.Amount
		want                 *cost.BudgetError // nil is granted
	}{
		"exactly the limit":                  {cost.Breakdown{}, 100, 0, 100, nil},
		"one past the limit":                 {cost.Breakdown{}, 100, 0, 101, &cost.BudgetError{Asked: 101, Limit: 100}},
		"limit of zero":                      {cost.Breakdown{}, 0, 0, 1, &cost.BudgetError{Asked: 1}},
		"nothing for nothing":                {cost.Breakdown{}, 0, 0, 0, nil},
		"negative is nothing":                {cost.Breakdown{}, 0, 0, -5, nil},
		"spent, possibly and reserved count": {spent(20, 20, 20), 100, 20, 21, &cost.BudgetError{Spent: 40, Possibly: 20, Reserved: 20, Asked: 21, Limit: 100}},
		"and leave what is left":             {spent(20, 20, 20), 100, 20, 20, nil},
		"overspent":                          {spent(150, 0, 0), 100, 0, 0, &cost.BudgetError{Spent: 150, Limit: 100}},
		"sums that would wrap":               {spent(math.MaxInt64-5, 0, 0), math.MaxInt64 - 1, 0, math.MaxInt64, &cost.BudgetError{Spent: math.MaxInt64 - 5, Asked: math.MaxInt64, Limit: math.MaxInt64 - 1}},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.spent.Allows(tt.limit, tt.reserved, tt.ask)
			if tt.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var budget *cost.BudgetError
			if !errors.As(err, &budget) {
				t.Fatalf("Allows = %v; want a BudgetError", err)
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
