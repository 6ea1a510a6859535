package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// panicking is an OpenAI client with a fault of its own.
type panicking struct{ pipeline.OpenAI }

func (panicking) EditImage(context.Context, openai.ImageRequest) (openai.ImageResult, error) {
	panic("the dice fell off the table")
}

// panickingAgent is one whose agent calls have it.
type panickingAgent struct{ pipeline.OpenAI }

func (panickingAgent) Respond(context.Context, openai.AgentRequest) (openai.AgentResult, error) {
	panic("the dice fell off the table")
}

func TestAPanicFailsTheRunAndNotTheProcess(t *testing.T) {
	for name, broken := range map[string]func(pipeline.OpenAI) pipeline.OpenAI{
		"in an image's call": func(c pipeline.OpenAI) pipeline.OpenAI { return panicking{c} },
		"in a batch's call":  func(c pipeline.OpenAI) pipeline.OpenAI { return panickingAgent{c} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.another(func(c *pipeline.Config) { c.OpenAI = broken(c.OpenAI) })
			payload := fmt.Sprintf(`{"runId":"run-1","brandGuide":%q,"templateFunnel":%s}`, guide, testFunnel(2, 600))
			_, err := p.Handle(context.Background(), "request-1", []byte(payload))
			if pipeline.NameOf(err) != pipeline.Internal || !strings.Contains(err.Error(), "dice") {
				t.Fatalf("%v", err)
			}
			if r := w.getRun("run-1"); r.Status != "failed" || r.Error.Name != "Internal" {
				t.Errorf("%+v", r)
			}
			rows := w.rows("run-1", "error#")
			if stack, _ := rows[len(rows)-1].Data["stack"].(string); !strings.Contains(stack, "goroutine") {
				t.Errorf("no stack on record: %+v", rows)
			}
		})
	}
}

// brokenObjects is an object store that cannot be reached for some puts.
type brokenObjects struct {
	store.Objects
	broken func(key string) bool
}

func (o brokenObjects) Put(ctx context.Context, key, contentType string, body []byte) error {
	if o.broken(key) {
		return fmt.Errorf("put %s: %w", key, store.ErrUnavailable)
	}
	return o.Objects.Put(ctx, key, contentType, body)
}

func TestAnUploadThatFailsForAWhileDoesNotPayForTheImageAgain(t *testing.T) {
	var puts atomic.Int32
	w := newWorld(t, configured(func(c *pipeline.Config) {
		c.Objects = brokenObjects{c.Objects, func(key string) bool { return strings.HasPrefix(key, "images/") && puts.Add(1) <= 4 }}
	}))
	s := w.run(inline("run-1", testFunnel(1, 1)))
	if s.Images.Succeeded != 1 || w.openai.Count(openaitest.KindImage) != 1 {
		t.Errorf("%+v, asked %d times", s.Images, w.openai.Count(openaitest.KindImage))
	}
	w.billEqualsTotal(s.Cost)
}

// flakyStore is a database whose writes fail for a while.
type flakyStore struct {
	store.Store
	fails atomic.Int32
}

func (s *flakyStore) SetLog(ctx context.Context, l store.Log) error {
	if strings.HasPrefix(l.LogType, "call#") && s.fails.Add(-1) >= 0 {
		return fmt.Errorf("row %s: %w", l.LogType, store.ErrUnavailable)
	}
	return s.Store.SetLog(ctx, l)
}

func TestAnAnswerThatCouldNotBeRecordedAtOnceIsRecordedLater(t *testing.T) {
	flaky := new(flakyStore)
	flaky.fails.Store(5)
	w := newWorld(t, configured(func(c *pipeline.Config) { flaky.Store, c.Store = c.Store, flaky }))
	s := w.run(inline("run-1", testFunnel(2, 2)))
	if s.Status != "completed" || s.Cost.PossiblyCharged != nil {
		t.Errorf("%+v", s)
	}
	w.billEqualsTotal(s.Cost)
}

func TestARunThatKillsItsProcessIsGivenUp(t *testing.T) {
	w := newWorld(t, configured(func(c *pipeline.Config) { c.MaxCrashes = 2 }))
	now := w.config.Now()
	_, err := w.config.Store.CreateRun(context.Background(), store.Run{ // as its second crash left it
		RunID: "run-1", Timestamp: now, TemplateID: "inline", Status: store.Running, Attempt: 3, Crashes: 2,
		LeaseUntil: now.Add(-time.Second), UpdatedAt: now.Add(-time.Minute),
		Input: fmt.Appendf(nil, `{"brandGuide":%q,"templateFunnel":%q}`, guide, testFunnel(1, 1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.fails(map[string]any{"runId": "run-1"}, pipeline.AttemptsExhausted)
	if r := w.getRun("run-1"); r.Status != "failed" || r.Crashes != 3 || len(w.openai.Calls()) != 0 {
		t.Errorf("%+v", r)
	}
	if s := w.run(map[string]any{"runId": "run-1"}); s.Status != "completed" {
		t.Errorf("somebody decided to try again, and: %+v", s)
	}
}

func TestWithoutBackgroundModeTheAgentAnswersInTheForeground(t *testing.T) {
	w := newWorld(t, configured(func(c *pipeline.Config) { c.ForegroundAgent = true }))
	s := w.run(inline("run-1", testFunnel(0, 2)))
	for _, c := range w.openai.Calls() {
		if c.InBackground || c.Kind == openaitest.KindRetrieve {
			t.Errorf("%+v", c.Call)
		}
	}
	w.billEqualsTotal(s.Cost)
}

func TestAServiceThatIsDownIsTransient(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault { return &openaitest.Fault{Status: 503} }))
	w.fails(inline("run-1", testFunnel(1, 1)), pipeline.Transient)
	r := w.getRun("run-1")
	if r.Status != "failed" || r.Cost.Total != 0 || r.Cost.PossiblyCharged != nil {
		t.Errorf("%+v", r)
	}
}

func TestWhatTheModelSaysCannotReachWhatIsNotCopy(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		return &openaitest.Fault{Edit: func(r []openaitest.Rewritten) []openaitest.Rewritten {
			var out []openaitest.Rewritten
			for _, x := range r {
				out = append(out, openaitest.Rewritten{ID: x.ID, Text: x.Text + ` <a href="https://evil.example/">win</a>`})
			}
			return append(out, openaitest.Rewritten{ID: "opt_form_url", Text: "https://evil.example/"}, openaitest.Rewritten{ID: "image_0", Text: "x"})
		}}
	}))
	w.fails(inline("run-1", testFunnel(1, 2)), pipeline.AgentFailed)
	w.billEqualsTotal(w.getRun("run-1").Cost)
}
