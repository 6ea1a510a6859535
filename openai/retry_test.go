package openai_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai"
)

func TestLog(t *testing.T) {
	var log bytes.Buffer
	w := serve(t, failure(429, "rate_limit_exceeded", "slow down"), completed("resp_1", "the answer"))
	c := w.client(func(cfg *openai.Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if _, err := c.Respond(t.Context(), openai.AgentRequest{Model: "m", Instructions: "my instructions", Input: []string{"my prompt"}}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "level=DEBUG") || !strings.Contains(lines[1], "level=WARN") || !strings.Contains(lines[2], "level=DEBUG") {
		t.Errorf("want DEBUG, WARN, DEBUG:\n%s", &log)
	}
	for _, secret := range []string{testKey, "my instructions", "my prompt", "the answer"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, &log)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	later := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for name, tt := range map[string]struct {
		header, value string
		deadline      bool // of a minute
		gaveUp        bool
	}{
		"milliseconds":              {"Retry-After-Ms", "3", true, false},
		"fraction of a second":      {"Retry-After", "0.003", true, false},
		"nothing to wait for":       {"Retry-After", "0", true, false},
		"negative":                  {"Retry-After", "-5", true, false},
		"not a number":              {"Retry-After", "NaN", true, false},
		"not anything":              {"Retry-After", "soon", true, false},
		"a date gone by":            {"Retry-After", "Mon, 02 Jan 2006 15:04:05 GMT", true, false},
		"seconds past the deadline": {"Retry-After", "90", true, true},
		"millis past the deadline":  {"Retry-After-Ms", "90000", true, true},
		"date past the deadline":    {"Retry-After", later, true, true},
		"endless":                   {"Retry-After", "1e300", true, true},
		"infinite":                  {"Retry-After", "Inf", true, true},
		"endless, without deadline": {"Retry-After", "1e300", false, true},
		"an hour, without deadline": {"Retry-After", "3600", false, true},
		"moments, without deadline": {"Retry-After-Ms", "2", false, false},
		"huge number of millis":     {"Retry-After-Ms", "99999999999999999999", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			if tt.deadline {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Minute)
				defer cancel()
			}
			w, ch := serve(t, failure(429, "rate_limit_exceeded", "slow down", tt.header, tt.value), completed("resp_1", "x")), &charges{}
			start := time.Now()
			err := ask(ctx, w.client(), ch)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("waited %v", took)
			}
			if tt.gaveUp != errors.Is(err, openai.ErrUnavailable) || !tt.gaveUp && err != nil {
				t.Errorf("error %v; gave up: want %v", err, tt.gaveUp)
			}
			if tt.gaveUp && (len(w.seen()) != 1 || !strings.Contains(err.Error(), "does not fit")) {
				t.Errorf("%v after %d requests", err, len(w.seen()))
			}
		})
	}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	w := serve(t, failure(429, "rate_limit_exceeded", "slow down", "Retry-After-Ms", "8", "Retry-After", "3600"), completed("resp_1", "x"))
	start := time.Now()
	if err := ask(t.Context(), w.client(), &charges{}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 8*time.Millisecond {
		t.Errorf("waited %v; want at least 8ms", took)
	}
}

// onWarn is a log that calls itself on a WARN, which a retry is.
type onWarn func()

func (onWarn) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (f onWarn) Handle(context.Context, slog.Record) error      { f(); return nil }
func (f onWarn) WithAttrs([]slog.Attr) slog.Handler             { return f }
func (f onWarn) WithGroup(string) slog.Handler                  { return f }

func TestCancelledBetweenAttempts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w, ch := serve(t, failure(503, "server_error", "overloaded", "Retry-After", "500")), &charges{}
	err := ask(ctx, w.client(func(cfg *openai.Config) { cfg.Log = slog.New(onWarn(cancel)) }), ch)
	if !errors.Is(err, context.Canceled) || len(w.seen()) != 1 || len(ch.causes) != 0 {
		t.Errorf("%v after %d requests, charges %v", err, len(w.seen()), ch.causes)
	}
}

