package openai

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestAskedFor(t *testing.T) {
	for name, tt := range map[string]struct {
		header  http.Header
		message string
		want    time.Duration
	}{
		"nothing":                     {nil, "slow down", 0},
		"a header":                    {http.Header{"Retry-After": {"7"}}, "try again in 9s", 7 * time.Second},
		"the message":                 {nil, "Rate limit reached. Please try again in 52.59s. Visit …", 52590 * time.Millisecond},
		"milliseconds":                {nil, "Please try again in 20ms.", 20 * time.Millisecond},
		"minutes and seconds":         {nil, "Please try again in 1m12s.", 72 * time.Second},
		"a sentence":                  {nil, "please try again after 51.84 seconds", 51840 * time.Millisecond},
		"one minute":                  {nil, "Try again in 1 minute", time.Minute},
		"milliseconds in words":       {nil, "try again in 30 milliseconds", 30 * time.Millisecond},
		"no time":                     {nil, "Please try again later.", 0},
		"a limit that is reset":       {http.Header{"X-Ratelimit-Remaining-Tokens": {"0"}, "X-Ratelimit-Reset-Tokens": {"6m0s"}}, "", 6 * time.Minute},
		"a limit that is not used up": {http.Header{"X-Ratelimit-Remaining-Tokens": {"9"}, "X-Ratelimit-Reset-Tokens": {"6m0s"}}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := askedFor(tt.header, tt.message); got != tt.want {
				t.Errorf("%v; want %v", got, tt.want)
			}
		})
	}
}

func TestThrottle(t *testing.T) {
	admitted := func(t *testing.T, g *throttle, share time.Duration) time.Duration {
		t.Helper()
		began := time.Now()
		if err := g.admit(t.Context(), share, 0); err != nil {
			t.Fatal(err)
		}
		return time.Since(began)
	}
	t.Run("is open", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			if wait := admitted(t, new(throttle), 0); wait != 0 {
				t.Errorf("waited %v", wait)
			}
		})
	})
	t.Run("is closed to all after a refusal, for as long as it says", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := new(throttle)
			g.refuse(http.Header{"Retry-After": {"30"}}, "")
			waits := make(chan time.Duration)
			for range 3 {
				go func() { waits <- admitted(t, g, 0) }()
			}
			for range 3 {
				if wait := <-waits; wait != 30*time.Second {
					t.Errorf("waited %v", wait)
				}
			}
		})
	})
	t.Run("is closed for pauses that grow past a minute, until something is answered", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := &throttle{backoff: time.Second}
			var last time.Duration
			for range 12 {
				last, _ = g.refuse(nil, "")
			}
			if last < 30*time.Second || last > maxPause {
				t.Errorf("the twelfth pause is %v", last)
			}
			g.answered(nil)
			if first, _ := g.refuse(nil, ""); first > time.Second {
				t.Errorf("after an answer it is %v", first)
			}
		})
	})
	t.Run("is closed by an answer that was the last for now", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := new(throttle)
			g.answered(http.Header{"X-Ratelimit-Remaining-Requests": {"0"}, "X-Ratelimit-Reset-Requests": {"12s"}})
			if wait := admitted(t, g, 0); wait != 12*time.Second {
				t.Errorf("waited %v", wait)
			}
		})
	})
	t.Run("paces requests by their share of a minute", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g, began := new(throttle), time.Now()
			for range 6 {
				admitted(t, g, perMinute(1, 5))
			}
			if took := time.Since(began); took != time.Minute {
				t.Errorf("six images at five a minute took %v", took)
			}
		})
	})
	t.Run("does not wait past the time that is left", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := new(throttle)
			g.refuse(http.Header{"Retry-After": {"30"}}, "")
			ctx, done := context.WithTimeout(t.Context(), time.Minute)
			defer done()
			if err := g.admit(ctx, 0, 40*time.Second); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%v", err)
			}
		})
	})
}

// An edit at high quality is reported to take more than two minutes, and three tries that are each thrown away are paid
// three times for nothing.
func TestAnImageMayTakeFiveMinutes(t *testing.T) {
	if d := New(Config{}).cfg.ImageTimeout; d != 5*time.Minute {
		t.Errorf("one try of an image may take %v", d)
	}
}
