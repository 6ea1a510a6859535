package ledger_test

import (
	"errors"
	"testing"

	"github.com/full-turner/full-turner/cost"
)

// TestACeilingThatWasTooLowIsRaised holds that a budget is passed by the calls in work alone when answers cost more than
// they were expected to: here each costs four times its ceiling, one after the other.
func TestACeilingThatWasTooLowIsRaised(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		limit := 20 * price
		w.limited(limit)
		made := 0
		for i := range 20 {
			q := w.question(string(rune('a' + i)))
			q.Ceiling = price
			_, err := w.once(q, outcome{text: "fine", usage: tokens(4 * price)})
			var budget *cost.BudgetError
			if errors.As(err, &budget) {
				if budget.Asked != 4*price {
					t.Errorf("asked for %s; want the ceiling raised to %s", budget.Asked, 4*price)
				}
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			made++
		}
		if total := w.Cost().Total; made != 5 || total > limit {
			t.Errorf("%d calls for %s of %s", made, total, limit)
		}
	})
}
