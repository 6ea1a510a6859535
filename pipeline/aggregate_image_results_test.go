package pipeline_test

import (
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

func TestErrorsThatWouldHitEveryImageStopTheRun(t *testing.T) {
	tests := []struct {
		name  string
		fault openaitest.Fault
		want  pipeline.ErrorName
	}{
		{"a bad key", openaitest.Fault{Status: 401}, pipeline.OpenAIUnauthorized},
		{"no quota", openaitest.Fault{Code: "insufficient_quota"}, pipeline.QuotaExhausted},
		{"a model that is gone", openaitest.Fault{Status: 404, Code: "model_not_found"}, pipeline.ModelRetired},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == openaitest.KindImage {
					return &test.fault
				}
				return nil
			}))
			w.fails(inline("run-1", testFunnel(12, 1)), test.want)
			images := map[string]bool{}
			for _, c := range w.openai.Calls() {
				if c.Kind == openaitest.KindImage {
					images[c.ImageSHA256] = true
				}
			}
			if len(images) > 3 {
				t.Errorf("%d images were asked for before the run stopped", len(images))
			}
			r := w.getRun("run-1")
			if r.Status != "failed" || r.Error.Name != string(test.want) || r.Error.Step != "AggregateImageResults" {
				t.Errorf("%+v", r.Error)
			}
			w.billCovered(r.Cost) // the agent's response may be in flight: it is fetched when the run goes on
		})
	}
}
