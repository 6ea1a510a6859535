package stacktest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// checkRun checks the record of a run against what should have become of it, and its cost against OpenAI's bill.
func checkRun(t *testing.T, w *lambdatest.World, id string, status store.RunStatus, failed pipeline.ErrorName, step string) store.Run {
	t.Helper()
	run := w.Run(id)
	name, at := "", ""
	if run.Error != nil {
		name, at = run.Error.Name, run.Error.Step
	}
	if run.Status != status || name != string(failed) || at != step {
		t.Errorf("run %s is %s with error %q in %q; it should be %s with %q in %q", id, run.Status, name, at, status, failed, step)
	}
	billed, known := cost.Amount(w.OpenAI.Bill().Total), run.Cost.Total
	if possibly := run.Cost.PossiblyCharged; possibly != nil {
		if billed > known+possibly.Cost || billed < known {
			t.Errorf("OpenAI billed %v; the run's record says %v, and possibly %v more", billed, known, possibly.Cost)
		}
	} else if billed != known {
		t.Errorf("OpenAI billed %v, and the run's record says %v", billed, known)
	}
	return run
}

func TestWorkflow_Succeeds(t *testing.T) {
	w := world(t, lambdatest.Options{OpenAI: agentFaults(0, nil)})
	e := execution{name: "first", input: inline("", 1)}
	delete(e.input.(object), "runId")
	o := execute(t, w, e)
	if o.Status != "SUCCEEDED" || !slices.Equal(o.Invoked, []string{"Run"}) {
		t.Fatalf("%+v", o)
	}
	var s pipeline.Summary
	if err := json.Unmarshal(o.Output, &s); err != nil || s.Status != store.Completed || s.RunID != e.runID() || s.Images.Succeeded != 1 {
		t.Errorf("the output: %s, %v", o.Output, err)
	}
	if run := checkRun(t, w, e.runID(), store.Completed, "", ""); run.ExecutionID != e.arn() || run.RetryCount != 0 || run.Attempt != 1 {
		t.Errorf("execution %s, retry %d, attempt %d", run.ExecutionID, run.RetryCount, run.Attempt)
	}
}

func TestWorkflow_RetriesWhatPasses(t *testing.T) {
	w := world(t, lambdatest.Options{OpenAI: agentFaults(perTry, overloaded)})
	o := execute(t, w, execution{name: "retried", input: inline("retried", 1)})
	if o.Status != "SUCCEEDED" || !slices.Equal(o.Invoked, []string{"Run", "Run"}) {
		t.Fatalf("%+v", o)
	}
	run := checkRun(t, w, "retried", store.Completed, "", "")
	if run.Attempt != 2 || run.RetryCount != 1 {
		t.Errorf("attempt %d, retry %d", run.Attempt, run.RetryCount)
	}
	if n := w.OpenAI.Count(openaitest.KindImage); n != 1 {
		t.Errorf("the image was paid for %d times", n)
	}
}

func TestWorkflow_HandsOverWhenTheRetriesAreSpent(t *testing.T) {
	w := world(t, lambdatest.Options{OpenAI: agentFaults(1000, overloaded)})
	o := execute(t, w, execution{name: "down", input: inline("down", 0)})
	if o.Status != "FAILED" || o.Error != string(pipeline.Transient) || !slices.Equal(o.Invoked, []string{"Run", "Run", "Run", "HandleFailure"}) {
		t.Fatalf("%+v", o)
	}
	if !strings.Contains(o.Cause, `"errorMessage"`) {
		t.Errorf("the cause is %s", o.Cause)
	}
	if run := checkRun(t, w, "down", store.Failed, pipeline.Transient, "ExecuteAgent"); run.RetryCount != pipeline.RetryAttempts {
		t.Errorf("retry %d", run.RetryCount)
	}
}

func TestWorkflow_HandsOverAtOnceWhatWillNotPass(t *testing.T) {
	w := world(t, lambdatest.Options{OpenAI: agentFaults(1000, &openaitest.Fault{Refusal: "I cannot help with that."})})
	o := execute(t, w, execution{name: "refused", input: inline("refused", 0)})
	if o.Status != "FAILED" || o.Error != string(pipeline.AgentRefused) || !slices.Equal(o.Invoked, []string{"Run", "HandleFailure"}) {
		t.Fatalf("%+v", o)
	}
	checkRun(t, w, "refused", store.Failed, pipeline.AgentRefused, "ExecuteAgent")
}

func TestWorkflow_FailsWithTheRunsErrorWhenHandleFailureFails(t *testing.T) {
	failing := make(chan struct{})
	w := world(t, lambdatest.Options{
		OpenAI: agentFaults(1000, &openaitest.Fault{Refusal: "I cannot help with that."}),
		DynamoDB: func(operation string, body []byte) string {
			// The run's failure is on its record; from then on the record cannot be read.
			if operation == "UpdateItem" && bytes.Contains(body, []byte(pipeline.AgentRefused)) {
				close(failing)
				return ""
			}
			select {
			case <-failing:
				return "AccessDeniedException"
			default:
				return ""
			}
		},
	})
	o := execute(t, w, execution{name: "stuck", input: inline("stuck", 0)})
	if o.Status != "FAILED" || o.Error != string(pipeline.AgentRefused) || !slices.Equal(o.Invoked, []string{"Run", "HandleFailure", "HandleFailure"}) {
		t.Fatalf("%+v", o)
	}
	checkRun(t, w, "stuck", store.Running, pipeline.AgentRefused, "ExecuteAgent") // not closed, and it says why it failed
	errors := 0.0
	for _, line := range w.Settled() {
		if n, ok := line.Fields["HandleFailureErrors"].(float64); ok {
			errors += n
		}
	}
	if errors != 2 {
		t.Errorf("the alarm counts %v errors of HandleFailure", errors)
	}
}
