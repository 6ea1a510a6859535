package pipeline_test

import (
	"bytes"
	"encoding/json"
	"image"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

// document is an output document.
type document struct {
	Funnel   []map[string]any `json:"funnel_json"`
	Assets   []pipeline.Asset `json:"asset_map"`
	Notes    []string         `json:"notes"`
	Problems []string         `json:"problems"`
}

func TestRun(t *testing.T) {
	t.Run("gives the same funnel back with only copy and image URLs changed", func(t *testing.T) {
		w := newWorld(t)
		in := testFunnel(2, 3)
		s := w.run(inline("run-1", in))
		if s.Status != "completed" || s.Images != (pipeline.ImageCounts{Total: 2, Succeeded: 2}) || s.Problems.Count != 0 {
			t.Fatalf("summary: %+v", s)
		}
		var before []map[string]any
		read(t, []byte(in), &before)
		var doc document
		read(t, s.Output.Document, &doc)
		if len(doc.Funnel) != len(before) {
			t.Fatalf("%d elements of %d", len(doc.Funnel), len(before))
		}
		for i, e := range before {
			id := e["element_id"].(string)
			got := doc.Funnel[i]
			switch {
			case strings.HasPrefix(id, "image_"):
				if got["url"] == e["url"] {
					t.Errorf("%s: the URL is still the original", id)
				}
				if got["alt_text"] == e["alt_text"] {
					t.Errorf("%s: the alternative text is still the original", id)
				}
				e["url"], e["alt_text"] = got["url"], got["alt_text"]
			case strings.HasPrefix(id, "text_"):
				if got["text"] == e["text"] || !strings.Contains(got["text"].(string), "{{contact.first_name}}") {
					t.Errorf("%s: %q became %q", id, e["text"], got["text"])
				}
				e["text"] = got["text"]
			case id == "opt_color_brand": // the client's, by code
				if got["text"] != "#1F4E5F" {
					t.Errorf("%s: %q", id, got["text"])
				}
				e["text"] = got["text"]
			}
			if diff := cmp.Diff(e, got); diff != "" {
				t.Errorf("%s changed otherwise: %s", id, diff)
			}
		}
		w.billEqualsTotal(s.Cost)
	})

	t.Run("stores an opaque image as a JPEG of twice the size that its element declares", func(t *testing.T) {
		w := newWorld(t)
		w.draws = true
		s := w.run(inline("run-1", testFunnel(1, 1)))
		var doc document
		read(t, s.Output.Document, &doc)
		file, err := os.Open(strings.TrimPrefix(doc.Assets[0].S3URL, "file://"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		m, format, err := image.Decode(file)
		if err != nil || format != "jpeg" || m.Bounds().Dx() != 240 || m.Bounds().Dy() != 160 {
			t.Errorf("a %s of %v, %v", format, m.Bounds(), err)
		}
	})

	t.Run("keeps spelling, order and unknown parts of what it does not rewrite byte for byte", func(t *testing.T) {
		w := newWorld(t)
		odd := `{"type":"widget","element_id":"w","size":1.50e+1,"é":"\u00e9\/","nested":{"b":1,"a":[true,null]}}`
		in := "[\n  " + odd + ",\n  {\"element_id\":\"t\",\"type\":\"character\",\"text\":\"Hello there\"}\n]"
		s := w.run(inline("run-1", in))
		raw, err := os.ReadFile(s.Output.Location)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(raw, []byte("[\n  "+odd+",\n  {\"element_id\":\"t\",\"type\":\"character\",\"text\":")) {
			t.Errorf("the document does not hold it: %s", raw)
		}
	})

	t.Run("has never more than three images in work and uses all three places", func(t *testing.T) {
		gate := openaitest.NewGate()
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindImage && c.N <= 3 {
				return &openaitest.Fault{Hold: gate}
			}
			return nil
		}))
		go func() {
			for range 3 {
				<-gate.Arrived()
			}
			gate.Release()
		}()
		w.run(inline("run-1", testFunnel(7, 1)))
		if most := w.openai.MaxInFlight(openaitest.KindImage); most != 3 {
			t.Errorf("%d images were in flight at once", most)
		}
	})

	t.Run("makes an image once that several elements ask for in the same words", func(t *testing.T) {
		w := newWorld(t)
		url := pictureURL(20, 20, image.Black)
		a, b := imageElement("a", url, 40, 40), imageElement("b", url, 40, 40)
		a["alt_text"], b["alt_text"] = "same", "same"
		raw, _ := json.Marshal([]any{a, b})
		s := w.run(inline("run-1", string(raw)))
		var doc document
		read(t, s.Output.Document, &doc)
		if s.Images.Total != 1 || len(doc.Assets) != 2 || doc.Assets[0].S3URL != doc.Assets[1].S3URL || doc.Assets[0].S3URL == url {
			t.Errorf("%+v %+v", s.Images, doc.Assets)
		}
	})

	t.Run("completes a funnel without any copy or image and asks nothing of OpenAI", func(t *testing.T) {
		w := newWorld(t)
		s := w.run(inline("run-1", `[{"element_id":"a_url","type":"character","text":"/x"}]`))
		if s.Status != "completed" || s.Cost.Total != 0 || len(w.openai.Calls()) != 0 {
			t.Errorf("%+v", s)
		}
	})

	t.Run("keeps the original of a bad image, says so, and completes", func(t *testing.T) {
		raw, _ := json.Marshal([]any{
			imageElement("good", pictureURL(20, 20, image.Black), 0, 0),
			imageElement("svg", "data:image/svg+xml;base64,PHN2Zy8+", 10, 10),
			imageElement("inside", "https://127.0.0.1/x.png", 10, 10),
			imageElement("metadata", "http://169.254.169.254/latest/meta-data", 10, 10),
			textElement("t", "Hello there"),
		})
		w := newWorld(t)
		s := w.run(inline("run-1", string(raw)))
		if s.Status != "completed" || s.Images.Succeeded != 1 || s.Images.Failed != 3 || s.Problems.Count != 3 {
			t.Fatalf("%+v", s)
		}
		var doc document
		read(t, s.Output.Document, &doc)
		for i, id := range []string{"svg", "inside", "metadata"} {
			if !strings.Contains(doc.Problems[i], id) {
				t.Errorf("problem %d does not name %s: %s", i, id, doc.Problems[i])
			}
			if doc.Funnel[i+1]["url"] != doc.Assets[i+1].OriginalURL {
				t.Errorf("%s lost its URL", id)
			}
		}
		w.billEqualsTotal(s.Cost)
	})

	t.Run("takes the run id of the invocation where the payload has none", func(t *testing.T) {
		w := newWorld(t)
		payload := inline("", testFunnel(0, 1))
		delete(payload, "runId")
		if s := w.run(payload); s.RunID != "request-1" {
			t.Errorf("run id %q", s.RunID)
		}
	})

	t.Run("says that it was simulated where it was", func(t *testing.T) {
		w := newWorld(t, configured(func(c *pipeline.Config) { c.Simulated = true }))
		var doc document
		read(t, w.run(inline("run-1", testFunnel(0, 1))).Output.Document, &doc)
		if !slices.ContainsFunc(doc.Notes, func(n string) bool { return strings.Contains(n, "SIMULATED") }) {
			t.Errorf("notes: %q", doc.Notes)
		}
	})
}

