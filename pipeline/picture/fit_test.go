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

// fit fits an answer that is to be usable, and gives the picture decoded.
func fit(t *testing.T, answer []byte, width, height int, transparent bool) image.Image {
	t.Helper()
	fitted, w, h, err := picture.Fit(answer, width, height, transparent)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(fitted))
	if err != nil {
		t.Fatalf("it is no PNG: %v", err)
	}
	if m.Bounds() != image.Rect(0, 0, w, h) {
		t.Errorf("a picture of %v is said to be %d by %d", m.Bounds(), w, h)
	}
	return m
}

// near says whether a colour is another, but for what scaling and JPEG do to it.
func near(a, b color.Color) bool {
	x, y := color.NRGBAModel.Convert(a).(color.NRGBA), color.NRGBAModel.Convert(b).(color.NRGBA)
	off := func(a, b uint8) bool { return max(a, b)-min(a, b) > 12 }
	return !off(x.A, y.A) && (y.A == 0 || !off(x.R, y.R) && !off(x.G, y.G) && !off(x.B, y.B))
}

func TestFit_GivesAPNGOfTheSizeThatIsAskedFor(t *testing.T) {
	tests := []struct {
		name          string
		answer        []byte
		width, height int
		want          image.Point
	}{
		{"a PNG made smaller", pngOf(bands(60, 40, red)), 30, 20, image.Pt(30, 20)},
		{"a PNG made larger", pngOf(bands(6, 4, red)), 60, 40, image.Pt(60, 40)},
		{"a PNG of the size already", pngOf(bands(60, 40, red)), 60, 40, image.Pt(60, 40)},
		{"another shape", pngOf(bands(60, 40, red)), 17, 90, image.Pt(17, 90)},
		{"a JPEG", jpegOf(bands(60, 40, red)), 30, 30, image.Pt(30, 30)},
		{"a JPEG of the size already", jpegOf(bands(60, 40, red)), 60, 40, image.Pt(60, 40)},
		{"a WebP", webpOf(), 20, 10, image.Pt(20, 10)},
		{"neither side known keeps its own", pngOf(bands(60, 40, red)), 0, 0, image.Pt(60, 40)},
		{"one side known keeps its own", pngOf(bands(60, 40, red)), 30, 0, image.Pt(60, 40)},
		{"a side below nothing keeps its own", pngOf(bands(60, 40, red)), 30, -1, image.Pt(60, 40)},
		{"a JPEG that keeps its own", jpegOf(bands(60, 40, red)), 0, 0, image.Pt(60, 40)},
		{"one pixel", pngOf(bands(60, 40, red)), 1, 1, image.Pt(1, 1)},
		{"a side beyond the bound keeps the shape", pngOf(bands(60, 40, red)), 4 * picture.MaxSide, 8, image.Pt(picture.MaxSide, 2)},
		{"the side at the bound", pngOf(bands(60, 40, red)), 3, picture.MaxSide, image.Pt(3, picture.MaxSide)},
		{"a shape that would vanish within the bound", pngOf(bands(60, 40, red)), 1, 1_000_000, image.Pt(1, picture.MaxSide)},
	}
	for _, tt := range tests {
		for _, transparent := range []bool{false, true} {
			t.Run(tt.name+map[bool]string{false: ", opaque", true: ", transparent"}[transparent], func(t *testing.T) {
				if m := fit(t, tt.answer, tt.width, tt.height, transparent); m.Bounds().Size() != tt.want {
					t.Errorf("%v, want %v", m.Bounds().Size(), tt.want)
				}
			})
		}
	}
}

func TestFit_LeavesAPNGOfTheRightSizeByteForByte(t *testing.T) {
	answer := pngOf(bands(6, 4, red))
	for _, side := range [][2]int{{0, 0}, {6, 4}} {
		fitted, w, h, err := picture.Fit(answer, side[0], side[1], false)
		if err != nil || w != 6 || h != 4 || !bytes.Equal(fitted, answer) {
			t.Errorf("%v: %d by %d, %v", side, w, h, err)
		}
	}
}

