package fetch_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/full-turner/full-turner/pipeline/internal/fetch"
)

// serve starts a server on loopback and returns its https address and a
// Fetcher that may reach it.
func serve(t testing.TB, c fetch.Config, handler http.HandlerFunc) (string, *fetch.Fetcher) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	c.AllowLoopback = true
	c.RootCAs = x509.NewCertPool()
	c.RootCAs.AddCert(server.Certificate())
	return server.URL, fetch.New(c)
}

// serving answers every request with body, under a media type that is a lie.
func serving(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write(body)
	}
}

// fails asserts that a fetch fails with an *Error of a kind that says so.
func fails(t *testing.T, f *fetch.Fetcher, address string, kind error, says string) {
	t.Helper()
	img, err := f.Image(t.Context(), address)
	var e *fetch.Error
	if !errors.As(err, &e) {
		t.Errorf("%.100s: got %s, error %v", address, img.MediaType, err)
		return
	}
	if !errors.Is(err, kind) {
		t.Errorf("%.100s: %v is not %q", address, err, kind)
	}
	if !strings.Contains(e.Reason, says) {
		t.Errorf("%.100s: %q does not say %q", address, e.Reason, says)
	}
	if len(err.Error()) > 700 || strings.ContainsAny(err.Error(), "\n\x00") {
		t.Errorf("%.100s: not one short sentence: %q", address, err)
	}
	if img.Body != nil {
		t.Errorf("%.100s: an image came with the error", address)
	}
}

func TestImage_CapsTheBytesWhateverTheServerSays(t *testing.T) {
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for chunk := make([]byte, 64<<10); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	address, f := serve(t, fetch.Config{MaxBytes: 1_500_000}, endless)
	fails(t, f, address, fetch.ErrUnusable, "more than 1.5 MB: make it smaller")

	address, f = serve(t, fetch.Config{MaxBytes: 1000}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1001")
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush()
		<-t.Context().Done() // the length alone is enough
	})
	fails(t, f, address, fetch.ErrUnusable, "more than 1 kB")

	body := pngOf(t, 30, 20)
	address, f = serve(t, fetch.Config{MaxBytes: int64(len(body))}, serving(body))
	if _, err := f.Image(t.Context(), address); err != nil {
		t.Errorf("just within the limit: %v", err)
	}
	packed := zipped(t, make([]byte, 5_000_000))
	address, f = serve(t, fetch.Config{MaxBytes: 1_000_000}, serving(packed))
	fails(t, f, address, fetch.ErrUnusable, "more than 1 MB")

	address, f = serve(t, fetch.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n%s", body)
		conn.Close()
	})
	fails(t, f, address, fetch.ErrUnavailable, "broke the answer off")
}

func TestImage_UnpacksWhatIsSentCompressed(t *testing.T) {
	body := pngOf(t, 3, 2)
	for _, tt := range []struct {
		coding string
		sent   []byte
		says   string
	}{
		{"gzip", zipped(t, body), ""}, {"x-gzip", zipped(t, body), ""}, {"", zipped(t, body), ""},
		{"gzip", body, ""}, // of a server that only says so
		{"br", body, `compressed by "br"`}, {"gzip", zipped(t, body)[:20], "compressed and damaged"}, {"", zipped(t, zipped(t, body)), "it is a gzip"},
	} {
		address, f := serve(t, fetch.Config{}, func(w http.ResponseWriter, r *http.Request) {
			if got := r.Header.Get("Accept-Encoding"); got != "identity" {
				t.Errorf("Accept-Encoding: %s", got)
			}
			w.Header().Set("Content-Encoding", tt.coding)
			w.Write(tt.sent)
		})
		got, err := f.Image(t.Context(), address)
		if tt.says == "" && (err != nil || !bytes.Equal(got.Body, body)) || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%q: %d bytes, %v", tt.coding, len(got.Body), err)
		}
	}
}

