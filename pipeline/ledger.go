package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/store"
)

// The rows of paid calls begin with callPrefix, those of the agent and of images with these.
const (
	callPrefix      = "call#"
	agentCallPrefix = "call#agent#"
	imageCallPrefix = "call#image#"
)

// callState says how far a paid call is.
type callState string

const (
	callStarted    callState = "started"    // begun; whether it was answered is not known yet
	callAnswered   callState = "answered"   // answered, and Result is where the answer is
	callFailed     callState = "failed"     // answered with nothing that can be used; asking again would get the same
	callUnanswered callState = "unanswered" // refused before any work was done, or never sent: nothing was charged
	callUnknown    callState = "unknown"    // sent, and nobody knows whether it was answered
	callLost       callState = "lost"       // answered and charged, but the answer could not be stored
)

// call is a row of the ledger, in the data field of an outputLogs row: one paid call, what was asked, and what
// became of it.
type call struct {
	Kind  cost.Kind `json:"kind"`
	State callState `json:"state"`
	Model string    `json:"model"`
	// Asked tells calls of one kind apart by what they ask for: a hash of the image's element, address and form,
	// or of the copy. A resumed run finds its answers by it.
	Asked      string `json:"asked"`
	ElementID  string `json:"elementId,omitempty"`  // of an image
	Elements   int    `json:"elements,omitempty"`   // pieces of copy asked of the agent
	Size       string `json:"size,omitempty"`       // of an image
	Quality    string `json:"quality,omitempty"`    // of an image
	Background string `json:"background,omitempty"` // of an image

	Attempt      int         `json:"attempt"` // of the run, when the call was begun
	StartedAt    time.Time   `json:"startedAt"`
	EndedAt      *time.Time  `json:"endedAt,omitempty"`
	ExpectedCost cost.Amount `json:"expectedCost"` // the most that it was expected to cost when it was begun
	ResponseID   string      `json:"responseId,omitempty"`

	Usage *cost.Usage `json:"usage,omitempty"` // nil: OpenAI reported none
	Cost  cost.Amount `json:"cost"`            // of Usage, at the catalogue's rates of its day
	// PossiblyCharged counts the tries of this call that went out and whose outcome nobody knows, at the expected
	// cost each. It is beside Cost, never in it.
	PossiblyCharged *cost.Possibly `json:"possiblyCharged,omitempty"`

	Result string `json:"result,omitempty"` // key of the stored answer; planned while the call is started
	Fault  string `json:"fault,omitempty"`  // in which way a paid answer was no use, see faults
	Error  string `json:"error,omitempty"`  // why there is no answer to use
}

// ledger is the paid calls of a run: the rows that earlier attempts left, and the ones that this attempt adds. It
// is safe for concurrent use. What it has added up is what the run has cost.
type ledger struct {
	h       *hold
	catalog *cost.Catalog
	tracker *cost.Tracker

	mu   sync.Mutex
	rows map[string]call // by logType
}

// openLedger reads the rows that earlier attempts of the run left.
func openLedger(ctx context.Context, h *hold, limit *cost.Amount) (*ledger, error) {
	l := &ledger{h: h, catalog: h.p.Catalog, tracker: cost.NewTracker(limit), rows: map[string]call{}}
	logs, err := h.p.Store.Logs(ctx, h.run.RunID, callPrefix)
	if err != nil {
		return nil, fmt.Errorf("read the ledger of run %s: %w", h.run.RunID, err)
	}
	if l.rows, err = readCalls(logs); err != nil {
		return nil, err
	}
	addUp(l.tracker, l.rows)
	return l, nil
}

// readCalls reads ledger rows.
func readCalls(logs []store.Log) (map[string]call, error) {
	rows := make(map[string]call, len(logs))
	for _, row := range logs {
		var c call
		if err := json.Unmarshal(row.Data, &c); err != nil {
			return nil, fmt.Errorf("ledger row %s of run %s: %w", row.LogType, row.RunID, err)
		}
		rows[row.LogType] = c
	}
	return rows, nil
}

// addUp adds rows to a tracker. A call that is still open belongs to an attempt that ended: until it is settled it
// may have been charged.
func addUp(t *cost.Tracker, rows map[string]call) {
	for _, c := range rows {
		if c.Usage != nil {
			t.Add(c.Kind, *c.Usage, c.Cost)
		}
		if c.PossiblyCharged != nil {
			t.Possibly(c.Kind, c.PossiblyCharged.Calls, c.PossiblyCharged.Cost)
		}
		if c.State == callStarted {
			t.Possibly(c.Kind, 1, c.ExpectedCost)
		}
	}
}

