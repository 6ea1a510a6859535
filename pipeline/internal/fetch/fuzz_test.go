package fetch_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/pipeline/internal/fetch"
)

// smallest is a Fetcher that can take little.
var smallest = fetch.New(fetch.Config{MaxBytes: 100_000, Timeout: 5 * time.Second})

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

func FuzzImage_TakesAnyBytes(f *testing.F) {
	for _, body := range [][]byte{
		pngOf(f, 3, 2), jpegOf(f, 9, 9), gifOf(f, 4, 4), bmpOf(f, 3, 2), tiffOf(f, 3, 2), webpLossless, webpLossy,
		animatedWebP(), []byte("<svg>"), zipped(f, []byte("<svg/>")), []byte("\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif"),
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
	if !strings.HasPrefix(got.MediaType, "image/") || len(got.Body) == 0 || len(got.Body) > 100_000 {
		t.Errorf("%q: %s, %d bytes", address, got.MediaType, len(got.Body))
	}
}
