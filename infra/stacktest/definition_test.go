package stacktest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/pipeline"
)

// definition is the state machine's, with the references in it resolved.
func definition(t *testing.T) string {
	t.Helper()
	s := documented(t)
	return s.resolve(s.one(t, "AWS::StepFunctions::StateMachine", "StateMachineName", "full-turner-workflow").Properties["DefinitionString"])
}

// states are the definition's states, read.
type states map[string]struct {
	Type, Next           string
	End                  bool
	Resource             string
	TimeoutSeconds       float64
	Parameters           object
	ResultPath           any
	ErrorPath, CausePath string
	Retry                []struct {
		ErrorEquals                               []string
		IntervalSeconds, MaxAttempts, BackoffRate float64
	}
	Catch []struct {
		ErrorEquals []string
		Next        string
	}
}

func readDefinition(t *testing.T) (machine struct {
	StartAt        string
	TimeoutSeconds float64
	States         states
}) {
	t.Helper()
	if err := json.Unmarshal([]byte(definition(t)), &machine); err != nil {
		t.Fatal(err)
	}
	return machine
}

func TestWorkflow_IsRunHandleFailureFail(t *testing.T) {
	s := documented(t)
	p := s.one(t, "AWS::StepFunctions::StateMachine", "StateMachineName", "full-turner-workflow").Properties
	if p["StateMachineType"] != "EXPRESS" || !same(p["TracingConfiguration"], map[string]any{"Enabled": true}) {
		t.Errorf("type %v, tracing %v", p["StateMachineType"], p["TracingConfiguration"])
	}
	if logging := p["LoggingConfiguration"].(map[string]any); logging["Level"] != "ERROR" || logging["IncludeExecutionData"] != false {
		t.Errorf("logging: %v; inputs hold clients' texts", logging)
	}
	machine := readDefinition(t)
	run, handle, failed := machine.States["Run"], machine.States["HandleFailure"], machine.States["Failed"]
	if machine.StartAt != "Run" || len(machine.States) != 3 || !run.End || handle.Next != "Failed" || failed.Type != "Fail" {
		t.Fatalf("the states: %+v", machine)
	}
	if run.Resource != lambdatest.FunctionARN || handle.Resource != lambdatest.FunctionARN {
		t.Errorf("the tasks invoke %s and %s", run.Resource, handle.Resource)
	}
	if len(run.Retry) != 1 || !slices.Equal(run.Retry[0].ErrorEquals, pipeline.RetriedErrors) || run.Retry[0].MaxAttempts != pipeline.RetryAttempts {
		t.Errorf("Run is retried on %+v, not on %v", run.Retry, pipeline.RetriedErrors)
	}
	if len(run.Catch) != 1 || !slices.Equal(run.Catch[0].ErrorEquals, []string{"States.ALL"}) || run.Catch[0].Next != "HandleFailure" {
		t.Errorf("Run's errors go to %+v", run.Catch)
	}
	if len(handle.Catch) != 1 || !slices.Equal(handle.Catch[0].ErrorEquals, []string{"States.ALL"}) || handle.Catch[0].Next != "Failed" {
		t.Errorf("HandleFailure's errors go to %+v", handle.Catch)
	}
	if failed.ErrorPath != "$.Error" || failed.CausePath != "$.Cause" {
		t.Errorf("an execution fails with %s and %s", failed.ErrorPath, failed.CausePath)
	}
}

// functionTimeout is how long an invocation may take, in seconds: all that Lambda gives.
const functionTimeout = 900.0

// spare is what an execution must have left in the worst case: state transitions and cold starts take time too.
const spare = 5.0

// TestWorkflow_IsNeverCutOffBeforeHandleFailureEnds adds up the longest way through the deployed definition. Run asks
// for another try only as long as that try would begin by pipeline.RetryUntil; what Lambda's own errors may add is
// said there.
func TestWorkflow_IsNeverCutOffBeforeHandleFailureEnds(t *testing.T) {
	machine := readDefinition(t)
	run, handle := machine.States["Run"], machine.States["HandleFailure"]
	handling := handle.TimeoutSeconds
	for n, wait := 0.0, handle.Retry[0].IntervalSeconds; n < handle.Retry[0].MaxAttempts; n++ {
		handling += wait + handle.TimeoutSeconds
		wait *= handle.Retry[0].BackoffRate
	}
	limit := min(machine.TimeoutSeconds, pipeline.ExecutionLimit.Seconds())
	if worst := pipeline.RetryUntil.Seconds() + run.TimeoutSeconds + handling; worst > limit-spare {
		t.Errorf("an execution may take %v s: it is cut off after %v s, and %v s should be to spare", worst, limit, spare)
	}
	waits := run.Retry[0].IntervalSeconds
	for n := 1.0; n < run.Retry[0].MaxAttempts; n++ {
		waits += run.Retry[0].IntervalSeconds * run.Retry[0].BackoffRate * n
	}
	if waits >= pipeline.RetryUntil.Seconds() {
		t.Errorf("the waits between tries take %v s alone: the last one can never be made before %v", waits, pipeline.RetryUntil)
	}
	work := run.Parameters["execution"].(map[string]any)["timeoutSeconds"].(float64)
	if work != pipeline.WorkTime.Seconds() || work >= run.TimeoutSeconds {
		t.Errorf("a run may work for %v s, and its task ends after %v s", work, run.TimeoutSeconds)
	}
	if own := pipeline.HandleFailureTime.Seconds(); own >= handle.TimeoutSeconds {
		t.Errorf("HandleFailure may work for %v s, and its task ends after %v s", own, handle.TimeoutSeconds)
	}
	function := documented(t).one(t, "AWS::Lambda::Function", "FunctionName", "full-turner").Properties["Timeout"].(float64)
	if function < run.TimeoutSeconds || function < handle.TimeoutSeconds || function != functionTimeout {
		t.Errorf("the function is ended after %v s, before its tasks", function)
	}
}

// withTimes changes times of the definition that a test does not want to wait for.
func withTimes(t *testing.T, replace ...string) func(string) string {
	return func(text string) string {
		changed := strings.NewReplacer(replace...).Replace(text)
		if changed == text {
			t.Fatalf("%v is not in the definition", replace)
		}
		return changed
	}
}
