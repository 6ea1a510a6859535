package stacktest

import (
	"maps"
	"net/http"
	"sync"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
)

// world is the function as the stack deploys it: with its environment and under its policy.
func world(t *testing.T, o lambdatest.Options) *lambdatest.World {
	t.Helper()
	s := documented(t)
	o.Allow = s.allows(t)
	environment := s.environment(t)
	delete(environment, "IMAGE_BASE_URL") // the World's own
	maps.Copy(environment, o.Env)
	o.Env = environment
	return lambdatest.New(t, o)
}

// undrawn answers an image with a ready one: drawing takes the fake longer than these tests want to wait.
var undrawn = &openaitest.Fault{Image: drawn(60, 40)}

// agentFaults makes the agent's first n calls go wrong.
func agentFaults(n int, fault *openaitest.Fault) openaitest.Options {
	return openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
		switch {
		case c.Kind == openaitest.KindImage:
			return undrawn
		case c.Kind == openaitest.KindAgent && c.N <= n:
			return fault
		}
		return nil
	}}
}

// heldAnswer holds the agent's answers at a gate, and says when one was asked for by its id, which is on record then.
func heldAnswer(gate *openaitest.Gate) (faults openaitest.Options, asked <-chan struct{}) {
	recorded := make(chan struct{})
	once := sync.OnceFunc(func() { close(recorded) })
	faults.Fault = func(c openaitest.Call) *openaitest.Fault {
		switch c.Kind {
		case openaitest.KindAgent:
			return &openaitest.Fault{Hold: gate}
		case openaitest.KindRetrieve:
			once()
		case openaitest.KindImage:
			return undrawn
		}
		return nil
	}
	return faults, recorded
}

// overloaded is an answer that openai repeats at once, five times.
var overloaded = &openaitest.Fault{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After-Ms": {"1"}}}

// perTry is how often openai tries a call before the run fails.
const perTry = 5
