package openai

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
)

// fetchTimeout is how long one look at a response may take.
const fetchTimeout = 30 * time.Second

// await looks at the response result.ID until it is done. The time that it has
// taken is counted from the first look, also when it was asked for by an earlier
// process: nobody knows when.
func (c *Client) await(ctx context.Context, r AgentRequest, result AgentResult) (AgentResult, error) {
	began := time.Now()
	for {
		got, a, err := c.fetch(ctx, result.ID, r.Log)
		result.RequestID = cmp.Or(a.requestID(), result.RequestID)
		switch {
		case errors.Is(err, ErrExpired):
			result.Done = true
			return result, cmp.Or(tell(r.MaybeCharged, agentOp, err), err)
		case err != nil:
			return result, err
		case !got.pending():
			return c.finish(r, result, got, a)
		}
		if err := sleep(ctx, c.untilNextLook(time.Since(began))); err != nil {
			return result, fmt.Errorf("openai: %s: response %s is not done: %w", agentOp, result.ID, err)
		}
	}
}

const (
	lookShare = 30                    // the part of the time so far that passes until the next look
	lookLeast = 50 * time.Millisecond // until the next look
)

// untilNextLook returns how long to wait before the next look at a response that
// has been looked at for so long. A look costs nothing, and being late costs the
// run, so the wait is a small share of the time so far: that a response is done
// is seen within a thirtieth of the time it took, or 50 ms, and within Poll.
func (c *Client) untilNextLook(soFar time.Duration) time.Duration {
	return min(max(soFar/lookShare, lookLeast), c.cfg.Poll)
}

func (c *Client) fetch(ctx context.Context, id string, log *slog.Logger) (response, answer, error) {
	var got response
	a, err := c.do(ctx, call{
		op:      "fetch of response " + id,
		timeout: min(fetchTimeout, c.cfg.AgentTimeout),
		log:     log,
		fetch:   true,
		send: func(ctx context.Context, opts ...option.RequestOption) error {
			_, err := c.responses.Get(ctx, id, responses.ResponseGetParams{}, opts...)
			return err
		},
		read: func(body []byte) error {
			got = response{}
			if err := json.Unmarshal(body, &got); err != nil {
				return err
			}
			if got.ID != "" && got.ID != id {
				return errors.New("it is another response")
			}
			if !got.known() { // to look again costs nothing; to take it for the end would cost another call
				return errors.New("it does not say how far the response is")
			}
			return nil
		},
	})
	return got, a, err
}

var responseID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)

// fetchable reports whether an id can stand in the path of a request.
func fetchable(id string) bool { return responseID.MatchString(id) }
