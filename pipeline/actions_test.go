package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline"
)

func TestTemplatesRunsAndHistory(t *testing.T) {
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, database(t))
			put := map[string]any{
				"action": "putTemplate", "templateId": "template-1", "name": "Cards", "description": "A funnel.",
				"brandGuideContent": json.RawMessage(guide), "templateFunnelJson": json.RawMessage(testFunnel(1, 2)), "metadata": map[string]any{"client": "x"},
			}
			var stored struct{ TemplateID, Version, Status string }
			w.do(put, &stored)
			if stored.Version != "1" || stored.Status != "active" {
				t.Fatalf("%+v", stored)
			}
			first := w.run(map[string]any{"templateId": "template-1", "runId": "run-1"})
			w.do(with(put, "brandGuideContent", "Another brand. Colours #112233."), &stored)
			if stored.Version != "2" {
				t.Errorf("the second put made version %s", stored.Version)
			}
			second := w.run(map[string]any{"templateId": "template-1", "runId": "run-2", "templateVersion": "latest", "input": "x"})
			third := w.run(map[string]any{"templateId": "template-1", "runId": "run-3", "templateVersion": "1"})
			if first.TemplateVersion != "1" || second.TemplateVersion != "2" || third.TemplateVersion != "1" {
				t.Errorf("versions %s, %s, %s", first.TemplateVersion, second.TemplateVersion, third.TemplateVersion)
			}
			if r := w.getRun("run-1"); r.TemplateVersion != "1" || r.Status != "completed" || r.Cost.Total != first.Cost.Total {
				t.Errorf("%+v", r)
			}
			var got struct{ Version, Name, BrandGuideContent, TemplateFunnelJSON string }
			w.do(map[string]any{"action": "getTemplate", "templateId": "template-1"}, &got)
			if got.Version != "2" || got.Name != "Cards" || !strings.HasPrefix(got.BrandGuideContent, "Another brand") || got.TemplateFunnelJSON != testFunnel(1, 2) {
				t.Errorf("latest: %+v", got)
			}
			w.do(map[string]any{"action": "getTemplate", "templateId": "template-1", "version": "1"}, &got)
			if got.Version != "1" || got.BrandGuideContent != guide {
				t.Errorf("version 1: %+v", got)
			}
			var list struct {
				Templates []struct{ TemplateID, Version, BrandGuideContent string }
			}
			w.do(map[string]any{"action": "listTemplates", "status": "active"}, &list)
			if len(list.Templates) != 1 || list.Templates[0].Version != "2" || list.Templates[0].BrandGuideContent != "" {
				t.Errorf("%+v", list)
			}
			var ids []string
			token := ""
			for page := 0; page < 5; page++ {
				query := map[string]any{"action": "getRunHistory", "templateId": "template-1", "limit": 2}
				if token != "" {
					query["nextToken"] = token
				}
				var history struct {
					Runs []struct {
						RunID, Status string
						Cost          struct{ Total float64 }
					}
					NextToken string
				}
				w.do(query, &history)
				for _, r := range history.Runs {
					ids = append(ids, r.RunID)
					if r.Status != "completed" || r.Cost.Total == 0 {
						t.Errorf("%+v", r)
					}
				}
				if token = history.NextToken; token == "" {
					break
				}
			}
			if strings.Join(ids, " ") != "run-3 run-2 run-1" {
				t.Errorf("history: %v", ids)
			}
			steps := w.rows("run-1", "step#")
			if len(steps) != 6 || steps[0].Data["step"] != "InitializeRun" || steps[5].Data["step"] != "SaveOutput" {
				t.Errorf("steps, oldest first: %+v", steps)
			}
		})
	}
}

func TestALargeResponseIsStoredAndReferredTo(t *testing.T) {
	w := newWorld(t)
	large := strings.Repeat("Brand voice, plain and warm. ", 10_000)
	w.do(map[string]any{"action": "putTemplate", "templateId": "a", "brandGuideContent": large, "templateFunnelJson": testFunnel(0, 1)}, &struct{}{})
	var ref struct {
		Location string
		Bytes    int
	}
	w.do(map[string]any{"action": "getTemplate", "templateId": "a"}, &ref)
	if ref.Location == "" || ref.Bytes < len(large) {
		t.Errorf("%+v", ref)
	}
}

// envelope is a payload as the wrapper sends it.
func (w *world) envelope(execution string, retry int, fields map[string]any) map[string]any {
	return with(fields, "execution", map[string]any{
		"id": "arn:aws:states:us-west-2:123456789012:express:full-turner-workflow:" + execution, "startTime": w.config.Now(), "retryCount": retry,
	})
}

