package openai

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
)

// fetchTimeout is how long one look at a response may take.
const fetchTimeout = 30 * time.Second

// await looks at the response result.id until it is done. The time between two
// looks is counted from the first of them, also when it was asked for by an
// earlier process.
//
// A response that was just made may not be found yet: it is looked for again for as long as the client's Patience. One
// that takes longer than the ResponseTimeout is cancelled and looked at once more.
func (c *Client) await(ctx context.Context, q question, result outcome) (outcome, error) {
	first := time.Now()
	asked := first.Add(-q.age)
	waiting, done := while(ctx, q.going)
	defer done()
	for cancelled := false; ; {
		got, a, err := c.fetch(ctx, q, result.id)
		result.requestID = cmp.Or(a.requestID(), result.requestID)
		switch {
		case errors.Is(err, ErrExpired) && (cancelled || time.Since(asked) > c.cfg.Patience):
			result.done = true
			return result, cmp.Or(tell(q.charged, q.op, err), err)
		case errors.Is(err, ErrExpired): // not found yet
		case err != nil:
			return result, err
		case !got.pending():
			result, err := q.finish(result, got, a)
			if cancelled && errors.Is(err, ErrExpired) {
				err = q.stuck(result.id, asked, err)
			}
			return result, err
		case cancelled: // OpenAI has not come to it yet; whoever asks again may find it done
			result.done = true
			err := q.stuck(result.id, asked, fmt.Errorf("%w: it is still %s after it was cancelled", ErrExpired, got.Status))
			return result, cmp.Or(tell(q.charged, q.op, err), err)
		case time.Since(asked) > c.cfg.ResponseTimeout:
			if err := c.cancel(ctx, q, result.id); err != nil {
				return result, err
			}
			cancelled = true
			continue // what was done just before the cancel is used
		}
		if err := sleep(waiting, c.untilNextLook(time.Since(first))); err != nil {
			return result, fmt.Errorf("openai: %s: response %s is not done: %w", q.op, result.id, ended(waiting, err))
		}
	}
}

const (
	lookShare = 40                    // the part of the time so far that passes until the next look
	lookLeast = 40 * time.Millisecond // until the next look
)

// untilNextLook returns how long to wait before the next look at a response that
// has been looked at for so long. A look costs nothing, and being late costs the
// run, so the wait is a small share of the time so far: that a response is done
// is seen within a fortieth of the time it took, or 40 ms, and within Poll.
func (c *Client) untilNextLook(soFar time.Duration) time.Duration {
	return min(max(soFar/lookShare, lookLeast), c.cfg.Poll)
}

// stuck says what was given up, and after how long.
func (q question) stuck(id string, asked time.Time, err error) error {
	return fmt.Errorf("openai: %s: %w: response %s was not done after %v and was cancelled: %w",
		q.op, ErrStuck, id, time.Since(asked).Round(time.Second), err)
}

// cancel has a background response cancelled. One that is done by now, or gone, stays as it is.
func (c *Client) cancel(ctx context.Context, q question, id string) error {
	_, err := c.do(ctx, call{
		op:       "cancellation of response " + id,
		timeout:  min(fetchTimeout, c.cfg.AgentTimeout),
		throttle: q.throttle,
		log:      q.log,
		fetch:    true,
		send: func(ctx context.Context, opts ...option.RequestOption) error {
			_, err := c.responses.Cancel(ctx, id, opts...)
			return err
		},
		read: func([]byte) error { return nil },
	})
	if errors.Is(err, ErrRejected) || errors.Is(err, ErrExpired) {
		return nil
	}
	return err
}

func (c *Client) fetch(ctx context.Context, q question, id string) (response, answer, error) {
	var got response
	a, err := c.do(ctx, call{
		op:       "fetch of response " + id,
		timeout:  min(fetchTimeout, c.cfg.AgentTimeout),
		throttle: q.throttle,
		log:      q.log,
		fetch:    true,
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
