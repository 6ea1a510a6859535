package picture_test

import (
	"bytes"
	"image"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

func TestBanner(t *testing.T) {
	for name, tt := range map[string]struct {
		source        []byte
		width, height int
		mediaType     string
		canvas        image.Point
	}{
		"wide":              {jpegOf(photo(4, 1200, 120)), 600, 60, "image/jpeg", image.Pt(1200, 400)},
		"tall":              {jpegOf(photo(4, 120, 1200)), 60, 600, "image/jpeg", image.Pt(400, 1200)},
		"transparent":       {pngOf(bands(800, 80, red, clear)), 400, 40, "image/png", image.Pt(960, 320)},
		"of another shape":  {jpegOf(photo(4, 900, 600)), 600, 60, "image/jpeg", image.Pt(912, 304)},
		"a shape to be had": {jpegOf(photo(4, 300, 100)), 300, 100, "image/jpeg", image.Pt(300, 100)},
	} {
		t.Run(name, func(t *testing.T) {
			body, mediaType, err := picture.Banner(tt.source, tt.width, tt.height)
			if err != nil {
				t.Fatal(err)
			}
			keep(t, body)
			m := decoded(t, body)
			// Sides are multiples of 16, so a canvas may be a little smaller than its source.
			if off := m.Bounds().Size().Sub(tt.canvas); mediaType != tt.mediaType || max(off.X, -off.X, off.Y, -off.Y) > 48 {
				t.Errorf("%s of %v", mediaType, m.Bounds().Size())
			}
			f, err := picture.Fit(body, picture.Want{Width: tt.width, Height: tt.height, Banner: true, Transparent: mediaType == "image/png"})
			if err != nil || len(f.Notes) > 0 {
				t.Fatal(f.Notes, err)
			}
			source, _, err := image.DecodeConfig(bytes.NewReader(tt.source))
			if sameShape := source.Width*tt.height == source.Height*tt.width; err != nil || sameShape && !picture.Similar(f.Body, tt.source) {
				t.Error("the band is not the source", err)
			}
		})
	}
	if _, _, err := picture.Banner([]byte("none"), 600, 60); err == nil {
		t.Error("a banner of nothing")
	}
}