// recordedCost is what a run's ledger says that it cost, for those who do not hold the run.
func (p *Pipeline) recordedCost(ctx context.Context, runID string) (cost.Breakdown, error) {
	logs, err := p.Store.Logs(ctx, runID, callPrefix)
	if err != nil {
		return cost.Breakdown{}, fmt.Errorf("read the ledger of run %s: %w", runID, err)
	}
	rows, err := readCalls(logs)
	if err != nil {
		return cost.Breakdown{}, err
	}
	t := cost.NewTracker(nil)
	addUp(t, rows)
	return p.dated(t.Breakdown()), nil
}

// dated says which catalogue priced a breakdown.
func (p *Pipeline) dated(b cost.Breakdown) cost.Breakdown {
	b.Catalog = p.Catalog.Date()
	return b
}

// breakdown is what the run has cost so far: the sum of the rows. A call that is open may be charged.
func (l *ledger) breakdown() cost.Breakdown {
	t := cost.NewTracker(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	addUp(t, l.rows)
	return l.h.p.dated(t.Breakdown())
}

// reread finds rows that were written after the ledger was opened: by an attempt that was losing its lease just then.
func (l *ledger) reread(ctx context.Context) error {
	logs, err := l.h.p.Store.Logs(ctx, l.h.run.RunID, callPrefix)
	if err != nil {
		return fmt.Errorf("read the ledger of run %s: %w", l.h.run.RunID, err)
	}
	rows, err := readCalls(logs)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(rows, func(logType string, _ call) bool { _, known := l.rows[logType]; return known })
	addUp(l.tracker, rows)
	maps.Copy(l.rows, rows)
	return nil
}

// earlier gives the calls that asked for the same thing, oldest first.
func (l *ledger) earlier(prefix, asked string) []*entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []*entry
	for n := 0; ; n++ {
		logType := numbered(prefix, n)
		c, ok := l.rows[logType]
		if !ok {
			break
		}
		if c.Asked == asked {
			found = append(found, &entry{ledger: l, logType: logType, call: c})
		}
	}
	return found
}

// numbered is the logType of a prefix's nth row. An image's first call is named by its element alone.
func numbered(prefix string, n int) string {
	switch {
	case strings.HasSuffix(prefix, "#"):
		return fmt.Sprintf("%s%03d", prefix, n)
	case n == 0:
		return prefix
	}
	return fmt.Sprintf("%s#%03d", prefix, n)
}

// entry is one row of the ledger, open while its call is made. It is used by one goroutine at a time.
type entry struct {
	ledger   *ledger
	logType  string
	call     call
	reserved *cost.Reservation
}

// begin writes down that a call is about to be made. It fails with a *cost.BudgetError where the call could pass the
// run's budget, and then nothing is written.
func (l *ledger) begin(ctx context.Context, prefix string, c call) (*entry, error) {
	reserved, err := l.tracker.Reserve(c.ExpectedCost)
	if err != nil {
		return nil, err
	}
	c.State, c.Attempt, c.StartedAt = callStarted, l.h.run.Attempt, l.h.p.Now().UTC()
	e := &entry{ledger: l, call: c, reserved: reserved}
	for tries := 1; ; tries++ {
		e.logType = l.free(prefix, c)
		err := l.h.p.Store.AddLog(ctx, e.row())
		if err == nil {
			return e, nil
		}
		// No call was made. The row may be there all the same, if only its answer was lost; then it says so.
		e.call.State = callUnanswered
		if errors.Is(err, store.ErrConflict) {
			l.forget(e.logType)
			if reading := l.reread(ctx); reading == nil && tries < 3 {
				e.call.State = callStarted
				continue
			}
		} else if errors.Is(err, store.ErrUnavailable) || ctx.Err() != nil {
			_ = e.write(ctx) // if it fails too, the next attempt finds an open row and counts it: the safe side
		}
		reserved.Release()
		l.forget(e.logType)
		return nil, fmt.Errorf("ledger row %s: %w", e.logType, err)
	}
}

// free takes the next name of a prefix for a call.
func (l *ledger) free(prefix string, c call) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := 0; ; n++ {
		logType := numbered(prefix, n)
		if _, taken := l.rows[logType]; !taken {
			l.rows[logType] = c
			return logType
		}
	}
}

// forget gives up a name that no call was made under.
func (l *ledger) forget(logType string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.rows, logType)
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
