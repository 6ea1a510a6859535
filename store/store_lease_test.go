package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/store"
)

func testTakeLease(t *testing.T, s store.Store) {
	ctx := t.Context()
	seen, err := s.CreateRun(ctx, store.Run{RunID: "r", Timestamp: clock, Status: store.Running})
	ok(t, err)
	next := seen
	next.Attempt, next.LeaseUntil = 1, kept(clock)
	for name, change := range map[string]func(*store.Run){
		"attempt": func(r *store.Run) { r.Attempt = 5 },
		"lease":   func(r *store.Run) { r.LeaseUntil = clock },
		"status":  func(r *store.Run) { r.Status = store.Failed },
	} {
		wrong, taker := seen, next
		change(&wrong)
		taker.Attempt = wrong.Attempt + 1
		wantErr(t, "another "+name, s.TakeLease(ctx, wrong, taker), store.ErrConflict)
	}
	sameRun(t, "untaken", readRun(t, s, "r"), seen)
	ok(t, s.TakeLease(ctx, seen, next))
	wantErr(t, "taken twice", s.TakeLease(ctx, seen, next), store.ErrConflict)

	// Lease times are compared as they are stored.
	seen = next
	seen.LeaseUntil = clock
	next.Attempt = 2
	ok(t, s.TakeLease(ctx, seen, next))

	// A run that is not running can be taken, which makes it run again.
	for _, status := range []store.RunStatus{store.Suspended, store.Failed, store.Completed} {
		closed := next
		closed.Status = status
		ok(t, s.UpdateRun(ctx, closed))
		next.Attempt++
		ok(t, s.TakeLease(ctx, closed, next))
		sameRun(t, "reopened", readRun(t, s, "r"), next)
	}
}

func testTakeLeaseAtOnce(t *testing.T, s store.Store) {
	ctx := t.Context()
	seen, err := s.CreateRun(ctx, store.Run{RunID: "r", Timestamp: clock, Status: store.Failed, TemplateID: "t"})
	ok(t, err)
	for round := range 3 {
		errs := atOnce(50, func(i int) error {
			next := seen
			next.Attempt, next.Status, next.LeaseOwner = seen.Attempt+1, store.Running, fmt.Sprint(i)
			return s.TakeLease(ctx, seen, next)
		})
		winner := -1
		for i, err := range errs {
			switch {
			case err != nil:
				wantErr(t, "take", err, store.ErrConflict)
			case winner >= 0:
				t.Errorf("round %d: %d and %d won", round, winner, i)
			default:
				winner = i
			}
		}
		seen = readRun(t, s, "r")
		if seen.LeaseOwner != fmt.Sprint(winner) || seen.Attempt != round+1 {
			t.Errorf("round %d: owner %s at attempt %d, winner %d", round, seen.LeaseOwner, seen.Attempt, winner)
		}
	}
}

func testRenewLease(t *testing.T, s store.Store) {
	ctx := t.Context()
	created, err := s.CreateRun(ctx, fullRun("r"))
	ok(t, err)
	r := takeRun(t, s, created)
	until := clock.Add(time.Hour)
	onlyKeys := store.Run{RunID: r.RunID, Timestamp: clock, Attempt: r.Attempt}
	ok(t, s.RenewLease(ctx, onlyKeys, until))
	want := r
	want.LeaseUntil = kept(until)
	sameRun(t, "renewed", readRun(t, s, "r"), want)

	// An update of one who does not know of the renewal keeps it; one with a
	// later lease brings it.
	r.Duration = 99
	ok(t, s.UpdateRun(ctx, r))
	want.Duration = 99
	sameRun(t, "updated", readRun(t, s, "r"), want)
	want.LeaseUntil = kept(until.Add(time.Hour))
	ok(t, s.UpdateRun(ctx, want))
	sameRun(t, "updated with a later lease", readRun(t, s, "r"), want)
	ok(t, s.RenewLease(ctx, r, time.Time{}))
	want.LeaseUntil = time.Time{}
	sameRun(t, "given up", readRun(t, s, "r"), want)
}

