package main_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// object is a JSON object in a test.
type object map[string]any

const guide = `{"brandName":"Northwind Fitness","voice":"plain, warm, direct","colors":{"primary":"#0B3D91","accent":"#FF7A00"}}`

// drawn is a PNG.
func drawn(width, height int, shade ...byte) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	copy(m.Pix, shade)
	var b bytes.Buffer
	_ = png.Encode(&b, m) // into memory: it cannot fail
	return b.Bytes()
}

// picture is a small PNG as a data: URL, different for every shade.
func picture(shade byte) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(drawn(60, 40, shade))
}

// elements are a funnel of one headline, one body text and as many images as asked for.
func elements(images int) []object {
	list := []object{
		{"element_id": "opt_headline", "type": "character", "text": "Lose ten pounds before summer"},
		{"element_id": "opt_body", "type": "character", "text": "Hi {{first_name}}, our plan starts today. Read more at https://example.com/plan."},
	}
	for i := range images {
		list = append(list, object{
			"element_id": fmt.Sprintf("opt_image_%d_url", i), "type": "image", "url": picture(byte(40 * (i + 1))),
			"alt_text": "A runner at dawn", "width": 60, "height": 40, "transparent_bg": false,
		})
	}
	return list
}

// put is a putTemplate payload.
func put(id string, images int) object {
	return object{
		"action": "putTemplate", "templateId": id, "name": "Opt-in funnel", "description": "for tests",
		"brandGuideContent": guide, "templateFunnelJson": elements(images),
	}
}

// inline is a run payload that needs no template.
func inline(runID string, images int) object {
	return object{"runId": runID, "brandGuide": guide, "templateFunnel": elements(images), "input": "Please rewrite the funnel JSON."}
}

// patience bounds everything that a test waits for.
func patience(t *testing.T) context.Context {
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(done)
	return ctx
}

// answered invokes the function and unmarshals its response; a function error ends the test.
func answered[T any](t *testing.T, w *lambdatest.World, payload any) (response T) {
	t.Helper()
	raw, failed, err := w.Invoke(patience(t), payload)
	if err != nil || failed != nil {
		t.Fatalf("invoke: %v, %v", err, failed)
	}
	if err := json.Unmarshal(raw, &response); err != nil {
		t.Fatalf("response %.300s: %v", raw, err)
	}
	return response
}

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
			if made, err := png.DecodeConfig(bytes.NewReader(stored)); err != nil || made.Width != 60 || made.Height != 40 {
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

// logFields are the documented fields of a log line. Embedded metrics stand beside them.
var logFields = []string{"timestamp", "level", "requestId", "runId", "templateId", "message", "data", "duration", "type"}

// checkLine checks one line against the log format that README gives.
func checkLine(t *testing.T, l lambdatest.Line) {
	t.Helper()
	if l.Fields == nil || strings.Count(l.Text, "\n") != 1 {
		t.Errorf("not one JSON object on a line: %s", l.Text)
		return
	}
	stamp := l.Field("timestamp")
	if _, err := time.Parse(time.RFC3339, stamp); err != nil || !strings.HasSuffix(stamp, "Z") {
		t.Errorf("timestamp %q: %s", stamp, l.Text)
	}
	if !slices.Contains([]string{"DEBUG", "INFO", "WARN", "ERROR"}, l.Field("level")) || l.Field("message") == "" {
		t.Errorf("level or message: %s", l.Text)
	}
	if kind, typed := l.Fields["type"]; typed && kind != "metric" && kind != "cost" {
		t.Errorf("type %v: %s", kind, l.Text)
	}
	if d, timed := l.Fields["duration"]; timed {
		if _, number := d.(float64); !number {
			t.Errorf("duration %v: %s", d, l.Text)
		}
	}
	embedded := checkMetrics(t, l)
	for name := range l.Fields {
		if !slices.Contains(logFields, name) && !slices.Contains(embedded, name) {
			t.Errorf("field %q is not documented: %s", name, l.Text)
		}
	}
}

// checkMetrics checks the embedded metrics of a line against the EMF specification, and gives the fields they use.
func checkMetrics(t *testing.T, l lambdatest.Line) (fields []string) {
	t.Helper()
	if _, embedded := l.Fields["_aws"]; !embedded {
		return nil
	}
	var line struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal([]byte(l.Text), &line); err != nil || len(line.AWS.CloudWatchMetrics) == 0 {
		t.Errorf("embedded metrics, %v: %s", err, l.Text)
	}
	fields = []string{"_aws"}
	if age := time.Since(time.UnixMilli(line.AWS.Timestamp)); age < 0 || age > time.Hour {
		t.Errorf("the metrics are %v old: %s", age, l.Text)
	}
	for _, d := range line.AWS.CloudWatchMetrics {
		if d.Namespace != pipeline.MetricNamespace || len(d.Metrics) == 0 || len(d.Dimensions) == 0 {
			t.Errorf("embedded metrics: %s", l.Text)
		}
		for _, m := range d.Metrics {
			fields = append(fields, m.Name)
			if _, number := l.Fields[m.Name].(float64); !number || m.Unit == "" {
				t.Errorf("metric %s has no value or unit: %s", m.Name, l.Text)
			}
		}
		for _, names := range d.Dimensions {
			for _, name := range names {
				fields = append(fields, name)
				if l.Field(name) == "" {
					t.Errorf("dimension %s has no value: %s", name, l.Text)
				}
			}
		}
	}
	return fields
}

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

func TestLambda_SuspendsWhenItIsToldToEnd(t *testing.T) {
	// interrupted begins a run, ends its process when the call has begun, and goes on with it in another process.
	interrupted := func(t *testing.T, faults openaitest.Options, begun func(), gate *openaitest.Gate) (cost.Breakdown, cost.Amount) {
		w := world(t, lambdatest.Options{OpenAI: faults})
		call, err := w.Begin(inline("interrupted", 1))
		if err != nil {
			t.Fatal(err)
		}
		begun()
		call.Terminate()
		raw, failed, err := call.Wait(patience(t))
		if err != nil || failed != nil {
			t.Fatalf("%v, %v", failed, err)
		}
		var suspended pipeline.Summary
		if err := json.Unmarshal(raw, &suspended); err != nil || suspended.Status != store.Suspended {
			t.Fatalf("it answered %s, %v", raw, err)
		}
		gate.Release()
		done := answered[pipeline.Summary](t, w, object{"runId": "interrupted"})
		if done.Status != store.Completed || done.Images.Succeeded != 1 {
			t.Fatalf("invoked again: %+v", done)
		}
		return done.Cost, cost.Amount(w.OpenAI.Bill().Total)
	}
	t.Run("DuringTheAgentsAnswer", func(t *testing.T) { // it is fetched by its id
		gate := openaitest.NewGate()
		faults, asked := heldAnswer(gate)
		got, billed := interrupted(t, faults, func() { <-asked }, gate)
		if got.PossiblyCharged != nil || got.Total != billed {
			t.Errorf("billed %v, on record %+v", billed, got)
		}
	})
	t.Run("DuringAnImage", func(t *testing.T) { // it is made again, and the record says so
		gate := openaitest.NewGate()
		faults := openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindImage && c.N == 1 {
				return &openaitest.Fault{Hold: gate, Image: undrawn.Image}
			}
			return undrawn
		}}
		got, billed := interrupted(t, faults, func() { <-gate.Arrived() }, gate)
		if got.PossiblyCharged == nil || got.Total+got.PossiblyCharged.Cost != billed {
			t.Errorf("billed %v, on record %+v", billed, got)
		}
	})
}
