package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

var (
	red   = color.NRGBA{255, 0, 0, 255}
	green = color.NRGBA{0, 255, 0, 255}
	blue  = color.NRGBA{0, 0, 255, 255}
	clear = color.NRGBA{}
)

// bands is a picture of upright bands, all as wide.
func bands(width, height int, colours ...color.Color) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, colours[x*len(colours)/width])
		}
	}
	return m
}

func pngOf(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func jpegOf(m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// webpOf is a WebP of one pixel, which the standard library cannot write.
func webpOf() []byte {
	b, err := base64.StdEncoding.DecodeString("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	if err != nil {
		panic(err)
	}
	return b
}

// claiming is a PNG whose header says that it has width by height pixels, and that holds next to none.
func claiming(width, height uint32) []byte {
	b := pngOf(bands(1, 1, red))
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// near says whether a colour is another, but for what scaling and JPEG do to it.
func near(a, b color.Color) bool {
	x, y := color.NRGBAModel.Convert(a).(color.NRGBA), color.NRGBAModel.Convert(b).(color.NRGBA)
	off := func(a, b uint8) bool { return max(a, b)-min(a, b) > 12 }
	return !off(x.A, y.A) && (y.A == 0 || !off(x.R, y.R) && !off(x.G, y.G) && !off(x.B, y.B))
}

func TestFit(t *testing.T) {
	logo := bands(40, 20, red, clear)
	for name, tt := range map[string]struct {
		answer    []byte
		want      picture.Want
		mediaType string
		size      image.Point
		err       error
	}{
		"twice the size where there are pixels":  {jpegOf(bands(90, 60, red, blue)), picture.Want{Width: 30, Height: 20}, "image/jpeg", image.Pt(60, 40), nil},
		"never enlarged":                         {pngOf(bands(6, 4, red, blue)), picture.Want{Width: 60, Height: 40}, "image/jpeg", image.Pt(6, 4), nil},
		"trimmed to the shape":                   {pngOf(bands(90, 30, red, green, blue)), picture.Want{Width: 30, Height: 30}, "image/jpeg", image.Pt(30, 30), nil},
		"its own size":                           {pngOf(bands(60, 40, red)), picture.Want{Width: 30, Format: "png"}, "image/png", image.Pt(60, 40), nil},
		"a transparent one whole in the shape":   {pngOf(logo), picture.Want{Width: 20, Height: 20, Transparent: true}, "image/png", image.Pt(40, 40), nil},
		"opaque though transparent is asked for": {pngOf(bands(40, 20, red, blue)), picture.Want{Width: 20, Height: 20, Transparent: true}, "", image.Point{}, picture.ErrOpaque},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := picture.Fit(tt.answer, tt.want)
			if !errors.Is(err, tt.err) || f.MediaType != tt.mediaType || image.Pt(f.Width, f.Height) != tt.size {
				t.Fatalf("%s of %d by %d, %v", f.MediaType, f.Width, f.Height, err)
			}
			if err != nil {
				return
			}
			config, format, err := image.DecodeConfig(bytes.NewReader(f.Body))
			if err != nil || "image/"+format != f.MediaType || image.Pt(config.Width, config.Height) != tt.size {
				t.Errorf("it is a %s of %d by %d, %v", format, config.Width, config.Height, err)
			}
		})
	}
}

func TestFit_LeavesAnAnswerOfTheRightSizeByteForByte(t *testing.T) {
	answer := jpegOf(bands(60, 40, red, blue))
	if f, err := picture.Fit(answer, picture.Want{Width: 30, Height: 20}); err != nil || !bytes.Equal(f.Body, answer) {
		t.Error(err)
	}
}

func TestFit_RefusesWhatIsNoPicture(t *testing.T) {
	whole := pngOf(bands(40, 40, red, blue))
	photo := jpegOf(bands(40, 40, red, blue))
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-20] ^= 0xff
	for name, tt := range map[string]struct {
		answer []byte
		want   string
	}{
		"nothing":                  {nil, "it is not an image"},
		"text":                     {[]byte("I cannot draw that."), "it is not an image"},
		"a drawing in XML":         {[]byte("<svg/>"), "it is not an image"},
		"a GIF, which is not read": {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), "it is not an image"},
		"a header alone":           {whole[:8], "it is not an image"},
		"cut short":                {whole[:len(whole)-30], "the image is damaged"},
		"a byte flipped":           {flipped, "the image is damaged"},
		"a JPEG cut short":         {photo[:len(photo)-20], "the image is damaged"},
		"too many pixels":          {claiming(10_000, 5_001), "it is an image of 10000 by 5001 pixels"},
		"pixels beyond counting":   {claiming(1<<31-1, 1), "it is an image of 2147483647 by 1 pixels"},
		"fully transparent":        {pngOf(bands(40, 40, clear)), "the image is fully transparent"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := picture.Fit(tt.answer, picture.Want{Width: 20, Height: 20})
			if !errors.Is(err, picture.ErrUnusable) || !strings.HasPrefix(err.Error(), "the answer cannot be used: "+tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if f.Body != nil {
				t.Error("a picture all the same")
			}
		})
	}
}

func TestFit_TakesAPictureOfWhichLittleCanBeSeen(t *testing.T) {
	m := bands(40, 40, clear)
	m.Set(39, 39, color.NRGBA{255, 0, 0, 1})
	if _, err := picture.Fit(pngOf(m), picture.Want{Transparent: true}); err != nil {
		t.Error(err)
	}
}

func TestFit_MakesAnErrorOfADecodersPanic(t *testing.T) {
	image.RegisterFormat("breaking", "BREAKING", func(io.Reader) (image.Image, error) { panic("index out of range") },
		func(io.Reader) (image.Config, error) {
			return image.Config{ColorModel: color.NRGBAModel, Width: 1, Height: 1}, nil
		})
	f, err := picture.Fit([]byte("BREAKING"), picture.Want{Width: 1, Height: 1})
	if !errors.Is(err, picture.ErrUnusable) || !strings.Contains(err.Error(), "the image broke its decoder: index out of range") || f.Body != nil {
		t.Error(err)
	}
}

func FuzzFit(f *testing.F) {
	for _, answer := range [][]byte{
		pngOf(bands(6, 4, red, clear)), jpegOf(bands(9, 9, red)), webpOf(), claiming(400, 400), pngOf(bands(2, 2, clear)), []byte("<svg>"), nil,
	} {
		f.Add(answer, uint16(5), uint16(7), true)
		f.Add(answer, uint16(0), uint16(7), false)
	}
	f.Fuzz(func(t *testing.T, answer []byte, width, height uint16, transparent bool) {
		width, height = width%200, height%200
		if config, _, err := image.DecodeConfig(bytes.NewReader(answer)); err == nil && config.Width*config.Height > 100_000 {
			t.Skip("a picture this large would slow the fuzzer down")
		}
		fitted, err := picture.Fit(answer, picture.Want{Width: int(width), Height: int(height), Transparent: transparent})
		if err != nil {
			if !errors.Is(err, picture.ErrUnusable) || strings.Contains(err.Error(), "broke its decoder") {
				t.Error(err)
			}
			return
		}
		m, _, err := image.Decode(bytes.NewReader(fitted.Body))
		if err != nil || m.Bounds().Dx() != fitted.Width || m.Bounds().Dy() != fitted.Height {
			t.Fatalf("said to be %d by %d: %v", fitted.Width, fitted.Height, err)
		}
	})
}
