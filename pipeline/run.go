package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/store"
)

// Run makes a run, or goes on with one: the chain of steps from the request to the summary. A run that is
// completed already is answered from its record. The error is a *Failure.
func (p *Pipeline) Run(ctx context.Context, inv Invocation, req Request) (summary Summary, err error) {
	run, err := p.InitializeRun(ctx, inv, req)
	if run.completed != nil {
		return p.completed(ctx, *run.completed)
	}
	if run.held == nil {
		return Summary{}, atStep(StepInitializeRun, err).inRun(cmp.Or(req.RunID, p.runID(inv)))
	}
	h := run.held
	defer h.release()
	if err == nil {
		summary, err = p.chain(ctx, h)
	}
	if errors.Is(err, errSuspended) || (err != nil && p.tooLateToRetry(inv, failureOf(err))) {
		summary, err = p.suspend(ctx, h, err)
	}
	if err != nil {
		return Summary{}, p.failed(ctx, inv, h, atStep(StepInitializeRun, err))
	}
	return summary, nil
}

// chain is the steps after InitializeRun, for as long as the attempt holds the run. The images and the copy are made
// side by side. All that they share is an image's alternative text: it is among the first texts that are rewritten, and
// the image is asked for by the new one.
func (p *Pipeline) chain(ctx context.Context, h *hold) (s Summary, err error) {
	ctx = h.keep(ctx)
	defer func() { err = h.cause(ctx, err) }()
	t, err := p.LoadTemplate(ctx, h)
	if err != nil {
		return Summary{}, err
	}
	writer := p.rewriter(h, t)
	maker := p.imageMaker(h, t, writer.wording)
	var made aggregated
	var copied rewrite
	err = sideBySide(h.work,
		func() error {
			tasks, err := ProcessImagesBatch(ctx, h.work, t)
			if err != nil {
				return err
			}
			made, err = AggregateImageResults(ctx, h, t, maker.all(ctx, tasks))
			return err
		},
		func() (err error) {
			copied, err = writer.ExecuteAgent(ctx)
			return err
		})
	if err != nil {
		return Summary{}, err
	}
	return p.SaveOutput(ctx, h, t, made, copied)
}

// sideBySide does the halves of a run at once. When one of them fails, the other begins no further paid call and
// finishes those that cannot be fetched again; the error is the one that stopped the run. A half whose time is up
// stops nothing: the other goes on for as long as it can, and the run is suspended after it.
func sideBySide(w *work, halves ...func() error) error {
	errs := make([]error, len(halves))
	var all sync.WaitGroup
	for i, half := range halves {
		all.Go(func() {
			errs[i] = guarded(half)
			w.stopIf(errs[i])
		})
	}
	all.Wait()
	return firstError(errs)
}

// guarded does a part of the work that has a goroutine of its own, and turns its panic into a failure.
func guarded(part func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = recovered(r)
		}
	}()
	return part()
}

// firstError is the error of parts that worked side by side: the first that is a failure, else that the time was up.
// That a part was stopped says nothing, because another one has the reason.
func firstError(errs []error) error {
	var late, stopped error
	for _, err := range errs {
		switch {
		case errors.Is(err, errStopped):
			stopped = err
		case errors.Is(err, errSuspended):
			late = err
		case err != nil:
			return err
		}
	}
	return cmp.Or(late, stopped)
}

// tooLateToRetry says that a failure is worth another try, and that the execution has no time left for one: a new
// execution is to make it.
func (p *Pipeline) tooLateToRetry(inv Invocation, f *Failure) bool {
	e := inv.Execution
	if f.Name != Transient || e == nil || p.Continue == nil {
		return false
	}
	wait := RetryInterval
	for range e.RetryCount {
		wait *= RetryBackoff
	}
	return p.Now().Add(wait).Sub(e.StartTime) > RetryUntil
}

// suspend saves a run whose next call does not fit before the deadline, and has a new execution continue it. The
// run is saved first: a continuation that finds it still running would take itself for a second delivery.
func (p *Pipeline) suspend(ctx context.Context, h *hold, why error) (Summary, error) {
	run := h.record()
	continues := h.execution != nil && p.Continue != nil
	if continues && run.Continuations >= p.MaxContinuations {
		return Summary{}, exhausted(run.Continuations, why)
	}
	if continues && errors.Is(why, openai.ErrUnavailable) {
		h.lull(ctx)
	}
	row := logRow{suspendedRow(run.Attempt), "INFO", "run suspended",
		map[string]any{"attempt": run.Attempt, "continuations": run.Continuations, "spent": run.Cost.Total, "why": abbreviateError(why)}}
	count := func(r *store.Run) {
		if continues {
			r.Continuations++
		}
	}
	if err := h.close(ctx, row, store.Suspended, count, "attempt", run.Attempt, "continued", continues); err != nil {
		return Summary{}, err
	}
	if continues {
		if err := p.goOn(ctx, h); err != nil {
			return Summary{}, err
		}
	}
	return summarize(h.record())
}

// lull waits a little before a run is continued that waits for OpenAI: the continuation would find it as it is.
func (h *hold) lull(ctx context.Context) {
	if h.deadline.IsZero() {
		return
	}
	timer := time.NewTimer(min(20*time.Second, h.deadline.Sub(h.now())/8))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// exhausted says what a run waited for that was continued as often as it may be.
func exhausted(times int, why error) *Failure {
	if why == errSuspended || errors.Is(why, context.DeadlineExceeded) {
		return failure(AttemptsExhausted, "the run was continued %d times and is not done, because its calls take longer than the time there is; raise MAX_CONTINUATIONS or make the funnel smaller, then invoke it again", times)
	}
	return failure(AttemptsExhausted, "the run was continued %d times and is not done; what it waited for last: %v; invoke it again when that has passed", times, why)
}

// goOn starts the execution that continues a suspended run.
func (p *Pipeline) goOn(ctx context.Context, h *hold) error {
	name := fmt.Sprintf("%s-%d", truncate(h.runID, 68), h.attempt)
	input, _ := json.Marshal(map[string]string{"runId": h.runID}) // it cannot fail
	err := store.Persist(ctx, saveTime, func(ctx context.Context) error {
		if err := p.Continue(ctx, h.execution.StateMachine, name, input); err != nil {
			return fmt.Errorf("%w: %w", store.ErrUnavailable, err) // worth another try, whatever it was
		}
		return nil
	})
	if err != nil {
		return atStep(StepSaveOutput, failure(Transient, "continue run %s in a new execution: %w", h.runID, err))
	}
	return nil
}

// failed sees to it that a run which failed is closed, and returns why it failed. In a direct invocation the run is
// closed here. Under the wrapper HandleFailure closes it, after the retries; until then the record says what
// happened and in which step.
func (p *Pipeline) failed(ctx context.Context, inv Invocation, h *hold, f *Failure) *Failure {
	switch {
	case f.Name == RunInProgress: // somebody else's run now: nothing of it is this attempt's to write
		return f
	case inv.Execution != nil:
		err := h.note(ctx, logRow{errorRow(h.attempt), "ERROR", "attempt failed", f.fields(h.attempt)})
		if err == nil {
			err = h.save(ctx, func(r *store.Run) { r.Error = f.recorded() })
		}
		if err != nil {
			h.LogAttrs(ctx, slog.LevelWarn, "failure not recorded", data("error", err.Error()))
		}
		return f
	}
	if _, err := p.HandleFailure(ctx, inv, h.runID, f); err != nil {
		h.LogAttrs(ctx, slog.LevelError, "run not closed", data("error", err.Error()))
		return f
	}
	return f.asLogged()
}
