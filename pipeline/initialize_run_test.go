package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

func TestTheSameRunIDWithAnotherPayloadIsAConflict(t *testing.T) {
	w := newWorld(t)
	payload := inline("run-1", testFunnel(0, 2))
	w.run(payload)
	for field, value := range map[string]any{
		"input": "Something else.", "brandGuide": "Another brand", "templateFunnel": testFunnel(0, 1), "templateVersion": "3", "templateId": "x",
	} {
		t.Run(field, func(t *testing.T) { w.fails(with(payload, field, value), pipeline.RunConflict) })
	}
	t.Run("but a budget is not part of it, nor is white space", func(t *testing.T) {
		w.run(with(payload, "maxCostUsd", 5))
		var loose json.RawMessage = []byte(strings.Replace(testFunnel(0, 2), ",", " ,\n ", 1))
		w.run(with(payload, "templateFunnel", loose))
	})
}

func TestOneOfFiftyExecutionsWorks(t *testing.T) {
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, database(t))
			payload, _ := json.Marshal(inline("run-1", testFunnel(3, 3)))
			var wg sync.WaitGroup
			outcomes := make([]string, 50)
			for i := range outcomes {
				wg.Go(func() {
					body := fmt.Sprintf(`{"execution":{"id":"arn:aws:states:x:0:express:m:e:%d","startTime":%q,"retryCount":0},"input":%s}`, i, w.config.Now().Format(time.RFC3339Nano), payload)
					response, err := w.Handle(context.Background(), fmt.Sprintf("request-%d", i), []byte(body))
					if err != nil {
						outcomes[i] = string(pipeline.NameOf(err))
						return
					}
					var s pipeline.Summary
					read(t, response, &s)
					outcomes[i] = string(s.Status)
				})
			}
			wg.Wait()
			count := map[string]int{}
			for _, o := range outcomes {
				count[o]++
			}
			if count["completed"] < 1 || count["completed"]+count["RunInProgress"] != 50 {
				t.Errorf("%v", count)
			}
			r := w.getRun("run-1")
			if r.Attempt != 1 || r.Cost.Details.Images.Calls != 3 {
				t.Errorf("attempt %d, %d images", r.Attempt, r.Cost.Details.Images.Calls)
			}
			w.billEqualsTotal(r.Cost)
		})
	}
}

func TestARunThatKillsItsProcessIsGivenUp(t *testing.T) {
	w := newWorld(t, configured(func(c *pipeline.Config) { c.MaxCrashes = 2 }))
	now := w.config.Now()
	_, err := w.config.Store.CreateRun(context.Background(), store.Run{ // as its second crash left it
		RunID: "run-1", Timestamp: now, TemplateID: "inline", Status: store.Running, Attempt: 3, Crashes: 2,
		LeaseUntil: now.Add(-time.Second), UpdatedAt: now.Add(-time.Minute),
		Input: fmt.Appendf(nil, `{"brandGuide":%q,"templateFunnel":%q}`, guide, testFunnel(1, 1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.fails(map[string]any{"runId": "run-1"}, pipeline.AttemptsExhausted)
	if r := w.getRun("run-1"); r.Status != "failed" || r.Crashes != 3 || len(w.openai.Calls()) != 0 {
		t.Errorf("%+v", r)
	}
	if s := w.run(map[string]any{"runId": "run-1"}); s.Status != "completed" {
		t.Errorf("somebody decided to try again, and: %+v", s)
	}
}

func TestAnExecutionsNameMayHaveCharactersThatARunIDMayNot(t *testing.T) {
	w := newWorld(t)
	input := inline("", testFunnel(0, 1))
	delete(input, "runId")
	s := w.run(w.envelope("launch(v2) büro:uuid", 0, map[string]any{"input": input}))
	if w.getRun(s.RunID).Status != "completed" || w.run(map[string]any{"runId": s.RunID}).Status != "completed" {
		t.Errorf("run id %q", s.RunID)
	}
}

func TestASecondDeliveryDoesNotReopenAFailedRun(t *testing.T) {
	w := newWorld(t)
	payload := w.envelope("e:u", 0, map[string]any{"input": map[string]any{"templateId": "nobody", "runId": "run-1"}})
	for _, want := range []pipeline.ErrorName{pipeline.TemplateNotFound, pipeline.RunInProgress} {
		if _, err := w.handle(context.Background(), payload); pipeline.NameOf(err) != want {
			t.Fatalf("%s: %v, want %s", pipeline.NameOf(err), err, want)
		}
		w.do(with(with(payload, "action", "handleFailure"), "error", string(want)), &struct{}{})
	}
	if r := w.getRun("run-1"); r.Status != "failed" || r.Error.Name != "TemplateNotFound" {
		t.Errorf("%+v", r)
	}
	if rows := w.rows("run-1", "error#"); len(rows) == 0 || rows[len(rows)-1].Data["name"] != "TemplateNotFound" {
		t.Errorf("the failure is not on record: %+v", rows)
	}
}

func TestADefaultModelThatIsShutDownIsReplacedWithAWarning(t *testing.T) {
	w := newWorld(t)
	w.run(inline("run-1", testFunnel(1, 1)))
	if m := w.getRun("run-1").Models; m["image"] != "gpt-image-2.6-sunburst" || m["imageReplaces"] != "gpt-image-1" || m["agent"] != "gpt-5" {
		t.Errorf("models: %v", m)
	}
	if !slices.ContainsFunc(w.logs.lines(t), func(line map[string]any) bool {
		d, _ := line["data"].(map[string]any)
		return line["level"] == "WARN" && d["replacement"] == "gpt-image-2.6-sunburst"
	}) {
		t.Error("nobody was warned")
	}
}

func TestAConfiguredModelThatIsShutDownFailsTheRun(t *testing.T) {
	w := newWorld(t, configured(func(c *pipeline.Config) { c.ImageModel = "gpt-image-1" }))
	err := w.fails(inline("run-1", testFunnel(1, 1)), pipeline.ModelRetired)
	if !strings.Contains(err.Error(), "gpt-image-2.6-sunburst") {
		t.Errorf("it does not name the replacement: %v", err)
	}
	if r := w.getRun("run-1"); r.Status != "failed" {
		t.Errorf("%+v", r)
	}
}
