package openaitest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
)

// faulty starts a server whose calls of one kind all have this fault.
func faulty(t *testing.T, kind string, f openaitest.Fault) *openaitest.Server {
	t.Helper()
	return openaitest.NewServer(t, openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
		if c.Kind != kind {
			return nil
		}
		return &f
	}})
}

var foreground = map[string]any{"background": false}

func TestFaultIsAskedWithWhatTheCallIs(t *testing.T) {
	var seen []openaitest.Call
	s := openaitest.NewServer(t, openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
		seen = append(seen, c)
		if c.Kind == openaitest.KindImage && c.N == 2 {
			return &openaitest.Fault{Code: "server_error"}
		}
		return nil
	}})
	for i, want := range []int{200, 500, 200} {
		if a := edit(nil).post(t, s); a.status != want {
			t.Errorf("image %d: status %d", i+1, a.status)
		}
	}
	r := postJSON(t, s, ask(oneText, map[string]any{"prompt_cache_key": "k", "metadata": map[string]string{"runId": "run-1"}})).response(t)
	get(t, s, r.ID)
	if c := seen[2]; c.N != 3 || c.Attempt != 3 || !strings.Contains(c.Prompt, "hero image") || c.Size != "1536x1024" || c.Header.Get("Authorization") == "" {
		t.Errorf("third image: %+v", c)
	}
	if c := seen[3]; c.N != 1 || c.Elements[0] != "opt_headline" || c.CacheKey != "k" || c.Metadata["runId"] != "run-1" || len(c.Input) != 2 || !c.Store || !c.InBackground || c.SchemaName != "rewrites" {
		t.Errorf("agent: %+v", c)
	}
	if c := seen[4]; c.Kind != openaitest.KindRetrieve || c.ResponseID != r.ID {
		t.Errorf("retrieve: %+v", c)
	}
	if s.Bill().Image != 2*40_000_000 {
		t.Errorf("billed %d for images", s.Bill().Image)
	}
}

func TestDroppedConnections(t *testing.T) {
	for name, tt := range map[string]struct {
		fault  openaitest.Fault
		status int
		billed bool
	}{
		"before": {openaitest.Fault{Drop: openaitest.DropBefore}, 0, false},
		"after":  {openaitest.Fault{Drop: openaitest.DropAfter}, 0, true},
		"mid":    {openaitest.Fault{Drop: openaitest.DropMid}, 200, true},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, post := range map[string]func(*openaitest.Server) answer{
				openaitest.KindImage: func(s *openaitest.Server) answer { return edit(nil).post(t, s) },
				openaitest.KindAgent: func(s *openaitest.Server) answer { return postJSON(t, s, ask(oneText, nil)) },
			} {
				s := faulty(t, kind, tt.fault)
				a := post(s)
				if a.err == nil || a.status != tt.status || (tt.status != 0) != (len(a.body) > 0) || json.Valid(a.body) {
					t.Errorf("%s: status %d, %d bytes, error %v", kind, a.status, len(a.body), a.err)
				}
				if c := s.Calls()[0]; c.Billed != tt.billed || c.Status != tt.status || (c.Nano > 0) != tt.billed {
					t.Errorf("%s: recorded %+v", kind, c)
				}
			}
		})
	}
}

