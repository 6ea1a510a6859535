package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

func TestSimilar(t *testing.T) {
	original := photo(5, 300, 200)
	var rough bytes.Buffer
	if err := jpeg.Encode(&rough, original, &jpeg.Options{Quality: 40}); err != nil {
		t.Fatal(err)
	}
	changed := func(within image.Rectangle, c color.Color) []byte {
		m := image.NewNRGBA(original.Rect)
		copy(m.Pix, original.Pix)
		draw.Draw(m, within, image.NewUniform(c), image.Point{}, draw.Src)
		return pngOf(m)
	}
	tinted := image.NewNRGBA(original.Rect)
	for i, v := range original.Pix {
		if tinted.Pix[i] = v; i%4 == 0 {
			tinted.Pix[i] = byteOf(float64(v) + 40)
		}
	}
	for name, tt := range map[string]struct {
		b    []byte
		want bool
	}{
		"itself":              {pngOf(original), true},
		"a rough JPEG of it":  {rough.Bytes(), true},
		"half its size":       {pngOf(lanczos(original, 150, 100)), true},
		"a speck on it":       {changed(image.Rect(10, 10, 13, 13), red), true},
		"a button on it":      {changed(image.Rect(100, 90, 160, 120), red), false},
		"in other colours":    {pngOf(tinted), false},
		"another photo":       {pngOf(photo(6, 300, 200)), false},
		"turned upside down":  {pngOf(lanczos(upsideDown(original), 300, 200)), false},
		"no picture":          {[]byte("none"), false},
		"what cannot be read": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := picture.Similar(pngOf(original), tt.b); got != tt.want {
				t.Error(got)
			}
			if got := picture.Similar(tt.b, pngOf(original)); got != tt.want {
				t.Error("the other way round:", got)
			}
		})
	}
	if white := pngOf(emblem(90, color.NRGBA{255, 255, 255, 255}, clear)); picture.Similar(white, pngOf(emblem(90, blue, clear))) {
		t.Error("two logos are the same")
	}
}

func upsideDown(m *image.NRGBA) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		copy(out.Pix[y*out.Stride:][:out.Stride], m.Pix[(m.Rect.Dy()-1-y)*m.Stride:])
	}
	return out
}
