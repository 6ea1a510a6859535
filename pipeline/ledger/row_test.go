package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// TestARowAsItIsStored holds the form of a row: consoles and queries read it.
func TestARowAsItIsStored(t *testing.T) {
	inWorld(t, nil, func(t *testing.T, w *world) {
		begun := time.Now()
		q := w.question("q")
		q.Subject = ledger.Subject{ElementID: "logo", Size: "1024x1024", Quality: "high", Background: "opaque"}
		q.Ask = func(_ context.Context, c ledger.Call) (ledger.Reply, error) {
			time.Sleep(1500 * time.Millisecond)
			return outcome{unheard: 1, id: "resp_1", text: "fine", usage: &cost.Usage{Input: 1500, Output: 500, Reasoning: 400}}.reply(c)
		}
		if _, err := w.Once(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		logs, err := w.store.Logs(t.Context(), runID, ledger.Prefix)
		if err != nil || len(logs) != 1 {
			t.Fatal(logs, err)
		}
		l := logs[0]
		var got map[string]any
		if err := json.Unmarshal(l.Data, &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"kind": "agent", "state": "answered", "model": "scribe", "asked": "q", "attempt": 2.0,
			"elementId": "logo", "size": "1024x1024", "quality": "high", "background": "opaque",
			"startedAt": begun.UTC().Format(time.RFC3339Nano), "endedAt": begun.Add(1500 * time.Millisecond).UTC().Format(time.RFC3339Nano),
			"expectedCost": 0.01, "responseId": "resp_1", "respondedAt": begun.Add(1500 * time.Millisecond).UTC().Format(time.RFC3339Nano), "cost": 0.002, "result": "runs/run-1/q-2.json",
			"usage":           map[string]any{"input": 1500.0, "output": 500.0, "reasoning": 400.0},
			"possiblyCharged": map[string]any{"calls": 1.0, "cost": 0.01},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("a row (-want +got):\n%s", diff)
		}
		l.Data = nil
		about := store.Log{
			RunID: runID, LogType: "call#agent#000", Level: "INFO", Message: "paid call", Timestamp: begun.UTC(), RequestID: "request-1", Attempt: 2,
		}
		if diff := cmp.Diff(about, l); diff != "" {
			t.Errorf("about it (-want +got):\n%s", diff)
		}
		if len(w.told) != 2 || w.told[1].Took != 1500*time.Millisecond || w.told[1].Cost != price || !errors.Is(w.told[0].Possibly, errSilence) {
			t.Errorf("told of %+v", w.told)
		}
	})
}

// TestAnErrorInARow holds that a row says why there is no answer, at a length that it can bear.
func TestAnErrorInARow(t *testing.T) {
	for name, text := range map[string]string{
		"Short":       "it is odd",
		"AsLongAsFit": strings.Repeat("x", 2000),
		"Long":        strings.Repeat("x", 2001),
		"LongWords":   "x" + strings.Repeat("é", 3000),
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(t *testing.T, w *world) {
				_, err := w.once(w.question("q"), outcome{err: errors.New(text)})
				if err == nil || err.Error() != text {
					t.Errorf("returned: %v", err)
				}
				_, rows := w.stored()
				kept, cut := strings.CutSuffix(rows[0].Error, "…")
				if !strings.HasPrefix(text, kept) || cut != (len(text) > 2000) || len(kept) < min(len(text), 1999) || len(kept) > 2000 || !utf8.ValidString(kept) {
					t.Errorf("%d bytes are kept of %d: %s", len(kept), len(text), rows[0].Error)
				}
			})
		})
	}
}

// TestALedgerThatCannotBeRead holds that nothing is built on rows that nobody understands.
func TestALedgerThatCannotBeRead(t *testing.T) {
	reads := func(w *world) (errs []error) {
		_, opening := ledger.Open(w.t.Context(), w.config)
		_, adding := ledger.Cost(w.t.Context(), w.config.Rows, runID, catalog)
		return []error{opening, adding, w.Reread(w.t.Context())}
	}
	t.Run("TheStoreIsAway", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			w.breaks(fault{of: "logs", err: errDown})
			for _, err := range reads(w) {
				if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), runID) {
					t.Error(err)
				}
			}
		})
	})
	t.Run("ARowIsNone", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			strange := store.Log{RunID: runID, LogType: "call#agent#000", Attempt: w.attempt, Data: json.RawMessage(`{"cost": "much"}`)}
			if err := w.store.SetLog(t.Context(), strange); err != nil {
				t.Fatal(err)
			}
			for _, err := range reads(w) {
				if err == nil || !strings.Contains(err.Error(), "call#agent#000") {
					t.Error(err)
				}
			}
		})
	})
	t.Run("OtherRowsAreNotLookedAt", func(t *testing.T) {
		inWorld(t, nil, func(t *testing.T, w *world) {
			other := store.Log{RunID: runID, LogType: "step#001", Attempt: w.attempt, Data: json.RawMessage(`[]`)}
			if err := w.store.SetLog(t.Context(), other); err != nil {
				t.Fatal(err)
			}
			for _, err := range reads(w) {
				if err != nil {
					t.Error(err)
				}
			}
		})
	})
}
