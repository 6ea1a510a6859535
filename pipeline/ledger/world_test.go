package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// What things cost in these tests: a token is a thousand nano-dollars, a try at most a cent, an answer a fifth of one.
const (
	ceiling = cost.Dollar / 100
	price   = cost.Dollar / 500
)

var catalog = func() *cost.Catalog {
	c, err := cost.ParseCatalog([]byte(`{"date": "2026-11-23", "models": {
		"scribe":  {"kind": "agent", "rates": {"input": 1, "cachedInput": 1, "output": 1}, "source": "test", "sourceDate": "2026-11-23"},
		"painter": {"kind": "image", "rates": {"input": 1, "cachedInput": 1, "imageInput": 1, "cachedImageInput": 1, "output": 1},
			"perImage": {"standard": 0.002, "high": 0.004}, "source": "test", "sourceDate": "2026-11-23"}}}`))
	if err != nil {
		panic(err)
	}
	return c
}()

// tokens is the usage of an answer that costs so much.
func tokens(a cost.Amount) *cost.Usage { return &cost.Usage{Input: int64(a / 1000)} }

// priceless is usage that no call can have.
var priceless = &cost.Usage{Input: 1, Cached: 2}

// Ways in which a call ends. The first four are the faults that say that a paid answer is of no use.
var (
	errRefused    = errors.New("the model refuses")
	errIncomplete = errors.New("it was cut short")
	errMalformed  = errors.New("it cannot be read")
	errUnusable   = errors.New("it is of no use")

	errElse     = errors.New("something else")
	errSilence  = errors.New("the connection broke")
	errInFlight = errors.New("it is still being made")
	errGone     = errors.New("it is not there any more")
)

var faults = map[string]error{"refused": errRefused, "incomplete": errIncomplete, "malformed": errMalformed, "unusable": errUnusable}

const runID = "run-1"

// world is an attempt of a run in a real store, with faults in front of it, and a client that is told how calls go.
type world struct {
	t       testing.TB
	store   *store.Bolt
	objects *store.Dir
	config  ledger.Config
	attempt int
	*ledger.Ledger

	mu     sync.Mutex
	faults []fault
	calls  map[string]int // of the store's methods, since it has these faults

	crowded  bool  // several goroutines ask at once, so that a row may be on its way while another is written
	requests []any // that were sent
	told     []ledger.Charge
}

// inWorld runs a test in a world whose pauses cost no time. Rows are what earlier attempts left.
func inWorld(t *testing.T, left []row, test func(t *testing.T, w *world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		database, err := store.OpenBolt(filepath.Join(dir, "db"))
		if err != nil {
			t.Fatal(err)
		}
		defer database.Close()
		w := &world{t: t, store: database, objects: store.NewDir(filepath.Join(dir, "objects")), calls: map[string]int{}, attempt: 1}
		run := store.Run{RunID: runID, Timestamp: time.Now(), Status: store.Running, Attempt: w.attempt}
		if _, err := w.store.CreateRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		for i, r := range left {
			w.leave(fmt.Sprintf("call#agent#%03d", i), r)
		}
		front := &front{Rows: database, Answers: w.objects, strike: w.strike}
		front.written = func() {
			if !w.crowded {
				w.sumHolds()
			}
		}
		w.config = ledger.Config{
			Rows: front, Answers: front, RunID: runID, RequestID: "request-1", Catalog: catalog, Now: time.Now, Faults: faults,
			Room: func(time.Duration) error { return nil },
			Told: func(_ context.Context, c ledger.Charge) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.told = append(w.told, c)
			},
		}
		w.next()
		test(t, w)
	})
}

// next begins another attempt, as a process does that takes the run over.
func (w *world) next() {
	w.t.Helper()
	seen, err := w.store.Run(w.t.Context(), runID)
	if err != nil {
		w.t.Fatal(err)
	}
	run := seen
	run.Attempt++
	if err := w.store.TakeLease(w.t.Context(), seen, run); err != nil {
		w.t.Fatal(err)
	}
	w.attempt, w.config.Attempt = run.Attempt, run.Attempt
	w.Ledger = nil
	if w.Ledger, err = ledger.Open(w.t.Context(), w.config); err != nil {
		w.t.Fatal(err)
	}
}

