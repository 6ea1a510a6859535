package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline"
)

func TestBadRequestsAreRefusedByName(t *testing.T) {
	funnelJSON := testFunnel(0, 1)
	good := func(changes string) string {
		return fmt.Sprintf(`{"brandGuide":%q,"templateFunnel":%s%s}`, guide, funnelJSON, changes)
	}
	tests := []struct {
		name, payload string
		want          pipeline.ErrorName
		says          string
	}{
		{"not JSON", `{"templateId":`, pipeline.InvalidRequest, "not JSON"},
		{"nothing", ``, pipeline.InvalidRequest, "not JSON"},
		{"an array", `[]`, pipeline.InvalidRequest, "not a JSON object"},
		{"more behind", `{} {}`, pipeline.InvalidRequest, "more after"},
		{"an unknown field", good(`,"templateID":"x"`), pipeline.InvalidRequest, `"templateID"`},
		{"an unknown field of input", good(`,"input":{"text":"x"}`), pipeline.InvalidRequest, `"text"`},
		{"a field twice", good(`,"runId":"a","runId":"b"`), pipeline.InvalidRequest, `"runId"`},
		{"an unknown action", `{"action":"delete"}`, pipeline.InvalidRequest, `"delete"`},
		{"no template", `{"input":"x"}`, pipeline.InvalidRequest, "templateId"},
		{"a guide alone", `{"brandGuide":"x"}`, pipeline.InvalidRequest, "templateId"},
		{"a run to continue that is not there", `{"runId":"nobody"}`, pipeline.InvalidRequest, "nobody"},
		{"a number for a template", `{"templateId":7}`, pipeline.InvalidRequest, "templateId"},
		{"an odd template id", `{"templateId":"a/b"}`, pipeline.InvalidRequest, "a/b"},
		{"an odd run id", good(`,"runId":"../x"`), pipeline.InvalidRequest, "../x"},
		{"an empty run id", good(`,"runId":""`), pipeline.InvalidRequest, "runId"},
		{"a budget below nothing", good(`,"maxCostUsd":-1`), pipeline.InvalidRequest, "maxCostUsd"},
		{"a budget in words", good(`,"maxCostUsd":"2"`), pipeline.InvalidRequest, "maxCostUsd"},
		{"an unknown template", `{"templateId":"nobody"}`, pipeline.TemplateNotFound, "nobody"},
		{"an unknown version", `{"templateId":"nobody","templateVersion":"7"}`, pipeline.TemplateNotFound, "7"},
		{"an empty guide", `{"templateFunnel":[],"brandGuide":" "}`, pipeline.InvalidTemplate, "brandGuide"},
		{"an empty funnel", fmt.Sprintf(`{"brandGuide":%q,"templateFunnel":[]}`, guide), pipeline.InvalidTemplate, "empty"},
		{"a funnel that is an object", fmt.Sprintf(`{"brandGuide":%q,"templateFunnel":{}}`, guide), pipeline.InvalidTemplate, "array"},
		{"a funnel that is a number", fmt.Sprintf(`{"brandGuide":%q,"templateFunnel":1}`, guide), pipeline.InvalidRequest, "templateFunnel"},
		{"a funnel in a string that is not JSON", fmt.Sprintf(`{"brandGuide":%q,"templateFunnel":"[{"}`, guide), pipeline.InvalidTemplate, "funnel"},
		{"a text of 6 MB", fmt.Sprintf(`{"brandGuide":%q,"templateFunnel":[{"element_id":"big","type":"character","text":"%s"}]}`, guide, strings.Repeat("word ", 6<<20/5)), pipeline.InvalidTemplate, "big"},
		{"handleFailure without an error", `{"action":"handleFailure","input":{"runId":"a"}}`, pipeline.InvalidRequest, "error"},
		{"handleFailure of nobody's run", `{"action":"handleFailure","error":"X"}`, pipeline.InvalidRequest, "runId"},
		{"an envelope without input", `{"execution":{"id":"a","startTime":"2026-11-23T12:00:00Z"}}`, pipeline.InvalidRequest, "input"},
		{"an envelope without a start", `{"execution":{"id":"a"},"input":{}}`, pipeline.InvalidRequest, "startTime"},
		{"a run that is not there", `{"action":"getRun","runId":"nobody"}`, pipeline.RunNotFound, "nobody"},
		{"a template that is not there", `{"action":"getTemplate","templateId":"nobody"}`, pipeline.TemplateNotFound, "nobody"},
		{"logs of a run that is not there", `{"action":"getRunLogs","runId":"nobody"}`, pipeline.RunNotFound, "nobody"},
		{"a limit of nothing", `{"action":"getRunHistory","templateId":"a","limit":0}`, pipeline.InvalidRequest, "limit"},
		{"a token of nobody's", `{"action":"getRunHistory","templateId":"a","nextToken":"!"}`, pipeline.InvalidRequest, "nextToken"},
		{"a status that is none", `{"action":"listTemplates","status":"new"}`, pipeline.InvalidRequest, "new"},
		{"a template without a guide", fmt.Sprintf(`{"action":"putTemplate","templateId":"a","templateFunnelJson":%s}`, funnelJSON), pipeline.InvalidTemplate, "guide"},
		{"a template without a funnel", `{"action":"putTemplate","templateId":"a","brandGuideContent":"x"}`, pipeline.InvalidTemplate, "funnel"},
		{"a template with metadata that is a list", fmt.Sprintf(`{"action":"putTemplate","templateId":"a","brandGuideContent":"x","templateFunnelJson":%s,"metadata":[]}`, funnelJSON), pipeline.InvalidRequest, "metadata"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			_, err := w.Handle(context.Background(), "request-1", []byte(test.payload))
			if err == nil {
				t.Fatal("it was taken")
			}
			if got := pipeline.NameOf(err); got != test.want || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %.300v; want %s and %q", got, err, test.want, test.says)
			}
			if len(w.openai.Calls()) != 0 {
				t.Error("OpenAI was asked")
			}
			var templates struct{ Templates []any }
			w.do(map[string]any{"action": "listTemplates"}, &templates)
			if len(templates.Templates) != 0 {
				t.Error("a template was written")
			}
		})
	}
}

func TestInactiveTemplatesAreNotRun(t *testing.T) {
	for _, status := range []string{"draft", "archived"} {
		t.Run(status, func(t *testing.T) {
			w := newWorld(t)
			w.do(map[string]any{"action": "putTemplate", "templateId": "a", "brandGuideContent": guide, "templateFunnelJson": testFunnel(0, 1), "status": status}, &struct{}{})
			w.fails(map[string]any{"templateId": "a", "runId": "run-1"}, pipeline.TemplateInactive)
			if r := w.getRun("run-1"); r.Status != "failed" || r.Error.Name != "TemplateInactive" || r.Error.Step != "LoadTemplate" {
				t.Errorf("the run's record: %+v", r)
			}
		})
	}
}

func FuzzHandle(f *testing.F) {
	for _, seed := range []string{`{}`, `{"action":"getRun","runId":"a"}`, `{"execution":{"id":"a","startTime":"2026-11-23T12:00:00Z"},"input":{"action":"x"}}`, `[`, `{"a":{"a":{}}}`} {
		f.Add([]byte(seed))
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		response, err := w.Handle(context.Background(), "request-1", payload)
		if err != nil && (pipeline.NameOf(err) == pipeline.Internal || err.Error() == "") {
			t.Errorf("%q: %s: %v", payload, pipeline.NameOf(err), err)
		}
		if err == nil && len(response) == 0 {
			t.Errorf("%q: an empty response", payload)
		}
	})
}
