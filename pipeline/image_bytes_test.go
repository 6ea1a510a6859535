package pipeline_test

import (
	"encoding/json"
	"fmt"
	"image/color"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

// photos has the fake answer with what is as hard to compress as a photograph.
func photos(_ *pipeline.Config, o *openaitest.Options) { o.Photos = true }

// published is how many bytes a run of photographs publishes, in an image format of the pipeline's.
func published(t *testing.T, images int, format string) (bytes int) {
	w := newWorld(t, photos, configured(func(c *pipeline.Config) { c.ImageFormat = format }))
	w.draws = true
	var elements []any
	for i := range images {
		elements = append(elements, imageElement(fmt.Sprintf("photo_%d", i), pictureURL(60, 40, color.NRGBA{uint8(20 * i), 80, 120, 255}), 600, 400))
	}
	raw, _ := json.Marshal(elements)
	w.run(inline("run-1", wordless(string(raw))))
	var run struct {
		Results []struct{ Bytes, Width, Height int } `json:"imageProcessingResults"`
	}
	w.do(map[string]any{"action": "getRun", "runId": "run-1"}, &run)
	for _, r := range run.Results {
		if r.Width != 1200 || r.Height != 800 {
			t.Errorf("%d by %d", r.Width, r.Height)
		}
		bytes += r.Bytes
	}
	return bytes
}

func TestPhotographsArePublishedAtAQuarterOfTheBytesOfPNG(t *testing.T) {
	const images = 3
	jpeg, png := published(t, images, "auto"), published(t, images, "png")
	t.Logf("%d photographs of 1200 by 800: %d KB, and %d KB as PNG", images, jpeg/1024, png/1024)
	if 4*jpeg > png || jpeg == 0 {
		t.Errorf("%d bytes, and %d as PNG", jpeg, png)
	}
}
