package stacktest

import (
	"encoding/json"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

func TestLambda_SuspendsWhenItIsToldToEnd(t *testing.T) {
	// interrupted begins a run, ends its process when the call has begun, and goes on with it in another process.
	interrupted := func(t *testing.T, faults openaitest.Options, begun func(*lambdatest.World), gate *openaitest.Gate) (cost.Breakdown, cost.Amount) {
		w := world(t, lambdatest.Options{OpenAI: faults})
		call, err := w.Begin(inline("interrupted", 1))
		if err != nil {
			t.Fatal(err)
		}
		begun(w)
		call.Terminate()
		raw, failed, err := call.Wait(patience(t))
		if err != nil || failed != nil {
			t.Fatalf("%v, %v", failed, err)
		}
		var suspended pipeline.Summary
		if err := json.Unmarshal(raw, &suspended); err != nil || suspended.Status != store.Suspended {
			t.Fatalf("it answered %s, %v", raw, err)
		}
		gate.Release()
		done := answered[pipeline.Summary](t, w, object{"runId": "interrupted"})
		if done.Status != store.Completed || done.Images.Succeeded != 1 {
			t.Fatalf("invoked again: %+v", done)
		}
		return done.Cost, cost.Amount(w.OpenAI.Bill().Total)
	}
	t.Run("DuringTheAgentsAnswer", func(t *testing.T) { // it is fetched by its id
		gate := openaitest.NewGate()
		faults, asked := heldAnswer(gate)
		got, billed := interrupted(t, faults, func(*lambdatest.World) {
			<-asked // the image waits for its alternative text
		}, gate)
		if got.PossiblyCharged != nil || got.Total != billed {
			t.Errorf("billed %v, on record %+v", billed, got)
		}
	})
	t.Run("DuringAnImage", func(t *testing.T) { // it is made again, and the record says so
		gate := openaitest.NewGate()
		faults := openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindImage && c.N == 1 {
				return &openaitest.Fault{Hold: gate, Image: undrawn.Image}
			}
			return undrawn
		}}
		got, billed := interrupted(t, faults, func(*lambdatest.World) { <-gate.Arrived() }, gate)
		if got.PossiblyCharged == nil || got.Total+got.PossiblyCharged.Cost != billed {
			t.Errorf("billed %v, on record %+v", billed, got)
		}
	})
}
