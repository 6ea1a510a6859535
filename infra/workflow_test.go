package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	infra "github.com/full-turner/full-turner/infra"
	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
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
	if function < run.TimeoutSeconds || function < handle.TimeoutSeconds || function != infra.FunctionTimeout*60 {
		t.Errorf("the function is ended after %v s, before its tasks", function)
	}
}

// undrawn answers an image with a ready one: drawing takes the fake longer than these tests want to wait.
var undrawn = &openaitest.Fault{Image: drawn(60, 40)}

// agentFaults makes the agent's first n calls go wrong.
func agentFaults(n int, fault *openaitest.Fault) openaitest.Options {
	return openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
		switch {
		case c.Kind == openaitest.KindImage:
			return undrawn
		case c.Kind == openaitest.KindAgent && c.N <= n:
			return fault
		}
		return nil
	}}
}

// heldAnswer holds the agent's answers at a gate, and says when one was asked for by its id, which is on record then.
func heldAnswer(gate *openaitest.Gate) (faults openaitest.Options, asked <-chan struct{}) {
	recorded := make(chan struct{})
	once := sync.OnceFunc(func() { close(recorded) })
	faults.Fault = func(c openaitest.Call) *openaitest.Fault {
		switch c.Kind {
		case openaitest.KindAgent:
			return &openaitest.Fault{Hold: gate}
		case openaitest.KindRetrieve:
			once()
		case openaitest.KindImage:
			return undrawn
		}
		return nil
	}
	return faults, recorded
}

