package openaitest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image/png"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/full-turner/full-turner/openai/openaitest"
)

// client is OpenAI's own.
func client(s *openaitest.Server) sdk.Client {
	return sdk.NewClient(option.WithBaseURL(s.URL()), option.WithAPIKey("sk-test"), option.WithMaxRetries(0))
}

func params(t *testing.T) responses.ResponseNewParams {
	t.Helper()
	var schema map[string]any
	if err := json.Unmarshal([]byte(rewritesSchema), &schema); err != nil {
		t.Fatal(err)
	}
	user := func(text string) responses.ResponseInputItemUnionParam {
		return responses.ResponseInputItemParamOfMessage(text, responses.EasyInputMessageRoleUser)
	}
	return responses.ResponseNewParams{
		Model:        "gpt-6.1-sol",
		Instructions: sdk.String("You rewrite funnel copy."),
		Input: responses.ResponseNewParamsInputUnion{OfInputItemList: responses.ResponseInputParam{
			user(`{"brandName":"Northwind Coffee"}`),
			user("Rewrite these.\nTEXTS\n" + `[{"id":"opt_headline","text":"Get Your Free Checklist Now!"}]`),
		}},
		Background:      sdk.Bool(true),
		Store:           sdk.Bool(true),
		MaxOutputTokens: sdk.Int(4000),
		PromptCacheKey:  sdk.String("template-1"),
		ServiceTier:     responses.ResponseNewParamsServiceTierDefault,
		Truncation:      responses.ResponseNewParamsTruncationDisabled,
		Metadata:        shared.Metadata{"runId": "run-1"},
		Reasoning:       shared.ReasoningParam{Effort: shared.ReasoningEffortLow},
		Text: responses.ResponseTextConfigParam{Format: responses.ResponseFormatTextConfigUnionParam{
			OfJSONSchema: &responses.ResponseFormatTextJSONSchemaConfigParam{Name: "rewrites", Schema: schema, Strict: sdk.Bool(true)},
		}},
	}
}

func TestOfficialClientFollowsABackgroundResponse(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	c := client(s)
	r, err := c.Responses.New(t.Context(), params(t))
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != responses.ResponseStatusQueued || !strings.HasPrefix(r.ID, "resp_") || r.JSON.Usage.Valid() {
		t.Fatalf("created %s with status %s, usage %s", r.ID, r.Status, r.JSON.Usage.Raw())
	}
	if r, err = c.Responses.Get(t.Context(), r.ID, responses.ResponseGetParams{}); err != nil {
		t.Fatal(err)
	}
	if r.Status != responses.ResponseStatusCompleted || r.ServiceTier != "default" || string(r.Model) != "gpt-6.1-sol" {
		t.Errorf("status %s, tier %s, model %s", r.Status, r.ServiceTier, r.Model)
	}
	if got := rewrites(t, r.OutputText())["opt_headline"]; !strings.Contains(got, "Northwind Coffee") || !strings.Contains(got, "(simulated)") {
		t.Errorf("rewrite %q", got)
	}
	u := r.Usage
	if u.InputTokens <= 0 || u.OutputTokens <= u.OutputTokensDetails.ReasoningTokens || u.TotalTokens != u.InputTokens+u.OutputTokens {
		t.Errorf("usage %+v", u)
	}
	if want := u.InputTokens*2_000 + u.OutputTokens*10_000; s.Bill().Total != want {
		t.Errorf("billed %d, want %d", s.Bill().Total, want)
	}
}

