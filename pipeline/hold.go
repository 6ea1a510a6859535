package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// hold is one attempt's hold on a run: the record and the lease on it. It ends with the attempt; nothing of it is
// shared between attempts but what the store remembers.
type hold struct {
	*work
	store   store.Store
	request Request
	models  models
	ledger  *ledger.Ledger
	lease   time.Duration

	mu    sync.Mutex
	run   store.Run // the record as this attempt last wrote it
	saved time.Time // the run's duration is recorded up to here

	stop  func()        // ends the work and the renewal; nil before keep
	ended chan struct{} // closed when the renewal has stopped
}

// saveTime bounds a write that must be made although the attempt's time is up or its work was cancelled.
const saveTime = 10 * time.Second

// record is the run's record as this attempt last wrote it.
func (h *hold) record() store.Run {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.run
}

// keep begins to renew the lease and returns the context of the attempt's work, which ends at the deadline or with the
// invocation. When the lease is lost or ran out, going ends, with errLostLease or errLeaseRanOut as the cause: no
// further call is begun, and those in work are finished, because they are paid for. The renewal goes on until release:
// what the work came to is saved after its context has ended.
func (h *hold) keep(ctx context.Context) context.Context {
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	ctx, cancel := context.WithCancel(ctx)
	h.ended = make(chan struct{})
	h.stop = func() {
		stop()
		cancel()
	}
	if !h.deadline.IsZero() {
		var release context.CancelFunc
		ctx, release = context.WithTimeout(ctx, h.deadline.Sub(h.now())) // now may be another clock than the context's
		context.AfterFunc(ctx, release)
	}
	h.going, h.halt = context.WithCancelCause(ctx)
	go h.renew(renewing, h.record())
	return ctx
}

// release stops the renewal, where there is one. The lease itself ends with the record's status, or by not being
// renewed.
func (h *hold) release() {
	if h.stop != nil {
		h.stop()
		<-h.ended
	}
}

// renew extends the lease until ctx ends. After a lease that could not be renewed before it ran out nothing new is
// begun, but it is tried on: what is in work can be recorded if the run is still this attempt's.
func (h *hold) renew(ctx context.Context, run store.Run) {
	defer close(h.ended)
	tick := time.NewTicker(h.lease / 3)
	defer tick.Stop()
	until := run.LeaseUntil
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		next := h.now().Add(h.lease)
		try, done := context.WithTimeout(ctx, h.lease/3)
		err := h.store.RenewLease(try, run, next)
		done()
		switch {
		case err == nil:
			until = next
		case errors.Is(err, store.ErrFenced):
			h.halt(errLostLease)
			return
		case h.now().After(until):
			h.halt(errLeaseRanOut)
		}
	}
}

