package openai

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"sync"
	"time"
)

// throttle holds back the requests of one kind, of every worker of the process: OpenAI's limits are the account's, so
// what one worker is told holds for all. It is closed by a 429, for as long as OpenAI says, or for pauses that grow;
// and by an answer that says that it was the last one for now. It also paces requests, where the account's limits are
// known.
type throttle struct {
	backoff time.Duration // the pause after the first 429 that does not say how long

	mu      sync.Mutex
	opens   time.Time // no request goes out before
	refused int       // 429s since the last answer
}

// maxPause is the longest pause after a 429 that does not say how long to wait: limits are counted by the minute.
const maxPause = 70 * time.Second

// admit waits until a request may go out that takes a share of the account's limit: so long, no other one goes out.
// It fails with ErrUnavailable where the wait, with what the request needs, does not fit the time left.
func (t *throttle) admit(ctx context.Context, share, needs time.Duration) error {
	for {
		t.mu.Lock()
		wait := time.Until(t.opens)
		if wait <= 0 {
			t.opens = time.Now().Add(share)
			t.mu.Unlock()
			return nil
		}
		t.mu.Unlock()
		if !fits(ctx, wait+needs) {
			return fmt.Errorf("%w: its limit for this account is reached, and a wait of %v does not fit the time left", ErrUnavailable, wait.Round(time.Millisecond))
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// refuse closes the throttle after a 429, and returns for how long. told says that OpenAI said so.
func (t *throttle) refuse(header http.Header, message string) (wait time.Duration, told bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if wait = askedFor(header, message); wait > 0 {
		told = true
	} else {
		wait = min(t.backoff, maxPause)
		for range t.refused {
			wait = min(2*wait, maxPause)
		}
		wait = wait/2 + rand.N(wait/2+1)
	}
	t.refused++
	if opens := time.Now().Add(wait); opens.After(t.opens) {
		t.opens = opens
	}
	return wait, told
}

// answered notes an answer, and closes the throttle until its limit is reset where the answer was the last one for now.
func (t *throttle) answered(header http.Header) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused = 0
	for _, limit := range []string{"Requests", "Tokens", "Images"} {
		if header.Get("X-Ratelimit-Remaining-"+limit) != "0" {
			continue
		}
		reset, err := time.ParseDuration(header.Get("X-Ratelimit-Reset-" + limit))
		if opens := time.Now().Add(min(reset, maxPause)); err == nil && opens.After(t.opens) {
			t.opens = opens
		}
	}
}

// tryAgain finds the wait that OpenAI's message of a 429 names: "Please try again in 52.59s", "try again after 51.84
// seconds", "in 1m12s", "in 20ms".
var tryAgain = regexp.MustCompile(`(?i)try again (?:in|after) ((?:\d+(?:\.\d+)?(?:ms|h|m|s))+|\d+(?:\.\d+)?)\s*(seconds?|minutes?|milliseconds?)?`)

// askedFor is how long OpenAI asks to wait, in a header or its message; 0 where it does not say.
func askedFor(header http.Header, message string) time.Duration {
	if d := retryAfter(header); d > 0 {
		return d
	}
	if found := tryAgain.FindStringSubmatch(message); found != nil {
		number := found[1]
		switch unit := found[2]; {
		case unit == "":
		case unit[0] == 's' || unit[0] == 'S':
			number += "s"
		case len(unit) > 4 && (unit[2] == 'l' || unit[2] == 'L'):
			number += "ms"
		default:
			number += "m"
		}
		if d, err := time.ParseDuration(number); err == nil && d > 0 {
			return d
		}
	}
	for _, limit := range []string{"Requests", "Tokens", "Images"} {
		if header.Get("X-Ratelimit-Remaining-"+limit) == "0" {
			if d, err := time.ParseDuration(header.Get("X-Ratelimit-Reset-" + limit)); err == nil && d > 0 {
				return d
			}
		}
	}
	return 0
}

// perMinute is the share of a minute that n units take, of as many as the account has; 0 where that is not known.
func perMinute(n, limit int) time.Duration {
	if limit <= 0 {
		return 0
	}
	return time.Duration(float64(time.Minute) * float64(n) / float64(limit))
}
