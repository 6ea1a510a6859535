package openai

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/full-turner/full-turner/cost"
)

// AgentRequest asks a model for a text, or fetches one that was asked for. What
// is empty is left to OpenAI, except Model and Input, which are needed to ask.
type AgentRequest struct {
	Model        string
	Instructions string   // the system part
	Input        []string // the user's messages, those that stay the same first: the prompt cache works on the beginning

	SchemaName string         // letters, digits, "_" and "-"
	Schema     map[string]any // of the answer, obeyed strictly; nil is plain text

	MaxOutputTokens int64  // of the answer and the reasoning before it; 0 is the model's own
	Effort          string // of reasoning: minimal, low, medium, high
	CacheKey        string // calls with the same key and beginning share a prompt cache
	Cache           *Cache // what is written to the prompt cache; nil leaves it to OpenAI
	ServiceTier     string // flex or priority; "" is the standard one
	// FallBack asks again on the standard tier where the one asked for has no room. Without it the call waits.
	FallBack bool
	Metadata map[string]string // kept with the response at OpenAI; at most 16

	// ResponseID fetches this response instead of asking. Only it, its Age and the
	// two functions are used then.
	ResponseID string
	Age        time.Duration // how long ago the response was asked for

	// Started is called with the id of a response made in the background as soon
	// as it is known, before it is first looked at, and again with another id where
	// the response failed at OpenAI and was asked for again. Its error ends the
	// call. It may be nil, and is not called for a ResponseID.
	Started func(id string) error

	// MaybeCharged is called as that of an ImageRequest is, for the request that
	// asks; to fetch costs nothing. It is also called, once, for a response that
	// ended without saying what it used (completed, incomplete, cancelled,
	// expired, no longer there), other than by an error of OpenAI's. A response
	// that is still being made when ctx ends is not told: it can be fetched.
	MaybeCharged func(cause error) error

	// Needs is how much time before the deadline of ctx an attempt needs, to be
	// worth beginning again; 0 is none.
	Needs time.Duration

	// Going ends when no new try may begin and no wait is worth it. A try that is on
	// its way is finished all the same, because it is being paid for; a response in
	// flight is left to be fetched. The error is then the cause of its end. nil: it
	// goes on.
	Going context.Context

	Log *slog.Logger // of this call; nil is the client's
}

// Cache says what of a prompt is written to OpenAI's prompt cache. Models before
// gpt-5.6 do not take it: they charge nothing for what they write.
type Cache struct {
	// After is how many messages of the Input stand before the one breakpoint: up
	// to it the prompt is written, or read where it is there. 0: nothing is.
	After int
}

// AgentResult is a model's text and what it used.
type AgentResult struct {
	ID        string // of the response, to fetch it by; "" when none is known
	Text      string // empty beside an error that means there is no usable answer
	Model     string // that answered, which may name a dated version; else the one asked
	Usage     cost.Usage
	Billed    bool   // the answer was charged, and Usage is what it used
	RequestID string // OpenAI's, of the last request, for its support
	Done      bool   // the response has ended, whatever came of it; one that has not can still be fetched by ID
}

const agentOp = "agent call"

// Respond asks a model and waits for its text. In the background, which is the
// default, the response is looked at until it is done; when ctx ends before, the
// response goes on and the result holds its ID, with the error of ctx. Ask again
// with that ResponseID to fetch it.
//
// A result beside an error holds what is known: the ID, and Usage and Billed of an
// answer that was charged and cannot be used. The errors are the package's,
// wrapped; that of ctx; and those of MaybeCharged and Started.
func (c *Client) Respond(ctx context.Context, r AgentRequest) (AgentResult, error) {
	result := AgentResult{}
	var fallback func() responses.ResponseNewParams
	if r.FallBack && r.ServiceTier != "" {
		standard := r
		standard.ServiceTier = ""
		fallback = func() responses.ResponseNewParams { return c.params(standard) }
	}
	got, err := c.respond(ctx, question{
		op: agentOp, model: r.Model, foreground: c.cfg.Foreground,
		params:   func() responses.ResponseNewParams { return c.params(r) },
		fallback: fallback,
		throttle: &c.agentGate, share: perMinute(r.size(), c.cfg.TokensPerMinute),
		id: r.ResponseID, age: r.Age, started: r.Started, charged: r.MaybeCharged, needs: r.Needs, going: r.Going, log: r.Log,
		usage: response.usage,
		read: func(got response) (answered bool, err error) {
			result.Text, answered, err = got.outcome()
			return answered, err
		},
	})
	result.ID, result.Model, result.RequestID, result.Done = got.id, got.model, got.requestID, got.done
	result.Usage, result.Billed = got.usage, got.billed
	return result, err
}

func (c *Client) params(r AgentRequest) responses.ResponseNewParams {
	p := responses.ResponseNewParams{
		Model:       r.Model,
		Background:  sdk.Bool(!c.cfg.Foreground),
		Store:       sdk.Bool(true), // else a background response is gone after ten minutes
		ServiceTier: responses.ResponseNewParamsServiceTier(cmp.Or(r.ServiceTier, "default")),
		Truncation:  responses.ResponseNewParamsTruncationDisabled,
		Metadata:    r.Metadata,
	}
	for i, text := range r.Input {
		message := responses.ResponseInputItemParamOfMessage(text, responses.EasyInputMessageRoleUser)
		if r.Cache != nil && i == r.Cache.After-1 {
			message = responses.ResponseInputItemParamOfMessage(responses.ResponseInputMessageContentListParam{{
				OfInputText: &responses.ResponseInputTextParam{Text: text, PromptCacheBreakpoint: responses.NewResponseInputTextPromptCacheBreakpointParam()},
			}}, responses.EasyInputMessageRoleUser)
		}
		p.Input.OfInputItemList = append(p.Input.OfInputItemList, message)
	}
	p.PromptCacheOptions = cacheOptions(r.Cache)
	if r.Instructions != "" {
		p.Instructions = sdk.String(r.Instructions)
	}
	if r.MaxOutputTokens > 0 {
		p.MaxOutputTokens = sdk.Int(r.MaxOutputTokens)
	}
	if r.CacheKey != "" {
		p.PromptCacheKey = sdk.String(r.CacheKey)
	}
	if r.Effort != "" {
		p.Reasoning = shared.ReasoningParam{Effort: shared.ReasoningEffort(r.Effort)}
	}
	if r.Schema != nil {
		p.Text.Format.OfJSONSchema = &responses.ResponseFormatTextJSONSchemaConfigParam{
			Name:   r.SchemaName,
			Schema: r.Schema,
			Strict: sdk.Bool(true),
		}
	}
	return p
}

// cacheOptions has nothing written to the prompt cache but up to the request's own breakpoint.
func cacheOptions(c *Cache) (o responses.ResponseNewParamsPromptCacheOptions) {
	if c != nil {
		o.Mode = "explicit"
	}
	return o
}

// size is about how many tokens the request takes of the account's limit: four bytes of English are one.
func (r AgentRequest) size() int {
	n := len(r.Instructions)
	for _, text := range r.Input {
		n += len(text)
	}
	return n/4 + int(r.MaxOutputTokens)
}
