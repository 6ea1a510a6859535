package openai

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/full-turner/full-turner/cost"
)

// response is what the Responses API answers, as far as it is needed. It is read
// here and not with the SDK's types, which take a count that is no number for 0
// and a refusal for an empty text.
type response struct {
	ID          string          `json:"id"`
	Status      string          `json:"status"`
	Model       string          `json:"model"`
	ServiceTier string          `json:"service_tier"`
	Error       json.RawMessage `json:"error"`
	Incomplete  struct {
		Reason string `json:"reason"`
	} `json:"incomplete_details"`
	Output []struct {
		Type    string          `json:"type"`
		Phase   string          `json:"phase"`
		Content json.RawMessage `json:"content"` // of each type its own shape
		imageItem
	} `json:"output"`
	Usage     json.RawMessage `json:"usage"`
	ToolUsage struct {
		ImageGen json.RawMessage `json:"image_gen"`
	} `json:"tool_usage"`
}

// pending reports whether the response is still being made. One that is has no
// usage yet.
func (r response) pending() bool { return r.Status == "queued" || r.Status == "in_progress" }

// known reports whether the response says how far it is.
func (r response) known() bool {
	switch r.Status {
	case "completed", "failed", "incomplete", "cancelled", "expired":
		return true
	}
	return r.pending()
}

// outcome returns the text of a response that is done, or an error that wraps
// one of the package's. answered is true when OpenAI said what went wrong, and a
// missing usage therefore means that nothing was charged.
func (r response) outcome() (text string, answered bool, err error) {
	text, refusal, err := r.content()
	if refusal != "" {
		return "", false, fmt.Errorf("%w: %s", ErrRefused, redacted(strings.TrimSpace(refusal), apiKey{}))
	}
	switch {
	case !r.completed():
		answered, err = r.unfinished()
		return "", answered, err
	case err != nil:
		return "", false, fmt.Errorf("%w: %w", ErrMalformed, err)
	case text == "":
		return "", false, fmt.Errorf("%w: it holds no text", ErrMalformed)
	}
	return text, false, nil
}

// completed reports whether the response came to its end. Some servers leave the status out.
func (r response) completed() bool { return r.Status == "completed" || r.Status == "" }

// unfinished says what became of a response that did not. answered is as outcome's.
func (r response) unfinished() (answered bool, err error) {
	switch r.Status {
	case "incomplete":
		if r.Incomplete.Reason == "content_filter" {
			return false, fmt.Errorf("%w: content_filter", ErrRefused)
		}
		return false, fmt.Errorf("%w: %s", ErrIncomplete, redacted(r.Incomplete.Reason, apiKey{}))
	case "failed":
		var f failure
		f.readObject(r.Error)
		_, sentinel := f.classify()
		return f.object, fmt.Errorf("%w: the response failed: %s", sentinel, redacted(f.describe(), apiKey{}))
	case "cancelled", "expired":
		return false, fmt.Errorf("%w: it is %s", ErrExpired, r.Status)
	}
	return false, fmt.Errorf("%w: its status is %s", ErrMalformed, redacted(fmt.Sprintf("%q", r.Status), apiKey{}))
}

// content returns the text of the response's messages, and what of it is a
// refusal: never "" when there is one. Reasoning and what the model says on its
// way are not the answer.
func (r response) content() (text, refusal string, err error) {
	var texts, refusals strings.Builder
	for _, item := range r.Output {
		if item.Type != "message" {
			continue
		}
		var parts []struct{ Type, Text, Refusal string }
		if json.Unmarshal(item.Content, &parts) != nil {
			err = errors.New("a message of it cannot be read")
			continue
		}
		for _, part := range parts {
			switch {
			case part.Type == "refusal":
				refusals.WriteString(part.Refusal + " ")
			case part.Type == "output_text" && item.Phase != "commentary":
				texts.WriteString(part.Text)
			}
		}
	}
	return texts.String(), refusals.String(), err
}

// agentUsage is the usage of a response.
type agentUsage struct {
	counts
	In struct {
		Cached  int64 `json:"cached_tokens"`
		Write   int64 `json:"cache_write_tokens"`
		Written struct {
			Short *int64 `json:"ttl_30m_tokens"`
			Long  *int64 `json:"ttl_12h_tokens"`
		} `json:"cache_write_tokens_details"`
	} `json:"input_tokens_details"`
	Out struct {
		Reasoning int64 `json:"reasoning_tokens"`
	} `json:"output_tokens_details"`
}

// agentFields are the fields of a response's usage that cost.Usage has a place for.
var agentFields = []string{
	"input_tokens", "output_tokens", "total_tokens",
	"input_tokens_details.text_tokens", "input_tokens_details.cached_tokens", "input_tokens_details.cache_write_tokens",
	"input_tokens_details.cache_write_tokens_details.ttl_30m_tokens", "input_tokens_details.cache_write_tokens_details.ttl_12h_tokens",
	"output_tokens_details.text_tokens", "output_tokens_details.reasoning_tokens",
}

// usage returns what the response used; the error says why that is not known.
func (r response) usage() (cost.Usage, error) {
	var u agentUsage
	if err := readUsage(r.Usage, &u, &u.counts); err != nil {
		return cost.Usage{}, err
	}
	used := cost.Usage{
		Input:       *u.Input,
		Cached:      u.In.Cached,
		CacheWrite:  u.In.Write,
		Output:      *u.Output,
		Reasoning:   u.Out.Reasoning,
		ServiceTier: r.ServiceTier,
		Unknown:     unknownTokens(r.Usage, agentFields),
	}
	// Where it is said for how long, it is said of all that is written. A time that nobody here knows is among the
	// unknown fields.
	if w := u.In.Written; used.Unknown == "" && (w.Short != nil || w.Long != nil) {
		short := cmp.Or(w.Short, new(int64))
		used.CacheWriteLong = *cmp.Or(w.Long, new(int64))
		if *short != used.CacheWrite-used.CacheWriteLong {
			return cost.Usage{}, fmt.Errorf("what the answer used is impossible: %d tokens written to the cache, of which %d for 30 minutes and %d for 12 hours",
				used.CacheWrite, *short, used.CacheWriteLong)
		}
	}
	return used, impossible(used)
}
