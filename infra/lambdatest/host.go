package lambdatest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// host is one process of the function and the Runtime API that serves it. It takes one invocation at a time.
type host struct {
	w      *World
	cmd    *exec.Cmd
	server *httptest.Server
	began  time.Time
	ready  chan struct{} // closed by the process's first request for an invocation
	exited chan struct{} // closed when the process has ended and its output is read
	next   chan *Invocation

	mu      sync.Mutex
	current *Invocation // nil: idle
	gone    bool        // the process has ended, or is about to
	initErr *FunctionError
}

// start starts a process.
func (w *World) start() (*host, error) {
	h := &host{w: w, ready: make(chan struct{}), exited: make(chan struct{}), next: make(chan *Invocation, 1)}
	h.server = httptest.NewServer(h.runtimeAPI())
	h.cmd = exec.Command(w.binary)
	h.cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(h.server.URL, "http://")}
	for name, value := range w.env {
		h.cmd.Env = append(h.cmd.Env, name+"="+value)
	}
	stdout, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := h.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	h.began = time.Now()
	if err := h.cmd.Start(); err != nil {
		h.server.Close()
		return nil, fmt.Errorf("start the Lambda: %w", err)
	}
	var read sync.WaitGroup
	read.Go(func() { w.collect(stdout, false) })
	read.Go(func() { w.collect(stderr, true) })
	go func() {
		read.Wait()
		h.ended(h.cmd.Wait())
	}()
	return h, nil
}

// ended settles what the process left behind.
func (h *host) ended(err error) {
	h.mu.Lock()
	h.gone = true
	i, failed := h.current, h.initErr
	h.mu.Unlock()
	close(h.exited)
	if i == nil {
		return
	}
	if failed == nil {
		how := "exit status 0"
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			how = exit.Error()
		}
		failed = &FunctionError{Type: "Runtime.ExitError", Message: fmt.Sprintf("RequestId: %s Error: Runtime exited with error: %s", i.RequestID, how)}
	}
	h.settle(i, nil, failed)
}

// offer gives the process an invocation, if it is idle and alive.
func (h *host) offer(i *Invocation) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone || h.current != nil {
		return false
	}
	h.current, i.host = i, h
	h.next <- i
	return true
}

func (h *host) busy() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.current != nil
}

// settle gives the invocation its outcome, once.
func (h *host) settle(i *Invocation, response []byte, failed *FunctionError) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.current != i {
		return false
	}
	h.current = nil
	i.response, i.failed = response, failed
	close(i.done)
	return true
}

// signal sends the process a signal. A process that was told to end takes no further invocation.
func (h *host) signal(s os.Signal) {
	h.mu.Lock()
	h.gone = true
	h.mu.Unlock()
	_ = h.cmd.Process.Signal(s) // it may have ended
}

// close ends the process.
func (h *host) close() {
	h.signal(os.Kill)
	<-h.exited
	h.server.CloseClientConnections()
	h.server.Close()
}

// runtimeAPI is the Runtime API and the Extensions API, as far as aws-lambda-go asks for them
// (docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and runtimes-extensions-api.html).
func (h *host) runtimeAPI() http.Handler {
	const runtime, extension = "/2018-06-01/runtime", "/2020-01-01/extension"
	var first sync.Once
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+runtime+"/invocation/next", func(rw http.ResponseWriter, r *http.Request) {
		first.Do(func() { close(h.ready) })
		select {
		case i := <-h.next:
			h.hand(rw, i)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST "+runtime+"/invocation/{id}/response", func(rw http.ResponseWriter, r *http.Request) {
		h.outcome(rw, r, func(body []byte) ([]byte, *FunctionError) {
			if len(body) > maxPayload {
				return nil, &FunctionError{"Function.ResponseSizeTooLarge", fmt.Sprintf("Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).", len(body), maxPayload)}
			}
			return body, nil
		})
	})
	mux.HandleFunc("POST "+runtime+"/invocation/{id}/error", func(rw http.ResponseWriter, r *http.Request) {
		h.outcome(rw, r, func(body []byte) ([]byte, *FunctionError) { return nil, functionError(body) })
	})
	mux.HandleFunc("POST "+runtime+"/init/error", func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		h.initErr = functionError(body)
		h.mu.Unlock()
		accepted(rw)
	})
	mux.HandleFunc("POST "+extension+"/register", func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Lambda-Extension-Name") == "" {
			http.Error(rw, "Lambda-Extension-Name is missing", http.StatusBadRequest)
			return
		}
		rw.Header().Set("Lambda-Extension-Identifier", requestID())
		rw.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(rw, `{"functionName":%q,"functionVersion":"$LATEST","handler":"bootstrap"}`, FunctionName)
	})
	mux.HandleFunc("GET "+extension+"/event/next", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done() // an extension without events is never told of one
	})
	return mux
}

// hand gives the process an invocation and begins its time.
func (h *host) hand(rw http.ResponseWriter, i *Invocation) {
	i.deadline = time.Now().Add(h.w.timeout)
	header := rw.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Lambda-Runtime-Aws-Request-Id", i.RequestID)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", FunctionARN)
	header.Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0")
	close(i.taken)
	_, _ = rw.Write(i.payload)
	over := time.AfterFunc(h.w.timeout, func() {
		failed := &FunctionError{"Sandbox.Timedout", fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", i.RequestID, h.w.timeout.Seconds())}
		if h.settle(i, nil, failed) {
			h.signal(os.Kill)
		}
	})
	go func() {
		<-i.done
		over.Stop()
	}()
}

// outcome takes what the process says of its invocation.
func (h *host) outcome(rw http.ResponseWriter, r *http.Request, read func([]byte) ([]byte, *FunctionError)) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the process died while it spoke
	}
	h.mu.Lock()
	i := h.current
	h.mu.Unlock()
	if i == nil || i.RequestID != r.PathValue("id") {
		http.Error(rw, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	response, failed := read(body)
	accepted(rw)
	h.settle(i, response, failed)
}

func accepted(rw http.ResponseWriter) {
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(rw, `{"status":"OK"}`)
}

// functionError reads an error as a runtime reports it.
func functionError(body []byte) *FunctionError {
	var e FunctionError
	if err := json.Unmarshal(body, &e); err != nil {
		return &FunctionError{"Runtime.Unknown", string(body)}
	}
	return &e
}
