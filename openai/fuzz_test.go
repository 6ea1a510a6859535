package openai_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
)

// told is a transport that answers every POST with the same status and body, and
// knows of no response to fetch.
type told struct {
	status int
	body   []byte
}

func (t told) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := t.status, t.body
	if r.Method == http.MethodGet {
		status, body = http.StatusNotFound, nil
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, nil
}

func (t told) client() *openai.Client {
	return openai.New(openai.Config{
		Key:        func(context.Context) (string, error) { return testKey, nil },
		HTTPClient: &http.Client{Transport: t},
		Attempts:   2, Backoff: time.Nanosecond, Poll: time.Nanosecond, Patience: time.Nanosecond,
	})
}

// checkMoney holds for every answer whatever it says: what was billed is
// possible, and nothing is billed and possibly charged as well.
func checkMoney(t *testing.T, billed bool, u cost.Usage, charges int, err error) {
	t.Helper()
	if invalid := u.Valid(); billed && (invalid != nil || u.Input == 0 && u.Output == 0) || !billed && u != (cost.Usage{}) {
		t.Errorf("billed %v of %+v: %v", billed, u, invalid)
	}
	if billed && charges != 0 || err == nil && !billed && charges != 1 {
		t.Errorf("billed %v, %d possible charges, error %v", billed, charges, err)
	}
	known := []error{nil, openai.ErrUnauthorized, openai.ErrQuota, openai.ErrModelRetired, openai.ErrRefused, openai.ErrRejected,
		openai.ErrIncomplete, openai.ErrMalformed, openai.ErrExpired, openai.ErrUnavailable}
	for _, k := range known {
		if errors.Is(err, k) {
			return
		}
	}
	t.Errorf("an error of no kind: %v", err)
}

func FuzzEditImage(f *testing.F) {
	f.Add(200, []byte(imageAnswer(","+imageUsage)))
	f.Add(200, []byte(imageAnswer(`,"usage":{"input_tokens":1e9,"output_tokens":-1}`)))
	f.Add(200, []byte(`{"data":[null,{"b64_json":"AAAA"}],"usage":[]}`))
	f.Add(429, []byte(`{"error":{"code":"insufficient_quota"}}`))
	f.Add(502, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		ch := &charges{}
		got, err := told{status, body}.client().EditImage(t.Context(), imageRequest(ch))
		if status < 300 {
			checkMoney(t, got.Billed, got.Usage, len(ch.causes), err)
		}
		if err == nil && len(got.Image) == 0 {
			t.Error("no image and no error")
		}
	})
}

func FuzzRespond(f *testing.F) {
	f.Add(200, []byte(agentAnswer("resp_1", "completed", "hi", ","+agentUsage)))
	f.Add(200, []byte(agentAnswer("resp_1", "queued", "", "")))
	f.Add(200, []byte(agentAnswer("../x", "in_progress", "", "")))
	f.Add(200, []byte(`{"status":"failed","error":{"code":"server_error"}}`))
	f.Add(200, []byte(`{"status":"incomplete","incomplete_details":{"reason":"content_filter"},"usage":{"input_tokens":5,"output_tokens":0}}`))
	f.Add(200, []byte(output(`{"type":"message","content":[{"type":"refusal","refusal":"no"}]}`)))
	f.Add(500, []byte(`{"error":"text"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		ch := &charges{}
		got, err := told{status, body}.client().Respond(t.Context(), openai.AgentRequest{Model: "m", Input: []string{"hi"}, MaybeCharged: ch.record})
		if status < 300 {
			checkMoney(t, got.Billed, got.Usage, len(ch.causes), err)
		}
		if (err == nil) != (got.Text != "") {
			t.Errorf("text %q beside error %v", got.Text, err)
		}
	})
}
