package openaitest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
)

func TestBackgroundResponseIsQueuedThenInProgressThenCompleted(t *testing.T) {
	gate := openaitest.NewGate()
	s := openaitest.NewServer(t, openaitest.Options{
		AgentLatency: time.Millisecond,
		Fault: func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent {
				return &openaitest.Fault{Hold: gate}
			}
			return nil
		},
	})
	r := postJSON(t, s, ask(oneText, nil)).response(t)
	if r.Status != "queued" || r.Usage != nil || len(r.Output) != 0 {
		t.Errorf("created as %+v", r)
	}
	if c := <-gate.Arrived(); c.ResponseID != r.ID || len(c.Elements) != 1 || c.Elements[0] != "opt_headline" {
		t.Errorf("held %+v", c)
	}
	if again := get(t, s, r.ID).response(t); again.Status != "in_progress" || again.Usage != nil {
		t.Errorf("retrieved as %+v", again)
	}
	if s.Bill().Total != 0 || s.InFlight(openaitest.KindAgent) != 1 {
		t.Errorf("billed %d with %d in flight", s.Bill().Total, s.InFlight(openaitest.KindAgent))
	}
	gate.Release()
	s.Wait()
	if s.Bill().Total == 0 {
		t.Error("not billed, though it completed unseen")
	}
	billed := s.Bill().Total
	for range 2 {
		if r := get(t, s, r.ID).response(t); r.Status != "completed" || r.Usage == nil {
			t.Errorf("retrieved as %+v", r)
		}
	}
	if s.Bill().Total != billed || len(s.Bill().Charges) != 1 {
		t.Errorf("billed %d after two retrieves, %d before", s.Bill().Total, billed)
	}
}

func TestForegroundResponseIsAnsweredWhole(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	r := postJSON(t, s, ask(oneText, map[string]any{"background": nil})).response(t)
	if r.Status != "completed" || r.Usage == nil || rewrites(t, r.text())["opt_headline"] == "" {
		t.Errorf("answered %+v", r)
	}
	if problem := cancel(t, s, r.ID); problem.status != http.StatusBadRequest {
		t.Errorf("cancelling it: status %d", problem.status)
	}
}

func TestAnswerHoldsEveryElementOnceAndOnlyThose(t *testing.T) {
	texts := map[string]string{}
	for i := range 300 {
		texts[fmt.Sprintf("el_%d", i)] = fmt.Sprintf("Get the <b>guide</b> {{n}} for %d", i)
	}
	s := openaitest.NewServer(t, openaitest.Options{Rewrite: func(id, text string) string { return id + "|" + text }})
	r := postJSON(t, s, ask(texts, map[string]any{"background": false})).response(t)
	got := rewrites(t, r.text())
	for id, text := range texts {
		if got[id] != id+"|"+text {
			t.Errorf("%s: %q", id, got[id])
		}
	}
	if len(got) != len(texts) || len(s.Calls()[0].Elements) != len(texts) {
		t.Errorf("%d rewrites, %d elements recorded", len(got), len(s.Calls()[0].Elements))
	}
}

func TestAnswerObeysAnotherSchema(t *testing.T) {
	schema := `{"type":"object","additionalProperties":false,"required":["rewrites","mood","score","sure","more","none"],
		"$defs":{"row":{"type":"object","additionalProperties":false,"required":["id","why"],"properties":{"id":{"type":"string"},"why":{"type":["string","null"]}}}},
		"properties":{"rewrites":{"type":"array","items":{"$ref":"#/$defs/row"}},"mood":{"type":"string","enum":["calm","loud"]},"score":{"type":"integer"},
		"sure":{"type":"boolean"},"more":{"anyOf":[{"type":"object","additionalProperties":false,"required":[],"properties":{}},{"type":"null"}]},"none":{"type":"null"}}}`
	format := map[string]any{"format": map[string]any{"type": "json_schema", "name": "other", "strict": true, "schema": json.RawMessage(schema)}}
	s := openaitest.NewServer(t, openaitest.Options{})
	r := postJSON(t, s, ask(oneText, map[string]any{"background": false, "text": format})).response(t)
	want := `{"mood":"calm","more":{},"none":null,"rewrites":[{"id":"opt_headline","why":null}],"score":0,"sure":false}`
	if r.text() != want {
		t.Errorf("answered %s, want %s", r.text(), want)
	}
}

