package pipeline

import (
	"fmt"
	"math"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/picture"
)

// sizeOfAMillionAndAHalf is the size that was asked for while every one had about 1.5 million pixels.
func sizeOfAMillionAndAHalf(width, height int) string {
	ratio := min(3, max(1.0/3, float64(width)/float64(height)))
	side := func(n float64, long bool) int {
		if long {
			return int(n/16) * 16
		}
		return int(math.Ceil(n/16)) * 16
	}
	w := math.Sqrt(1536 * 1024 * ratio)
	return fmt.Sprintf("%dx%d", side(w, ratio >= 1), side(w/ratio, ratio < 1))
}

func TestShapesAskForLessThanWithAFixedNumberOfPixels(t *testing.T) {
	price := func(size string) cost.Amount {
		e, err := cost.DefaultCatalog().ExpectImage(cost.ImageCall{Model: "gpt-image-2.6-sunburst", Size: size, Quality: "high", SourceWidth: 1, SourceHeight: 1})
		if err != nil {
			t.Fatal(err)
		}
		return e.Likely
	}
	var before, after cost.Amount
	for _, s := range [][2]int{
		{80, 80}, {120, 80}, {200, 62}, {160, 600}, {300, 250}, {320, 50}, {400, 400}, {468, 60}, {600, 200}, {600, 400},
		{640, 480}, {728, 90}, {800, 600}, {1000, 1000}, {1200, 628}, {1200, 1600}, {1600, 900}, {1920, 600}, {1920, 1080}, {4000, 200},
	} {
		was, is := sizeOfAMillionAndAHalf(s[0], s[1]), picture.Size(true, s[0], s[1])
		before, after = before+price(was), after+price(is)
		t.Logf("%4dx%-4d  %9s %s  →  %9s %s", s[0], s[1], was, price(was), is, price(is))
	}
	t.Logf("in all %s → %s", before, after)
	if after >= before {
		t.Errorf("%s, and it was %s", after, before)
	}
}
