package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/store"
)

func sameRun(t *testing.T, what string, got, want store.Run) {
	t.Helper()
	sameJSON(t, what+": input", got.Input, want.Input)
	sameJSON(t, what+": output", got.Output, want.Output)
	sameJSON(t, what+": results", got.ImageProcessingResults, want.ImageProcessingResults)
	got.Input, got.Output, got.ImageProcessingResults = nil, nil, nil
	want.Input, want.Output, want.ImageProcessingResults = nil, nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%.2000s", what, diff)
	}
}

// fullRun has every field set, and times as a store keeps them.
func fullRun(id string) store.Run {
	budget := cost.Amount(1)
	return store.Run{
		RunID: id, Timestamp: kept(clock), TemplateID: "template ü", TemplateVersion: "7", Status: store.Running,
		Input:  json.RawMessage(`{"input_as_text":"Please rewrite <b>é</b>","n":1.10}`),
		Output: json.RawMessage(`{"location":"s3://b/runs/x"}`),
		Cost: cost.Breakdown{Total: 123456789012345678, Agent: 1, Image: 123456789012345677, Catalog: "2026-11-23",
			Details: cost.Details{
				Agent:  cost.AgentDetails{Calls: 1, Tokens: cost.AgentTokens{Input: 1000, Output: 500, Reasoning: 200, Cached: 3}, Cost: 1},
				Images: cost.ImageDetails{Calls: 3, ImagesGenerated: 3, Cost: 123456789012345677, Tokens: &cost.ImageTokens{Input: 1, Output: 2}},
			},
			Models: map[string]cost.ModelCost{
				"gpt-6.1-sol":      {Calls: 1, Cost: 1, PossiblyCharged: &cost.Possibly{Calls: 1, Cost: 40_000_000}},
				"gpt-image/1 #é.x": {Calls: 3, Cost: 123456789012345677},
			},
			PossiblyCharged: &cost.Possibly{Calls: 1, Cost: 40_000_000}},
		ImageProcessingResults: json.RawMessage(`[{"element_id":"a","ok":true},{}]`),
		Duration:               1234,
		Error:                  &store.RunError{Name: "AgentFailed", Message: "it said \"no\" – ü", Step: "ExecuteAgent"},
		Models:                 map[string]string{"agent": "gpt-5", "image": "", "imageReplaces": "x"},
		Fingerprint:            "sha256:abc", MaxCostUSD: &budget,
		Attempt: 0, LeaseUntil: kept(clock.Add(time.Minute)), LeaseOwner: "request-1", ExecutionID: "arn:aws:states:x:y",
		RetryCount: 2, Continuations: 3, UpdatedAt: kept(clock.Add(time.Second)),
	}
}

// startRun creates a run and takes its lease as attempt 1.
func startRun(t *testing.T, s store.Store, id string) store.Run {
	t.Helper()
	created, err := s.CreateRun(t.Context(), store.Run{RunID: id, Timestamp: clock, TemplateID: "t", Status: store.Running})
	ok(t, err)
	return takeRun(t, s, created)
}

// takeRun takes the lease of a run as the next attempt.
func takeRun(t *testing.T, s store.Store, seen store.Run) store.Run {
	t.Helper()
	next := seen
	next.Attempt++
	next.Status = store.Running
	next.LeaseUntil = seen.LeaseUntil.Add(time.Minute)
	if seen.LeaseUntil.IsZero() {
		next.LeaseUntil = kept(clock)
	}
	ok(t, s.TakeLease(t.Context(), seen, next))
	return next
}

func readRun(t *testing.T, s store.Store, id string) store.Run {
	t.Helper()
	r, err := s.Run(t.Context(), id)
	ok(t, err)
	return r
}

