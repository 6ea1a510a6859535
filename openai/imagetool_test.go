package openai_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
)

// carriedRequest asks for an image by a response.
func carriedRequest(c *charges) openai.ImageRequest {
	r := imageRequest(c)
	r.Model = "gpt-image-2.6-sunburst"
	r.Carrier = &openai.Carrier{Model: "gpt-6-luna", Instructions: "Call the tool.", MaxOutputTokens: 900, Effort: "low"}
	r.Metadata = map[string]string{"call": "7"}
	return r
}

// The parts of a response that made an image.
const (
	carrierUsage = `"usage":{"input_tokens":900,"input_tokens_details":{"cached_tokens":0},"output_tokens":120,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":1020}`
	noToolUsage  = `{"image_gen":{"input_tokens":0,"input_tokens_details":{"text_tokens":0,"image_tokens":0},"output_tokens":0,"total_tokens":0},"web_search":{"num_requests":0}}`
)

var toolUsage = `{"image_gen":{` + strings.TrimPrefix(imageUsage, `"usage":{`) + `,"web_search":{"num_requests":0}}`

// imageCall is the output item of a call of the image tool.
func imageCall(status, result, more string) string {
	return fmt.Sprintf(`{"id":"ig_1","type":"image_generation_call","status":%q,"action":"edit","quality":"medium","size":"1536x1024","result":%s%s}`, status, result, more)
}

// pictureResult is the base64 of an image, in JSON.
var pictureResult = `"` + base64.StdEncoding.EncodeToString(pngBytes) + `"`

// imageResponse is a response with the image tool.
func imageResponse(status, output, fields string) string {
	return fmt.Sprintf(`{"id":"resp_i","object":"response","status":%q,"model":"gpt-6-luna-2026-07-01","service_tier":"default","error":null,"output":[%s]%s}`, status, output, fields)
}

func made() http.HandlerFunc {
	return answer(200, imageResponse("completed", imageCall("completed", pictureResult, ""), ","+carrierUsage+`,"tool_usage":`+toolUsage))
}

