package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
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

func TestAServiceThatIsDownIsTransient(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault { return &openaitest.Fault{Status: 503} }))
	w.fails(inline("run-1", testFunnel(1, 1)), pipeline.Transient)
	r := w.getRun("run-1")
	if r.Status != "failed" || r.Cost.Total != 0 || r.Cost.PossiblyCharged != nil {
		t.Errorf("%+v", r)
	}
}
