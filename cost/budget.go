package cost

import "fmt"

// BudgetError says that a call would take a run past its limit. Nothing was
// reserved and nothing may be asked.
type BudgetError struct {
	Spent    Amount // by answered calls
	Possibly Amount // by calls whose outcome nobody knows
	Reserved Amount // for calls that are under way
	Asked    Amount // by the call that was refused
	Limit    Amount
}

// Error gives all five amounts in dollars.
func (e *BudgetError) Error() string {
	return fmt.Sprintf("cost: the call may cost %s, and of the limit of %s this run has spent %s, possibly spent %s and reserved %s",
		e.Asked, e.Limit, e.Spent, e.Possibly, e.Reserved)
}

// Allows returns nil where a run that has cost b may make a call that costs
// asked at the most, with reserved set aside for calls that are under way; else
// a *BudgetError. What is possibly charged uses up the limit too.
func (b Breakdown) Allows(limit, reserved, asked Amount) error {
	e := &BudgetError{Spent: b.Total, Reserved: reserved, Asked: max(asked, 0), Limit: limit}
	if b.PossiblyCharged != nil {
		e.Possibly = b.PossiblyCharged.Cost
	}
	if e.Spent.Plus(e.Possibly).Plus(e.Reserved).Plus(e.Asked) > limit {
		return e
	}
	return nil
}
