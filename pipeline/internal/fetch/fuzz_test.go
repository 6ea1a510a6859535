package fetch_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/webp"

	"github.com/full-turner/full-turner/pipeline/internal/fetch"
)

func TestGuarded_MakesAnErrorOfAPanic(t *testing.T) {
	err := fetch.Guarded(func() error { panic("index out of range") })
	if err == nil || !strings.Contains(err.Error(), "the decoder panicked: index out of range") {
		t.Errorf("got %v", err)
	}
}

// smallest is a Fetcher that can take little, so that the fuzzer is not slowed
// down by large pictures.
var smallest = fetch.New(fetch.Config{MaxBytes: 100_000, MaxPixels: 250_000, Timeout: 5 * time.Second})

func FuzzImage_ReadsAnyDataAddress(f *testing.F) {
	body := base64.StdEncoding.EncodeToString(pngOf(f, 2, 2))
	f.Add("data:image/png;base64," + body)
	f.Add("DATA:;charset=x;BASE64, " + body[:10] + "\n" + body[10:])
	f.Add("data:,%89PNG%0d%0a")
	f.Add("data:text/html,<svg>#x")
	f.Fuzz(func(t *testing.T, address string) {
		if len(address) < 5 || !strings.EqualFold(address[:5], "data:") {
			address = "data:" + address
		}
		judge(t, address)
	})
}

func FuzzImage_DecodesAnyBytes(f *testing.F) {
	for _, body := range [][]byte{
		pngOf(f, 3, 2), jpegOf(f, 9, 9), gifOf(f, 4, 4), bmpOf(f, 3, 2), tiffOf(f, 3, 2), webpLossless, webpLossy,
		animatedWebP(), disguisedWebP(), hugeTIFF(), hugePNG(f, 400, 400), []byte("<svg>"), []byte("\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif"),
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		judge(t, "data:;base64,"+base64.StdEncoding.EncodeToString(body))
	})
}

// judge fetches an address and asserts what holds for every image and error.
func judge(t *testing.T, address string) {
	t.Helper()
	got, err := smallest.Image(t.Context(), address)
	if err != nil {
		var e *fetch.Error
		if !errors.As(err, &e) || e.Reason == "" || strings.Contains(err.Error(), "panicked") || len(err.Error()) > 1000 {
			t.Errorf("%q: %v", address, err)
		}
		return
	}
	decode := map[string]func(io.Reader) (image.Image, error){"image/png": png.Decode, "image/jpeg": jpeg.Decode, "image/webp": webp.Decode}[got.MediaType]
	if decode == nil {
		t.Fatalf("%q: media type %q", address, got.MediaType)
	}
	decoded, err := decode(bytes.NewReader(got.Body))
	if err != nil {
		t.Fatalf("%q: %v", address, err)
	}
	if size := decoded.Bounds().Size(); size != image.Pt(got.Width, got.Height) || size.X*size.Y > 250_000 || len(got.Body) > 100_000 {
		t.Errorf("%q: %v, said to be %d by %d, %d bytes", address, size, got.Width, got.Height, len(got.Body))
	}
}