func TestOfficialClientSeesUsageReportedByAFault(t *testing.T) {
	usage := openaitest.Usage{Input: 5_000, Cached: 1_280, CacheWrite: 256, CacheWriteLong: 56, Output: 900, Reasoning: 128}
	s := openaitest.NewServer(t, openaitest.Options{Fault: func(openaitest.Call) *openaitest.Fault { return &openaitest.Fault{Usage: &usage} }})
	p := params(t)
	p.Background = sdk.Bool(false)
	c := client(s)
	r, err := c.Responses.New(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	d := r.Usage.InputTokensDetails
	got := openaitest.Usage{
		Input: r.Usage.InputTokens, Cached: d.CachedTokens, CacheWrite: d.CacheWriteTokens, CacheWriteLong: d.CacheWriteTokensDetails.Ttl12hTokens,
		Output: r.Usage.OutputTokens, Reasoning: r.Usage.OutputTokensDetails.ReasoningTokens,
	}
	if got != usage || d.CacheWriteTokensDetails.Ttl30mTokens != 200 || s.Calls()[0].Usage != usage {
		t.Errorf("reported %+v, billed for %+v, want %+v", got, s.Calls()[0].Usage, usage)
	}
}

func TestOfficialClientCancelsABackgroundResponse(t *testing.T) {
	gate := openaitest.NewGate()
	s := openaitest.NewServer(t, openaitest.Options{Fault: func(openaitest.Call) *openaitest.Fault { return &openaitest.Fault{Hold: gate} }})
	c := client(s)
	r, err := c.Responses.New(t.Context(), params(t))
	if err != nil {
		t.Fatal(err)
	}
	<-gate.Arrived()
	if r, err = c.Responses.Cancel(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	gate.Release()
	s.Wait()
	if again, err := c.Responses.Cancel(t.Context(), r.ID); err != nil || again.Status != responses.ResponseStatusCancelled {
		t.Errorf("cancelled again: %v, %v", again, err)
	}
	if bill := s.Bill(); r.Status != responses.ResponseStatusCancelled || bill.Total != 0 {
		t.Errorf("status %s, billed %d", r.Status, bill.Total)
	}
}

func TestOfficialClientEditsAnImage(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	c := client(s)
	r, err := c.Images.Edit(t.Context(), sdk.ImageEditParams{
		Image:        sdk.ImageEditParamsImageUnion{OfFile: sdk.File(bytes.NewReader(jpegOf(300, 200)), "image.jpg", "image/jpeg")},
		Prompt:       "Brand: Northwind Coffee. Colours #1D4E89 and #00B2CA.",
		Model:        "gpt-image-2.6-sunburst",
		Size:         "1536x560",
		Quality:      sdk.ImageEditParamsQualityLow,
		Background:   sdk.ImageEditParamsBackgroundTransparent,
		OutputFormat: sdk.ImageEditParamsOutputFormatPNG,
		N:            sdk.Int(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	body, err := base64.StdEncoding.DecodeString(r.Data[0].B64JSON)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if size := m.Bounds().Size(); size.X != 1536 || size.Y != 560 {
		t.Errorf("drew %v", size)
	}
	u := r.Usage
	if u.InputTokens != u.InputTokensDetails.TextTokens+u.InputTokensDetails.ImageTokens || u.OutputTokens <= 0 || u.OutputTokensDetails.ImageTokens != u.OutputTokens {
		t.Errorf("usage %+v", u)
	}
	if string(r.Quality) != "low" || string(r.Size) != "1536x560" || string(r.Background) != "transparent" {
		t.Errorf("quality %s, size %s, background %s", r.Quality, r.Size, r.Background)
	}
	want := u.InputTokensDetails.TextTokens*5_000 + u.InputTokensDetails.ImageTokens*8_000 + u.OutputTokens*30_000
	if s.Bill().Image != want {
		t.Errorf("billed %d, want %d", s.Bill().Image, want)
	}
}

func TestOfficialClientIsRefusedAPlainReader(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	c := client(s)
	_, err := c.Images.Edit(t.Context(), sdk.ImageEditParams{
		Image:  sdk.ImageEditParamsImageUnion{OfFile: bytes.NewReader(pngOf(10, 10))},
		Prompt: "Redesign.", Model: "gpt-image-1",
	})
	var problem *sdk.Error
	if !errors.As(err, &problem) || problem.StatusCode != http.StatusBadRequest || problem.Code != "unsupported_file_mimetype" {
		t.Errorf("error %v", err)
	}
}

func TestOfficialClientReadsErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		fault  openaitest.Fault
		status int
		kind   string
	}{
		"quota is a 429":         {openaitest.Fault{Code: "insufficient_quota"}, 429, "insufficient_quota"},
		"rate limit is a 429":    {openaitest.Fault{Code: "rate_limit_exceeded"}, 429, "requests"},
		"unknown model is a 404": {openaitest.Fault{Code: "model_not_found"}, 404, "invalid_request_error"},
		"moderation is a 400":    {openaitest.Fault{Code: "moderation_blocked"}, 400, "image_generation_user_error"},
		"overload is a 503":      {openaitest.Fault{Code: "server_is_overloaded"}, 503, "server_error"},
		"own words are kept":     {openaitest.Fault{Status: 418, Code: "teapot", Type: "kettle", Param: "tea", Message: "short and stout"}, 418, "kettle"},
	} {
		t.Run(name, func(t *testing.T) {
			fault := tt.fault
			fault.Header = http.Header{"retry-after-ms": {"250"}}
			s := openaitest.NewServer(t, openaitest.Options{Fault: func(openaitest.Call) *openaitest.Fault { return &fault }})
			c := client(s)
			_, err := c.Responses.New(t.Context(), params(t))
			var problem *sdk.Error
			if !errors.As(err, &problem) {
				t.Fatalf("error %v", err)
			}
			if problem.StatusCode != tt.status || problem.Code != tt.fault.Code || problem.Type != tt.kind || problem.Param != tt.fault.Param || problem.Message == "" {
				t.Errorf("status %d, code %q, type %q, param %q, message %q", problem.StatusCode, problem.Code, problem.Type, problem.Param, problem.Message)
			}
			if tt.fault.Message != "" && problem.Message != tt.fault.Message {
				t.Errorf("message %q", problem.Message)
			}
			if got := problem.Response.Header.Get("Retry-After-Ms"); got != "250" {
				t.Errorf("Retry-After-Ms %q", got)
			}
			if !strings.HasPrefix(problem.Response.Header.Get("x-request-id"), "req_") || s.Bill().Total != 0 {
				t.Errorf("request id %q, billed %d", problem.Response.Header.Get("x-request-id"), s.Bill().Total)
			}
		})
	}
}
