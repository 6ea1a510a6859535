package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

var magenta = color.NRGBA{255, 0, 255, 255}

// emblem is a ring with a hole around a disc, with soft edges, on a colour.
func emblem(size int, subject, on color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			r := math.Hypot(float64(x)+0.5-float64(size)/2, float64(y)+0.5-float64(size)/2)
			edge := func(at float64) float64 { return min(1, max(0, at-r+0.5)) }
			s := float64(size)
			in := edge(s*0.4) - edge(s*0.3) + edge(s*0.15)
			mix := func(a, b uint8) uint8 { return byteOf(float64(a)*in + float64(b)*(1-in)) }
			m.SetNRGBA(x, y, color.NRGBA{mix(subject.R, on.R), mix(subject.G, on.G), mix(subject.B, on.B), 255})
		}
	}
	return m
}

func TestKeyOut(t *testing.T) {
	navy, orange, leaf := color.NRGBA{20, 30, 90, 255}, color.NRGBA{240, 130, 20, 255}, color.NRGBA{30, 190, 60, 255}
	shaded := emblem(200, navy, color.NRGBA{12, 240, 20, 255})
	part := emblem(200, navy, green)
	draw.Draw(part, image.Rect(0, 0, 200, 80), image.NewUniform(orange), image.Point{}, draw.Src)
	for name, tt := range map[string]struct {
		answer []byte
		key    color.NRGBA
		ok     bool
	}{
		"a subject on green":               {pngOf(emblem(200, navy, green)), green, true},
		"a subject on magenta, as a JPEG":  {jpegOf(emblem(200, leaf, magenta)), magenta, true},
		"a subject on blue":                {pngOf(emblem(200, orange, blue)), blue, true},
		"a white subject":                  {pngOf(emblem(200, color.NRGBA{255, 255, 255, 255}, green)), green, true},
		"a green that the model has mixed": {pngOf(shaded), green, true},
		"a photo":                          {pngOf(photo(1, 90, 60)), green, false},
		"on another colour":                {pngOf(emblem(200, navy, magenta)), green, false},
		"half of the border is a subject":  {pngOf(part), green, false},
		"a subject like the key colour":    {pngOf(emblem(200, leaf, green)), green, false},
		"no subject":                       {pngOf(bands(40, 40, green)), green, false},
		"a key without a hue":              {pngOf(emblem(200, navy, color.NRGBA{255, 255, 255, 255})), color.NRGBA{255, 255, 255, 255}, false},
		"no picture":                       {[]byte("none"), green, false},
	} {
		t.Run(name, func(t *testing.T) {
			body, ok := picture.KeyOut(tt.answer, tt.key)
			if ok != tt.ok || (body != nil) != ok {
				t.Fatal(ok)
			}
			if !ok {
				return
			}
			m, answer := decodedNRGBA(t, body), decoded(t, tt.answer)
			keep(t, body)
			if !near(m.At(2, 2), clear) || !near(m.At(100, 55), clear) || m.NRGBAAt(100, 100).A != 255 || !near(m.At(100, 100), answer.At(100, 100)) {
				t.Error("outside, hole and subject are", m.At(2, 2), m.At(100, 55), m.At(100, 100))
			}
			soft := 0
			for y := range 200 {
				for x := range 200 {
					c := m.NRGBAAt(x, y)
					if c.A > 0 && c.A < 255 {
						soft++
					}
					if c.A > 60 && near(c, tt.key) {
						t.Fatal("the key colour is left at", x, y, c)
					}
				}
			}
			if soft < 300 {
				t.Error("its edges are hard:", soft)
			}
		})
	}
}

// What is keyed out and set on white is what would have been drawn on white.
func TestKeyOut_LeavesNoSeam(t *testing.T) {
	navy, white := color.NRGBA{20, 30, 90, 255}, color.NRGBA{255, 255, 255, 255}
	body, ok := picture.KeyOut(pngOf(emblem(200, navy, green)), green)
	if !ok {
		t.Fatal("not keyed out")
	}
	on := image.NewRGBA(image.Rect(0, 0, 200, 200))
	draw.Draw(on, on.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(on, on.Rect, decoded(t, body), image.Point{}, draw.Over)
	if p := psnr(on, emblem(200, navy, white)); p < 36 {
		t.Errorf("%.1f dB", p)
	}
}

func TestKeyColour(t *testing.T) {
	for name, tt := range map[string]struct {
		source []byte
		want   color.NRGBA
	}{
		"green where nothing is green":       {pngOf(bands(40, 40, red, blue, clear)), green},
		"magenta where there is green":       {pngOf(bands(40, 40, color.NRGBA{20, 160, 40, 255}, clear)), magenta},
		"blue where there are both":          {pngOf(bands(40, 40, color.NRGBA{20, 200, 40, 255}, color.NRGBA{230, 30, 200, 255}, clear)), blue},
		"what cannot be seen does not count": {pngOf(bands(40, 40, color.NRGBA{0, 255, 0, 3}, red)), green},
		"green where there is no picture":    {nil, green},
	} {
		t.Run(name, func(t *testing.T) {
			if got := picture.KeyColour(tt.source); got != tt.want {
				t.Error(got)
			}
		})
	}
}

func FuzzKeyOut(f *testing.F) {
	for _, answer := range [][]byte{pngOf(emblem(20, blue, green)), jpegOf(emblem(30, red, magenta)), pngOf(bands(9, 3, red, clear)), webpOf(), nil} {
		f.Add(answer, uint8(0), uint8(255), uint8(0))
		f.Add(answer, uint8(255), uint8(0), uint8(255))
	}
	f.Fuzz(func(t *testing.T, answer []byte, r, g, b uint8) {
		config, _, err := image.DecodeConfig(bytes.NewReader(answer))
		if err == nil && config.Width*config.Height > 100_000 {
			t.Skip("a picture this large would slow the fuzzer down")
		}
		picture.KeyColour(answer)
		if canvas, _, err := picture.Banner(answer, int(r), int(g)); err == nil && !picture.Similar(canvas, canvas) {
			t.Error("a banner cannot be read")
		}
		body, ok := picture.KeyOut(answer, color.NRGBA{r, g, b, 255})
		if !ok {
			return
		}
		if m, _, err := image.Decode(bytes.NewReader(body)); err != nil || m.Bounds().Dx() != config.Width || m.Bounds().Dy() != config.Height {
			t.Error("what is keyed out cannot be read", err)
		}
	})
}
