package fetch_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// picture returns an image whose pixels all differ a little, so that it does
// not shrink to nothing.
func picture(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(i*7 + i/97)
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	return m
}

func encoded(t testing.TB, encode func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngOf(t testing.TB, w, h int) []byte {
	return encoded(t, func(out io.Writer) error { return png.Encode(out, picture(w, h)) })
}

func jpegOf(t testing.TB, w, h int) []byte {
	return encoded(t, func(out io.Writer) error { return jpeg.Encode(out, picture(w, h), nil) })
}

func bmpOf(t testing.TB, w, h int) []byte {
	return encoded(t, func(out io.Writer) error { return bmp.Encode(out, picture(w, h)) })
}

func tiffOf(t testing.TB, w, h int) []byte {
	return encoded(t, func(out io.Writer) error {
		return tiff.Encode(out, picture(w, h), &tiff.Options{Compression: tiff.Deflate})
	})
}

// gifOf returns an animation of two frames on a canvas of w by h: one red and
// smaller than the canvas by a pixel on each side, and one blue.
func gifOf(t testing.TB, w, h int) []byte {
	palette := color.Palette{color.RGBA{}, color.RGBA{R: 255, A: 255}, color.RGBA{B: 255, A: 255}}
	frame := func(r image.Rectangle, index uint8) *image.Paletted {
		m := image.NewPaletted(r, palette)
		for i := range m.Pix {
			m.Pix[i] = index
		}
		return m
	}
	return encoded(t, func(out io.Writer) error {
		return gif.EncodeAll(out, &gif.GIF{
			Image:  []*image.Paletted{frame(image.Rect(1, 1, w-1, h-1), 1), frame(image.Rect(0, 0, w, h), 2)},
			Delay:  []int{1, 1},
			Config: image.Config{ColorModel: palette, Width: w, Height: h},
		})
	})
}

// Two webp pictures of one pixel, which the standard library cannot write.
var (
	webpLossless = fromBase64("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	webpLossy    = fromBase64("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
)

func fromBase64(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// animated returns a webp whose header says that it moves.
func animatedWebP() []byte {
	body := append([]byte("WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00"), webpLossless[12:]...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// zipped returns a gzip of body.
func zipped(t testing.TB, body []byte) []byte {
	return encoded(t, func(out io.Writer) error {
		w := gzip.NewWriter(out)
		w.Write(body)
		return w.Close()
	})
}
