package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// initialized is a run that may be worked on, or one that is completed already.
type initialized struct {
	held      *hold      // nil where the run is completed, or could not be taken
	completed *store.Run // nil where it is not
}

// InitializeRun settles the run id, creates the run's record or finds the one that is there, and takes the lease on
// it. A run that is completed already comes back as it is.
//
// It fails with InvalidRequest, RunConflict, RunInProgress, AttemptsExhausted, or ModelRetired where the operator chose
// a model that is shut down. The run is held together with an error once the lease is taken, so that it can be closed.
func (p *Pipeline) InitializeRun(ctx context.Context, inv Invocation, req Request) (initialized, error) {
	began := p.Now()
	if req.RunID == "" {
		req.RunID = p.runID(inv)
	}
	found, err := p.Store.Run(ctx, req.RunID)
	switch {
	case errors.Is(err, store.ErrNotFound) && req.continues():
		return initialized{}, failure(InvalidRequest, "templateId is missing, and there is no run %q to continue", req.RunID)
	case errors.Is(err, store.ErrNotFound):
		return p.createRun(ctx, inv, req, began)
	case err != nil:
		return initialized{}, fmt.Errorf("run %s: %w", req.RunID, err)
	}
	return p.resumeRun(ctx, inv, req, found, began)
}

// runID is the id of a run whose payload names none: the execution's, else the invocation's.
func (p *Pipeline) runID(inv Invocation) string {
	if inv.Execution != nil {
		return inv.Execution.runID()
	}
	return inv.RequestID
}

// name tells an invocation apart from every other, but not from its own retries and second deliveries.
func (inv Invocation) name() string {
	if inv.Execution != nil {
		return inv.Execution.ID
	}
	return inv.RequestID
}

// createRun writes a new run's record, which holds the lease from the first moment.
func (p *Pipeline) createRun(ctx context.Context, inv Invocation, req Request, began time.Time) (initialized, error) {
	run := store.Run{
		RunID: req.RunID, Timestamp: began, TemplateID: req.templateID(), Status: store.Running,
		Fingerprint: req.fingerprint(), Attempt: 1,
	}
	p.lease(&run, inv, req)
	created, err := p.Store.CreateRun(ctx, run)
	if errors.Is(err, store.ErrConflict) { // somebody else created it just now
		return p.resumeRun(ctx, inv, req, created, began)
	}
	if err != nil {
		return initialized{}, fmt.Errorf("create run %s: %w", req.RunID, err)
	}
	return p.take(ctx, inv, req, created, arrival{began, "run created"})
}

// resumeRun takes the lease on a run that is there, where it may be taken.
func (p *Pipeline) resumeRun(ctx context.Context, inv Invocation, req Request, found store.Run, began time.Time) (initialized, error) {
	if req.continues() {
		asked := req
		fields, err := parseObject("the request", found.Input)
		if err == nil {
			req, err = parseRequest(fields)
		}
		if err != nil {
			return initialized{}, fmt.Errorf("the request recorded of run %s: %w", found.RunID, err)
		}
		req.RunID, req.Redo = asked.RunID, asked.Redo
		if asked.MaxCostUSD != nil {
			req.MaxCostUSD = asked.MaxCostUSD
		}
		if asked.MinScore != nil {
			req.MinScore = asked.MinScore
		}
	} else if found.Fingerprint != req.fingerprint() {
		return initialized{}, failure(RunConflict, "run %q was asked for with another payload; use another runId, or send the runId alone to continue that run", found.RunID)
	}
	if req.Redo && found.RedoBy == inv.name() { // a retry, or a second delivery, of what has been begun
		req.Redo = false
	}
	if found.Status == store.Completed && !req.Redo {
		return initialized{completed: &found}, nil
	}
	if e := inv.Execution; e != nil && found.Status == store.Failed && e.ID == found.ExecutionID && e.RetryCount <= found.RetryCount {
		return initialized{}, failure(RunInProgress, "run %q has failed in this very execution, and this is a second delivery of it; invoke the run again to go on", found.RunID)
	}
	if holder := p.heldBy(found, inv); holder != "" {
		return initialized{}, failure(RunInProgress, "run %q is being worked on by %s, whose lease holds until %s unless it is renewed; ask again later", found.RunID, holder, stamp(found.LeaseUntil))
	}
	next := found
	next.Attempt++
	next.Status, next.Error = store.Running, nil
	next.Duration += unsaved(found, began)
	switch found.Status {
	case store.Running:
		if found.Error == nil { // an attempt that failed in good order said so
			next.Crashes++
		}
	case store.Failed, store.Completed: // somebody decided to try again
		next.Crashes, next.Continuations, next.DecidedAt = 0, 0, next.Attempt
	}
	if req.Redo {
		next.DecidedAt = next.Attempt
		next.RedoFrom, next.RedoBy = next.Attempt, inv.name()
	}
	p.lease(&next, inv, req)
	if err := p.Store.TakeLease(ctx, found, next); err != nil {
		if errors.Is(err, store.ErrConflict) {
			return initialized{}, failure(RunInProgress, "run %q was taken by another execution just now; ask again later", found.RunID)
		}
		return initialized{}, fmt.Errorf("take run %s: %w", found.RunID, err)
	}
	return p.take(ctx, inv, req, next, arrival{began, "run resumed"})
}

