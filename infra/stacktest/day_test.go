package stacktest

import (
	"bytes"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// day is a few runs of every kind, as a day has them, and what they left behind.
type day struct {
	lines  []lambdatest.Line
	runs   map[string]store.Run
	steps  map[string]float64 // how often outputLogs says that each step ended
	images float64            // images that were worked on
	billed cost.Amount
}

// aDay makes the runs once for all tests that look at them.
func aDay(t *testing.T) day {
	t.Helper()
	documented(t) // skips the test, and not the making of the day, which is made once
	once.Do(func() { theDay = newDay(t) })
	if theDay.runs == nil {
		t.Fatal("the day was not to be had; see the test that made it")
	}
	return theDay
}

var (
	once   sync.Once
	theDay day
)

func newDay(t *testing.T) (d day) {
	t.Helper()
	held := openaitest.NewGate()
	faults := map[string]func(n int) *openaitest.Fault{
		"refused": func(int) *openaitest.Fault { return &openaitest.Fault{Refusal: "I cannot help with that."} },
		"retried": func(n int) *openaitest.Fault {
			if n == 1 {
				return &openaitest.Fault{Status: http.StatusTooManyRequests, Code: "rate_limit_exceeded", Header: http.Header{"Retry-After-Ms": {"1"}}}
			}
			return nil
		},
		"interrupted": func(int) *openaitest.Fault { return &openaitest.Fault{Hold: held} },
	}
	var mu sync.Mutex
	calls := map[string]int{}
	w := world(t, lambdatest.Options{
		OpenAI: openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
			mu.Lock()
			defer mu.Unlock()
			calls[c.Kind+c.Metadata["runId"]]++
			if c.Kind == openaitest.KindImage {
				if calls[c.Kind] == 1 {
					return &openaitest.Fault{Image: undrawn.Image, Drop: openaitest.DropAfter} // charged, and nobody hears of it
				}
				return undrawn
			}
			if fault := faults[c.Metadata["runId"]]; fault != nil && c.Kind == openaitest.KindAgent {
				return fault(calls[c.Kind+c.Metadata["runId"]])
			}
			return nil
		}},
		DynamoDB: func(operation string, body []byte) string {
			if operation == "Query" && bytes.Contains(body, []byte("unreadable")) {
				return "AccessDeniedException"
			}
			return ""
		},
	})
	answered[object](t, w, put("summer", 2))
	answered[object](t, w, put("winter", 0))
	ids := []string{"complete", "refused", "retried", "interrupted", "nothing"}
	for _, id := range ids[:3] {
		template := map[string]string{"complete": "summer", "refused": "summer", "retried": "winter"}[id]
		if _, _, err := w.Invoke(patience(t), object{"runId": id, "templateId": template}); err != nil {
			t.Fatal(err)
		}
	}
	call, err := w.Begin(object{"runId": "interrupted", "templateId": "winter"})
	if err != nil {
		t.Fatal(err)
	}
	<-held.Arrived()
	for recorded := false; !recorded; time.Sleep(10 * time.Millisecond) { // until then its answer could not be fetched
		rows, err := w.Store.Logs(patience(t), "interrupted", "call#agent#")
		if err != nil {
			t.Fatal(err)
		}
		recorded = len(rows) == 1 && bytes.Contains(rows[0].Data, []byte(`"responseId"`))
	}
	call.Terminate()
	if _, failed, err := call.Wait(patience(t)); failed != nil || err != nil {
		t.Fatal(failed, err)
	}
	held.Release()
	answered[pipeline.Summary](t, w, object{"runId": "interrupted"})
	for _, payload := range []object{
		{"runId": "nothing", "templateId": "nowhere"},
		{"action": "handleFailure", "error": "States.Timeout", "cause": "", "input": object{"runId": "unreadable"}},
	} {
		if _, failed, err := w.Invoke(patience(t), payload); failed == nil {
			t.Fatal(payload, err)
		}
	}
	d.lines, d.billed = w.Settled(), cost.Amount(w.OpenAI.Bill().Total)
	runs := map[string]store.Run{}
	d.steps = map[string]float64{}
	for _, id := range ids {
		runs[id] = w.Run(id)
		logs, err := w.Store.Logs(t.Context(), id, "step#")
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range logs {
			d.steps[row.LogType[strings.LastIndex(row.LogType, "#")+1:]]++
		}
	}
	for _, line := range d.lines {
		if line.Field("message") == "image processed" {
			d.images++
		}
	}
	d.runs = runs
	return d
}
