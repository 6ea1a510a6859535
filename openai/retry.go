package openai

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/openai/openai-go/v3/option"
)

const (
	maxBackoff = 30 * time.Second
	// maxWait is the longest wait that is honoured where ctx has no deadline, and the longest that a call is
	// throttled in all.
	maxWait = 10 * time.Minute
)

// call is one request to OpenAI, made as often as it takes.
type call struct {
	op      string        // for errors and logs
	timeout time.Duration // of one attempt
	needs   time.Duration // what an attempt needs before the deadline to be worth beginning again
	log     *slog.Logger  // nil: the client's
	fetch   bool          // fetches a response: costs nothing, so it is repeated even when the answer cannot be read

	throttle *throttle       // of its kind
	going    context.Context // see AgentRequest.Going
	noRoom   bool            // a tier that has no room ends the call, with errNoRoom
	share    time.Duration   // of the account's limit, that one try takes; 0: its limit is not known

	// charged is told of every attempt that OpenAI may charge and whose outcome
	// nobody knows. Its error ends the call. nil with fetch.
	charged func(cause error) error

	send func(ctx context.Context, opts ...option.RequestOption) error
	read func(body []byte) error // reads the body of a 2xx; its error makes the answer malformed
}

// answer is what one attempt came to.
type answer struct {
	status int         // 0 when there was none
	header http.Header // nil when there was none
	body   []byte
	sent   bool  // the request went out whole
	local  bool  // it could not even be put together
	err    error // why there is no whole body
	key    apiKey
}

func (a answer) requestID() string { return a.header.Get("X-Request-Id") }

// reference is what an error says of which request it was.
func (a answer) reference() string {
	if id := a.requestID(); id != "" {
		return " (request " + redacted(id, a.key) + ")"
	}
	return ""
}

// throttledTries is how many tries may be refused for a limit that does not say when it is over. With growing pauses
// that is some minutes, and limits are counted by the minute.
const throttledTries = 12

// do makes the call until it is answered, the answer is an error that another
// try would not change, or the attempts or the time are used up. A try that is
// refused for the account's limit is no attempt: it is made again for as long as
// the time allows. The answer is that of the last attempt, also beside an error.
func (c *Client) do(ctx context.Context, call call) (answer, error) {
	if c.unusable != nil {
		return answer{}, fmt.Errorf("openai: %s: %w", call.op, c.unusable)
	}
	log := cmp.Or(call.log, c.cfg.Log)
	var a answer
	var refused apiKey
	throttled, waited := 0, time.Duration(0)
	waiting, done := while(ctx, call.going)
	defer done()
	for n := 1; ; {
		if err := ctx.Err(); err != nil {
			return a, fmt.Errorf("openai: %s: %w", call.op, err)
		}
		if !call.fetch {
			if err := call.throttle.admit(waiting, call.share, call.needs); err != nil {
				return a, fmt.Errorf("openai: %s: %w", call.op, ended(waiting, err))
			}
			if waiting.Err() != nil {
				return a, fmt.Errorf("openai: %s: %w", call.op, context.Cause(waiting))
			}
		}
		key, err := c.keys.get(ctx, refused)
		if err != nil {
			return a, fmt.Errorf("openai: %s: %w", call.op, err)
		}
		start := time.Now()
		a = c.attempt(ctx, call, key)
		v := c.judge(ctx, call, a)
		log.LogAttrs(ctx, slog.LevelDebug, "OpenAI attempt", slog.Int64("duration", time.Since(start).Milliseconds()),
			slog.Group("data", "call", call.op, "try", n, "status", a.status, "openaiRequestId", a.requestID(), errorAttr(v.err)))
		if v.err == nil {
			call.throttle.answered(a.header)
			return a, nil
		}
		if v.unknown {
			if err := tell(call.charged, call.op, v.err); err != nil {
				return a, err
			}
		}
		if a.status == http.StatusUnauthorized && refused.reading == 0 {
			refused = key // and the attempt is not counted: it was answered before anything was done
			continue
		}
		if !v.retry {
			return a, v.err
		}
		var wait time.Duration
		if v.throttled {
			var told bool
			if wait, told = call.throttle.refuse(a.header, string(a.body)); !told {
				throttled++
			}
			waited += wait
			if throttled >= max(throttledTries, c.cfg.Attempts) {
				return a, fmt.Errorf("%w (refused %d times for the account's limit)", v.err, throttled)
			}
			if waited > maxWait {
				return a, fmt.Errorf("%w (a wait of %v does not fit the time left)", v.err, waited)
			}
		} else {
			if n >= c.cfg.Attempts {
				return a, fmt.Errorf("%w (attempt %d of %d)", v.err, n, c.cfg.Attempts)
			}
			wait = c.wait(n, a.header)
			n++
		}
		if !fits(ctx, wait+call.needs) {
			return a, fmt.Errorf("%w (attempt %d; a wait of %v does not fit the time left)", v.err, n, wait)
		}
		log.LogAttrs(ctx, slog.LevelWarn, "OpenAI retry", slog.Group("data", "call", call.op, "try", n, "status", a.status,
			"openaiRequestId", a.requestID(), "wait", wait.Milliseconds(), errorAttr(v.err)))
		if err := sleep(waiting, wait); err != nil {
			return a, fmt.Errorf("openai: %s: %w (after: %v)", call.op, ended(waiting, err), v.err)
		}
	}
}

