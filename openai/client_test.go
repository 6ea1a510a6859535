package openai_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai"
)

func ask(ctx context.Context, c *openai.Client, ch *charges) error {
	_, err := c.Respond(ctx, openai.AgentRequest{Model: "gpt-5", Input: []string{"hi"}, MaybeCharged: ch.record})
	return err
}

func TestKey(t *testing.T) {
	broken := errors.New("no secret of that name")
	for name, tt := range map[string]struct {
		key  func(context.Context) (string, error)
		err  error
		text string
	}{
		"with a line end":  {func(context.Context) (string, error) { return " " + testKey + "\r\n", nil }, nil, ""},
		"none configured":  {nil, openai.ErrUnauthorized, "no key is configured"},
		"empty":            {func(context.Context) (string, error) { return " \n", nil }, openai.ErrUnauthorized, "the key is empty"},
		"two lines":        {func(context.Context) (string, error) { return testKey + "\n" + testKey, nil }, openai.ErrUnauthorized, "no key has"},
		"not in ASCII":     {func(context.Context) (string, error) { return testKey + "é", nil }, openai.ErrUnauthorized, "no key has"},
		"cannot be read":   {func(context.Context) (string, error) { return "", broken }, broken, "no secret of that name"},
		"that, as refused": {func(context.Context) (string, error) { return "", broken }, openai.ErrUnauthorized, "read key"},
	} {
		t.Run(name, func(t *testing.T) {
			w, ch := serve(t, completed("resp_1", "x")), &charges{}
			err := ask(t.Context(), w.client(func(cfg *openai.Config) { cfg.Key = tt.key }), ch)
			if !errors.Is(err, tt.err) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v; want %v with %q", err, tt.err, tt.text)
			}
			if err != nil && (strings.Contains(err.Error(), testKey) || len(w.seen()) > 0 || len(ch.causes) > 0) {
				t.Errorf("%v after %d requests, charges %v", err, len(w.seen()), ch.causes)
			}
			if err == nil && w.seen()[0].key != "Bearer "+testKey {
				t.Errorf("sent %q", w.seen()[0].key)
			}
		})
	}
}

// rotating is a server that takes one key, and a client of it that reads keys in
// turn, the last one again and again.
func rotating(t *testing.T, taken string, keys ...string) (*openai.Client, *wire, *atomic.Int32) {
	w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+taken {
			failure(401, "invalid_api_key", "Incorrect API key provided: "+keys[0])(rw, r)
			return
		}
		completed("resp_1", "x")(rw, r)
	})
	var reads atomic.Int32
	return w.client(func(cfg *openai.Config) {
		cfg.Key = func(context.Context) (string, error) {
			n := int(reads.Add(1))
			return keys[min(n, len(keys))-1], nil
		}
	}), w, &reads
}

