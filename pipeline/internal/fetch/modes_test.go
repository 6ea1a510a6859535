package fetch_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/full-turner/full-turner/pipeline/internal/fetch"
)

// TestImage_IsOfThreeOrFourChannelsOf8Bits: image models are reported to refuse pictures of grey, of a palette and of 16
// bits a channel.
func TestImage_IsOfThreeOrFourChannelsOf8Bits(t *testing.T) {
	bounds := image.Rect(0, 0, 24, 16)
	filled := func(m draw.Image) draw.Image {
		draw.Draw(m, bounds, image.NewUniform(color.NRGBA{200, 200, 200, 255}), image.Point{}, draw.Src)
		return m
	}
	encoded := func(m image.Image) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var grey bytes.Buffer
	if err := jpeg.Encode(&grey, filled(image.NewGray(bounds)), nil); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		body []byte
		asIs bool
	}{
		"a png of 8 bits":       {encoded(filled(image.NewNRGBA(bounds))), true},
		"a grey png":            {encoded(filled(image.NewGray(bounds))), false},
		"a grey png of 16 bits": {encoded(filled(image.NewGray16(bounds))), false},
		"a png of 16 bits":      {encoded(filled(image.NewNRGBA64(bounds))), false},
		"a png of a palette":    {encoded(filled(image.NewPaletted(bounds, palette.WebSafe))), false},
		"a grey jpeg":           {grey.Bytes(), false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := fetch.New(fetch.Config{}).Image(context.Background(), "data:image/png;base64,"+base64.StdEncoding.EncodeToString(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if as := bytes.Equal(got.Body, tt.body); as != tt.asIs {
				t.Errorf("as it came: %t; want %t", as, tt.asIs)
			}
			m, err := png.Decode(bytes.NewReader(got.Body))
			if err != nil {
				t.Fatal(err)
			}
			switch m.(type) {
			case *image.NRGBA, *image.RGBA:
			default:
				t.Errorf("it is a %T", m)
			}
			if r, _, _, a := m.At(5, 5).RGBA(); m.Bounds() != bounds || r>>8 < 195 || r>>8 > 208 || a>>8 != 255 || got.MediaType != "image/png" {
				t.Errorf("%v of %v, %s", m.At(5, 5), m.Bounds(), got.MediaType)
			}
		})
	}
}