// while is ctx for as long as going goes on; its cause is going's then.
func while(ctx, going context.Context) (context.Context, func()) {
	if going == nil {
		return ctx, func() {}
	}
	both, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(going, func() { cancel(context.Cause(going)) })
	return both, func() { stop(); cancel(nil) }
}

// ended is why a wait under ctx ended, where ctx did.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return context.Cause(ctx)
	}
	return err
}

// tell calls a MaybeCharged, and returns its error as that of the call.
func tell(charged func(cause error) error, op string, cause error) error {
	if charged == nil {
		return nil
	}
	if err := charged(cause); err != nil {
		return &toldError{fmt.Errorf("openai: %s: record that it may be charged: %w (after: %v)", op, err, cause)}
	}
	return nil
}

// toldError is the error of a MaybeCharged: the call must not be tried again.
type toldError struct{ error }

func (e *toldError) Unwrap() error { return e.error }

// attempt sends the request once and reads its answer whole.
func (c *Client) attempt(ctx context.Context, call call, key apiKey) answer {
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, call.timeout)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// net/http repeats by itself what it knows was never read.
		GetConn:      func(string) { sent.Store(false) },
		WroteRequest: func(info httptrace.WroteRequestInfo) { sent.Store(info.Err == nil) },
	})

	var res *http.Response
	// A service sends the sort of key that it takes; here there is one, and it is the one that the service needs.
	err := call.send(ctx, option.WithAPIKey(key.value), option.WithAdminAPIKey(key.value), option.WithResponseBodyInto(&res))
	a := answer{key: key}
	switch {
	case res == nil:
		a.err = cmp.Or(err, errors.New("no response"))
		a.local = !overNetwork(a.err)
	case res.StatusCode >= 400:
		// The SDK has read the body and left it here, or could not read it.
		a.status, a.header = res.StatusCode, res.Header
		a.body, _ = io.ReadAll(res.Body)
		_ = res.Body.Close()
	default:
		a.status, a.header = res.StatusCode, res.Header
		a.body, a.err = io.ReadAll(res.Body)
		_ = res.Body.Close()
	}
	// Whoever answers has read the request, whatever the trace has seen of it.
	a.sent = res != nil || sent.Load() && !unwritten(a.err)
	if a.err != nil && ctx.Err() != nil && parent.Err() == nil {
		a.err = fmt.Errorf("no answer within %v", call.timeout)
	}
	return a
}

// errNoRoom says that the tier that was asked for has no room just now.
var errNoRoom = fmt.Errorf("%w: the tier has no room", ErrUnavailable)

// verdict is what an attempt means.
type verdict struct {
	err     error // nil for an answer that can be read
	retry   bool
	unknown bool // it may have been charged, and nobody knows
	// throttled says that the account's limit is reached: another try will be admitted when it is over.
	throttled bool
}

