package fetch_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
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
		t.Errorf("%.100s: got %d by %d, error %v", address, img.Width, img.Height, err)
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

func TestImage_TakesPNGAndJPEGAndWebPAsTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		body          []byte
		mediaType     string
		width, height int
	}{
		"png":           {pngOf(t, 30, 20), "image/png", 30, 20},
		"jpeg":          {jpegOf(t, 30, 20), "image/jpeg", 30, 20},
		"webp":          {webpLossless, "image/webp", 1, 1},
		"lossy webp":    {webpLossy, "image/webp", 1, 1},
		"trailing data": {append(pngOf(t, 3, 2), "more"...), "image/png", 3, 2},
	} {
		address, f := serve(t, fetch.Config{}, serving(c.body))
		got, err := f.Image(t.Context(), " "+address+"/a.gif?x=1#y\n")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Equal(got.Body, c.body) || got.MediaType != c.mediaType || got.Width != c.width || got.Height != c.height {
			t.Errorf("%s: %d bytes, %s, %d by %d", name, len(got.Body), got.MediaType, got.Width, got.Height)
		}
	}
}

func TestImage_ConvertsGIFAndBMPAndTIFFToPNG(t *testing.T) {
	for name, body := range map[string][]byte{"gif": gifOf(t, 8, 6), "bmp": bmpOf(t, 8, 6), "tiff": tiffOf(t, 8, 6)} {
		address, f := serve(t, fetch.Config{}, serving(body))
		got, err := f.Image(t.Context(), address)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		decoded, err := png.Decode(bytes.NewReader(got.Body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got.MediaType != "image/png" || got.Width != 8 || got.Height != 6 || decoded.Bounds() != image.Rect(0, 0, 8, 6) {
			t.Errorf("%s: %s, %d by %d, %v", name, got.MediaType, got.Width, got.Height, decoded.Bounds())
		}
		at := func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(decoded.At(x, y)).(color.NRGBA) }
		if name == "gif" {
			if at(0, 0).A != 0 || at(1, 1) != (color.NRGBA{R: 255, A: 255}) {
				t.Errorf("the first frame is not in its place: %v, %v", at(0, 0), at(1, 1))
			}
		} else if want := picture(8, 6).NRGBAAt(3, 2); at(3, 2) != want {
			t.Errorf("%s: pixel %v, want %v", name, at(3, 2), want)
		}
	}
}

func TestImage_ReadsDataAddresses(t *testing.T) {
	f := fetch.New(fetch.Config{})
	body := pngOf(t, 3, 2)
	encoded := base64.StdEncoding.EncodeToString(body)
	for name, address := range map[string]string{
		"base64":             "data:image/png;base64," + encoded,
		"in capitals":        "DATA:image/png;BASE64," + encoded,
		"another media type": "data:text/plain;charset=utf-8;base64," + encoded,
		"no media type":      "data:;base64," + encoded,
		"url alphabet":       "data:image/png;base64," + base64.RawURLEncoding.EncodeToString(body),
		"wrapped":            "data:image/png;base64,\n" + encoded[:20] + "\r\n " + encoded[20:] + "\n",
		"base64 in percents": "data:image/png;base64," + url.QueryEscape(encoded),
		"percents":           "data:image/png," + url.PathEscape(string(body)),
		"with a fragment":    "data:image/png;base64," + encoded + "#x",
	} {
		got, err := f.Image(t.Context(), address)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(got.Body, body) || got.Width != 3 {
			t.Errorf("%s: %d bytes", name, len(got.Body))
		}
	}
	f = fetch.New(fetch.Config{MaxBytes: 1000})
	for address, says := range map[string]string{
		"data:image/png;base64":     "no comma",
		"data:image/png;base64,":    "it is empty",
		"data:,":                    "it is empty",
		"data:image/png;base64,%%%": "a % that does not stand for a byte",
		"data:image/png;base64,A!":  "not valid base64",
		"data:image/png;base64," + strings.Repeat("A", 4000):         "more than 1 kB",
		"data:image/png," + strings.Repeat("%41", 1001):              "more than 1 kB",
		"data:image/png," + strings.Repeat("A", 1_000_000):           "more than 1 kB",
		"data:text/html,<html><body>Hi</body></html>":                "a web page",
		"data:image/svg+xml;utf8,<svg xmlns='http://x'><g/></svg>":   "an svg",
		"data:image/png,hello":                                       "not a known kind of picture",
		"data:image/png;base64," + encoded[:len(encoded)/2]:          "cannot be decoded",
		"data:" + strings.Repeat("x", 5000) + ",":                    "it is empty",
		"data:\x00\n" + strings.Repeat("\u202e", 3000) + ";x=1,abcd": "not a known kind of picture",
	} {
		kind := fetch.ErrUnusable
		if strings.Contains(says, "comma") || strings.Contains(says, "base64") || strings.Contains(says, "%") {
			kind = fetch.ErrAddress
		}
		fails(t, f, address, kind, says)
	}
}

func TestImage_RefusesByNameWhatItCannotUse(t *testing.T) {
	for says, bodies := range map[string][]string{
		"it is an svg: export it as png": {
			`<svg xmlns="http://www.w3.org/2000/svg"/>`, "\ufeff<?xml version=\"1.0\"?>\n<!-- a --><!DOCTYPE svg PUBLIC \"a\" \"b\">\n<svg >", " \n<svg:svg xmlns:svg='x'>", "<svg/>",
		},
		"it is an avif: export it":                     {"\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "\x00\x00\x00\x18ftypavis\x00\x00\x00\x00"},
		"it is a heic: export it":                      {"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic"},
		"it is an ico: export it":                      {"\x00\x00\x01\x00\x01\x00\x10\x10"},
		"it is a pdf: export the page":                 {"%PDF-1.7\n%abc"},
		"it is a video: use a picture":                 {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "\x1aE\xdf\xa3webm"},
		"it is a jpeg xl: export it":                   {"\xff\x0a\x00", "\x00\x00\x00\x0cJXL \r\n\x87\n"},
		"it is a photoshop file: export it":            {"8BPS\x00\x01"},
		"it is a big tiff: export it":                  {"II+\x00\x08"},
		"it is a web page: use the address of the pic": {"<!DOCTYPE html><html><svg></svg></html>", "\n<HTML>", "<head><title>x</title>", "<!-- x --><div class='a'>"},
		"it is an xml document":                        {"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"},
		"it is a json document":                        {`{"error":"no"}`},
		"it is a gzip":                                 {"\x1f\x8b\x08"},
		"it is a zip":                                  {"PK\x03\x04"},
		"it is an animated webp":                       {string(animatedWebP())},
		"it is not a known kind of picture: use a png": {"hello", "\x00", "RIFF1234WAVE", "BM12345", "\x00\x00\x00\x18ftyp"},
		"it is empty":                                  {""},
	} {
		for _, body := range bodies {
			address, f := serve(t, fetch.Config{}, serving([]byte(body)))
			fails(t, f, address+"/a.png", fetch.ErrUnusable, says)
		}
	}
}

func TestImage_RefusesBrokenImages(t *testing.T) {
	for name, body := range map[string][]byte{
		"png": pngOf(t, 40, 40), "jpeg": jpegOf(t, 40, 40), "gif": gifOf(t, 40, 40), "bmp": bmpOf(t, 40, 40), "tiff": tiffOf(t, 40, 40),
		"webp": webpLossless, "lossy webp": webpLossy,
	} {
		for _, part := range []int{2, 3, 5} {
			address, f := serve(t, fetch.Config{}, serving(body[:len(body)*(part-1)/part]))
			if name == "gif" && part != 2 {
				continue // what is gone is the second frame
			}
			fails(t, f, address, fetch.ErrUnusable, "cannot be decoded")
		}
	}
	flipped := pngOf(t, 40, 40)
	flipped[len(flipped)/2] ^= 1
	noEnd := pngOf(t, 40, 40)
	for name, body := range map[string][]byte{
		"a wrong check sum": flipped, "no end": noEnd[:len(noEnd)-12], "a header alone": noEnd[:8], "half a header": noEnd[:20], "jpeg's first bytes": []byte("\xff\xd8\xff"),
		"a disguised webp": disguisedWebP(),
	} {
		address, f := serve(t, fetch.Config{}, serving(body))
		t.Log(name)
		fails(t, f, address, fetch.ErrUnusable, "cannot be decoded")
	}
}

func TestImage_RefusesTooManyPixelsByTheHeader(t *testing.T) {
	for name, body := range map[string][]byte{
		"png": hugePNG(t, 50000, 50000), "wide png": hugePNG(t, 1<<31-1, 1), "gif": hugeGIF(t), "bmp": hugeBMP(t), "jpeg": hugeJPEG(t), "tiff": hugeTIFF(), "webp": hugeWebP(),
	} {
		address, f := serve(t, fetch.Config{}, serving(body))
		t.Log(name)
		fails(t, f, address, fetch.ErrUnusable, "pixels, more than 50000000 in all")
	}
	address, f := serve(t, fetch.Config{MaxPixels: 600}, serving(pngOf(t, 30, 20)))
	if _, err := f.Image(t.Context(), address); err != nil {
		t.Errorf("just within the limit: %v", err)
	}
	address, f = serve(t, fetch.Config{MaxPixels: 599}, serving(pngOf(t, 30, 20)))
	fails(t, f, address, fetch.ErrUnusable, "it is 30 by 20 pixels, more than 599 in all")
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
	// A conversion must not grow beyond the limit either.
	small := gifOf(t, 900, 900)
	address, f = serve(t, fetch.Config{MaxBytes: int64(len(small))}, serving(small))
	if _, err := f.Image(t.Context(), address); err != nil && !strings.Contains(err.Error(), "make it smaller") {
		t.Error(err)
	}

	for _, length := range []string{"5000", "10"} {
		address, f = serve(t, fetch.Config{}, func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n%s", length, body)
			conn.Close()
		})
		if length == "10" {
			fails(t, f, address, fetch.ErrUnusable, "cannot be decoded")
		} else {
			fails(t, f, address, fetch.ErrUnavailable, "broke the answer off")
		}
	}
}

func TestImage_RefusesCompressedAnswers(t *testing.T) {
	address, f := serve(t, fetch.Config{}, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("Accept-Encoding: %s", got)
		}
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, "\x1f\x8b\x08")
	})
	fails(t, f, address, fetch.ErrUnavailable, "sends it compressed")
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
	for name, handler := range map[string]http.HandlerFunc{"a slow body": drip, "no answer": silence, "a body that takes long to decode": serving(busyJPEG())} {
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
			if err != nil || got.Width != 30 {
				t.Errorf("%d by %d, %v", got.Width, got.Height, err)
			}
		})
	}
	group.Wait()
}