func TestACompletedRunInvokedAgainSpendsNothing(t *testing.T) {
	for name, database := range stores {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, database(t))
			first := w.run(inline("run-1", testFunnel(2, 2)))
			calls := len(w.openai.Calls())
			second := w.run(inline("run-1", testFunnel(2, 2)))
			third := w.run(map[string]any{"runId": "run-1"})
			if len(w.openai.Calls()) != calls {
				t.Error("OpenAI was asked again")
			}
			for _, s := range []pipeline.Summary{second, third} {
				if s.Status != "completed" || s.Cost.Total != first.Cost.Total || string(s.Output.Document) != string(first.Output.Document) {
					t.Errorf("another summary: %+v", s)
				}
			}
		})
	}
}

func TestAFailedRunGoesOnWhereItStopped(t *testing.T) {
	refuse := true
	var asked atomic.Int32 // images
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		switch {
		case c.Kind == openaitest.KindImage:
			asked.Add(1)
		case c.Kind == openaitest.KindAgent && refuse:
			for asked.Load() < 3 { // the images are in work, and are finished
				time.Sleep(time.Millisecond)
			}
			return &openaitest.Fault{Status: 401}
		}
		return nil
	}))
	payload := inline("run-1", wordless(testFunnel(3, 2)))
	w.fails(payload, pipeline.OpenAIUnauthorized)
	failed := w.getRun("run-1")
	if failed.Status != "failed" || failed.Error.Step != "ExecuteAgent" || failed.Cost.Details.Images.Calls != 3 {
		t.Fatalf("the failed run: %+v", failed)
	}
	w.billEqualsTotal(failed.Cost)
	refuse = false
	s := w.run(payload)
	if s.Images != (pipeline.ImageCounts{Total: 3, Succeeded: 3, Reused: 3}) {
		t.Errorf("images: %+v", s.Images)
	}
	w.billEqualsTotal(s.Cost)
	if rows := w.rows("run-1", "run#"); len(rows) != 2 || rows[1].Message != "run resumed" {
		t.Errorf("the log does not say that the run was resumed: %+v", rows)
	}
	if errs := w.rows("run-1", "error#"); len(errs) != 1 || errs[0].Data["name"] != "OpenAIUnauthorized" {
		t.Errorf("error rows: %+v", errs)
	}
}
