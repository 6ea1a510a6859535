package crashtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// front is the proxy before one service. It works for the attempts of one lane, one after the other.
type front struct {
	*httptest.Server
	service string
	lane    *lane
}

type attemptKey struct{}

// newFront starts a front, which ends with the test.
func newFront(t testing.TB, l *lane, service string) *front {
	f := &front{service: service, lane: l}
	f.Server = httptest.NewUnstartedServer(f)
	// A connection belongs to the attempt that it was accepted in, so that what a killed process has still sent is
	// never taken for a request of the next one.
	f.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, attemptKey{}, l.current.Load())
	}
	f.Start()
	t.Cleanup(f.Close)
	return f
}

// settlePath is asked for by settle alone.
const settlePath = "/-/settle"

// settle returns when every connection made so far is accepted: they are accepted in their order, and this is the last.
func (f *front) settle(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL+settlePath, nil)
	if err != nil {
		return err
	}
	req.Close = true
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return fmt.Errorf("front of %s: %w", f.service, err)
	}
	return res.Body.Close()
}

// ServeHTTP passes a request on, and kills the process where it is the one to be killed at.
func (f *front) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == settlePath {
		return
	}
	a := req.Context().Value(attemptKey{}).(*attempt)
	body, err := io.ReadAll(req.Body)
	if err != nil || !a.enter() {
		panic(http.ErrAbortHandler)
	}
	defer a.open.Done()
	var got answer
	switch phase := a.arrived(a.run.nameOf(f.service, req, body)); phase {
	case "":
		if got, err = a.forward(f.service, req, body); err == nil {
			got.send(w)
			return
		}
		a.run.wrong(harnessFault, "%s did not answer: %v", f.service, err)
		panic(http.ErrAbortHandler)
	case before:
		a.die()
	case during:
		if f.service == openAI {
			req.Header.Set(holdHeader, "yes")
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			got, err = a.forward(f.service, req, body)
		}()
		if f.service == openAI { // it is billed when it arrives at the gate
			select {
			case <-a.held.Arrived():
			case <-done:
				a.run.wrong(harnessFault, "%s was answered (%d %.200s, %v) and never at work", a.kill, got.status, got.body, err)
			case <-a.run.ctx.Done():
			}
		}
		a.die()
		a.held.Release()
		<-done
	case after:
		_, err = a.forward(f.service, req, body)
		a.die()
	}
	if err != nil {
		a.run.wrong(harnessFault, "killed at %s, which did not answer: %v", f.service, err)
	}
	panic(http.ErrAbortHandler)
}

// answer is what a service answered.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) send(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the process may have been killed
}

// services are reached over connections that are given up before a server does.
var services = &http.Transport{IdleConnTimeout: time.Second, MaxIdleConnsPerHost: 16, DisableCompression: true}

// holdHeader tells the fake OpenAI which call to hold.
const holdHeader = "X-Crash-Hold"

// forward has the service process a request, whether or not the process lives to hear of it. What it acknowledges of the
// ledger is noted; a forgetful run's is only noted.
func (a *attempt) forward(service string, in *http.Request, body []byte) (answer, error) {
	var row *wireRow
	if service == dynamoDB && strings.HasSuffix(in.Header.Get("X-Amz-Target"), ".PutItem") {
		_, row = dynamoWrite(body)
	}
	if row != nil && a.run.forgetful {
		a.run.recorded(row)
		return answer{http.StatusOK, http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, []byte("{}")}, nil
	}
	out, err := http.NewRequestWithContext(a.run.ctx, in.Method, a.run.address(service)+in.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	out.Header, out.Host = in.Header.Clone(), in.Host
	res, err := services.RoundTrip(out)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	got := answer{status: res.StatusCode, header: res.Header}
	if got.body, err = io.ReadAll(res.Body); err != nil {
		return answer{}, err
	}
	if row != nil && got.status == http.StatusOK {
		a.run.recorded(row)
	}
	return got, nil
}
