// Package openai asks OpenAI for two things: an image redrawn, and a text
// rewritten. It answers, besides the thing itself, the two questions a bill is
// explained by: what did this call use, and did a call go out whose answer never
// came back?
//
// A call that was answered carries its usage, also when the answer is a refusal
// or cannot be used, because it still costs. An attempt whose outcome nobody
// knows is told to the caller's MaybeCharged at once, before anything is tried
// again, so that the record of it survives a process that dies in the retry.
//
// This package retries, and nothing else does: the SDK's own retries are off.
package openai

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
)

// Config says how to reach OpenAI. Only Key is needed; nothing is read from the
// environment, where the SDK would look for OPENAI_API_KEY and others.
type Config struct {
	// Key returns the API key. It is called at first use and its answer is kept;
	// after OpenAI answered 401 it is called once more, for a key that was rotated.
	// White space around the key is dropped. An error that will pass wraps ErrUnavailable.
	Key func(ctx context.Context) (string, error)

	BaseURL string // with its version, as in http://127.0.0.1:8080/v1; "" is OpenAI's

	// HTTPClient does the requests; nil is one of ours. Redirects are not followed
	// and answers are cut at 100 MB with either.
	HTTPClient *http.Client

	Attempts int           // tries of one call; 0 is 5
	Backoff  time.Duration // wait before the second try; doubles, with jitter, to 30 s; 0 is 500 ms

	// Poll is the longest wait between two looks at a background response; 0 is 2 s. The wait is a thirtieth
	// of the time that the response has taken so far, at least 50 ms or, where that is less, Poll.
	Poll time.Duration

	Foreground bool // agent calls wait for their answer instead of fetching it; for organisations without data retention

	ImageTimeout time.Duration // of one try of an image call, which may take minutes at high quality; 0 is 300 s
	AgentTimeout time.Duration // of one try of an agent call, not of the whole background response; 0 is 300 s

	// The account's limits, by the minute, at which requests are paced; 0: requests go out at once, and OpenAI says
	// when there were too many.
	ImagesPerMinute, TokensPerMinute int

	// Patience is how long a response that was just made may be unknown to OpenAI (404) before it is taken for gone;
	// 0 is 75 s.
	Patience time.Duration
	// ResponseTimeout is how long a background response may take before it is given up: cancelled, looked at once
	// more, and reported as ErrStuck; 0 is 20 minutes.
	ResponseTimeout time.Duration

	Log *slog.Logger // DEBUG for each try, WARN for each retry; never a key or a prompt; nil discards
}

// Client asks OpenAI. It is safe for concurrent use.
type Client struct {
	cfg       Config
	keys      *keyring
	options   []option.RequestOption // of every service
	images    sdk.ImageService
	responses responses.ResponseService
	imageGate throttle
	agentGate throttle
	unusable  error // why no request can be made with this Config, or nil
}

// New returns a client. A Config that cannot work (no Key, a BaseURL that is not
// an address) is reported by every call, as ErrUnauthorized or ErrRejected.
func New(cfg Config) *Client {
	c := &Client{cfg: cfg}
	c.cfg.Attempts = positive(cfg.Attempts, 5)
	c.cfg.Backoff = positive(cfg.Backoff, 500*time.Millisecond)
	c.cfg.Poll = positive(cfg.Poll, 2*time.Second)
	c.cfg.ImageTimeout = positive(cfg.ImageTimeout, 300*time.Second)
	c.cfg.AgentTimeout = positive(cfg.AgentTimeout, 300*time.Second)
	c.cfg.Patience = positive(cfg.Patience, 75*time.Second)
	c.cfg.ResponseTimeout = positive(cfg.ResponseTimeout, 20*time.Minute)
	c.imageGate.backoff, c.agentGate.backoff = c.cfg.Backoff, c.cfg.Backoff
	if cfg.Log == nil {
		c.cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.BaseURL == "" {
		c.cfg.BaseURL = "https://api.openai.com/v1"
	}
	if base, err := url.Parse(c.cfg.BaseURL); err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		c.unusable = fmt.Errorf("%w: the base URL is not an address such as https://api.openai.com/v1", ErrRejected)
	}
	c.keys = &keyring{read: cfg.Key, lock: make(chan struct{}, 1)}

	// The services are made directly, since sdk.NewClient reads the environment.
	c.options = []option.RequestOption{
		option.WithBaseURL(c.cfg.BaseURL),
		option.WithHTTPClient(httpClient(cfg.HTTPClient)),
		option.WithMaxRetries(0),
		option.WithMiddleware(limitBody),
	}
	c.images = sdk.NewImageService(c.options...)
	c.responses = responses.NewResponseService(c.options...)
	return c
}

func positive[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// httpClient returns a client that follows no redirect: a POST sent twice may be
// charged twice, and OpenAI redirects nothing.
func httpClient(given *http.Client) *http.Client {
	var client http.Client
	if given != nil {
		client = *given
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t = t.Clone()
		t.MaxIdleConnsPerHost = 8
		// A Lambda is frozen between runs, and its idle connections die meanwhile. A
		// request that meets a dead one looks sent, and its outcome unknown.
		t.IdleConnTimeout = 15 * time.Second
		client.Transport = t
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

const (
	maxBody      = 100 << 20 // of an answer; an image of 3840 by 2160 is under 50 MB
	maxErrorBody = 1 << 20   // of an error; what is longer is no error of OpenAI's
)

// limitBody cuts what is read of an answer. An error that is too long ends
// early, and so is not understood; an answer that is too long fails to read.
func limitBody(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	res, err := next(req)
	if err != nil {
		return res, err
	}
	limit := int64(maxBody)
	if res.StatusCode >= 400 {
		limit = maxErrorBody
	}
	res.Body = http.MaxBytesReader(nil, res.Body, limit)
	return res, nil
}
