package openaitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// maxBody is the most that the body of one request may hold, in bytes.
const maxBody = 64 << 20

// exchange is one request on its way to an answer.
type exchange struct {
	s     *Server
	w     http.ResponseWriter
	r     *http.Request
	rec   *flight
	fault Fault
	left  bool
}

// begin records a call that has been read, checks its key and asks for its fault. It returns nil when the
// call is over: answered with an error, or cut.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, c Call, same string) *exchange {
	c.Header = r.Header
	x := &exchange{s: s, w: w, r: r, rec: s.enter(c, same)}
	if problem := s.authorize(r); problem != nil {
		x.fail(problem)
		return nil
	}
	if s.o.Fault != nil {
		if f := s.o.Fault(s.call(x.rec)); f != nil {
			x.fault = *f
		}
	}
	failure := x.fault.failure()
	if x.fault.Drop != DropBefore && (failure == nil || x.fault.Charge) {
		return x
	}
	x.wait(0)
	if x.fault.Drop == DropBefore {
		x.cut(0)
	}
	x.fail(failure)
	return nil
}

// wait takes the time that the call takes: latency, and what the fault adds. When there is nobody left to
// answer it does not return.
func (x *exchange) wait(latency time.Duration) {
	gone := x.r.Context().Done()
	if !x.fault.Hold.hold(x.s.call(x.rec), gone, x.s.done) || !pause(latency+x.fault.Delay, gone, x.s.done) {
		x.cut(0)
	}
}

// fail answers with an error.
func (x *exchange) fail(problem *apiError) {
	status, body := problem.wire()
	x.send(status, encode(body))
}

// answer sends what the call came to, unless the fault has something else sent.
func (x *exchange) answer(body []byte) {
	if !x.fault.HoldAnswer.hold(x.s.call(x.rec), x.r.Context().Done(), x.s.done) {
		x.cut(0)
	}
	if failure := x.fault.failure(); failure != nil {
		x.fail(failure)
		return
	}
	x.send(http.StatusOK, body)
}

// send writes the answer. The call is over for InFlight before the client can know it: a client that does
// three things at once is never counted with four.
func (x *exchange) send(status int, body []byte) {
	header := x.w.Header()
	header.Set("Content-Type", "application/json")
	if x.fault.Body != "" {
		body = []byte(x.fault.Body)
		header.Set("Content-Type", "text/html")
		if x.fault.Status != 0 {
			status = x.fault.Status
		}
	}
	header.Set("X-Request-Id", x.rec.RequestID)
	header.Set("Openai-Version", "2020-10-01")
	header.Set("Content-Length", fmt.Sprint(len(body)))
	for name, values := range x.fault.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	if x.fault.Drop == DropAfter {
		x.cut(0)
	}
	if x.fault.Drop == DropMid {
		x.w.WriteHeader(status)
		x.w.Write(body[:len(body)/2])
		http.NewResponseController(x.w).Flush()
		x.cut(status)
	}
	x.leave(status)
	x.w.WriteHeader(status)
	x.w.Write(body)
}

// cut closes the connection; status is what was sent of an answer. It does not return.
func (x *exchange) cut(status int) {
	x.leave(status)
	panic(http.ErrAbortHandler)
}

// leave takes the request out of flight, once. A background response that is still being generated stays:
// its generation ends it.
func (x *exchange) leave(status int) {
	if x.left {
		return
	}
	x.left = true
	x.s.set(x.rec, func(r *Record) { r.Status, r.Ended = status, time.Now() })
	x.s.land(x.rec)
}

// writeError answers a request that belongs to no kind of call.
func writeError(w http.ResponseWriter, problem *apiError) {
	status, body := problem.wire()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(encode(body))
}

// encode writes JSON as OpenAI does, with <, > and & as they are.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only of maps, strings and numbers made here
	}
	return b.Bytes()
}
