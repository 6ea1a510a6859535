package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/full-turner/full-turner/pipeline"
)

// readPayload reads what the command was given.
func (w *world) readPayload() ([]byte, error) {
	if w.payload == "-" {
		return io.ReadAll(w.stdin)
	}
	return os.ReadFile(w.payload)
}

// invoke is the direct invocation.
func (w *world) invoke(ctx context.Context) int {
	payload, err := w.readPayload()
	if err != nil {
		fmt.Fprintln(w.stderr, "full-turner:", err)
		return exitWrong
	}
	response, err := w.pipeline.Handle(ctx, requestID(), payload)
	var asked struct{ Action string }
	if err == nil && json.Unmarshal(payload, &asked) == nil && asked.Action != "" && asked.Action != "run" && asked.Action != "handleFailure" {
		fmt.Fprintf(w.stdout, "%s\n", response) // the answer to a question, whatever became of the run it is about
		return exitCompleted
	}
	return w.answer(response, err)
}

// answer writes the response of an invocation, or its error as Lambda writes one, and gives the exit code.
func (w *world) answer(response json.RawMessage, err error) int {
	w.watch.done()
	if err != nil {
		name := pipeline.NameOf(err)
		response, _ = json.Marshal(map[string]string{"errorType": string(name), "errorMessage": err.Error()}) // two strings
		fmt.Fprintf(w.stdout, "%s\n", response)
		fmt.Fprintf(w.stderr, "full-turner: %s: %v\n", name, err)
		if wrongRequest(name) {
			return exitWrong
		}
		return exitFailed
	}
	fmt.Fprintf(w.stdout, "%s\n", response)
	var summary pipeline.Summary
	if json.Unmarshal(response, &summary) != nil || summary.RunID == "" {
		return exitCompleted // a response that was too large and is stored
	}
	w.tell(summary)
	switch summary.Status {
	case "failed":
		return exitFailed
	case "suspended":
		return exitSuspended
	}
	return exitCompleted
}

// wrongRequest says that the same request would fail for ever: the one who asked must change it.
func wrongRequest(name pipeline.ErrorName) bool {
	return slices.Contains([]pipeline.ErrorName{
		pipeline.InvalidRequest, pipeline.InvalidTemplate, pipeline.TemplateNotFound, pipeline.TemplateInactive,
		pipeline.RunConflict, pipeline.RunNotFound,
	}, name)
}

// tell writes the summary of a run for a person.
func (w *world) tell(s pipeline.Summary) {
	say := func(format string, args ...any) { fmt.Fprintf(w.stderr, format+"\n", args...) }
	say("")
	say("run      %s", s.RunID)
	say("status   %s", s.Status)
	if s.Error != nil {
		say("error    %s in %s: %s", s.Error.Name, s.Error.Step, s.Error.Message)
	}
	say("images   %d of %d made anew, %d of them earlier, %d kept their original", s.Images.Succeeded, s.Images.Total, s.Images.Reused, s.Images.Failed)
	priced := ""
	if w.simulator != nil {
		priced = " (simulated: what the same usage costs at OpenAI; nothing was paid)"
	}
	say("cost     %s: agent %s, images %s%s", s.Cost.Total, s.Cost.Agent, s.Cost.Image, priced)
	if p := s.Cost.PossiblyCharged; p != nil {
		say("         and possibly %s for %d calls whose outcome is not known", p.Cost, p.Calls)
	}
	say("took     %.1f s", float64(s.Duration)/1000)
	w.tellOfTheCopy(s, say)
	if s.Output != nil {
		say("output   %s", s.Output.Location)
	}
	for _, problem := range s.Problems.First {
		say("problem  %s", problem)
	}
	if more := s.Problems.Count - len(s.Problems.First); more > 0 {
		say("         and %d more, in the output", more)
	}
}

// tellOfTheCopy says what became of the texts, and whether somebody has to read them.
func (w *world) tellOfTheCopy(s pipeline.Summary, say func(format string, args ...any)) {
	if c := s.Texts; c != nil {
		say("texts    %d of %d rewritten, %d kept their original", c.Rewritten, c.Total, c.Kept)
		if c.Reused > 0 {
			say("reused   %d texts are an earlier run's, which saved about %s", c.Reused, s.Saved)
		}
	}
	if s.Output != nil {
		if kept, err := keptBy(s.Output.Location); err == nil {
			say("kept     %s", kept)
		}
	}
	if s.Score != nil {
		say("score    %d of 100", *s.Score)
	}
	switch s.Review {
	case pipeline.Clean:
		say("review   clean")
	case pipeline.NeedsReview:
		say("review   needs review")
	}
}

// keptBy says how many elements an output document lists as left alone on purpose, and for which reasons.
func keptBy(location string) (string, error) {
	document, err := os.ReadFile(location)
	if err != nil {
		return "", err
	}
	var out struct{ Kept []struct{ Code string } }
	if err := json.Unmarshal(document, &out); err != nil {
		return "", err
	}
	codes := map[string]int{}
	for _, k := range out.Kept {
		codes[k.Code]++
	}
	var each []string
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		each = append(each, fmt.Sprintf("%d %s", codes[code], code))
	}
	if len(each) == 0 {
		return "nothing was left alone", nil
	}
	return fmt.Sprintf("%d left alone on purpose: %s", len(out.Kept), strings.Join(each, ", ")), nil
}

// requestID is a new invocation's id, in the form of Lambda's.
func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