func (c *Client) judge(ctx context.Context, call call, a answer) verdict {
	fail := func(sentinel error, detail string) error {
		return fmt.Errorf("openai: %s: %w: %s%s", call.op, sentinel, redacted(detail, a.key), a.reference())
	}
	var tooLarge *http.MaxBytesError
	switch {
	case a.err != nil && ctx.Err() != nil:
		return verdict{err: fmt.Errorf("openai: %s: %w", call.op, ctx.Err()), unknown: a.sent}

	case a.local && !a.sent:
		return verdict{err: fail(ErrRejected, "the request cannot be made: "+a.err.Error())}

	case errors.As(a.err, &tooLarge):
		return verdict{err: fail(ErrMalformed, fmt.Sprintf("it is larger than %d MB", maxBody>>20)), unknown: true, retry: call.fetch}

	case a.err != nil:
		return verdict{err: fail(ErrUnavailable, a.err.Error()), retry: true, unknown: a.sent}

	case a.status >= 400:
		f := parseFailure(a.status, a.body)
		f.fetch = call.fetch
		if call.noRoom && f.status == http.StatusTooManyRequests && f.is("resource_unavailable") {
			return verdict{err: fail(errNoRoom, f.describe())}
		}
		retry, sentinel := f.classify()
		return verdict{
			err: fail(sentinel, f.describe()), retry: retry, throttled: a.status == http.StatusTooManyRequests,
			// A page of a gateway, or its word that it gave up waiting, says nothing of what goes on behind it.
			unknown: gaveUp(a.status) || a.status >= 500 && !f.object,
		}

	case a.status < 200 || a.status > 299:
		return verdict{err: fail(ErrRejected, fmt.Sprintf("it answered %d, and redirects are not followed", a.status))}
	}
	if err := call.read(a.body); err != nil {
		detail := err.Error()
		if isHTML(a.body) {
			detail = "it is a page and not JSON"
		}
		return verdict{err: fail(ErrMalformed, detail), unknown: true, retry: call.fetch}
	}
	return verdict{}
}

// gaveUp reports whether a status says that somebody in between did not wait for the answer: a request that took too
// long to arrive or was closed by the client (408, 499), a gateway's time-out (504). OpenAI may be at work on it.
func gaveUp(status int) bool {
	return status == http.StatusRequestTimeout || status == 499 || status == http.StatusGatewayTimeout
}

// overNetwork reports whether the request failed on its way, as opposed to one
// that the SDK could not even put together.
func overNetwork(err error) bool {
	var onTheWay *url.Error
	return errors.As(err, &onTheWay) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// unwritten reports whether a request failed on its way out. Its last bytes are
// traced as written before they leave the buffer. net/http closes a connection
// that cannot be written to, and may report that first.
func unwritten(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "write" || errors.Is(err, net.ErrClosed)
}

// wait returns how long to wait after the nth attempt: as long as OpenAI says,
// else a backoff that doubles.
func (c *Client) wait(n int, header http.Header) time.Duration {
	if d := retryAfter(header); d > 0 {
		return d
	}
	d := min(c.cfg.Backoff, maxBackoff)
	for range n - 1 {
		d = min(2*d, maxBackoff)
	}
	return d/2 + rand.N(d/2+1)
}

// retryAfter returns the wait that the headers ask for, or 0.
func retryAfter(header http.Header) time.Duration {
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil {
		return duration(ms, time.Millisecond)
	}
	after := header.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(after, 64); err == nil {
		return duration(seconds, time.Second)
	}
	if at, err := http.ParseTime(after); err == nil {
		return time.Until(at)
	}
	return 0
}

// duration is n units, held to what a Duration can be.
func duration(n float64, unit time.Duration) time.Duration {
	if math.IsNaN(n) || n <= 0 {
		return 0
	}
	if n >= float64(math.MaxInt64)/float64(unit) {
		return math.MaxInt64
	}
	return time.Duration(n * float64(unit))
}

// fits reports whether there would be time left after the wait.
func fits(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	if !ok {
		return wait <= maxWait
	}
	return wait < time.Until(deadline)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func errorAttr(err error) slog.Attr {
	if err == nil {
		return slog.Attr{}
	}
	return slog.String("error", err.Error())
}
