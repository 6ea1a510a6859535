package pipeline_test

import (
	"encoding/json"
	"image/color"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

// shown is a run of these images, and where each of them is after it.
func (w *world) shown(runID string, images ...map[string]any) (urls map[string]string) {
	w.t.Helper()
	raw, _ := json.Marshal(images)
	s := w.run(inline(runID, string(raw)))
	var doc struct {
		Assets []struct {
			ID  string `json:"element_id"`
			URL string `json:"s3_url"`
		} `json:"asset_map"`
	}
	read(w.t, s.Output.Document, &doc)
	urls = map[string]string{}
	for _, a := range doc.Assets {
		urls[a.ID] = a.URL
	}
	return urls
}

func TestOneLogoInTwoSizesIsOneCall(t *testing.T) {
	w := newWorld(t)
	address := pictureURL(200, 62, color.NRGBA{140, 74, 47, 255})
	head, foot := imageElement("logo-head", address, 60, 40), imageElement("logo-foot", address, 30, 20)
	again := with(head, "element_id", "logo-mail")
	other := imageElement("logo-square", address, 40, 40) // another shape is another picture
	urls := w.shown("run-1", foot, head, again, other)
	if n := w.openai.Count(openaitest.KindImage); n != 2 {
		t.Errorf("%d calls", n)
	}
	if urls["logo-head"] == urls["logo-foot"] || urls["logo-head"] != urls["logo-mail"] || urls["logo-foot"] == address {
		t.Errorf("%v", urls)
	}
	r := w.getRun("run-1")
	if r.Images.Succeeded != 3 || r.Images.Shared != 1 || r.Images.Failed != 0 {
		t.Errorf("%+v", r.Images)
	}
	w.billEqualsTotal(r.Cost)
}

func TestWhatMustNotBeRedrawnIsLeftAloneAndFree(t *testing.T) {
	w := newWorld(t)
	pixel := "https://pixel.example/tr?id=123&ev=PageView"
	flat := pictureURL(1, 1, color.White)
	urls := w.shown("run-1", imageElement("pixel", pixel, 1, 1), imageElement("spacer", flat, 600, 300))
	if n := w.openai.Count(openaitest.KindImage); n != 0 || urls["pixel"] != pixel || urls["spacer"] != flat {
		t.Errorf("%d calls; %v", n, urls)
	}
	s := w.getRun("run-1")
	if s.Images.Kept != 2 || s.Images.Failed != 0 || s.Problems.Count != 0 || s.Cost.Image != 0 {
		t.Errorf("%+v, problems %+v", s.Images, s.Problems)
	}
}

func TestATransparentImageIsNotAskedOfAModelThatMakesNone(t *testing.T) {
	catalog, err := cost.DefaultCatalog().Override([]byte(`{"models":{"opaque":{"kind":"image","perImage":{"standard":0.04,"high":0.08},"transparent":false}}}`))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, configured(func(c *pipeline.Config) { c.Catalog, c.ImageModel = catalog, "opaque" }))
	clear := with(imageElement("logo", pictureURL(200, 62, color.Black), 200, 62), "transparent_bg", true)
	w.shown("run-1", clear)
	s := w.getRun("run-1")
	if n := w.openai.Count(openaitest.KindImage); n != 0 || s.Images.Failed != 1 || !strings.Contains(s.Results[0].Problem, "no transparent background") {
		t.Errorf("%d calls; %+v, %+v", n, s.Images, s.Results)
	}
}
