package ledger_test

import (
	"fmt"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// TestHowACallEnds makes a call, and has the next attempt ask the same: where that has to pay again, the answer is good.
func TestHowACallEnds(t *testing.T) {
	for _, test := range []struct {
		name   string
		call   outcome
		faults []fault
		errs   []error
		unsent bool   // the call is not made
		open   bool   // the row stays open
		rows   string // after the attempt
		next   string // after the next one
	}{
		// An answer.
		{name: "Answered", call: good, rows: "answered $0.002", next: "answered $0.002"},
		{name: "AnsweredByAResponse", call: outcome{id: "resp_1", text: "fine", usage: tokens(price)}, rows: "answered $0.002", next: "answered $0.002"},
		{name: "AnsweredWithoutUsageIsPossiblyCharged", call: outcome{text: "fine", silent: true}, rows: "answered possibly 1×$0.01", next: "answered possibly 1×$0.01"},
		{name: "AnsweredForNothingCostsNothing", call: outcome{text: "fine"}, rows: "answered", next: "answered"},
		{name: "AnsweredWithUsageOfNoCallIsPossiblyCharged", call: outcome{text: "fine", usage: priceless}, rows: "answered possibly 1×$0.01", next: "answered possibly 1×$0.01"},
		{name: "AnsweredAfterAnUnheardTry", call: outcome{unheard: 1, text: "fine", usage: tokens(price)}, rows: "answered $0.002 possibly 1×$0.01", next: "answered $0.002 possibly 1×$0.01"},
		{name: "AnsweredBesideAnErrorIsAnswered", call: outcome{text: "fine", usage: tokens(price), err: errElse}, rows: "answered $0.002", next: "answered $0.002"},

		// Something paid that is of no use.
		{name: "Refused", call: outcome{usage: tokens(price), err: errRefused}, errs: []error{errRefused}, rows: "failed $0.002 refused", next: "failed $0.002 refused"},
		{name: "Incomplete", call: outcome{usage: tokens(price), err: errIncomplete}, errs: []error{errIncomplete}, rows: "failed $0.002 incomplete", next: "failed $0.002 incomplete"},
		{name: "Malformed", call: outcome{usage: tokens(price), err: errMalformed}, errs: []error{errMalformed}, rows: "failed $0.002 malformed", next: "failed $0.002 malformed"},
		{name: "Unusable", call: outcome{text: "rubbish", usage: tokens(price)}, errs: []error{errUnusable}, rows: "failed $0.002 unusable", next: "failed $0.002 unusable"},
		{name: "UnusableWithUsageOfNoCall", call: outcome{text: "rubbish", usage: priceless}, errs: []error{errUnusable}, rows: "failed unusable possibly 1×$0.01", next: "failed unusable possibly 1×$0.01"},
		{name: "RefusedAfterUnheardTries", call: outcome{unheard: 2, usage: tokens(price), err: errRefused}, errs: []error{errRefused}, rows: "failed $0.002 refused possibly 2×$0.01", next: "failed $0.002 refused possibly 2×$0.01"},
		{name: "LostIsAskedAgain", call: outcome{usage: tokens(price), err: errElse}, errs: []error{errElse}, rows: "lost $0.002", next: "lost $0.002; answered $0.002"},
		{name: "LostWithUsageOfNoCallIsAskedAgain", call: outcome{usage: priceless, err: errElse}, errs: []error{errElse}, rows: "lost possibly 1×$0.01", next: "lost possibly 1×$0.01; answered $0.002"},

		// Nothing paid, as far as anybody knows.
		{name: "UnansweredIsAskedAgain", call: outcome{err: errElse}, errs: []error{errElse}, rows: "unanswered", next: "unanswered; answered $0.002"},
		{name: "RefusedForNothingIsNotAskedAgain", call: outcome{err: errRefused}, errs: []error{errRefused}, rows: "failed refused", next: "failed refused"},
		{name: "RefusedWithoutUsageIsNotAskedAgain", call: outcome{silent: true, err: errRefused}, errs: []error{errRefused}, rows: "failed refused possibly 1×$0.01", next: "failed refused possibly 1×$0.01"},
		{name: "UnusableWithoutUsageIsNotAskedAgain", call: outcome{text: "rubbish", silent: true}, errs: []error{errUnusable}, rows: "failed unusable possibly 1×$0.01", next: "failed unusable possibly 1×$0.01"},
		{name: "UnheardOnce", call: outcome{unheard: 1, err: errElse}, errs: []error{errElse}, rows: "unknown possibly 1×$0.01", next: "unknown possibly 1×$0.01; answered $0.002"},
		{name: "UnheardTwice", call: outcome{unheard: 2, err: errElse}, errs: []error{errElse}, rows: "unknown possibly 2×$0.01", next: "unknown possibly 2×$0.01; answered $0.002"},
		{name: "UnheardThreeTimesIsGivenUp", call: outcome{unheard: 9}, errs: []error{ledger.ErrUnheard}, rows: "unknown possibly 3×$0.01", next: "unknown possibly 3×$0.01"},
		{
			name: "AnUnheardTryThatCannotBeWrittenIsTheLast", call: outcome{unheard: 2}, faults: []fault{{of: "set", times: 10, err: errDown}},
			errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, rows: "unknown possibly 1×$0.01", next: "unknown possibly 1×$0.01; answered $0.002",
		},

		// A response in flight.
		{
			name: "InFlightIsFetchedLater", call: outcome{id: "resp_1", flying: true, err: errInFlight}, errs: []error{errInFlight}, open: true,
			rows: "started", next: "answered $0.002",
		},
		{
			name: "InFlightAfterAnUnheardTryIsFetchedLater", call: outcome{unheard: 1, id: "resp_1", flying: true, err: errInFlight}, errs: []error{errInFlight}, open: true,
			rows: "started possibly 1×$0.01", next: "answered $0.002 possibly 1×$0.01",
		},
		{
			name: "InFlightByAnIDThatIsWrittenLate", call: outcome{id: "resp_1", flying: true, err: errInFlight}, faults: []fault{{of: "set", times: 5, err: errDown}},
			errs: []error{errInFlight}, open: true, rows: "started", next: "answered $0.002",
		},
		{
			name: "InFlightByAnIDThatCannotBeWrittenIsFinished", call: outcome{id: "resp_1", text: "fine", usage: tokens(price)}, faults: []fault{{of: "set", err: errDown}},
			errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, rows: "started", next: "answered possibly 1×$0.01",
		},

		// An answer that cannot be stored.
		{
			name: "StoredWhenTheStoreIsBack", call: good, faults: []fault{{of: "put", times: 30, err: errDown}},
			rows: "answered $0.002", next: "answered $0.002",
		},
		{
			name: "StoredAlthoughNobodySaidSo", call: good, faults: []fault{{of: "put", times: 1, err: errDown, applied: true}},
			rows: "answered $0.002", next: "answered $0.002",
		},
		{
			name: "NotStoredIsLost", call: good, faults: []fault{{of: "put", err: errDown}},
			errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, rows: "lost $0.002", next: "lost $0.002; answered $0.002",
		},
		{
			name: "NotAllowedToStoreIsLost", call: good, faults: []fault{{of: "put", err: errElse}},
			errs: []error{ledger.ErrUnwritten, errElse}, rows: "lost $0.002", next: "lost $0.002; answered $0.002",
		},
		{
			name: "NotStoredWithoutUsageIsUnknown", call: outcome{text: "fine", silent: true}, faults: []fault{{of: "put", err: errElse}},
			errs: []error{ledger.ErrUnwritten, errElse}, rows: "unknown possibly 1×$0.01", next: "unknown possibly 1×$0.01; answered $0.002",
		},
		{
			name: "NotStoredResponseIsFetchedLater", call: outcome{id: "resp_1", text: "fine", usage: tokens(price)}, faults: []fault{{of: "put", err: errDown}},
			errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, open: true, rows: "started", next: "answered $0.002",
		},

		// A row that cannot be begun.
		{
			name: "UnavailableAtTheBeginIsUnanswered", faults: []fault{{of: "add", err: errDown}}, unsent: true,
			errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, rows: "unanswered", next: "unanswered; answered $0.002",
		},
		{
			name: "BegunAlthoughNobodySaidSoIsUnanswered", faults: []fault{{of: "add", err: errDown, applied: true}, {of: "set", times: 3, err: errDown}},
			unsent: true, errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, rows: "unanswered", next: "unanswered; answered $0.002",
		},
		{
			name: "BegunWithAStoreThatStaysAwayMayBeCharged", faults: []fault{{of: "add", err: errDown, applied: true}, {of: "set", err: errDown}},
			unsent: true, errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, rows: "started", next: "unknown possibly 1×$0.01; answered $0.002",
		},
		{
			name: "NotBegunWithAStoreThatStaysAwayIsNothing", faults: []fault{{of: "add", err: errDown}, {of: "set", err: errDown}},
			unsent: true, errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, rows: "", next: "answered $0.002",
		},
		{name: "ANameThatIsTakenIsAnother", call: good, faults: []fault{{of: "add", times: 1, err: store.ErrConflict}}, rows: "answered $0.002", next: "answered $0.002"},
		{name: "NamesThatAreTakenTwice", call: good, faults: []fault{{of: "add", times: 2, err: store.ErrConflict}}, rows: "answered $0.002", next: "answered $0.002"},
		{
			name: "NamesThatAreAlwaysTaken", faults: []fault{{of: "add", err: store.ErrConflict}}, unsent: true,
			errs: []error{ledger.ErrUnwritten, store.ErrConflict}, rows: "", next: "answered $0.002",
		},
		{
			name: "ATakenNameThatCannotBeReadIsTheEnd", faults: []fault{{of: "add", times: 1, err: store.ErrConflict}, {of: "logs", err: errDown}}, unsent: true,
			errs: []error{ledger.ErrUnwritten, store.ErrConflict}, rows: "", next: "answered $0.002",
		},
		{
			name: "FencedAtTheBeginIsNothing", faults: []fault{{of: "add", err: store.ErrFenced}}, unsent: true,
			errs: []error{ledger.ErrUnwritten, store.ErrFenced}, rows: "", next: "answered $0.002",
		},

		// A row that cannot be closed.
		{
			name: "UnclosedAnswerIsFoundStored", call: good, faults: []fault{{of: "set", err: errDown}},
			errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, rows: "started", next: "answered possibly 1×$0.01",
		},
		{
			name: "UnclosedResponseIsFetched", call: outcome{id: "resp_1", text: "fine", usage: tokens(price)}, faults: []fault{{of: "set", nth: 2, err: errDown}},
			errs: []error{ledger.ErrUnwritten, store.ErrUnavailable}, rows: "started", next: "answered $0.002",
		},
		{
			name: "ClosedAlthoughNobodySaidSo", call: good, faults: []fault{{of: "set", times: 1, err: errDown, applied: true}},
			rows: "answered $0.002", next: "answered $0.002",
		},
		{
			name: "UnclosedRefusalIsUnknown", call: outcome{usage: tokens(price), err: errRefused}, faults: []fault{{of: "set", err: store.ErrFenced}},
			errs: []error{ledger.ErrUnwritten, store.ErrFenced}, rows: "started", next: "unknown possibly 1×$0.01; answered $0.002",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, nil, func(t *testing.T, w *world) {
				w.breaks(test.faults...)
				answer, err := w.once(w.question("q"), test.call)
				w.failsWith(err, test.errs...)
				if answer.Reused {
					t.Error("the answer is said to be an earlier attempt's")
				}
				if sent := fmt.Sprint(w.requests); (sent == "[please: q]") == test.unsent {
					t.Errorf("sent: %s", sent)
				}
				if got := w.rows(); got != test.rows {
					t.Errorf("rows: %s; want %s", got, test.rows)
				}
				w.toldAll(test.open)
				w.breaks()
				if err == nil {
					w.usable(answer)
				}
				w.next()
				answer, err = w.once(w.question("q"), good, good)
				if got := w.rows(); got != test.next {
					t.Errorf("rows after the next attempt: %s, %v; want %s", got, err, test.next)
				}
				if err == nil {
					w.usable(answer)
				}
			})
		})
	}
}

// toldAll holds that each charge was told, and told once. A call that is open is told of when it has ended.
func (w *world) toldAll(open bool) {
	w.t.Helper()
	var told cost.Breakdown
	for _, c := range w.told {
		switch {
		case c.Kind != cost.Agent, c.Model != "scribe", c.Row == "", c.Took < 0, (c.Usage == nil) != (c.Possibly != nil):
			w.t.Errorf("told of %+v", c)
		case c.Possibly != nil:
			told.AddPossibly(c.Model, 1, c.Cost)
		default:
			told.Total += c.Cost
		}
	}
	if open {
		told.AddPossibly("scribe", 1, ceiling)
	}
	if got, want := money(told), money(w.Cost()); got != want {
		w.t.Errorf("told of %s; the run cost %s", got, want)
	}
}
