package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// fault is what happens to some calls of a method of the store.
type fault struct {
	of      string // add, set, logs, put or get
	nth     int    // the first that it strikes; 0 is 1
	times   int    // how many it strikes; 0 is all from then on
	err     error
	applied bool // the write was made all the same: its answer is lost
	takes   time.Duration
}

var errDown = fmt.Errorf("the store: %w", store.ErrUnavailable)

// strike is the fault that a call meets.
func (w *world) strike(of string) *fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[of]++
	for i, f := range w.faults {
		since := w.calls[of] - max(f.nth, 1)
		if f.of == of && since >= 0 && (f.times == 0 || since < f.times) {
			return &w.faults[i]
		}
	}
	return nil
}

// breaks has faults from now on.
func (w *world) breaks(faults ...fault) { w.faults, w.calls = faults, map[string]int{} }

// front stands before a store and gives some of its answers itself.
type front struct {
	ledger.Rows
	ledger.Answers
	strike  func(of string) *fault
	written func() // after a row was
}

func (f *front) do(of string, call func() error) error {
	struck := f.strike(of)
	if struck != nil && !struck.applied {
		return struck.fail()
	}
	if err := call(); err != nil {
		return err
	}
	if struck != nil {
		return struck.fail()
	}
	if (of == "add" || of == "set") && f.written != nil {
		f.written()
	}
	return nil
}

// errKilled ends the process at a call of the store.
var errKilled = errors.New("the process is killed")

func (f *fault) fail() error {
	time.Sleep(f.takes)
	if errors.Is(f.err, errKilled) {
		panic(errKilled)
	}
	return f.err
}

func (f *front) AddLog(ctx context.Context, l store.Log) error {
	return f.do("add", func() error { return f.Rows.AddLog(ctx, l) })
}

func (f *front) SetLog(ctx context.Context, l store.Log) error {
	return f.do("set", func() error { return f.Rows.SetLog(ctx, l) })
}

func (f *front) Logs(ctx context.Context, id, prefix string) (logs []store.Log, err error) {
	err = f.do("logs", func() (err error) { logs, err = f.Rows.Logs(ctx, id, prefix); return err })
	return logs, err
}

func (f *front) Put(ctx context.Context, key, contentType string, body []byte) error {
	return f.do("put", func() error { return f.Answers.Put(ctx, key, contentType, body) })
}

func (f *front) Get(ctx context.Context, key string) (body []byte, err error) {
	err = f.do("get", func() (err error) { body, err = f.Answers.Get(ctx, key); return err })
	return body, err
}
