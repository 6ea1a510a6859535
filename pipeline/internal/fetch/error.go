package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"unicode/utf8"

	"code.dny.dev/ssrf"
)

// What an Error can be about; errors.Is tells.
var (
	ErrAddress     = errors.New("address not allowed") // the address, or where it leads, is refused
	ErrUnavailable = errors.New("image not available") // nothing usable came back; another time it might
	ErrUnusable    = errors.New("image not usable")    // what came back is no image that can be worked on
)

// An Error is why an image could not be had, for the person who can change its
// address. It never shows a query, fragment or user of an address, since these
// hold the signatures of signed ones.
type Error struct {
	Address string // what was asked for, shortened
	Reason  string // a short sentence in lower case: what is wrong and what to do
	kind    error
	cause   error // the caller's context error, or nil
}

// Error returns the address and the reason.
func (e *Error) Error() string { return fmt.Sprintf("image %s: %s", e.Address, e.Reason) }

// Unwrap returns ErrAddress, ErrUnavailable or ErrUnusable, and the caller's
// context error if that is what ended the fetch.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.kind}
	}
	return []error{e.kind, e.cause}
}

// A refusal is a reason in our own words, on its way to an Error.
type refusal struct {
	kind error
	text string
}

func (r *refusal) Error() string { return r.text }

func refuse(kind error, format string, args ...any) error {
	return &refusal{kind, fmt.Sprintf(format, args...)}
}

// explain makes an Error of whatever ended a fetch. The words are ours: the
// standard library's would show the address in full. outer is the caller's
// context, inner the one with the fetch's own timeout.
func (f *Fetcher) explain(outer, inner context.Context, address string, err error) error {
	e := &Error{Address: safe(address), kind: ErrUnavailable}
	var own *refusal
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &own):
		e.kind, e.Reason = own.kind, own.text
	case outer.Err() != nil:
		e.cause, e.Reason = outer.Err(), "the fetch was stopped: "+outer.Err().Error()
	case inner.Err() != nil:
		e.Reason = fmt.Sprintf("it took longer than %s", f.timeout)
	case errors.Is(err, ssrf.ErrProhibitedIP):
		e.kind, e.Reason = ErrAddress, "it leads to an address that is not public"
	case errors.Is(err, ssrf.ErrProhibitedPort):
		e.kind, e.Reason = ErrAddress, "only port 443 is fetched from"
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Reason = "its host does not exist: check the spelling"
	case errors.As(err, &dns):
		e.Reason = "its host could not be looked up"
	case errors.As(err, &certificate):
		e.Reason = "the server's certificate is not valid for it"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		e.Reason = "the server does not speak https"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Reason = "the server refuses the connection"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		e.Reason = "the server broke the answer off"
	default:
		e.Reason = "the connection failed"
	}
	return e
}

// safe returns as much of an address as may be shown and logged.
func safe(address string) string {
	const longest = 200
	if isData(address) {
		head, _, _ := strings.Cut(address, ",")
		return shorten(fmt.Sprintf("%q", head), 60) + ",…"
	}
	u, err := url.Parse(address)
	if err != nil {
		return "(not an address)"
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	if u.Opaque != "" {
		u.Opaque = "…" // of a scheme that is not fetched; mailto and the like
	}
	if shown := u.String(); shown != "" {
		return shorten(shown, longest)
	}
	return "(empty)"
}

// shorten cuts text to at most longest runes.
func shorten(text string, longest int) string {
	if utf8.RuneCountInString(text) <= longest {
		return text
	}
	return string([]rune(text)[:longest]) + "…"
}
