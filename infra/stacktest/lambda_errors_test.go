package stacktest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

func TestLambda_ReportsErrorsByTheirNames(t *testing.T) {
	held := openaitest.NewGate()
	faults := map[string]*openaitest.Fault{
		"unauthorized": {Code: "invalid_api_key"},
		"quota":        {Code: "insufficient_quota"},
		"retired":      {Code: "model_not_found"},
		"refused":      {Refusal: "I cannot help with that."},
		"useless":      {Text: "not JSON"},
		"unavailable":  {Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After-Ms": {"1"}}},
		"held":         {Hold: held},
	}
	w := world(t, lambdatest.Options{
		OpenAI: openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault { return faults[c.Metadata["runId"]] }},
		DynamoDB: func(operation string, body []byte) string {
			if operation == "Query" && bytes.Contains(body, []byte("forbidden")) {
				return "AccessDeniedException"
			}
			return ""
		},
	})
	draft := put("draft", 0)
	draft["status"] = "draft"
	answered[object](t, w, draft)
	answered[pipeline.Summary](t, w, inline("mine", 0))
	// A run that lost its process ten times, as ten dead processes would have left it.
	if _, err := w.Store.CreateRun(t.Context(), store.Run{
		RunID: "unlucky", Status: store.Running, Attempt: 11, Crashes: 10, LeaseUntil: time.Now().Add(-time.Minute),
		Input: json.RawMessage(`{"templateId":"draft","templateVersion":"latest","input":{}}`), UpdatedAt: time.Now().Add(-time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	going, err := w.Begin(inline("held", 0))
	if err != nil {
		t.Fatal(err)
	}
	<-held.Arrived()

	other := inline("mine", 0)
	other["input"] = "Something else."
	budget := inline("budget", 0)
	budget["maxCostUsd"] = 0
	tests := map[pipeline.ErrorName]any{
		pipeline.InvalidRequest:     object{"templateId": "summer", "colour": "blue"},
		pipeline.RunNotFound:        object{"action": "getRun", "runId": "nobody"},
		pipeline.RunConflict:        other,
		pipeline.RunInProgress:      inline("held", 0),
		pipeline.AttemptsExhausted:  object{"runId": "unlucky"},
		pipeline.TemplateNotFound:   object{"templateId": "winter"},
		pipeline.TemplateInactive:   object{"templateId": "draft"},
		pipeline.InvalidTemplate:    object{"brandGuide": guide, "templateFunnel": "{}"},
		pipeline.OpenAIUnauthorized: inline("unauthorized", 0),
		pipeline.QuotaExhausted:     inline("quota", 0),
		pipeline.ModelRetired:       inline("retired", 0),
		pipeline.BudgetExceeded:     budget,
		pipeline.AgentRefused:       inline("refused", 0),
		pipeline.AgentFailed:        inline("useless", 0),
		pipeline.Transient:          inline("unavailable", 0),
		pipeline.Internal:           object{"action": "getRun", "runId": "forbidden"},
	}
	for name, payload := range tests {
		t.Run(string(name), func(t *testing.T) {
			response, failed, err := w.Invoke(patience(t), payload)
			if err != nil {
				t.Fatal(err)
			}
			if failed == nil || failed.Type != string(name) || failed.Message == "" {
				t.Errorf("%v, response %.200s", failed, response)
			}
		})
	}
	held.Release()
	if _, failed, err := going.Wait(patience(t)); err != nil || failed != nil {
		t.Errorf("the run that was held: %v, %v", failed, err)
	}
	for _, line := range w.Settled() {
		checkLine(t, line)
	}
}

func TestLambda_NamesEveryMissingVariableAtOnce(t *testing.T) {
	missing := map[string]string{
		"TEMPLATES_TABLE": "", "PROCESSING_RUNS_TABLE": "", "OUTPUT_LOGS_TABLE": "", "S3_BUCKET": "", "OPENAI_API_KEY_SECRET_NAME": "",
	}
	w := world(t, lambdatest.Options{Env: missing})
	_, failed, err := w.Invoke(patience(t), object{"templateId": "summer"})
	if err != nil || failed == nil {
		t.Fatalf("it started: %v, %v", failed, err)
	}
	for name := range missing {
		if !strings.Contains(failed.Message, name) {
			t.Errorf("%s is not named: %s", name, failed.Message)
		}
	}
}
