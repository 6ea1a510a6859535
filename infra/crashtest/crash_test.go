package crashtest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	lambdatest.Clean()
	os.Exit(code)
}

func TestCrashes(t *testing.T) {
	h := newHarness(t, nil, 0)
	t.Run("ARunSurvivesAnythingAndNeverPaysTwice", h.testSurvival)
	t.Run("ABrokenLedgerIsFound", h.testBrokenLedger)
}

// doubles is how many runs are killed twice.
const doubles = 200

func (h *harness) testSurvival(t *testing.T) {
	seed := seed(t)
	count := newTally()
	points := h.points(t, count)

	// Once, everywhere.
	var once []plan
	next := make([][]point, len(points)*len(phases)) // what the second process came to
	for _, p := range points {
		for _, phase := range phases {
			i := len(once)
			once = append(once, plan{kills: []kill{{p, phase}}, ended: func(r *run) {
				sound(t, r)
				if !r.attempts[0].fired {
					t.Errorf("run %s came to no %s, so it was not killed %s it", r.id, p, phase)
				} else if len(r.attempts) > 1 {
					next[i] = r.attempts[1].sorted()
				}
			}})
		}
	}
	h.all(t, count, once)

	// Twice, at random. The second kill is at a point that the second process came to when there was no second kill;
	// images being made three at once, it need not come to it again.
	random := rand.New(rand.NewPCG(seed, 0))
	for twice, tries := int64(0), 0; twice < doubles; tries++ {
		if tries == 4 {
			t.Fatalf("CRASH_SEED=%d: only %d of %d double kills came to pass", seed, twice, doubles)
		}
		var pairs []plan
		var fired atomic.Int64
		for len(pairs) < doubles-int(twice) {
			i := random.IntN(len(next))
			if len(next[i]) == 0 {
				continue // nothing was left to be done
			}
			second := kill{next[i][random.IntN(len(next[i]))], phases[random.IntN(len(phases))]}
			pairs = append(pairs, plan{kills: append(slices.Clone(once[i].kills), second), ended: func(r *run) {
				sound(t, r)
				if len(r.attempts) > 2 {
					fired.Add(1)
				}
			}})
		}
		h.all(t, count, pairs)
		twice += fired.Load()
	}
	if count.overlapped == 0 {
		t.Error("no process was killed with both halves of its run in work")
	}
	fmt.Printf("crash harness: CRASH_SEED=%d; %s\n", seed, count)
	t.Logf("CRASH_SEED=%d; %s", seed, count)
	for _, k := range count.unfired {
		t.Logf("not fired: %s", k)
	}
}

// seed is that of the random kills.
func seed(t *testing.T) uint64 {
	v := os.Getenv("CRASH_SEED")
	if v == "" {
		return uint64(time.Now().UnixNano())
	}
	seed, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		t.Fatalf("CRASH_SEED: %v", err)
	}
	return seed
}

// points are the kill points of a run, as one that is not killed has them.
func (h *harness) points(t *testing.T, count *tally) (points []point) {
	h.all(t, count, []plan{{ended: func(r *run) {
		sound(t, r)
		points = r.attempts[0].points
		if calls := len(r.fake.Bill().Charges); calls != images+agentCalls {
			t.Errorf("a run that is not killed made %d calls, not %d images and %d of the agent", calls, images, agentCalls)
		}
	}}})
	for _, request := range []string{"DynamoDB PutItem", "DynamoDB UpdateItem", "S3 PUT", "OpenAI POST", "OpenAI GET"} {
		if !slices.ContainsFunc(points, func(p point) bool { return p.service+" "+p.verb == request }) {
			t.Errorf("there is no kill point at %s", request)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	for _, p := range points {
		t.Logf("kill point: %s", p)
	}
	count.points = len(points)
	return points
}

// sorted is the attempt's points in an order that does not change from run to run.
func (a *attempt) sorted() []point {
	return slices.SortedFunc(slices.Values(a.points), func(a, b point) int { return cmp.Compare(a.String(), b.String()) })
}

// sound fails the test where a run is not as it must be.
func sound(t *testing.T, r *run) {
	if text := r.report(); text != "" {
		t.Error(text)
	}
}

// testBrokenLedger shows that the checks can fail: DynamoDB acknowledges the rows of paid calls and forgets them.
func (h *harness) testBrokenLedger(t *testing.T) {
	row := func(name string, nth int) point { return point{dynamoDB, "PutItem", "outputLogs " + name, nth} }
	call := func(subject string) point { return point{openAI, "POST", subject, 1} }
	tests := map[string]struct {
		kill  kill
		twice bool // what was recorded is paid for again
	}{
		"AnImageWasRecorded":     {kill{row("call#image#image_0_url", 2), after}, true},
		"AResponseIDWasRecorded": {kill{row("call#agent#000", 2), after}, true},
		"AnAnswerWasRecorded":    {kill{row("call#agent#002", 3), after}, true},
		"AnImageWasBegun":        {kill{call("image image_1_url"), during}, false},
		"AnAgentCallWasBegun":    {kill{call("call#agent#001"), after}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := []kind{unexplained, unnamed, wrongBill, wrongSum, lostRow}
			if test.twice {
				want = append(want, paidTwice)
			}
			h.all(t, nil, []plan{{kills: []kill{test.kill}, forgetful: true, ended: func(r *run) {
				if !r.attempts[0].fired {
					t.Errorf("it was not killed %s", test.kill)
				}
				for _, k := range want {
					if !r.has(k) {
						t.Errorf("not found: %s\n%s", k, r.report())
					}
				}
			}}})
		})
	}
}
