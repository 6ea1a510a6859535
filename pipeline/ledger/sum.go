package ledger

import "github.com/full-turner/full-turner/cost"

// sum is what rows cost together. A row that is started may be charged until it is known that it was not.
func sum(rows map[string]row, catalog *cost.Catalog) cost.Breakdown {
	var b cost.Breakdown
	for _, r := range rows {
		r.addTo(&b)
	}
	b.Catalog = catalog.Date()
	return b
}

// addTo adds what the row costs.
func (r row) addTo(b *cost.Breakdown) {
	if r.Usage != nil {
		b.Add(r.Kind, *r.Usage, r.Cost)
	}
	if r.PossiblyCharged != nil {
		b.AddPossibly(r.PossiblyCharged.Calls, r.PossiblyCharged.Cost)
	}
	if r.State == started {
		b.AddPossibly(1, r.ExpectedCost)
	}
}

// affords says whether the budget allows a try of a call that can cost most. wait is not nil where it would allow it
// if the calls that this attempt has open turned out to cost less than they may: it is closed when one of them has
// ended. Called with the lock held, before the try is in the sum.
func (l *Ledger) affords(most cost.Amount) (wait <-chan struct{}, err error) {
	if l.cfg.Limit == nil {
		return nil, nil
	}
	var spent cost.Breakdown
	var held cost.Amount
	for name, r := range l.rows {
		if _, ours := l.held[name]; ours && r.State == started {
			held = held.Plus(r.ExpectedCost)
			r.State = ""
		}
		r.addTo(&spent)
	}
	err = spent.Allows(*l.cfg.Limit, held, most)
	if err != nil && held > 0 && spent.Allows(*l.cfg.Limit, 0, most) == nil {
		return l.changed, err
	}
	return nil, err
}
