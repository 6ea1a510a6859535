package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/store"
)

func testLogRoundTrips(t *testing.T, s store.Store) {
	ctx := t.Context()
	startRun(t, s, "r")
	check := func(t *testing.T, l store.Log) {
		t.Helper()
		for _, write := range []func() error{
			func() error { return s.AddLog(ctx, l) },
			func() error { return s.SetLog(ctx, l) },
		} {
			ok(t, write())
			logs, err := s.Logs(ctx, "r", l.LogType)
			ok(t, err)
			if len(logs) == 0 || logs[0].LogType != l.LogType {
				t.Fatalf("%d rows", len(logs))
			}
			got, want := logs[0], l
			want.Timestamp = kept(l.Timestamp)
			sameJSON(t, "data", got.Data, want.Data)
			got.Data, want.Data = nil, nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%.2000s", diff)
			}
		}
		wantErr(t, "added again", s.AddLog(ctx, l), store.ErrConflict)
	}
	for i, logType := range odd {
		t.Run("LogType"+strconv.Itoa(i), func(t *testing.T) {
			check(t, store.Log{RunID: "r", LogType: logType, Level: "INFO", Message: strings.Repeat("ü", 2048), Timestamp: clock, RequestID: logType, Attempt: 1})
		})
	}
	for i, value := range values {
		t.Run("Data"+strconv.Itoa(i), func(t *testing.T) {
			check(t, store.Log{RunID: "r", LogType: fmt.Sprint("v#", i), Level: "", Data: json.RawMessage(value), Timestamp: clock, Attempt: 1})
		})
	}
	t.Run("Large", func(t *testing.T) {
		large := strings.Repeat("x", 200<<10)
		check(t, store.Log{RunID: "r", LogType: "large", Level: large, RequestID: large, Data: json.RawMessage(`["` + large + `"]`), Timestamp: clock, Attempt: 1})
	})
	t.Run("LongMessageIsCut", func(t *testing.T) {
		ok(t, s.AddLog(ctx, store.Log{RunID: "r", LogType: "cut", Message: strings.Repeat("y", 2<<20), Attempt: 1}))
		logs, err := s.Logs(ctx, "r", "cut")
		ok(t, err)
		if m := logs[0].Message; len(m) > 4<<10 || !strings.HasSuffix(m, " bytes more)") || logs[0].Timestamp.IsZero() {
			t.Errorf("message of %d bytes at %s", len(m), logs[0].Timestamp)
		}
	})
	t.Run("SetReplacesAnEarlierAttempts", func(t *testing.T) {
		one := startRun(t, s, "r2")
		ok(t, s.SetLog(ctx, store.Log{RunID: "r2", LogType: "call", Attempt: 1, Message: "started", RequestID: "gone", Data: json.RawMessage(`1`)}))
		takeRun(t, s, one)
		want := store.Log{RunID: "r2", LogType: "call", Attempt: 2, Message: "done", Timestamp: kept(clock)}
		ok(t, s.SetLog(ctx, want))
		logs, err := s.Logs(ctx, "r2", "")
		ok(t, err)
		if diff := cmp.Diff([]store.Log{want}, logs); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func testLogsPrefix(t *testing.T, s store.Store) {
	ctx := t.Context()
	types := []string{"call#agent#000", "call#agent#001", "call#image#logo", "call#image#é", "call#image#🙂", "call#imagery", "error#x", "step#InitializeRun", "ﬀ"}
	startRun(t, s, "r")
	startRun(t, s, "r2") // a neighbour whose rows must not show
	for _, logType := range slices.Backward(types) {
		ok(t, s.AddLog(ctx, store.Log{RunID: "r", LogType: logType, Attempt: 1}))
		ok(t, s.AddLog(ctx, store.Log{RunID: "r2", LogType: logType, Attempt: 1}))
	}
	for _, prefix := range []string{"", "call#", "call#image#", "call#image", "call#agent#001", "step#", "run#", "zzz", "é", "call#image#é", "ﬀ", "c", "\xc3"} {
		if prefix == "\xc3" {
			_, err := s.Logs(ctx, "r", prefix)
			wantErr(t, "half a rune", err, store.ErrInvalid)
			continue
		}
		want := []string{}
		for _, logType := range types {
			if strings.HasPrefix(logType, prefix) {
				want = append(want, logType)
			}
		}
		slices.Sort(want)
		logs, err := s.Logs(ctx, "r", prefix)
		ok(t, err)
		got := []string{}
		for _, l := range logs {
			got = append(got, l.LogType)
			if l.RunID != "r" {
				t.Errorf("prefix %q: a row of run %s", prefix, l.RunID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("prefix %q: %q, want %q", prefix, got, want)
		}
	}
}

func testLogsThousands(t *testing.T, s store.Store) {
	ctx := t.Context()
	startRun(t, s, "r")
	const n, writers = 1500, 20
	data := json.RawMessage(`{"text":"` + strings.Repeat("d", 1000) + `"}`) // more than one answer of DynamoDB holds
	for _, err := range atOnce(writers, func(w int) error {
		for i := w; i < n; i += writers {
			if err := s.AddLog(ctx, store.Log{RunID: "r", LogType: fmt.Sprintf("row#%05d", i), Attempt: 1, Data: data}); err != nil {
				return err
			}
		}
		return nil
	}) {
		ok(t, err)
	}
	logs, err := s.Logs(ctx, "r", "row#")
	ok(t, err)
	if len(logs) != n {
		t.Fatalf("%d rows, want %d", len(logs), n)
	}
	for i, l := range logs {
		if l.LogType != fmt.Sprintf("row#%05d", i) || len(l.Data) != len(data) {
			t.Fatalf("row %d is %s with %d bytes", i, l.LogType, len(l.Data))
		}
	}
}

func testAddLogAtOnce(t *testing.T, s store.Store) {
	ctx := t.Context()
	startRun(t, s, "r")
	winner := -1
	for i, err := range atOnce(50, func(i int) error {
		return s.AddLog(ctx, store.Log{RunID: "r", LogType: "call#1", Attempt: 1, Message: fmt.Sprint(i)})
	}) {
		if err == nil {
			if winner >= 0 {
				t.Errorf("%d and %d both added the row", winner, i)
			}
			winner = i
		} else if !errors.Is(err, store.ErrConflict) {
			t.Error(err)
		}
	}
	logs, err := s.Logs(ctx, "r", "")
	ok(t, err)
	if len(logs) != 1 || logs[0].Message != fmt.Sprint(winner) {
		t.Errorf("rows %+v, winner %d", logs, winner)
	}
}
