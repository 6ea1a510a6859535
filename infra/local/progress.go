package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/full-turner/full-turner/pipeline"
)

// watcher shows a person how a run gets on: a bar a step on a terminal, plain lines elsewhere.
type watcher struct {
	out      *os.File
	terminal bool

	mu   sync.Mutex
	bar  *progressbar.ProgressBar
	step string
}

func newWatcher(out *os.File, terminal bool) *watcher {
	return &watcher{out: out, terminal: terminal}
}

// observe is told of every event of a run.
func (w *watcher) observe(e pipeline.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.terminal {
		switch {
		case e.Finished:
			fmt.Fprintf(w.out, "%s: %s\n", e.Step, e.Detail)
		case e.Total > 0 && (e.Step == pipeline.StepProcessImage || e.Done == e.Total):
			fmt.Fprintf(w.out, "%s: %d of %d (%s)\n", e.Step, e.Done, e.Total, e.Detail)
		}
		return
	}
	if e.Finished {
		w.clear()
		fmt.Fprintf(w.out, "  %-22s %s\n", e.Step, e.Detail)
		return
	}
	if w.bar == nil || w.step != e.Step {
		w.clear()
		total := e.Total
		if total == 0 {
			total = -1 // a spinner
		}
		w.step = e.Step
		w.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w.out), progressbar.OptionSetDescription(fmt.Sprintf("  %-22s", e.Step)),
			progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(50*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	if e.Total > 0 {
		if w.bar.GetMax() != e.Total {
			w.bar.ChangeMax(e.Total)
		}
		_ = w.bar.Set(e.Done)
	}
}

// say writes a line among the progress.
func (w *watcher) say(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clear()
	fmt.Fprintln(w.out, line)
}

// done takes the bar away.
func (w *watcher) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clear()
}

func (w *watcher) clear() {
	if w.bar != nil {
		_ = w.bar.Clear()
		w.bar = nil
	}
}
