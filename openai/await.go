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

// await looks at the response result.ID until it is done.
func (c *Client) await(ctx context.Context, r AgentRequest, result AgentResult) (AgentResult, error) {
	wait := max(c.cfg.Poll/16, time.Millisecond)
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
		if err := sleep(ctx, wait); err != nil {
			return result, fmt.Errorf("openai: %s: response %s is not done: %w", agentOp, result.ID, err)
		}
		wait = min(2*wait, c.cfg.Poll)
	}
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