func testRunRoundTrips(t *testing.T, s store.Store) {
	ctx := t.Context()
	check := func(t *testing.T, want store.Run) {
		t.Helper()
		created, err := s.CreateRun(ctx, want)
		ok(t, err)
		want.Timestamp, want.LeaseUntil, want.UpdatedAt = kept(want.Timestamp), kept(want.LeaseUntil), kept(want.UpdatedAt)
		sameRun(t, "created", created, want)
		sameRun(t, "read", readRun(t, s, want.RunID), want)

		next := want
		next.Attempt++
		next.Status = store.Running
		ok(t, s.TakeLease(ctx, want, next))
		sameRun(t, "taken", readRun(t, s, want.RunID), next)
		next.Duration++
		next.Output, next.Input = next.Input, next.Output
		ok(t, s.UpdateRun(ctx, next))
		sameRun(t, "updated", readRun(t, s, want.RunID), next)
		listed, _, err := s.Runs(ctx, want.TemplateID, 100, "")
		ok(t, err)
		i := slices.IndexFunc(listed, func(r store.Run) bool { return r.RunID == want.RunID })
		if i < 0 {
			t.Fatalf("not listed among %d", len(listed))
		}
		sameRun(t, "listed", listed[i], next)
	}
	for i, id := range odd {
		t.Run("ID"+strconv.Itoa(i), func(t *testing.T) {
			r := fullRun(id)
			r.TemplateID = id
			check(t, r)
		})
	}
	for i, value := range values {
		t.Run("Value"+strconv.Itoa(i), func(t *testing.T) {
			r := fullRun(fmt.Sprint("v", i))
			r.Timestamp, r.UpdatedAt = clock, clock
			r.TemplateID = "values"
			r.Input, r.Output, r.ImageProcessingResults = json.RawMessage(value), nil, json.RawMessage(`[`+value+`]`)
			check(t, r)
		})
	}
	t.Run("Minimal", func(t *testing.T) {
		check(t, store.Run{RunID: "minimal", Timestamp: clock, TemplateID: "t", Status: store.Suspended})
	})
	t.Run("EmptyMapIsNotNil", func(t *testing.T) {
		check(t, store.Run{RunID: "empty", Timestamp: clock, TemplateID: "t", Status: store.Failed, Models: map[string]string{}, Error: &store.RunError{}, MaxCostUSD: new(cost.Amount)})
	})
	t.Run("LongKeys", func(t *testing.T) {
		long := strings.Repeat("ü", 1024)
		check(t, store.Run{RunID: long, Timestamp: clock, TemplateID: long, Status: store.Completed})
	})
	t.Run("Defaults", func(t *testing.T) {
		before := kept(time.Now())
		created, err := s.CreateRun(ctx, store.Run{RunID: "defaults", Status: store.Running})
		ok(t, err)
		if created.TemplateID != store.InlineTemplate || created.Timestamp.Before(before) {
			t.Errorf("template %q, timestamp %s", created.TemplateID, created.Timestamp)
		}
		sameRun(t, "read", readRun(t, s, "defaults"), created)
	})
	t.Run("LongErrorIsCut", func(t *testing.T) {
		r := fullRun("long error")
		r.Error.Message = strings.Repeat("é", 300_000)
		_, err := s.CreateRun(ctx, r)
		ok(t, err)
		message := readRun(t, s, r.RunID).Error.Message
		if len(message) > 4<<10 || !strings.HasPrefix(message, "éééé") || !strings.HasSuffix(message, " bytes more)") {
			t.Errorf("message of %d bytes: %.20q…%q", len(message), message, message[len(message)-30:])
		}
		if len(r.Error.Message) != 600_000 {
			t.Error("the caller's error was changed")
		}
	})
}

func testRunCleared(t *testing.T, s store.Store) {
	ctx := t.Context()
	seen, err := s.CreateRun(ctx, fullRun("r"))
	ok(t, err)
	bare := store.Run{RunID: seen.RunID, Timestamp: seen.Timestamp, TemplateID: seen.TemplateID, Status: store.Running, Attempt: 1, LeaseUntil: seen.LeaseUntil}
	ok(t, s.TakeLease(ctx, seen, bare))
	sameRun(t, "taken", readRun(t, s, "r"), bare)
	full := fullRun("r")
	full.Attempt = 1
	full.Input = json.RawMessage(`"` + strings.Repeat("i", 50_000) + `"`)
	ok(t, s.UpdateRun(ctx, full))
	sameRun(t, "filled", readRun(t, s, "r"), full)
	ok(t, s.UpdateRun(ctx, bare))
	sameRun(t, "cleared", readRun(t, s, "r"), bare)
}

