package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/full-turner/full-turner/store"
)

// writerEnv makes the test binary a process that writes to the store in the
// file it names, until it has written its rows or is killed.
const writerEnv = "STORE_TEST_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		if err := writer(path, os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const writerRows = 60

// writer creates a run or finds it, takes its lease whoever has it, and adds
// rows, saying on stdout which are stored.
func writer(path, name string) error {
	ctx := context.Background()
	s, err := store.OpenBolt(path)
	if err != nil {
		return err
	}
	r, err := s.CreateRun(ctx, store.Run{RunID: name, TemplateID: "t", Status: store.Running})
	if err != nil && !errors.Is(err, store.ErrConflict) {
		return err
	}
	next := r
	next.Attempt++
	if err := s.TakeLease(ctx, r, next); err != nil {
		return err
	}
	for i := range writerRows {
		logType := fmt.Sprintf("%d#%d", next.Attempt, i)
		if err := s.AddLog(ctx, store.Log{RunID: name, LogType: logType, Attempt: next.Attempt, Message: strings.Repeat("m", 3000)}); err != nil {
			return err
		}
		fmt.Println(logType)
	}
	return s.Close()
}

func startWriter(t *testing.T, path, name string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0], name)
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	return cmd, out
}

func openBolt(t testing.TB, path string) *store.Bolt {
	t.Helper()
	b, err := store.OpenBolt(path)
	ok(t, err)
	t.Cleanup(func() { ok(t, b.Close()) })
	return b
}

func TestBoltProcessesTakeTurns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	const processes = 5
	done := make(chan error, processes)
	for i := range processes { // the file is made by whoever comes first
		cmd, out := startWriter(t, path, fmt.Sprint("run ", i))
		go func() {
			_, err := io.Copy(io.Discard, out)
			done <- errors.Join(err, cmd.Wait())
		}()
	}
	for range processes {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	s := openBolt(t, path)
	for i := range processes {
		logs, err := s.Logs(t.Context(), fmt.Sprint("run ", i), "")
		ok(t, err)
		if len(logs) != writerRows {
			t.Errorf("process %d: %d rows, want %d", i, len(logs), writerRows)
		}
	}
}

func TestBoltSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	acknowledged := make(map[string]bool)
	for round := range 12 {
		cmd, out := startWriter(t, path, "r")
		lines := bufio.NewScanner(out)
		for i := 0; i < round*4 && lines.Scan(); i++ { // the first is killed while it makes the file
			acknowledged[lines.Text()] = true
		}
		ok(t, cmd.Process.Kill())
		for lines.Scan() {
			acknowledged[lines.Text()] = true
		}
		_ = cmd.Wait() // killed, which is an error
	}
	s := openBolt(t, path)
	logs, err := s.Logs(t.Context(), "r", "")
	ok(t, err)
	for _, l := range logs {
		delete(acknowledged, l.LogType)
	}
	if len(acknowledged) > 0 || len(logs) < 100 {
		t.Errorf("%d rows are stored, and lost are %v", len(logs), acknowledged)
	}
	ok(t, s.Close())
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	ok(t, err)
	defer db.Close()
	ok(t, db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Error(err)
		}
		return nil
	}))
}

func TestBoltManyHandlesInOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	for _, err := range atOnce(10, func(i int) error {
		s, err := store.OpenBolt(path)
		if err != nil {
			return err
		}
		for n := range 10 {
			if _, err := s.CreateRun(t.Context(), store.Run{RunID: fmt.Sprint(i, "#", n), TemplateID: "t", Status: store.Running}); err != nil {
				return err
			}
		}
		return s.Close()
	}) {
		ok(t, err)
	}
	list, next, err := openBolt(t, path).Runs(t.Context(), "t", 100, "")
	ok(t, err)
	if len(list) != 100 || next != "" {
		t.Errorf("%d runs, want 100", len(list))
	}
}

func TestBoltReleasesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	idle := openBolt(t, path)
	_, err := idle.CreateRun(t.Context(), store.Run{RunID: "r", Status: store.Running})
	ok(t, err)
	other, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 10 * time.Second})
	if err != nil {
		t.Fatalf("an idle store keeps the file: %v", err)
	}

	// Now the other has it, and a caller waits for as long as its context does.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = idle.Run(ctx, "r")
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want a deadline that names the file", err)
	}
	waited := make(chan error)
	go func() {
		_, err := idle.Run(t.Context(), "r")
		waited <- err
	}()
	ok(t, other.Close())
	ok(t, <-waited)
}

func TestBoltClosed(t *testing.T) {
	s, err := store.OpenBolt(filepath.Join(t.TempDir(), "store.db"))
	ok(t, err)
	ok(t, s.Close())
	ok(t, s.Close())
	if _, err := s.Run(t.Context(), "r"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("error %v, want fs.ErrClosed", err)
	}
}

func TestBoltOfSomethingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	ok(t, os.WriteFile(path, []byte(strings.Repeat("not a store\n", 2000)), 0o600))
	if _, err := store.OpenBolt(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one that names the file", err)
	}
	if _, err := store.OpenBolt(filepath.Join(path, "in", "a", "file")); err == nil {
		t.Error("no error for a path below a file")
	}
}
