package openai_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
)

var agentBilled = cost.Usage{Input: 1000, Cached: 400, CacheWrite: 100, Output: 500, Reasoning: 200, ServiceTier: "default"}

func TestRespondRequest(t *testing.T) {
	schema := map[string]any{"type": "object", "properties": map[string]any{"a": map[string]any{"type": "string"}}, "required": []string{"a"}, "additionalProperties": false}
	full := openai.AgentRequest{
		Model: "gpt-5", Instructions: "be kind", Input: []string{"the guide", "the texts"},
		SchemaName: "rewrites", Schema: schema, MaxOutputTokens: 9000, Effort: "low", CacheKey: "tpl-1", Metadata: map[string]string{"runId": "r1"},
	}
	message := func(text string) string { return `{"role":"user","content":"` + text + `"}` }
	for name, tt := range map[string]struct {
		request    openai.AgentRequest
		foreground bool
		want       string
	}{
		"everything": {full, false, `{"background":true,"store":true,"service_tier":"default","truncation":"disabled","model":"gpt-5","instructions":"be kind",
			"input":[` + message("the guide") + `,` + message("the texts") + `],"max_output_tokens":9000,"prompt_cache_key":"tpl-1",
			"reasoning":{"effort":"low"},"metadata":{"runId":"r1"},
			"text":{"format":{"type":"json_schema","name":"rewrites","strict":true,
				"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}}`},
		"the least, in the foreground": {openai.AgentRequest{Model: "gpt-5", Input: []string{"hi"}}, true,
			`{"background":false,"store":true,"service_tier":"default","truncation":"disabled","model":"gpt-5","input":[` + message("hi") + `]}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, completed("resp_1", "{}"))
			if _, err := w.client(func(cfg *openai.Config) { cfg.Foreground = tt.foreground }).Respond(t.Context(), tt.request); err != nil {
				t.Fatal(err)
			}
			got := w.seen()[0]
			if got.method != "POST" || got.path != "/v1/responses" || got.key != "Bearer "+testKey {
				t.Errorf("%s %s with %q", got.method, got.path, got.key)
			}
			var body, want any
			if err := errors.Join(json.Unmarshal(got.body, &body), json.Unmarshal([]byte(tt.want), &want)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, body); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

// output is a completed response with these items of output.
func output(items string) string {
	return `{"id":"resp_1","status":"completed","model":"m","output":[` + items + `],` + agentUsage + `}`
}

func TestRespond(t *testing.T) {
	const text = `{"rewrites":[]}`
	ended := func(status, fields string) http.HandlerFunc {
		return answer(200, agentAnswer("resp_1", status, "", fields))
	}
	plain := cost.Usage{Input: 1000, Cached: 400, CacheWrite: 100, Output: 500, Reasoning: 200}
	type want struct {
		err      error
		text     string // of the answer, or in the error
		requests int
		charges  int
		usage    cost.Usage // zero is not billed
	}
	for name, tt := range map[string]struct {
		handlers []http.HandlerFunc
		want     want
	}{
		"completed at once":             {[]http.HandlerFunc{completed("resp_1", text)}, want{nil, text, 1, 0, agentBilled}},
		"queued, in progress, done":     {[]http.HandlerFunc{queued("resp_1"), ended("in_progress", ""), completed("resp_1", text)}, want{nil, text, 3, 0, agentBilled}},
		"status left out":               {[]http.HandlerFunc{answer(200, `{"id":"resp_1","output":[{"type":"message","content":[{"type":"output_text","text":"hi"}]}],`+agentUsage+`}`)}, want{nil, "hi", 1, 0, plain}},
		"completed without usage":       {[]http.HandlerFunc{answer(200, agentAnswer("resp_1", "completed", text, ``))}, want{nil, text, 1, 1, cost.Usage{}}},
		"completed, usage null":         {[]http.HandlerFunc{queued("resp_1"), answer(200, agentAnswer("resp_1", "completed", text, `,"usage":null`))}, want{nil, text, 2, 1, cost.Usage{}}},
		"more reasoning than output":    {[]http.HandlerFunc{answer(200, agentAnswer("resp_1", "completed", text, `,"usage":{"input_tokens":1,"output_tokens":5,"output_tokens_details":{"reasoning_tokens":6}}`))}, want{nil, text, 1, 1, cost.Usage{}}},
		"negative usage":                {[]http.HandlerFunc{answer(200, agentAnswer("resp_1", "completed", text, `,"usage":{"input_tokens":1,"output_tokens":-5}`))}, want{nil, text, 1, 1, cost.Usage{}}},
		"fractional usage":              {[]http.HandlerFunc{answer(200, agentAnswer("resp_1", "completed", text, `,"usage":{"input_tokens":1.5,"output_tokens":5}`))}, want{nil, text, 1, 1, cost.Usage{}}},
		"completed without text":        {[]http.HandlerFunc{completed("resp_1", "")}, want{openai.ErrMalformed, "holds no text", 1, 0, agentBilled}},
		"only reasoning":                {[]http.HandlerFunc{answer(200, output(`{"type":"reasoning","content":[{"type":"output_text","text":"hm"}]}`))}, want{openai.ErrMalformed, "holds no text", 1, 0, plain}},
		"commentary is not the answer":  {[]http.HandlerFunc{answer(200, output(`{"type":"message","phase":"commentary","content":[{"type":"output_text","text":"on it"}]},{"type":"message","phase":"final_answer","content":[{"type":"output_text","text":"a"},{"type":"output_text","text":"b"}]}`))}, want{nil, "ab", 1, 0, plain}},
		"content of another shape":      {[]http.HandlerFunc{answer(200, output(`{"type":"tool_call","content":"x"},{"type":"message","content":"hi"}`))}, want{openai.ErrMalformed, "cannot be read", 1, 0, plain}},
		"refused":                       {[]http.HandlerFunc{answer(200, output(`{"type":"message","content":[{"type":"refusal","refusal":"I would rather not"}]}`))}, want{openai.ErrRefused, "I would rather not", 1, 0, plain}},
		"refused beside text":           {[]http.HandlerFunc{answer(200, output(`{"type":"message","content":[{"type":"output_text","text":"{}"},{"type":"refusal","refusal":"no"}]}`))}, want{openai.ErrRefused, "no", 1, 0, plain}},
		"refused in commentary":         {[]http.HandlerFunc{answer(200, output(`{"type":"message","phase":"commentary","content":[{"type":"refusal","refusal":"no"}]},{"type":"message","content":[{"type":"output_text","text":"{}"}]}`))}, want{openai.ErrRefused, "no", 1, 0, plain}},
		"refused without a word":        {[]http.HandlerFunc{answer(200, output(`{"type":"message","content":[{"type":"refusal"},{"type":"output_text","text":"{}"}]}`))}, want{openai.ErrRefused, "", 1, 0, plain}},
		"refused and incomplete":        {[]http.HandlerFunc{answer(200, `{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message","content":[{"type":"refusal","refusal":"no"}]}],`+agentUsage+`}`)}, want{openai.ErrRefused, "no", 1, 0, plain}},
		"too long":                      {[]http.HandlerFunc{answer(200, `{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message","content":[{"type":"output_text","text":"{\"a"}]}],`+agentUsage+`}`)}, want{openai.ErrIncomplete, "max_output_tokens", 1, 0, plain}},
		"too long, usage missing":       {[]http.HandlerFunc{ended("incomplete", ``)}, want{openai.ErrIncomplete, "", 1, 1, cost.Usage{}}},
		"filtered":                      {[]http.HandlerFunc{answer(200, `{"id":"resp_1","status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[],`+agentUsage+`}`)}, want{openai.ErrRefused, "content_filter", 1, 0, plain}},
		"failed by a server error":      {[]http.HandlerFunc{queued("resp_1"), answer(200, `{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"sorry"},"usage":null}`)}, want{openai.ErrUnavailable, "server_error: sorry", 4, 0, cost.Usage{}}},
		"failed, and it cost":           {[]http.HandlerFunc{answer(200, `{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"sorry"},`+agentUsage+`}`)}, want{openai.ErrUnavailable, "sorry", 1, 0, plain}},
		"failed, asked again, good":     {[]http.HandlerFunc{queued("resp_1"), answer(200, `{"id":"resp_1","status":"failed","error":{"code":"server_error","message":"sorry"},"usage":null}`), queued("resp_2"), completed("resp_2", text)}, want{nil, text, 4, 0, agentBilled}},
		"failed by the rate limit":      {[]http.HandlerFunc{answer(200, `{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"slow"}}`)}, want{openai.ErrUnavailable, "slow", 3, 0, cost.Usage{}}},
		"failed by the prompt":          {[]http.HandlerFunc{answer(200, `{"id":"resp_1","status":"failed","error":{"code":"invalid_prompt","message":"flagged"}}`)}, want{openai.ErrRefused, "flagged", 1, 0, cost.Usage{}}},
		"failed by the quota":           {[]http.HandlerFunc{answer(200, `{"id":"resp_1","status":"failed","error":{"code":"insufficient_quota","message":"pay"}}`)}, want{openai.ErrQuota, "pay", 1, 0, cost.Usage{}}},
		"failed by the request":         {[]http.HandlerFunc{answer(200, `{"id":"resp_1","status":"failed","error":{"code":"image_too_large","message":"big"}}`)}, want{openai.ErrRejected, "big", 1, 0, cost.Usage{}}},
		"failed without a reason":       {[]http.HandlerFunc{ended("failed", "")}, want{openai.ErrUnavailable, "", 3, 3, cost.Usage{}}},
		"failed with an error string":   {[]http.HandlerFunc{answer(200, `{"id":"resp_1","status":"failed","error":"oh no"}`)}, want{openai.ErrUnavailable, "oh no", 3, 3, cost.Usage{}}},
		"cancelled":                     {[]http.HandlerFunc{queued("resp_1"), ended("cancelled", "")}, want{openai.ErrExpired, "cancelled", 2, 1, cost.Usage{}}},
		"cancelled, and it cost":        {[]http.HandlerFunc{queued("resp_1"), ended("cancelled", ","+agentUsage)}, want{openai.ErrExpired, "cancelled", 2, 0, agentBilled}},
		"expired":                       {[]http.HandlerFunc{queued("resp_1"), ended("expired", "")}, want{openai.ErrExpired, "expired", 2, 1, cost.Usage{}}},
		"status nobody knows":           {[]http.HandlerFunc{ended("steaming", "")}, want{openai.ErrMalformed, `"steaming"`, 1, 1, cost.Usage{}}},
		"gone":                          {[]http.HandlerFunc{queued("resp_1"), failure(404, "", "Response with id 'resp_1' not found.")}, want{openai.ErrExpired, "not found", 2, 1, cost.Usage{}}},
		"an error in a good status":     {[]http.HandlerFunc{answer(200, `{"error":{"message":"no"}}`)}, want{openai.ErrMalformed, "", 1, 1, cost.Usage{}}},
		"truncated JSON":                {[]http.HandlerFunc{answer(200, `{"id":"resp_1","sta`)}, want{openai.ErrMalformed, "unexpected end", 1, 1, cost.Usage{}}},
		"a page":                        {[]http.HandlerFunc{page(200)}, want{openai.ErrMalformed, "a page", 1, 1, cost.Usage{}}},
		"queued without an id":          {[]http.HandlerFunc{queued("")}, want{openai.ErrMalformed, "no id", 1, 1, cost.Usage{}}},
		"queued under a path":           {[]http.HandlerFunc{queued("../../admin?x=1")}, want{openai.ErrMalformed, "no id", 1, 1, cost.Usage{}}},
		"asked: hung up on, then good":  {[]http.HandlerFunc{hangUp, completed("resp_1", text)}, want{nil, text, 2, 1, agentBilled}},
		"asked: gateway's page":         {[]http.HandlerFunc{page(502), queued("resp_1"), completed("resp_1", text)}, want{nil, text, 3, 1, agentBilled}},
		"asked: half an answer":         {[]http.HandlerFunc{half(200, agentAnswer("resp_1", "queued", "", "")), queued("resp_2"), completed("resp_2", text)}, want{nil, text, 3, 1, agentBilled}},
		"asked: rate limit":             {[]http.HandlerFunc{failure(429, "rate_limit_exceeded", "slow down"), completed("resp_1", text)}, want{nil, text, 2, 0, agentBilled}},
		"asked: no such path":           {[]http.HandlerFunc{failure(404, "", "Unknown request URL")}, want{openai.ErrRejected, "Unknown request URL", 1, 0, cost.Usage{}}},
		"fetched through every trouble": {[]http.HandlerFunc{queued("resp_1"), hangUp, page(502), ended("in_progress", ""), half(200, "{}{}{}"), answer(200, `{"id`), completed("resp_1", text)}, want{nil, text, 7, 0, agentBilled}},
		"fetched: another response":     {[]http.HandlerFunc{queued("resp_1"), completed("resp_2", "theirs"), completed("resp_1", text)}, want{nil, text, 3, 0, agentBilled}},
		"fetched: never an answer":      {[]http.HandlerFunc{queued("resp_1"), page(503)}, want{openai.ErrUnavailable, "attempt 3 of 3", 4, 0, cost.Usage{}}},
		"fetched: never readable":       {[]http.HandlerFunc{queued("resp_1"), page(200)}, want{openai.ErrMalformed, "attempt 3 of 3", 4, 0, cost.Usage{}}},
		"fetched: no status, then good": {[]http.HandlerFunc{queued("resp_1"), answer(200, `{}`), answer(200, `null`), completed("resp_1", text)}, want{nil, text, 4, 0, agentBilled}},
		"fetched: key refused":          {[]http.HandlerFunc{queued("resp_1"), failure(401, "invalid_api_key", "no")}, want{openai.ErrUnauthorized, "", 3, 0, cost.Usage{}}},
		"fetched: key rotated":          {[]http.HandlerFunc{queued("resp_1"), failure(401, "invalid_api_key", "no"), completed("resp_1", text)}, want{nil, text, 3, 0, agentBilled}},
	} {
		t.Run(name, func(t *testing.T) {
			w, ch := serve(t, tt.handlers...), &charges{}
			got, err := w.client().Respond(t.Context(), openai.AgentRequest{Model: "gpt-5", Input: []string{"hi"}, MaybeCharged: ch.record})
			if !errors.Is(err, tt.want.err) || err != nil && !strings.Contains(err.Error(), tt.want.text) {
				t.Errorf("error %v; want %v with %q", err, tt.want.err, tt.want.text)
			}
			if err == nil && got.Text != tt.want.text || err != nil && got.Text != "" {
				t.Errorf("text %q; want %q", got.Text, tt.want.text)
			}
			if n := len(w.seen()); n != tt.want.requests {
				t.Errorf("%d requests; want %d", n, tt.want.requests)
			}
			if len(ch.causes) != tt.want.charges {
				t.Errorf("%d possible charges; want %d: %v", len(ch.causes), tt.want.charges, ch.causes)
			}
			if fetchAgain := strings.HasPrefix(name, "fetched: ") && err != nil; fetchAgain && (got.Done || got.ID != "resp_1") || err == nil && !got.Done {
				t.Errorf("id %q, done %v", got.ID, got.Done)
			}
			if errors.Is(err, openai.ErrExpired) && !got.Done {
				t.Error("a response that is gone is not done")
			}
			if diff := cmp.Diff(tt.want.usage, got.Usage); diff != "" || got.Billed != (tt.want.usage != cost.Usage{}) {
				t.Errorf("billed %v; usage (-want +got):\n%s", got.Billed, diff)
			}
		})
	}
}

func TestStarted(t *testing.T) {
	full := errors.New("the ledger is full")
	for name, tt := range map[string]struct {
		handler    http.HandlerFunc
		foreground bool
		fail       error
		requests   int
		started    string
		billed     bool
	}{
		"before the first look":              {queued("resp_1"), false, nil, 2, "resp_1", true},
		"its error ends the call":            {queued("resp_1"), false, full, 1, "resp_1", false},
		"also when done at once":             {completed("resp_1", "x"), false, nil, 1, "resp_1", true},
		"its error keeps what was used":      {completed("resp_1", "x"), false, full, 1, "resp_1", true},
		"not in the foreground":              {completed("resp_1", "x"), true, full, 1, "", true},
		"but when it is queued all the same": {queued("resp_1"), true, nil, 2, "resp_1", true},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, tt.handler, completed("resp_1", "x"))
			var started string
			got, err := w.client(func(cfg *openai.Config) { cfg.Foreground = tt.foreground }).Respond(t.Context(), openai.AgentRequest{
				Model: "gpt-5", Input: []string{"hi"},
				Started: func(id string) error {
					if n := len(w.seen()); n != 1 {
						t.Errorf("started after %d requests", n)
					}
					started += id
					return tt.fail
				},
			})
			wantErr := tt.fail
			if tt.foreground {
				wantErr = nil
			}
			if !errors.Is(err, wantErr) || started != tt.started || len(w.seen()) != tt.requests || got.Billed != tt.billed {
				t.Errorf("%v, started %q, %d requests, billed %v", err, started, len(w.seen()), got.Billed)
			}
			if got.ID != "resp_1" {
				t.Errorf("id %q", got.ID)
			}
		})
	}
}

