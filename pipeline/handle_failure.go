package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/full-turner/full-turner/store"
)

// HandleFailure closes a run as failed, with the error's name, message and step and with what the ledger says it
// cost. It is where a failure is logged, once. It does nothing to a run that is closed already, nor to one that the
// failed invocation did not hold: a second delivery that found the run in progress must not fail it.
func (p *Pipeline) HandleFailure(ctx context.Context, inv Invocation, runID string, f *Failure) (Summary, error) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), HandleFailureTime)
	defer done()
	for {
		run, err := p.Store.Run(ctx, runID)
		if errors.Is(err, store.ErrNotFound) {
			p.journal(inv, runID, "").failure(ctx, "run failed", f)
			return Summary{RunID: runID, Status: store.Failed, Error: f.recorded(), Problems: Problems{First: []string{}}}, nil
		}
		if err != nil {
			return Summary{}, fmt.Errorf("close run %s: %w", runID, err)
		}
		if !p.mayClose(run, inv, f) {
			p.journal(inv, run.RunID, run.TemplateID).LogAttrs(ctx, slog.LevelWarn, "failure of an execution that does not hold the run",
				data("step", StepHandleFailure, "errorName", f.Name, "error", f.Error(), "status", run.Status))
			return summarize(run)
		}
		summary, err := p.closeFailed(ctx, inv, run, f)
		if !errors.Is(err, store.ErrConflict) { // the holder renewed its lease just now: look again
			return summary, err
		}
		if ctx.Err() != nil {
			return Summary{}, fmt.Errorf("close run %s: %w", runID, ctx.Err())
		}
	}
}

// mayClose says whether a failed invocation is the one to close a run.
func (p *Pipeline) mayClose(run store.Run, inv Invocation, f *Failure) bool {
	if run.Status == store.Completed || run.Status == store.Failed {
		return false
	}
	switch f.Name {
	case RunInProgress, RunConflict, InvalidRequest:
		return false
	}
	if inv.Execution != nil {
		return run.ExecutionID == inv.Execution.ID
	}
	return run.LeaseOwner == inv.RequestID || run.Status == store.Suspended || p.Now().After(run.LeaseUntil)
}

// closeFailed takes the run from whoever holds it and closes it.
func (p *Pipeline) closeFailed(ctx context.Context, inv Invocation, run store.Run, f *Failure) (s Summary, err error) {
	if run.Error != nil && run.Error.Name == string(f.Name) { // the failed attempt wrote down where it was
		f = atStep(run.Error.Step, f)
	}
	if f.Name == Internal {
		f = f.withStack(p.recordedStack(ctx, run))
	}
	began := p.Now()
	next := run
	next.Attempt++
	next.Status = store.Running
	next.Duration += unsaved(run, began)
	next.LeaseOwner, next.LeaseUntil, next.UpdatedAt = inv.RequestID, p.Now().Add(p.Lease), p.Now()
	if err := p.Store.TakeLease(ctx, run, next); err != nil {
		return Summary{}, fmt.Errorf("close run %s: %w", run.RunID, err)
	}
	h := p.hold(inv, next, began)
	step := h.step(ctx, StepHandleFailure)
	defer step.end(&err)
	if h.ledger, err = p.openLedger(ctx, h); err != nil {
		return Summary{}, err
	}
	settling, settled := context.WithTimeout(ctx, HandleFailureTime/4)
	if err := h.ledger.Settle(settling); err != nil { // an open row counts as possibly charged all the same
		h.LogAttrs(ctx, slog.LevelWarn, "ledger not settled", data("error", err.Error()))
	}
	settled()
	h.journal.failure(ctx, "run failed", f)
	if err := h.note(ctx, logRow{errorRow(run.Attempt), "ERROR", "run failed", f.fields(run.Attempt)}); err != nil {
		return Summary{}, err
	}
	err = h.close(ctx, step.row("ok"), store.Failed, func(r *store.Run) { r.Error = f.recorded() }, "errorName", f.Name, "step", f.Step)
	if err != nil {
		return Summary{}, err
	}
	return summarize(h.record())
}

// recordedStack is the stack that the failed attempt wrote down: the wrapper does not carry it.
func (p *Pipeline) recordedStack(ctx context.Context, run store.Run) string {
	var row struct{ Stack string }
	if rows, err := p.Store.Logs(ctx, run.RunID, errorRow(run.Attempt)); err == nil && len(rows) > 0 {
		_ = json.Unmarshal(rows[0].Data, &row) // without a stack the failure is told all the same
	}
	return row.Stack
}

// unsaved is the working time, in ms, that a holder did not write down before it ended: from its last write until
// it gave the run up, or until its lease ran out.
func unsaved(run store.Run, now time.Time) int64 {
	if run.Status != store.Running {
		return 0
	}
	if now.After(run.LeaseUntil) {
		now = run.LeaseUntil
	}
	return max(0, now.Sub(run.UpdatedAt).Milliseconds())
}

// caught is the failure that the wrapper caught: its Error is our name or one of Step Functions' own, its Cause
// is what Lambda made of the error (JSON with errorMessage), or a plain text.
func caught(fields object) (*Failure, error) {
	name, err := fields.text("error")
	if err != nil {
		return nil, err
	}
	cause, err := fields.text("cause")
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, failure(InvalidRequest, "error is missing: the name of what went wrong")
	}
	var lambda struct {
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(cause), &lambda) == nil && lambda.Message != "" {
		cause = lambda.Message
	}
	if cause == "" {
		cause = "no cause was given"
	}
	return reported(ErrorName(name), errors.New(cause)), nil
}
