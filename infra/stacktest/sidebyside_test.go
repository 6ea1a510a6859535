package stacktest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/openai/openaitest"
)

// BenchmarkSideBySide gives how long a run takes through the compiled Lambda, measured by the bound that its
// parallelism allows: the slower of its halves, with three images at once and four batches of copy, of which the
// first goes alone. OpenAI's time is the fake's.
func BenchmarkSideBySide(b *testing.B) {
	const image, agent = 2 * time.Second, 3 * time.Second
	drawn := photo(1536, 1024)
	for _, tt := range []struct {
		name          string
		images, texts int
		agent, bound  time.Duration
	}{
		{"3-images", 3, 60, agent, agent},
		{"10-images", 10, 60, agent, 4 * image},
		{"2000-texts", 0, 2000, 2 * time.Second, 3 * 2 * time.Second},
	} {
		b.Run(tt.name, func(b *testing.B) {
			w := lambdatest.New(b, lambdatest.Options{OpenAI: openaitest.Options{
				ImageLatency: image, AgentLatency: tt.agent,
				Fault: func(c openaitest.Call) *openaitest.Fault {
					if c.Kind == openaitest.KindImage {
						return &openaitest.Fault{Image: drawn}
					}
					return nil
				},
			}})
			if _, _, err := w.Invoke(b.Context(), json.RawMessage(`{"action":"listTemplates"}`)); err != nil { // the process is started
				b.Fatal(err)
			}
			var total time.Duration
			for b.Loop() {
				began := time.Now()
				response, failed, err := w.Invoke(b.Context(), workload(tt.images, tt.texts))
				total += time.Since(began)
				if err != nil || failed != nil {
					b.Fatal(err, failed)
				}
				var s struct {
					Status string
					Images struct{ Succeeded int }
				}
				if err := json.Unmarshal(response, &s); err != nil || s.Status != "completed" || s.Images.Succeeded != tt.images {
					b.Fatalf("%v: %.300s", err, response)
				}
			}
			b.ReportMetric(float64(total)/float64(b.N)/float64(tt.bound), "x-bound")
		})
	}
}

// workload is the payload of a run with so many images and texts.
func workload(images, texts int) any {
	elements := []any{}
	for i := range images {
		elements = append(elements, map[string]any{
			"element_id": fmt.Sprintf("image_%d", i), "type": "image", "alt_text": "a bench", "width": 1200, "height": 800,
			"url": "data:image/png;base64," + base64.StdEncoding.EncodeToString(photo(60+i, 40)),
		})
	}
	for i := range texts {
		elements = append(elements, map[string]any{"element_id": fmt.Sprintf("text_%d", i), "type": "character",
			"text": fmt.Sprintf("Get the free glaze recipe card number %d, {{contact.first_name}}", i)})
	}
	return map[string]any{"runId": fmt.Sprintf("run-%d", rand.Uint64()), "brandGuide": "Lanternfen. #1F4E5F and #F2B84B. Plain, warm and exact.", "templateFunnel": elements}
}

// photo is a picture that does not compress to nothing.
func photo(width, height int) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	noise := rand.New(rand.NewPCG(1, 2))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.NRGBA{uint8(x + noise.IntN(24)), uint8(y + noise.IntN(24)), uint8(x + y), 255})
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.Bytes()
}
