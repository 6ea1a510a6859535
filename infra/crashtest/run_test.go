package crashtest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

// run is one run, over all of its attempts.
type run struct {
	id        string
	lane      *lane
	ctx       context.Context // bounds everything that the run waits for
	fake      *openaitest.Server
	forgetful bool

	attempts []*attempt
	summary  pipeline.Summary
	said     string // how the last attempt ended

	mu     sync.Mutex
	ledger map[string]wireRow
	faults []fault
}

// patience is how long a run may take before it counts as hung: it takes a second or two.
const patience = 45 * time.Second

// do makes a run as planned, and checks nothing of it.
func (l *lane) do(ctx context.Context, id string, p plan) *run {
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	r := &run{id: id, lane: l, ctx: ctx, forgetful: p.forgetful, ledger: map[string]wireRow{}}
	fake, err := openaitest.Start(openaitest.Options{Key: key, Fault: r.behave, Rewrite: rewritten, Now: servedDay, ImageLatency: l.image})
	if err != nil {
		panic(err) // there is no port left to listen on
	}
	defer fake.Close()
	r.fake = fake
	started := time.Now()
	for {
		var next *kill
		if n := len(r.attempts); n < len(p.kills) {
			next = &p.kills[n]
		}
		if !r.attempt(next, started) {
			return r
		}
	}
}

// attempt invokes the run in a process of its own, and says whether it is to be invoked again.
func (r *run) attempt(next *kill, started time.Time) (again bool) {
	a := newAttempt(r, next)
	payload := request(r.id, len(r.attempts), started)
	r.attempts = append(r.attempts, a)
	for _, f := range r.lane.fronts { // whatever the last process has still sent is its own
		if err := f.settle(r.ctx); err != nil {
			r.wrong(harnessFault, "%v", err)
			return false
		}
	}
	r.lane.current.Store(a)
	var err error
	if a.invocation, err = r.lane.world.Begin(payload); err != nil {
		r.wrong(harnessFault, "%v", err)
		return false
	}
	close(a.begun)
	raw, failed, err := a.invocation.Wait(r.ctx)
	a.leave()
	if err != nil {
		a.invocation.Kill()
		r.wrong(hung, "%v; attempt %d was last seen at %s", err, len(r.attempts), a.last(5))
	}
	a.open.Wait() // all of it ends with r.ctx
	r.lane.world.Restart()
	r.mu.Lock()
	a.paid, a.known = len(r.fake.Calls()), maps.Clone(r.ledger)
	r.mu.Unlock()
	switch {
	case err != nil:
		return false
	case a.fired:
		return !r.has(harnessFault)
	case failed != nil:
		r.said = failed.Error()
		return false
	}
	r.said = string(raw[:min(len(raw), 300)])
	if err := json.Unmarshal(raw, &r.summary); err != nil {
		r.wrong(harnessFault, "response %s: %v", r.said, err)
	}
	return false
}

// last is the last few points that the attempt came to.
func (a *attempt) last(n int) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []string
	for _, p := range a.points[max(0, len(a.points)-n):] {
		list = append(list, p.String())
	}
	return strings.Join(list, ", ")
}

// address is where a service is.
func (r *run) address(service string) string {
	if service == openAI {
		return strings.TrimSuffix(r.fake.URL(), "/v1")
	}
	return r.lane.backs[service]
}

// recorded notes a ledger row that DynamoDB has acknowledged.
func (r *run) recorded(row *wireRow) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ledger[row.logType] = *row
}

// behave has the first look at each response find it in the works, so that every process comes to the same requests
// whichever of its calls is answered first, holds a call that is killed in the middle, and draws no picture: drawing
// would take longer than everything else.
func (r *run) behave(c openaitest.Call) *openaitest.Fault {
	f := &openaitest.Fault{Image: tiny}
	if c.Kind == openaitest.KindRetrieve && c.Attempt == 1 {
		f.ResponseStatus = "in_progress"
	}
	if c.Header.Get(holdHeader) != "" {
		f.HoldAnswer = r.lane.current.Load().held
	}
	return f
}

// kills are those that came to pass, for messages.
func (r *run) kills() string {
	var list []string
	for _, a := range r.attempts {
		if a.fired {
			list = append(list, a.kill.String())
		}
	}
	if list == nil {
		return "never killed"
	}
	return fmt.Sprintf("killed %s", strings.Join(list, ", then "))
}
