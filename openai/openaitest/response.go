package openaitest

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// response is what one POST /v1/responses made. Everything but ended and state is settled when it is made.
type response struct {
	id       string
	rec      *flight
	q        agentRequest
	prefixes []string // of the prompt, to remember when it has begun to answer
	model    string   // as the answer names it
	tier     string
	created  time.Time
	final    outcome // what it comes to if nobody cancels it
	usage    Usage   // what is billed for that
	carried  Usage   // of an image: what its carrier is billed for
	nano     int64
	stopped  chan struct{} // closed by cancel
	ended    bool          // guarded by Server.mu, like state
	state    outcome       // what it came to, once ended
	finished time.Time
}

// create works out the whole answer, so that the rest is only a matter of time.
func (s *Server) create(x *exchange, q agentRequest, model Model) (*response, *apiError) {
	f := x.fault
	prompt, _, _ := q.prompt()
	used := Usage{Input: textTokens(prompt)}
	if model.Window > 0 && used.Input > model.Window {
		return nil, &apiError{param: "input", code: "context_length_exceeded", message: "Your input exceeds the context window of this model. Please adjust your input and try again."}
	}
	cache, problem := s.cached(&q, model, prompt, used.Input)
	if problem != nil {
		return nil, problem
	}
	used.Cached, used.CacheWrite, used.CacheWriteLong = cache.cached, cache.written, cache.writtenLong

	p := s.accept(x, q, cache)
	text := f.Text
	if text == "" && f.Refusal == "" {
		text = s.compose(q, f.Edit)
	}
	p.write(&used, f, text)
	p.usage = used
	if f.Usage != nil {
		p.final.usage = usageWire(*f.Usage)
		if f.Usage.possible() {
			p.usage = *f.Usage
		}
	}
	if f.NoUsage {
		p.final.usage = nil
	}
	p.nano = model.price(p.usage, "", p.tier)
	s.keep(p)
	return p, nil
}

// accept begins a response.
func (s *Server) accept(x *exchange, q agentRequest, cache caching) *response {
	f := x.fault
	return &response{
		id:       "resp_" + digest(string(x.rec.Body), strconv.Itoa(x.rec.Attempt))[:48],
		rec:      x.rec,
		q:        q,
		prefixes: cache.prefixes,
		model:    cmp.Or(f.Model, q.Model),
		tier:     cmp.Or(f.ServiceTier, map[string]string{"": "default", "auto": "default", "fast": "priority"}[q.ServiceTier], q.ServiceTier),
		created:  s.o.Now(),
		stopped:  make(chan struct{}),
	}
}

// keep has a response found by its id, once what it comes to is settled.
func (s *Server) keep(p *response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.responses[p.id] = p
	p.rec.ResponseID, p.rec.State = p.id, "queued"
}

// generate lets a background response take its time. With none to take it ends here and now.
func (s *Server) generate(p *response, f Fault) {
	latency := s.latency(p) + f.Delay
	if f.Hold == nil && latency <= 0 {
		s.end(p, p.final)
		return
	}
	if !s.start() {
		return
	}
	s.extend(p.rec)
	go func() {
		defer s.work.Done()
		defer s.land(p.rec)
		if f.Hold.hold(s.call(p.rec), p.stopped, s.done) && pause(latency, p.stopped, s.done) {
			s.end(p, p.final)
		}
	}()
}

// latency is the time that a generation takes.
func (s *Server) latency(p *response) time.Duration {
	if p.q.image != nil {
		return s.o.ImageLatency
	}
	return s.o.AgentLatency
}

// end settles what a response has come to, and bills it. One in the background has then also begun to answer.
// Only the first call of it counts; it returns what the response came to.
func (s *Server) end(p *response, o outcome) outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.ended {
		return p.state
	}
	p.ended, p.state, p.finished = true, o, s.o.Now()
	p.rec.State = o.status
	if o.answers() {
		p.rec.Billed, p.rec.Usage, p.rec.Carried, p.rec.Rate, p.rec.Nano = true, p.usage, p.carried, p.tier, p.nano
		if p.q.Background {
			s.prompts.write(p.q.cacheKey(), p.prefixes...)
		}
	}
	return o
}

// retrieve is GET /v1/responses/{id}.
func (s *Server) retrieve(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	x := s.begin(w, r, Call{Kind: KindRetrieve, ResponseID: id}, id)
	if x == nil {
		return
	}
	if r.URL.Query().Get("stream") == "true" {
		x.fail(&apiError{param: "stream", code: "unsupported_parameter", message: "The simulated OpenAI does not stream."})
		return
	}
	p := s.find(id)
	if p == nil {
		x.fail(notFound(id))
		return
	}
	x.wait(0)
	s.mu.Lock()
	state := p.state
	if !p.ended {
		state = outcome{status: "in_progress"}
		p.rec.State = state.status
	}
	s.mu.Unlock()
	if status := x.fault.ResponseStatus; status != "" {
		state = outcome{status: status, code: x.fault.Code, message: x.fault.Message}
	}
	x.answer(p.wire(state))
}

// cancel is POST /v1/responses/{id}/cancel.
func (s *Server) cancel(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	x := s.begin(w, r, Call{Kind: KindCancel, ResponseID: id}, id)
	if x == nil {
		return
	}
	p := s.find(id)
	switch {
	case p == nil:
		x.fail(notFound(id))
	case !p.q.Background:
		x.fail(&apiError{message: "Cannot cancel a synchronous response."})
	default:
		state := s.end(p, outcome{status: "cancelled"})
		s.mu.Lock()
		select {
		case <-p.stopped:
		default:
			close(p.stopped)
		}
		s.mu.Unlock()
		x.answer(p.wire(state))
	}
}

// find looks up a response that is still kept: one made with store true for good, one made in the
// background without it for ten minutes, one made in the foreground with store false not at all.
func (s *Server) find(id string) *response {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.responses[id]
	if p == nil {
		return nil
	}
	store := p.q.Store
	switch {
	case store != nil && *store, store == nil && !p.q.Background:
		return p
	case p.q.Background && s.o.Now().Sub(p.created) < 10*time.Minute:
		return p
	}
	return nil
}

func notFound(id string) *apiError {
	return &apiError{status: http.StatusNotFound, message: fmt.Sprintf("Response with id '%s' not found.", id)}
}
