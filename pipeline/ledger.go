package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/full-turner/full-turner/cost"
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
