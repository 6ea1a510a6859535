package openai_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai"
)

const testKey = "sk-test-0123456789"

// wire is a server that answers the nth request with the nth handler, and
// further ones with the last.
type wire struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
}

// request is one request as it arrived.
type request struct {
	method, path, key string
	header            http.Header
	body              []byte
}

func serve(t testing.TB, handlers ...http.HandlerFunc) *wire {
	t.Helper()
	w := &wire{}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.mu.Lock()
		n := len(w.requests)
		w.requests = append(w.requests, request{r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header, body})
		w.mu.Unlock()
		handlers[min(n, len(handlers)-1)](rw, r)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *wire) seen() []request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests)
}

// client returns a client of w that waits for nothing.
func (w *wire) client(change ...func(*openai.Config)) *openai.Client {
	cfg := openai.Config{
		Key:      func(context.Context) (string, error) { return testKey, nil },
		BaseURL:  w.URL + "/v1",
		Attempts: 3,
		Backoff:  time.Microsecond,
		Poll:     time.Microsecond,
		Patience: time.Nanosecond,
	}
	for _, f := range change {
		f(&cfg)
	}
	return openai.New(cfg)
}

func foreground(cfg *openai.Config) { cfg.Foreground = true }

// answer answers with a status and a JSON body.
func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "req_42")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func page(status int) http.HandlerFunc {
	return answer(status, "<html><body>cloudfront says no</body></html>", "Content-Type", "text/html")
}

// failure answers with OpenAI's error object.
func failure(status int, code, message string, header ...string) http.HandlerFunc {
	body, _ := json.Marshal(map[string]any{"error": map[string]any{"code": code, "type": "some_type", "param": nil, "message": message}})
	return answer(status, string(body), header...)
}

// hangUp closes the connection after the request was read.
func hangUp(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
}

// half announces a body and closes the connection in the middle of it.
func half(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = fmt.Fprintf(rw, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body[:len(body)/2])
		_ = rw.Flush()
	}
}

// silent never answers.
func silent(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// stalled begins an answer and never ends it.
func stalled(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"id":`)
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// endless answers with white space for as long as anyone listens.
func endless(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = ' '
		}
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}
}

// charges counts the calls of a MaybeCharged.
type charges struct {
	causes []error
	fail   error // what to return
}

func (c *charges) record(cause error) error {
	c.causes = append(c.causes, cause)
	return c.fail
}

const imageUsage = `"usage":{"input_tokens":150,"input_tokens_details":{"text_tokens":50,"image_tokens":100},"output_tokens":1056,"total_tokens":1206}`

var pngBytes = []byte("\x89PNG\r\n\x1a\nnot much of a picture")

// imageAnswer is a good answer to an edit, with further fields.
func imageAnswer(fields string) string {
	return `{"created":1,"data":[{"b64_json":"` + base64.StdEncoding.EncodeToString(pngBytes) + `"}],"size":"1536x1024","quality":"medium"` + fields + `}`
}

const agentUsage = `"usage":{"input_tokens":1000,"input_tokens_details":{"cached_tokens":400,"cache_write_tokens":100},"output_tokens":500,"output_tokens_details":{"reasoning_tokens":200},"total_tokens":1500}`

// agentAnswer is a response of a status, with a text where there is one and
// further fields.
func agentAnswer(id, status, text, fields string) string {
	output := "[]"
	if text != "" {
		content, _ := json.Marshal(text)
		output = `[{"type":"reasoning","content":[{"type":"reasoning_text","text":"hmm"}],"summary":[]},
			{"type":"message","role":"assistant","content":[{"type":"output_text","annotations":[],"text":` + string(content) + `}]}]`
	}
	return fmt.Sprintf(`{"id":%q,"object":"response","status":%q,"model":"gpt-5-2025-08-07","service_tier":"default","output":%s,"error":null,"incomplete_details":null%s}`,
		id, status, output, fields)
}

func queued(id string) http.HandlerFunc {
	return answer(200, agentAnswer(id, "queued", "", `,"usage":null`))
}

func completed(id, text string) http.HandlerFunc {
	return answer(200, agentAnswer(id, "completed", text, ","+agentUsage))
}