func TestAnImageByAResponse(t *testing.T) {
	w := serve(t, answer(200, imageResponse("queued", "", "")), answer(200, imageResponse("in_progress", "", "")), made())
	var c charges
	var ids []string
	r := carriedRequest(&c)
	r.Started = func(id string) error {
		if n := len(w.seen()); n != 1 {
			t.Errorf("the id was told after %d requests; want it before the first look", n)
		}
		ids = append(ids, id)
		return nil
	}
	got, err := w.client().EditImage(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := openai.ImageResult{
		Image: pngBytes, Billed: true, Model: "gpt-image-2.6-sunburst", Size: "1536x1024", RequestID: "req_42", ID: "resp_i", Done: true,
		Usage: cost.Usage{
			Input: 150, ImageInput: 100, Output: 1056, Images: 1, Quality: "medium",
			Carrier: &cost.Carrier{Model: "gpt-6-luna", Usage: cost.Usage{Input: 900, Output: 120, Reasoning: 64, ServiceTier: "default"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !slices.Equal(ids, []string{"resp_i"}) || len(c.causes) != 0 {
		t.Errorf("ids %v, possibly charged: %v", ids, c.causes)
	}

	seen := w.seen()
	if len(seen) != 3 || seen[0].method+seen[0].path != "POST/v1/responses" || seen[2].method+seen[2].path != "GET/v1/responses/resp_i" {
		t.Errorf("%d requests: %s %s", len(seen), seen[0].method, seen[0].path)
	}
	var sent, wanted any
	if err := json.Unmarshal(seen[0].body, &sent); err != nil {
		t.Fatal(err)
	}
	err = json.Unmarshal([]byte(`{"model":"gpt-6-luna","background":true,"store":true,"service_tier":"default","truncation":"disabled",
		"metadata":{"call":"7"},"instructions":"Call the tool.","max_output_tokens":900,"reasoning":{"effort":"low"},"max_tool_calls":1,
		"tool_choice":{"type":"image_generation"},
		"tools":[{"type":"image_generation","action":"edit","model":"gpt-image-2.6-sunburst","size":"1536x1024","quality":"medium","background":"transparent","output_format":"png"}],
		"input":[{"role":"user","content":[{"type":"input_text","text":"a calm logo"},
			{"type":"input_image","detail":"auto","image_url":"data:image/png;base64,`+base64.StdEncoding.EncodeToString(pngBytes)+`"}]}]}`), &wanted)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, sent); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestAnImageIsFetchedByItsID(t *testing.T) {
	w := serve(t, made())
	var c charges
	got, err := w.client().EditImage(t.Context(), openai.ImageRequest{Model: "gpt-image-2.6-sunburst", ResponseID: "resp_i", MaybeCharged: c.record})
	if err != nil || !got.Billed || string(got.Image) != string(pngBytes) || len(c.causes) != 0 {
		t.Fatalf("%v, billed %t, %v", err, got.Billed, c.causes)
	}
	if got.Usage.Carrier.Model != "gpt-6-luna-2026-07-01" {
		t.Errorf("carried by %q; where nobody asks, the response says by which model", got.Usage.Carrier.Model)
	}
	if seen := w.seen(); len(seen) != 1 || seen[0].method != "GET" {
		t.Errorf("%d requests, the first a %s", len(seen), seen[0].method)
	}
}

func TestAnImageThatOutlivesItsCaller(t *testing.T) {
	w := serve(t, answer(200, imageResponse("queued", "", "")), answer(200, imageResponse("in_progress", "", "")))
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	var c charges
	got, err := w.client().EditImage(ctx, carriedRequest(&c))
	if !errors.Is(err, context.DeadlineExceeded) || got.ID != "resp_i" || got.Done || len(c.causes) != 0 {
		t.Errorf("%v; id %q, done %t, possibly charged %v; want an image to be fetched later", err, got.ID, got.Done, c.causes)
	}
}

func TestHowAnImageByAResponseEnds(t *testing.T) {
	carrier := &cost.Carrier{Model: "gpt-6-luna", Usage: cost.Usage{Input: 900, Output: 120, Reasoning: 64, ServiceTier: "default"}}
	whole := cost.Usage{Input: 150, ImageInput: 100, Output: 1056, Images: 1, Quality: "medium", Carrier: carrier}
	unmade, carried := whole, cost.Usage{Carrier: carrier}
	unmade.Images = 0
	both := "," + carrierUsage + `,"tool_usage":` + toolUsage
	only := "," + carrierUsage + `,"tool_usage":` + noToolUsage
	good, says := imageCall("completed", pictureResult, ""), `{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I would rather not."}]}`
	blocked := imageCall("failed", "null", `,"error":{"code":"moderation_blocked","message":"no","param":"","type":"image_generation_user_error"}`)
	for name, tt := range map[string]struct {
		body     string
		is       error // nil: an image
		usage    cost.Usage
		possibly int
	}{
		"made":                            {imageResponse("completed", good, both), nil, whole, 0},
		"made among other items":          {imageResponse("completed", `{"type":"reasoning","summary":[]},`+good+","+says, both), nil, whole, 0},
		"made, and cut short after":       {imageResponse("incomplete", good, both+`,"incomplete_details":{"reason":"max_output_tokens"}`), nil, whole, 0},
		"made, nothing said of usage":     {imageResponse("completed", good, ""), nil, cost.Usage{}, 1},
		"made, the tool's usage left out": {imageResponse("completed", good, ","+carrierUsage), nil, cost.Usage{}, 1},
		"made, the tool's usage skipped":  {imageResponse("completed", good, only), nil, cost.Usage{}, 1},
		"made, the carrier's left out":    {imageResponse("completed", good, `,"tool_usage":`+toolUsage), nil, cost.Usage{}, 1},
		"blocked":                         {imageResponse("completed", blocked, only), openai.ErrRefused, carried, 0},
		"blocked after it was drawn":      {imageResponse("completed", blocked, both), openai.ErrRefused, unmade, 0},
		"the tool failed":                 {imageResponse("completed", imageCall("failed", "null", ""), only), openai.ErrUnavailable, carried, 0},
		"the tool failed, usage left out": {imageResponse("completed", imageCall("failed", "null", ""), ","+carrierUsage), openai.ErrUnavailable, cost.Usage{}, 1},
		"only words":                      {imageResponse("completed", says, only), openai.ErrMalformed, carried, 0},
		"only words, no tool's usage":     {imageResponse("completed", says, ","+carrierUsage), openai.ErrMalformed, carried, 0},
		"refused in words":                {imageResponse("completed", `{"type":"message","content":[{"type":"refusal","refusal":"no"}]}`, only), openai.ErrRefused, carried, 0},
		"not base64":                      {imageResponse("completed", imageCall("completed", `"***"`, ""), both), openai.ErrMalformed, whole, 0},
		"cut short before":                {imageResponse("incomplete", "", only+`,"incomplete_details":{"reason":"max_output_tokens"}`), openai.ErrIncomplete, carried, 0},
		"filtered":                        {imageResponse("incomplete", good, both+`,"incomplete_details":{"reason":"content_filter"}`), openai.ErrRefused, whole, 0},
		"failed: moderation":              {imageResponse("failed", "", `,"error":{"code":"moderation_blocked","message":"no"}`), openai.ErrRefused, cost.Usage{}, 0},
		"failed: quota":                   {imageResponse("failed", "", `,"error":{"code":"insufficient_quota","message":"no"}`), openai.ErrQuota, cost.Usage{}, 0},
		"failed: server":                  {imageResponse("failed", "", `,"error":{"code":"server_error","message":"sorry"}`), openai.ErrUnavailable, cost.Usage{}, 0},
		"expired":                         {imageResponse("expired", "", ""), openai.ErrExpired, cost.Usage{}, 1},
		"a count nobody knows": {imageResponse("completed", good, ","+carrierUsage+`,"tool_usage":{"image_gen":{"input_tokens":150,"input_tokens_details":{"text_tokens":50,"image_tokens":100},"output_tokens":1056,"video_tokens":7}}`),
			nil, cost.Usage{Input: 150, ImageInput: 100, Output: 1056, Images: 1, Quality: "medium", Unknown: "video_tokens 7", Carrier: carrier}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, answer(200, imageResponse("queued", "", "")), answer(200, tt.body))
			var c charges
			got, err := w.client(func(cfg *openai.Config) { cfg.Attempts = 1 }).EditImage(t.Context(), carriedRequest(&c))
			if !errors.Is(err, tt.is) || (tt.is == nil) != (err == nil) || (err == nil) != (len(got.Image) > 0) {
				t.Errorf("%v with %d bytes of an image; want %v", err, len(got.Image), tt.is)
			}
			if diff := cmp.Diff(tt.usage, got.Usage); diff != "" || got.Billed != (tt.usage != cost.Usage{}) || len(c.causes) != tt.possibly {
				t.Errorf("billed %t, possibly charged %v, usage (-want +got):\n%s", got.Billed, c.causes, diff)
			}
			if !got.Done {
				t.Error("it has ended, and is said to be in flight")
			}
		})
	}
}

func TestAnImageThatIsStuckIsCancelled(t *testing.T) {
	w := serve(t, answer(200, imageResponse("queued", "", "")), answer(200, imageResponse("queued", "", "")),
		answer(200, imageResponse("cancelled", "", "")), answer(200, imageResponse("cancelled", "", "")))
	var c charges
	got, err := w.client(func(cfg *openai.Config) { cfg.ResponseTimeout = time.Nanosecond }).EditImage(t.Context(), carriedRequest(&c))
	if !errors.Is(err, openai.ErrStuck) || !got.Done || len(c.causes) != 1 {
		t.Errorf("%v; done %t, possibly charged %v", err, got.Done, c.causes)
	}
}

func TestAnImageThatCannotBeSentIsNotAskedFor(t *testing.T) {
	w := serve(t, made())
	r := carriedRequest(&charges{})
	r.MediaType = "image/gif"
	if _, err := w.client().EditImage(t.Context(), r); !errors.Is(err, openai.ErrRejected) || len(w.seen()) != 0 {
		t.Errorf("%v after %d requests", err, len(w.seen()))
	}
}
