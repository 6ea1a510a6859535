package cost

import (
	"fmt"
	"sync"
)

// Breakdown is what a run cost, as it is stored with the run. Amounts are in
// dollars in its JSON. Total is Agent plus Image.
type Breakdown struct {
	Total           Amount    `json:"total"`
	Agent           Amount    `json:"agent"`
	Image           Amount    `json:"image"`
	Details         Details   `json:"details"`
	PossiblyCharged *Possibly `json:"possiblyCharged,omitempty"` // beside, never in, Total
	Catalog         string    `json:"catalog,omitempty"`         // date of the catalogue that priced it, YYYY-MM-DD
}

// Details are the counts behind the amounts of a Breakdown.
type Details struct {
	Agent  AgentDetails `json:"agent"`
	Images ImageDetails `json:"images"`
}

// AgentDetails sums the answered agent calls of a run.
type AgentDetails struct {
	Calls  int64       `json:"calls"`
	Tokens AgentTokens `json:"tokens"`
	Cost   Amount      `json:"cost"`
}

// AgentTokens are agent tokens as OpenAI counts them: Reasoning is part of
// Output and Cached is part of Input.
type AgentTokens struct {
	Input     int64 `json:"input"`
	Output    int64 `json:"output"`
	Reasoning int64 `json:"reasoning"`
	Cached    int64 `json:"cached,omitempty"`
}

// ImageDetails sums the answered image calls of a run. Tokens is nil when no
// answer reported any.
type ImageDetails struct {
	Calls           int64        `json:"calls"`
	ImagesGenerated int64        `json:"imagesGenerated"`
	Cost            Amount       `json:"cost"`
	Tokens          *ImageTokens `json:"tokens,omitempty"`
}

// ImageTokens are the tokens of image calls, which a model with a price per
// image does not charge.
type ImageTokens struct {
	Input  int64 `json:"input"`
	Output int64 `json:"output"`
}

// Possibly is the money of calls whose outcome nobody knows: they went out, and
// no answer says whether OpenAI charged them. Cost is the most they can be.
type Possibly struct {
	Calls int64  `json:"calls"`
	Cost  Amount `json:"cost"`
}

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

// Tracker adds up one run's money and holds its budget. It is safe for
// concurrent use. Sums stop at the largest Amount and never wrap.
type Tracker struct {
	limit *Amount

	mu       sync.Mutex
	sum      Breakdown // Total, Agent, Image and Details, without Details.Images.Tokens
	tokens   ImageTokens
	possibly Possibly
	reserved Amount
}

// NewTracker returns a tracker that has spent nothing. A nil limit is no limit;
// a limit of 0 refuses every call that costs anything.
func NewTracker(limit *Amount) *Tracker {
	t := &Tracker{}
	if limit != nil {
		l := *limit
		t.limit = &l
	}
	return t
}

// Reserve sets expected aside for a call that is about to be made, so that
// calls made at the same time cannot pass the limit together. It returns a
// *BudgetError when what is spent, possibly spent, reserved and expected is more
// than the limit. The caller adds the answered call first and releases then.
func (t *Tracker) Reserve(expected Amount) (*Reservation, error) {
	expected = max(expected, 0)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.limit != nil {
		used := add(add(t.sum.Total, t.possibly.Cost), t.reserved)
		if add(used, expected) > *t.limit {
			return nil, &BudgetError{
				Spent:    t.sum.Total,
				Possibly: t.possibly.Cost,
				Reserved: t.reserved,
				Asked:    expected,
				Limit:    *t.limit,
			}
		}
	}
	if expected > maxAmount-t.reserved {
		// Only without a limit: what cannot be counted back on Release is not counted.
		expected = maxAmount - t.reserved
	}
	t.reserved += expected
	return &Reservation{tracker: t, amount: expected}, nil
}

// Reservation is money set aside for one call.
type Reservation struct {
	tracker *Tracker
	amount  Amount // guarded by tracker.mu; 0 once released
}

// Release gives the money back. It may be called more than once, from several
// goroutines, and on nil.
func (r *Reservation) Release() {
	if r == nil {
		return
	}
	r.tracker.mu.Lock()
	defer r.tracker.mu.Unlock()
	r.tracker.reserved -= r.amount
	r.amount = 0
}

// Add counts one answered call that used u and cost amount. Images count as
// image calls; every other kind is the agent's.
func (t *Tracker) Add(kind Kind, u Usage, amount Amount) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum.Total = add(t.sum.Total, amount)
	if kind == Image {
		d := &t.sum.Details.Images
		t.sum.Image = add(t.sum.Image, amount)
		d.Cost = t.sum.Image
		count(&d.Calls, 1)
		count(&d.ImagesGenerated, u.Images)
		count(&t.tokens.Input, u.Input)
		count(&t.tokens.Output, u.Output)
		return
	}
	d := &t.sum.Details.Agent
	t.sum.Agent = add(t.sum.Agent, amount)
	d.Cost = t.sum.Agent
	count(&d.Calls, 1)
	count(&d.Tokens.Input, u.Input)
	count(&d.Tokens.Output, u.Output)
	count(&d.Tokens.Reasoning, u.Reasoning)
	count(&d.Tokens.Cached, u.Cached)
}

// Possibly counts calls whose outcome nobody knows and what they may have cost
// in all. They use up the budget, and stay beside the total. Their kind is not
// kept: the stored breakdown has one figure for both.
func (t *Tracker) Possibly(_ Kind, calls int64, amount Amount) {
	t.mu.Lock()
	defer t.mu.Unlock()
	count(&t.possibly.Calls, calls)
	t.possibly.Cost = add(t.possibly.Cost, amount)
}

// Breakdown returns what was counted so far. Reservations are not in it, and
// Catalog is empty: the tracker is given amounts and does not price.
func (t *Tracker) Breakdown() Breakdown {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.sum
	if t.tokens != (ImageTokens{}) {
		tokens := t.tokens
		b.Details.Images.Tokens = &tokens
	}
	if t.possibly != (Possibly{}) {
		possibly := t.possibly
		b.PossiblyCharged = &possibly
	}
	return b
}

func count(sum *int64, n int64) { *sum = saturatingAdd(*sum, n) }
