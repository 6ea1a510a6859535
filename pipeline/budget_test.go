package pipeline_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

func TestABudgetIsNeverExceeded(t *testing.T) {
	flat := configured(func(c *pipeline.Config) {
		c.ImageModel, c.AgentModel, c.Catalog = "flat-image", "flat-agent", flatCatalog(t)
	})
	models := func(_ *pipeline.Config, o *openaitest.Options) {
		o.Models = map[string]openaitest.Model{
			"flat-image": {Kind: openaitest.KindImage, PerImage: 4e7, PerImageHigh: 8e7},
			"flat-agent": {Kind: openaitest.KindAgent, Rates: openaitest.Rates{Input: 3000, Cached: 300, Output: 12000}},
		}
	}
	w := newWorld(t, flat, models)
	payload := inline("run-1", testFunnel(5, 8))
	full := newWorld(t, flat, models).run(payload).Cost.Total
	var last error
	for cents := int64(0); ; cents++ {
		limit := cost.Amount(cents * 1e7)
		response, err := w.handle(context.Background(), with(payload, "maxCostUsd", json.Number(limit.Decimal())))
		r := w.getRun("run-1")
		if r.Cost.Total > limit || w.openai.Bill().Total > int64(limit) {
			t.Fatalf("with a budget of %s the run cost %s, the bill is %s", limit, r.Cost.Total, cost.Amount(w.openai.Bill().Total))
		}
		if err == nil {
			var s pipeline.Summary
			read(t, response, &s)
			if s.Status != "completed" || s.Cost.Total != full {
				t.Errorf("%s of %s: %+v", s.Cost.Total, full, s)
			}
			break
		}
		if pipeline.NameOf(err) != pipeline.BudgetExceeded || !strings.Contains(err.Error(), limit.String()) {
			t.Fatalf("with a budget of %s: %s: %v", limit, pipeline.NameOf(err), err)
		}
		last = err
		if limit > 4*full {
			t.Fatalf("the run needs more than %s although it costs %s: %v", limit, full, err)
		}
	}
	t.Logf("the run costs %s; the last refusal: %v", full, last)
	w.billEqualsTotal(w.getRun("run-1").Cost)
}

// flatCatalog has models whose calls cost so little that a budget can be tried cent by cent.
func flatCatalog(t testing.TB) *cost.Catalog {
	t.Helper()
	c, err := cost.DefaultCatalog().Override([]byte(`{"date":"2026-11-23","models":{
		"flat-image":{"kind":"image","rates":{"input":1,"cachedInput":1,"imageInput":1,"cachedImageInput":1,"output":1},"perImage":{"standard":0.04,"high":0.08},"source":"test","sourceDate":"2026-11-23"},
		"flat-agent":{"kind":"agent","rates":{"input":3,"cachedInput":0.3,"output":12},"source":"test","sourceDate":"2026-11-23"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACompleteAnswerWithoutUsageIsKeptWhateverTheBudget(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage {
			return &openaitest.Fault{NoUsage: true, Image: smallPicture}
		}
		return nil
	}))
	var e pipeline.Estimate
	w.do(with(inline("run-1", testFunnel(1, 0)), "action", "estimate"), &e)
	s := w.run(with(inline("run-1", testFunnel(1, 0)), "maxCostUsd", json.Number(e.ExpectedCost.Decimal())))
	if s.Images.Succeeded != 1 || w.openai.Count(openaitest.KindImage) != 1 {
		t.Errorf("%+v", s)
	}
}
