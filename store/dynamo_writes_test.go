package store_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

// lossy is a connection that loses the answer to every write the first time it
// is sent; the write has happened.
type lossy struct {
	client http.Client
	seen   sync.Map
}

func (l *lossy) Do(r *http.Request) (*http.Response, error) {
	answer, err := l.client.Do(r)
	target, id := r.Header.Get("X-Amz-Target"), r.Header.Get("Amz-Sdk-Invocation-Id")
	if err != nil || !strings.HasSuffix(target, ".PutItem") && !strings.HasSuffix(target, ".UpdateItem") {
		return answer, err
	}
	if _, again := l.seen.LoadOrStore(id, true); again {
		return answer, nil
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return nil, errors.Join(errors.New("connection reset by peer"), err, answer.Body.Close())
}

// TestDynamoLosingAnswers proves that a write whose answer was lost, and which
// the SDK therefore repeats, is not taken for somebody else's.
func TestDynamoLosingAnswers(t *testing.T) {
	cfg := storetest.Dynalite(t)
	lost := cfg
	lost.HTTPClient = &lossy{client: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 50}}}
	lost.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = ratelimit.None
		})
	}
	testStore(t, func(t *testing.T) store.Store { return store.NewDynamo(lost, newTables(t, cfg)) },
		"TemplateVersionsNeverChange", "TemplatesPutAtOnceGetVersionsOfTheirOwn", "CreateRunTwiceReturnsTheFirst",
		"CreateRunAtOnceMakesOne", "TakeLeaseNeedsWhatWasSeen", "TakeLeaseAtOnceHasOneWinner", "RenewLeaseDoesNotTouchTheRest",
		"ZombieChangesNothing", "ClosedRunStaysClosed", "ManyWritersOfOneRun", "AddLogAtOnceAddsOne")
}

// held is a connection that holds back a PutItem whose body contains a text
// until release is closed.
type held struct {
	text             string
	reached, release chan struct{}
}

func (h held) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutItem") && strings.Contains(string(body), h.text) {
		close(h.reached)
		<-h.release
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultClient.Do(r)
}

func TestDynamoLateWrites(t *testing.T) {
	cfg := storetest.Dynalite(t)
	for name, test := range map[string]struct {
		text       string
		late, soon func(t *testing.T, s store.Store) error
		want       error
		check      func(t *testing.T, s store.Store)
	}{
		"LatestNeverMovesBack": {
			text: `"latest"`,
			late: func(t *testing.T, s store.Store) error {
				_, err := s.PutTemplate(t.Context(), store.Template{TemplateID: "t", Name: "first"})
				return err
			},
			soon: func(t *testing.T, s store.Store) error {
				_, err := s.PutTemplate(t.Context(), store.Template{TemplateID: "t", Name: "second"})
				return err
			},
			check: func(t *testing.T, s store.Store) {
				latest, err := s.Template(t.Context(), "t", "")
				ok(t, err)
				if latest.Version != "2" || latest.Name != "second" {
					t.Errorf("latest is version %s, %s", latest.Version, latest.Name)
				}
			},
		},
		"SetLogNeverReplacesALaterAttempts": {
			text: `"late"`,
			late: func(t *testing.T, s store.Store) error {
				return s.SetLog(t.Context(), store.Log{RunID: "r", LogType: "call", Attempt: 1, Message: "late"})
			},
			soon: func(t *testing.T, s store.Store) error {
				takeRun(t, s, readRun(t, s, "r"))
				return s.SetLog(t.Context(), store.Log{RunID: "r", LogType: "call", Attempt: 2, Message: "soon"})
			},
			want: store.ErrFenced,
			check: func(t *testing.T, s store.Store) {
				logs, err := s.Logs(t.Context(), "r", "")
				ok(t, err)
				if len(logs) != 1 || logs[0].Message != "soon" {
					t.Errorf("logs %+v", logs)
				}
			},
		},
		"CreateRunJoinsTheClaimOfAnother": {
			text: `"late owner"`,
			late: func(t *testing.T, s store.Store) error {
				_, err := s.CreateRun(t.Context(), store.Run{RunID: "new", TemplateID: "t", Status: store.Running, Timestamp: clock, LeaseOwner: "late owner"})
				return err
			},
			soon: func(t *testing.T, s store.Store) error {
				_, err := s.CreateRun(t.Context(), store.Run{RunID: "new", TemplateID: "t", Status: store.Running, Timestamp: clock.Add(time.Hour), LeaseOwner: "soon"})
				return err
			},
			want: store.ErrConflict,
			check: func(t *testing.T, s store.Store) {
				r := readRun(t, s, "new")
				if r.LeaseOwner != "soon" || !r.Timestamp.Equal(kept(clock)) {
					t.Errorf("run of %s at %s, want the soon one's at the claimed time", r.LeaseOwner, r.Timestamp)
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTables(t, cfg)
			s := store.NewDynamo(cfg, c)
			startRun(t, s, "r")
			h := held{text: test.text, reached: make(chan struct{}), release: make(chan struct{})}
			slow := cfg
			slow.HTTPClient = h
			done := make(chan error)
			go func() { done <- test.late(t, store.NewDynamo(slow, c)) }()
			<-h.reached
			ok(t, test.soon(t, s))
			close(h.release)
			if err := <-done; !errors.Is(err, test.want) {
				t.Errorf("late write: %v, want %v", err, test.want)
			}
			test.check(t, s)
		})
	}
}
