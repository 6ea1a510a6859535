package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"reflect"
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

// odd are identifiers that are legal and inconvenient.
var odd = []string{
	"plain", "with space", "a#b#c", "ünïcode-日本語-🙂", "slash/../and\\back", "quote'\"`", "tab\tnew\nline", "\x00zero", "%2F+&?=", "a", "a\x00",
	"latest", "run#", "__proto__", "constructor",
	strings.Repeat("l", 1024),
}

// values are JSON values that must come back as they were.
var values = []string{
	`null`, `true`, `false`, `""`, `" "`, `{}`, `[]`, `0`, `-0`, `1.10`, `1e3`, `-2.5E-7`, `12345678901234567890`,
	`99999999999999999999999999999999999999`, `0.1`, `1e-130`, `9.9e125`,
	`123456789012345678901234567890123456789012345678901234567890`, `1e126`, `1e-400`, `1e400`, // more than DynamoDB has
	`"ünï日本🙂 \u0000 <b>&amp;</b> \" \\ \n"`,
	`{"":"empty key"}`, `{"a":{"b":[1,[2,{"c":null}],{}],"":0}}`, `{"$ref":"spill/x","spilled":{"data":"spill/y"},"S":"x","N":"1"}`,
	`[null,"",{},[],0]`,
	strings.Repeat("[", 60) + strings.Repeat("]", 60),
	`{"name":1,"status":2,"timestamp":3,"data":4}`,
}

func sameJSON(t *testing.T, what string, got, want json.RawMessage) {
	t.Helper()
	if bytes.Equal(got, want) && (got == nil) == (want == nil) {
		return
	}
	if !reflect.DeepEqual(parseJSON(t, what, got), parseJSON(t, what, want)) { // cmp.Diff is exponential in depth
		t.Errorf("%s is %.1000s, want %.1000s", what, got, want)
	}
}

