package crashtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/full-turner/full-turner/cost"
)

// tally counts what the harness did and saw.
type tally struct {
	began time.Time

	mu                       sync.Mutex
	points                   int
	runs, processes          int
	planned                  int
	fired                    map[string]int // kills by service and phase
	unfired                  []string
	overlapped               int // kills with an image and a batch of copy in work
	paid                     int // calls that OpenAI charged
	repeated                 map[string]int
	bill, total              cost.Amount
	possibleCalls            int64
	possibly                 cost.Amount
	singles, doubles, faulty int
}

func newTally() *tally {
	return &tally{began: time.Now(), fired: map[string]int{}, repeated: map[string]int{}}
}

// add counts a run that has ended and been checked.
func (t *tally) add(r *run, kills []kill, rows map[string]row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs++
	t.processes += len(r.attempts)
	t.planned += len(kills)
	for i, k := range kills {
		if i < len(r.attempts) && r.attempts[i].fired {
			t.fired[k.service+" "+string(k.phase)]++
			if r.attempts[i].overlaps() {
				t.overlapped++
			}
			continue
		}
		t.unfired = append(t.unfired, fmt.Sprintf("%s: kill %d of %v", r.id, i+1, kills))
	}
	switch n := len(r.attempts); {
	case n == 2:
		t.singles++
	case n > 2:
		t.doubles++
	}
	if len(r.faults) > 0 {
		t.faulty++
	}
	if rows == nil {
		return
	}
	t.paid += len(r.fake.Bill().Charges)
	t.bill += cost.Amount(r.fake.Bill().Total)
	for reason, n := range r.repeats(rows) {
		t.repeated[reason] += n
	}
	for _, row := range rows {
		t.total += row.Cost
		t.possibleCalls += row.possibly().Calls
		t.possibly += row.possibly().Cost
	}
}

// String is the summary, in one line.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	fired, again := 0, 0
	for _, n := range t.fired {
		fired += n
	}
	for _, n := range t.repeated {
		again += n
	}
	return fmt.Sprintf("%d kill points in %d phases; %d runs (%d killed once, %d twice), %d with faults; %d of %d kills fired (%s), %d of them with an image and a batch of copy in work; %d processes; "+
		"%d calls paid, %d repeated (%s); possibly charged %d calls, %v; billed %v, total %v; %v",
		t.points, len(phases), t.runs, t.singles, t.doubles, t.faulty, fired, t.planned, counts(t.fired), t.overlapped, t.processes,
		t.paid, again, counts(t.repeated), t.possibleCalls, t.possibly, t.bill, t.total, time.Since(t.began).Round(time.Second))
}

// counts lists how many there are of each.
func counts(m map[string]int) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, fmt.Sprintf("%s: %d", name, m[name]))
	}
	return strings.Join(list, ", ")
}
