package pipeline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
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

// onePicture is ten elements in two sizes that show the same bytes under three addresses.
func onePicture() (images []map[string]any) {
	address := pictureURL(200, 132, color.NRGBA{140, 74, 47, 255})
	for i := range 10 {
		a := strings.Replace(address, "image/png", []string{"image/png", "image/png;name=a", "image/png;name=b"}[i%3], 1)
		size := 1 + i%2
		images = append(images, imageElement(fmt.Sprint("photo-", i), a, 30*size, 20*size))
	}
	return images
}

func TestTheSameBytesUnderThreeAddressesAreOneCall(t *testing.T) {
	w := newWorld(t)
	urls := w.shown("run-1", onePicture()...)
	if n := w.openai.Count(openaitest.KindImage); n != 1 {
		t.Errorf("%d calls", n)
	}
	distinct := map[string]bool{}
	for id, url := range urls {
		distinct[url] = true
		if strings.HasPrefix(url, "data:") {
			t.Errorf("%s keeps its original", id)
		}
	}
	r := w.getRun("run-1")
	if len(distinct) != 2 || len(urls) != 10 || r.Images.Total != 2 || r.Images.Succeeded != 2 || r.Images.Shared != 1 {
		t.Errorf("%d pictures; %+v", len(distinct), r.Images)
	}
	w.billEqualsTotal(r.Cost)
}

// dying ends the process, as far as a pipeline can tell, when so many things have been written.
type dying struct {
	store.Objects
	store.Store
	left atomic.Int32
	end  context.CancelFunc
}

func (d *dying) wrote() {
	if d.left.Add(-1) == 0 {
		d.end()
	}
}

func (d *dying) Put(ctx context.Context, key, contentType string, body []byte) error {
	defer d.wrote()
	return d.Objects.Put(ctx, key, contentType, body)
}

func (d *dying) AddLog(ctx context.Context, l store.Log) error {
	defer d.wrote()
	return d.Store.AddLog(ctx, l)
}

func (d *dying) SetLog(ctx context.Context, l store.Log) error {
	defer d.wrote()
	return d.Store.SetLog(ctx, l)
}

func TestTheSameBytesAreOneCallWheneverTheRunEnds(t *testing.T) {
	raw, _ := json.Marshal(onePicture())
	payload := inline("run-1", wordless(string(raw)))
	for writes := int32(1); writes <= 12; writes++ {
		w := newWorld(t)
		ctx, end := context.WithCancel(t.Context())
		d := &dying{Objects: w.config.Objects, Store: w.config.Store, end: end}
		d.left.Store(writes)
		first := w.Pipeline
		w.Pipeline = w.another(func(c *pipeline.Config) { c.Objects, c.Store = d, d })
		_, _ = w.handle(ctx, payload)
		w.Pipeline = first
		s := w.run(payload)
		if n := w.openai.Count(openaitest.KindImage); n != 1 || s.Images.Succeeded != 2 {
			t.Errorf("after %d writes: %d calls, %+v", writes, n, s.Images)
		}
		w.billEqualsTotal(s.Cost)
	}
}

// What a resumed run has paid for is found again by its row, when the address that it was asked for has nothing any more.
func TestTheSameBytesAreFoundAgainWhenAnOriginalIsGone(t *testing.T) {
	var gone atomic.Bool
	body := pictureBytes(200, 132)
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large.png" && gone.Load() {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(host.Close)
	raw, _ := json.Marshal([]map[string]any{imageElement("small", host.URL+"/small.png", 30, 20), imageElement("large", host.URL+"/large.png", 60, 40),
		textElement("text", "Bake better bread at home with Oakum Hill")})
	payload := inline("run-1", wordless(string(raw)))
	asked := make(chan struct{})
	w := newWorld(t, configured(func(c *pipeline.Config) { c.AllowLoopbackImages = true }), faults(func(c openaitest.Call) *openaitest.Fault {
		switch {
		case c.Kind == openaitest.KindImage:
			close(asked) // twice would be a panic
		case !gone.Load():
			<-asked
			return &openaitest.Fault{Status: http.StatusForbidden}
		}
		return nil
	}))
	w.fails(payload, pipeline.OpenAIForbidden)
	gone.Store(true)
	s := w.run(payload)
	if n := w.openai.Count(openaitest.KindImage); n != 1 || s.Images.Succeeded != 2 || s.Images.Shared != 1 {
		t.Errorf("%d calls: %+v", n, s.Images)
	}
	w.billEqualsTotal(s.Cost)
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
