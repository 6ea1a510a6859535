package crashtest

import (
	"fmt"
	"strings"
)

// kind says what is wrong with a run.
type kind string

const (
	hung         kind = "it hung"
	harnessFault kind = "the harness failed"
	unfinished   kind = "it did not complete"
	wrongFunnel  kind = "its funnel is wrong"
	unannounced  kind = "OpenAI was asked before the ledger said so"
	unrecorded   kind = "a response was fetched before its id was recorded"
	paidTwice    kind = "a recorded call was made again"
	unexplained  kind = "a call was repeated and no row says why"
	unnamed      kind = "a billed call is neither in total nor possibly charged"
	wrongBill    kind = "the bill is not between total and total plus possibly charged"
	wrongSum     kind = "the ledger does not add up to the run's cost"
	openRow      kind = "a call is still open"
	lostRow      kind = "a ledger row is gone"
	wrongMarks   kind = "other calls are possibly charged than were open when a process was killed"
)

// fault is one thing that is wrong with a run.
type fault struct {
	kind kind
	text string
}

func (r *run) wrong(k kind, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fault{k, fmt.Sprintf(format, args...)})
}

func (r *run) has(k kind) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.faults {
		if f.kind == k {
			return true
		}
	}
	return false
}

// report is what is wrong with the run; "" is nothing.
func (r *run) report() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.faults) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "run %s, %s:", r.id, r.kills())
	for _, f := range r.faults {
		fmt.Fprintf(&b, "\n  %s: %s", f.kind, f.text)
	}
	return b.String()
}
