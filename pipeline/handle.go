package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
)

// maxResponse is how large a response may be, in bytes. Step Functions carries 256 KB between states; what is larger
// goes to the object store, and the response says where.
const maxResponse = 200_000

// Handle answers one invocation: requestID is the invocation's id, payload its JSON. The action in the payload
// chooses; without one it is a run. The error is a *Failure.
func (p *Pipeline) Handle(ctx context.Context, requestID string, payload []byte) (response json.RawMessage, err error) {
	inv := Invocation{RequestID: requestID}
	defer func() {
		if r := recover(); r != nil {
			err = recovered(r)
		}
		if err == nil {
			return
		}
		f := failureOf(err)
		// Under the wrapper HandleFailure is told of every error, and logs it.
		if inv.Execution == nil && !f.logged {
			p.journal(inv, f.runID, "").failure(ctx, "invocation failed", f)
			f = f.asLogged()
		}
		err = f
	}()
	e, err := open(payload)
	if err != nil {
		return nil, err
	}
	inv.Execution = e.execution
	answer, err := p.act(ctx, inv, e)
	if err != nil {
		return nil, err
	}
	return p.respond(ctx, answer)
}

// act does what an action asks for.
func (p *Pipeline) act(ctx context.Context, inv Invocation, e envelope) (any, error) {
	switch e.action {
	case "", "run":
		req, err := parseRequest(e.fields)
		if err != nil {
			return nil, err
		}
		return p.Run(ctx, inv, req)
	case "estimate":
		req, err := parseRequest(e.fields)
		if err != nil {
			return nil, err
		}
		return p.Estimate(ctx, req)
	case "handleFailure":
		f, err := caught(e.failed)
		if err != nil {
			return nil, err
		}
		return p.handleFailure(ctx, inv, e.fields, f)
	}
	action, known := queries[e.action]
	if !known {
		return nil, failure(InvalidRequest, "action %q is unknown; the actions are run, estimate, putTemplate, getTemplate, listTemplates, getRun, getRunHistory, getRunLogs, costs, reconcile and handleFailure", abbreviate(e.action))
	}
	if err := e.fields.only("the payload", append([]string{"action"}, action.fields...)...); err != nil {
		return nil, err
	}
	return action.do(p, ctx, e.fields)
}

// queries are the actions that are not about making a run: the fields each takes, and what it does.
var queries = map[string]struct {
	fields []string
	do     func(*Pipeline, context.Context, object) (any, error)
}{
	"putTemplate":   {[]string{"templateId", "name", "description", "brandGuideContent", "templateFunnelJson", "status", "metadata"}, (*Pipeline).putTemplate},
	"getTemplate":   {[]string{"templateId", "version"}, (*Pipeline).getTemplate},
	"listTemplates": {[]string{"status", "limit", "nextToken"}, (*Pipeline).listTemplates},
	"getRun":        {[]string{"runId"}, (*Pipeline).getRun},
	"getRunHistory": {[]string{"templateId", "limit", "nextToken"}, (*Pipeline).getRunHistory},
	"getRunLogs":    {[]string{"runId", "logType"}, (*Pipeline).getRunLogs},
	"costs":         {[]string{"from", "to", "by", "templateId", "limit", "nextToken"}, (*Pipeline).costs},
	"reconcile":     {[]string{"day", "projectId", "lookbackDays"}, (*Pipeline).reconcile},
}

// handleFailure finds the run that a failed execution was about, and closes it.
func (p *Pipeline) handleFailure(ctx context.Context, inv Invocation, input object, f *Failure) (any, error) {
	runID, _ := input.text("runId")
	if runID == "" && inv.Execution == nil {
		return nil, failure(InvalidRequest, "input.runId is missing: which run failed?")
	}
	if !runIDs.MatchString(runID) {
		runID = p.runID(inv)
	}
	summary, err := p.HandleFailure(ctx, inv, runID, f)
	if err != nil {
		f := atStep(StepHandleFailure, err)
		j := p.journal(inv, runID, "")
		j.failure(ctx, "HandleFailure failed", f)
		j.metric(ctx, slog.LevelInfo, "HandleFailure failed", metrics{MetricHandleFailureErrors: 1})
		return nil, f.asLogged()
	}
	return summary, nil
}

// respond makes a response of an answer. An answer that is too large is stored, and the response refers to it.
func (p *Pipeline) respond(ctx context.Context, answer any) (json.RawMessage, error) {
	body, err := marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("response: %w", err)
	}
	if len(body) <= maxResponse {
		return body, nil
	}
	key := responseKey(body)
	if err := p.Objects.Put(ctx, key, "application/json", body); err != nil {
		return nil, fmt.Errorf("store the response %s: %w", key, err)
	}
	return marshal(map[string]any{"location": p.Objects.Location(key), "bytes": len(body),
		"message": fmt.Sprintf("the response is larger than %d bytes and was stored at location", maxResponse)})
}