func TestRawBodiesAreSentAsTheyAre(t *testing.T) {
	for name, tt := range map[string]struct {
		fault  openaitest.Fault
		billed bool
	}{
		"gateway's page":                   {openaitest.Fault{Status: 502, Body: "<html>Bad Gateway</html>"}, false},
		"gateway's page, work done behind": {openaitest.Fault{Status: 504, Body: "<html>Timeout</html>", Charge: true}, true},
		"answer cut short":                 {openaitest.Fault{Body: `{"id":"resp_`, Header: http.Header{"Content-Type": {"application/json"}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, post := range map[string]func(*openaitest.Server) answer{
				openaitest.KindImage: func(s *openaitest.Server) answer { return edit(nil).post(t, s) },
				openaitest.KindAgent: func(s *openaitest.Server) answer { return postJSON(t, s, ask(oneText, foreground)) },
			} {
				s := faulty(t, kind, tt.fault)
				a := post(s)
				wantStatus, wantType := max(tt.fault.Status, 200), "text/html"
				if v := tt.fault.Header.Get("Content-Type"); v != "" {
					wantType = v
				}
				if a.status != wantStatus || string(a.body) != tt.fault.Body || a.header.Get("Content-Type") != wantType {
					t.Errorf("%s: status %d, type %q, body %q", kind, a.status, a.header.Get("Content-Type"), a.body)
				}
				if c := s.Calls()[0]; c.Billed != tt.billed || c.Status != wantStatus {
					t.Errorf("%s: recorded %+v", kind, c)
				}
			}
		})
	}
}

func TestAgentSaysWhatTheFaultHasItSay(t *testing.T) {
	for name, tt := range map[string]struct {
		fault  openaitest.Fault
		status string
		billed bool
		check  func(*testing.T, wireResponse)
	}{
		"a refusal": {openaitest.Fault{Refusal: "I can't help."}, "completed", true, func(t *testing.T, r wireResponse) {
			if r.text() != "" || !strings.Contains(refusals(r), "I can't help.") {
				t.Errorf("output %+v", r.Output)
			}
		}},
		"a refusal beside text": {openaitest.Fault{Refusal: "No.", Text: "{}"}, "completed", true, func(t *testing.T, r wireResponse) {
			if r.text() != "{}" || refusals(r) != "No." {
				t.Errorf("output %+v", r.Output)
			}
		}},
		"other text": {openaitest.Fault{Text: "Sure! Here it is."}, "completed", true, func(t *testing.T, r wireResponse) {
			if r.text() != "Sure! Here it is." {
				t.Errorf("text %q", r.text())
			}
		}},
		"other rewrites": {openaitest.Fault{Edit: func(r []openaitest.Rewritten) []openaitest.Rewritten { return append(r, r[0]) }}, "completed", true, func(t *testing.T, r wireResponse) {
			if strings.Count(r.text(), "opt_headline") != 2 {
				t.Errorf("text %q", r.text())
			}
		}},
		"half its text": {openaitest.Fault{Incomplete: "content_filter"}, "incomplete", true, func(t *testing.T, r wireResponse) {
			if r.IncompleteDetails.Reason != "content_filter" || r.text() == "" || json.Valid([]byte(r.text())) || r.Usage == nil {
				t.Errorf("answer %+v", r)
			}
		}},
		"that it failed": {openaitest.Fault{ResponseStatus: "failed", Code: "rate_limit_exceeded"}, "failed", false, func(t *testing.T, r wireResponse) {
			if r.Error == nil || r.Error.Code != "rate_limit_exceeded" || r.Error.Message == "" || r.Usage != nil || len(r.Output) != 0 {
				t.Errorf("answer %+v", r)
			}
		}},
		"that it expired": {openaitest.Fault{ResponseStatus: "expired"}, "expired", false, nil},
		"no usage": {openaitest.Fault{NoUsage: true}, "completed", true, func(t *testing.T, r wireResponse) {
			if r.Usage != nil {
				t.Errorf("usage %+v", r.Usage)
			}
		}},
		"impossible usage": {openaitest.Fault{Usage: &openaitest.Usage{Input: 10, Cached: 20, Output: -1}}, "completed", true, func(t *testing.T, r wireResponse) {
			if r.Usage.InputTokens != 10 || r.Usage.InputTokensDetails.CachedTokens != 20 || r.Usage.OutputTokens != -1 {
				t.Errorf("usage %+v", r.Usage)
			}
		}},
		"another model and tier": {openaitest.Fault{Model: "gpt-5-2025-08-07", ServiceTier: "priority"}, "completed", true, func(t *testing.T, r wireResponse) {
			if r.Model != "gpt-5-2025-08-07" || r.ServiceTier != "priority" {
				t.Errorf("model %s, tier %s", r.Model, r.ServiceTier)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, background := range []bool{true, false} {
				s := faulty(t, openaitest.KindAgent, tt.fault)
				r := postJSON(t, s, ask(oneText, map[string]any{"background": background})).response(t)
				if background {
					r = get(t, s, r.ID).response(t)
				}
				if r.Status != tt.status {
					t.Errorf("status %s", r.Status)
				}
				if tt.check != nil {
					tt.check(t, r)
				}
				if c := s.Calls()[0]; c.Billed != tt.billed || (c.Nano > 0) != tt.billed || c.State != tt.status {
					t.Errorf("recorded %+v", c)
				}
			}
		})
	}
}

func refusals(r wireResponse) (text string) {
	for _, item := range r.Output {
		for _, part := range item.Content {
			text += part.Refusal
		}
	}
	return text
}

func TestEditAnswersWhatTheFaultHasItAnswer(t *testing.T) {
	type data struct {
		B64JSON string `json:"b64_json"`
	}
	for name, tt := range map[string]struct {
		fault  openaitest.Fault
		status int
		nano   int64
		check  func(data []data, usage json.RawMessage, quality string) bool
	}{
		"a refusal":   {openaitest.Fault{Refusal: "No."}, 400, 0, nil},
		"no image":    {openaitest.Fault{NoImage: true}, 200, 40_000_000, func(d []data, _ json.RawMessage, _ string) bool { return len(d) == 0 }},
		"bad base64":  {openaitest.Fault{Base64: "!!"}, 200, 40_000_000, func(d []data, _ json.RawMessage, _ string) bool { return d[0].B64JSON == "!!" }},
		"other bytes": {openaitest.Fault{Image: []byte("GIF89a")}, 200, 40_000_000, func(d []data, _ json.RawMessage, _ string) bool { return d[0].B64JSON == "R0lGODlh" }},
		"no usage":    {openaitest.Fault{NoUsage: true}, 200, 40_000_000, func(_ []data, u json.RawMessage, _ string) bool { return u == nil }},
		"impossible usage": {openaitest.Fault{Usage: &openaitest.Usage{Output: -5}}, 200, 40_000_000, func(_ []data, u json.RawMessage, _ string) bool {
			return strings.Contains(string(u), `"output_tokens":-5`)
		}},
		"another quality": {openaitest.Fault{Quality: "high"}, 200, 80_000_000, func(_ []data, _ json.RawMessage, q string) bool { return q == "high" }},
	} {
		t.Run(name, func(t *testing.T) {
			s := faulty(t, openaitest.KindImage, tt.fault)
			a := edit(nil).post(t, s)
			if a.status != tt.status || s.Bill().Image != tt.nano {
				t.Errorf("status %d, billed %d", a.status, s.Bill().Image)
			}
			if tt.check == nil {
				if p := a.problem(t); p.code() != "moderation_blocked" || p.Message != "No." {
					t.Errorf("code %q, message %q", p.code(), p.Message)
				}
				return
			}
			var v struct {
				Data    []data
				Usage   json.RawMessage
				Quality string
			}
			if err := json.Unmarshal(a.body, &v); err != nil || !tt.check(v.Data, v.Usage, v.Quality) {
				t.Errorf("%v, answered %.300s", err, a.body)
			}
		})
	}
}

func TestRetrieveCanFailAndLie(t *testing.T) {
	for name, tt := range map[string]struct {
		fault  openaitest.Fault
		status int
		state  string
	}{
		"not found":     {openaitest.Fault{Status: 404}, 404, ""},
		"unavailable":   {openaitest.Fault{Status: 503}, 503, ""},
		"still pending": {openaitest.Fault{ResponseStatus: "in_progress"}, 200, "in_progress"},
		"expired":       {openaitest.Fault{ResponseStatus: "expired"}, 200, "expired"},
		"slow":          {openaitest.Fault{Delay: time.Millisecond}, 200, "completed"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == openaitest.KindRetrieve && c.Attempt == 1 {
					return &tt.fault
				}
				return nil
			}})
			r := postJSON(t, s, ask(oneText, nil)).response(t)
			a := get(t, s, r.ID)
			if a.status != tt.status || tt.state != "" && a.response(t).Status != tt.state {
				t.Errorf("status %d, body %.200s", a.status, a.body)
			}
			if again := get(t, s, r.ID).response(t); again.Status != "completed" || again.Usage == nil {
				t.Errorf("then %+v", again)
			}
			if len(s.Bill().Charges) != 1 {
				t.Errorf("billed %+v", s.Bill())
			}
		})
	}
}

