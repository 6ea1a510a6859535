package stacktest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

// object is a JSON object in a test.
type object map[string]any

const guide = `{"brandName":"Northwind Fitness","voice":"plain, warm, direct","colors":{"primary":"#0B3D91","accent":"#FF7A00"}}`

// drawn is a PNG.
func drawn(width, height int, shade ...byte) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = 255
		if x := i / 4 % width; i%4 != 3 && x < width/2 { // a picture of one colour would be none
			m.Pix[i] = 40
		}
	}
	copy(m.Pix, shade)
	var b bytes.Buffer
	_ = png.Encode(&b, m) // into memory: it cannot fail
	return b.Bytes()
}

// picture is a small PNG as a data: URL, different for every shade.
func picture(shade byte) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(drawn(60, 40, shade))
}

// elements are a funnel of one headline, one body text and as many images as asked for.
func elements(images int) []object {
	list := []object{
		{"element_id": "opt_headline", "type": "character", "text": "Lose ten pounds before summer"},
		{"element_id": "opt_body", "type": "character", "text": "Hi {{first_name}}, our plan starts today. Read more at https://example.com/plan."},
	}
	for i := range images {
		list = append(list, object{
			"element_id": fmt.Sprintf("opt_image_%d_url", i), "type": "image", "url": picture(byte(40 * (i + 1))),
			"alt_text": "A runner at dawn", "width": 60, "height": 40, "transparent_bg": false,
		})
	}
	return list
}

// put is a putTemplate payload.
func put(id string, images int) object {
	return object{
		"action": "putTemplate", "templateId": id, "name": "Opt-in funnel", "description": "for tests",
		"brandGuideContent": guide, "templateFunnelJson": elements(images),
	}
}

// inline is a run payload that needs no template.
func inline(runID string, images int) object {
	return object{"runId": runID, "brandGuide": guide, "templateFunnel": elements(images), "input": "Please rewrite the funnel JSON."}
}

// patience bounds everything that a test waits for.
func patience(t *testing.T) context.Context {
	ctx, done := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(done)
	return ctx
}

// answered invokes the function and unmarshals its response; a function error ends the test.
func answered[T any](t *testing.T, w *lambdatest.World, payload any) (response T) {
	t.Helper()
	raw, failed, err := w.Invoke(patience(t), payload)
	if err != nil || failed != nil {
		t.Fatalf("invoke: %v, %v", err, failed)
	}
	if err := json.Unmarshal(raw, &response); err != nil {
		t.Fatalf("response %.300s: %v", raw, err)
	}
	return response
}