func TestCancelledWhileAsking(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w, ch := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		cancel()
		silent(rw, r)
	}), &charges{}
	got, err := w.client(foreground).Respond(ctx, openai.AgentRequest{Model: "gpt-5", Input: []string{"hi"}, MaybeCharged: ch.record})
	if !errors.Is(err, context.Canceled) || got.ID != "" || len(ch.causes) != 1 || !errors.Is(ch.causes[0], context.Canceled) {
		t.Errorf("%v, %+v, charges %v", err, got, ch.causes)
	}
}

func TestRespondMaybeChargedError(t *testing.T) {
	full := errors.New("the ledger is full")
	for name, tt := range map[string]struct {
		handlers []http.HandlerFunc
		text     string
	}{
		"good answer without usage": {[]http.HandlerFunc{answer(200, agentAnswer("resp_1", "completed", "hi", ""))}, "hi"},
		"gone":                      {[]http.HandlerFunc{queued("resp_1"), answer(404, "{}")}, ""},
		"cancelled":                 {[]http.HandlerFunc{queued("resp_1"), answer(200, agentAnswer("resp_1", "cancelled", "", ""))}, ""},
	} {
		ch := &charges{fail: full}
		got, err := serve(t, tt.handlers...).client().Respond(t.Context(), openai.AgentRequest{Model: "m", Input: []string{"hi"}, MaybeCharged: ch.record})
		if !errors.Is(err, full) || got.ID != "resp_1" || got.Text != tt.text || len(ch.causes) != 1 {
			t.Errorf("%s: %v, %+v, charges %v", name, err, got, ch.causes)
		}
	}
}

func TestUnmarshalableSchemaIsRejected(t *testing.T) {
	w, ch := serve(t, completed("resp_1", "x")), &charges{}
	_, err := w.client().Respond(t.Context(), openai.AgentRequest{
		Model: "m", Input: []string{"hi"}, SchemaName: "s", Schema: map[string]any{"type": make(chan int)}, MaybeCharged: ch.record,
	})
	if !errors.Is(err, openai.ErrRejected) || len(w.seen()) != 0 || len(ch.causes) != 0 {
		t.Errorf("%v after %d requests, charges %v", err, len(w.seen()), ch.causes)
	}
}
