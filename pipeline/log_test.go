package pipeline_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

func TestEveryLogLineOfARunHasTheDocumentedForm(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		switch {
		case c.Kind == openaitest.KindImage && c.N == 1:
			return &openaitest.Fault{Status: 500} // one retry, so that the client's lines are there too
		case c.Kind == openaitest.KindAgent:
			return &openaitest.Fault{Status: 401}
		}
		return nil
	}))
	w.fails(inline("run-1", testFunnel(2, 2)), pipeline.OpenAIUnauthorized)
	stamp := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
	allowed := []string{"timestamp", "level", "requestId", "runId", "templateId", "message", "data", "duration", "type"}
	steps, errors := map[string]bool{}, 0
	lines := w.logs.lines(t)
	for _, line := range lines {
		if ts, _ := line["timestamp"].(string); !stamp.MatchString(ts) {
			t.Errorf("timestamp: %v", line)
		}
		if level, _ := line["level"].(string); !slices.Contains([]string{"DEBUG", "INFO", "WARN", "ERROR"}, level) {
			t.Errorf("level: %v", line)
		}
		if line["requestId"] != "request-1" || line["runId"] != "run-1" || line["templateId"] != "inline" {
			t.Errorf("whose line is it: %v", line)
		}
		if m, _ := line["message"].(string); m == "" {
			t.Errorf("message: %v", line)
		}
		if line["_aws"] == nil { // an embedded metric has its values at the top level
			for field := range line {
				if !slices.Contains(allowed, field) {
					t.Errorf("field %q is not documented: %v", field, line)
				}
			}
		}
		if line["message"] == "step finished" {
			d, _ := line["data"].(map[string]any)
			steps[d["step"].(string)] = true
			if _, ok := line["duration"].(float64); !ok {
				t.Errorf("duration: %v", line)
			}
		}
		if line["level"] == "ERROR" {
			errors++
			e, _ := line["data"].(map[string]any)["error"].(map[string]any)
			if e["name"] != "OpenAIUnauthorized" || e["message"] == "" || e["stack"] != nil {
				t.Errorf("an error line: %v", line)
			}
		}
	}
	for _, step := range []string{"InitializeRun", "LoadTemplate", "ProcessImagesBatch", "AggregateImageResults", "ExecuteAgent", "HandleFailure"} {
		if !steps[step] {
			t.Errorf("no line says that %s finished", step)
		}
	}
	if errors != 1 {
		t.Errorf("the failure is logged %d times", errors)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	w := newWorld(t)
	w.run(inline("run-1", testFunnel(1, 1)))
	for _, secret := range []string{"sk-test", "Plain, warm and exact", "senior direct-response", "base64,"} {
		if strings.Contains(w.logs.b.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
