package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/full-turner/full-turner/pipeline"
)

// watcher shows a person how a run gets on: on a terminal one line with the parts of every step that is at work, for
// images and copy are made side by side; elsewhere plain lines. Steps that have ended stay on the screen.
type watcher struct {
	out      *os.File
	terminal bool

	mu   sync.Mutex
	work []stepAtWork // in the order of the chain
}

// stepAtWork is a step that has not ended, and how many of its parts are done.
type stepAtWork struct {
	name        string
	done, total int
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
		case e.Done > 0 && (e.Step == pipeline.StepProcessImage || e.Done == e.Total):
			fmt.Fprintf(w.out, "%s: %d of %d (%s)\n", e.Step, e.Done, e.Total, e.Detail)
		}
		return
	}
	w.note(e)
	w.clear()
	if e.Finished {
		fmt.Fprintf(w.out, "  %-22s %s\n", e.Step, e.Detail)
	}
	width, _, err := term.GetSize(int(w.out.Fd()))
	if line := []rune(w.line()); err == nil && len(line) > 0 {
		fmt.Fprintf(w.out, "  %s", string(line[:min(len(line), max(0, width-3))])) // a line that wraps could not be taken away
	}
}

// note keeps what an event says. The images are done when their results are put together.
func (w *watcher) note(e pipeline.Event) {
	ended := func(name string) {
		for i, s := range w.work {
			if s.name == name {
				w.work = append(w.work[:i], w.work[i+1:]...)
				return
			}
		}
	}
	switch {
	case e.Finished:
		ended(e.Step)
		return
	case e.Step == pipeline.StepAggregateImageResults:
		ended(pipeline.StepProcessImage)
	}
	for i := range w.work {
		if w.work[i].name == e.Step {
			w.work[i].done, w.work[i].total = max(w.work[i].done, e.Done), e.Total
			return
		}
	}
	w.work = append(w.work, stepAtWork{e.Step, e.Done, e.Total})
	slices.SortFunc(w.work, func(a, b stepAtWork) int {
		return slices.Index(pipeline.Steps, a.name) - slices.Index(pipeline.Steps, b.name)
	})
}

// line is the steps at work.
func (w *watcher) line() string {
	var parts []string
	for _, s := range w.work {
		if s.total > 0 {
			parts = append(parts, fmt.Sprintf("%s %d/%d", s.name, s.done, s.total))
		} else {
			parts = append(parts, s.name)
		}
	}
	return strings.Join(parts, " · ")
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

// clear takes away the line of the steps at work.
func (w *watcher) clear() {
	if w.terminal {
		fmt.Fprint(w.out, "\r\x1b[K")
	}
}
