package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// row is a row as those read it who do not hold the run, from its JSON.
type row struct {
	Kind            cost.Kind      `json:"kind"`
	State           string         `json:"state"`
	Model           string         `json:"model"`
	Asked           string         `json:"asked"`
	Attempt         int            `json:"attempt"`
	StartedAt       time.Time      `json:"startedAt"`
	EndedAt         *time.Time     `json:"endedAt,omitempty"`
	ExpectedCost    cost.Amount    `json:"expectedCost"`
	ResponseID      string         `json:"responseId,omitempty"`
	Usage           *cost.Usage    `json:"usage,omitempty"`
	Cost            cost.Amount    `json:"cost"`
	PossiblyCharged *cost.Possibly `json:"possiblyCharged,omitempty"`
	Result          string         `json:"result,omitempty"`
	Fault           string         `json:"fault,omitempty"`
	Error           string         `json:"error,omitempty"`
}

// String is what became of the call.
func (r row) String() string {
	s := r.State
	if r.Usage != nil {
		s += " " + r.Cost.String()
	}
	if r.Fault != "" {
		s += " " + r.Fault
	}
	if p := r.PossiblyCharged; p != nil {
		s += fmt.Sprintf(" possibly %d×%s", p.Calls, p.Cost/cost.Amount(p.Calls))
	}
	return s
}

// leave puts a row that an earlier attempt wrote, of the question "q" where it does not say which.
func (w *world) leave(name string, r row) {
	w.t.Helper()
	if r.Kind == "" {
		r.Kind, r.Model = cost.Agent, "scribe"
	}
	if r.Asked == "" {
		r.Asked = "q"
	}
	r.ExpectedCost, r.Attempt = ceiling, w.attempt
	if r.StartedAt.IsZero() {
		r.StartedAt = time.Now()
		time.Sleep(time.Second)
	}
	if r.State != "started" && r.EndedAt == nil {
		ended := time.Now()
		r.EndedAt = &ended
	}
	data, err := json.Marshal(r)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.SetLog(w.t.Context(), store.Log{RunID: runID, LogType: name, Data: data, Attempt: w.attempt}); err != nil {
		w.t.Fatal(err)
	}
}

// stored reads the rows, in the order of their names.
func (w *world) stored() (names []string, rows []row) {
	w.t.Helper()
	logs, err := w.store.Logs(context.Background(), runID, ledger.Prefix)
	if err != nil {
		w.t.Fatal(err)
	}
	return parsed(w.t, logs)
}

func parsed(t testing.TB, logs []store.Log) (names []string, rows []row) {
	t.Helper()
	for _, l := range logs {
		var r row
		if err := json.Unmarshal(l.Data, &r); err != nil {
			t.Fatalf("row %s: %v", l.LogType, err)
		}
		names, rows = append(names, l.LogType), append(rows, r)
	}
	return names, rows
}

// rows says what became of the calls.
func (w *world) rows() string {
	w.t.Helper()
	_, rows := w.stored()
	var said []string
	for _, r := range rows {
		said = append(said, r.String())
	}
	return strings.Join(said, "; ")
}

// money is a breakdown in short.
func money(b cost.Breakdown) string {
	if p := b.PossiblyCharged; p != nil {
		return fmt.Sprintf("%s, possibly %d: %s", b.Total, p.Calls, p.Cost)
	}
	return b.Total.String()
}

// added adds rows up, in the plainest way there is.
func added(rows []row) string {
	var b cost.Breakdown
	var possibly cost.Possibly
	for _, r := range rows {
		b.Total += r.Cost
		if r.PossiblyCharged != nil {
			possibly.Calls += r.PossiblyCharged.Calls
			possibly.Cost += r.PossiblyCharged.Cost
		}
		if r.State == "started" {
			possibly.Calls++
			possibly.Cost += r.ExpectedCost
		}
	}
	if possibly.Calls > 0 {
		b.PossiblyCharged = &possibly
	}
	return money(b)
}

// sumHolds holds that the ledger's cost is the sum of the rows, and that every row is one that can be.
func (w *world) sumHolds() {
	w.t.Helper()
	names, rows := w.stored()
	if w.Ledger != nil {
		if got, want := money(w.Cost()), added(rows); got != want {
			w.t.Errorf("the ledger says that the run cost %s; its rows come to %s", got, want)
		}
	}
	for i, r := range rows {
		if wrong := r.wrong(); wrong != "" {
			w.t.Errorf("row %s: %s: %+v", names[i], wrong, r)
		}
	}
}

// wrong is what no row may be.
func (r row) wrong() string {
	closed := r.State != "started"
	switch {
	case closed != (r.EndedAt != nil):
		return "an open row has not ended, and a closed one has"
	case closed && (r.Result != "") != (r.State == "answered"):
		return "a closed row has a result where it is answered, and only there"
	case closed && (r.Error != "") == (r.State == "answered"):
		return "a closed row has an error where it is not answered, and only there"
	case (r.Fault != "") != (r.State == "failed"):
		return "a row has a fault where it failed, and only there"
	case r.Usage == nil && r.Cost != 0, r.Cost < 0:
		return "it costs what nobody used"
	case r.State == "unknown" && r.PossiblyCharged == nil, r.State == "unanswered" && r.PossiblyCharged != nil:
		return "possibly charged is what is unknown"
	case r.PossiblyCharged != nil && (r.PossiblyCharged.Calls < 1 || r.PossiblyCharged.Cost != r.ExpectedCost*cost.Amount(r.PossiblyCharged.Calls)):
		return "each possible charge counts with the ceiling"
	}
	return ""
}

// left is a row as an earlier attempt left it.
func left(state string, more ...func(*row)) row {
	r := row{State: state}
	if state != "started" && state != "answered" {
		r.Error = "what happened then"
	}
	for _, change := range more {
		change(&r)
	}
	return r
}

func withID(r *row)     { r.ResponseID = "resp_1" }
func withResult(r *row) { r.Result = "runs/run-1/q-1.json" }
func charged(r *row)    { r.Usage, r.Cost = tokens(price), price }
func asAnother(r *row)  { r.Asked = "another" }

func faulted(name string) func(*row) { return func(r *row) { r.Fault = name } }

func possibly(calls int64) func(*row) {
	return func(r *row) { r.PossiblyCharged = &cost.Possibly{Calls: calls, Cost: ceiling * cost.Amount(calls)} }
}
