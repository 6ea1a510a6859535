package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/full-turner/full-turner/store"
)

// work is what every step of an attempt may use: whose work it is, the time that it has, and where it tells what it
// does. It is safe for concurrent use.
type work struct {
	journal
	setLog func(ctx context.Context, row store.Log) error
	now    func() time.Time

	runID     string
	attempt   int
	requestID string
	execution *Execution // nil in a direct invocation

	taken time.Time // when the attempt took the run
	// deadline is when the attempt must have begun to save the run; zero when nothing limits it.
	deadline time.Time
	// going ends when no further paid call may be begun: with the attempt's work, or by halt, when a part of the run
	// has failed or the lease is lost. Calls in work that cannot be fetched again are not cancelled by halt: they are
	// being paid for.
	going  context.Context
	halt   context.CancelCauseFunc
	closed atomic.Bool // the record is closed, so that the run takes no further rows
}

// stopIf sees to it that after an error which ends the run no other part of it begins another call.
func (w *work) stopIf(err error) {
	if err != nil && !errors.Is(err, errSuspended) && !errors.Is(err, errStopped) {
		w.halt(errStopped)
	}
}

// fetchTime is the time that a call needs before the deadline which is answered at once with an id to fetch it by.
const fetchTime = 10 * time.Second

// room returns nil where a call that needs so much time can be begun; else errSuspended, errStopped, or why the lease
// is lost.
func (w *work) room(need time.Duration) error {
	if w.going.Err() != nil {
		return w.cause(w.going, w.going.Err())
	}
	if w.deadline.IsZero() || w.now().Add(w.scaled(need)).Before(w.deadline) {
		return nil
	}
	return errSuspended
}

// scaled is how much of a needed time counts: in an attempt with little time, half of that time is enough, so that
// short executions get on too.
func (w *work) scaled(need time.Duration) time.Duration {
	if w.deadline.IsZero() {
		return need
	}
	return min(need, w.deadline.Sub(w.taken)/2)
}

// cause is why the work under ctx ended, where ctx ended: a lost lease, another part that has failed, or a suspension
// because the time is up or the process was told to stop. Otherwise it is err.
func (w *work) cause(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil {
		return err
	}
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errLostLease), errors.Is(cause, errLeaseRanOut):
		return cause
	case !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(cause, errStopped):
		return errStopped
	}
	return errSuspended
}

// doing is a step at work.
type doing struct {
	*work
	ctx   context.Context
	name  string
	began time.Time
}

// step is the first line of every step: `defer w.step(ctx, StepLoadTemplate).end(&err)`. It times the step, turns a
// panic into a failure, puts the step's name on an error, and writes the step's log line, metric and row.
func (w *work) step(ctx context.Context, name string) doing {
	return w.stepSince(ctx, name, w.now())
}

// stepSince is step where the step began before there was anything to tell it to.
func (w *work) stepSince(ctx context.Context, name string, began time.Time) doing {
	w.observe(Event{RunID: w.runID, Step: name})
	return doing{work: w, ctx: ctx, name: name, began: began}
}

// image is step for ProcessImage, which ends with endImage. Nobody is told that it began: the onlooker counts images.
func (w *work) image(ctx context.Context) doing {
	return doing{work: w, ctx: ctx, name: StepProcessImage, began: w.now()}
}

// elapsed is how long the step has been at work.
func (d doing) elapsed() time.Duration { return d.now().Sub(d.began) }

// end ends the step. It is deferred by the step itself, so that it sees a panic.
func (d doing) end(err *error) {
	if r := recover(); r != nil {
		*err = recovered(r)
	}
	*err = d.cause(d.ctx, *err)
	outcome := "ok"
	switch {
	case errors.Is(*err, errSuspended):
		outcome = "suspended"
	case errors.Is(*err, errStopped):
		outcome = "stopped"
	case *err != nil:
		f := atStep(d.name, *err)
		*err, outcome = f, string(f.Name)
	}
	d.timed(d.ctx, slog.LevelInfo, "step finished", d.name, d.elapsed(), data("step", d.name, "outcome", outcome, "attempt", d.attempt))
	d.observe(Event{RunID: d.runID, Step: d.name, Finished: true, Detail: outcome})
	if d.closed.Load() {
		return // the step closed the run, and its row was written before that
	}
	if writing := d.note(d.ctx, d.row(outcome)); writing != nil && *err == nil {
		*err = writing
	}
}

// row is the row of the step.
func (d doing) row(outcome string) logRow {
	return logRow{stepRow(d.attempt, d.name), "INFO", "step finished",
		map[string]any{"step": d.name, "outcome": outcome, "duration": d.elapsed().Milliseconds(), "attempt": d.attempt}}
}

// endImage ends ProcessImage, of which there are many: the line tells of the image, the ledger has its row, and the
// error is the image's.
func (d doing) endImage(r *ImageResult) {
	if panicked := recover(); panicked != nil {
		r.err = recovered(panicked)
	}
	r.err = d.cause(d.ctx, r.err)
	r.Duration = d.elapsed().Milliseconds()
	level := slog.LevelInfo
	switch {
	case errors.Is(r.err, errSuspended), errors.Is(r.err, errStopped):
		r.Status = ImagePending
		r.Problem = abbreviateError(r.err)
	case r.err != nil:
		r.Problem, level = abbreviateError(r.err), slog.LevelWarn
		if stopsRun(r.err) {
			r.ErrorName, _ = named(r.err)
		}
	}
	about := []any{"step", d.name, "elementId", r.ElementIDs[0], "status", r.Status}
	if r.Problem != "" {
		about = append(about, "problem", r.Problem)
	}
	d.timed(d.ctx, level, "image processed", d.name, d.elapsed(), data(about...))
}

// progress counts the parts of a step that several goroutines work on.
type progress struct {
	*work
	step  string
	total int
	done  atomic.Int64
}

// begin tells the onlooker how many parts there are.
func (p *progress) begin() {
	if p.total > 0 {
		p.observe(Event{RunID: p.runID, Step: p.step, Total: p.total})
	}
}

// advance tells the onlooker that one more part is done.
func (p *progress) advance(detail string) {
	p.observe(Event{RunID: p.runID, Step: p.step, Done: int(p.done.Add(1)), Total: p.total, Detail: detail})
}
