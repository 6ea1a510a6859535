package lambdatest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"
)

// FunctionError is an invocation's error as Lambda reports it.
type FunctionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// Error makes it an error, for messages.
func (e *FunctionError) Error() string { return e.Type + ": " + e.Message }

// Limits of Lambda (quotas: synchronous invocation payloads), in bytes.
const maxPayload = 6 << 20

// Invocation is one call of the function.
type Invocation struct {
	RequestID string

	payload  []byte
	deadline time.Time
	host     *host
	taken    chan struct{} // closed when the process has got it
	done     chan struct{} // closed when it has an outcome

	// The outcome.
	response json.RawMessage
	failed   *FunctionError
}

// Invoke calls the function and waits for what it answers. payload is marshalled, a json.RawMessage or []byte is sent
// as it is. The error is of ctx, or of a payload that Lambda would not take.
func (w *World) Invoke(ctx context.Context, payload any) (json.RawMessage, *FunctionError, error) {
	i, err := w.Begin(payload)
	if err != nil {
		return nil, nil, err
	}
	return i.Wait(ctx)
}

// Begin calls the function and does not wait.
func (w *World) Begin(payload any) (*Invocation, error) {
	body, raw := payload.([]byte)
	if !raw {
		var err error
		if body, err = json.Marshal(payload); err != nil {
			return nil, err
		}
	}
	switch {
	case !json.Valid(body):
		return nil, fmt.Errorf("lambda: InvalidRequestContentException: the payload is not JSON")
	case len(body) > maxPayload:
		return nil, fmt.Errorf("lambda: RequestTooLargeException: the payload has %d bytes", len(body))
	}
	i := &Invocation{RequestID: requestID(), payload: body, taken: make(chan struct{}), done: make(chan struct{})}
	if err := w.place(i); err != nil {
		return nil, err
	}
	return i, nil
}

// place gives the invocation to an idle process, or to a new one.
func (w *World) place(i *Invocation) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.hosts {
		if h.offer(i) {
			return nil
		}
	}
	h, err := w.start()
	if err != nil {
		return err
	}
	w.hosts = append(w.hosts, h)
	h.offer(i)
	return nil
}

// Wait returns what the function answered, or how it failed. The error is that of ctx.
func (i *Invocation) Wait(ctx context.Context) (json.RawMessage, *FunctionError, error) {
	select {
	case <-i.done:
		return i.response, i.failed, nil
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("invocation %s has no outcome: %w", i.RequestID, ctx.Err())
	}
}

// Kill ends the process of the invocation at once, as when its host dies.
func (i *Invocation) Kill() { i.signal(os.Kill) }

// Terminate tells the process of the invocation to end, as Lambda does before it takes the host away.
func (i *Invocation) Terminate() { i.signal(syscall.SIGTERM) }

// signal waits until the process has the invocation, so that it is the invocation that is hit.
func (i *Invocation) signal(s os.Signal) {
	select {
	case <-i.taken:
		i.host.signal(s)
	case <-i.done:
	}
}

// Kill ends every process that has an invocation, at once.
func (w *World) Kill() {
	for _, i := range w.inWork() {
		i.Kill()
	}
}

// Idle waits until every invocation has an outcome, also those that nobody waits for. The error is that of ctx.
func (w *World) Idle(ctx context.Context) error {
	for _, i := range w.inWork() {
		if _, _, err := i.Wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// inWork are the invocations without an outcome.
func (w *World) inWork() (all []*Invocation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.hosts {
		h.mu.Lock()
		if h.current != nil {
			all = append(all, h.current)
		}
		h.mu.Unlock()
	}
	return all
}

// ColdStart starts a process and gives the time from its start to its first request for an invocation, which is when
// Lambda takes it for ready.
func (w *World) ColdStart(ctx context.Context) (time.Duration, error) {
	h, err := w.start()
	if err != nil {
		return 0, err
	}
	defer h.close()
	select {
	case <-h.ready:
		return time.Since(h.began), nil
	case <-h.exited:
		return 0, fmt.Errorf("the process ended before it asked for an invocation")
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Restart ends the processes that are idle, as a deployment does, so that the next invocation meets a new one.
func (w *World) Restart() {
	w.mu.Lock()
	hosts := w.hosts
	w.hosts = nil
	w.mu.Unlock()
	for _, h := range hosts {
		if !h.busy() {
			h.close()
			continue
		}
		w.mu.Lock()
		w.hosts = append(w.hosts, h)
		w.mu.Unlock()
	}
}

// requestID is an id in the form of Lambda's.
func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
