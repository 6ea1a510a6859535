package ledger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/store"
)

// state says how far a paid call is; see the package comment.
type state string

const (
	started    state = "started"
	answered   state = "answered"
	failed     state = "failed"
	lost       state = "lost"
	unanswered state = "unanswered"
	unknown    state = "unknown"
)

// row is a paid call as it is stored, in the data of an outputLogs row: what was asked, and what became of it.
type row struct {
	Kind  cost.Kind `json:"kind"`
	State state     `json:"state"`
	Model string    `json:"model"`
	Asked string    `json:"asked"`
	Subject

	Attempt      int         `json:"attempt"` // of the run, when the call was begun
	StartedAt    time.Time   `json:"startedAt"`
	EndedAt      *time.Time  `json:"endedAt,omitempty"`
	ExpectedCost cost.Amount `json:"expectedCost"` // the most that it was expected to cost when it was begun
	// Ceiling is ExpectedCost as the question had it, where earlier answers raised it; 0: it was not raised.
	Ceiling     cost.Amount `json:"ceiling,omitempty"`
	ResponseID  string      `json:"responseId,omitempty"`
	RespondedAt *time.Time  `json:"respondedAt,omitempty"` // when OpenAI gave the response id

	Usage *cost.Usage `json:"usage,omitempty"` // nil: OpenAI reported none
	Cost  cost.Amount `json:"cost"`            // of Usage, at the catalogue's rates of its day
	// PossiblyCharged counts the tries of this call that went out and whose outcome nobody knows, at the expected
	// cost each. It is beside Cost, never in it.
	PossiblyCharged *cost.Possibly `json:"possiblyCharged,omitempty"`

	Result string `json:"result,omitempty"` // key of the stored answer; planned while the call is started
	Fault  string `json:"fault,omitempty"`  // in which way a paid answer is of no use
	Error  string `json:"error,omitempty"`  // why there is no answer to use
}

// asked is the ceiling that the question had.
func (r row) asked() cost.Amount {
	if r.Ceiling > 0 {
		return r.Ceiling
	}
	return r.ExpectedCost
}

// responded is when the response was begun, as well as it is known.
func (r row) responded() time.Time {
	if r.RespondedAt != nil {
		return *r.RespondedAt
	}
	return r.StartedAt
}

// entry is one row, open while its call is made. It is used by one goroutine at a time.
type entry struct {
	ledger *Ledger
	name   string
	row    row
}

// log is the row as the store keeps it.
func (e *entry) log() store.Log {
	raw, _ := json.Marshal(e.row) // plain fields: it cannot fail
	cfg := e.ledger.cfg
	return store.Log{
		RunID: cfg.RunID, LogType: e.name, Level: "INFO", Message: "paid call", Data: raw,
		Timestamp: e.row.StartedAt, RequestID: cfg.RequestID, Attempt: cfg.Attempt,
	}
}

// saveTime bounds a write of a row: it must be made although the attempt's time is up.
const saveTime = 10 * time.Second

// keepTime is how long it is tried to keep what was paid for, an answer or the row of it: that is worth more patience
// than any other write.
const keepTime = 60 * time.Second

// longer is keepTime, or what is left of it before the deadline of ctx.
func longer(ctx context.Context) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return max(saveTime, min(keepTime, time.Until(end)))
	}
	return keepTime
}

// write makes the row what the entry says, in the sum at once and then in the store, whatever became of ctx.
func (e *entry) write(ctx context.Context, patience time.Duration) error {
	e.publish()
	log := e.log()
	err := store.Persist(ctx, patience, func(ctx context.Context) error { return e.ledger.cfg.Rows.SetLog(ctx, log) })
	if err != nil {
		return fmt.Errorf("%w: row %s: %w", ErrUnwritten, e.name, err)
	}
	return nil
}

// publish makes the row in the sum what the entry says. A closed row holds no money back any more.
func (e *entry) publish() {
	l := e.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows[e.name] = e.row
	if e.row.State != started {
		l.letGo(e.name)
	}
}

// letGo says that a row is not open in this attempt any more, to those who wait for the money that it held back.
// Called with the lock held.
func (l *Ledger) letGo(name string) {
	if _, held := l.held[name]; held {
		delete(l.held, name)
		close(l.changed)
		l.changed = make(chan struct{})
	}
}

