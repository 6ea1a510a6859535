package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"math"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/full-turner/full-turner/pipeline/picture"
)

// The corpus's picture: 64 by 32, of these two halves.
var (
	leftHalf  = color.NRGBA{200, 60, 30, 255}
	rightHalf = color.NRGBA{200, 180, 30, 255}
)

const place = "Anytown, 12 Some Street" // that metadata tell

// A wrapper puts EXIF, a profile and a remark into a file; nil and "" are none.
var wrappers = map[string]func(body, exif, icc []byte, remark string) []byte{"jpeg": wrapJPEG, "png": wrapPNG, "webp": wrapWebP}

func exifOf(orientation byte) []byte {
	return []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(orientation)) + "\x00\x00\x00\x00\x00\x00" + place)
}

func wrapJPEG(body, exif, icc []byte, remark string) []byte {
	out := []byte("\xff\xd8")
	segment := func(marker byte, data string) {
		out = append(out, 0xff, marker)
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(data)+2)), data...)
	}
	if exif != nil {
		segment(0xe1, "Exif\x00\x00"+string(exif))
	}
	if icc != nil { // in two parts, the second one first
		half := len(icc) / 2
		segment(0xe2, "ICC_PROFILE\x00\x02\x02"+string(icc[half:]))
		segment(0xe2, "ICC_PROFILE\x00\x01\x02"+string(icc[:half]))
	}
	if remark != "" {
		segment(0xfe, remark)
	}
	return append(out, body[2:]...)
}

func pngChunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func wrapPNG(body, exif, icc []byte, remark string) []byte {
	out := bytes.Clone(body[:33])
	if icc != nil {
		var packed bytes.Buffer
		w := zlib.NewWriter(&packed)
		w.Write(icc)
		w.Close()
		out = append(out, pngChunk("iCCP", append([]byte("x\x00\x00"), packed.Bytes()...))...)
	}
	if exif != nil {
		out = append(out, pngChunk("eXIf", exif)...)
	}
	if remark != "" {
		out = append(out, pngChunk("tEXt", []byte("Comment\x00"+remark))...)
	}
	return append(out, body[33:]...)
}

func wrapWebP(body, exif, icc []byte, remark string) []byte {
	if exif == nil && icc == nil && remark == "" {
		return body
	}
	out := []byte("WEBP")
	chunk := func(kind string, data []byte) {
		out = binary.LittleEndian.AppendUint32(append(out, kind...), uint32(len(data)))
		out = append(out, data...)
		if len(data)%2 == 1 {
			out = append(out, 0)
		}
	}
	flags := byte(0x10)
	if icc != nil {
		flags |= 0x20
	}
	if exif != nil {
		flags |= 0x08
	}
	chunk("VP8X", []byte{flags, 0, 0, 0, 63, 0, 0, 31, 0, 0})
	if icc != nil {
		chunk("ICCP", icc)
	}
	out = append(out, body[12:]...)
	if exif != nil {
		chunk("EXIF", exif)
	}
	if remark != "" {
		chunk("XMP ", []byte(remark))
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(out))), out...)
}

// losslessWebP is the corpus's picture as a WebP; the right half is transparent where asked.
func losslessWebP(transparent bool) []byte {
	var data []byte
	var n uint
	bits := func(v uint32, count uint) {
		for i := range count {
			if n%8 == 0 {
				data = append(data, 0)
			}
			data[n/8] |= byte(v>>i&1) << (n % 8)
			n++
		}
	}
	one := func(symbol uint32) { bits(1, 1); bits(0, 1); bits(1, 1); bits(symbol, 8) }
	two := func(a, b uint32) { bits(1, 1); bits(1, 1); bits(1, 1); bits(a, 8); bits(b, 8) }
	bits(0x2f, 8)
	bits(63, 14)
	bits(31, 14)
	bits(1, 1) // alpha is used
	bits(0, 3)
	bits(0, 3) // no transform, no cache, one set of codes
	two(60, 180)
	one(200)
	one(30)
	if transparent {
		two(0, 255)
	} else {
		one(255)
	}
	bits(1, 1)
	bits(0, 3) // distances: the symbol 0
	for range 32 {
		for x := range uint32(64) {
			bits(x/32, 1)
			if transparent {
				bits(1-x/32, 1)
			}
		}
	}
	if len(data)%2 == 1 {
		data = append(data, 0)
	}
	out := binary.LittleEndian.AppendUint32([]byte("WEBPVP8L"), uint32(len(data)))
	out = append(out, data...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(out))), out...)
}

