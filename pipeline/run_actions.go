package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// runView is a run as getRun returns it: the summary, and what else its record keeps.
type runView struct {
	Summary
	Input                  json.RawMessage   `json:"input,omitempty"`
	ImageProcessingResults json.RawMessage   `json:"imageProcessingResults,omitempty"`
	Models                 map[string]string `json:"models,omitempty"`
	MaxCostUSD             *cost.Amount      `json:"maxCostUsd,omitempty"`
	Attempt                int               `json:"attempt"`
	Continuations          int               `json:"continuations"`
	Crashes                int               `json:"crashes"`
	ExecutionID            string            `json:"executionId,omitempty"`
	LeaseUntil             string            `json:"leaseUntil,omitempty"`
	UpdatedAt              string            `json:"updatedAt"`
}

// getRun returns a run's record. The cost of a run that is still at work is read from its ledger.
func (p *Pipeline) getRun(ctx context.Context, fields object) (any, error) {
	run, err := p.knownRun(ctx, fields)
	if err != nil {
		return nil, err
	}
	if run.Status == store.Running {
		if run.Cost, err = ledger.Cost(ctx, p.Store, run.RunID, p.Catalog); err != nil {
			return nil, err
		}
	}
	summary, err := summarize(run)
	if err != nil {
		return nil, err
	}
	view := runView{
		Summary: summary, Input: run.Input, ImageProcessingResults: run.ImageProcessingResults, Models: run.Models,
		MaxCostUSD: run.MaxCostUSD, Attempt: run.Attempt, Continuations: run.Continuations, Crashes: run.Crashes,
		ExecutionID: run.ExecutionID, UpdatedAt: stamp(run.UpdatedAt),
	}
	if run.Status == store.Running {
		view.LeaseUntil = stamp(run.LeaseUntil)
	}
	return view, nil
}

// knownRun is the run that the required field runId names.
func (p *Pipeline) knownRun(ctx context.Context, fields object) (store.Run, error) {
	id, err := fields.text("runId")
	if err != nil {
		return store.Run{}, err
	}
	if !runIDs.MatchString(id) {
		return store.Run{}, failure(InvalidRequest, "runId %q is not the id of a run", abbreviate(id))
	}
	run, err := p.Store.Run(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return store.Run{}, failure(RunNotFound, "there is no run %q", id)
	}
	if err != nil {
		return store.Run{}, fmt.Errorf("run %s: %w", id, err)
	}
	return run, nil
}

// runEntry is a run in a history.
type runEntry struct {
	RunID           string          `json:"runId"`
	Timestamp       string          `json:"timestamp"`
	Status          store.RunStatus `json:"status"`
	TemplateID      string          `json:"templateId"`
	TemplateVersion string          `json:"templateVersion"`
	Cost            cost.Breakdown  `json:"cost"`
	Duration        int64           `json:"duration"`
	Error           *store.RunError `json:"error,omitempty"`
	Review          Review          `json:"review,omitempty"`
	Score           *int            `json:"score,omitempty"`
}

// getRunHistory returns the runs of a template, newest first. A run that has just changed may lag a moment behind
// its record, because the index is eventually consistent.
func (p *Pipeline) getRunHistory(ctx context.Context, fields object) (any, error) {
	id, err := templateID(fields)
	if err != nil {
		return nil, err
	}
	limit, token, err := page(fields)
	if err != nil {
		return nil, err
	}
	list, next, err := p.Store.Runs(ctx, id, limit, token)
	if err != nil {
		return nil, badToken(err)
	}
	runs := []runEntry{}
	for _, r := range list {
		var out output
		if len(r.Output) > 0 {
			if err := json.Unmarshal(r.Output, &out); err != nil {
				return nil, fmt.Errorf("output of run %s: %w", r.RunID, err)
			}
		}
		runs = append(runs, runEntry{r.RunID, stamp(r.Timestamp), r.Status, r.TemplateID, r.TemplateVersion, r.Cost, r.Duration, r.Error, out.Review, out.Score})
	}
	return struct {
		Runs      []runEntry `json:"runs"`
		NextToken string     `json:"nextToken,omitempty"`
	}{runs, next}, nil
}

// logEntry is a row of a run's log.
type logEntry struct {
	LogType   string          `json:"logType"`
	Timestamp string          `json:"timestamp"`
	Level     string          `json:"level"`
	Message   string          `json:"message"`
	Data      json.RawMessage `json:"data,omitempty"`
	RequestID string          `json:"requestId"`
}

// getRunLogs returns the rows of a run's log whose logType begins with a prefix, oldest first.
func (p *Pipeline) getRunLogs(ctx context.Context, fields object) (any, error) {
	run, err := p.knownRun(ctx, fields)
	if err != nil {
		return nil, err
	}
	prefix, err := fields.text("logType")
	if err != nil {
		return nil, err
	}
	if len(prefix) > 1000 {
		return nil, failure(InvalidRequest, "logType has %d bytes; a prefix such as call# will do", len(prefix))
	}
	rows, err := p.Store.Logs(ctx, run.RunID, prefix)
	if err != nil {
		return nil, fmt.Errorf("logs of run %s: %w", run.RunID, err)
	}
	slices.SortStableFunc(rows, func(a, b store.Log) int {
		return cmp.Or(a.Timestamp.Compare(b.Timestamp), cmp.Compare(a.LogType, b.LogType))
	})
	entries := []logEntry{}
	for _, r := range rows {
		entries = append(entries, logEntry{r.LogType, stamp(r.Timestamp), r.Level, r.Message, r.Data, r.RequestID})
	}
	return struct {
		RunID string     `json:"runId"`
		Logs  []logEntry `json:"logs"`
	}{run.RunID, entries}, nil
}
