// Package openaitest is OpenAI at the wire, without OpenAI: an HTTP server that checks requests as
// strictly as the real service does, answers in its words, counts what it would have charged, and can
// be told to misbehave in every way the real one does.
//
// It serves two users. Tests start it with NewServer and ask it afterwards what was called, what was
// billed and how many calls were in flight. A laptop without an API key starts it with Start; there it
// is the simulator, so everything it makes says so: the images carry the words, the texts a marker,
// the notes a sentence.
//
//	POST /v1/images/edits              one image, drawn here from the prompt's colours and brand
//	POST /v1/responses                 one answer of the agent, or one image of its image tool, in the
//	                                   foreground or in the background
//	GET  /v1/responses/{id}            queued, in_progress, then what became of it
//	POST /v1/responses/{id}/cancel     ends a background response; it is not billed
//	GET  /v1/organization/costs        what was billed, by day, project and line item
//	GET  /v1/organization/usage/…      completions and images: what was used, by day, project and model
//
// It shares no code with the client and none with package cost: what they agree on they agree on
// because both are right.
package openaitest

import (
	"cmp"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options says how the server behaves. The zero value accepts any key, answers at once and without
// fault, and serves the models of its own rate table.
type Options struct {
	// Key is the only bearer token accepted; "" accepts every one that is not empty.
	Key string
	// AdminKey is the only token accepted for the organization's costs and usage; "" accepts every one that is not
	// empty and not Key.
	AdminKey string
	// Project is the id of the project that the server's own bill is in; "" is "proj_simulated".
	Project string
	// Statement may change what the organization's costs and usage say of a day, which is otherwise what is on the
	// bill. It is called for every request, and may be called from several goroutines.
	Statement func(*Statement)
	// ImageLatency and AgentLatency are the time that one generation of each kind takes, however it is
	// asked for; Fault.Delay is
	// added for a call of which it is to be another. With 0 an image and a foreground response are
	// answered at once; a background response is still answered queued, is complete the moment it was
	// accepted, and says so when it is next retrieved. An agent call has begun to answer, and its prompt
	// is in the prompt cache, when its time is over and not before.
	ImageLatency, AgentLatency time.Duration
	// Fault is asked about every call whose key was right, before anything else happens to it, and may
	// be called from several goroutines. A nil function or a nil result means: behave.
	Fault func(Call) *Fault
	// Rewrite writes the new text of one element; nil is Voice.Rewrite in the brand that the prompt names.
	Rewrite func(id, text string) string
	// Photos makes the images about as hard to compress as photographs, for tests of bytes and memory: a PNG of 1536 by
	// 1024 has 3 MB, where a card has a quarter of one.
	Photos bool
	// Now is the clock that shutdown dates, created_at and the ten minutes of an unstored background
	// response are measured by. Nil is time.Now for Start, and for NewServer a fixed day on which every
	// model of the rate table is still served, so that no test expires with a model.
	Now func() time.Time
	// Models are served beside those of the rate table, or in place of those of the same name.
	Models map[string]Model
}

// Server is a running fake. All its methods may be called from several goroutines at once.
type Server struct {
	o      Options
	models map[string]Model
	url    string
	http   *http.Server
	work   sync.WaitGroup // handlers and background generations
	done   chan struct{}  // closed by Close

	mu        sync.Mutex
	settled   *sync.Cond // signalled when the last call in flight ends
	closed    bool
	key       string
	counts    map[string]int // calls so far, by kind
	attempts  map[string]int // calls so far, by what they ask
	records   []*flight
	flying    map[string]int
	peak      map[string]int
	responses map[string]*response
	prompts   promptCache
}

// NewServer starts a server for the length of a test.
func NewServer(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return time.Date(2026, time.October, 1, 12, 0, 0, 0, time.UTC) }
	}
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start listens on a free port of 127.0.0.1 and serves until Close.
func Start(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the simulated OpenAI: %w", err)
	}
	s := &Server{
		o:         o,
		models:    maps.Clone(rateTable),
		url:       "http://" + listener.Addr().String() + "/v1",
		done:      make(chan struct{}),
		key:       o.Key,
		counts:    map[string]int{},
		attempts:  map[string]int{},
		flying:    map[string]int{},
		peak:      map[string]int{},
		responses: map[string]*response{},
		prompts:   promptCache{},
	}
	maps.Copy(s.models, o.Models)
	s.settled = sync.NewCond(&s.mu)
	s.http = &http.Server{Handler: s.routes(), ErrorLog: log.New(io.Discard, "", 0)}
	go s.http.Serve(listener)
	return s, nil
}

