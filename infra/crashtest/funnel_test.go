package crashtest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // what opaque images are stored as
	"image/png"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

// Every run has this many images and as much copy as makes this many calls of the agent: 250 texts fit in one.
const (
	images     = 5
	agentCalls = 3
	texts      = 501
)

// Sides of every image, in pixels.
const wide, high = 6, 4

// tiny is every image that OpenAI makes.
var tiny = picture(200)

// picture is a PNG of one shade.
func picture(shade uint8) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, wide, high))
	for i := range m.Pix {
		m.Pix[i] = shade
	}
	m.Set(0, 0, color.White)
	var b bytes.Buffer
	_ = png.Encode(&b, m) // into memory: it cannot fail
	return b.Bytes()
}

type object map[string]any

// elements is the funnel: the images stand among the copy. The alternative text of an image is its id, by which the
// harness knows the calls about it.
var elements = func() (list []object) {
	for i := range texts {
		list = append(list, object{"element_id": fmt.Sprintf("text_%03d", i), "type": "character", "text": fmt.Sprintf("Reason %d to begin today", i)})
		if n := i / 100; i%100 == 50 {
			id := fmt.Sprintf("image_%d_url", n)
			list = append(list, object{
				"element_id": id, "type": "image", "alt_text": id, "width": wide, "height": high, "transparent_bg": n%2 == 0,
				"url": "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture(uint8(20*n))),
			})
		}
	}
	return list
}()

// funnelJSON is the funnel as it is sent.
var funnelJSON, _ = json.Marshal(elements) // it cannot fail

// rewritten is what the agent makes of a text.
func rewritten(_, text string) string { return strings.Replace(text, "begin", "start afresh", 1) }

// servedDay is a day on which OpenAI serves every model that a run may use.
func servedDay() time.Time { return time.Date(2026, time.October, 1, 12, 0, 0, 0, time.UTC) }

// request is a payload as the wrapper sends it: the execution's retries are counted from 0.
func request(runID string, retry int, started time.Time) object {
	const machine = "arn:aws:states:us-east-1:111122223333:stateMachine:full-turner"
	return object{
		"execution": object{
			"id":        strings.Replace(machine, "stateMachine", "express", 1) + ":" + runID + ":" + runID,
			"startTime": started.UTC().Format(time.RFC3339Nano), "retryCount": retry, "stateMachine": machine,
		},
		"input": object{
			"runId": runID, "input": "Please rewrite the funnel JSON.", "regenerateImages": true, // else the second run asks for none
			"templateFunnel": json.RawMessage(funnelJSON),
			"brandGuide":     object{"brandName": "Northwind Fitness", "voice": "plain, warm, direct", "colors": object{"primary": "#0B3D91"}},
		},
	}
}

// document is a run's output document.
type document struct {
	Funnel   []object `json:"funnel_json"`
	Problems []string `json:"problems"`
	Assets   []struct {
		ElementID string   `json:"element_id"`
		S3URL     string   `json:"s3_url"`
		Problems  []string `json:"problems"`
	} `json:"asset_map"`
}

// check compares the document with what must have become of the funnel. fetch gives the object at a key.
func (d document) check(runID string, fetch func(key string) ([]byte, error)) error {
	if len(d.Problems) > 0 || len(d.Assets) != images {
		return fmt.Errorf("%d assets, problems %.300q", len(d.Assets), d.Problems)
	}
	var want []object
	_ = json.Unmarshal(funnelJSON, &want) // as JSON has it
	if len(d.Funnel) != len(want) {
		return fmt.Errorf("%d elements, want %d", len(d.Funnel), len(want))
	}
	asset := 0
	for i, e := range want {
		got := d.Funnel[i]
		if e["type"] == "image" {
			url, _ := got["url"].(string)
			key, ours := strings.CutPrefix(url, lambdatest.ImageBaseURL+"/")
			if a := d.Assets[asset]; !ours || !strings.HasPrefix(key, "images/"+runID+"/") || a.S3URL != url || a.ElementID != e["element_id"] || len(a.Problems) > 0 {
				return fmt.Errorf("image %v is at %.100q, its asset is %+v", e["element_id"], url, a)
			}
			if made, err := fetch(key); err != nil || !samePicture(made, tiny) {
				return fmt.Errorf("image %v at %s: %d bytes, %v", e["element_id"], key, len(made), err)
			}
			asset++
			e["url"] = url
		} else {
			e["text"] = rewritten("", e["text"].(string))
		}
		if !reflect.DeepEqual(got, e) {
			return fmt.Errorf("element %d is %.200v, want %.200v", i, got, e)
		}
	}
	return nil
}

// samePicture says that two files show the same, as far as JPEG keeps it: what stands in them besides, such as that a
// model made it, may differ.
func samePicture(a, b []byte) bool {
	x, _, err := image.Decode(bytes.NewReader(a))
	if err != nil {
		return false
	}
	y, _, err := image.Decode(bytes.NewReader(b))
	if err != nil || x.Bounds() != y.Bounds() {
		return false
	}
	apart := 0.0
	for v := range x.Bounds().Dy() {
		for u := range x.Bounds().Dx() {
			apart += math.Abs(onWhite(x.At(u, v)) - onWhite(y.At(u, v)))
		}
	}
	return apart <= 8*float64(x.Bounds().Dx()*x.Bounds().Dy())
}

// onWhite is how much red a colour shows on white, 0 to 255.
func onWhite(c color.Color) float64 {
	red, _, _, alpha := c.RGBA()
	return float64(red+0xffff-alpha) / 257
}
