package openai_test

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
)

func imageRequest(c *charges) openai.ImageRequest {
	return openai.ImageRequest{
		Model: "gpt-image-1", Prompt: "a calm logo", Size: "1536x1024", Quality: "medium", Background: "transparent",
		Image: pngBytes, MediaType: "image/png", MaybeCharged: c.record,
	}
}

func TestEditImageRequest(t *testing.T) {
	for _, tt := range []struct{ mediaType, name string }{
		{"image/png", "image.png"}, {"image/jpeg", "image.jpg"}, {"image/webp", "image.webp"},
	} {
		w := serve(t, answer(200, imageAnswer(","+imageUsage)))
		r := imageRequest(&charges{})
		r.MediaType = tt.mediaType
		if _, err := w.client().EditImage(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		got := w.seen()[0]
		if got.method != "POST" || got.path != "/v1/images/edits" || got.key != "Bearer "+testKey {
			t.Errorf("%s %s with %q", got.method, got.path, got.key)
		}
		_, params, err := mime.ParseMediaType(got.header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		form, err := multipart.NewReader(bytes.NewReader(got.body), params["boundary"]).ReadForm(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{
			"model": {"gpt-image-1"}, "prompt": {"a calm logo"}, "size": {"1536x1024"}, "quality": {"medium"},
			"background": {"transparent"}, "output_format": {"png"}, "n": {"1"},
		}
		if diff := cmp.Diff(want, form.Value); diff != "" {
			t.Errorf("form (-want +got):\n%s", diff)
		}
		file := form.File["image"]
		if len(file) != 1 || file[0].Filename != tt.name || file[0].Header.Get("Content-Type") != tt.mediaType || file[0].Size != int64(len(pngBytes)) {
			t.Errorf("file %+v; want %s of %s", file, tt.name, tt.mediaType)
		}
	}
}

func TestEditImageLeavesOutWhatIsEmpty(t *testing.T) {
	w := serve(t, answer(200, imageAnswer(","+imageUsage)))
	r := openai.ImageRequest{Model: "gpt-image-1", Prompt: "p", Image: pngBytes, MediaType: "image/png"}
	if _, err := w.client().EditImage(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{`"size"`, `"quality"`, `"background"`, `"input_fidelity"`} {
		if bytes.Contains(w.seen()[0].body, []byte(field)) {
			t.Errorf("%s was sent", field)
		}
	}
}

func TestEditImage(t *testing.T) {
	billed := cost.Usage{Input: 150, ImageInput: 100, Output: 1056, Images: 1, Quality: "medium"}
	good := answer(200, imageAnswer(","+imageUsage))
	for name, tt := range map[string]struct {
		handlers []http.HandlerFunc
		err      error // nil is success
		text     string
		requests int
		charges  int
		usage    cost.Usage // zero is not billed
		image    bool
	}{
		"answered":                         {[]http.HandlerFunc{good}, nil, "", 1, 0, billed, true},
		"usage missing":                    {[]http.HandlerFunc{answer(200, imageAnswer(""))}, nil, "", 1, 1, cost.Usage{}, true},
		"usage null":                       {[]http.HandlerFunc{answer(200, imageAnswer(`,"usage":null`))}, nil, "", 1, 1, cost.Usage{}, true},
		"usage without counts":             {[]http.HandlerFunc{answer(200, imageAnswer(`,"usage":{"total_tokens":7}`))}, nil, "", 1, 1, cost.Usage{}, true},
		"usage of nothing":                 {[]http.HandlerFunc{answer(200, imageAnswer(`,"usage":{"input_tokens":0,"output_tokens":0}`))}, nil, "", 1, 1, cost.Usage{}, true},
		"usage negative":                   {[]http.HandlerFunc{answer(200, imageAnswer(`,"usage":{"input_tokens":-1,"output_tokens":5}`))}, nil, "", 1, 1, cost.Usage{}, true},
		"usage impossible":                 {[]http.HandlerFunc{answer(200, imageAnswer(`,"usage":{"input_tokens":10,"output_tokens":5,"input_tokens_details":{"image_tokens":11}}`))}, nil, "", 1, 1, cost.Usage{}, true},
		"usage beyond any call":            {[]http.HandlerFunc{answer(200, imageAnswer(`,"usage":{"input_tokens":9000000000000000000,"output_tokens":5}`))}, nil, "", 1, 1, cost.Usage{}, true},
		"usage not numbers":                {[]http.HandlerFunc{answer(200, imageAnswer(`,"usage":{"input_tokens":"10","output_tokens":5}`))}, nil, "", 1, 1, cost.Usage{}, true},
		"usage a string":                   {[]http.HandlerFunc{answer(200, imageAnswer(`,"usage":"lots"`))}, nil, "", 1, 1, cost.Usage{}, true},
		"no data":                          {[]http.HandlerFunc{answer(200, `{"quality":"medium",`+imageUsage+`}`)}, openai.ErrMalformed, "holds no image", 1, 0, cost.Usage{Input: 150, ImageInput: 100, Output: 1056, Quality: "medium"}, false},
		"data empty":                       {[]http.HandlerFunc{answer(200, `{"data":[],`+imageUsage+`}`)}, openai.ErrMalformed, "holds no image", 1, 0, cost.Usage{Input: 150, ImageInput: 100, Output: 1056, Quality: "medium"}, false},
		"an address for the image":         {[]http.HandlerFunc{answer(200, `{"data":[{"url":"https://example.com"}],`+imageUsage+`}`)}, openai.ErrMalformed, "holds no image", 1, 0, cost.Usage{Input: 150, ImageInput: 100, Output: 1056, Quality: "medium"}, false},
		"not base64":                       {[]http.HandlerFunc{answer(200, `{"data":[{"b64_json":"%%%"}],`+imageUsage+`}`)}, openai.ErrMalformed, "not base64", 1, 0, billed, false},
		"no data, no usage":                {[]http.HandlerFunc{answer(200, `{}`)}, openai.ErrMalformed, "holds no image", 1, 1, cost.Usage{}, false},
		"truncated JSON":                   {[]http.HandlerFunc{answer(200, `{"data":[{"b64`)}, openai.ErrMalformed, "unexpected end of JSON", 1, 1, cost.Usage{}, false},
		"empty body":                       {[]http.HandlerFunc{answer(200, ``)}, openai.ErrMalformed, "", 1, 1, cost.Usage{}, false},
		"no content":                       {[]http.HandlerFunc{answer(204, ``)}, openai.ErrMalformed, "", 1, 1, cost.Usage{}, false},
		"another shape":                    {[]http.HandlerFunc{answer(200, `{"data":{"b64_json":""}}`)}, openai.ErrMalformed, "", 1, 1, cost.Usage{}, false},
		"a page":                           {[]http.HandlerFunc{page(200)}, openai.ErrMalformed, "a page and not JSON", 1, 1, cost.Usage{}, false},
		"endless":                          {[]http.HandlerFunc{endless(200)}, openai.ErrMalformed, "larger than 100 MB", 1, 1, cost.Usage{}, false},
		"JSON under another type":          {[]http.HandlerFunc{answer(200, imageAnswer(","+imageUsage), "Content-Type", "text/plain")}, nil, "", 1, 0, billed, true},
		"redirect":                         {[]http.HandlerFunc{answer(307, ``, "Location", "/v1/elsewhere")}, openai.ErrRejected, "redirects are not followed", 1, 0, cost.Usage{}, false},
		"redirect elsewhere":               {[]http.HandlerFunc{answer(301, ``, "Location", "http://example.invalid/")}, openai.ErrRejected, "redirects are not followed", 1, 0, cost.Usage{}, false},
		"rate limit, then good":            {[]http.HandlerFunc{failure(429, "rate_limit_exceeded", "slow down"), good}, nil, "", 2, 0, billed, true},
		"rate limit for ever":              {[]http.HandlerFunc{failure(429, "rate_limit_exceeded", "slow down")}, openai.ErrUnavailable, "429 Too Many Requests: rate_limit_exceeded: slow down (request req_42) (refused 12 times for the account's limit)", 12, 0, cost.Usage{}, false},
		"no quota":                         {[]http.HandlerFunc{failure(429, "insufficient_quota", "pay up")}, openai.ErrQuota, "pay up", 1, 0, cost.Usage{}, false},
		"hard limit":                       {[]http.HandlerFunc{failure(400, "billing_hard_limit_reached", "enough")}, openai.ErrQuota, "enough", 1, 0, cost.Usage{}, false},
		"timeout of theirs, then good":     {[]http.HandlerFunc{failure(408, "", "too slow"), good}, nil, "", 2, 1, billed, true},
		"conflict, then good":              {[]http.HandlerFunc{failure(409, "", "busy"), good}, nil, "", 2, 0, billed, true},
		"server error of OpenAI's":         {[]http.HandlerFunc{failure(500, "server_error", "sorry"), good}, nil, "", 2, 0, billed, true},
		"server error, nobody's":           {[]http.HandlerFunc{answer(500, `{}`), good}, nil, "", 2, 1, billed, true},
		"server error as a string":         {[]http.HandlerFunc{answer(500, `{"error":"oh no"}`), good}, nil, "", 2, 1, billed, true},
		"server error of nothing":          {[]http.HandlerFunc{answer(503, `{"error":{}}`), good}, nil, "", 2, 1, billed, true},
		"gateway's page":                   {[]http.HandlerFunc{page(502), good}, nil, "", 2, 1, billed, true},
		"gateway's pages for ever":         {[]http.HandlerFunc{page(502)}, openai.ErrUnavailable, "502 Bad Gateway: without an error of OpenAI's", 3, 3, cost.Usage{}, false},
		"endless error":                    {[]http.HandlerFunc{endless(500), good}, nil, "", 2, 1, billed, true},
		"half an error":                    {[]http.HandlerFunc{half(503, `{"error":{"message":"sorry"}}`), good}, nil, "", 2, 1, billed, true},
		"hung up on":                       {[]http.HandlerFunc{hangUp, good}, nil, "", 2, 1, billed, true},
		"hung up on for ever":              {[]http.HandlerFunc{hangUp}, openai.ErrUnavailable, "attempt 3 of 3", 3, 3, cost.Usage{}, false},
		"half an answer":                   {[]http.HandlerFunc{half(200, imageAnswer("")), good}, nil, "", 2, 1, billed, true},
		"forbidden":                        {[]http.HandlerFunc{failure(403, "country", "not here")}, openai.ErrForbidden, "not here", 1, 0, cost.Usage{}, false},
		"forbidden by a page":              {[]http.HandlerFunc{page(403)}, openai.ErrForbidden, "403 Forbidden", 1, 0, cost.Usage{}, false},
		"model not found":                  {[]http.HandlerFunc{failure(404, "model_not_found", "no such model")}, openai.ErrModelRetired, "no such model", 1, 0, cost.Usage{}, false},
		"model not found, other status":    {[]http.HandlerFunc{failure(400, "model_not_found", "no such model")}, openai.ErrModelRetired, "no such model", 1, 0, cost.Usage{}, false},
		"model deprecated, by message":     {[]http.HandlerFunc{failure(404, "", "The model `gpt-image-1` has been deprecated")}, openai.ErrModelRetired, "deprecated", 1, 0, cost.Usage{}, false},
		"model shut down, by message":      {[]http.HandlerFunc{failure(400, "invalid_request_error", "The model gpt-image-1 was shut down on 2026-10-23.")}, openai.ErrModelRetired, "shut down", 1, 0, cost.Usage{}, false},
		"model absent, by message":         {[]http.HandlerFunc{failure(404, "", "The model 'x' does not exist or you do not have access to it.")}, openai.ErrModelRetired, "", 1, 0, cost.Usage{}, false},
		"moderated":                        {[]http.HandlerFunc{failure(400, "moderation_blocked", "safety system")}, openai.ErrRefused, "safety system", 1, 0, cost.Usage{}, false},
		"against the policy":               {[]http.HandlerFunc{failure(400, "content_policy_violation", "policy")}, openai.ErrRefused, "policy", 1, 0, cost.Usage{}, false},
		"bad request":                      {[]http.HandlerFunc{failure(400, "invalid_size", "the size is wrong")}, openai.ErrRejected, "invalid_size: the size is wrong (request req_42)", 1, 0, cost.Usage{}, false},
		"bad request as a string":          {[]http.HandlerFunc{answer(400, `{"error":"bad"}`)}, openai.ErrRejected, "bad", 1, 0, cost.Usage{}, false},
		"bad request with a numbered code": {[]http.HandlerFunc{answer(422, `{"error":{"code":17,"message":"bad"}}`)}, openai.ErrRejected, "17: bad", 1, 0, cost.Usage{}, false},
		"page not found":                   {[]http.HandlerFunc{page(404)}, openai.ErrRejected, "404 Not Found", 1, 0, cost.Usage{}, false},
		"unauthorized for ever":            {[]http.HandlerFunc{failure(401, "invalid_api_key", "no")}, openai.ErrUnauthorized, "no", 2, 0, cost.Usage{}, false},
		"mixed troubles":                   {[]http.HandlerFunc{hangUp, page(502), good}, nil, "", 3, 2, billed, true},
	} {
		t.Run(name, func(t *testing.T) {
			w, ch := serve(t, tt.handlers...), &charges{}
			got, err := w.client().EditImage(t.Context(), imageRequest(ch))
			if !errors.Is(err, tt.err) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v; want %v with %q", err, tt.err, tt.text)
			}
			if n := len(w.seen()); n != tt.requests {
				t.Errorf("%d requests; want %d", n, tt.requests)
			}
			if len(ch.causes) != tt.charges {
				t.Errorf("%d possible charges; want %d: %v", len(ch.causes), tt.charges, ch.causes)
			}
			if diff := cmp.Diff(tt.usage, got.Usage); diff != "" || got.Billed != (tt.usage != cost.Usage{}) {
				t.Errorf("billed %v; usage (-want +got):\n%s", got.Billed, diff)
			}
			if (got.Image != nil) != tt.image || tt.image && !bytes.Equal(got.Image, pngBytes) {
				t.Errorf("image of %d bytes; want one: %v", len(got.Image), tt.image)
			}
			if err == nil && (got.Model != "gpt-image-1" || got.Size != "1536x1024" || got.RequestID != "req_42") {
				t.Errorf("result %+v", got)
			}
			if err != nil && strings.Contains(err.Error(), testKey) {
				t.Errorf("the key is in the error: %v", err)
			}
		})
	}
}

func TestEditImageRefusesWhatCannotBeSent(t *testing.T) {
	w := serve(t, answer(500, `{}`))
	for name, change := range map[string]func(*openai.ImageRequest){
		"no image":   func(r *openai.ImageRequest) { r.Image = nil },
		"no type":    func(r *openai.ImageRequest) { r.MediaType = "" },
		"other type": func(r *openai.ImageRequest) { r.MediaType = "image/svg+xml" },
	} {
		ch := &charges{}
		r := imageRequest(ch)
		change(&r)
		if _, err := w.client().EditImage(t.Context(), r); !errors.Is(err, openai.ErrRejected) || len(ch.causes) != 0 {
			t.Errorf("%s: %v, charges %v", name, err, ch.causes)
		}
	}
	if n := len(w.seen()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestMaybeChargedErrorEndsTheCall(t *testing.T) {
	full := errors.New("the ledger is full")
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		image   bool
	}{
		"before a retry":           {hangUp, false},
		"after a malformed answer": {page(200), false},
		"after a good image":       {answer(200, imageAnswer("")), true},
	} {
		t.Run(name, func(t *testing.T) {
			w, ch := serve(t, tt.handler), &charges{fail: full}
			got, err := w.client().EditImage(t.Context(), imageRequest(ch))
			if !errors.Is(err, full) || len(w.seen()) != 1 || len(ch.causes) != 1 {
				t.Errorf("%v after %d requests and %d charges", err, len(w.seen()), len(ch.causes))
			}
			if (got.Image != nil) != tt.image {
				t.Errorf("image of %d bytes", len(got.Image))
			}
		})
	}
}

func TestNilMaybeCharged(t *testing.T) {
	w := serve(t, hangUp, page(502), answer(200, imageAnswer("")))
	r := imageRequest(&charges{})
	r.MaybeCharged = nil
	if got, err := w.client().EditImage(t.Context(), r); err != nil || got.Billed {
		t.Errorf("%v, billed %v", err, got.Billed)
	}
}

func TestAttemptTimesOut(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{"before the answer": silent, "within the answer": stalled} {
		t.Run(name, func(t *testing.T) {
			w, ch := serve(t, handler), &charges{}
			c := w.client(func(cfg *openai.Config) { cfg.ImageTimeout, cfg.Attempts = 50*time.Millisecond, 2 })
			_, err := c.EditImage(t.Context(), imageRequest(ch))
			if !errors.Is(err, openai.ErrUnavailable) || !strings.Contains(err.Error(), "no answer within 50ms") {
				t.Errorf("error %v", err)
			}
			if errors.Is(err, context.DeadlineExceeded) {
				t.Error("the time limit of one attempt reads as that of the caller")
			}
			// On a busy machine an attempt may end before it was sent, and costs nothing.
			if n := len(w.seen()); n < 1 || len(ch.causes) < n || len(ch.causes) > 2 {
				t.Errorf("%d charges of %d requests", len(ch.causes), n)
			}
		})
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{"before the answer": silent, "within the answer": stalled} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w, ch := serve(t, func(rw http.ResponseWriter, r *http.Request) {
				time.AfterFunc(time.Millisecond, cancel)
				handler(rw, r)
			}), &charges{}
			_, err := w.client().EditImage(ctx, imageRequest(ch))
			if !errors.Is(err, context.Canceled) || errors.Is(err, openai.ErrUnavailable) || len(ch.causes) != 1 || len(w.seen()) != 1 {
				t.Errorf("%v after %d requests and charges %v", err, len(w.seen()), ch.causes)
			}
		})
	}
}

func TestCancelledBeforehand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w, ch := serve(t, answer(200, imageAnswer(""))), &charges{}
	if _, err := w.client().EditImage(ctx, imageRequest(ch)); !errors.Is(err, context.Canceled) || len(w.seen()) != 0 || len(ch.causes) != 0 {
		t.Errorf("%v after %d requests and charges %v", err, len(w.seen()), ch.causes)
	}
}

func TestEditImageSendsFurtherPicturesAndAsksForAFormat(t *testing.T) {
	w := serve(t, answer(200, imageAnswer(","+imageUsage)))
	r := imageRequest(&charges{})
	r.Background, r.Format = "opaque", "jpeg"
	r.Beside = []openai.Picture{{Body: []byte("logo"), MediaType: "image/webp"}}
	if _, err := w.client().EditImage(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	got := w.seen()[0]
	_, params, err := mime.ParseMediaType(got.header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	form, err := multipart.NewReader(bytes.NewReader(got.body), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if form.Value["output_format"][0] != "jpeg" {
		t.Errorf("asked for as %q", form.Value["output_format"])
	}
	var names []string
	for _, file := range form.File["image[]"] {
		names = append(names, file.Filename+" "+file.Header.Get("Content-Type"))
	}
	if diff := cmp.Diff([]string{"image.png image/png", "image-2.webp image/webp"}, names); diff != "" {
		t.Errorf("files (-want +got), of %v:\n%s", form.File, diff)
	}
}

func TestEditImageSendsNoPictureThatOpenAIDoesNotTake(t *testing.T) {
	r := imageRequest(&charges{})
	r.Beside = []openai.Picture{{Body: []byte("<svg/>"), MediaType: "image/svg+xml"}}
	w := serve(t)
	if _, err := w.client().EditImage(t.Context(), r); !errors.Is(err, openai.ErrRejected) || len(w.seen()) != 0 {
		t.Errorf("%v, %d requests", err, len(w.seen()))
	}
}