func testRunLarge(t *testing.T, s store.Store) {
	ctx := t.Context()
	want := fullRun("large")
	want.Input = json.RawMessage(`{"guide":"` + strings.Repeat(`<b>ü\n\"`, 100_000) + `"}`)
	want.Output = json.RawMessage(`[` + strings.Repeat(`{"element_id":"x","text":"y"},`, 10_000) + `1.1]`)
	want.ImageProcessingResults = json.RawMessage(`[` + strings.Repeat("1,", 10_000) + `1]`)
	want.Models = map[string]string{"agent": strings.Repeat("m", 100_000)}
	want.Fingerprint, want.LeaseOwner, want.ExecutionID = strings.Repeat("f", 100_000), strings.Repeat("o", 100_000), strings.Repeat("e", 100_000)
	want.Error = &store.RunError{Name: strings.Repeat("n", 100_000), Message: "m", Step: strings.Repeat("s", 100_000)}
	created, err := s.CreateRun(ctx, want)
	ok(t, err)
	sameRun(t, "created", created, want)
	sameRun(t, "read", readRun(t, s, "large"), want)
	next := takeRun(t, s, want)
	ok(t, s.RenewLease(ctx, next, next.LeaseUntil.Add(time.Hour)))
	next.LeaseUntil = next.LeaseUntil.Add(time.Hour)
	sameRun(t, "renewed", readRun(t, s, "large"), next)
	for n := range 3 { // sizes on both sides of the limit of a field
		next.Input = json.RawMessage(`"` + strings.Repeat("i", 8<<10-4+n) + `"`)
		next.Output = json.RawMessage(`[` + strings.Repeat("0,", 4<<10-3+n) + `0]`)
		ok(t, s.UpdateRun(ctx, next))
		sameRun(t, "around the limit", readRun(t, s, "large"), next)
	}
	list, _, err := s.Runs(ctx, want.TemplateID, 1, "")
	ok(t, err)
	sameRun(t, "listed", list[0], next)
}

func testCreateRunTwice(t *testing.T, s store.Store) {
	ctx := t.Context()
	first, err := s.CreateRun(ctx, fullRun("r"))
	ok(t, err)
	other := fullRun("r")
	other.Timestamp, other.Fingerprint = clock.Add(time.Hour), "another"
	existing, err := s.CreateRun(ctx, other)
	wantErr(t, "second create", err, store.ErrConflict)
	sameRun(t, "existing", existing, first)

	// Whatever became of the run since.
	next := takeRun(t, s, first)
	next.Status = store.Completed
	ok(t, s.UpdateRun(ctx, next))
	existing, err = s.CreateRun(ctx, other)
	wantErr(t, "third create", err, store.ErrConflict)
	sameRun(t, "existing", existing, next)
	if list, _, err := s.Runs(ctx, first.TemplateID, 10, ""); err != nil || len(list) != 1 {
		t.Errorf("%d runs, %v", len(list), err)
	}
}

func testCreateRunAtOnce(t *testing.T, s store.Store) {
	ctx := t.Context()
	const n = 50
	runs := make([]store.Run, n)
	errs := atOnce(n, func(i int) (err error) {
		r := store.Run{RunID: "r", TemplateID: "t", Status: store.Running, Timestamp: clock.Add(time.Duration(i) * time.Second), LeaseOwner: fmt.Sprint(i)}
		runs[i], err = s.CreateRun(ctx, r)
		return err
	})
	created := 0
	for i, err := range errs {
		if err == nil {
			created++
		} else {
			wantErr(t, "create", err, store.ErrConflict)
		}
		sameRun(t, "run of a creator", runs[i], runs[0])
	}
	if created != 1 {
		t.Errorf("%d creators won, want 1", created)
	}
	list, _, err := s.Runs(ctx, "t", 100, "")
	ok(t, err)
	if len(list) != 1 {
		t.Fatalf("%d runs, want 1", len(list))
	}
	sameRun(t, "listed", list[0], runs[0])
	if winner := errs[atoi(t, runs[0].LeaseOwner)]; winner != nil {
		t.Errorf("the run is that of a loser: %v", winner)
	}
}

