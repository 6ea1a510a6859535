package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// named holds the names of the rows.
func (w *world) named(want ...string) {
	w.t.Helper()
	if names, _ := w.stored(); !slices.Equal(names, want) {
		w.t.Errorf("rows %q; want %q", names, want)
	}
}

func TestNames(t *testing.T) {
	lost := outcome{err: errElse}
	image := func(w *world, element string) ledger.Question {
		q := w.question(element)
		q.Kind, q.Model, q.Row = cost.Image, "painter", "call#image#"+element
		return q
	}
	t.Run("NumberedFromNothing", func(t *testing.T) {
		inWorld(t, nil, func(_ *testing.T, w *world) {
			for _, asked := range []string{"a", "b", "c"} {
				_, _ = w.once(w.question(asked), good)
			}
			w.named("call#agent#000", "call#agent#001", "call#agent#002")
		})
	})
	t.Run("UnnumberedUntilItIsAskedAgain", func(t *testing.T) {
		inWorld(t, nil, func(_ *testing.T, w *world) {
			for range 3 {
				_, _ = w.once(image(w, "logo"), lost)
			}
			w.named("call#image#logo", "call#image#logo#001", "call#image#logo#002")
		})
	})
	t.Run("AnothersNameIsPassedOver", func(t *testing.T) {
		inWorld(t, nil, func(_ *testing.T, w *world) {
			for _, element := range []string{"logo#001", "logo", "logo"} {
				_, _ = w.once(image(w, element), lost)
			}
			w.named("call#image#logo", "call#image#logo#001", "call#image#logo#002")
		})
	})
	t.Run("AGapHidesNothing", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.leave("call#agent#000", left("lost", charged))
			w.leave("call#agent#002", left("answered", charged, withResult))
			w.leave("call#agent#004", left("started", asAnother))
			w.next()
			if got := money(w.Cost()); got != "$0.004, possibly 1: $0.01" {
				t.Errorf("it cost %s", got)
			}
			if answer, err := w.once(w.question("q"), good); err != nil || !answer.Reused || len(w.requests) > 0 {
				t.Errorf("%+v, %v, asked: %v", answer, err, w.requests)
			}
			_, _ = w.once(w.question("new"), good)
			_, _ = w.once(w.question("newer"), good)
			w.named("call#agent#000", "call#agent#001", "call#agent#002", "call#agent#003", "call#agent#004")
		})
	})
	t.Run("TheOldestAnswerCounts", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			old := time.Now().Add(-time.Hour)
			w.leave("call#agent#000", left("answered", charged, withResult))
			w.leave("call#agent#1000", left("answered", charged, func(r *row) { r.Result, r.StartedAt = "runs/run-1/old.json", old }))
			w.leave("call#agent#999", left("answered", charged, func(r *row) { r.Result, r.StartedAt = "runs/run-1/oldest.json", old }))
			w.next()
			if answer, err := w.once(w.question("q"), good); answer.Key != "runs/run-1/oldest.json" || err != nil {
				t.Errorf("%+v, %v", answer, err)
			}
		})
	})
}

