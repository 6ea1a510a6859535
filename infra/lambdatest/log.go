package lambdatest

import (
	"bufio"
	"encoding/json"
	"io"
	"slices"
)

// Line is one line of the function's log.
type Line struct {
	Text   string
	Fields map[string]any // nil: it is not a JSON object
	Stderr bool           // CloudWatch Logs holds it all the same
}

// Field is a field of the line that is a string; "" when it is not there.
func (l Line) Field(name string) string {
	s, _ := l.Fields[name].(string)
	return s
}

// Log is the log of all processes so far, in the order in which the lines were read. A line that was written before
// an answer may be read shortly after it; Settled waits for that.
func (w *World) Log() []Line {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lines)
}

// Settled ends the idle processes, so that nothing of theirs is still to be read, and returns the log.
func (w *World) Settled() []Line {
	w.Restart()
	return w.Log()
}

// collect reads lines until the process ends.
func (w *World) collect(r io.Reader, stderr bool) {
	lines := bufio.NewReader(r)
	for {
		text, err := lines.ReadString('\n')
		if text != "" {
			line := Line{Text: text, Stderr: stderr}
			_ = json.Unmarshal([]byte(text), &line.Fields)
			w.mu.Lock()
			w.lines = append(w.lines, line)
			w.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}
