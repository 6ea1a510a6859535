package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

func TestBolt(t *testing.T) {
	testStore(t, func(t *testing.T) store.Store {
		b, err := store.OpenBolt(filepath.Join(t.TempDir(), "new", "folder", "store.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
		return b
	})
}

func TestDynamo(t *testing.T) {
	cfg := storetest.Dynalite(t)
	testStore(t, func(t *testing.T) store.Store {
		c := newTables(t, cfg)
		s := store.NewDynamo(cfg, c)
		t.Cleanup(func() { checkItemSizes(t, cfg, c) })
		return s
	})
}

// testStore is what every Store must do, or only the tests that show something
// more in this setting. open returns an empty store.
func testStore(t *testing.T, open func(t *testing.T) store.Store, only ...string) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s store.Store)
	}{
		{"TemplateRoundTrips", testTemplateRoundTrips},
		{"TemplateVersionsNeverChange", testTemplateVersions},
		{"TemplatesPutAtOnceGetVersionsOfTheirOwn", testPutTemplateAtOnce},
		{"TemplatesListLatestOnly", testTemplates},
		{"TemplatesFillPages", testTemplatesPages},
		{"RunRoundTrips", testRunRoundTrips},
		{"RunFieldsCanBeCleared", testRunCleared},
		{"RunLargeFields", testRunLarge},
		{"CreateRunTwiceReturnsTheFirst", testCreateRunTwice},
		{"CreateRunAtOnceMakesOne", testCreateRunAtOnce},
		{"TakeLeaseNeedsWhatWasSeen", testTakeLease},
		{"TakeLeaseAtOnceHasOneWinner", testTakeLeaseAtOnce},
		{"RenewLeaseDoesNotTouchTheRest", testRenewLease},
		{"ZombieChangesNothing", testZombie},
		{"ClosedRunStaysClosed", testClosed},
		{"ManyWritersOfOneRun", testManyWriters},
		{"RunsNewestFirst", testRuns},
		{"RunsBeforeATime", testRunsBefore},
		{"LogRoundTrips", testLogRoundTrips},
		{"LogsByPrefix", testLogsPrefix},
		{"LogsThousands", testLogsThousands},
		{"AddLogAtOnceAddsOne", testAddLogAtOnce},
		{"ErrNotFound", testNotFound},
		{"ErrInvalid", testInvalid},
		{"ErrBadToken", testBadToken},
		{"ContextEnded", testContext},
	} {
		if only == nil || slices.Contains(only, test.name) {
			t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
		}
	}
}

// clock is a time with more precision than a store keeps.
var clock = time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.FixedZone("", 3600))

// kept is a time as a store gives it back.
func kept(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// wantErr fails the test unless got is want and none of the other sentinels;
// nil stands for an error that is none of them.
func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	switch {
	case got == nil:
		t.Errorf("%s: no error, want %v", what, want)
	case want != nil && !errors.Is(got, want):
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
	for _, other := range []error{store.ErrNotFound, store.ErrConflict, store.ErrFenced, store.ErrUnavailable, store.ErrInvalid, store.ErrBadToken} {
		if other != want && errors.Is(got, other) {
			t.Errorf("%s: error %v is %v too", what, got, other)
		}
	}
}

// ok fails the test at once when err is not nil.
func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// atOnce runs f n times at once and returns its errors.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start, done := make(chan struct{}), make(chan struct{})
	for i := range n {
		go func() {
			<-start
			errs[i] = f(i)
			done <- struct{}{}
		}()
	}
	close(start)
	for range n {
		<-done
	}
	return errs
}

func testNotFound(t *testing.T, s store.Store) {
	ctx := t.Context()
	r := store.Run{RunID: "none", Timestamp: clock, Status: store.Running, Attempt: 1}
	next := r
	next.Attempt++
	l := store.Log{RunID: "none", LogType: "x", Attempt: 1}
	_, template := s.Template(ctx, "none", "")
	_, version := s.Template(ctx, "none", "1")
	_, run := s.Run(ctx, "none")
	for what, err := range map[string]error{
		"template": template, "version": version, "run": run,
		"take lease": s.TakeLease(ctx, r, next), "renew lease": s.RenewLease(ctx, r, clock), "update run": s.UpdateRun(ctx, r),
		"add log": s.AddLog(ctx, l), "set log": s.SetLog(ctx, l),
	} {
		wantErr(t, what, err, store.ErrNotFound)
		if err != nil && !strings.Contains(err.Error(), `"none"`) {
			t.Errorf("%s: error %q does not name the key", what, err)
		}
	}
	if logs, err := s.Logs(ctx, "none", ""); err != nil || len(logs) != 0 {
		t.Errorf("logs of no run: %v, %v", logs, err)
	}
	if runs, next, err := s.Runs(ctx, "none", 0, ""); err != nil || len(runs) != 0 || next != "" {
		t.Errorf("runs of no template: %v, %q, %v", runs, next, err)
	}
	if templates, next, err := s.Templates(ctx, "", 0, ""); err != nil || len(templates) != 0 || next != "" {
		t.Errorf("templates of an empty store: %v, %q, %v", templates, next, err)
	}
}

func testContext(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := store.Run{RunID: "r", Timestamp: clock, Status: store.Running}
	next := r
	next.Attempt++
	l := store.Log{RunID: "r", LogType: "x"}
	_, putTemplate := s.PutTemplate(ctx, store.Template{TemplateID: "t"})
	_, template := s.Template(ctx, "t", "")
	_, _, templates := s.Templates(ctx, "", 1, "")
	_, create := s.CreateRun(ctx, r)
	_, run := s.Run(ctx, "r")
	_, _, runs := s.Runs(ctx, "t", 1, "")
	_, logs := s.Logs(ctx, "r", "")
	errs := []error{putTemplate, template, templates, create, run, runs, logs,
		s.TakeLease(ctx, r, next), s.RenewLease(ctx, r, clock), s.UpdateRun(ctx, r), s.AddLog(ctx, l), s.SetLog(ctx, l)}
	for i, err := range errs {
		if !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("call %d: error %v, want context.Canceled", i, err)
		}
	}
	if _, err := s.Run(t.Context(), "r"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("run after a cancelled create: %v", err)
	}
}

func sorted[T any](list []T, key func(T) string) []string {
	keys := make([]string, len(list))
	for i, v := range list {
		keys[i] = key(v)
	}
	slices.Sort(keys)
	return keys
}
