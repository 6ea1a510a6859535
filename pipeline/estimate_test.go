package pipeline_test

import (
	"encoding/json"
	"testing"

	"github.com/full-turner/full-turner/pipeline"
)

func TestEstimate(t *testing.T) {
	w := newWorld(t)
	payload := inline("", testFunnel(3, 5))
	delete(payload, "runId")
	var e pipeline.Estimate
	w.do(with(payload, "action", "estimate"), &e)
	if len(w.openai.Calls()) != 0 {
		t.Error("OpenAI was asked")
	}
	if e.Images.Calls != 3 || e.Agent.Calls != 1 || e.ExpectedCost != e.Images.Cost+e.Agent.Cost {
		t.Errorf("%+v", e)
	}
	s := w.run(with(payload, "maxCostUsd", json.Number(e.ExpectedCost.Decimal())))
	if s.Status != "completed" || s.Cost.Total > e.ExpectedCost {
		t.Errorf("estimated %s, cost %s", e.ExpectedCost, s.Cost.Total)
	}
}
