// Package ledger sees to it that a question is paid for once.
//
// Every paid call of a run has a row, written before the call is made and closed when it has ended. A run that is
// invoked again reads the rows first: an answer that is there is used, a response in flight is fetched, and a call
// whose outcome nobody knows is named as possibly charged and made again. [Ledger.Once] is that protocol, whatever is
// asked and however it is sent; a caller says what to ask and how to judge the answer.
//
// # The states of a row
//
//	             begin                        the answer was judged good and is stored
//	(no row) ───────────▶ started ─┬────────▶ answered    used by every later attempt
//	                       │    ▲  │          it was charged and is of no use, and would be again
//	            a try went │    │  ├────────▶ failed      every later attempt gets the same fault
//	            out, and   │    │  │          it was charged and is lost
//	            nobody     ▼    │  ├────────▶ lost        asked again
//	            heard   possibly│  │          it was refused before any work was done, or never sent
//	            of it   charged─┘  ├────────▶ unanswered  asked again
//	                               │          nobody knows, and nobody will
//	                               └────────▶ unknown     asked again, as often as the question allows
//
// A row that is started belongs to a process at work or to one that ended. Where it has a response id, the response
// is fetched. Where there is none, or it is gone, and the answer is found stored, the process ended between the two:
// the answer is used, and its price stays unknown. Otherwise the row becomes unknown.
//
// # Money
//
// What a run has cost is the sum of its rows, always: there is no other account, and nothing is counted back. A row
// that is started may be charged, so it stands in the sum with its ceiling, beside the total; that is also what
// holds the money back while the call is made. A call begins only where the sum leaves room for its ceiling. An answer
// that cost more than its ceiling raises the ceilings of the further calls of its kind by as much, so that a budget is
// passed by the calls in work at that time, at the most, and by no later one.
package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/store"
)

// Prefix begins the name of every row.
const Prefix = "call#"

// Errors of this package, besides those of the functions that a [Question] brings, the error of Config.Room, a
// [*cost.BudgetError], and the store's.
var (
	// ErrUnheard: the question was sent as often as it may be, and nobody heard how it ended.
	ErrUnheard = errors.New("the outcome was never heard of")
	// ErrUnwritten: a row or an answer could not be written, so nothing may be built on it. It wraps the store's error.
	ErrUnwritten = errors.New("the ledger could not be written")
)

// errUnrecorded is why an open row without a response id and without an answer is given up.
var errUnrecorded = errors.New("the process ended before the outcome was recorded")

// Rows is where rows are kept: [store.Store] is one.
type Rows interface {
	AddLog(ctx context.Context, l store.Log) error
	SetLog(ctx context.Context, l store.Log) error
	Logs(ctx context.Context, runID, prefix string) ([]store.Log, error)
}

// Answers is where answers are kept: [store.Objects] is one.
type Answers interface {
	Put(ctx context.Context, key, contentType string, body []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
}

// Config is what a Ledger works with. Everything but Limit, Faults and Told is required.
type Config struct {
	Rows    Rows
	Answers Answers

	RunID     string
	Attempt   int    // of the run: rows are written for it, and fenced by it
	RequestID string // of the invocation, for the rows

	Catalog *cost.Catalog
	Limit   *cost.Amount // the run's budget; nil is none
	Now     func() time.Time

	// Room says whether a call that needs so much time may be begun; its error is what Once then returns.
	Room func(need time.Duration) error
	// Faults are the errors, by the name that a row keeps, that say in which way an answer that was paid for is of no
	// use. Asking the same again would get the same.
	Faults map[string]error
	// RedoFrom is the attempt since which faults, and outcomes never heard of, that earlier attempts recorded are passed
	// over, so that the questions are asked again. 0: none.
	RedoFrom int
	// Told is told of each charge when it is counted; it may be called by several goroutines at once. nil: nobody is.
	Told func(ctx context.Context, c Charge)
}

// Charge is one call's charge, certain or possible.
type Charge struct {
	Row   string
	Kind  cost.Kind
	Model string
	// Cost is what the answer cost; of a possible charge, the most that it can be.
	Cost     cost.Amount
	Possibly error         // why nobody knows whether it was charged; nil: it was
	Usage    *cost.Usage   // nil where Possibly is not
	Took     time.Duration // since the call was begun
	Ceiling  cost.Amount   // the most that the call was expected to cost; Cost may be more
}

// Ledger is the paid calls of a run: the rows that earlier attempts left, and the ones that this attempt adds. It is
// safe for concurrent use.
type Ledger struct {
	cfg Config

	mu      sync.Mutex
	rows    map[string]row      // by name
	held    map[string]struct{} // names of the rows that this attempt has open
	changed chan struct{}       // closed, and replaced, when an open row closes
}

// Open reads the rows that earlier attempts of the run left.
func Open(ctx context.Context, cfg Config) (*Ledger, error) {
	if cfg.Told == nil {
		cfg.Told = func(context.Context, Charge) {}
	}
	rows, err := read(ctx, cfg.Rows, cfg.RunID)
	if err != nil {
		return nil, err
	}
	return &Ledger{cfg: cfg, rows: rows, held: map[string]struct{}{}, changed: make(chan struct{})}, nil
}

// Cost is what a run's rows say that it cost, for those who do not hold the run.
func Cost(ctx context.Context, rows Rows, runID string, catalog *cost.Catalog) (cost.Breakdown, error) {
	all, err := read(ctx, rows, runID)
	if err != nil {
		return cost.Breakdown{}, err
	}
	return sum(all, catalog), nil
}

// Cost is what the run has cost so far. A call that is open may be charged.
func (l *Ledger) Cost() cost.Breakdown {
	l.mu.Lock()
	defer l.mu.Unlock()
	return sum(l.rows, l.cfg.Catalog)
}

// Reread finds rows that were written after the ledger was opened: by an attempt that was losing its lease just then.
func (l *Ledger) Reread(ctx context.Context) error {
	rows, err := read(ctx, l.cfg.Rows, l.cfg.RunID)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(rows, func(name string, _ row) bool { _, known := l.rows[name]; return known })
	maps.Copy(l.rows, rows)
	return nil
}

// read reads the rows of a run.
func read(ctx context.Context, rows Rows, runID string) (map[string]row, error) {
	logs, err := rows.Logs(ctx, runID, Prefix)
	if err != nil {
		return nil, fmt.Errorf("read the ledger of run %s: %w", runID, err)
	}
	all := make(map[string]row, len(logs))
	for _, log := range logs {
		var r row
		if err := json.Unmarshal(log.Data, &r); err != nil {
			return nil, fmt.Errorf("ledger row %s of run %s: %w", log.LogType, runID, err)
		}
		all[log.LogType] = r
	}
	return all, nil
}