// Close stops the server: connections are cut, generations under way are dropped unbilled, and nothing
// of it runs any more when Close returns. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	if !already {
		close(s.done)
		s.http.Close()
	}
	s.work.Wait()
}

// URL is the address to use as OPENAI_BASE_URL; it ends in /v1.
func (s *Server) URL() string { return s.url }

// SetKey replaces Options.Key from the next request on, as rotating a key does.
func (s *Server) SetKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/images/edits", s.editImage)
	mux.HandleFunc("POST /v1/responses", s.respond)
	mux.HandleFunc("GET /v1/responses/{id}", s.retrieve)
	mux.HandleFunc("POST /v1/responses/{id}/cancel", s.cancel)
	mux.HandleFunc("GET /v1/organization/costs", s.costs)
	mux.HandleFunc("GET /v1/organization/usage/completions", s.completionsUsage)
	mux.HandleFunc("GET /v1/organization/usage/images", s.imagesUsage)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, &apiError{status: http.StatusNotFound, message: fmt.Sprintf("Invalid URL (%s %s)", r.Method, r.URL.Path)})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.start() {
			panic(http.ErrAbortHandler)
		}
		defer s.work.Done()
		mux.ServeHTTP(w, r)
	})
}

// start counts one more goroutine that Close waits for; false after Close.
func (s *Server) start() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.work.Add(1)
	}
	return !s.closed
}

// authorize says what is wrong with the request's key, in OpenAI's words, which echo part of it.
func (s *Server) authorize(r *http.Request) *apiError {
	s.mu.Lock()
	want := s.key
	s.mu.Unlock()
	return accept(r, want)
}

// accept says what is wrong with a request's key, which must be the one wanted; "" wants any.
func accept(r *http.Request, want string) *apiError {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return &apiError{status: http.StatusUnauthorized, message: "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."}
	}
	if want == "" || token == want {
		return nil
	}
	shown := strings.Repeat("*", len(token))
	if len(token) > 12 {
		shown = token[:8] + strings.Repeat("*", len(token)-12) + token[len(token)-4:]
	}
	return &apiError{status: http.StatusUnauthorized, code: "invalid_api_key", message: "Incorrect API key provided: " + shown + ". You can find your API key at https://platform.openai.com/account/api-keys."}
}

// dated is what ends the name of a dated version of a model.
var dated = regexp.MustCompile(`-\d{4}-\d{2}-\d{2}$`)

// model finds the model of one kind, or says why it is not served.
func (s *Server) model(name, kind string) (Model, *apiError) {
	if name == "" {
		return Model{}, missing("model")
	}
	m, ok := s.models[name]
	if !ok { // a dated version is served as its family is
		m, ok = s.models[dated.ReplaceAllString(name, "")]
	}
	switch {
	case !ok:
		return Model{}, &apiError{status: http.StatusNotFound, code: "model_not_found", message: fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", name)}
	case m.Shutdown != "" && s.o.Now().UTC().Format(time.DateOnly) >= m.Shutdown:
		return Model{}, &apiError{status: http.StatusNotFound, code: "model_not_found", message: fmt.Sprintf("The model `%s` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations", name)}
	case cmp.Or(m.Kind, KindAgent) != kind:
		return Model{}, &apiError{param: "model", code: "invalid_value", message: fmt.Sprintf("Invalid value: '%s'. The model is not supported by this endpoint.", name)}
	}
	return m, nil
}