func testRunsBefore(t *testing.T, s store.Store) {
	ctx := t.Context()
	for i := range 9 {
		_, err := s.CreateRun(ctx, store.Run{RunID: fmt.Sprintf("run %d", i), TemplateID: "t", Status: store.Running, Timestamp: clock.Add(time.Duration(i) * time.Hour)})
		ok(t, err)
	}
	for name, tt := range map[string]struct {
		before time.Time
		want   int // runs
	}{
		"TheFirst":       {clock.Add(-time.Millisecond), 0},
		"AllButTheLast":  {clock.Add(8*time.Hour - time.Millisecond), 8},
		"JustBehindOne":  {clock.Add(3*time.Hour + time.Millisecond), 4},
		"InAnotherPlace": {clock.Add(90 * time.Minute).In(time.FixedZone("", 7200)), 2},
		"Tomorrow":       {clock.Add(24 * time.Hour), 9},
	} {
		t.Run(name, func(t *testing.T) {
			seen, token := 0, store.RunsBefore("t", tt.before)
			for pages := 0; pages < 9; pages++ {
				runs, next, err := s.Runs(ctx, "t", 3, token)
				ok(t, err)
				for _, r := range runs {
					if want := fmt.Sprintf("run %d", tt.want-1-seen); r.RunID != want {
						t.Errorf("%s; want %s", r.RunID, want)
					}
					seen++
				}
				if token = next; token == "" {
					break
				}
			}
			if seen != tt.want {
				t.Errorf("%d runs; want %d", seen, tt.want)
			}
		})
	}
	if _, _, err := s.Runs(ctx, "t2", 3, store.RunsBefore("t", clock)); err == nil {
		t.Error("a place in the runs of another template is no place in these")
	}
}

func testRuns(t *testing.T, s store.Store) {
	ctx := t.Context()
	const n, others = 47, 5
	for _, err := range atOnce(n+others, func(i int) error {
		r := store.Run{RunID: fmt.Sprintf("run %03d", i), TemplateID: "t", Status: store.Running, Timestamp: clock.Add(time.Duration(i/5) * time.Millisecond)}
		if i >= n {
			r.TemplateID = "t2"
		}
		_, err := s.CreateRun(ctx, r)
		return err
	}) {
		ok(t, err)
	}
	for _, limit := range []int{0, 1, 4, 5, 46, 47, 48, 1000} {
		seen := make(map[string]bool)
		var last time.Time
		for token, pages := "", 0; ; pages++ {
			list, next, err := s.Runs(ctx, "t", limit, token)
			ok(t, err)
			size := limit
			if limit == 0 {
				size = 20
			}
			if len(list) != min(size, n-pages*size) {
				t.Errorf("limit %d: page %d has %d runs", limit, pages, len(list))
			}
			for _, r := range list {
				if seen[r.RunID] || !last.IsZero() && r.Timestamp.After(last) || r.TemplateID != "t" {
					t.Errorf("limit %d: %s of %s at %s after %s: again, newer or foreign", limit, r.RunID, r.TemplateID, r.Timestamp, last)
				}
				seen[r.RunID], last = true, r.Timestamp
			}
			if token = next; token == "" {
				break
			}
		}
		if len(seen) != n {
			t.Errorf("limit %d: %d runs, want %d", limit, len(seen), n)
		}
	}

	// A run that changes its template changes its list.
	moved := readRun(t, s, "run 050")
	moved.TemplateID = "t3"
	moved = takeRun(t, s, moved)
	moved.TemplateID = "t4"
	ok(t, s.UpdateRun(ctx, moved))
	for template, want := range map[string]int{"t2": others - 1, "t3": 0, "t4": 1} {
		if list, _, err := s.Runs(ctx, template, 0, ""); err != nil || len(list) != want {
			t.Errorf("%d runs of %s, %v, want %d", len(list), template, err, want)
		}
	}

	// Runs created while one pages do not disturb the pages.
	first, token, err := s.Runs(ctx, "t", 10, "")
	ok(t, err)
	_, err = s.CreateRun(ctx, store.Run{RunID: "newest", TemplateID: "t", Status: store.Running, Timestamp: clock.Add(time.Hour)})
	ok(t, err)
	second, _, err := s.Runs(ctx, "t", 10, token)
	ok(t, err)
	for _, r := range second {
		if r.RunID == "newest" || slices.ContainsFunc(first, func(f store.Run) bool { return f.RunID == r.RunID }) {
			t.Errorf("second page has %s", r.RunID)
		}
	}
}
