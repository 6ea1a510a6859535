package pipeline_test

import (
	"context"
	"encoding/json"
	"image/color"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

// inBackground has images made in the background.
func inBackground() setting {
	return configured(func(c *pipeline.Config) { c.ImageCalls = pipeline.ImageBackground })
}

// imageFaults makes the fake misbehave about images.
func imageFaults(f func(openaitest.Call) *openaitest.Fault) setting {
	return faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage {
			return f(c)
		}
		return nil
	})
}

func TestImagesInTheBackground(t *testing.T) {
	w := newWorld(t, inBackground())
	var e pipeline.Estimate
	w.do(with(inline("estimate", testFunnel(3, 2)), "action", "estimate"), &e)
	s := w.run(inline("run-1", testFunnel(3, 2)))
	if s.Images.Succeeded != 3 || s.Cost.PossiblyCharged != nil || s.Cost.Details.Images.Calls != 3 || s.Cost.Details.Images.ImagesGenerated != 3 {
		t.Errorf("%+v %+v", s.Images, s.Cost)
	}
	w.billEqualsTotal(s.Cost)
	if e.Images.Cost < s.Cost.Image || e.Models["imageCarrier"] != pipeline.DefaultCarrierModel {
		t.Errorf("the images cost %s, and were expected to cost %s at the most, with %v", s.Cost.Image, e.Images.Cost, e.Models)
	}
	for _, c := range w.openai.Bill().Charges {
		if c.Kind != openaitest.KindImage {
			continue
		}
		if !c.InBackground || !c.Store || c.Carrier != pipeline.DefaultCarrierModel || c.Model != "gpt-image-2.6-sunburst" || c.Metadata["runId"] != "run-1" || c.Carried.Input == 0 {
			t.Errorf("%+v", c)
		}
	}
	for _, row := range w.rows("run-1", "call#image#") {
		usage, _ := row.Data["usage"].(map[string]any)
		carrier, _ := usage["carrier"].(map[string]any)
		if row.Data["model"] != "gpt-image-2.6-sunburst" || row.Data["responseId"] == nil || carrier["model"] != pipeline.DefaultCarrierModel {
			t.Errorf("%+v", row.Data)
		}
	}
}

func TestWhatAnImageInTheBackgroundComesTo(t *testing.T) {
	once := func(f openaitest.Fault) setting {
		return imageFaults(func(c openaitest.Call) *openaitest.Fault {
			if c.N == 1 {
				return &f
			}
			return nil
		})
	}
	always := func(f openaitest.Fault) setting {
		return imageFaults(func(openaitest.Call) *openaitest.Fault { return &f })
	}
	for name, tt := range map[string]struct {
		fault    setting
		made     int
		asked    int
		possibly int64
		problem  string
	}{
		"refused":                 {always(openaitest.Fault{Refusal: "not this"}), 0, 1, 0, "not this"},
		"refused at once":         {always(openaitest.Fault{Code: "moderation_blocked"}), 0, 1, 0, "refused"},
		"cut short":               {always(openaitest.Fault{Incomplete: "max_output_tokens"}), 0, 1, 0, "incomplete"},
		"filtered":                {always(openaitest.Fault{Incomplete: "content_filter"}), 0, 1, 0, "content_filter"},
		"only words":              {always(openaitest.Fault{Text: "No."}), 0, 1, 0, "no image"},
		"no image":                {always(openaitest.Fault{NoImage: true}), 0, 1, 0, "no image"},
		"no picture":              {always(openaitest.Fault{Image: []byte("x")}), 0, 1, 0, "image"},
		"nothing said of usage":   {always(openaitest.Fault{NoUsage: true, Image: smallPicture}), 1, 1, 1, ""},
		"nothing of the tool's":   {always(openaitest.Fault{NoToolUsage: true, Image: smallPicture}), 1, 1, 1, ""},
		"failed once":             {once(openaitest.Fault{ResponseStatus: "failed"}), 1, 2, 0, ""},
		"a server's error once":   {once(openaitest.Fault{Status: 500}), 1, 2, 0, ""},
		"expired once":            {once(openaitest.Fault{ResponseStatus: "expired"}), 1, 2, 1, ""},
		"expired again and again": {always(openaitest.Fault{ResponseStatus: "expired"}), 0, 3, 3, "never heard"},
		"lost after it was sent":  {once(openaitest.Fault{Drop: openaitest.DropAfter}), 1, 2, 1, ""},
		"a gateway's page":        {once(openaitest.Fault{Status: http.StatusBadGateway, Body: "<html>", Charge: true}), 1, 2, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, inBackground(), tt.fault)
			s := w.run(inline("run-1", testFunnel(1, 1)))
			if s.Status != "completed" || s.Images.Succeeded != tt.made || w.openai.Count(openaitest.KindImage) != tt.asked {
				t.Errorf("%s, %+v, asked %d times", s.Status, s.Images, w.openai.Count(openaitest.KindImage))
			}
			if tt.problem != "" && !strings.Contains(w.getRun("run-1").Results[0].Problem, tt.problem) {
				t.Errorf("problem %q", w.getRun("run-1").Results[0].Problem)
			}
			var possibly cost.Possibly
			if s.Cost.PossiblyCharged != nil {
				possibly = *s.Cost.PossiblyCharged
			}
			if possibly.Calls != tt.possibly {
				t.Errorf("possibly charged %+v", possibly)
			}
			w.billCovered(s.Cost)
			if possibly.Calls == 0 {
				w.billEqualsTotal(s.Cost)
			}
		})
	}
}

