package openai

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"

	"github.com/full-turner/full-turner/cost"
)

// question is what a response is asked for, or fetched for, whatever it is to hold. Its fields are those of an
// AgentRequest, which says more of them.
type question struct {
	op         string // for errors and logs
	model      string
	params     func() responses.ResponseNewParams // what is sent; not called for an id
	fallback   func() responses.ResponseNewParams // what is sent where the tier has no room; nil: the call waits
	foreground bool                               // the response is not asked for in the background

	throttle *throttle     // of its kind
	share    time.Duration // of the account's limit, that one try takes

	id      string        // of the response to fetch; "" asks for one
	age     time.Duration // of the response to fetch
	started func(id string) error
	charged func(cause error) error
	needs   time.Duration
	going   context.Context
	log     *slog.Logger

	// usage is what a response that has ended used; its error says why that is not known.
	usage func(response) (cost.Usage, error)
	// read keeps the answer of a response that has ended; its error says why there is none. answered says that OpenAI
	// told what went wrong, so that a missing usage means that nothing was charged.
	read func(response) (answered bool, err error)
}

// outcome is what a question came to, besides the answer.
type outcome struct {
	id        string
	model     string // that answered; else the one asked
	requestID string
	usage     cost.Usage
	billed    bool
	done      bool
}

// respond asks, or fetches, and waits for the response to end. One that OpenAI itself failed to make is asked for
// again: it cost nothing, and is as good as a request that was refused with a 5xx.
func (c *Client) respond(ctx context.Context, q question) (outcome, error) {
	for n := 1; ; n++ {
		result, err := c.respondOnce(ctx, q)
		var told *toldError // the caller has said that it must not be tried again
		failed := err != nil && result.done && !result.billed && errors.Is(err, ErrUnavailable) && !errors.As(err, &told)
		if wait := c.wait(n, nil); !failed || q.id != "" || n >= c.cfg.Attempts || !fits(ctx, wait) || sleep(ctx, wait) != nil {
			return result, err
		}
	}
}

// respondOnce asks once, or fetches what was asked for.
func (c *Client) respondOnce(ctx context.Context, q question) (outcome, error) {
	result := outcome{model: q.model}
	if q.id != "" {
		result.id = q.id
		if !fetchable(q.id) {
			return result, fmt.Errorf("openai: %s: %w: a response id holds characters that none has", q.op, ErrRejected)
		}
		return c.await(ctx, q, result)
	}

	got, a, err := c.ask(ctx, q)
	if errors.Is(err, errNoRoom) {
		q.params, q.fallback = q.fallback, nil
		got, a, err = c.ask(ctx, q)
	}
	result.requestID = a.requestID()
	if err != nil {
		return result, err
	}
	if fetchable(got.ID) {
		result.id = got.ID
	}
	background := !q.foreground || got.pending()
	if background && result.id != "" && q.started != nil {
		if err := q.started(result.id); err != nil {
			if !got.pending() { // it was charged all the same
				result, _ = q.finish(result, got, a)
			}
			return result, fmt.Errorf("openai: %s: record response %s: %w", q.op, result.id, err)
		}
	}
	if got.pending() {
		return c.await(ctx, q, result)
	}
	return q.finish(result, got, a)
}

// ask sends the request. A pending response that cannot be fetched is malformed.
func (c *Client) ask(ctx context.Context, q question) (response, answer, error) {
	var got response
	a, err := c.do(ctx, call{
		op:       q.op,
		timeout:  c.cfg.AgentTimeout,
		throttle: q.throttle, share: q.share,
		log:     q.log,
		needs:   q.needs,
		going:   q.going,
		charged: q.charged,
		noRoom:  q.fallback != nil,
		send: func(ctx context.Context, opts ...option.RequestOption) error {
			_, err := c.responses.New(ctx, q.params(), opts...)
			return err
		},
		read: func(body []byte) error {
			got = response{}
			if err := json.Unmarshal(body, &got); err != nil {
				return err
			}
			if got.pending() && !fetchable(got.ID) {
				return errors.New("the response is made in the background and has no id to fetch it by")
			}
			return nil
		},
	})
	return got, a, err
}

// finish makes the outcome of a response that has ended. An answer that cannot be used still costs.
func (q question) finish(result outcome, got response, a answer) (outcome, error) {
	result.done, result.model = true, cmp.Or(got.Model, result.model)
	used, noUsage := q.usage(got)
	if noUsage == nil {
		result.usage, result.billed = used, true
	}
	answered, err := q.read(got)
	if err != nil {
		err = fmt.Errorf("openai: %s: %w%s", q.op, err, a.reference())
	}
	if noUsage == nil || answered {
		return result, err
	}
	if told := tell(q.charged, q.op, cmp.Or(err, fmt.Errorf("openai: %s: %w%s", q.op, noUsage, a.reference()))); told != nil {
		return result, told
	}
	return result, err
}