func testZombie(t *testing.T, s store.Store) {
	ctx := t.Context()
	zombie := startRun(t, s, "r")
	ok(t, s.AddLog(ctx, store.Log{RunID: "r", LogType: "call#1", Message: "of one", Attempt: 1, Timestamp: clock}))
	ok(t, s.AddLog(ctx, store.Log{RunID: "r", LogType: "call#2", Message: "of one", Attempt: 1, Timestamp: clock}))
	owner := takeRun(t, s, zombie)
	ok(t, s.SetLog(ctx, store.Log{RunID: "r", LogType: "call#1", Message: "of two", Attempt: 2, Timestamp: clock}))
	logs, err := s.Logs(ctx, "r", "")
	ok(t, err)
	checkFenced(t, s, zombie)
	sameRun(t, "the owner's run", readRun(t, s, "r"), owner)
	after, err := s.Logs(ctx, "r", "")
	ok(t, err)
	if diff := cmp.Diff(logs, after); diff != "" {
		t.Errorf("logs changed (-before +after):\n%s", diff)
	}
	if len(after) != 2 || after[0].Message != "of two" || after[1].Message != "of one" {
		t.Errorf("logs %+v", after)
	}
	future := owner
	future.Attempt = 9
	checkFenced(t, s, future)
	ok(t, s.RenewLease(ctx, owner, owner.LeaseUntil))
}

func testClosed(t *testing.T, s store.Store) {
	ctx := t.Context()
	for _, status := range []store.RunStatus{store.Completed, store.Failed, store.Suspended} {
		r := startRun(t, s, string(status))
		ok(t, s.AddLog(ctx, store.Log{RunID: r.RunID, LogType: "call#1", Attempt: 1}))
		closed := r
		closed.Status = status
		ok(t, s.UpdateRun(ctx, closed))
		checkFenced(t, s, r)
		checkFenced(t, s, closed)
		sameRun(t, "closed", readRun(t, s, r.RunID), closed)
	}
}

// checkFenced proves that r can write nothing.
func checkFenced(t *testing.T, s store.Store, r store.Run) {
	t.Helper()
	ctx := t.Context()
	changed := r
	changed.Duration, changed.LeaseUntil = 666, r.LeaseUntil.Add(time.Hour)
	for _, status := range []store.RunStatus{store.Running, store.Completed, store.Failed} {
		changed.Status = status
		wantErr(t, "update run", s.UpdateRun(ctx, changed), store.ErrFenced)
	}
	wantErr(t, "renew lease", s.RenewLease(ctx, r, r.LeaseUntil.Add(time.Hour)), store.ErrFenced)
	wantErr(t, "add log", s.AddLog(ctx, store.Log{RunID: r.RunID, LogType: "new", Attempt: r.Attempt}), store.ErrFenced)
	wantErr(t, "add log again", s.AddLog(ctx, store.Log{RunID: r.RunID, LogType: "call#1", Attempt: r.Attempt}), store.ErrFenced)
	wantErr(t, "set log", s.SetLog(ctx, store.Log{RunID: r.RunID, LogType: "call#1", Attempt: r.Attempt}), store.ErrFenced)
	wantErr(t, "set new log", s.SetLog(ctx, store.Log{RunID: r.RunID, LogType: "newer", Attempt: r.Attempt}), store.ErrFenced)
}

func testManyWriters(t *testing.T, s store.Store) {
	ctx := t.Context()
	r := startRun(t, s, "r")
	latest := r.LeaseUntil.Add(time.Hour)
	for _, err := range atOnce(60, func(i int) error {
		switch i % 4 {
		case 0:
			return s.RenewLease(ctx, r, latest)
		case 1:
			mine := r
			mine.Duration, mine.LeaseUntil = int64(i), r.LeaseUntil.Add(time.Duration(i)*time.Second)
			return s.UpdateRun(ctx, mine)
		case 2:
			return s.AddLog(ctx, store.Log{RunID: "r", LogType: fmt.Sprint("add#", i), Attempt: 1})
		}
		return s.SetLog(ctx, store.Log{RunID: "r", LogType: "one", Attempt: 1, Message: fmt.Sprint(i)})
	}) {
		ok(t, err)
	}
	if stored := readRun(t, s, "r"); !stored.LeaseUntil.Equal(latest) || stored.Attempt != 1 {
		t.Errorf("lease until %s at attempt %d, want %s at 1", stored.LeaseUntil, stored.Attempt, latest)
	}
	logs, err := s.Logs(ctx, "r", "")
	ok(t, err)
	if len(logs) != 16 {
		t.Errorf("%d rows, want 16", len(logs))
	}

	// One of many closes the run, and nothing is written after it.
	var closers, fenced int
	for _, err := range atOnce(20, func(i int) error {
		closed := r
		closed.Status, closed.Duration = store.Completed, int64(i)
		return s.UpdateRun(ctx, closed)
	}) {
		switch {
		case err == nil:
			closers++
		case errors.Is(err, store.ErrFenced):
			fenced++
		default:
			t.Error(err)
		}
	}
	if closers != 1 || fenced != 19 {
		t.Errorf("%d closed the run and %d were fenced, want 1 and 19", closers, fenced)
	}
}
