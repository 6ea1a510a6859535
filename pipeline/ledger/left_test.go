package ledger_test

import (
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// TestWhatAnEarlierAttemptLeft asks a question again that an earlier attempt asked. Where it has to be asked, the answer
// is good.
func TestWhatAnEarlierAttemptLeft(t *testing.T) {
	inFlight := []row{left("started", withID)}
	stored := []row{left("started", withResult)}
	for _, test := range []struct {
		name   string
		left   []row
		found  *outcome // by the response's id; nil: it cannot be fetched
		kept   bool     // the answer is where the row says
		faults []fault

		asked         bool
		reused        bool
		errs          []error
		before, after string // what the run cost
		rows          string
	}{
		{
			name: "NothingIsAsked", asked: true,
			before: "$0", after: "$0.002", rows: "answered $0.002",
		},

		// A row that is open.
		{
			name: "OpenIsUnknownAndAskedAgain", left: []row{left("started")}, asked: true,
			before: "$0, possibly 1: $0.01", after: "$0.002, possibly 1: $0.01", rows: "unknown possibly 1×$0.01; answered $0.002",
		},
		{
			name: "OpenWithUnheardTriesIsOneMore", left: []row{left("started", possibly(1))}, asked: true,
			before: "$0, possibly 2: $0.02", after: "$0.002, possibly 2: $0.02", rows: "unknown possibly 2×$0.01; answered $0.002",
		},
		{
			name: "OpenWithAPlannedAnswerThatIsNotThereIsUnknown", left: stored, asked: true,
			before: "$0, possibly 1: $0.01", after: "$0.002, possibly 1: $0.01", rows: "unknown possibly 1×$0.01; answered $0.002",
		},
		{
			name: "OpenWithAnIDThatCannotBeFetchedIsUnknown", left: inFlight, asked: true,
			before: "$0, possibly 1: $0.01", after: "$0.002, possibly 1: $0.01", rows: "unknown possibly 1×$0.01; answered $0.002",
		},
		{
			name: "EveryOpenOneIsClosedBeforeItIsAskedAgain", left: []row{left("started"), left("started")}, asked: true,
			before: "$0, possibly 2: $0.02", after: "$0.002, possibly 2: $0.02",
			rows: "unknown possibly 1×$0.01; unknown possibly 1×$0.01; answered $0.002",
		},
		{
			name: "OpenThatCannotBeClosedIsNotAskedAgain", left: []row{left("started")}, faults: []fault{{of: "set", err: errDown}},
			reused: true, errs: []error{ledger.ErrUnwritten, store.ErrUnavailable},
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "started",
		},
		{
			name: "OpenOfALostLeaseIsNotAskedAgain", left: []row{left("started")}, faults: []fault{{of: "set", err: store.ErrFenced}},
			reused: true, errs: []error{ledger.ErrUnwritten, store.ErrFenced},
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "started",
		},

		// A response in flight.
		{
			name: "FetchedIsUsed", left: inFlight, found: &good, reused: true,
			before: "$0, possibly 1: $0.01", after: "$0.002", rows: "answered $0.002",
		},
		{
			name: "FetchedAfterAnUnheardTryIsUsed", left: []row{left("started", withID, possibly(1))}, found: &good, reused: true,
			before: "$0, possibly 2: $0.02", after: "$0.002, possibly 1: $0.01", rows: "answered $0.002 possibly 1×$0.01",
		},
		{
			name: "FetchedWithoutUsageIsUsedAndPossiblyCharged", left: inFlight, found: &outcome{text: "fine", silent: true}, reused: true,
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "answered possibly 1×$0.01",
		},
		{
			name: "FetchedWithUsageOfNoCallIsUsedAndPossiblyCharged", left: inFlight, found: &outcome{text: "fine", usage: priceless}, reused: true,
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "answered possibly 1×$0.01",
		},
		{
			name: "StillInFlightIsLeftToLater", left: inFlight, found: &outcome{flying: true, err: errInFlight},
			reused: true, errs: []error{errInFlight},
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "started",
		},
		{
			name: "APageInPlaceOfTheResponseIsLeftToLater", left: inFlight, found: &outcome{flying: true, text: "<html>", err: errElse},
			reused: true, errs: []error{errElse},
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "started",
		},
		{
			name: "GoneIsUnknownAndAskedAgain", left: inFlight, found: &outcome{silent: true, err: errGone}, asked: true,
			before: "$0, possibly 1: $0.01", after: "$0.002, possibly 1: $0.01", rows: "unknown possibly 1×$0.01; answered $0.002",
		},
		{
			name: "FailedAtTheOtherEndCostsNothingAndIsAskedAgain", left: inFlight, found: &outcome{err: errElse}, asked: true,
			before: "$0, possibly 1: $0.01", after: "$0.002", rows: "unanswered; answered $0.002",
		},
		{
			name: "FetchedRefusalCostsAndIsNotAskedAgain", left: inFlight, found: &outcome{usage: tokens(price), err: errRefused},
			reused: true, errs: []error{errRefused},
			before: "$0, possibly 1: $0.01", after: "$0.002", rows: "failed $0.002 refused",
		},
		{
			name: "FetchedRubbishCostsAndIsNotAskedAgain", left: inFlight, found: &outcome{text: "rubbish", usage: tokens(price)},
			reused: true, errs: []error{errUnusable},
			before: "$0, possibly 1: $0.01", after: "$0.002", rows: "failed $0.002 unusable",
		},
		{
			name: "FetchedLossCostsAndIsAskedAgain", left: inFlight, found: &outcome{usage: tokens(price), err: errElse}, asked: true,
			before: "$0, possibly 1: $0.01", after: "$0.004", rows: "lost $0.002; answered $0.002",
		},
		{
			name: "FetchedThatCannotBeStoredIsFetchedLater", left: inFlight, found: &good, faults: []fault{{of: "put", err: errDown}},
			reused: true, errs: []error{ledger.ErrUnwritten, store.ErrUnavailable},
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "started",
		},
		{
			name: "FetchedIsStoredWhenTheStoreIsBack", left: inFlight, found: &good, reused: true,
			faults: []fault{{of: "put", times: 4, err: errDown}, {of: "set", times: 4, err: errDown, applied: true}},
			before: "$0, possibly 1: $0.01", after: "$0.002", rows: "answered $0.002",
		},
		{
			name: "FetchedWhoseRowCannotBeClosedIsNotBuiltOn", left: inFlight, found: &good, faults: []fault{{of: "set", err: errDown}},
			reused: true, errs: []error{ledger.ErrUnwritten, store.ErrUnavailable},
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "started",
		},

		// An answer that is stored already.
		{
			name: "StoredIsUsedAtAPriceThatNobodyKnows", left: stored, kept: true, reused: true,
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "answered possibly 1×$0.01",
		},
		{
			name: "StoredAfterAnUnheardTryIsUsed", left: []row{left("started", withResult, possibly(1))}, kept: true, reused: true,
			before: "$0, possibly 2: $0.02", after: "$0, possibly 2: $0.02", rows: "answered possibly 2×$0.01",
		},
		{
			name: "StoredAndFetchableHasAPrice", left: []row{left("started", withResult, withID)}, kept: true, found: &good, reused: true,
			before: "$0, possibly 1: $0.01", after: "$0.002", rows: "answered $0.002",
		},
		{
			name: "StoredIsUsedWhereTheResponseIsGone", left: []row{left("started", withResult, withID)}, kept: true,
			found: &outcome{silent: true, err: errGone}, reused: true,
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "answered possibly 1×$0.01",
		},
		{
			name: "StoredIsLeftToLaterWhereTheResponseMayStillSayItsPrice", left: []row{left("started", withResult, withID)}, kept: true,
			found: &outcome{flying: true, err: errElse}, reused: true, errs: []error{errElse},
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "started",
		},
		{
			name: "GoneIsNotAskedAgainWhereNobodyCanLookForTheAnswer", left: []row{left("started", withResult, withID)},
			found: &outcome{silent: true, err: errGone}, faults: []fault{{of: "get", err: errDown}},
			reused: true, errs: []error{store.ErrUnavailable},
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "started",
		},
		{
			name: "StoredIsNotAskedAgainWhereNobodyCanLook", left: stored, kept: true, faults: []fault{{of: "get", err: errDown}},
			reused: true, errs: []error{store.ErrUnavailable},
			before: "$0, possibly 1: $0.01", after: "$0, possibly 1: $0.01", rows: "started",
		},

		// A row that is closed.
		{
			name: "AnsweredIsUsed", left: []row{left("answered", withResult, charged)}, kept: true, reused: true,
			before: "$0.002", after: "$0.002", rows: "answered $0.002",
		},
		{
			name: "AnsweredAfterLossesIsUsed", kept: true, reused: true,
			left:   []row{left("lost", charged), left("unanswered"), left("unknown", possibly(3)), left("answered", withResult, charged)},
			before: "$0.004, possibly 3: $0.03", after: "$0.004, possibly 3: $0.03",
			rows: "lost $0.002; unanswered; unknown possibly 3×$0.01; answered $0.002",
		},
		{
			name: "OpenBeforeTheAnswerIsClosed", left: []row{left("started"), left("answered", withResult, charged)}, kept: true, reused: true,
			before: "$0.002, possibly 1: $0.01", after: "$0.002, possibly 1: $0.01", rows: "unknown possibly 1×$0.01; answered $0.002",
		},
		{
			name: "RefusedIsRefusedAgain", left: []row{left("failed", charged, faulted("refused"))}, reused: true, errs: []error{errRefused},
			before: "$0.002", after: "$0.002", rows: "failed $0.002 refused",
		},
		{
			name: "IncompleteIsIncompleteAgain", left: []row{left("failed", charged, faulted("incomplete"))}, reused: true, errs: []error{errIncomplete},
			before: "$0.002", after: "$0.002", rows: "failed $0.002 incomplete",
		},
		{
			name: "MalformedIsMalformedAgain", left: []row{left("failed", charged, faulted("malformed"))}, reused: true, errs: []error{errMalformed},
			before: "$0.002", after: "$0.002", rows: "failed $0.002 malformed",
		},
		{
			name: "UnusableIsUnusableAgain", left: []row{left("failed", charged, faulted("unusable"))}, reused: true, errs: []error{errUnusable},
			before: "$0.002", after: "$0.002", rows: "failed $0.002 unusable",
		},
		{
			name: "AFaultOfAnotherVersionIsStillOne", left: []row{left("failed", charged, faulted("haunted"))}, reused: true, errs: []error{errAny},
			before: "$0.002", after: "$0.002", rows: "failed $0.002 haunted",
		},
		{
			name: "LostIsAskedAgain", left: []row{left("lost", charged)}, asked: true,
			before: "$0.002", after: "$0.004", rows: "lost $0.002; answered $0.002",
		},
		{
			name: "UnansweredIsAskedAgain", left: []row{left("unanswered")}, asked: true,
			before: "$0", after: "$0.002", rows: "unanswered; answered $0.002",
		},
		{
			name: "UnknownIsAskedAgain", left: []row{left("unknown", possibly(2))}, asked: true,
			before: "$0, possibly 2: $0.02", after: "$0.002, possibly 2: $0.02", rows: "unknown possibly 2×$0.01; answered $0.002",
		},
		{
			name: "UnknownAsOftenAsItMayBeIsUnheard", left: []row{left("unknown", possibly(3))}, reused: true, errs: []error{ledger.ErrUnheard},
			before: "$0, possibly 3: $0.03", after: "$0, possibly 3: $0.03", rows: "unknown possibly 3×$0.01",
		},
		{
			name: "UnknownOfSeveralCallsCountsTogether", left: []row{left("unknown", possibly(2)), left("lost", charged, possibly(1))},
			reused: true, errs: []error{ledger.ErrUnheard},
			before: "$0.002, possibly 3: $0.03", after: "$0.002, possibly 3: $0.03", rows: "unknown possibly 2×$0.01; lost $0.002 possibly 1×$0.01",
		},
		{
			name: "OpenCanBeTheLastUnknown", left: []row{left("unknown", possibly(2)), left("started")}, reused: true, errs: []error{ledger.ErrUnheard},
			before: "$0, possibly 3: $0.03", after: "$0, possibly 3: $0.03", rows: "unknown possibly 2×$0.01; unknown possibly 1×$0.01",
		},

		// A row of another question.
		{
			name: "AnothersAnswerIsNotUsed", left: []row{left("answered", withResult, charged, asAnother)}, kept: true, asked: true,
			before: "$0.002", after: "$0.004", rows: "answered $0.002; answered $0.002",
		},
		{
			name: "AnImageIsNoCopy", left: []row{left("answered", withResult, charged, func(r *row) { r.Kind, r.Model = cost.Image, "painter" })},
			kept: true, asked: true,
			before: "$0.002", after: "$0.004", rows: "answered $0.002; answered $0.002",
		},
		{
			name: "AnothersOpenCallIsLeftToIt", left: []row{left("started", asAnother)}, asked: true,
			before: "$0, possibly 1: $0.01", after: "$0.002, possibly 1: $0.01", rows: "started; answered $0.002",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, test.left, func(t *testing.T, w *world) {
				if test.kept {
					if err := w.objects.Put(t.Context(), "runs/run-1/q-1.json", "", []byte("judged: earlier")); err != nil {
						t.Fatal(err)
					}
				}
				w.breaks(test.faults...)
				if got := money(w.Cost()); got != test.before {
					t.Errorf("before, the run cost %s; want %s", got, test.before)
				}
				var found []outcome
				if test.found != nil {
					found = append(found, *test.found)
				}
				answer, err := w.once(w.question("q"), good, found...)
				w.failsWith(err, test.errs...)
				if answer.Reused != test.reused {
					t.Errorf("reused: %v", answer.Reused)
				}
				if asked := len(w.requests) > 0; asked != test.asked {
					t.Errorf("asked: %v", w.requests)
				}
				if got := w.rows(); got != test.rows {
					t.Errorf("rows: %s; want %s", got, test.rows)
				}
				stored, reading := ledger.Cost(t.Context(), w.store, runID, catalog)
				if got := money(stored); got != test.after || reading != nil {
					t.Errorf("after, the run cost %s, %v; want %s", got, reading, test.after)
				}
				if err == nil {
					w.usable(answer)
				}
			})
		})
	}
}
