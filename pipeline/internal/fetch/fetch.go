// Package fetch opens the image addresses that users gave. It is the only code
// that does.
//
// An address comes from whoever edits a funnel, and this code runs inside the
// operator's network with the operator's rights. So a fetch can reach nothing
// but public hosts, tells them nothing about us, and cannot be made to take
// more time or memory than its Config allows:
//
//	address ──▶ scheme, host ──▶ dial guard ──▶ redirects, each the same way ──▶ bytes, capped
//	                                                                              │
//	                                         image ◀── kind, by its bytes ◀── unpacked, capped
//
// Nothing is believed that the other side says about the answer: not its
// media type, not its length. What the bytes mean is read by others.
package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A Config says how far a Fetcher goes. The zero Config is the one for
// production.
type Config struct {
	// AllowLoopback adds addresses that name 127.0.0.0/8, ::1 or localhost, on
	// any port, http included. Other names that lead there stay refused, and
	// so does a redirect to there from elsewhere. For a laptop.
	AllowLoopback bool

	Timeout  time.Duration // of one fetch from the address to the last byte; 0 is 20 s
	MaxBytes int64         // of an image as it comes, and as it is unpacked; 0 is 25 MB

	RootCAs  *x509.CertPool // whom to believe about certificates; nil is the system's
	Resolver *net.Resolver  // who looks host names up; nil is net.DefaultResolver
}

// A Fetcher fetches images. It is safe for concurrent use.
type Fetcher struct {
	loopback bool
	timeout  time.Duration
	maxBytes int64
	client   *http.Client
}

// An Image is a file as it came, of a kind that is drawn on. Whether it can be decoded is not known.
type Image struct {
	Body      []byte
	MediaType string // by its first bytes: image/png, image/jpeg, image/webp, image/gif, image/bmp, image/tiff, image/svg+xml
}

const (
	maxAddress     = 8 << 10 // bytes of an https address; servers take no longer ones
	maxRedirects   = 5
	maxHeaderBytes = 64 << 10
	userAgent      = "full-turner (image fetch)"
	accept         = "image/png, image/jpeg, image/webp, image/gif;q=0.5, image/svg+xml;q=0.5, image/bmp;q=0.3, image/tiff;q=0.3" // no avif: content networks negotiate
)

// New returns a Fetcher.
func New(c Config) *Fetcher {
	f := &Fetcher{loopback: c.AllowLoopback, timeout: c.Timeout, maxBytes: c.MaxBytes}
	if f.timeout <= 0 {
		f.timeout = 20 * time.Second
	}
	if f.maxBytes <= 0 {
		f.maxBytes = 25_000_000
	}
	f.client = &http.Client{
		CheckRedirect: f.checkRedirect,
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would dial for us, unguarded
			DialContext:            newGuard(c.AllowLoopback, c.Resolver).dial,
			TLSClientConfig:        &tls.Config{RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12},
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeaderBytes,
			DisableKeepAlives:      true, // what a server sends on an idle connection, net/http writes to the process's log
		},
	}
	return f
}

// Image fetches the image at an https or data: address. An http address and one
// without a scheme (//host) are tried as https. The bytes are those of the file,
// unpacked where they are gzip.
//
// Every error is an *Error, and wraps ctx's own where ctx ended.
func (f *Fetcher) Image(ctx context.Context, address string) (Image, error) {
	limited, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	address = strings.TrimSpace(address)
	image, err := f.image(limited, address)
	if err != nil {
		if ended := limited.Err(); ended != nil && !errors.Is(err, ended) { // what a cut-off answer looks like says nothing
			err = ended
		}
		return Image{}, f.explain(ctx, limited, address, err)
	}
	return image, nil
}

func (f *Fetcher) image(ctx context.Context, address string) (Image, error) {
	var body []byte
	var err error
	if isData(address) {
		body, err = decodeData(address, f.maxBytes)
	} else {
		body, err = f.download(ctx, address)
	}
	if err == nil && bytes.HasPrefix(body, gzipMagic) { // an svgz, and what is sent compressed
		body, err = f.unpacked(body)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Image{}, err
	}
	format := sniff(body)
	if format.mediaType == "" {
		return Image{}, refuse(ErrUnusable, "it is %s: %s", format.name, format.remedy)
	}
	return Image{body, format.mediaType}, nil
}

var gzipMagic = []byte("\x1f\x8b\x08")

// unpacked returns what a gzip holds, at most as many bytes as an image may have.
func (f *Fetcher) unpacked(body []byte) ([]byte, error) {
	damaged := refuse(ErrUnusable, "it is compressed and damaged: serve the image as it is")
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, damaged
	}
	plain, err := io.ReadAll(io.LimitReader(reader, f.maxBytes+1))
	switch {
	case int64(len(plain)) > f.maxBytes:
		return nil, f.tooBig()
	case err != nil:
		return nil, damaged
	}
	return plain, nil
}

// whole reads an address as a browser does: //host is https, and &amp; is what HTML makes of &. http is tried as https,
// but for this machine.
func (f *Fetcher) whole(address string) (*url.URL, error) {
	address = strings.ReplaceAll(address, "&amp;", "&")
	if strings.HasPrefix(address, "//") {
		address = "https:" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, refuse(ErrAddress, "it is not a valid address")
	}
	if u.Scheme == "http" && !(f.loopback && isLoopback(u.Hostname())) {
		u.Scheme = "https"
		if u.Port() == "80" {
			u.Host = strings.TrimSuffix(u.Host, ":80")
		}
	}
	return u, nil
}

// download returns the body at an address.
func (f *Fetcher) download(ctx context.Context, address string) ([]byte, error) {
	if len(address) > maxAddress {
		return nil, refuse(ErrAddress, "it is longer than %s", bytesText(maxAddress))
	}
	u, err := f.whole(address)
	if err != nil {
		return nil, err
	}
	if err := checkURL(u, f.loopback); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, refuse(ErrAddress, "it is not a valid address")
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Accept", accept)
	request.Header.Set("Accept-Encoding", "identity")
	response, err := f.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		status := strings.TrimSpace(fmt.Sprint(response.StatusCode, " ", http.StatusText(response.StatusCode)))
		return nil, refuse(ErrUnavailable, "the server answers %s: check that anyone can open it", status)
	}
	if coding := response.Header.Get("Content-Encoding"); coding != "" && !unpackable[strings.ToLower(coding)] {
		return nil, refuse(ErrUnavailable, "the server sends it compressed by %s, unasked: serve the image as it is", shorten(strconv.Quote(coding), 30))
	}
	if response.ContentLength > f.maxBytes {
		return nil, f.tooBig()
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, f.maxBytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > f.maxBytes {
		return nil, f.tooBig()
	}
	return body, nil
}

// unpackable are the codings of an answer whose first bytes tell whether they were meant.
var unpackable = map[string]bool{"identity": true, "gzip": true, "x-gzip": true}

func (f *Fetcher) tooBig() error {
	return refuse(ErrUnusable, "it has more than %s: make it smaller", bytesText(f.maxBytes))
}

// bytesText spells a number of bytes for people.
func bytesText(n int64) string {
	switch {
	case n >= 1_000_000:
		return fmt.Sprintf("%.3g MB", float64(n)/1e6)
	case n >= 1000:
		return fmt.Sprintf("%.3g kB", float64(n)/1e3)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}