// save writes the record of the run, cost and duration included. It works although ctx has ended.
func (h *hold) save(ctx context.Context, change func(*store.Run)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := h.run
	if h.ledger != nil { // else it could not be read, and the record's figure stays
		next.Cost = h.ledger.Cost()
	}
	now := h.now()
	next.UpdatedAt = now
	next.Duration += now.Sub(h.saved).Milliseconds()
	change(&next)
	err := store.Persist(ctx, saveTime, func(ctx context.Context) error {
		err := h.store.UpdateRun(ctx, next)
		if errors.Is(err, store.ErrFenced) && h.isStored(ctx, next) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save run %s: %w", next.RunID, err)
	}
	h.run, h.saved = next, now
	return nil
}

// isStored says that a record is stored as it is: an earlier try of the same write went through, and its answer was
// lost. A write that closes the run is fenced by itself.
func (h *hold) isStored(ctx context.Context, next store.Run) bool {
	stored, err := h.store.Run(ctx, next.RunID)
	return err == nil && stored.Attempt == next.Attempt && stored.Status == next.Status && stored.LeaseOwner == next.LeaseOwner &&
		stored.UpdatedAt.UnixMilli() == next.UpdatedAt.UnixMilli()
}

// close ends the attempt: it writes the last row, because a run that is closed takes none, then the record with its
// new status, and reports the attempt's end, of which outcome says more.
func (h *hold) close(ctx context.Context, last logRow, status store.RunStatus, change func(*store.Run), outcome ...any) error {
	if err := h.note(ctx, last); err != nil {
		return err
	}
	err := h.save(ctx, func(r *store.Run) {
		r.Status = status
		change(r)
	})
	if err != nil {
		return err
	}
	h.closed.Store(true)
	h.report(ctx, h.record(), outcome...)
	return nil
}

// report writes the metric line of an attempt's end and its cost line.
func (h *hold) report(ctx context.Context, run store.Run, outcome ...any) {
	values := metrics{}
	switch run.Status {
	case store.Completed:
		values[MetricRunsCompleted], values[MetricRunDuration] = 1, run.Duration
		values.reviewed(run)
	case store.Failed:
		values[MetricRunsFailed], values[MetricRunDuration] = 1, run.Duration
	case store.Suspended:
		values[MetricRunsSuspended] = 1
	}
	if had := h.deadline.Sub(h.taken); !h.deadline.IsZero() && had > 0 {
		values[MetricDeadlineUsed] = min(100, int64(100*h.now().Sub(h.taken)/had))
	}
	h.metric(ctx, slog.LevelInfo, "run ended", values, slog.Int64("duration", run.Duration), data(append([]any{"status", run.Status}, outcome...)...))
	h.LogAttrs(ctx, slog.LevelInfo, "run cost", slog.String("type", "cost"),
		data("status", run.Status, "total", run.Cost.Total, "agent", run.Cost.Agent, "image", run.Cost.Image, "possiblyCharged", run.Cost.PossiblyCharged))
}

// reviewed adds the values of a completed run's review.
func (m metrics) reviewed(run store.Run) {
	var out output
	if json.Unmarshal(run.Output, &out) != nil {
		return // not written by this program: nothing is known
	}
	m[MetricRunsToReview] = 0 // so that an average is a share
	if out.Review == NeedsReview {
		m[MetricRunsToReview] = 1
	}
	if out.Score != nil {
		m[MetricScore] = *out.Score
	}
}

// told writes the line of a charge, where it is counted.
func (w *work) told(ctx context.Context, c ledger.Charge) {
	if c.Possibly != nil {
		w.spent(ctx, slog.LevelWarn, "call possibly charged", metrics{MetricPossiblyCharged: c.Cost},
			data("call", c.Row, "kind", c.Kind, "model", c.Model, "possiblyCharged", c.Cost, "cause", c.Possibly.Error()))
		return
	}
	if c.Cost > c.Ceiling {
		w.metric(ctx, slog.LevelWarn, "call cost more than expected", metrics{MetricOverCeiling: 1},
			data("call", c.Row, "kind", c.Kind, "model", c.Model, "cost", c.Cost, "expected", c.Ceiling))
	}
	w.spent(ctx, slog.LevelInfo, "call charged", metrics{MetricCost: c.Cost}, duration(c.Took),
		data("call", c.Row, "kind", c.Kind, "model", c.Model, "cost", c.Cost, "usage", c.Usage))
}

// logRow is a row of the run's log.
type logRow struct {
	logType, level, message string
	fields                  map[string]any
}

// note writes a row of the run's log. A row that an earlier delivery of the same attempt wrote is replaced.
func (w *work) note(ctx context.Context, r logRow) error {
	raw, err := json.Marshal(r.fields)
	if err != nil {
		return fmt.Errorf("row %s: %w", r.logType, err)
	}
	row := store.Log{
		RunID: w.runID, LogType: r.logType, Level: r.level, Message: r.message, Data: raw,
		Timestamp: w.now(), RequestID: w.requestID, Attempt: w.attempt,
	}
	return store.Persist(ctx, saveTime, func(ctx context.Context) error { return w.setLog(ctx, row) })
}
