package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/store"
)

// hold is one attempt's hold on a run: the record, the ledger, the log and the time that the attempt has. It ends
// with the attempt; nothing of it is shared between attempts but what the store remembers.
type hold struct {
	p       *Pipeline
	inv     Invocation
	request Request
	models  models
	log     *slog.Logger
	ledger  *ledger
	began   time.Time // of the time that the record does not hold yet
	took    time.Time // when the attempt took the run
	// deadline is when the attempt must have begun to save the run; zero when nothing limits it.
	deadline time.Time
	// run is the record as this attempt last wrote it. Only the goroutine of Run writes it, and never while images
	// are in work.
	run store.Run

	stop  func()        // ends the work and the renewal; nil before keep
	ended chan struct{} // closed when the renewal has stopped
}

// saveTime bounds a write that must be made although the attempt's time is up or its work was cancelled.
const saveTime = 10 * time.Second

// keep begins to renew the lease and returns the context of the attempt's work: it ends at the deadline, with the
// invocation, or when the lease is lost or ran out, with errLostLease or errLeaseRanOut as the cause. The renewal goes
// on until release, because what the work came to is saved after its context has ended.
func (h *hold) keep(ctx context.Context) context.Context {
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	ctx, cancel := context.WithCancelCause(ctx)
	h.ended = make(chan struct{})
	h.stop = func() {
		stop()
		cancel(context.Canceled)
	}
	if !h.deadline.IsZero() {
		var release context.CancelFunc
		ctx, release = context.WithTimeout(ctx, h.deadline.Sub(h.p.Now())) // Now may be another clock than the context's
		context.AfterFunc(ctx, release)
	}
	go h.renew(renewing, h.run, cancel)
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

// renew extends the lease until ctx ends. A lease that cannot be renewed until it runs out is given up.
func (h *hold) renew(ctx context.Context, run store.Run, cancel context.CancelCauseFunc) {
	defer close(h.ended)
	tick := time.NewTicker(h.p.Lease / 3)
	defer tick.Stop()
	until := run.LeaseUntil
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		next := h.p.Now().Add(h.p.Lease)
		attempt, done := context.WithTimeout(ctx, h.p.Lease/3)
		err := h.p.Store.RenewLease(attempt, run, next)
		done()
		switch {
		case err == nil:
			until = next
		case errors.Is(err, store.ErrFenced):
			cancel(errLostLease)
			return
		case h.p.Now().After(until):
			cancel(errLeaseRanOut)
			return
		}
	}
}

// pause is the shortest time that a call which is answered at once, with an id, needs to have left.
const pause = 10 * time.Second

// room says whether a call that needs a time can be begun before the deadline.
func (h *hold) room(need time.Duration) bool {
	return h.deadline.IsZero() || h.p.Now().Add(h.scaled(need)).Before(h.deadline)
}

// scaled is how much of a needed time counts: in an attempt with little time, half of that time is enough, so that
// short executions get on too.
func (h *hold) scaled(need time.Duration) time.Duration {
	if h.deadline.IsZero() {
		return need
	}
	return min(need, h.deadline.Sub(h.took)/2)
}

// cost is what the run has cost, as far as this attempt knows.
func (h *hold) cost() cost.Breakdown {
	if h.ledger == nil { // it could not be read
		return h.run.Cost
	}
	return h.ledger.breakdown()
}

// save writes the record of the run, cost and duration included. It works although ctx has ended.
func (h *hold) save(ctx context.Context, change func(*store.Run)) error {
	next := h.run
	next.Cost = h.cost()
	now := h.p.Now()
	next.UpdatedAt = now
	next.Duration += now.Sub(h.began).Milliseconds()
	change(&next)
	err := persist(ctx, saveTime, func(ctx context.Context) error {
		err := h.p.Store.UpdateRun(ctx, next)
		if errors.Is(err, store.ErrFenced) && h.written(ctx, next) {
			return nil
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save run %s: %w", next.RunID, err)
	}
	h.run, h.began = next, now
	return nil
}

// written says that a record is stored as it is: an earlier try of the same write went through, and its answer was
// lost. A write that closes the run is fenced by itself.
func (h *hold) written(ctx context.Context, next store.Run) bool {
	stored, err := h.p.Store.Run(ctx, next.RunID)
	return err == nil && stored.Attempt == next.Attempt && stored.Status == next.Status && stored.LeaseOwner == next.LeaseOwner &&
		stored.UpdatedAt.UnixMilli() == next.UpdatedAt.UnixMilli()
}

// persist makes a write that must not be lost: detached from ctx's end, and tried again for as long as patience
// when the service is not to be reached.
func persist(ctx context.Context, patience time.Duration, write func(context.Context) error) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	wait := 50 * time.Millisecond
	for {
		err := write(ctx)
		if err == nil || !errors.Is(err, store.ErrUnavailable) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
			wait = min(2*wait, 2*time.Second)
		}
	}
}