// cmykJPEG is a JPEG of four grey channels. One that is not progressive has a lighter right half.
func cmykJPEG(width, height int, progressive bool) []byte {
	sof, band := byte(0xc0), byte(63)
	if progressive {
		sof, band = 0xc2, 0
	}
	out := []byte("\xff\xd8\xff\xdb\x00\x43\x00" + strings.Repeat("\x08", 64))
	out = append(out, "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"...)
	out = append(out, 0xff, sof, 0, 20, 8, byte(height>>8), byte(height), byte(width>>8), byte(width), 4)
	for i := range byte(4) {
		out = append(out, i+1, 0x11, 0)
	}
	out = append(out, "\xff\xc4\x00\x15\x00\x01\x01"+strings.Repeat("\x00", 14)+"\x00\x06"...) // a difference of none is 0, one of 6 bits 10
	out = append(out, "\xff\xc4\x00\x14\x10\x01"+strings.Repeat("\x00", 15)+"\x00"...)         // no more of a block is 0
	out = append(out, 0xff, 0xda, 0, 14, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, band, 0)
	blocks := (width + 7) / 8 * ((height + 7) / 8)
	if progressive {
		return append(append(out, make([]byte, blocks/2+1)...), 0xff, 0xd9)
	}
	text := strings.Repeat("00000000", blocks/2) + "10100000" + "0" + "000000" + strings.Repeat("00000000", blocks/2-1)
	for len(text)%8 != 0 {
		text += "1"
	}
	for i := 0; i < len(text); i += 8 {
		var b byte
		for _, r := range text[i : i+8] {
			b = b<<1 | byte(r-'0')
		}
		out = append(out, b)
	}
	return append(out, 0xff, 0xd9)
}

// icc is an RGB profile of three primaries, adapted to D50, and a tone curve.
func icc(space string, primaries [9]float64, curve string) []byte {
	head := make([]byte, 128)
	copy(head[16:], space+"XYZ ")
	var tags, data []byte
	add := func(name, body string) {
		tags = append(tags, name...)
		tags = binary.BigEndian.AppendUint32(tags, uint32(132+6*12+len(data)))
		tags = binary.BigEndian.AppendUint32(tags, uint32(len(body)))
		data = append(data, body...)
	}
	for i, channel := range []string{"r", "g", "b"} {
		xyz := "XYZ \x00\x00\x00\x00"
		for k := range 3 {
			xyz += s15(primaries[3*i+k])
		}
		add(channel+"XYZ", xyz)
		add(channel+"TRC", curve)
	}
	return append(append(binary.BigEndian.AppendUint32(head, 6), tags...), data...)
}

func s15(v float64) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(int32(math.Round(v*65536)))))
}

var (
	sRGBCurve  = "para\x00\x00\x00\x00\x00\x03\x00\x00" + s15(2.4) + s15(1/1.055) + s15(0.055/1.055) + s15(1/12.92) + s15(0.04045)
	adobeCurve = "curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x33"
	profiles   = map[string][]byte{
		"none":         nil,
		"sRGB":         icc("RGB ", [9]float64{0.43607, 0.22249, 0.01392, 0.38515, 0.71687, 0.09708, 0.14307, 0.06061, 0.71410}, sRGBCurve),
		"P3":           icc("RGB ", [9]float64{0.51512, 0.24120, -0.00105, 0.29198, 0.69225, 0.04189, 0.15710, 0.06657, 0.78407}, sRGBCurve),
		"AdobeRGB":     icc("RGB ", [9]float64{0.60974, 0.31111, 0.01947, 0.20528, 0.62567, 0.06087, 0.14919, 0.06322, 0.74457}, adobeCurve),
		"of a printer": icc("CMYK", [9]float64{}, adobeCurve),
		"damaged":      []byte("no profile at all"),
	}
)

