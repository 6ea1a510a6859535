package ledger

import (
	"math"
	"math/big"

	"github.com/full-turner/full-turner/cost"
)

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
		b.Add(r.Kind, r.Model, *r.Usage, r.Cost)
	}
	if r.PossiblyCharged != nil {
		b.AddPossibly(r.Model, r.PossiblyCharged.Calls, r.PossiblyCharged.Cost)
	}
	if r.State == started {
		b.AddPossibly(r.Model, 1, r.ExpectedCost)
	}
}

// raised is a ceiling after what answers of the kind were found to cost: as many times more as the worst of them cost
// more than its own. Called with the lock held.
func (l *Ledger) raised(kind cost.Kind, ceiling cost.Amount) cost.Amount {
	worst := big.NewRat(1, 1)
	for _, r := range l.rows {
		if r.Kind == kind && r.Cost > r.ExpectedCost && r.ExpectedCost > 0 {
			if over := big.NewRat(int64(r.Cost), int64(r.asked())); over.Cmp(worst) > 0 {
				worst = over
			}
		}
	}
	exact := new(big.Rat).Mul(worst, new(big.Rat).SetInt64(int64(ceiling)))
	up := new(big.Int).Add(exact.Num(), new(big.Int).Sub(exact.Denom(), big.NewInt(1)))
	up.Quo(up, exact.Denom())
	if !up.IsInt64() {
		return math.MaxInt64
	}
	return cost.Amount(up.Int64())
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