// step is the first line of every step: `defer h.step(ctx, "LoadTemplate")(&err)`. It times the step, turns a panic
// into a failure, puts the step's name on an error, and writes the step's log line, metric and row.
func (h *hold) step(ctx context.Context, name string) func(*error) {
	began := time.Now()
	h.p.Observe(Event{RunID: h.run.RunID, Step: name})
	return func(err *error) {
		if r := recover(); r != nil {
			*err = recovered(r)
		}
		outcome := "ok"
		*err = h.cause(ctx, *err)
		switch {
		case errors.Is(*err, errSuspended):
			outcome = "suspended"
		case *err != nil:
			f := atStep(name, *err)
			*err, outcome = f, string(f.Name)
		}
		h.finished(ctx, name, outcome, time.Since(began))
		if h.run.Status != store.Running {
			return // the step closed the run, and wrote its row before that
		}
		if write := h.stepRow(ctx, name, outcome, time.Since(began)); write != nil && *err == nil {
			*err = write
		}
	}
}

// finished tells log, metrics and onlooker that a step has ended.
func (h *hold) finished(ctx context.Context, name, outcome string, took time.Duration) {
	h.p.metric(ctx, h.log, slog.LevelInfo, "step finished", "step", name, map[string]any{"StepDuration": took.Milliseconds()},
		duration(took), data("step", name, "outcome", outcome, "attempt", h.run.Attempt))
	h.p.Observe(Event{RunID: h.run.RunID, Step: name, Finished: true, Detail: outcome})
}

// stepRow writes the row of a step. A step that closes the run writes it first, because a closed run takes no rows.
func (h *hold) stepRow(ctx context.Context, name, outcome string, took time.Duration) error {
	fields := map[string]any{"step": name, "outcome": outcome, "duration": took.Milliseconds(), "attempt": h.run.Attempt}
	return h.note(ctx, "INFO", "step finished", fmt.Sprintf("step#%03d#%s", h.run.Attempt, name), fields)
}

// note writes a row of the run's log. A row that an earlier delivery of the same attempt wrote is replaced.
func (h *hold) note(ctx context.Context, level, message, logType string, fields map[string]any) error {
	raw, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("row %s: %w", logType, err)
	}
	row := store.Log{
		RunID: h.run.RunID, LogType: logType, Level: level, Message: message, Data: raw,
		Timestamp: h.p.Now(), RequestID: h.inv.RequestID, Attempt: h.run.Attempt,
	}
	return persist(ctx, saveTime, func(ctx context.Context) error { return h.p.Store.SetLog(ctx, row) })
}

// cause is why the work under ctx ended, where ctx ended: a lost lease, or a suspension because the time is up or
// the process was told to stop. Otherwise it is err.
func (h *hold) cause(ctx context.Context, err error) error {
	switch {
	case err == nil || ctx.Err() == nil:
		return err
	case errors.Is(context.Cause(ctx), errLostLease), errors.Is(context.Cause(ctx), errLeaseRanOut):
		return context.Cause(ctx)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errSuspended
	}
	return err
}

// progress counts the parts of a step that several goroutines work on.
type progress struct {
	h     *hold
	step  string
	total int
	done  atomic.Int64
}

// advance tells the onlooker that one more part is done.
func (p *progress) advance(detail string) {
	p.h.p.Observe(Event{RunID: p.h.run.RunID, Step: p.step, Done: int(p.done.Add(1)), Total: p.total, Detail: detail})
}