// TestAThousandRows reads and adds beyond the numbers that have three digits.
func TestAThousandRows(t *testing.T) {
	m := newMemory()
	for i := range 1000 {
		if i == 500 { // a row that was withdrawn
			continue
		}
		ended := time.Now()
		data, err := json.Marshal(row{
			Kind: cost.Agent, State: "answered", Model: "scribe", Asked: fmt.Sprint(i), StartedAt: ended, EndedAt: &ended,
			ExpectedCost: ceiling, Usage: tokens(price), Cost: price, Result: "runs/" + fmt.Sprint(i),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.AddLog(t.Context(), store.Log{RunID: runID, LogType: fmt.Sprintf("call#agent#%03d", i), Attempt: 1, Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	l, err := ledger.Open(t.Context(), m.config())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(asked string) (ledger.Answer, error) {
		return l.Once(t.Context(), ledger.Question{
			Kind: cost.Agent, Row: "call#agent#", Asked: asked, Model: "scribe", Ceiling: ceiling, Key: "runs/new-" + asked, Judge: judge,
			Ask: func(_ context.Context, c ledger.Call) (ledger.Reply, error) { return good.reply(c) },
		})
	}
	for i := range 1000 {
		if answer, err := ask(fmt.Sprint(i)); err != nil || answer.Reused == (i == 500) {
			t.Fatalf("question %d: %+v, %v", i, answer, err)
		}
	}
	for _, asked := range []string{"x", "y"} {
		if answer, err := ask(asked); err != nil || answer.Reused {
			t.Fatal(err)
		}
	}
	logs, _ := m.Logs(t.Context(), runID, "call#agent#")
	names, _ := parsed(t, logs)
	if len(names) != 1002 || !slices.Contains(names, "call#agent#500") || !slices.Contains(names, "call#agent#1000") || !slices.Contains(names, "call#agent#1001") {
		t.Errorf("%d rows: %s", len(names), strings.Join(names, " "))
	}
	if got := l.Cost(); got.Total != 1002*price || got.Details.Agent.Calls != 1002 || got.PossiblyCharged != nil {
		t.Errorf("%+v", got)
	}
}

// TestARowOfAnAttemptThatIsLosingItsLease holds what becomes of a row that was written after the ledger was opened.
func TestARowOfAnAttemptThatIsLosingItsLease(t *testing.T) {
	t.Run("ItsNameIsPassedOverAndItMayBeCharged", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.leave("call#agent#000", left("started"))
			if got := money(w.Cost()); got != "$0" {
				t.Errorf("before it is known of: %s", got)
			}
			w.breaks()
			answer, err := w.once(w.question("q"), good)
			if got := money(w.Cost()); err != nil || answer.Reused || w.rows() != "started; answered $0.002" || got != "$0.002, possibly 1: $0.01" {
				t.Errorf("%+v, %v: %s; %s", answer, err, w.rows(), got)
			}
			w.next()
			if answer, err := w.once(w.question("q"), good); err != nil || !answer.Reused || w.rows() != "unknown possibly 1×$0.01; answered $0.002" {
				t.Errorf("the next attempt: %+v, %v: %s", answer, err, w.rows())
			}
		})
	})
	t.Run("ItsMoneyCountsInTheBudget", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.limited(2*ceiling - 1)
			w.leave("call#agent#000", left("started"))
			if _, err := w.once(w.question("q"), good); !overBudget(err) || w.rows() != "started" || len(w.requests) > 0 {
				t.Errorf("%v: %s", err, w.rows())
			}
		})
	})
	t.Run("RereadFindsIt", func(t *testing.T) {
		inWorld(t, []row{left("answered", charged, withResult)}, func(t *testing.T, w *world) {
			w.leave("call#agent#001", left("started", asAnother))
			w.breaks(fault{of: "logs", times: 1, err: errDown})
			if err := w.Reread(t.Context()); err == nil || money(w.Cost()) != "$0.002" {
				t.Errorf("with a store that is away: %v, %s", err, money(w.Cost()))
			}
			if err := w.Reread(t.Context()); err != nil || money(w.Cost()) != "$0.002, possibly 1: $0.01" {
				t.Errorf("%v, %s", err, money(w.Cost()))
			}
			w.sumHolds()
		})
	})
	t.Run("RereadLeavesWhatIsKnown", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.breaks(fault{of: "set", err: errDown})
			_, _ = w.once(w.question("q"), good) // answered, and the row says that it is open
			if err := w.Reread(t.Context()); err != nil || money(w.Cost()) != "$0.002" || w.rows() != "started" {
				t.Errorf("%v, %s, %s", err, money(w.Cost()), w.rows())
			}
		})
	})
}