func TestFit_TrimsAnOpaquePictureEvenly(t *testing.T) {
	t.Run("at the sides", func(t *testing.T) {
		m := fit(t, pngOf(bands(90, 30, red, green, blue)), 30, 30, false)
		for _, at := range []image.Point{{3, 3}, {26, 3}, {15, 15}, {3, 26}, {26, 26}} {
			if !near(m.At(at.X, at.Y), green) {
				t.Errorf("%v at %v: more than the middle is left, or less", m.At(at.X, at.Y), at)
			}
		}
	})
	t.Run("above and below", func(t *testing.T) {
		m := fit(t, pngOf(bands(30, 90, red, blue)), 60, 60, false)
		if !near(m.At(2, 2), red) || !near(m.At(57, 57), blue) {
			t.Errorf("%v and %v: the sides are gone", m.At(2, 2), m.At(57, 57))
		}
	})
}

func TestFit_SetsATransparentPictureInWhole(t *testing.T) {
	m := fit(t, pngOf(bands(40, 20, red, blue)), 40, 40, true)
	for at, want := range map[image.Point]color.Color{
		{2, 20}: red, {37, 20}: blue, {10, 13}: red, {30, 26}: blue, // whole, in the middle
		{20, 2}: clear, {20, 37}: clear, {2, 5}: clear, // nothing around it
	} {
		if got := m.At(at.X, at.Y); !near(got, want) {
			t.Errorf("%v at %v, want %v", got, at, want)
		}
	}
}

func TestFit_KeepsWhatIsTransparentInAPicture(t *testing.T) {
	m := fit(t, pngOf(bands(40, 40, red, clear)), 20, 20, true)
	if !near(m.At(3, 10), red) || !near(m.At(16, 10), clear) {
		t.Errorf("%v and %v", m.At(3, 10), m.At(16, 10))
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
			fitted, w, h, err := picture.Fit(tt.answer, 20, 20, false)
			if !errors.Is(err, picture.ErrUnusable) || !strings.HasPrefix(err.Error(), "the answer cannot be used: "+tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if fitted != nil || w != 0 || h != 0 {
				t.Errorf("a picture of %d by %d all the same", w, h)
			}
		})
	}
}

func TestFit_TakesAPictureOfWhichLittleCanBeSeen(t *testing.T) {
	m := bands(40, 40, clear)
	m.Set(39, 39, color.NRGBA{255, 0, 0, 1})
	if _, _, _, err := picture.Fit(pngOf(m), 0, 0, true); err != nil {
		t.Error(err)
	}
}

func TestFit_MakesAnErrorOfADecodersPanic(t *testing.T) {
	image.RegisterFormat("breaking", "BREAKING", func(io.Reader) (image.Image, error) { panic("index out of range") },
		func(io.Reader) (image.Config, error) {
			return image.Config{ColorModel: color.NRGBAModel, Width: 1, Height: 1}, nil
		})
	fitted, w, h, err := picture.Fit([]byte("BREAKING"), 1, 1, false)
	if !errors.Is(err, picture.ErrUnusable) || !strings.Contains(err.Error(), "the image broke its decoder: index out of range") || fitted != nil || w != 0 || h != 0 {
		t.Errorf("%d by %d, %v", w, h, err)
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
		fitted, w, h, err := picture.Fit(answer, int(width), int(height), transparent)
		if err != nil {
			if !errors.Is(err, picture.ErrUnusable) || strings.Contains(err.Error(), "broke its decoder") {
				t.Error(err)
			}
			return
		}
		m, err := png.Decode(bytes.NewReader(fitted))
		if err != nil || m.Bounds().Dx() != w || m.Bounds().Dy() != h {
			t.Fatalf("said to be %d by %d: %v", w, h, err)
		}
		if width > 0 && height > 0 && (w != int(width) || h != int(height)) {
			t.Errorf("%d by %d, want %d by %d", w, h, width, height)
		}
	})
}
