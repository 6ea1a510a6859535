package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/full-turner/full-turner/cost"
)

// Spent is the money of one row: of one paid call.
type Spent struct {
	Row              string
	Kind             cost.Kind
	Model            string
	Started, Ended   time.Time // Ended is zero while the call is open
	Usage            *cost.Usage
	Cost             cost.Amount
	MaybeCharged     int64 // tries whose outcome nobody knows, an open call included
	MaybeChargedCost cost.Amount
}

// Spending is what each row of a run cost, in the order in which the calls were begun.
func Spending(ctx context.Context, rows Rows, runID string) ([]Spent, error) {
	all, err := read(ctx, rows, runID)
	if err != nil {
		return nil, err
	}
	spent := make([]Spent, 0, len(all))
	for name, r := range all {
		s := Spent{Row: name, Kind: r.Kind, Model: r.Model, Started: r.StartedAt, Usage: r.Usage, Cost: r.Cost}
		if r.EndedAt != nil {
			s.Ended = *r.EndedAt
		}
		var b cost.Breakdown
		r.addTo(&b)
		if p := b.PossiblyCharged; p != nil {
			s.MaybeCharged, s.MaybeChargedCost = p.Calls, p.Cost
		}
		spent = append(spent, s)
	}
	slices.SortFunc(spent, func(a, b Spent) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Row, b.Row)) })
	return spent, nil
}