func TestRequestsOutOfOrderAreRefused(t *testing.T) {
	schema := func(s string) map[string]any {
		return map[string]any{"text": map[string]any{"format": map[string]any{"type": "json_schema", "name": "rewrites", "strict": true, "schema": json.RawMessage(s)}}}
	}
	deep := `{"type":"string"}`
	for range 11 {
		deep = `{"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":` + deep + `}}`
	}
	names, required := []string{}, []string{}
	for i := range 5_001 {
		names = append(names, fmt.Sprintf(`"p%d":{"type":"string"}`, i))
		required = append(required, fmt.Sprintf(`"p%d"`, i))
	}
	wide := `{"type":"object","additionalProperties":false,"required":[` + strings.Join(required, ",") + `],"properties":{` + strings.Join(names, ",") + `}}`

	for name, tt := range map[string]struct {
		change      map[string]any
		status      int
		code, param string
	}{
		"no model":                   {map[string]any{"model": nil}, 400, "missing_required_parameter", "model"},
		"unknown model":              {map[string]any{"model": "gpt-9"}, 404, "model_not_found", ""},
		"image model":                {map[string]any{"model": "gpt-image-1"}, 400, "invalid_value", "model"},
		"no input":                   {map[string]any{"input": nil}, 400, "missing_required_parameter", "input"},
		"input of a number":          {map[string]any{"input": 1}, 400, "invalid_type", "input"},
		"unknown role":               {map[string]any{"input": []any{map[string]any{"role": "tool", "content": "x"}}}, 400, "invalid_value", "input[0].role"},
		"no content":                 {map[string]any{"input": []any{map[string]any{"role": "user"}}}, 400, "missing_required_parameter", "input[0].content"},
		"unknown parameter":          {map[string]any{"max_tokens": 10}, 400, "unknown_parameter", "max_tokens"},
		"instructions of a number":   {map[string]any{"instructions": 1}, 400, "invalid_type", "instructions"},
		"unknown effort":             {map[string]any{"reasoning": map[string]any{"effort": "huge"}}, 400, "invalid_value", "reasoning.effort"},
		"unknown tier":               {map[string]any{"service_tier": "cheap"}, 400, "invalid_value", "service_tier"},
		"unknown truncation":         {map[string]any{"truncation": "on"}, 400, "invalid_value", "truncation"},
		"temperature":                {map[string]any{"temperature": 0.2}, 400, "unsupported_parameter", "temperature"},
		"streaming":                  {map[string]any{"stream": true}, 400, "unsupported_parameter", "stream"},
		"tools":                      {map[string]any{"tools": []any{map[string]any{"type": "web_search"}}}, 400, "unsupported_parameter", "tools"},
		"few output tokens":          {map[string]any{"max_output_tokens": 15}, 400, "integer_below_min_value", "max_output_tokens"},
		"many output tokens":         {map[string]any{"max_output_tokens": 128_001}, 400, "integer_above_max_value", "max_output_tokens"},
		"long cache key":             {map[string]any{"prompt_cache_key": strings.Repeat("k", 65)}, 400, "string_above_max_length", "prompt_cache_key"},
		"long metadata":              {map[string]any{"metadata": map[string]string{"k": strings.Repeat("v", 513)}}, 400, "string_above_max_length", "metadata.k"},
		"input beyond the window":    {map[string]any{"input": strings.Repeat("word ", 220_000)}, 400, "context_length_exceeded", "input"},
		"format without a name":      {map[string]any{"text": map[string]any{"format": map[string]any{"type": "json_schema", "schema": map[string]any{}}}}, 400, "invalid_value", "text.format.name"},
		"format without a schema":    {map[string]any{"text": map[string]any{"format": map[string]any{"type": "json_schema", "name": "x"}}}, 400, "missing_required_parameter", "text.format.schema"},
		"schema of an array":         {schema(`{"type":"array","items":{"type":"string"}}`), 400, "invalid_json_schema", "text.format.schema"},
		"schema of a union":          {schema(`{"type":"object","anyOf":[]}`), 400, "invalid_json_schema", "text.format.schema"},
		"schema open to more":        {schema(`{"type":"object","properties":{},"required":[]}`), 400, "invalid_json_schema", "text.format.schema"},
		"schema with optional":       {schema(`{"type":"object","additionalProperties":false,"properties":{"a":{"type":"string"}},"required":[]}`), 400, "invalid_json_schema", "text.format.schema"},
		"schema requiring a ghost":   {schema(`{"type":"object","additionalProperties":false,"properties":{},"required":["a"]}`), 400, "invalid_json_schema", "text.format.schema"},
		"schema open inside":         {schema(`{"type":"object","additionalProperties":false,"properties":{"a":{"type":"array","items":{"type":"object","properties":{}}}},"required":["a"]}`), 400, "invalid_json_schema", "text.format.schema"},
		"schema without a type":      {schema(`{"type":"object","additionalProperties":false,"properties":{"a":{}},"required":["a"]}`), 400, "invalid_json_schema", "text.format.schema"},
		"schema with allOf":          {schema(`{"type":"object","additionalProperties":false,"properties":{"a":{"allOf":[]}},"required":["a"]}`), 400, "invalid_json_schema", "text.format.schema"},
		"schema pointing nowhere":    {schema(`{"type":"object","additionalProperties":false,"properties":{"a":{"$ref":"#/$defs/b"}},"required":["a"]}`), 400, "invalid_json_schema", "text.format.schema"},
		"schema too deep":            {schema(deep), 400, "invalid_json_schema", "text.format.schema"},
		"schema with 5,001 fields":   {schema(wide), 400, "invalid_json_schema", "text.format.schema"},
		"array schema without items": {schema(`{"type":"object","additionalProperties":false,"properties":{"a":{"type":"array"}},"required":["a"]}`), 400, "invalid_json_schema", "text.format.schema"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Options{})
			a := postJSON(t, s, ask(oneText, tt.change))
			p := a.problem(t)
			if a.status != tt.status || p.code() != tt.code || p.param() != tt.param {
				t.Errorf("status %d, code %q, param %q, message %q", a.status, p.code(), p.param(), p.Message)
			}
			if s.Bill().Total != 0 || s.Calls()[0].Status != tt.status {
				t.Errorf("billed %d, recorded status %d", s.Bill().Total, s.Calls()[0].Status)
			}
		})
	}
}

