package stacktest

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

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