func TestBackoffDoubles(t *testing.T) {
	w := serve(t, failure(503, "server_error", "overloaded"))
	c := w.client(func(cfg *openai.Config) { cfg.Attempts, cfg.Backoff = 4, 4*time.Millisecond })
	start := time.Now()
	err := ask(t.Context(), c, &charges{})
	// With the most jitter the waits are 2, 4 and 8 ms.
	if took := time.Since(start); !errors.Is(err, openai.ErrUnavailable) || took < 14*time.Millisecond {
		t.Errorf("%v after %v; want at least 14ms", err, took)
	}
}

// cut is a connection that breaks after some bytes were written to it.
type cut struct {
	net.Conn
	left int
}

func (c *cut) Write(p []byte) (int, error) {
	if len(p) <= c.left {
		c.left -= len(p)
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:c.left])
	c.left = 0
	return n, &net.OpError{Op: "write", Net: "tcp", Err: errors.New("broken pipe")}
}

// What was never sent whole cannot have been charged.
func TestNotSent(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	dial := func(dial func(context.Context, string, string) (net.Conn, error)) *http.Client {
		return &http.Client{Transport: &http.Transport{DialContext: dial}}
	}
	broken := func(after int) *http.Client {
		return dial(func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, addr)
			return &cut{conn, after}, err
		})
	}
	for name, tt := range map[string]struct {
		change func(*openai.Config)
		err    error
		text   string
	}{
		"nobody listens": {func(cfg *openai.Config) { cfg.BaseURL = gone.URL }, openai.ErrUnavailable, "connection refused"},
		"no such host": {func(cfg *openai.Config) {
			cfg.HTTPClient = dial(func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "api.openai.com"}
			})
		}, openai.ErrUnavailable, "no such host"},
		"never connected": {func(cfg *openai.Config) {
			cfg.ImageTimeout = 2 * time.Millisecond
			cfg.HTTPClient = dial(func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			})
		}, openai.ErrUnavailable, "no answer within 2ms"},
		"no TLS":                {func(cfg *openai.Config) { cfg.BaseURL = strings.Replace(cfg.BaseURL, "http:", "https:", 1) }, openai.ErrUnavailable, "HTTP response to HTTPS client"},
		"half written":          {func(cfg *openai.Config) { cfg.HTTPClient = broken(64 << 10) }, openai.ErrUnavailable, ""},
		"only the head written": {func(cfg *openai.Config) { cfg.HTTPClient = broken(0) }, openai.ErrUnavailable, ""},
		"no address":            {func(cfg *openai.Config) { cfg.BaseURL = "api.openai.com/v1" }, openai.ErrRejected, "base URL"},
		"another scheme":        {func(cfg *openai.Config) { cfg.BaseURL = "ftp://api.openai.com/v1" }, openai.ErrRejected, "base URL"},
		"not an address":        {func(cfg *openai.Config) { cfg.BaseURL = "http://a b" }, openai.ErrRejected, "base URL"},
	} {
		t.Run(name, func(t *testing.T) {
			w, ch := serve(t, answer(200, imageAnswer(","+imageUsage))), &charges{}
			r := imageRequest(ch)
			r.Image = bytes.Repeat([]byte("x"), 256<<10)
			_, err := w.client(tt.change).EditImage(t.Context(), r)
			if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.text) || len(ch.causes) != 0 {
				t.Errorf("error %v; want %v with %q; charges %v", err, tt.err, tt.text, ch.causes)
			}
			if n := len(w.seen()); n != 0 {
				t.Errorf("%d requests arrived whole", n)
			}
		})
	}
}

// A short request leaves the buffer in one piece, after it was traced as written.
func TestShortRequestNotSent(t *testing.T) {
	w, ch := serve(t, completed("resp_1", "x")), &charges{}
	c := w.client(func(cfg *openai.Config) {
		cfg.HTTPClient = &http.Client{Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, addr)
				return &cut{conn, 0}, err
			},
		}}
	})
	if err := ask(t.Context(), c, ch); !errors.Is(err, openai.ErrUnavailable) || len(ch.causes) != 0 {
		t.Errorf("%v, charges %v", err, ch.causes)
	}
}