// parseJSON returns a JSON value in which equal numbers are equal, and an
// absent one is not null.
func parseJSON(t *testing.T, what string, raw json.RawMessage) any {
	t.Helper()
	if raw == nil {
		return "absent"
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v in %.200q", what, err, raw)
	}
	var plain func(v any) any
	plain = func(v any) any {
		switch v := v.(type) {
		case json.Number:
			r, ok := new(big.Rat).SetString(v.String())
			if !ok {
				t.Fatalf("%s: number %q", what, v)
			}
			return "number " + r.String()
		case []any:
			for i := range v {
				v[i] = plain(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = plain(v[k])
			}
		}
		return v
	}
	return plain(v)
}

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

func testInvalid(t *testing.T, s store.Store) {
	ctx := t.Context()
	long, bad := strings.Repeat("ü", 1025), "\xff"
	good := store.Run{RunID: "r", Timestamp: clock, Status: store.Running}
	stored, err := s.CreateRun(ctx, good)
	ok(t, err)
	next := stored
	next.Attempt = 1
	ok(t, s.TakeLease(ctx, stored, next))

	invalid := func(what string, err error, names string) {
		t.Helper()
		wantErr(t, what, err, store.ErrInvalid)
		if err != nil && !strings.Contains(err.Error(), names) {
			t.Errorf("%s: error %q does not name %s", what, err, names)
		}
	}
	for _, id := range []string{"", long, bad} {
		what := fmt.Sprintf("%.10q", id)
		_, err := s.PutTemplate(ctx, store.Template{TemplateID: id})
		invalid("put template "+what, err, "templateId")
		_, err = s.Template(ctx, id, "")
		invalid("template "+what, err, "templateId")
		_, err = s.Run(ctx, id)
		invalid("run "+what, err, "runId")
		_, err = s.CreateRun(ctx, store.Run{RunID: id, Status: store.Running})
		invalid("create run "+what, err, "runId")
		_, _, err = s.Runs(ctx, id, 1, "")
		invalid("runs "+what, err, "templateId")
		_, err = s.Logs(ctx, id, "")
		invalid("logs "+what, err, "runId")
		invalid("renew lease "+what, s.RenewLease(ctx, store.Run{RunID: id}, clock), "runId")
		invalid("update run "+what, s.UpdateRun(ctx, store.Run{RunID: id, Status: store.Running}), "runId")
		invalid("add log "+what, s.AddLog(ctx, store.Log{RunID: id, LogType: "x"}), "runId")
		invalid("set log type "+what, s.SetLog(ctx, store.Log{RunID: "r", LogType: id, Attempt: 1}), "logType")
	}
	_, err = s.Logs(ctx, "r", strings.Repeat("p", 1025))
	invalid("long prefix", err, "1024")
	_, err = s.Template(ctx, "t", strings.Repeat("1", 1025))
	invalid("long version", err, "1024")
	invalid("long log type", s.AddLog(ctx, store.Log{RunID: "r", LogType: strings.Repeat("x", 1025), Attempt: 1}), "1024")
	invalid("reserved log type", s.AddLog(ctx, store.Log{RunID: "r", LogType: "run#created", Attempt: 1}), "run#created")
	invalid("log data", s.AddLog(ctx, store.Log{RunID: "r", LogType: "x", Attempt: 1, Data: json.RawMessage(`{`)}), "data")
	_, err = s.PutTemplate(ctx, store.Template{TemplateID: "t", Metadata: json.RawMessage(`x`)})
	invalid("metadata", err, "metadata")
	_, err = s.PutTemplate(ctx, store.Template{TemplateID: "t", Status: "gone"})
	invalid("template status", err, "gone")
	_, err = s.PutTemplate(ctx, store.Template{TemplateID: "t", CreatedAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)})
	invalid("year", err, "createdAt")

	for name, change := range map[string]func(*store.Run){
		"status":                 func(r *store.Run) { r.Status = "" },
		"input":                  func(r *store.Run) { r.Input = json.RawMessage(`[`) },
		"output":                 func(r *store.Run) { r.Output = json.RawMessage(`1 2`) },
		"imageProcessingResults": func(r *store.Run) { r.ImageProcessingResults = json.RawMessage("\x00") },
		"templateId":             func(r *store.Run) { r.TemplateID = long },
		"leaseUntil":             func(r *store.Run) { r.LeaseUntil = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		r := next
		change(&r)
		invalid("update run "+name, s.UpdateRun(ctx, r), name)
		r.Attempt++
		invalid("take lease "+name, s.TakeLease(ctx, next, r), name)
		r.RunID = "other"
		_, err := s.CreateRun(ctx, r)
		invalid("create run "+name, err, name)
	}

	moved, taker := next, next
	moved.Timestamp = clock.Add(time.Second)
	invalid("update with another timestamp", s.UpdateRun(ctx, moved), "timestamp")
	invalid("renew with another timestamp", s.RenewLease(ctx, moved, clock), "timestamp")
	seenMoved := moved
	moved.Attempt++
	invalid("take with another timestamp", s.TakeLease(ctx, next, moved), "timestamp")
	invalid("take having seen another timestamp", s.TakeLease(ctx, seenMoved, moved), "timestamp")
	invalid("take without raising the attempt", s.TakeLease(ctx, next, taker), "attempt")
	taker.Attempt++
	taker.RunID = "other"
	invalid("take another run", s.TakeLease(ctx, next, taker), "other")
}

func testBadToken(t *testing.T, s store.Store) {
	ctx := t.Context()
	for i := range 3 {
		_, err := s.CreateRun(ctx, store.Run{RunID: fmt.Sprint("r", i), TemplateID: "t", Status: store.Running})
		ok(t, err)
		_, err = s.PutTemplate(ctx, store.Template{TemplateID: fmt.Sprint("t", i)})
		ok(t, err)
	}
	_, runToken, err := s.Runs(ctx, "t", 1, "")
	ok(t, err)
	_, templateToken, err := s.Templates(ctx, store.Active, 1, "")
	ok(t, err)
	for _, token := range []string{runToken, templateToken} {
		if token == "" || strings.ContainsFunc(token, func(r rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
		}) {
			t.Errorf("token %q is not safe in a URL", token)
		}
	}
	garbage := []string{"x", "!!", "e30", "bnVsbA", "W10", " ", runToken + "A", runToken[:len(runToken)-1], runToken[4:], "\x00", "eyJsIjoicnVucyIsImYiOiJ0IiwiYSI6WyJ4IiwieSJdfQ"}
	for _, token := range append(garbage, templateToken) {
		_, _, err := s.Runs(ctx, "t", 1, token)
		wantErr(t, fmt.Sprintf("runs after %q", token), err, store.ErrBadToken)
		if err != nil && !strings.Contains(err.Error(), "none for the first page") {
			t.Errorf("error %q does not say what to do", err)
		}
	}
	for _, token := range append(garbage, runToken) {
		_, _, err := s.Templates(ctx, store.Active, 1, token)
		wantErr(t, fmt.Sprintf("templates after %q", token), err, store.ErrBadToken)
	}
	_, _, err = s.Runs(ctx, "other", 1, runToken)
	wantErr(t, "runs of another template", err, store.ErrBadToken)
	_, _, err = s.Templates(ctx, store.Draft, 1, templateToken)
	wantErr(t, "templates of another status", err, store.ErrBadToken)
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
