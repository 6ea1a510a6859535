package fetch_test

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/internal/fetch"
)

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
		} else if !bytes.Equal(got.Body, body) || got.MediaType != "image/png" {
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
		"data:image/png,hello":                                       "not a known kind of picture",
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

func TestImage_ReadsAnSVGInADataAddressAsWritten(t *testing.T) {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100%"><rect fill="#f00" width="9" height="9"/></svg>`
	for _, address := range []string{
		"data:image/svg+xml;utf8," + svg, "data:image/svg+xml;charset=utf-8," + svg + "#view", "data:image/svg+xml," + url.PathEscape(svg),
		"data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg)),
	} {
		got, err := fetch.New(fetch.Config{}).Image(t.Context(), address)
		if err != nil || got.MediaType != "image/svg+xml" || string(got.Body) != svg {
			t.Errorf("%.40s: %s %q, %v", address, got.MediaType, got.Body, err)
		}
	}
}