// once asks a question whose call goes as o says, and whose response is found as found says.
func (w *world) once(q ledger.Question, o outcome, found ...outcome) (ledger.Answer, error) {
	q.Ask = func(_ context.Context, c ledger.Call) (ledger.Reply, error) {
		w.requests = append(w.requests, c.Request)
		return o.reply(c)
	}
	if len(found) > 0 {
		q.Fetch = func(_ context.Context, c ledger.Call) (ledger.Reply, error) {
			if c.ResponseID != "resp_1" || c.Model != "scribe" || c.Request != nil {
				w.t.Errorf("fetched %+v", c)
			}
			return found[0].reply(c)
		}
	}
	return w.Once(w.t.Context(), q)
}

// question is one about copy, whose answers can be fetched.
func (w *world) question(asked string) ledger.Question {
	return ledger.Question{
		Kind: cost.Agent, Row: "call#agent#", Asked: asked, Model: "scribe", Ceiling: ceiling, MaxUnknown: 3,
		Request: "please: " + asked, Key: w.key(asked), ContentType: "application/json", Judge: judge,
	}
}

func (w *world) key(asked string) string {
	return fmt.Sprintf("runs/%s/%s-%d.json", runID, asked, w.attempt)
}

// judge stores what is good of an answer.
func judge(answer []byte) ([]byte, error) {
	if string(answer) == "rubbish" {
		return nil, fmt.Errorf("judged: %w", errUnusable)
	}
	return []byte("judged: " + string(answer)), nil
}

// outcome is how a call goes, as the client of whoever is paid tells it.
type outcome struct {
	unheard int    // tries that nobody hears of, before
	id      string // by which it can be fetched
	text    string
	usage   *cost.Usage
	silent  bool // the end does not say what was used
	err     error
	flying  bool // it has not ended
}

// good is an answer that costs the price of one.
var good = outcome{text: "fine", usage: tokens(price)}

func (o outcome) reply(c ledger.Call) (ledger.Reply, error) {
	for range o.unheard {
		if err := c.MaybeCharged(errSilence); err != nil {
			return ledger.Reply{}, err
		}
	}
	r := ledger.Reply{Content: []byte(o.text), Usage: o.usage, InFlight: o.flying}
	if o.id != "" {
		if err := c.Started(o.id); err != nil {
			return ledger.Reply{InFlight: true}, err
		}
	}
	if o.silent {
		if err := c.MaybeCharged(errSilence); err != nil {
			return r, err
		}
	}
	return r, o.err
}

// errAny is any error that is none of the ledger's, the store's or the faults.
var errAny = errors.New("any error")

// failsWith holds that an error is all that it should be, and nothing of what it might be taken for.
func (w *world) failsWith(err error, want ...error) {
	w.t.Helper()
	if (err != nil) != (len(want) > 0) {
		w.t.Errorf("error: %v; want %v", err, want)
	}
	for _, sentinel := range []error{
		ledger.ErrUnheard, ledger.ErrUnwritten, store.ErrUnavailable, store.ErrConflict, store.ErrFenced, store.ErrNotFound,
		errRefused, errIncomplete, errMalformed, errUnusable, errElse, errSilence, errInFlight, errGone,
	} {
		wanted := false
		for _, e := range want {
			wanted = wanted || errors.Is(e, sentinel)
		}
		if errors.Is(err, sentinel) != wanted {
			w.t.Errorf("error %v: is it %q? want %v", err, sentinel, wanted)
		}
	}
	if err != nil && errors.Is(errors.Join(want...), errAny) && err.Error() != "what happened then" {
		w.t.Errorf("error: %v", err)
	}
}

// usable holds that an answer is good, stored where it says, and recorded.
func (w *world) usable(a ledger.Answer) {
	w.t.Helper()
	kept, err := w.objects.Get(w.t.Context(), a.Key)
	content, reading := w.Content(w.t.Context(), a)
	if err != nil || reading != nil || string(content) != string(kept) || !strings.HasPrefix(string(kept), "judged: ") || a.Model != "scribe" {
		w.t.Errorf("answer %+v: %q, %v; stored: %q, %v", a, content, reading, kept, err)
	}
	_, rows := w.stored()
	for _, r := range rows {
		if r.Asked == "q" && r.State == "answered" && r.Result == a.Key {
			return
		}
	}
	w.t.Errorf("no row says that the answer is %s: %s", a.Key, w.rows())
}
