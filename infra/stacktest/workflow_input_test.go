package stacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

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