// What HTML and pages of other systems make of an address is read as browsers read it.
func TestImage_ReadsAnAddressAsABrowserDoes(t *testing.T) {
	body := pngOf(t, 3, 2)
	address, f := serve(t, fetch.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "w=1&h=2" {
			t.Errorf("asked for %s", r.URL)
		}
		w.Write(body)
	})
	for _, address := range []string{strings.TrimPrefix(address, "https:") + "/a?w=1&h=2", address + "/a?w=1&amp;h=2"} {
		if _, err := f.Image(t.Context(), address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestImage_SaysWhatTheServerAnswered(t *testing.T) {
	for status, says := range map[int]string{403: "answers 403 Forbidden", 404: "answers 404 Not Found", 500: "answers 500", 204: "answers 204", 206: "answers 206", 304: "answers 304", 599: "answers 599:"} {
		address, f := serve(t, fetch.Config{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		fails(t, f, address, fetch.ErrUnavailable, says)
	}
	address, f := serve(t, fetch.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 200<<10))
		w.Write([]byte("x"))
	})
	fails(t, f, address, fetch.ErrUnavailable, "the connection failed")
	fails(t, f, strings.Replace(address, "https://127.0.0.1", "http://127.0.0.1", 1), fetch.ErrUnavailable, "answers 400")

	fails(t, fetch.New(fetch.Config{AllowLoopback: true}), address, fetch.ErrUnavailable, "certificate is not valid")

	plain := httptest.NewServer(serving(pngOf(t, 3, 2)))
	fails(t, f, strings.Replace(plain.URL, "http:", "https:", 1), fetch.ErrUnavailable, "does not speak https")
	plain.Close()
	fails(t, f, plain.URL, fetch.ErrUnavailable, "refuses the connection")
}

func TestImage_EndsWithItsTimeout(t *testing.T) {
	drip := func(w http.ResponseWriter, r *http.Request) {
		w.Write(pngOf(t, 30, 20)[:20])
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	silence := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, handler := range map[string]http.HandlerFunc{"a slow body": drip, "no answer": silence} {
		address, f := serve(t, fetch.Config{Timeout: 200 * time.Millisecond}, handler)
		start := time.Now()
		fails(t, f, address, fetch.ErrUnavailable, "took longer than 200ms")
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: ended after %s", name, took)
		}
	}
}

func TestImage_EndsWithItsContext(t *testing.T) {
	asked := make(chan struct{})
	address, f := serve(t, fetch.Config{}, func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	_, err := f.Image(ctx, address)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, fetch.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if _, err := f.Image(ctx, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(pngOf(t, 2, 2))); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

func TestImage_TellsTheServerNothing(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	body := pngOf(t, 3, 2)
	address, f := serve(t, fetch.Config{}, func(w http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if name != "User-Agent" && name != "Accept" && name != "Accept-Encoding" && name != "Connection" {
				t.Errorf("%s: header %s: %s", r.URL, name, r.Header.Get(name))
			}
		}
		if got := r.Header.Get("User-Agent"); !strings.HasPrefix(got, "full-turner") {
			t.Errorf("User-Agent: %s", got)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b", Path: "/"})
		if r.URL.Path == "/first" {
			http.Redirect(w, r, "/second", http.StatusFound)
			return
		}
		w.Write(body)
	})
	for range 2 {
		if _, err := f.Image(t.Context(), address+"/first?signature=secret"); err != nil {
			t.Error(err)
		}
	}
}

func TestImage_ServesManyAtOnce(t *testing.T) {
	address, f := serve(t, fetch.Config{}, func(w http.ResponseWriter, r *http.Request) {
		w.Write(map[string][]byte{"/png": pngOf(t, 30, 20), "/gif": gifOf(t, 30, 20), "/tiff": tiffOf(t, 30, 20)}[r.URL.Path])
	})
	var group sync.WaitGroup
	for i := range 30 {
		group.Go(func() {
			got, err := f.Image(t.Context(), address+[]string{"/png", "/gif", "/tiff"}[i%3])
			if err != nil || len(got.Body) == 0 {
				t.Errorf("%s, %v", got.MediaType, err)
			}
		})
	}
	group.Wait()
}