func TestAnImageInFlightIsFetchedAndNotAskedAgain(t *testing.T) {
	for name, resumed := range map[string]func(*pipeline.Config){
		"in the background":          func(*pipeline.Config) {},
		"by a deployment with edits": func(c *pipeline.Config) { c.ImageCalls = pipeline.ImageEdits },
	} {
		t.Run(name, func(t *testing.T) {
			gate := openaitest.NewGate()
			w := newWorld(t, inBackground(), imageFaults(func(openaitest.Call) *openaitest.Fault {
				return &openaitest.Fault{Hold: gate, Image: smallPicture}
			}))
			payload := inline("run-1", testFunnel(1, 1))
			ctx, stop := context.WithCancel(context.Background())
			go func() {
				for w.openai.Count(openaitest.KindRetrieve) < 3 { // the id is on record
					time.Sleep(time.Millisecond)
				}
				stop()
			}()
			response, err := w.handle(ctx, payload)
			if err != nil {
				t.Fatal(err)
			}
			var s pipeline.Summary
			if read(t, response, &s); s.Status != "suspended" || s.Cost.PossiblyCharged == nil {
				t.Fatalf("until it is fetched, the image may be charged: %+v", s)
			}
			gate.Release()
			w.openai.Wait() // it is done while nobody waits for it
			w.Pipeline = w.another(resumed)
			s = w.run(payload)
			if n := w.openai.Count(openaitest.KindImage); n != 1 || s.Images.Succeeded != 1 || s.Cost.PossiblyCharged != nil {
				t.Errorf("asked %d times; %+v %+v", n, s.Images, s.Cost)
			}
			w.billEqualsTotal(s.Cost)
		})
	}
}

func TestALongRunOfImagesInTheBackgroundIsContinued(t *testing.T) {
	const limit = 4 * time.Second
	var next []json.RawMessage
	w := newWorld(t, inBackground(),
		configured(func(c *pipeline.Config) {
			c.Continue = func(_ context.Context, _, _ string, input json.RawMessage) error {
				next = append(next, input)
				return nil
			}
		}),
		func(_ *pipeline.Config, o *openaitest.Options) { o.ImageLatency = 6 * time.Second }) // longer than any execution
	input, _ := json.Marshal(inline("run-1", testFunnel(3, 1)))
	var s pipeline.Summary
	executions := 0
	for next = []json.RawMessage{input}; len(next) > 0; executions++ {
		input, next = next[0], next[1:]
		body, _ := json.Marshal(map[string]any{"input": json.RawMessage(input), "execution": map[string]any{
			"id": "arn:e:" + string(rune('0'+executions)), "startTime": w.config.Now(), "retryCount": 0, "timeoutSeconds": limit.Seconds(),
		}})
		response, err := w.Handle(context.Background(), "request", body)
		if err != nil {
			t.Fatal(err)
		}
		s = pipeline.Summary{}
		read(t, response, &s)
	}
	if n := w.openai.Count(openaitest.KindImage); s.Status != "completed" || executions < 2 || n != 3 || s.Images.Succeeded != 3 {
		t.Errorf("%d executions, asked %d times: %+v", executions, n, s)
	}
	w.billEqualsTotal(s.Cost)
}