func TestAnswerCanBeHeldWhileTheResponseGoesOn(t *testing.T) {
	gate := openaitest.NewGate()
	s := faulty(t, openaitest.KindAgent, openaitest.Fault{HoldAnswer: gate})
	done := make(chan answer)
	go func() { done <- postJSON(t, s, ask(oneText, nil)) }()
	c := <-gate.Arrived()
	if r := get(t, s, c.ResponseID).response(t); r.Status != "completed" || s.Bill().Agent == 0 {
		t.Errorf("meanwhile it is %s, billed %d", r.Status, s.Bill().Agent)
	}
	gate.Release()
	if r := (<-done).response(t); r.ID != c.ResponseID || r.Status != "queued" {
		t.Errorf("answered %+v", r)
	}
}

func TestErrorCanBeHeld(t *testing.T) {
	gate := openaitest.NewGate()
	s := faulty(t, openaitest.KindImage, openaitest.Fault{Status: 500, Hold: gate})
	done := make(chan answer)
	go func() { done <- edit(nil).post(t, s) }()
	<-gate.Arrived()
	gate.Release()
	gate.Release()
	if a := <-done; a.status != 500 || s.Bill().Total != 0 {
		t.Errorf("status %d, billed %d", a.status, s.Bill().Total)
	}
}
