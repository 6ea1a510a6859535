package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/full-turner/full-turner/pipeline"
)

// stateMachine is the local wrapper's own name, in the form of an ARN.
const stateMachine = "arn:aws:states:local:000000000000:stateMachine:full-turner-workflow"

// startExecution runs the payload through the wrapper: the retries and the HandleFailure that the stack deploys,
// and an execution more for each time that the run is suspended.
func (w *world) startExecution(ctx context.Context) int {
	payload, err := w.readPayload()
	if err == nil && !json.Valid(payload) {
		err = errors.New("the payload is not JSON") // Step Functions would not start an execution with it
	}
	if err != nil {
		fmt.Fprintln(w.stderr, "full-turner:", err)
		return exitWrong
	}
	name := cmp.Or(w.name, requestID())
	for {
		response, err := w.execute(ctx, name, payload)
		if err != nil || len(w.continuations) == 0 || ctx.Err() != nil {
			return w.answer(response, err)
		}
		payload, w.continuations = w.continuations[0], w.continuations[1:]
		name = requestID()
		w.watch.say("suspended; a new execution continues the run")
	}
}

// execute is one execution: the task, its retries, and HandleFailure. It ends with the task's response, or with the
// error that the run failed with.
func (w *world) execute(ctx context.Context, name string, input json.RawMessage) (json.RawMessage, error) {
	e := pipeline.Execution{
		ID:        "arn:aws:states:local:000000000000:express:full-turner-workflow:" + name + ":" + requestID(),
		StartTime: time.Now(), StateMachine: stateMachine, TimeoutSeconds: w.executionLimit.Seconds(),
	}
	wait := pipeline.RetryInterval
	for ; ; e.RetryCount++ {
		response, err := w.task(ctx, map[string]any{"execution": e, "input": input})
		if err == nil {
			return response, nil
		}
		failed := string(pipeline.NameOf(err))
		if slices.Contains(pipeline.RetriedErrors, failed) && e.RetryCount < pipeline.RetryAttempts && ctx.Err() == nil {
			w.watch.say(fmt.Sprintf("%s: %v; trying again in %s", failed, err, wait))
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
			wait *= pipeline.RetryBackoff
			continue
		}
		cause, _ := json.Marshal(map[string]string{"errorType": failed, "errorMessage": err.Error()}) // two strings
		_, handling := w.task(context.WithoutCancel(ctx), map[string]any{
			"action": "handleFailure", "execution": e, "input": input, "error": failed, "cause": string(cause),
		})
		if handling != nil {
			return nil, fmt.Errorf("HandleFailure: %w, while handling %w", handling, err)
		}
		return nil, err
	}
}

// task invokes the function with a payload.
func (w *world) task(ctx context.Context, payload map[string]any) (json.RawMessage, error) {
	body, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	return w.pipeline.Handle(ctx, requestID(), body)
}
