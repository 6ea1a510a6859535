package openai_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/openai"
)

// roundTrip answers requests without a network, which a bubble's clock would not wait for.
type roundTrip func(r *http.Request) string

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(f(r))), Request: r,
	}, nil
}

// TestLooks has responses take their time by the clock of a bubble, and counts the looks and how late the last was.
//
// Of a response that takes d, with waits from l = 40 ms (or Poll) to Poll, the waits are l until 40 l, then each
// look is at 41/40 of the time of the one before, until 40 Poll, and then they are Poll:
//
//	looks <= 2 + min(d, 40 l)/l + ln(min(d, 40 Poll)/40 l)/ln(41/40) + (d - 40 Poll)/Poll
//
// where a term that is negative is none.
func TestLooks(t *testing.T) {
	for name, tt := range map[string]struct {
		takes, poll time.Duration
		resumed     bool
	}{
		"done at once":                  {takes: 0},
		"done within the first wait":    {takes: 20 * time.Millisecond},
		"short":                         {takes: time.Second},
		"where the waits begin to grow": {takes: 1601 * time.Millisecond},
		"an agent's call":               {takes: 3 * time.Second},
		"half a minute":                 {takes: 30 * time.Second},
		"half a minute, resumed":        {takes: 30 * time.Second, resumed: true},
		"longer than it takes to Poll":  {takes: 5 * time.Minute},
		"Poll of less than 40 ms":       {takes: 3 * time.Second, poll: 5 * time.Millisecond},
		"Poll of half a second":         {takes: time.Minute, poll: 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				looks := 0
				c := openai.New(openai.Config{
					Key: func(context.Context) (string, error) { return testKey, nil }, Poll: tt.poll,
					HTTPClient: &http.Client{Transport: roundTrip(func(r *http.Request) string {
						if r.Method == http.MethodPost {
							return agentAnswer("resp_1", "queued", "", "")
						}
						if looks++; time.Since(began) < tt.takes {
							return agentAnswer("resp_1", "in_progress", "", "")
						}
						return agentAnswer("resp_1", "completed", "hi", ","+agentUsage)
					})},
				})
				request := openai.AgentRequest{Model: "gpt-5", Input: []string{"hi"}}
				if tt.resumed {
					request = openai.AgentRequest{ResponseID: "resp_1"}
				}
				if got, err := c.Respond(t.Context(), request); err != nil || got.Text != "hi" {
					t.Fatalf("%v, %+v", err, got)
				}

				poll := tt.poll
				if poll == 0 {
					poll = 2 * time.Second
				}
				least := min(40*time.Millisecond, poll)
				if late, most := time.Since(began)-tt.takes, min(max(tt.takes/40, least), poll); late < 0 || late > most {
					t.Errorf("seen %v late; want at most %v", late, most)
				}
				d, l, p := tt.takes.Seconds(), least.Seconds(), poll.Seconds()
				most := 2 + min(d, 40*l)/l + max(0, math.Log(min(d, 40*p)/(40*l))/math.Log(41./40)) + max(0, (d-40*p)/p)
				if float64(looks) > most {
					t.Errorf("%d looks; want at most %.1f", looks, most)
				}
			})
		})
	}
}

func TestRespondFetchesWhatWasAsked(t *testing.T) {
	w, ch := serve(t, answer(200, agentAnswer("resp_7", "in_progress", "", "")), completed("resp_7", "done")), &charges{}
	got, err := w.client().Respond(t.Context(), openai.AgentRequest{
		ResponseID:   "resp_7",
		Started:      func(string) error { return errors.New("it was started before") },
		MaybeCharged: ch.record,
	})
	want := openai.AgentResult{ID: "resp_7", Text: "done", Model: "gpt-5-2025-08-07", Usage: agentBilled, Billed: true, RequestID: "req_42", Done: true}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, result (-want +got):\n%s", err, diff)
	}
	for _, r := range w.seen() {
		if r.method != "GET" || r.path != "/v1/responses/resp_7" {
			t.Errorf("%s %s", r.method, r.path)
		}
	}
	if len(ch.causes) != 0 {
		t.Errorf("charges %v", ch.causes)
	}
}

func TestRespondRefusesResponseIDsThatAreNone(t *testing.T) {
	w := serve(t, completed("resp_1", "x"))
	for _, id := range []string{"..", "a/b", "a?b", "a b", "a%2fb", "é", "resp_1\n", strings.Repeat("a", 201)} {
		if _, err := w.client().Respond(t.Context(), openai.AgentRequest{ResponseID: id}); !errors.Is(err, openai.ErrRejected) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if n := len(w.seen()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestPendingWhenTimeIsUp(t *testing.T) {
	for name, last := range map[string]http.HandlerFunc{
		"queued for ever":    queued("resp_1"),
		"a look that hangs":  silent,
		"a look that stalls": stalled,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var looks atomic.Int32
			w, ch := serve(t, queued("resp_1"), queued("resp_1"), func(rw http.ResponseWriter, r *http.Request) {
				if looks.Add(1) == 1 {
					defer cancel()
					if name != "queued for ever" {
						cancel()
					}
				}
				last(rw, r)
			}), &charges{}
			got, err := w.client().Respond(ctx, openai.AgentRequest{Model: "gpt-5", Input: []string{"hi"}, MaybeCharged: ch.record})
			if !errors.Is(err, context.Canceled) || got.ID != "resp_1" || got.Billed || got.Done || len(ch.causes) != 0 {
				t.Errorf("%v, %+v, charges %v", err, got, ch.causes)
			}
			for _, r := range w.seen()[1:] {
				if r.method != "GET" {
					t.Errorf("%s %s: a pending response is left alone", r.method, r.path)
				}
			}
		})
	}
}