// inSRGB is a colour of a space, by its matrix to sRGB in linear light as published.
func inSRGB(c color.NRGBA, space string) color.NRGBA {
	m, linear := [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	switch space {
	case "P3":
		m = [9]float64{1.2249, -0.2247, 0, -0.0420, 1.0419, 0, -0.0197, -0.0786, 1.0979}
	case "AdobeRGB":
		m = [9]float64{1.3984, -0.3984, 0, 0, 1, 0, 0, -0.0429, 1.0429}
		linear = func(v float64) float64 { return math.Pow(v, 2.19921875) }
	}
	r, g, b := linear(float64(c.R)/255), linear(float64(c.G)/255), linear(float64(c.B)/255)
	row := func(i int) uint8 {
		v := min(1, max(0, m[i]*r+m[i+1]*g+m[i+2]*b))
		if v <= 0.0031308 {
			return uint8(v*12.92*255 + 0.5)
		}
		return uint8((1.055*math.Pow(v, 1/2.4)-0.055)*255 + 0.5)
	}
	return color.NRGBA{row(0), row(3), row(6), 255}
}

// source is a picture of the corpus and what becomes of it.
type source struct {
	body        []byte
	fails       string // "" where it is made; else a Left's code, or what an ErrSource says
	mediaType   string
	asItIs      bool
	transparent bool
	turn        int    // 0 is upright
	space       string // of its colours
	grey        bool   // the colours are not looked at
}

// corpus is every format in every mode, turn, profile and with every fault.
func corpus(t *testing.T) map[string]source {
	sources := map[string]source{}
	add := func(name string, s source) {
		if _, ok := sources[name]; ok {
			t.Fatalf("%s is there twice", name)
		}
		sources[name] = s
	}
	plain := bands(64, 32, leftHalf, rightHalf)
	photo := new(bytes.Buffer)
	if err := jpeg.Encode(photo, plain, &jpeg.Options{Quality: 98}); err != nil {
		t.Fatal(err)
	}
	base := map[string][]byte{"png": pngOf(plain), "jpeg": photo.Bytes(), "webp": losslessWebP(false)}
	sends := map[string]string{"png": "image/png", "jpeg": "image/jpeg", "webp": "image/png"}

	for format, body := range base {
		for space, profile := range profiles {
			for turn := range 9 {
				var exif []byte
				if turn > 0 {
					exif = exifOf(byte(turn))
				}
				add(fmt.Sprintf("%s turned %d, profile %s", format, turn, space), source{
					body: wrappers[format](body, exif, profile, ""), mediaType: sends[format], turn: turn, space: space, asItIs: format != "webp" && exif == nil && profile == nil,
				})
			}
		}
		add(format+" with a remark", source{body: wrappers[format](body, nil, nil, place), mediaType: sends[format]})
		add(format+" with something behind", source{body: append(bytes.Clone(body), place...), mediaType: sends[format]})
		add(format+", cut short", source{body: body[:len(body)-20], fails: "damaged"})
		add(format+", its first bytes", source{body: body[:12], fails: "not an image"})
		add(format+", its first bytes and others", source{body: append(bytes.Clone(body[:16]), bytes.Repeat([]byte{0xaa}, 400)...), fails: "image"})
	}
	add("jpeg without its end", source{body: base["jpeg"][:len(base["jpeg"])-2], mediaType: "image/jpeg"})
	add("jpeg with half of its end", source{body: base["jpeg"][:len(base["jpeg"])-1], mediaType: "image/jpeg"})
	add("png without its end", source{body: base["png"][:len(base["png"])-12], mediaType: "image/png"})
	add("png without its end and the checksum before", source{body: base["png"][:len(base["png"])-16], mediaType: "image/png"})
	remark := wrapPNG(base["png"], nil, nil, place)
	remark[bytes.Index(remark, []byte(place))]++
	add("png with a wrong checksum of a remark", source{body: remark, mediaType: "image/png"})
	pixels := bytes.Clone(base["png"])
	pixels[bytes.Index(pixels, []byte("IDAT"))+10] ^= 1
	add("png with wrong pixels", source{body: pixels, fails: "damaged"})

	bounds := plain.Rect
	filled := func(m draw.Image) image.Image {
		draw.Draw(m, bounds, plain, image.Point{}, draw.Src)
		return m
	}
	glass := bands(64, 32, leftHalf, clear)
	paletteOf := color.Palette{leftHalf, rightHalf, color.NRGBA{}}
	modes := map[string]struct {
		m                 image.Image
		transparent, grey bool
	}{
		"colour": {plain, false, false}, "grey": {filled(image.NewGray(bounds)), false, true}, "grey of 16 bits": {filled(image.NewGray16(bounds)), false, true},
		"16 bits": {filled(image.NewNRGBA64(bounds)), false, false}, "a palette": {filled(image.NewPaletted(bounds, paletteOf)), false, false},
		"a palette of 216": {filled(image.NewPaletted(bounds, palette.WebSafe)), false, true}, "transparent": {glass, true, false},
	}
	for mode, m := range modes {
		add("png of "+mode, source{body: pngOf(m.m), mediaType: "image/png", transparent: m.transparent, grey: m.grey, asItIs: mode == "colour" || mode == "transparent"})
		for name, options := range map[string]*tiff.Options{"tiff": nil, "packed tiff": {Compression: tiff.Deflate, Predictor: true}} {
			var out bytes.Buffer
			if err := tiff.Encode(&out, m.m, options); err != nil {
				t.Fatal(err)
			}
			add(name+" of "+mode, source{body: out.Bytes(), mediaType: "image/png", transparent: m.transparent, grey: m.grey})
		}
		if strings.Contains(mode, "16") || m.transparent {
			continue
		}
		var out bytes.Buffer
		if err := bmp.Encode(&out, m.m); err != nil {
			t.Fatal(err)
		}
		add("bmp of "+mode, source{body: out.Bytes(), mediaType: "image/png", transparent: m.transparent, grey: m.grey})
	}
	var grey bytes.Buffer
	if err := jpeg.Encode(&grey, modes["grey"].m, nil); err != nil {
		t.Fatal(err)
	}
	add("jpeg of grey", source{body: grey.Bytes(), mediaType: "image/jpeg", grey: true})
	add("jpeg of CMYK", source{body: cmykJPEG(64, 32, false), mediaType: "image/jpeg", grey: true})
	add("jpeg of CMYK that nothing is on", source{body: cmykJPEG(64, 32, true), fails: "uniform"})
	add("webp of transparent", source{body: losslessWebP(true), mediaType: "image/png", transparent: true})

	frame := func(r image.Rectangle, index uint8) *image.Paletted {
		m := image.NewPaletted(r, paletteOf)
		for i := range m.Pix {
			m.Pix[i] = index
		}
		return m
	}
	gifOf := func(frames ...*image.Paletted) []byte {
		var out bytes.Buffer
		if err := gif.EncodeAll(&out, &gif.GIF{Image: frames, Delay: make([]int, len(frames)), Config: image.Config{ColorModel: paletteOf, Width: 64, Height: 32}}); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	still := gifOf(modes["a palette"].m.(*image.Paletted))
	add("gif", source{body: still, mediaType: "image/png"})
	add("gif without its end", source{body: still[:len(still)-1], mediaType: "image/png"})
	add("gif of a part", source{body: gifOf(frame(image.Rect(0, 0, 32, 32), 0)), mediaType: "image/png", transparent: true})
	add("gif that moves", source{body: gifOf(frame(bounds, 0), frame(bounds, 1)), fails: "animated"})
	add("gif, half of it", source{body: still[:len(still)/2], fails: "image"})

	control := func(frames byte) []byte {
		body := pngOf(plain)
		return append(append(bytes.Clone(body[:33]), pngChunk("acTL", []byte{0, 0, 0, frames, 0, 0, 0, 0})...), body[33:]...)
	}
	add("png that moves", source{body: control(3), fails: "animated"})
	add("png of one frame", source{body: control(1), mediaType: "image/png"})
	moving := wrapWebP(base["webp"], exifOf(1), nil, "")
	moving[20] |= 2
	add("webp that moves", source{body: moving, fails: "animated"})

	add("a spacer", source{body: pngOf(bands(600, 2, leftHalf)), fails: "pixel"})
	add("a tracking pixel", source{body: webpOf(), fails: "pixel"})
	add("one colour", source{body: pngOf(bands(64, 32, leftHalf)), fails: "uniform"})
	add("nothing", source{body: pngOf(bands(64, 32, clear)), fails: "transparent"})
	add("too many pixels", source{body: claiming(8000, 7000), fails: "8000 by 7000 pixels"})
	add("no bytes", source{fails: "not an image"})
	add("a text", source{body: []byte("hello"), fails: "not an image"})
	add("a page", source{body: []byte("<!DOCTYPE html><html><body>x</body></html>"), fails: "no SVG"})
	add("an avif", source{body: []byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1"), fails: "not an image"})
	return sources
}

// TestPrepare_TakesAnySource holds for every source of the corpus what becomes of it and what is sent.
func TestPrepare_TakesAnySource(t *testing.T) {
	sources := corpus(t)
	if len(sources) < 150 {
		t.Errorf("%d sources", len(sources))
	}
	for name, tt := range sources {
		t.Run(name, func(t *testing.T) {
			s, err := picture.Prepare(t.Context(), tt.body, picture.NewMemory(256<<20))
			var left *picture.Left
			switch {
			case tt.fails == "" && err != nil:
				t.Fatal(err)
			case tt.fails == "":
			case errors.As(err, &left) && left.Code != tt.fails, left == nil && (!errors.Is(err, picture.ErrSource) || !strings.Contains(err.Error(), tt.fails)):
				t.Fatalf("%v, want %s", err, tt.fails)
			default:
				return
			}
			m, format, err := image.Decode(bytes.NewReader(s.Body))
			if err != nil {
				t.Fatal(err)
			}
			width, height := 64, 32
			if tt.turn >= 5 {
				width, height = height, width
			}
			if got := m.Bounds().Size(); got != image.Pt(width, height) || s.Width != width || s.Height != height || s.SentWidth != width || s.SentHeight != height {
				t.Errorf("it is %v, and said to be %d by %d, sent as %d by %d", got, s.Width, s.Height, s.SentWidth, s.SentHeight)
			}
			if s.MediaType != tt.mediaType || s.MediaType != "image/"+format || s.Transparent != tt.transparent || len(s.Body) == 0 {
				t.Errorf("%s in %d bytes, transparent: %t; want %s", s.MediaType, len(s.Body), s.Transparent, tt.mediaType)
			}
			if as := bytes.Equal(s.Body, tt.body); as != tt.asItIs {
				t.Errorf("as it came: %t", as)
			}
			switch m.(type) {
			case *image.NRGBA, *image.RGBA, *image.YCbCr:
			default:
				t.Errorf("it is a %T", m)
			}
			if bytes.Contains(s.Body, []byte(place)) || bytes.Contains(s.Body, []byte("TRC")) {
				t.Error("metadata went along")
			}
			if tt.grey {
				return
			}
			first, last := inSRGB(leftHalf, tt.space), inSRGB(rightHalf, tt.space)
			if tt.transparent {
				last = clear
			}
			if strings.Contains(" 2 3 7 8", fmt.Sprint(" ", tt.turn)) {
				first, last = last, first
			}
			if a, b := m.At(4, 4), m.At(width-5, height-5); !near(a, first) || !near(b, last) {
				t.Errorf("%v and %v, want %v and %v", a, b, first, last)
			}
		})
	}
}
