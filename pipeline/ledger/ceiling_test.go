package ledger_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
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

// TestABudgetIsPassedByTheCallsInWorkAlone says by how much: three calls are in work when each turns out to cost four
// times its ceiling, so the budget is passed by three times what they cost beyond it, and by nothing that comes after.
func TestABudgetIsPassedByTheCallsInWorkAlone(t *testing.T) {
	const inWork, times = 3, 4
	inWorld(t, nil, func(t *testing.T, w *world) {
		w.crowded = true
		limit := inWork * price
		w.limited(limit)
		var begun, ended sync.WaitGroup
		begun.Add(inWork)
		ask := func(asked string, wait bool) error {
			q := w.question(asked)
			q.Ceiling = price
			q.Ask = func(context.Context, ledger.Call) (ledger.Reply, error) {
				if wait {
					begun.Done()
					begun.Wait()
				}
				return ledger.Reply{Content: []byte("fine"), Usage: tokens(times * price)}, nil
			}
			_, err := w.Once(t.Context(), q)
			return err
		}
		for _, asked := range []string{"a", "b", "c"} {
			ended.Go(func() {
				if err := ask(asked, true); err != nil {
					t.Error(err)
				}
			})
		}
		ended.Wait()
		var budget *cost.BudgetError
		if err := ask("d", false); !errors.As(err, &budget) {
			t.Errorf("a later call: %v", err)
		}
		if over := w.Cost().Total - limit; over != inWork*(times-1)*price {
			t.Errorf("the budget of %s is passed by %s", limit, over)
		}
	})
}