func TestHandleFailure(t *testing.T) {
	failed := func(w *world, execution, name string, input any) pipeline.Summary {
		var s pipeline.Summary
		w.do(w.envelope(execution, 0, map[string]any{"action": "handleFailure", "error": name, "cause": `{"errorMessage":"it broke","errorType":"` + name + `"}`, "input": input}), &s)
		return s
	}
	// a template that is not there leaves the run open under the wrapper
	open := func(t *testing.T) *world {
		w := newWorld(t)
		if _, err := w.handle(context.Background(), w.envelope("e1:u1", 0, map[string]any{"input": map[string]any{"templateId": "nobody", "runId": "run-1"}})); pipeline.NameOf(err) != pipeline.TemplateNotFound {
			t.Fatal(err)
		}
		if r := w.getRun("run-1"); r.Status != "running" {
			t.Fatalf("%+v", r)
		}
		return w
	}
	input := map[string]any{"templateId": "nobody", "runId": "run-1"}

	t.Run("closes the run with name, message and step, once", func(t *testing.T) {
		w := open(t)
		for range 2 {
			s := failed(w, "e1:u1", "TemplateNotFound", input)
			if s.Status != "failed" || s.Error.Name != "TemplateNotFound" || s.Error.Message != "it broke" || s.Error.Step != "LoadTemplate" {
				t.Errorf("%+v", s.Error)
			}
		}
		if rows := w.rows("run-1", "error#"); len(rows) != 1 {
			t.Errorf("%d error rows", len(rows))
		}
	})
	t.Run("closes a run whose process died, with the name that Step Functions gives", func(t *testing.T) {
		w := open(t)
		if s := failed(w, "e1:u1", "States.Timeout", input); s.Status != "failed" || s.Error.Name != "States.Timeout" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("leaves a run alone that another execution holds", func(t *testing.T) {
		w := open(t)
		for _, s := range []pipeline.Summary{failed(w, "e2:u2", "Transient", input), failed(w, "e1:u1", "RunInProgress", input)} {
			if s.Status != "running" {
				t.Errorf("%+v", s)
			}
		}
	})
	t.Run("finds the run by the execution where the input names none", func(t *testing.T) {
		w := newWorld(t)
		_, err := w.handle(context.Background(), w.envelope("e1:u1", 0, map[string]any{"input": map[string]any{"templateId": "nobody"}}))
		if err == nil {
			t.Fatal("it was found")
		}
		if s := failed(w, "e1:u1", "TemplateNotFound", map[string]any{"templateId": "nobody"}); s.RunID != "e1-u1" || s.Status != "failed" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("answers for an input that made no run", func(t *testing.T) {
		w := newWorld(t)
		for _, input := range []any{nil, "text", []int{1}, map[string]any{"runId": "../x"}} {
			if s := failed(w, "e1:u1", "InvalidRequest", input); s.Status != "failed" || s.Error.Name != "InvalidRequest" {
				t.Errorf("%+v", s)
			}
		}
		if _, err := w.handle(context.Background(), map[string]any{"action": "getRun", "runId": "e1-u1"}); pipeline.NameOf(err) != pipeline.RunNotFound {
			t.Error("a record was written")
		}
	})
	t.Run("does not open a completed run", func(t *testing.T) {
		w := newWorld(t)
		w.run(inline("run-1", testFunnel(0, 1)))
		if s := failed(w, "e1:u1", "States.Timeout", map[string]any{"runId": "run-1"}); s.Status != "completed" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("a run that it closed is resumed when invoked again", func(t *testing.T) {
		w := open(t)
		failed(w, "e1:u1", "TemplateNotFound", input)
		w.do(map[string]any{"action": "putTemplate", "templateId": "nobody", "brandGuideContent": guide, "templateFunnelJson": testFunnel(0, 1)}, &struct{}{})
		if s := w.run(input); s.Status != "completed" {
			t.Errorf("%+v", s)
		}
	})
}

func TestAnExecutionsInputIsBounded(t *testing.T) {
	w := newWorld(t)
	_, err := w.handle(context.Background(), w.envelope("e1:u1", 0, map[string]any{"input": inline("run-1", fmt.Sprintf(`[{"element_id":"a","type":"x","v":%q}]`, strings.Repeat("x", 210_000)))}))
	if pipeline.NameOf(err) != pipeline.InvalidRequest || !strings.Contains(err.Error(), "putTemplate") {
		t.Errorf("%v", err)
	}
}
