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
		"twice the size where there are pixels":  {jpegOf(photo(1, 900, 600)), picture.Want{Width: 300, Height: 200}, "image/jpeg", image.Pt(600, 400), nil},
		"never enlarged":                         {pngOf(bands(6, 4, red, blue)), picture.Want{Width: 60, Height: 40}, "image/png", image.Pt(6, 4), nil},
		"trimmed to the shape":                   {pngOf(bands(90, 30, red, green, blue, red)), picture.Want{Width: 30, Height: 30, Format: "jpeg"}, "image/jpeg", image.Pt(30, 30), nil},
		"its own size":                           {pngOf(bands(60, 40, red, blue)), picture.Want{Width: 30, Format: "png"}, "image/png", image.Pt(60, 40), nil},
		"the middle band of a banner":            {pngOf(bands(1440, 480, red, clear)), picture.Want{Width: 600, Height: 60, Transparent: true, Banner: true}, "image/png", image.Pt(1200, 120), nil},
		"a transparent one is no JPEG":           {pngOf(logo), picture.Want{Transparent: true, Format: "jpeg"}, "image/png", image.Pt(40, 20), nil},
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

func TestFit_LeavesTheRestOfAnAnswerOfTheRightSizeByteForByte(t *testing.T) {
	for name, tt := range map[string]struct {
		answer []byte
		want   picture.Want
		head   int // bytes before what is put in
	}{
		"a JPEG":            {jpegOf(photo(1, 60, 40)), picture.Want{Width: 30, Height: 20}, 2},
		"a transparent PNG": {pngOf(bands(60, 40, red, clear)), picture.Want{Width: 30, Height: 20, Transparent: true}, 33},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := picture.Fit(tt.answer, tt.want)
			if err != nil || !bytes.HasPrefix(f.Body, tt.answer[:tt.head]) || !bytes.HasSuffix(f.Body, tt.answer[tt.head:]) {
				t.Error(err)
			}
			if again, err := picture.Fit(f.Body, tt.want); err != nil || !bytes.Equal(again.Body, f.Body) {
				t.Error("what says that a model made it is changed", err)
			}
		})
	}
}

func TestFit_TakesTheSmallerOfPNGAndJPEG(t *testing.T) {
	for name, tt := range map[string]struct {
		answer    image.Image
		mediaType string
	}{
		"a photo is a JPEG":           {photo(2, 300, 200), "image/jpeg"},
		"a small photo is a JPEG":     {photo(2, 90, 60), "image/jpeg"},
		"flat colours are a PNG":      {bands(300, 200, red, green, blue), "image/png"},
		"a large flat one is a PNG":   {bands(1200, 800, red, green, blue), "image/png"},
		"a translucent photo is none": {translucent(photo(2, 90, 60)), "image/png"},
	} {
		t.Run(name, func(t *testing.T) {
			if f, err := picture.Fit(pngOf(tt.answer), picture.Want{}); err != nil || f.MediaType != tt.mediaType || f.Ext == "" {
				t.Errorf("%s%s, %v", f.MediaType, f.Ext, err)
			}
		})
	}
}

func TestFit_GivesFewColoursAPalette(t *testing.T) {
	f, err := picture.Fit(pngOf(bands(64, 64, red, green, blue, clear)), picture.Want{Width: 16, Height: 16, Transparent: true})
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(f.Body))
	if p, ok := m.(*image.Paletted); err != nil || !ok || len(p.Palette) > 256 || p.Opaque() {
		t.Errorf("%T, %v", m, err)
	}
}

func TestFit_MakesTransparentPartsOfAJPEGWhite(t *testing.T) {
	f, err := picture.Fit(pngOf(bands(60, 40, red, clear)), picture.Want{Format: "jpeg"})
	if err != nil || len(f.Notes) != 1 {
		t.Fatal(f.Notes, err)
	}
	m, err := jpeg.Decode(bytes.NewReader(f.Body))
	if err != nil || !near(m.At(50, 20), color.White) || !near(m.At(10, 20), red) {
		t.Error(m.At(50, 20), m.At(10, 20), err)
	}
}

func TestFit_TellsWhatIsLessThanWished(t *testing.T) {
	for name, tt := range map[string]struct {
		want picture.Want
		note string
	}{
		"all of it":         {picture.Want{Width: 30, Height: 20}, ""},
		"too few pixels":    {picture.Want{Width: 300, Height: 200}, "the element has 300 by 200 pixels and the answer 60 by 40"},
		"much cut away":     {picture.Want{Width: 10, Height: 40}, "83 % of the answer were cut away"},
		"a banner is meant": {picture.Want{Width: 50, Height: 5, Banner: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := picture.Fit(jpegOf(photo(3, 60, 40)), tt.want)
			if got := strings.Join(f.Notes, "; "); err != nil || (got == "") != (tt.note == "") || !strings.Contains(got, tt.note) {
				t.Error(got, err)
			}
		})
	}
}

func TestFit_RefusesAFormatThatIsNotMade(t *testing.T) {
	for format, wrong := range map[string]bool{"": false, "png": false, "jpeg": false, "webp": true, "jpg": true} {
		if err := picture.CheckFormat(format); (err != nil) != wrong {
			t.Errorf("%q: %v", format, err)
		}
		if _, err := picture.Fit(pngOf(bands(4, 4, red, blue)), picture.Want{Format: format}); (err != nil) != wrong || errors.Is(err, picture.ErrUnusable) {
			t.Errorf("%q: %v", format, err)
		}
	}
}

func TestFit_RefusesWhatMemoryHasNoRoomFor(t *testing.T) {
	want := picture.Want{Width: 30, Height: 20, Memory: picture.NewMemory(1 << 20)}
	if _, err := picture.Fit(claiming(2000, 2000), want); !errors.Is(err, picture.ErrTooLarge) {
		t.Error(err)
	}
	for range 3 { // what is held is given back, by a failure too
		if _, err := picture.Fit(pngOf(bands(60, 40, red, blue)), want); err != nil {
			t.Error(err)
		}
		if _, err := picture.Fit(claiming(300, 300), want); !errors.Is(err, picture.ErrUnusable) {
			t.Error(err)
		}
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
		"one colour":               {pngOf(bands(40, 40, red)), "the image is of one colour alone"},
		"one colour, in a JPEG":    {jpegOf(bands(40, 40, red)), "the image is of one colour alone"},
		"all but one colour":       {pngOf(bands(40, 40, red, color.NRGBA{250, 4, 0, 255})), "the image is of one colour alone"},
		"one veil over all":        {pngOf(bands(40, 40, color.NRGBA{255, 0, 0, 90})), "the image is of one colour alone"},
		"all but transparent":      {pngOf(bands(40, 40, clear, color.NRGBA{255, 0, 0, 2})), "the image is of one colour alone"},
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
	m.Set(39, 39, color.NRGBA{255, 0, 0, 20})
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
