package openai

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// What a call can end with, wrapped with OpenAI's own message, code and request
// id. Besides these there are the error of a ctx that ended, and the errors of
// the caller's own MaybeCharged and Started.
var (
	// ErrUnauthorized: the key is missing or refused (401).
	ErrUnauthorized = errors.New("OpenAI refuses the key")

	// ErrForbidden: the key is good, and the account or the key may not do this
	// (403): its organisation is not verified, its country is not served, or the
	// key lacks the permission. OpenAI's message says which.
	ErrForbidden = errors.New("OpenAI does not allow this account to do this")

	// ErrQuota: the account has no money left, or its hard limit is reached.
	ErrQuota = errors.New("OpenAI's quota is used up")

	// ErrModelRetired: there is no such model, or there no longer is.
	ErrModelRetired = errors.New("OpenAI does not serve the model")

	// ErrRefused: the model or OpenAI's moderation will not do this.
	ErrRefused = errors.New("OpenAI refused the content")

	// ErrRejected: the request is wrong and would be wrong again.
	ErrRejected = errors.New("OpenAI rejected the request")

	// ErrIncomplete: the answer ended at the limit of output tokens.
	ErrIncomplete = errors.New("the answer is incomplete")

	// ErrMalformed: an answer that cannot be read, or that holds none.
	ErrMalformed = errors.New("the answer is malformed")

	// ErrExpired: the response to fetch is no longer there, or was cancelled.
	ErrExpired = errors.New("the response is gone")

	// ErrStuck: the response took too long and was given up. It wraps ErrExpired.
	ErrStuck = errors.New("the response is stuck")

	// ErrUnavailable: OpenAI could not be reached or is overloaded; worth another
	// try later.
	ErrUnavailable = errors.New("OpenAI is unavailable")
)

// failure is an answer that is an error: of an HTTP request, or, with status 0,
// of a background response that failed.
type failure struct {
	status              int
	code, kind, message string // of OpenAI's error object; kind is its type
	param               string
	object              bool // there was an error object, so it is OpenAI that answers
	fetch               bool // the request was to fetch a response
}

func (f failure) is(codes ...string) bool {
	return slices.Contains(codes, f.code) || slices.Contains(codes, f.kind)
}

// aboutModel finds messages that say a model is gone. Not every such answer has
// a code of its own.
var aboutModel = regexp.MustCompile(`(?i)\bmodel\b.{0,120}?(deprecated|shut ?down|does not exist|discontinued|retired|no longer (available|supported))`)

// aboutVerifying finds messages that say that the organisation must be verified before it may use a model: they come as
// 403 and as 400.
var aboutVerifying = regexp.MustCompile(`(?i)organi[sz]ation must be verified|verify (your )?organi[sz]ation`)

// classification says what a failure is, and whether to try again. The first
// rule that holds counts; a failure that none holds for is ErrRejected.
var classification = []struct {
	holds func(failure) bool
	err   error
	retry bool
}{
	{func(f failure) bool {
		return f.is("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
	}, ErrQuota, false},
	{func(f failure) bool {
		return f.is("content_filter", "moderation_blocked", "content_policy_violation", "image_content_policy_violation",
			"invalid_prompt", "bio_policy", "misalignment_policy_violation")
	}, ErrRefused, false},
	{func(f failure) bool { return f.status == 401 }, ErrUnauthorized, false},
	{func(f failure) bool {
		return f.status == 403 || f.status < 500 && aboutVerifying.MatchString(f.message)
	}, ErrForbidden, false},
	{func(f failure) bool { return f.status == 404 && f.fetch }, ErrExpired, false},
	{func(f failure) bool {
		client := f.status == 0 || f.status == 400 || f.status == 404 || f.status == 410
		return client && (f.is("model_not_found") || (f.param == "" || f.param == "model") && aboutModel.MatchString(f.message))
	}, ErrModelRetired, false},
	{func(f failure) bool {
		return f.status == 408 || f.status == 409 || f.status == 429 || f.status == 499 || f.status >= 500
	}, ErrUnavailable, true},
	{func(f failure) bool {
		return f.status == 0 && (!f.object || f.is("server_error", "rate_limit_exceeded", "vector_store_timeout"))
	}, ErrUnavailable, false},
}

func (f failure) classify() (retry bool, sentinel error) {
	for _, rule := range classification {
		if rule.holds(f) {
			return rule.retry, rule.err
		}
	}
	return false, ErrRejected
}

// describe is what a failure's error says after its sentinel.
func (f failure) describe() string {
	var parts []string
	if f.status != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d %s", f.status, http.StatusText(f.status))))
	}
	if name := cmp.Or(f.code, f.kind); name != "" {
		parts = append(parts, name)
	}
	if f.message != "" {
		parts = append(parts, f.message)
	}
	if !f.object && f.message == "" {
		parts = append(parts, "without an error of OpenAI's")
	}
	return strings.Join(parts, ": ")
}

// parseFailure reads the body of an error. It is OpenAI's when it holds an error
// object that says something; a gateway's page does not.
func parseFailure(status int, body []byte) failure {
	var envelope struct{ Error json.RawMessage }
	f := failure{status: status}
	if json.Unmarshal(body, &envelope) == nil {
		f.readObject(envelope.Error)
	}
	return f
}

// readObject reads an error object. Some gateways send a string in its place.
func (f *failure) readObject(raw json.RawMessage) {
	var object struct{ Code, Type, Message, Param any }
	if json.Unmarshal(raw, &f.message) == nil {
		return
	}
	if json.Unmarshal(raw, &object) != nil {
		return
	}
	f.code, f.kind, f.message, f.param = text(object.Code), text(object.Type), text(object.Message), text(object.Param)
	f.object = f.code != "" || f.kind != "" || f.message != ""
}

// text returns a JSON value that is a string, or a number, which some codes are.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return fmt.Sprint(v)
	}
	return ""
}

// keyShaped finds what may be a key, or the part of one that OpenAI's answer to
// a wrong key repeats.
var keyShaped = regexp.MustCompile(`(?i)\bsk-[\w*.…-]+|(key provided: )\S+|(bearer )\S+`)

// redacted returns text from outside as an error may show it: on one line, short,
// and without the key or anything that looks like one.
func redacted(text string, key apiKey) string {
	if len(key.value) >= 8 { // what is shorter is no key, and would be found in every word
		text = strings.ReplaceAll(text, key.value, "[key]")
	}
	text = keyShaped.ReplaceAllString(text, "${1}${2}[key]")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	const limit = 600
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit]) + "…"
	}
	return text
}

// isHTML reports whether a body is a page, as far as an error need say.
func isHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}
