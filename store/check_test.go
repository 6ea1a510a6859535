package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/store"
)

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
