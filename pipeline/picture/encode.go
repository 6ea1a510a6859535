package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"sync"
)

const (
	// quality is a JPEG's: BenchmarkFit shows what is lost by it, and what is saved.
	quality = 88
	// small is how many pixels a picture has that is compressed at length, and that may be a PNG though it is opaque.
	small = 256 * 256
)

// CheckFormat says whether pictures can be made in a format: "png", "jpeg", or "" for whichever suits. The error is
// one sentence for whoever sets it.
func CheckFormat(format string) error {
	switch format {
	case "", "png", "jpeg":
		return nil
	case "webp":
		return errors.New("pictures are not made as webp: classic Outlook shows none, and a lossy encoder would have to be run in WebAssembly: take png or jpeg, or leave it empty for whichever suits")
	}
	return fmt.Errorf("pictures are not made as %q: take png or jpeg, or leave it empty for whichever suits", format)
}

// encode is a picture as a JPEG or a PNG. Where as is "", it is a JPEG, unless it is small or has few colours and a PNG
// of it, which loses nothing, is no larger.
func encode(m *image.RGBA, as string) (body []byte, format string, err error) {
	if as == "png" {
		body, err = encodePNG(m)
		return body, as, err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: quality}); err != nil {
		return nil, "", err
	}
	if as == "" && (m.Rect.Dx()*m.Rect.Dy() <= small || paletted(m) != nil) {
		if exact, err := encodePNG(m); err == nil && len(exact) <= out.Len() {
			return exact, "png", nil
		}
	}
	return out.Bytes(), "jpeg", nil
}

// encodePNG is a picture as a PNG, with a palette where it has so few colours.
func encodePNG(m image.Image) ([]byte, error) {
	b := m.Bounds()
	encoder := png.Encoder{BufferPool: &buffers}
	if p := paletted(m); p != nil {
		m, encoder.CompressionLevel = p, png.BestCompression
	} else if b.Dx()*b.Dy() <= 4*small {
		encoder.CompressionLevel = png.BestCompression
	}
	var out bytes.Buffer
	err := encoder.Encode(&out, m)
	return out.Bytes(), err
}

// paletted is a picture in a palette of its colours; nil where it has more than 256.
func paletted(m image.Image) *image.Paletted {
	b := m.Bounds()
	var palette color.Palette
	index := map[color.NRGBA]uint8{}
	for pass := range 2 { // the colours are counted before any memory is taken for their indices
		var out *image.Paletted
		if pass == 1 {
			out = image.NewPaletted(image.Rect(0, 0, b.Dx(), b.Dy()), palette)
		}
		var last color.NRGBA
		var at uint8
		for y := range b.Dy() {
			for x := range b.Dx() {
				if c := nrgba(m, b.Min.X+x, b.Min.Y+y); c != last || len(palette) == 0 {
					known := false
					if at, known = index[c]; !known {
						if len(palette) == 256 {
							return nil
						}
						at = uint8(len(palette))
						index[c], palette = at, append(palette, c)
					}
					last = c
				}
				if out != nil {
					out.Pix[y*out.Stride+x] = at
				}
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}

// nrgba is a pixel's colour, the same for all that cannot be seen.
func nrgba(m image.Image, x, y int) color.NRGBA {
	var c color.NRGBA
	switch m := m.(type) {
	case *image.NRGBA:
		c = m.NRGBAAt(x, y)
	case *image.RGBA:
		at := m.RGBAAt(x, y)
		if c = color.NRGBA(at); at.A != 0xff {
			c = color.NRGBAModel.Convert(at).(color.NRGBA)
		}
	default:
		c = color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
	}
	if c.A == 0 {
		return color.NRGBA{}
	}
	return c
}

// buffers keeps what a PNG's encoder works in, about a megabyte each.
var buffers pool

type pool struct{ sync.Pool }

func (p *pool) Get() *png.EncoderBuffer  { b, _ := p.Pool.Get().(*png.EncoderBuffer); return b }
func (p *pool) Put(b *png.EncoderBuffer) { p.Pool.Put(b) }