func TestBodyThatIsNotJSONIsRefused(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	if a := postJSON(t, s, "{"); a.status != 400 {
		t.Errorf("half an object: status %d", a.status)
	}
	req, err := http.NewRequest(http.MethodPost, s.URL()+"/responses", strings.NewReader(ask(oneText, nil)))
	if err == nil {
		req.Header.Set("Content-Type", "text/plain")
	}
	a := do(t, req, err)
	if p := a.problem(t); a.status != 400 || p.code() != "unsupported_content_type" {
		t.Errorf("text/plain: status %d, code %q", a.status, p.code())
	}
}

func TestModelIsServedUntilItsShutdownDay(t *testing.T) {
	for name, tt := range map[string]struct {
		now    time.Time
		status int
	}{
		"the day before": {time.Date(2026, 12, 10, 23, 59, 59, 0, time.UTC), 200},
		"the day":        {time.Date(2026, 12, 11, 0, 0, 0, 0, time.UTC), 404},
		"the day before in New York, the day in UTC": {time.Date(2026, 12, 10, 20, 0, 0, 0, time.FixedZone("EST", -5*3600)), 404},
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Options{Now: func() time.Time { return tt.now }})
			a := postJSON(t, s, ask(oneText, nil))
			if a.status != tt.status {
				t.Fatalf("status %d", a.status)
			}
			if tt.status == 404 {
				if p := a.problem(t); p.code() != "model_not_found" || !strings.Contains(p.Message, "deprecated") {
					t.Errorf("code %q, message %q", p.code(), p.Message)
				}
			}
		})
	}
}

func TestResponseIsKeptAsLongAsItsStoreSays(t *testing.T) {
	for name, tt := range map[string]struct {
		change map[string]any
		after  time.Duration
		status int
	}{
		"background, store true":             {map[string]any{}, 24 * time.Hour, 200},
		"background, nothing said, soon":     {map[string]any{"store": nil}, 9 * time.Minute, 200},
		"background, nothing said, too late": {map[string]any{"store": nil}, 11 * time.Minute, 404},
		"foreground, nothing said":           {map[string]any{"background": false, "store": nil}, 24 * time.Hour, 200},
		"foreground, store false":            {map[string]any{"background": false, "store": false}, 0, 404},
	} {
		t.Run(name, func(t *testing.T) {
			now := make(chan time.Time, 1)
			now <- time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
			clock := func() time.Time { n := <-now; now <- n; return n }
			s := openaitest.NewServer(t, openaitest.Options{Now: clock})
			r := postJSON(t, s, ask(oneText, tt.change)).response(t)
			now <- (<-now).Add(tt.after)
			if a := get(t, s, r.ID); a.status != tt.status {
				t.Errorf("status %d: %s", a.status, a.body)
			}
		})
	}
}

func TestUnknownResponseIsNotFound(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	for name, a := range map[string]answer{"retrieved": get(t, s, "resp_nobody"), "cancelled": cancel(t, s, "resp_nobody")} {
		if p := a.problem(t); a.status != 404 || !strings.Contains(p.Message, "resp_nobody") {
			t.Errorf("%s: status %d, %q", name, a.status, p.Message)
		}
	}
}

func TestOutputEndsAtItsLimit(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	texts := map[string]string{"a": strings.Repeat("The quick guide. ", 100)}
	r := postJSON(t, s, ask(texts, map[string]any{"background": false, "max_output_tokens": 300, "reasoning": map[string]any{"effort": "minimal"}})).response(t)
	if r.Status != "incomplete" || r.IncompleteDetails == nil || r.IncompleteDetails.Reason != "max_output_tokens" || r.Usage.OutputTokens != 300 {
		t.Errorf("answered %+v", r)
	}
	if n := len(r.text()); n != 1200 {
		t.Errorf("%d bytes of text", n)
	}
	if bill := s.Bill(); len(bill.Charges) != 1 || bill.Charges[0].State != "incomplete" {
		t.Errorf("billed %+v", bill)
	}
}

func TestSameRequestGetsTheSameTextAndItsOwnID(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	body := ask(oneText, map[string]any{"background": false})
	one, two := postJSON(t, s, body).response(t), postJSON(t, s, body).response(t)
	if one.text() != two.text() || one.ID == two.ID {
		t.Errorf("%q as %s, then %q as %s", one.text(), one.ID, two.text(), two.ID)
	}
	calls := s.Calls()
	if calls[0].Attempt != 1 || calls[1].Attempt != 2 || calls[1].N != 2 || calls[1].ResponseID != two.ID {
		t.Errorf("recorded %+v", calls)
	}
}
