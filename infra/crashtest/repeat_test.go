package crashtest

import (
	"fmt"
	"strings"

	"github.com/full-turner/full-turner/openai/openaitest"
)

// checkOrder holds a request to OpenAI, as it arrives, against the ledger of that moment: what is asked is written down
// first, and so is the id of a response.
func (r *run) checkOrder(p point) {
	if p.service != openAI {
		return
	}
	r.mu.Lock()
	name, fetch := strings.CutPrefix(p.subject, "response to ")
	ok := fetch && r.ledger[name].ResponseID.S != ""
	for name, w := range r.ledger {
		ok = ok || !fetch && w.State.S == "started" && (name == p.subject || "image "+w.ElementID.S == p.subject)
	}
	r.mu.Unlock()
	switch {
	case ok:
	case fetch:
		r.wrong(unrecorded, "%s", p)
	default:
		r.wrong(unannounced, "%s", p)
	}
}

// asked is what a call to OpenAI asks for, the same in every attempt; "" where it costs nothing.
func asked(c openaitest.Call) string {
	switch {
	case c.Kind == openaitest.KindImage:
		return "image " + shownIn(c.Prompt)
	case c.Kind == openaitest.KindAgent && len(c.Elements) > 0:
		return fmt.Sprintf("rewrite of %s and %d more", c.Elements[0], len(c.Elements)-1)
	}
	return ""
}

// askedIn is what the call of a ledger row asked for.
func (r *run) askedIn(name, elementID string) string {
	if elementID != "" {
		return "image " + elementID
	}
	for _, c := range r.fake.Calls() {
		if c.Kind == openaitest.KindAgent && c.Metadata["call"] == name {
			return asked(c.Call)
		}
	}
	return ""
}

// checkRepeats looks for calls that were made again: none that was recorded may be, and of every other a row must say
// that its outcome was never known.
func (r *run) checkRepeats(rows map[string]row) {
	calls := r.fake.Calls()
	for i, a := range r.attempts {
		if !a.fired {
			continue
		}
		again := map[string]string{}
		for name, w := range a.known {
			if w.settled() {
				again[r.askedIn(name, w.ElementID.S)] = name
			}
		}
		for _, c := range calls[a.paid:] {
			if name, ok := again[asked(c.Call)]; ok && asked(c.Call) != "" {
				r.wrong(paidTwice, "%s, which %s held when process %d was killed", asked(c.Call), name, i+1)
			}
		}
	}
	made, why := map[string]int{}, map[string]int{}
	for _, c := range calls {
		made[asked(c.Call)]++
	}
	for name, row := range rows {
		if row.State == "unknown" && row.PossiblyCharged != nil {
			why[r.askedIn(name, row.ElementID)]++
		}
	}
	delete(made, "")
	for what, n := range made {
		if n-1 > why[what] {
			r.wrong(unexplained, "%s was asked for %d times; %d rows say that its outcome is not known", what, n, why[what])
		}
	}
}

// checkMarks compares the calls that are possibly charged with those that were open, and that nothing could be fetched
// of, when a process was killed. A call that is marked for no reason hides one that was paid twice.
func (r *run) checkMarks(rows map[string]row) {
	open := map[string]bool{}
	for _, a := range r.attempts {
		for name, w := range a.known {
			if a.fired && w.State.S == "started" && !w.settled() {
				open[name] = true
			}
		}
	}
	for name, row := range rows {
		if calls := row.possibly().Calls; (calls > 0) != open[name] || calls > 1 {
			r.wrong(wrongMarks, "%s has %d possible charges; it was left open: %t", name, calls, open[name])
		}
	}
}

// repeats counts the calls that were made again, by the reason that the ledger gives.
func (r *run) repeats(rows map[string]row) map[string]int {
	extra, reasons := map[string]int{}, map[string]int{}
	for _, c := range r.fake.Calls() {
		extra[asked(c.Call)]++
	}
	delete(extra, "")
	for name, row := range rows {
		what := r.askedIn(name, row.ElementID)
		if row.State == "unknown" && extra[what] > 1 {
			extra[what]--
			what, _, _ = strings.Cut(what, " ")
			reasons[what+", "+row.Error]++
		}
	}
	return reasons
}