// close writes the row for the last time. Usage that cannot be priced (more tokens than there is money) is as good as
// none.
func (e *entry) close(ctx context.Context, s state, used *cost.Usage) error {
	e.row.State = s
	if used != nil {
		if price, err := e.ledger.cfg.Catalog.Price(e.row.Model, *used); err != nil {
			e.maybeCharged(ctx, err)
		} else {
			e.row.Usage, e.row.Cost = used, price
			e.tell(ctx, Charge{Cost: price, Usage: used})
		}
	}
	now := e.ledger.cfg.Now().UTC()
	e.row.EndedAt = &now
	patience := saveTime
	if used != nil {
		patience = longer(ctx)
	}
	return e.write(ctx, patience)
}

// answered closes the row of an answer that is stored under its key.
func (e *entry) answered(ctx context.Context, used *cost.Usage) error {
	e.row.Error = ""
	return e.close(ctx, answered, used)
}

// noAnswer closes the row of a call that left nothing to use, and returns why: err, unless the row could not be
// written. What was used counts all the same.
func (e *entry) noAnswer(ctx context.Context, used *cost.Usage, err error) error {
	e.row.Result, e.row.Error = "", shortened(err)
	s := unanswered
	switch fault := e.ledger.fault(err); {
	case fault != "" && (used != nil || e.row.PossiblyCharged == nil || e.row.Kind == cost.Agent):
		// What the agent's further rounds asked builds on it, so that a resumed run must find it as it was.
		s, e.row.Fault = failed, fault
	case used != nil:
		s = lost
	case e.row.PossiblyCharged != nil:
		s = unknown
	}
	if writing := e.close(ctx, s, used); writing != nil {
		return writing
	}
	return err
}

// maybeCharged counts one try of the call whose outcome nobody knows.
func (e *entry) maybeCharged(ctx context.Context, cause error) {
	possibly := cost.Possibly{}
	if e.row.PossiblyCharged != nil {
		possibly = *e.row.PossiblyCharged
	}
	possibly.Add(1, e.row.ExpectedCost)
	e.row.PossiblyCharged = &possibly // a new one: the row in the sum may be read just now
	e.tell(ctx, Charge{Cost: e.row.ExpectedCost, Possibly: cause})
}

func (e *entry) tell(ctx context.Context, c Charge) {
	c.Row, c.Kind, c.Model = e.name, e.row.Kind, e.row.Model
	c.Ceiling = e.row.ExpectedCost
	c.Took = e.ledger.cfg.Now().Sub(e.row.StartedAt)
	e.ledger.cfg.Told(ctx, c)
}

// fault names the way in which a paid answer is of no use; "" where asking again may help.
func (l *Ledger) fault(err error) string {
	for name, target := range l.cfg.Faults {
		if errors.Is(err, target) {
			return name
		}
	}
	return ""
}

// recordedFault is the error of a call that failed, as it was when the answer came.
func (l *Ledger) recordedFault(r row) error {
	if target, known := l.cfg.Faults[r.Fault]; known {
		return fmt.Errorf("%w: %s", target, r.Error)
	}
	return errors.New(r.Error)
}

// earlier gives the calls that asked the same, oldest first.
func (l *Ledger) earlier(q Question) []*entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []*entry
	for name, r := range l.rows {
		if r.Asked == q.Asked && r.Kind == q.Kind {
			found = append(found, &entry{ledger: l, name: name, row: r})
		}
	}
	slices.SortFunc(found, func(a, b *entry) int {
		return cmp.Or(a.row.StartedAt.Compare(b.row.StartedAt), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	return found
}

// About is what the first call that asked the same was about; false: nobody has asked it.
func (l *Ledger) About(kind cost.Kind, asked string) (Subject, bool) {
	earlier := l.earlier(Question{Kind: kind, Asked: asked})
	if len(earlier) == 0 {
		return Subject{}, false
	}
	return earlier[0].row.Subject, true
}

// unheard counts the tries of a question that nobody heard of, since the attempt that asks it again on purpose.
func (l *Ledger) unheard(q Question) (tries int64) {
	for _, e := range l.earlier(q) {
		if e.row.PossiblyCharged != nil && e.row.Attempt >= l.cfg.RedoFrom {
			tries += e.row.PossiblyCharged.Calls
		}
	}
	return tries
}

// numbered is the name of a question's nth call. The first call of a name that is not numbered has the name itself.
func numbered(name string, n int) string {
	switch {
	case strings.HasSuffix(name, "#"):
		return fmt.Sprintf("%s%03d", name, n)
	case n == 0:
		return name
	}
	return fmt.Sprintf("%s#%03d", name, n)
}

// shortened keeps an error's text fit for a row.
func shortened(err error) string {
	s := err.Error()
	const most = 2000
	if len(s) <= most {
		return s
	}
	n := most
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
