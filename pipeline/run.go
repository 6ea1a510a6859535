package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/full-turner/full-turner/store"
)

// Run makes a run, or goes on with one: the chain of steps from the request to the summary. A run that is
// completed already is answered from its record. The error is a *Failure.
func (p *Pipeline) Run(ctx context.Context, inv Invocation, req Request) (summary Summary, err error) {
	h, done, err := p.InitializeRun(ctx, inv, req)
	if done != nil {
		return p.completed(ctx, *done)
	}
	if h == nil {
		f := atStep("InitializeRun", err)
		f.runID = cmp.Or(req.RunID, p.runID(inv))
		return Summary{}, f
	}
	defer h.release()
	if err == nil {
		summary, err = p.chain(ctx, h)
	}
	if errors.Is(err, errSuspended) || (err != nil && p.tooLateToRetry(h, failureOf(err))) {
		summary, err = p.suspend(ctx, h)
	}
	if err != nil {
		return Summary{}, p.failed(ctx, h, atStep("InitializeRun", err))
	}
	return summary, nil
}

// chain is the steps after InitializeRun, for as long as the attempt holds the run.
func (p *Pipeline) chain(ctx context.Context, h *hold) (s Summary, err error) {
	ctx = h.keep(ctx)
	defer func() { err = h.cause(ctx, err) }()
	took := p.Now().Sub(h.began)
	h.finished(ctx, "InitializeRun", "ok", took)
	if err := h.stepRow(ctx, "InitializeRun", "ok", took); err != nil {
		return Summary{}, err
	}
	t, err := p.LoadTemplate(ctx, h)
	if err != nil {
		return Summary{}, err
	}
	tasks, err := p.ProcessImagesBatch(ctx, h, t)
	if err != nil {
		return Summary{}, err
	}
	made, err := p.AggregateImageResults(ctx, h, t, p.processImages(ctx, h, t, tasks))
	if err != nil {
		return Summary{}, err
	}
	copied, err := p.ExecuteAgent(ctx, h, t)
	if err != nil {
		return Summary{}, err
	}
	return p.SaveOutput(ctx, h, t, made, copied)
}

// processImages makes the images, three at once. One bad image is data. After an error that would hit every image,
// no further one is begun; those in work are finished, because they are being paid for.
func (p *Pipeline) processImages(ctx context.Context, h *hold, t template, tasks []imageTask) []ImageResult {
	results := make([]ImageResult, len(tasks)) // the index is the order
	seen := progress{h: h, step: "ProcessImage", total: len(tasks)}
	g, going := errgroup.WithContext(ctx)
	g.SetLimit(imageConcurrency)
	for i, task := range tasks {
		g.Go(func() error {
			if going.Err() != nil {
				results[i] = ImageResult{ElementIDs: task.elementIDs, Status: ImagePending, err: h.cause(ctx, ctx.Err())}
				return nil
			}
			results[i] = p.ProcessImage(ctx, h, t, task)
			seen.advance(task.name() + " " + string(results[i].Status))
			if systemic(results[i].err) {
				return results[i].err
			}
			return nil
		})
	}
	_ = g.Wait() // AggregateImageResults judges the results
	return results
}

// tooLateToRetry says that a failure is worth another try, and that the execution has no time left for one: a new
// execution is to make it.
func (p *Pipeline) tooLateToRetry(h *hold, f *Failure) bool {
	e := h.inv.Execution
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
func (p *Pipeline) suspend(ctx context.Context, h *hold) (Summary, error) {
	continues := h.inv.Execution != nil && p.Continue != nil
	if continues && h.run.Continuations >= p.MaxContinuations {
		return Summary{}, failure(AttemptsExhausted, "the run was continued %d times and is not done; raise MAX_CONTINUATIONS or make the funnel smaller, then invoke it again", h.run.Continuations)
	}
	fields := map[string]any{"attempt": h.run.Attempt, "continuations": h.run.Continuations, "spent": h.cost().Total}
	if err := h.note(ctx, "INFO", "run suspended", fmt.Sprintf("run#%03d#suspended", h.run.Attempt), fields); err != nil {
		return Summary{}, err
	}
	err := h.save(ctx, func(r *store.Run) {
		r.Status = store.Suspended
		if continues {
			r.Continuations++
		}
	})
	if err != nil {
		return Summary{}, err
	}
	h.report(ctx, "attempt", h.run.Attempt, "continuations", h.run.Continuations, "continued", continues)
	if continues {
		name := fmt.Sprintf("%s-%d", truncate(h.run.RunID, 68), h.run.Attempt)
		input, _ := json.Marshal(map[string]string{"runId": h.run.RunID}) // it cannot fail
		start := func(ctx context.Context) error {
			if err := p.Continue(ctx, h.inv.Execution.StateMachine, name, input); err != nil {
				return fmt.Errorf("%w: %w", store.ErrUnavailable, err) // worth another try, whatever it was
			}
			return nil
		}
		if err := persist(ctx, saveTime, start); err != nil {
			return Summary{}, &Failure{Name: Transient, Step: "SaveOutput", cause: fmt.Errorf("continue run %s in a new execution: %w", h.run.RunID, err)}
		}
	}
	return summarize(h.run)
}

// failed sees to it that a run which failed is closed, and returns why it failed. In a direct invocation the run is
// closed here. Under the wrapper HandleFailure closes it, after the retries; until then the record says what
// happened and in which step.
func (p *Pipeline) failed(ctx context.Context, h *hold, f *Failure) *Failure {
	switch {
	case f.Name == RunInProgress: // somebody else's run now: nothing of it is this attempt's to write
	case h.inv.Execution != nil:
		err := h.note(ctx, "ERROR", "attempt failed", errorRow(h.run.Attempt), f.fields(h.run.Attempt))
		if err == nil {
			err = h.save(ctx, func(r *store.Run) { r.Error = f.recorded() })
		}
		if err != nil {
			h.log.LogAttrs(ctx, slog.LevelWarn, "failure not recorded", data("error", err.Error()))
		}
	default:
		if _, err := p.HandleFailure(ctx, h.inv, h.run.RunID, f); err != nil {
			h.log.LogAttrs(ctx, slog.LevelError, "run not closed", data("error", err.Error()))
		}
	}
	return f
}

// atStep names err, and the step where it has none.
func atStep(step string, err error) *Failure {
	f := failureOf(err)
	if f.Step == "" {
		f.Step = step
	}
	return f
}

// errorRow is the logType of the row about an attempt's failure.
func errorRow(attempt int) string { return fmt.Sprintf("error#%03d", attempt) }

// fields are the data of that row.
func (f *Failure) fields(attempt int) map[string]any {
	return map[string]any{"name": f.Name, "message": f.Error(), "step": f.Step, "stack": truncate(f.stack, 8000), "attempt": attempt}
}

// recorded is the failure as the run's record keeps it.
func (f *Failure) recorded() *store.RunError {
	return &store.RunError{Name: string(f.Name), Message: abbreviateError(f), Step: f.Step}
}