// heldBy names who holds a run, "" when it may be taken. A higher retry count of the execution that holds it may
// take it at once: Step Functions has given the earlier try up. The same count may not: it is a second delivery.
func (p *Pipeline) heldBy(run store.Run, inv Invocation) string {
	if run.Status != store.Running || p.Now().After(run.LeaseUntil) {
		return ""
	}
	if e := inv.Execution; e != nil && e.ID == run.ExecutionID {
		if e.RetryCount > run.RetryCount {
			return ""
		}
		return "another delivery of the same execution"
	}
	return "another execution"
}

// lease fills in whose the run is, until when, and under what limit.
func (p *Pipeline) lease(run *store.Run, inv Invocation, req Request) {
	run.Input = req.recorded() // with the budget that was asked for last
	run.LeaseOwner = inv.RequestID
	run.LeaseUntil = p.Now().Add(p.Lease)
	run.UpdatedAt = p.Now()
	run.ExecutionID, run.RetryCount = "", 0
	if e := inv.Execution; e != nil {
		run.ExecutionID, run.RetryCount = e.ID, e.RetryCount
	}
	run.MaxCostUSD = p.limit(req)
}

// limit is the run's budget: the lower of the request's and the operator's; nil: none.
func (p *Pipeline) limit(req Request) *cost.Amount {
	limit := req.MaxCostUSD
	if p.MaxCostUSD != nil && (limit == nil || *p.MaxCostUSD < *limit) {
		limit = p.MaxCostUSD
	}
	return limit
}

// arrival is how an attempt came by its run.
type arrival struct {
	began   time.Time
	message string // "run created" or "run resumed"
}

// take makes the hold on a run whose lease was just written, opens the ledger, and settles the models.
func (p *Pipeline) take(ctx context.Context, inv Invocation, req Request, run store.Run, how arrival) (_ initialized, err error) {
	h := p.hold(inv, run, how.began)
	h.request, h.deadline = req, p.deadline(ctx, inv, how.began)
	defer h.stepSince(ctx, StepInitializeRun, how.began).end(&err)
	if h.ledger, err = p.openLedger(ctx, h); err != nil {
		return initialized{held: h}, err
	}
	fields := map[string]any{"attempt": run.Attempt, "crashes": run.Crashes, "continuations": run.Continuations,
		"executionId": run.ExecutionID, "spent": h.ledger.Cost().Total}
	h.LogAttrs(ctx, slog.LevelInfo, how.message, slog.Any("data", fields))
	if err = h.note(ctx, logRow{runRow(run.Attempt), "INFO", how.message, fields}); err != nil {
		return initialized{held: h}, err
	}
	if h.models, err = p.chooseModels(); err != nil {
		return initialized{held: h}, err
	}
	h.run.Models = h.models.recorded()
	for _, m := range []cost.Choice{h.models.agent, h.models.image} {
		if m.Replaces != "" {
			h.LogAttrs(ctx, slog.LevelWarn, "default model is shut down, its replacement is used",
				data("model", m.Replaces, "shutdown", m.Shutdown, "replacement", m.Model))
		}
	}
	if run.Crashes > p.MaxCrashes {
		err = failure(AttemptsExhausted, "the run lost its process %d times; look for what it does to it, then invoke it again", run.Crashes)
	}
	return initialized{held: h}, err
}

// hold is an attempt's hold on a run whose lease was just written.
func (p *Pipeline) hold(inv Invocation, run store.Run, began time.Time) *hold {
	return &hold{
		work: &work{
			journal: p.journal(inv, run.RunID, run.TemplateID), setLog: p.Store.SetLog, now: p.Now,
			runID: run.RunID, attempt: run.Attempt, requestID: inv.RequestID, execution: inv.Execution, taken: began,
		},
		store: p.Store, lease: p.Lease, run: run, saved: began,
	}
}

// openLedger opens the ledger of a run that is held.
func (p *Pipeline) openLedger(ctx context.Context, h *hold) (*ledger.Ledger, error) {
	return ledger.Open(ctx, ledger.Config{
		Rows: p.Store, Answers: p.Objects, RunID: h.runID, Attempt: h.attempt, RequestID: h.requestID,
		Catalog: p.Catalog, Limit: h.run.MaxCostUSD, Now: p.Now, Room: h.room, Told: h.told, RedoFrom: h.run.RedoFrom,
		Faults: map[string]error{"refused": openai.ErrRefused, "incomplete": openai.ErrIncomplete, "malformed": openai.ErrMalformed},
	})
}

// deadline is when an attempt must have begun to save its run; zero when nothing limits it.
func (p *Pipeline) deadline(ctx context.Context, inv Invocation, began time.Time) time.Time {
	end, limited := ctx.Deadline()
	if limited { // by the context's clock; from here on by ours
		end = began.Add(time.Until(end))
	}
	if e := inv.Execution; e != nil {
		if over := e.StartTime.Add(e.limit()); !limited || over.Before(end) {
			end, limited = over, true
		}
	}
	if !limited {
		return time.Time{}
	}
	return end.Add(-min(p.Reserve, max(0, end.Sub(began))/5))
}