// overloaded is an answer that openai repeats at once, five times.
var overloaded = &openaitest.Fault{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After-Ms": {"1"}}}

// perTry is how often openai tries a call before the run fails.
const perTry = 5

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

func TestWorkflow_ClosesTheRunOfADeadProcess(t *testing.T) {
	held := openaitest.NewGate()
	faults, asked := heldAnswer(held)
	w := world(t, lambdatest.Options{OpenAI: faults})
	go func() {
		<-asked
		w.Kill()
	}()
	o := execute(t, w, execution{name: "killed", input: inline("killed", 0)})
	if o.Status != "FAILED" || o.Error != "Runtime.ExitError" || !slices.Equal(o.Invoked, []string{"Run", "HandleFailure"}) {
		t.Fatalf("%+v", o)
	}
	run := checkRun(t, w, "killed", store.Failed, "Runtime.ExitError", "")
	if run.Cost.PossiblyCharged == nil {
		t.Errorf("the call in flight is not on the record: %+v", run.Cost)
	}

	// Its answer is fetched, not asked for again, when somebody decides to go on.
	held.Release()
	again := answered[pipeline.Summary](t, w, object{"runId": "killed"})
	if again.Status != store.Completed || w.OpenAI.Count(openaitest.KindAgent) != 1 {
		t.Errorf("invoked again: %+v, %d calls of the agent", again, w.OpenAI.Count(openaitest.KindAgent))
	}
	checkRun(t, w, "killed", store.Completed, "", "")
}

func TestWorkflow_TakesTheRunFromATaskThatTimedOut(t *testing.T) {
	held := openaitest.NewGate()
	w := world(t, lambdatest.Options{OpenAI: agentFaults(1, &openaitest.Fault{Hold: held})})
	o := execute(t, w, execution{name: "slow", input: inline("slow", 0), definition: withTimes(t, `"TimeoutSeconds":215`, `"TimeoutSeconds":5`)})
	if o.Status != "FAILED" || o.Error != "States.Timeout" || !slices.Equal(o.Invoked, []string{"Run", "HandleFailure"}) {
		t.Fatalf("%+v", o)
	}
	before := checkRun(t, w, "slow", store.Failed, "States.Timeout", "")
	held.Release() // the process that lost the run goes on
	w.OpenAI.Wait()
	if err := w.Idle(patience(t)); err != nil {
		t.Fatal(err)
	}
	after := checkRun(t, w, "slow", store.Failed, "States.Timeout", "")
	if after.Attempt != before.Attempt || !after.UpdatedAt.Equal(before.UpdatedAt) {
		t.Errorf("it wrote to the run: attempt %d at %v, before %d at %v", after.Attempt, after.UpdatedAt, before.Attempt, before.UpdatedAt)
	}
}

func TestWorkflow_ContinuesWhatDoesNotFit(t *testing.T) {
	held := openaitest.NewGate()
	w := world(t, lambdatest.Options{OpenAI: agentFaults(1, &openaitest.Fault{Hold: held})})
	first := execution{name: "long", input: inline("long", 1), definition: withTimes(t, `"timeoutSeconds":210`, `"timeoutSeconds":4`)}
	o := execute(t, w, first)
	var s pipeline.Summary
	if err := json.Unmarshal(o.Output, &s); err != nil || o.Status != "SUCCEEDED" || s.Status != store.Suspended {
		t.Fatalf("%+v", o)
	}
	checkRun(t, w, "long", store.Suspended, "", "")
	started := w.Executions()
	if len(started) != 1 || started[0].StateMachine != machineARN {
		t.Fatalf("continuations: %+v", started)
	}
	held.Release()
	o = execute(t, w, execution{name: started[0].Name, input: started[0].Input})
	if err := json.Unmarshal(o.Output, &s); err != nil || s.Status != store.Completed || s.RunID != "long" {
		t.Fatalf("the continuation: %+v", o)
	}
	if run := checkRun(t, w, "long", store.Completed, "", ""); run.Continuations != 1 {
		t.Errorf("%d continuations", run.Continuations)
	}
	if images, calls := w.OpenAI.Count(openaitest.KindImage), w.OpenAI.Count(openaitest.KindAgent); images != 1 || calls != 1 {
		t.Errorf("paid again: %d images, %d calls of the agent", images, calls)
	}
}

func TestWorkflow_SparesARunThatSomebodyElseHolds(t *testing.T) {
	held := openaitest.NewGate()
	w := world(t, lambdatest.Options{OpenAI: agentFaults(1, &openaitest.Fault{Hold: held})})
	e := execution{name: "twice", input: inline("twice", 0)}
	var first outcome
	done := make(chan struct{})
	go func() {
		defer close(done)
		first = execute(t, w, e)
	}()
	<-held.Arrived()
	second := execute(t, w, e) // an asynchronous Express execution can be delivered twice
	if second.Status != "FAILED" || second.Error != string(pipeline.RunInProgress) {
		t.Errorf("the second delivery: %+v", second)
	}
	held.Release()
	<-done
	if first.Status != "SUCCEEDED" {
		t.Errorf("the first delivery: %+v", first)
	}
	checkRun(t, w, "twice", store.Completed, "", "")
}

func TestWorkflow_FailsWithWhatIsWrongWithTheInput(t *testing.T) {
	w := world(t, lambdatest.Options{})
	for name, input := range map[string]any{
		"AString": "hello", "AnArray": []int{1}, "AnUnknownField": object{"template": "summer"}, "AnUnknownTemplate": object{"templateId": "winter", "runId": "w"},
		// Nothing is written of an input that HandleFailure's payload would have no room for.
		"TooLarge": object{"templateId": "summer", "input": strings.Repeat("x", 250_000)},
	} {
		t.Run(name, func(t *testing.T) {
			want := pipeline.InvalidRequest
			if name == "AnUnknownTemplate" {
				want = pipeline.TemplateNotFound
			}
			o := execute(t, w, execution{name: "wrong-" + name, input: input})
			if o.Status != "FAILED" || o.Error != string(want) || !slices.Equal(o.Invoked, []string{"Run", "HandleFailure"}) {
				t.Errorf("%+v", o)
			}
		})
	}
	t.Run("Null", func(t *testing.T) { // the interpreter has no path to it; Step Functions has
		e := execution{name: "wrong-null"}
		envelope := object{"id": e.arn(), "startTime": time.Now(), "retryCount": 0, "stateMachine": machineARN, "timeoutSeconds": 210}
		_, failed, err := w.Invoke(patience(t), object{"execution": envelope, "input": nil})
		if err != nil || failed == nil || failed.Type != string(pipeline.InvalidRequest) {
			t.Fatalf("Run: %v, %v", failed, err)
		}
		answered[object](t, w, object{"action": "handleFailure", "execution": envelope, "input": nil, "error": failed.Type, "cause": failed.Message})
	})
	checkRun(t, w, "w", store.Failed, pipeline.TemplateNotFound, "LoadTemplate")
	if history := answered[struct{ Runs []object }](t, w, object{"action": "getRunHistory", "templateId": "summer"}); len(history.Runs) != 0 {
		t.Errorf("a run was made: %v", history)
	}
}

// largestInput is how many bytes of input the pipeline takes from an execution; more is InvalidRequest.
const largestInput = 200_000

// TestWorkflow_HandleFailureFits shows that whatever Run accepts, HandleFailure's payload, which also has the error,
// stays under the 262,144 bytes that Step Functions carries: an execution that passes them fails with no way to
// catch it.
func TestWorkflow_HandleFailureFits(t *testing.T) {
	w := world(t, lambdatest.Options{OpenAI: agentFaults(1000, &openaitest.Fault{Refusal: strings.Repeat(`"\`, 20_000)})})
	large := inline("large", 0)
	large["input"] = ""
	size := func(v any) int {
		data, _ := json.Marshal(v)
		return len(data)
	}
	large["input"] = strings.Repeat("x", largestInput-size(large))
	o := execute(t, w, execution{name: strings.Repeat("n", 80), input: large})
	if o.Error != string(pipeline.AgentRefused) {
		t.Fatalf("%.2000s", fmt.Sprintf("%+v", o))
	}
	payload := object{"action": "handleFailure", "error": o.Error, "cause": o.Cause, "input": large, "execution": object{
		"id": execution{name: strings.Repeat("n", 80)}.arn(), "startTime": time.Now(), "retryCount": 0, "stateMachine": machineARN, "timeoutSeconds": 210,
	}}
	if got := size(payload); got > 262_144-1000 {
		t.Errorf("HandleFailure's payload has %d bytes", got)
	}
}
