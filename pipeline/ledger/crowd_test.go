package ledger_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
)

// config is that of a ledger of memory's rows.
func (m *memory) config() ledger.Config {
	return ledger.Config{
		Rows: m, Answers: m, RunID: runID, Attempt: m.attempt, Catalog: catalog, Now: time.Now, Faults: faults,
		Room: func(time.Duration) error { return nil },
	}
}

// spent is what a run has cost at the most.
func spent(b cost.Breakdown) cost.Amount {
	if b.PossiblyCharged == nil {
		return b.Total
	}
	return b.Total + b.PossiblyCharged.Cost
}

// TestACrowd has 32 goroutines ask 50 questions each, with money for some of them.
func TestACrowd(t *testing.T) {
	const goroutines, questions, limit = 32, 50, 100*price + 7
	for _, test := range []struct {
		name string
		how  func(n int) outcome
		// passing: after a try that nobody heard of, the sum names the next one too, until it is known that there is none
		passing bool
	}{
		{"WhoseCallsAreAnswered", func(n int) outcome {
			return outcome{text: "fine", usage: tokens(ceiling * cost.Amount(n%6) / 10)}
		}, false},
		{"WhoseCallsEndInEveryWay", func(n int) outcome {
			return []outcome{
				good, {usage: tokens(price), err: errRefused}, {err: errElse}, {text: "fine", silent: true},
				{usage: tokens(price), err: errElse}, {text: "rubbish", usage: tokens(ceiling)}, {id: "resp_1", text: "fine", usage: tokens(price)},
			}[n%7]
		}, true},
		{"WhoseTriesAreUnheard", func(n int) outcome {
			return outcome{unheard: n % 4, text: "fine", usage: tokens(price)}
		}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				config := m.config()
				most := limit
				config.Limit = &most
				l, err := ledger.Open(t.Context(), config)
				if err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				var bill cost.Amount // what was really charged
				calls, refused := 0, 0
				charge := func(a cost.Amount) {
					mu.Lock()
					defer mu.Unlock()
					if bill += a; bill > limit {
						t.Errorf("the bill is %s", bill)
					}
				}
				ask := func(n int) error {
					o := test.how(n)
					_, err := l.Once(t.Context(), ledger.Question{
						Kind: cost.Agent, Row: "call#agent#", Asked: fmt.Sprint(n), Model: "scribe", Ceiling: ceiling, MaxUnknown: 9,
						Key: fmt.Sprintf("runs/%d", n), Judge: judge,
						Ask: func(_ context.Context, c ledger.Call) (ledger.Reply, error) {
							mu.Lock()
							calls++
							mu.Unlock()
							told := c.MaybeCharged
							c.MaybeCharged = func(cause error) error {
								charge(ceiling)
								return told(cause)
							}
							time.Sleep(time.Duration(1+n%13) * time.Second)
							if got := spent(l.Cost()); got > limit && !test.passing {
								t.Errorf("at some moment it may have cost %s", got)
							}
							reply, err := o.reply(c)
							if reply.Usage != nil {
								charge(cost.Amount(reply.Usage.Input) * 1000)
							}
							return reply, err
						},
					})
					return err
				}
				var all sync.WaitGroup
				for g := range goroutines {
					all.Go(func() {
						for i := range questions {
							if err := ask(questions*g + i); overBudget(err) {
								mu.Lock()
								refused++
								mu.Unlock()
							}
						}
					})
				}
				all.Wait()
				logs, _ := m.Logs(t.Context(), runID, ledger.Prefix)
				names, rows := parsed(t, logs)
				for i, r := range rows {
					if wrong := r.wrong(); wrong != "" || r.State == "started" {
						t.Errorf("row %s: %s: %+v", names[i], wrong, r)
					}
				}
				if got, want := money(l.Cost()), added(rows); got != want || len(rows) != calls {
					t.Errorf("it cost %s; the rows of %d calls say %s (%d)", got, calls, want, len(rows))
				}
				if got := spent(l.Cost()); got > limit || got != bill || got+ceiling <= limit {
					t.Errorf("it cost %s of %s; the bill is %s", got, cost.Amount(limit), bill)
				}
				if refused == 0 || calls < 20 {
					t.Errorf("%d calls; %d questions found no money", calls, refused)
				}
			})
		})
	}
}

// TestACostThatIsLookedAtAllTheTime has the race detector look at what is counted and read at once.
func TestACostThatIsLookedAtAllTheTime(t *testing.T) {
	config := newMemory().config()
	config.Told = func(context.Context, ledger.Charge) { // between the counting and the row
		for range 1000 {
			runtime.Gosched()
		}
	}
	l, err := ledger.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	var looking sync.WaitGroup
	stop := make(chan struct{})
	looking.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = l.Cost()
			}
		}
	})
	for n := range 10 {
		_, err := l.Once(t.Context(), ledger.Question{
			Kind: cost.Agent, Row: "call#agent#", Asked: fmt.Sprint(n), Model: "scribe", Ceiling: ceiling, MaxUnknown: 9, Key: "runs/answer", Judge: judge,
			Ask: func(_ context.Context, c ledger.Call) (ledger.Reply, error) {
				return outcome{unheard: 2, text: "fine", usage: tokens(price)}.reply(c)
			},
		})
		if err != nil {
			t.Error(err)
		}
	}
	close(stop)
	looking.Wait()
	if got := money(l.Cost()); got != "$0.02, possibly 20: $0.2" {
		t.Error(got)
	}
}
