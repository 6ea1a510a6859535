package openaitest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The kinds of call, as Call.Kind, MaxInFlight and InFlight name them.
const (
	KindImage    = "image"    // POST /images/edits, and POST /responses with the image tool, likewise
	KindAgent    = "agent"    // POST /responses, and in the background the generation that follows it
	KindRetrieve = "retrieve" // GET /responses/{id}
	KindCancel   = "cancel"   // POST /responses/{id}/cancel
)

// Call is one request as it arrived. Fields that its kind does not have are empty, and so is all that
// could not be read from a request that is malformed.
type Call struct {
	Kind    string
	N       int // the nth call of its kind, from 1, in order of arrival
	Attempt int // the nth time that this very request was made (for a retrieve: this response), from 1

	Model       string   // image: the image model
	Carrier     string   // image: the model that is to call the image tool; "" for an edit
	Prompt      string   // image: the prompt
	Input       []string // agent: the text of every input message, in order
	Elements    []string // agent: the ids after TEXTS in the last user message, in order
	ServiceTier string   // agent: as asked for

	Instructions    string // agent
	SchemaName      string
	Effort          string
	CacheKey        string
	MaxOutputTokens int64
	Metadata        map[string]string
	Store           bool // agent: true unless the request says false
	InBackground    bool

	Size, Quality, Background         string // image: as asked for
	Format                            string // image: the output format, as asked for
	ImageName, ImageType, ImageSHA256 string // image: file name, content type and hex SHA-256 of the original
	Beside                            int    // image: further pictures

	ResponseID string // the response made, retrieved or cancelled
	RequestID  string // the x-request-id that answers it
	Header     http.Header
	Body       []byte // of POST /responses: the JSON as it came
}

// Record is one call and what became of it.
type Record struct {
	Call
	Status int    // HTTP status sent; 0 when nothing was: dropped, the client left, or still in flight
	State  string // of /responses: what its response has come to: queued, in_progress, completed, incomplete, failed, …
	Billed bool
	Nano   int64 // billed, in nano-dollars
	Usage  Usage // what was billed for
	// Carried is what the carrier of an image was billed for, beside Usage; it is in Nano.
	Carried Usage
	// Started and Ended are when the request came in and when its answer went out, by the real clock,
	// whatever Options.Now says; Ended is zero until then.
	Started, Ended time.Time
	Arrived        time.Time // by Options.Now
	Rate           string    // billed: the service tier of a response, or the quality of an image, that Nano is the price of
}

// Bill is what the server charged, by its own rate table.
//
// An image, and a response in the foreground, is on it from the moment the request is accepted: from
// there the work is done and paid for, whether or not the client stays to see it. A background response
// is on it once, when its generation ends. Errors, cancelled and failed responses cost nothing.
type Bill struct {
	Total, Agent, Image int64    // nano-dollars
	Charges             []Record // the billed calls, in order of arrival
}

// Bill returns what has been charged so far.
func (s *Server) Bill() Bill {
	var b Bill
	for _, r := range s.Calls() {
		if !r.Billed {
			continue
		}
		b.Charges = append(b.Charges, r)
		b.Total += r.Nano
		if r.Kind == KindImage {
			b.Image += r.Nano
		} else {
			b.Agent += r.Nano
		}
	}
	return b
}

// Calls returns every request so far, in order of arrival.
func (s *Server) Calls() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]Record, len(s.records))
	for i, r := range s.records {
		calls[i] = r.Record
	}
	return calls
}

// Count returns how many calls of a kind have arrived.
func (s *Server) Count(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[kind]
}

// InFlight returns how many calls of a kind are under way: requests that are not answered yet and,
// for agent, background responses that are still being generated.
func (s *Server) InFlight(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flying[kind]
}

// MaxInFlight returns the most calls of a kind that were ever under way at once. A call whose client
// hung up counts until the server notices that it did.
func (s *Server) MaxInFlight(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak[kind]
}

// Wait returns when nothing is in flight: every request is answered or given up, every background
// response has come to an end.
func (s *Server) Wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.aloft() > 0 {
		s.settled.Wait()
	}
}

func (s *Server) aloft() int {
	n := 0
	for _, calls := range s.flying {
		n += calls
	}
	return n
}

// flight is a record and the number of things that still go on for it: the request that waits for its
// answer, and the generation behind it.
type flight struct {
	Record
	legs int
}

// enter records a call that arrived and numbers it; same identifies what it asks for.
func (s *Server) enter(c Call, same string) *flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[c.Kind]++
	s.attempts[c.Kind+same]++
	c.N, c.Attempt = s.counts[c.Kind], s.attempts[c.Kind+same]
	c.RequestID = "req_" + digest(strconv.Itoa(len(s.records)))[:32]
	f := &flight{Record: Record{Call: c, Started: time.Now(), Arrived: s.o.Now().UTC()}, legs: 1}
	s.records = append(s.records, f)
	s.flying[c.Kind]++
	s.peak[c.Kind] = max(s.peak[c.Kind], s.flying[c.Kind])
	return f
}

// extend counts a generation that goes on behind the request.
func (s *Server) extend(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.legs++
}

// land ends one of the flight's legs; after the last it is in flight no more.
func (s *Server) land(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.legs--; f.legs > 0 {
		return
	}
	s.flying[f.Kind]--
	if s.aloft() == 0 {
		s.settled.Broadcast()
	}
}

// set changes a record under the lock.
func (s *Server) set(f *flight, change func(*Record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&f.Record)
}

// call returns the call as it stands.
func (s *Server) call(f *flight) Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f.Call
}

// charge bills one image.
func (s *Server) charge(f *flight, u Usage, quality string, nano int64) {
	s.set(f, func(r *Record) { r.Billed, r.Usage, r.Rate, r.Nano = true, u, quality, nano })
}

// digest is the hex SHA-256 of its arguments, each kept apart from the next.
func digest(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		io.WriteString(h, strconv.Itoa(len(part))+":")
		io.WriteString(h, part)
	}
	return hex.EncodeToString(h.Sum(nil))
}
