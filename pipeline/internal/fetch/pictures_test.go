package fetch_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
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

// hugePNG returns a png that says it is w by h pixels and holds next to none.
func hugePNG(t testing.TB, w, h uint32) []byte {
	data := pngOf(t, 1, 1)
	binary.BigEndian.PutUint32(data[16:], w)
	binary.BigEndian.PutUint32(data[20:], h)
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

// hugeGIF, hugeBMP, hugeJPEG, hugeTIFF and hugeWebP say that they are 60,000
// by 60,000 pixels, or as near as their format lets them.
func hugeGIF(t testing.TB) []byte {
	data := gifOf(t, 3, 3)
	binary.LittleEndian.PutUint16(data[6:], 60000)
	binary.LittleEndian.PutUint16(data[8:], 60000)
	return data
}

func hugeBMP(t testing.TB) []byte {
	data := bmpOf(t, 1, 1)
	binary.LittleEndian.PutUint32(data[18:], 60000)
	binary.LittleEndian.PutUint32(data[22:], 60000)
	return data
}

func hugeJPEG(t testing.TB) []byte {
	data := jpegOf(t, 8, 8)
	at := bytes.Index(data, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(data[at+5:], 60000)
	binary.BigEndian.PutUint16(data[at+7:], 60000)
	return data
}

func hugeTIFF() []byte {
	data := []byte("II*\x00\x08\x00\x00\x00\x03\x00")
	for _, entry := range [][2]uint32{{256, 60000}, {257, 60000}, {262, 1}} {
		data = binary.LittleEndian.AppendUint16(data, uint16(entry[0]))
		data = binary.LittleEndian.AppendUint16(data, 4)
		data = binary.LittleEndian.AppendUint32(data, 1)
		data = binary.LittleEndian.AppendUint32(data, entry[1])
	}
	return append(data, 0, 0, 0, 0)
}

// hugeWebP is 16,384 by 16,384 pixels.
func hugeWebP() []byte {
	data := bytes.Clone(webpLossless)
	copy(data[21:25], "\xff\xff\xff\x0f")
	return data
}

// disguisedWebP has a small extended header in front of a huge picture.
func disguisedWebP() []byte {
	body := append([]byte("WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), hugeWebP()[12:]...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// busyJPEG returns a progressive jpeg of 1,500 by 2,000 grey pixels in about
// 350 kB, with so many scans, each over every block, that decoding it takes
// the better part of a minute.
func busyJPEG() []byte {
	data := []byte("\xff\xd8")
	data = append(data, "\xff\xc2\x00\x0b\x08\x07\xd0\x05\xdc\x01\x01\x11\x00"...) // progressive, one component
	data = append(data, "\xff\xdb\x00\x43\x00"+strings.Repeat("\x01", 64)...)      // quantisation
	data = append(data, "\xff\xc4\x00\x14\x10\x01"+strings.Repeat("\x00", 15)+"\xe0"...)
	// The table's one code, 15 bits of nothing, ends 2^14 blocks; three of them end all 47,000.
	scan := "\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00" + strings.Repeat("\x00", 6)
	return append(append(data, strings.Repeat(scan, 20_000)...), "\xff\xd9"...)
}
