package stacktest

import (
	"bytes"
	"encoding/json"
	"image"
	_ "image/jpeg"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

func TestLambda(t *testing.T) {
	w := world(t, lambdatest.Options{})

	stored := answered[object](t, w, put("summer", 3))
	if stored["version"] != "1" || stored["status"] != "active" {
		t.Fatalf("putTemplate answered %v", stored)
	}
	call, err := w.Begin(object{"templateId": "summer", "templateVersion": "latest", "input": object{"input_as_text": "Please rewrite the funnel JSON."}})
	if err != nil {
		t.Fatal(err)
	}
	raw, failed, err := call.Wait(patience(t))
	if err != nil || failed != nil {
		t.Fatalf("run: %v, %v", err, failed)
	}
	var run pipeline.Summary
	if err := json.Unmarshal(raw, &run); err != nil {
		t.Fatal(err)
	}

	t.Run("CompletesTheRun", func(t *testing.T) {
		if run.Status != store.Completed || run.TemplateVersion != "1" || run.Images != (pipeline.ImageCounts{Total: 3, Succeeded: 3}) || run.Problems.Count != 0 {
			t.Fatalf("summary: %+v", run)
		}
		if run.RunID != call.RequestID {
			t.Errorf("runId %q; a direct run is named by its invocation, %q", run.RunID, call.RequestID)
		}
		var document struct {
			Funnel []object         `json:"funnel_json"`
			Assets []pipeline.Asset `json:"asset_map"`
		}
		if err := json.Unmarshal(run.Output.Document, &document); err != nil {
			t.Fatal(err)
		}
		if len(document.Funnel) != 5 || len(document.Assets) != 3 {
			t.Fatalf("%d elements and %d assets", len(document.Funnel), len(document.Assets))
		}
		for _, asset := range document.Assets {
			key, ours := strings.CutPrefix(asset.S3URL, lambdatest.ImageBaseURL+"/")
			stored, err := w.Objects.Get(t.Context(), key)
			if !ours || err != nil {
				t.Fatalf("image at %s: %v", asset.S3URL, err)
			}
			// At twice the size that the funnel declares.
			if made, _, err := image.DecodeConfig(bytes.NewReader(stored)); err != nil || made.Width != 120 || made.Height != 80 {
				t.Errorf("image of %s: %dx%d, %v", asset.ElementID, made.Width, made.Height, err)
			}
		}
	})
	t.Run("CostsWhatOpenAIBilled", func(t *testing.T) {
		bill := w.OpenAI.Bill()
		if run.Cost.Total != cost.Amount(bill.Total) || run.Cost.Image != cost.Amount(bill.Image) || bill.Total == 0 {
			t.Errorf("the run cost %v (images %v); OpenAI billed %v (images %v)", run.Cost.Total, run.Cost.Image, cost.Amount(bill.Total), cost.Amount(bill.Image))
		}
	})
	t.Run("ReadsTheKeyOnce", func(t *testing.T) {
		if n := w.SecretReads(); n != 1 {
			t.Errorf("the secret was read %d times", n)
		}
	})
	t.Run("AnswersEveryQuestion", func(t *testing.T) {
		if got := answered[object](t, w, object{"action": "getTemplate", "templateId": "summer"}); got["brandGuideContent"] != guide {
			t.Errorf("getTemplate: %v", got)
		}
		if got := answered[struct{ Templates []object }](t, w, object{"action": "listTemplates", "status": "active"}); len(got.Templates) != 1 {
			t.Errorf("listTemplates: %v", got)
		}
		if got := answered[pipeline.Summary](t, w, object{"action": "getRun", "runId": run.RunID}); got.Cost.Total != run.Cost.Total || got.Status != store.Completed {
			t.Errorf("getRun: %+v", got)
		}
		if got := answered[struct{ Runs []pipeline.Summary }](t, w, object{"action": "getRunHistory", "templateId": "summer", "limit": 10}); len(got.Runs) != 1 || got.Runs[0].RunID != run.RunID {
			t.Errorf("getRunHistory: %+v", got)
		}
		if got := answered[struct{ Logs []object }](t, w, object{"action": "getRunLogs", "runId": run.RunID, "logType": "call#image#"}); len(got.Logs) != 3 {
			t.Errorf("getRunLogs: %v", got)
		}
		if got := answered[object](t, w, object{"action": "estimate", "templateId": "summer"}); len(got) == 0 {
			t.Errorf("estimate: %v", got)
		}
		if again := answered[pipeline.Summary](t, w, object{"runId": run.RunID}); again.Status != store.Completed || cost.Amount(w.OpenAI.Bill().Total) != run.Cost.Total {
			t.Errorf("the completed run invoked again: %+v, billed %d", again, w.OpenAI.Bill().Total)
		}
	})
	t.Run("LogsInTheDocumentedFormat", func(t *testing.T) {
		ofTheRun := 0
		for _, line := range w.Settled() {
			checkLine(t, line)
			if line.Field("runId") != run.RunID {
				continue
			}
			ofTheRun++
			if line.Field("requestId") != call.RequestID || line.Field("templateId") != "summer" {
				t.Errorf("a line of the run has another requestId or templateId: %s", line.Text)
			}
		}
		if ofTheRun < 10 {
			t.Errorf("the run has %d lines", ofTheRun)
		}
	})
}
