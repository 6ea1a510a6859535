package pipeline_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"runtime"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

// noise is a picture that no format makes small.
func noise(width, height int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	_, _ = rand.Read(m.Pix)
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 0xff
	}
	return m
}

func TestNothingOfAnImageOutlivesIt(t *testing.T) {
	const images = 60
	answer := encoded(noise(600, 400)) // 0.7 MB
	var held []uint64                  // bytes that are live after every 20th image
	w := newWorld(t, imageFaults(func(openaitest.Call) *openaitest.Fault { return &openaitest.Fault{Image: answer} }),
		configured(func(c *pipeline.Config) {
			c.Observe = func(e pipeline.Event) {
				if e.Step != pipeline.StepProcessImage || e.Done == 0 || e.Done%20 != 0 {
					return
				}
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				held = append(held, m.HeapAlloc)
			}
		}))
	var elements []any
	for i := range images { // half of them of the answer's own size
		elements = append(elements, imageElement(fmt.Sprintf("image_%d", i), pictureURL(48, 32, color.NRGBA{uint8(4 * i), 80, 120, 255}), 300+300*(i%2), 200+200*(i%2)))
	}
	funnel, _ := json.Marshal(elements)
	if s := w.run(inline("run-1", string(funnel))); s.Images.Succeeded != images {
		t.Fatalf("%+v", s.Images)
	}
	// What is in work, three images at the most, may differ: each is its answer a few times over.
	if most := held[0] + 15*uint64(len(answer)); held[len(held)-1] > most {
		t.Errorf("answers of %d bytes, and after every 20th image there are %d bytes; want at the most %d", len(answer), held, most)
	}
}

// encoded is a picture as a PNG.
func encoded(m image.Image) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, m)
	return b.Bytes()
}
