package crashtest

import (
	"sync"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
)

// attempt is one process's work on a run.
type attempt struct {
	run  *run
	kill *kill            // nil: it may live
	held *openaitest.Gate // where OpenAI holds the call that is killed in the middle

	begun      chan struct{} // closed when invocation is known
	invocation *lambdatest.Invocation

	open sync.WaitGroup // requests that are being passed on

	mu     sync.Mutex
	over   bool // what arrives now is too late
	fired  bool
	points []point // in the order of arrival
	seen   map[point]int

	// What the process left behind when it was killed.
	paid  int                // how many calls OpenAI had seen
	known map[string]wireRow // the ledger by logType, as DynamoDB acknowledged it
}

func newAttempt(r *run, k *kill) *attempt {
	return &attempt{run: r, kill: k, held: openaitest.NewGate(), begun: make(chan struct{}), seen: map[point]int{}}
}

// overlaps says that the process was killed with an image and a batch of copy in work, as far as DynamoDB knew.
func (a *attempt) overlaps() bool {
	var image, copied bool
	for _, row := range a.known {
		if row.State.S == "started" {
			image = image || row.ElementID.S != ""
			copied = copied || row.ElementID.S == ""
		}
	}
	return image && copied
}

// enter lets a request in, unless the process is dead.
func (a *attempt) enter() bool {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.over {
		a.open.Add(1)
	}
	return !a.over
}

// leave keeps everything out that arrives from now on.
func (a *attempt) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
}

// arrived notes a request, and says in which phase of it the process is to be killed; "" where it is not.
func (a *attempt) arrived(p point, matters bool) phase {
	if !matters {
		return ""
	}
	a.run.checkOrder(p)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[p]++
	p.nth = a.seen[p]
	a.points = append(a.points, p)
	if a.kill == nil || a.fired || a.kill.point != p {
		return ""
	}
	a.fired = true
	return a.kill.phase
}

// die kills the process, and returns when it has ended.
func (a *attempt) die() {
	a.leave()
	ctx := a.run.ctx
	select {
	case <-a.begun:
	case <-ctx.Done():
		return
	}
	a.invocation.Kill()
	if _, failed, err := a.invocation.Wait(ctx); err != nil || failed == nil || failed.Type != "Runtime.ExitError" {
		a.run.wrong(harnessFault, "killed at %s, and it ended with %v, %v", a.kill, failed, err)
	}
}
