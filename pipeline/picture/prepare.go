package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	_ "image/gif"
	"image/jpeg"
	"image/png"
	"math"

	_ "golang.org/x/image/bmp"
	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
)

// SentPixels is the most that a model is sent: it looks at about 1,536 patches of 32 by 32 pixels, and more buys nothing.
const SentPixels = 1536 * 32 * 32

// Source is a picture made ready for a model.
type Source struct {
	Body                  []byte
	MediaType             string // image/png or image/jpeg
	Width, Height         int    // as shown: turned upright, before it was scaled
	SentWidth, SentHeight int
	Transparent           bool
	Sum                   [32]byte // SHA-256 of the bytes as fetched
}

// Prepare makes of a PNG, JPEG, WebP, GIF, BMP or TIFF what a model takes: upright, of 8 bits, without metadata, of at
// most SentPixels. A JPEG is for an opaque picture, a PNG for the others.
//
// The error is a *Left for what must not be redrawn, an ErrTooLarge for what memory has no room for, or an ErrUnusable.
func Prepare(body []byte, memory *Memory) (s Source, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = Source{}, fmt.Errorf("%w: the image broke its decoder: %v", ErrUnusable, r)
		}
	}()
	if animated(body) {
		return Source{}, &Left{"animated", "it is animated, and a new picture would stand still"}
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil {
		return Source{}, fmt.Errorf("%w: it is not an image: %w", ErrUnusable, err)
	}
	if err := judge(config); err != nil {
		return Source{}, err
	}
	if config.Width <= spacer || config.Height <= spacer {
		return Source{}, noPicture
	}
	width, height := config.Width, config.Height
	if shrink := math.Sqrt(SentPixels / (float64(width) * float64(height))); shrink < 1 {
		width, height = max(1, int(float64(width)*shrink)), max(1, int(float64(height)*shrink))
	}
	release, err := memory.hold(decodingCost(config, format, body, width, height))
	if err != nil {
		return Source{}, err
	}
	defer release()
	decoded, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return Source{}, fmt.Errorf("%w: the image is damaged: %w", ErrUnusable, err)
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, width, height))
	switch bounds := decoded.Bounds(); {
	case bounds.Dx() != config.Width || bounds.Dy() != config.Height: // a GIF's frame, which may be a part of it
		whole := image.NewNRGBA(image.Rect(0, 0, config.Width, config.Height))
		draw.Draw(whole, bounds, decoded, bounds.Min, draw.Src)
		xdraw.CatmullRom.Scale(canvas, canvas.Bounds(), whole, whole.Bounds(), draw.Src, nil)
	case bounds.Dx() == width && bounds.Dy() == height:
		draw.Draw(canvas, canvas.Bounds(), decoded, bounds.Min, draw.Src)
	default:
		xdraw.CatmullRom.Scale(canvas, canvas.Bounds(), decoded, bounds, draw.Src, nil)
	}
	turn := 1
	if format == "jpeg" {
		turn = orientation(body)
	}
	canvas = upright(canvas, turn)
	s = Source{Width: config.Width, Height: config.Height, SentWidth: canvas.Rect.Dx(), SentHeight: canvas.Rect.Dy(), Sum: sha256.Sum256(body), Transparent: !canvas.Opaque()}
	if turn >= 5 {
		s.Width, s.Height = s.Height, s.Width
	}
	switch {
	case blank(canvas):
		return Source{}, &Left{"transparent", "it is fully transparent"}
	case uniform(canvas):
		return Source{}, &Left{"uniform", "it is of one colour alone"}
	}
	var out bytes.Buffer
	if s.Transparent || format != "jpeg" && canvas.Rect.Dx()*canvas.Rect.Dy() < 256*256 {
		s.MediaType, err = "image/png", png.Encode(&out, canvas)
	} else {
		s.MediaType, err = "image/jpeg", jpeg.Encode(&out, canvas, &jpeg.Options{Quality: 92})
	}
	s.Body = out.Bytes()
	return s, err
}

// judge holds a header against what may be decoded.
func judge(c image.Config) error {
	if c.Width <= 0 || c.Height <= 0 || int64(c.Width)*int64(c.Height) > MaxPixels {
		return fmt.Errorf("%w: it is an image of %d by %d pixels", ErrUnusable, c.Width, c.Height)
	}
	return nil
}

// orientation is what a JPEG's EXIF says of how it is to be turned, 1 to 8; 1 is not at all.
func orientation(body []byte) int {
	turn := 1
	segments(body, func(marker byte, data []byte) bool {
		tiff, ok := bytes.CutPrefix(data, []byte("Exif\x00\x00"))
		if marker != 0xe1 || !ok || len(tiff) < 8 {
			return true
		}
		var order binary.ByteOrder = binary.BigEndian
		if tiff[0] == 'I' {
			order = binary.LittleEndian
		}
		at := int64(order.Uint32(tiff[4:]))
		if at+2 > int64(len(tiff)) {
			return false
		}
		for n, at := order.Uint16(tiff[at:]), at+2; n > 0 && at+12 <= int64(len(tiff)); n, at = n-1, at+12 {
			if order.Uint16(tiff[at:]) == 0x0112 {
				if v := int(order.Uint16(tiff[at+8:])); v >= 1 && v <= 8 {
					turn = v
				}
			}
		}
		return false
	})
	return turn
}

// upright turns and mirrors a picture as an EXIF orientation says.
func upright(m *image.NRGBA, turn int) *image.NRGBA {
	if turn <= 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	if turn >= 5 {
		out = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			to := [...]image.Point{2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y}, 5: {y, x}, 6: {h - 1 - y, x}, 7: {h - 1 - y, w - 1 - x}, 8: {y, w - 1 - x}}[turn]
			copy(out.Pix[out.PixOffset(to.X, to.Y):][:4], m.Pix[m.PixOffset(x, y):][:4])
		}
	}
	return out
}

// uniform says that all of a picture is of one colour.
func uniform(m *image.NRGBA) bool {
	for at := 4; at+4 <= len(m.Pix); at += 4 {
		if !bytes.Equal(m.Pix[at:at+4], m.Pix[:4]) {
			return false
		}
	}
	return true
}