func TestAStoppedRunLeavesItsImagesToBeFetched(t *testing.T) {
	gate := openaitest.NewGate()
	quota := true
	w := newWorld(t, inBackground(), faults(func(c openaitest.Call) *openaitest.Fault {
		switch {
		case c.Kind == openaitest.KindImage:
			return &openaitest.Fault{Hold: gate, Image: smallPicture}
		case c.Kind == openaitest.KindAgent && quota:
			<-gate.Arrived()
			return &openaitest.Fault{Code: "insufficient_quota"}
		}
		return nil
	}))
	payload := inline("run-1", wordless(testFunnel(1, 1)))
	began := time.Now()
	w.fails(payload, pipeline.QuotaExhausted) // and does not wait for the image, which nobody lets go on
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	quota = false
	gate.Release()
	w.openai.Wait()
	s := w.run(payload)
	if n := w.openai.Count(openaitest.KindImage); n != 1 || s.Images.Succeeded != 1 || s.Cost.PossiblyCharged != nil {
		t.Errorf("asked %d times; %+v %+v", n, s.Images, s.Cost)
	}
	w.billEqualsTotal(s.Cost)
}

func TestAnImageThatIsStuckIsCancelledAndAskedAgain(t *testing.T) {
	gate := openaitest.NewGate()
	t.Cleanup(gate.Release)
	w := newWorld(t, inBackground(), imageFaults(func(c openaitest.Call) *openaitest.Fault {
		if c.N == 1 {
			return &openaitest.Fault{Hold: gate}
		}
		return nil
	}))
	w.patient(func(c *openai.Config) { c.ResponseTimeout = 300 * time.Millisecond })
	s := w.run(inline("run-1", testFunnel(1, 1)))
	if n := w.openai.Count(openaitest.KindImage); n != 2 || s.Images.Succeeded != 1 || w.openai.Count(openaitest.KindCancel) != 1 {
		t.Errorf("asked %d times; %+v", n, s.Images)
	}
	w.billCovered(s.Cost)
}

func TestABudgetCoversTheCarrierToo(t *testing.T) {
	w := newWorld(t, inBackground())
	var e pipeline.Estimate
	picture := imageElement("picture", pictureURL(48, 32, color.Black), 120, 80)
	picture["alt_text"] = "" // else there is copy
	elements, _ := json.Marshal([]any{picture})
	payload := inline("run-1", string(elements))
	w.do(with(inline("estimate", string(elements)), "action", "estimate"), &e)
	edits := newWorld(t)
	var cheaper pipeline.Estimate
	edits.do(with(inline("estimate", string(elements)), "action", "estimate"), &cheaper)
	if e.ExpectedCost <= cheaper.ExpectedCost {
		t.Fatalf("%s with a carrier, %s without", e.ExpectedCost, cheaper.ExpectedCost)
	}
	w.fails(with(payload, "maxCostUsd", json.Number(cheaper.ExpectedCost.Decimal())), pipeline.BudgetExceeded)
	if s := w.run(with(payload, "maxCostUsd", json.Number(e.ExpectedCost.Decimal()))); s.Images.Succeeded != 1 {
		t.Errorf("%+v", s)
	}
}

func TestImagesInTheBackgroundNeedToBeKept(t *testing.T) {
	w := newWorld(t)
	cfg := w.config
	cfg.ImageCalls, cfg.ForegroundAgent = pipeline.ImageBackground, true
	if _, err := pipeline.New(cfg); err == nil || !strings.Contains(err.Error(), "OPENAI_BACKGROUND") {
		t.Errorf("%v", err)
	}
}

func TestAPageInThePlaceOfAnImageSaysNothingOfIt(t *testing.T) {
	pages := true
	w := newWorld(t, inBackground(), faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindRetrieve && pages {
			return &openaitest.Fault{Body: "<html>"}
		}
		return nil
	}))
	payload := inline("run-1", wordless(testFunnel(1, 0)))
	var s pipeline.Summary
	if w.do(payload, &s); s.Status != "suspended" {
		t.Fatalf("%+v", s)
	}
	pages = false
	s = w.run(payload)
	if n := w.openai.Count(openaitest.KindImage); n != 1 || s.Images.Succeeded != 1 || s.Cost.PossiblyCharged != nil {
		t.Errorf("asked %d times; %+v %+v", n, s.Images, s.Cost)
	}
	w.billEqualsTotal(s.Cost)
}
