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
//	     image ◀── decoded once, converted ◀── pixels, capped ◀── kind, by its bytes
//
// Nothing is believed that the other side says about the answer: not its
// media type, not its length, not its dimensions.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
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

	Timeout   time.Duration // of one fetch from the address to the image; 0 is 20 s
	MaxBytes  int64         // of an image as it comes, and as it is converted; 0 is 25 MB
	MaxPixels int64         // of an image, width times height; 0 is 50 million

	RootCAs  *x509.CertPool // whom to believe about certificates; nil is the system's
	Resolver *net.Resolver  // who looks host names up; nil is net.DefaultResolver
}

// A Fetcher fetches images. It is safe for concurrent use.
//
// It downloads any number at once but decodes one at a time, since a decoder
// may need up to 20 bytes for each pixel: 1 GB for a progressive JPEG of 50
// million. Where there is less memory, set MaxPixels lower.
type Fetcher struct {
	loopback  bool
	timeout   time.Duration
	maxBytes  int64
	maxPixels int64
	client    *http.Client
	decoding  chan struct{} // holds a token while an image is decoded
}

// An Image is a picture as OpenAI's image models take it: a whole, decodable
// png, jpeg or webp. Width and Height are as stored, without a rotation that
// the file's metadata may ask for.
type Image struct {
	Body          []byte
	MediaType     string // image/png, image/jpeg or image/webp
	Width, Height int    // in pixels
}

const (
	maxAddress     = 8 << 10 // bytes of an https address; servers take no longer ones
	maxRedirects   = 5
	maxHeaderBytes = 64 << 10
	userAgent      = "full-turner (image fetch)"
	accept         = "image/png, image/jpeg, image/webp, image/gif;q=0.5, image/bmp;q=0.3, image/tiff;q=0.3" // no avif: content networks negotiate
)

// New returns a Fetcher.
func New(c Config) *Fetcher {
	f := &Fetcher{
		loopback:  c.AllowLoopback,
		timeout:   c.Timeout,
		maxBytes:  c.MaxBytes,
		maxPixels: c.MaxPixels,
		decoding:  make(chan struct{}, 1),
	}
	if f.timeout <= 0 {
		f.timeout = 20 * time.Second
	}
	if f.maxBytes <= 0 {
		f.maxBytes = 25_000_000
	}
	if f.maxPixels <= 0 {
		f.maxPixels = 50_000_000
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

// Image fetches the image at an https or data: address. A png, jpeg or webp of
// three or four channels of 8 bits comes as it is; every other one, the first
// frame of a gif, a bmp and a tiff come as such a png.
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

// Bytes fetches what is at an https or data: address, whatever it is.
//
// Every error is an *Error, and wraps ctx's own where ctx ended.
func (f *Fetcher) Bytes(ctx context.Context, address string) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	address = strings.TrimSpace(address)
	body, err := f.bytes(limited, address)
	if err != nil {
		if ended := limited.Err(); ended != nil && !errors.Is(err, ended) {
			err = ended
		}
		return nil, f.explain(ctx, limited, address, err)
	}
	return body, nil
}

// bytes returns what is at an address.
func (f *Fetcher) bytes(ctx context.Context, address string) ([]byte, error) {
	if isData(address) {
		return decodeData(address, f.maxBytes)
	}
	return f.download(ctx, address)
}

func (f *Fetcher) image(ctx context.Context, address string) (Image, error) {
	body, err := f.bytes(ctx, address)
	if err != nil {
		return Image{}, err
	}
	return f.decode(ctx, body)
}

// download returns the body at an address.
func (f *Fetcher) download(ctx context.Context, address string) ([]byte, error) {
	if len(address) > maxAddress {
		return nil, refuse(ErrAddress, "it is longer than %s", bytesText(maxAddress))
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, refuse(ErrAddress, "it is not a valid address")
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
	if coding := response.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, refuse(ErrUnavailable, "the server sends it compressed, unasked: serve the image as it is")
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
