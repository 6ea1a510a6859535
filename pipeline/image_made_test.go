package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

// twoSizes is one picture in two sizes, and another one.
func twoSizes() string {
	address := pictureURL(200, 132, color.NRGBA{140, 74, 47, 255})
	raw, _ := json.Marshal([]map[string]any{imageElement("head", address, 60, 40), imageElement("foot", address, 30, 20), imageElement("other", pictureURL(90, 90, color.Black), 40, 40)})
	return string(raw)
}

func TestTheSameRequestOfALaterRunIsNotPaidFor(t *testing.T) {
	w := newWorld(t)
	first := w.run(inline("run-1", twoSizes()))
	calls, bill := w.openai.Count(openaitest.KindImage), w.openai.Bill().Image
	s := w.run(inline("run-2", twoSizes()))
	if n := w.openai.Count(openaitest.KindImage); calls != 2 || n != calls || w.openai.Bill().Image != bill || s.Cost.Image != 0 {
		t.Errorf("%d calls, then %d, and images cost %s", calls, n-calls, s.Cost.Image)
	}
	if s.Images.Succeeded != 3 || s.Images.Reused != 2 || s.Images.Shared != 1 || s.Images.Saved <= 0 || first.Images.Saved != 0 {
		t.Errorf("%+v, after %+v", s.Images, first.Images)
	}
	if !strings.Contains(string(s.Output.Document), "made by run run-1") {
		t.Errorf("%s", s.Output.Document)
	}
	if s := w.run(with(inline("run-3", twoSizes()), "regenerateImages", true)); s.Images.Reused != 0 || s.Images.Saved != 0 || w.openai.Count(openaitest.KindImage) != 2*calls {
		t.Errorf("asked to make them anew: %+v", s.Images)
	}
}

func TestARunThatIsResumedTakesTheSameImages(t *testing.T) {
	w := newWorld(t)
	w.run(inline("run-1", wordless(twoSizes())))
	whole := w.Pipeline
	for writes := int32(1); writes <= 9; writes += 2 {
		payload := inline(fmt.Sprint("again-", writes), wordless(twoSizes()))
		ctx, end := context.WithCancel(t.Context())
		d := &dying{Objects: w.config.Objects, Store: w.config.Store, end: end}
		d.left.Store(writes)
		w.Pipeline = w.another(func(c *pipeline.Config) { c.Objects, c.Store = d, d })
		_, _ = w.handle(ctx, payload)
		w.Pipeline = whole
		if s := w.run(payload); s.Images.Reused != 2 || s.Images.Succeeded != 3 || s.Cost.Image != 0 {
			t.Errorf("after %d writes: %+v, %s", writes, s.Images, s.Cost.Image)
		}
	}
	if n := w.openai.Count(openaitest.KindImage); n != 2 {
		t.Errorf("%d calls", n)
	}
}

func TestAnotherRequestIsPaidFor(t *testing.T) {
	for name, change := range map[string]func(*world) map[string]any{
		"AnotherWish": func(*world) map[string]any { return with(inline("run-2", twoSizes()), "input", "Make it calm.") },
		"AnotherQuality": func(w *world) map[string]any {
			w.Pipeline = w.another(func(c *pipeline.Config) { c.ImageQuality = "high" })
			return inline("run-2", twoSizes())
		},
		"NoLongerSimulated": func(w *world) map[string]any {
			w.Pipeline = w.another(func(c *pipeline.Config) { c.Simulated = true })
			return inline("run-2", twoSizes())
		},
		"TheImageIsGone": func(w *world) map[string]any {
			if err := os.RemoveAll(filepath.Join(w.dir, "images")); err != nil {
				t.Fatal(err)
			}
			return inline("run-2", twoSizes())
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.run(inline("run-1", twoSizes()))
			if s := w.run(change(w)); s.Images.Reused != 0 || s.Images.Succeeded != 3 || w.openai.Count(openaitest.KindImage) != 4 {
				t.Errorf("%+v", s.Images)
			}
		})
	}
}

func TestTheUntouchedAnswerIsKeptWhereItIsWanted(t *testing.T) {
	for _, keep := range []bool{false, true} {
		w := newWorld(t, configured(func(c *pipeline.Config) { c.KeepOriginals = keep }))
		w.run(inline("run-1", twoSizes()))
		var run struct {
			Results []struct{ AnswerKey string } `json:"imageProcessingResults"`
		}
		w.do(map[string]any{"action": "getRun", "runId": "run-1"}, &run)
		kept := 0
		for _, r := range run.Results {
			if r.AnswerKey == "" {
				continue
			}
			kept++
			body, err := w.objects.Get(t.Context(), r.AnswerKey)
			if err != nil || !bytes.Equal(body, smallPicture) || !strings.HasSuffix(r.AnswerKey, ".png") {
				t.Errorf("%s: %d bytes, %v", r.AnswerKey, len(body), err)
			}
			if _, err := png.Decode(bytes.NewReader(body)); err != nil {
				t.Error(err)
			}
		}
		if want := map[bool]int{true: 2}[keep]; kept != want {
			t.Errorf("KeepOriginals %t: %d answers are kept, want %d", keep, kept, want)
		}
	}
}