func TestKeyIsReadOnceAndAgainWhenRefused(t *testing.T) {
	const old, current = "sk-old-000000000000", "sk-new-111111111111"
	c, w, reads := rotating(t, current, old, current)
	for range 3 {
		if err := ask(t.Context(), c, &charges{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.seen()); reads.Load() != 2 || n != 4 {
		t.Errorf("%d reads for %d requests; want 2 for 4", reads.Load(), n)
	}
}

func TestKeyRefusedTwice(t *testing.T) {
	c, w, reads := rotating(t, "sk-other-2222222222", "sk-old-000000000000")
	ch := &charges{}
	for call := int32(1); call <= 2; call++ {
		err := ask(t.Context(), c, ch)
		if !errors.Is(err, openai.ErrUnauthorized) || strings.Contains(err.Error(), "sk-old") {
			t.Errorf("error %v", err)
		}
		// One reading at first use, and one for each refusal that ends a call.
		if reads.Load() != call+1 {
			t.Errorf("call %d: %d reads", call, reads.Load())
		}
	}
	if n := len(w.seen()); n != 4 || len(ch.causes) != 0 {
		t.Errorf("%d requests, charges %v", n, ch.causes)
	}
}

func TestKeyIsReadOnceByMany(t *testing.T) {
	const old, current = "sk-old-000000000000", "sk-new-111111111111"
	c, _, reads := rotating(t, current, old, current)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := ask(t.Context(), c, &charges{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if reads.Load() != 2 {
		t.Errorf("%d reads; want 2", reads.Load())
	}
}

func TestWaitingForTheKeyEndsWithTheContext(t *testing.T) {
	w := serve(t, completed("resp_1", "x"))
	reading, release := make(chan struct{}), make(chan struct{})
	c := w.client(func(cfg *openai.Config) {
		cfg.Key = func(context.Context) (string, error) {
			close(reading)
			<-release
			return testKey, nil
		}
	})
	first := make(chan error)
	go func() { first <- ask(context.Background(), c, &charges{}) }()
	<-reading
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if err := ask(ctx, c, &charges{}); !errors.Is(err, context.Canceled) || errors.Is(err, openai.ErrUnauthorized) {
		t.Errorf("error %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestErrorsShowNoKey(t *testing.T) {
	for name, tt := range map[string]struct{ message, leak string }{
		"the key itself":     {"you sent " + testKey + ".", testKey},
		"masked by OpenAI":   {"Incorrect API key provided: sk-proj-********wxyz. You can find your key at …", "wxyz"},
		"of another shape":   {"Incorrect API key provided: org_abc***wxyz. You can…", "wxyz"},
		"in a header":        {"Authorization: Bearer eyJhbGciOi.abc is wrong", "eyJhbGciOi"},
		"on a line of log":   {"bad\nkey\x00 sk-live-abcdefgh", "abcdefgh"},
		"in a long message":  {strings.Repeat("é", 5000) + " sk-live-abcdefgh", "abcdefgh"},
		"that is not UTF-8":  {"\xff\xfe sk-live-abcdefgh", "abcdefgh"},
		"in a gateway's box": {"sk-admin-abcdefgh-", "abcdefgh"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			w, ch := serve(t, failure(500, "server_error", tt.message)), &charges{}
			err := ask(t.Context(), w.client(func(cfg *openai.Config) {
				cfg.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			}), ch)
			if !errors.Is(err, openai.ErrUnavailable) {
				t.Fatal(err)
			}
			for where, text := range map[string]string{"error": err.Error(), "log": log.String()} {
				if strings.Contains(text, tt.leak) {
					t.Errorf("the %s holds %q: %s", where, tt.leak, text)
				}
			}
			if strings.ContainsAny(err.Error(), "\n\x00") || len(err.Error()) > 2000 {
				t.Errorf("an error of %d bytes: %q", len(err.Error()), err)
			}
		})
	}
}

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

// The SDK takes these from the environment, where it is asked for a client.
func TestEnvironmentIsIgnored(t *testing.T) {
	for name, value := range map[string]string{
		"OPENAI_API_KEY": "sk-of-the-environment", "OPENAI_ADMIN_KEY": "sk-of-the-environment", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
		"OPENAI_ORG_ID": "org-env", "OPENAI_PROJECT_ID": "proj-env", "OPENAI_CUSTOM_HEADERS": "X-Env: 1\nAuthorization: Bearer env",
	} {
		t.Setenv(name, value)
	}
	w := serve(t, completed("resp_1", "x"))
	if err := ask(t.Context(), w.client(), &charges{}); err != nil {
		t.Fatal(err)
	}
	got := w.seen()[0]
	if got.key != "Bearer "+testKey {
		t.Errorf("sent %q", got.key)
	}
	for _, name := range []string{"OpenAI-Organization", "OpenAI-Project", "X-Env"} {
		if v := got.header.Get(name); v != "" {
			t.Errorf("sent %s: %s", name, v)
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

// The caller's client may follow redirects; this one must not be made to.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, given := range []*http.Client{nil, {}, {CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}} {
		w, ch := serve(t, answer(308, "", "Location", "/v1/responses"), completed("resp_1", "x")), &charges{}
		err := ask(t.Context(), w.client(func(cfg *openai.Config) { cfg.HTTPClient = given }), ch)
		if !errors.Is(err, openai.ErrRejected) || len(w.seen()) != 1 {
			t.Errorf("%v after %d requests", err, len(w.seen()))
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

func TestConcurrentCalls(t *testing.T) {
	w := serve(t, completed("resp_1", "x"))
	c := w.client()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if err := ask(t.Context(), c, &charges{}); err != nil {
				t.Error(fmt.Errorf("call %d: %w", i, err))
			}
		})
	}
	wg.Wait()
	if n := len(w.seen()); n != 16 {
		t.Errorf("%d requests", n)
	}
}
