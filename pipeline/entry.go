package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/store"
)

// entry is one row of the ledger, open while its call is made. It is used by one goroutine at a time.
type entry struct {
	ledger   *ledger
	logType  string
	call     call
	reserved *cost.Reservation
}

// row is the entry as the store keeps it.
func (e *entry) row() store.Log {
	raw, _ := json.Marshal(e.call) // plain fields: it cannot fail
	h := e.ledger.h
	return store.Log{
		RunID: h.run.RunID, LogType: e.logType, Level: "INFO", Message: "paid call", Data: raw,
		Timestamp: e.call.StartedAt, RequestID: h.inv.RequestID, Attempt: h.run.Attempt,
	}
}

// write stores the entry as it is now, whatever became of ctx.
func (e *entry) write(ctx context.Context) error {
	e.ledger.mu.Lock()
	e.ledger.rows[e.logType] = e.call
	e.ledger.mu.Unlock()
	row := e.row()
	err := persist(ctx, saveTime, func(ctx context.Context) error { return e.ledger.h.p.Store.SetLog(ctx, row) })
	if err != nil {
		return fmt.Errorf("ledger row %s: %w", e.logType, err)
	}
	return nil
}

// responding writes down the id under which the answer can be fetched.
func (e *entry) responding(ctx context.Context, id string) error {
	e.call.ResponseID = id
	return e.write(ctx)
}

// maxUnknown is how many tries of one call may end with nobody knowing their outcome before it is given up.
const maxUnknown = 3

// unknown writes down that a try of the call went out and that nobody knows its outcome. It returns an error where
// the call must not be tried again: the budget does not allow it, or it was tried too often.
func (e *entry) unknown(ctx context.Context, cause error) error {
	e.possiblyCharged(ctx, cause)
	if err := e.write(ctx); err != nil {
		return err
	}
	if e.call.PossiblyCharged.Calls >= maxUnknown {
		return fmt.Errorf("tried %d times and never heard how it ended: %w", e.call.PossiblyCharged.Calls, cause)
	}
	e.reserved.Release()
	var err error
	e.reserved, err = e.ledger.tracker.Reserve(e.call.ExpectedCost)
	return err
}

// possiblyCharged counts one try of the call whose outcome nobody knows.
func (e *entry) possiblyCharged(ctx context.Context, cause error) {
	if e.call.PossiblyCharged == nil {
		e.call.PossiblyCharged = new(cost.Possibly)
	}
	e.call.PossiblyCharged.Calls++
	e.call.PossiblyCharged.Cost += e.call.ExpectedCost
	e.ledger.tracker.Possibly(e.call.Kind, 1, e.call.ExpectedCost)
	e.ledger.h.p.spent(ctx, e.ledger.h.log, slog.LevelWarn, "call possibly charged", "PossiblyChargedUSD", e.call.ExpectedCost,
		data("call", e.logType, "kind", e.call.Kind, "model", e.call.Model, "possiblyCharged", e.call.ExpectedCost, "cause", cause.Error()))
}

// adopt takes over an entry that an ended attempt left open. Its possible charge has been counted since the ledger
// was opened; from now on the entry counts for itself.
func (e *entry) adopt() {
	e.ledger.tracker.Possibly(e.call.Kind, -1, -e.call.ExpectedCost)
}

// abandon closes an adopted entry whose outcome nobody will know.
func (e *entry) abandon(ctx context.Context, cause error) error {
	e.call.State, e.call.Error, e.call.Result = callUnknown, abbreviateError(cause), ""
	e.end()
	e.possiblyCharged(ctx, cause)
	return e.write(ctx)
}

// answered closes the entry with the key of the stored answer. used is nil where OpenAI did not say what it used;
// such an answer is possibly charged.
func (e *entry) answered(ctx context.Context, used *cost.Usage, result string) error {
	e.call.State, e.call.Result, e.call.Error = callAnswered, result, ""
	return e.close(ctx, used)
}

// failed closes the entry with what went wrong. The cost counts all the same.
func (e *entry) failed(ctx context.Context, used *cost.Usage, err error) error {
	e.fail(used, err)
	return e.close(ctx, used)
}

// lost closes the entry of an answer that was charged and could not be stored.
func (e *entry) lost(ctx context.Context, used *cost.Usage, err error) error {
	e.call.State, e.call.Result, e.call.Error = callLost, "", abbreviateError(err)
	return e.close(ctx, used)
}

// faults are the ways in which an answer that was paid for is no use. Asking the same again would get the same.
var faults = []struct {
	name string
	is   error
}{
	{"refused", openai.ErrRefused},
	{"incomplete", openai.ErrIncomplete},
	{"malformed", openai.ErrMalformed},
	{"unusable", errUnusable},
}

// fail notes what an error leaves the call in.
func (e *entry) fail(used *cost.Usage, err error) {
	e.call.Result, e.call.Error = "", abbreviateError(err)
	switch {
	case used != nil:
		e.call.State = callLost
		for _, f := range faults {
			if errors.Is(err, f.is) {
				e.call.State, e.call.Fault = callFailed, f.name
				break
			}
		}
	case e.call.PossiblyCharged != nil:
		e.call.State = callUnknown
	default:
		e.call.State = callUnanswered
	}
}

// recordedFault is the error of a call that failed, as it was when the answer came.
func (c call) recordedFault() error {
	for _, f := range faults {
		if f.name == c.Fault {
			return fmt.Errorf("%w: %s", f.is, c.Error)
		}
	}
	return fmt.Errorf("%w: %s", errUnusable, c.Error)
}

// close prices what was used, counts it, and writes the entry for the last time. Usage that cannot be priced (more
// tokens than there is money) is as good as none.
func (e *entry) close(ctx context.Context, used *cost.Usage) error {
	if used != nil {
		price, err := e.ledger.catalog.Price(e.call.Model, *used)
		if err == nil {
			e.charged(ctx, used, price)
		} else {
			e.possiblyCharged(ctx, err)
		}
	}
	e.end()
	return e.write(ctx)
}

// charged counts an answer that was paid for.
func (e *entry) charged(ctx context.Context, used *cost.Usage, price cost.Amount) {
	e.call.Usage, e.call.Cost = used, price
	e.ledger.tracker.Add(e.call.Kind, *used, price)
	e.ledger.h.p.spent(ctx, e.ledger.h.log, slog.LevelInfo, "call charged", "CostUSD", price, duration(e.ledger.h.p.Now().Sub(e.call.StartedAt)),
		data("call", e.logType, "kind", e.call.Kind, "model", e.call.Model, "cost", price, "usage", used))
}

// orWrite is what a call came to, unless its row could not be written: then nothing may be built on it.
func orWrite(err, writing error) error {
	if writing != nil {
		return writing
	}
	return err
}

// end notes the time and gives the reservation back; what was spent has been counted before.
func (e *entry) end() {
	now := e.ledger.h.p.Now().UTC()
	e.call.EndedAt = &now
	e.reserved.Release()
}

// pending says that the entry was left open by an attempt that ended.
func (e *entry) pending() bool { return e.call.State == callStarted }

// errUnusable says that an answer was read and cannot be used, so that asking for the same again is no use.
var errUnusable = errors.New("the answer cannot be used")

// errUnrecorded is why an open entry without a response id is given up.
var errUnrecorded = errors.New("the process ended before the outcome was recorded")
