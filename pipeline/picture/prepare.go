package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/draw"
	_ "image/gif"
	"image/jpeg"
	"image/png"
	"io"
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

// ErrSource says that a source is no picture that can be sent: it is not an image, is damaged, or has too many pixels.
// The error that wraps it says which. The same bytes will never do.
var ErrSource = errors.New("the picture cannot be used")

// asItIs is the most bytes that a plain PNG or JPEG goes along with as it came.
const asItIs = 1 << 20

// Prepare makes of a PNG, JPEG, WebP, GIF, BMP, TIFF or SVG what a model takes: upright, of 8 bits, in sRGB, without
// metadata, of at most SentPixels. A JPEG is for an opaque picture, a PNG for the others. It waits for memory and for
// decoders until ctx ends.
//
// The error is a *Left for what must not be redrawn, an ErrTooLarge for what memory has no room for, an ErrSource, or
// ctx's own.
func Prepare(ctx context.Context, body []byte, memory *Memory) (s Source, err error) {
	defer func() {
		if r := recover(); r != nil {
			s, err = Source{}, fmt.Errorf("%w: it broke its decoder: %v", ErrSource, r)
		}
	}()
	if animated(body) {
		return Source{}, &Left{"animated", "it is animated, and a new picture would stand still"}
	}
	if isSVG(body) {
		return prepareSVG(ctx, body, memory)
	}
	f := open(body)
	config, format, err := image.DecodeConfig(reader(ctx, f.body))
	if err != nil {
		return Source{}, fmt.Errorf("%w: it is not an image: %w", ErrSource, err)
	}
	if judge(config) != nil {
		return Source{}, fmt.Errorf("%w: it is %d by %d pixels, and %d in all may be: make it smaller", ErrSource, config.Width, config.Height, MaxPixels)
	}
	if config.Width <= spacer || config.Height <= spacer {
		return Source{}, noPicture
	}
	width, height := sent(config.Width, config.Height)
	release, err := memory.hold(ctx, decodingCost(config, format, f.body, width, height))
	if err != nil {
		return Source{}, err
	}
	defer release()
	decoded, _, err := image.Decode(reader(ctx, f.body))
	switch {
	case ctx.Err() != nil:
		return Source{}, ctx.Err()
	case err != nil:
		return Source{}, fmt.Errorf("%w: the %s is damaged, save it again: %w", ErrSource, format, err)
	}
	canvas := upright(flattened(decoded, config, width, height), f.turn)
	if p := readProfile(f.profile); p != nil {
		p.apply(canvas)
	}
	s = Source{Width: config.Width, Height: config.Height, Sum: sha256.Sum256(body)}
	if f.turn >= 5 {
		s.Width, s.Height = s.Height, s.Width
	}
	switch decoded.(type) {
	case *image.YCbCr, *image.NRGBA, *image.RGBA: // of three or four channels of 8 bits
		if f.plain && f.turn == 1 && width == config.Width && len(body) <= asItIs {
			s.Body, s.MediaType = body, "image/"+format
		}
	}
	err = s.set(canvas, format == "jpeg")
	return s, err
}

// sent is the size that a picture is sent in.
func sent(width, height int) (int, int) {
	if shrink := math.Sqrt(SentPixels / (float64(width) * float64(height))); shrink < 1 {
		return max(1, int(float64(width)*shrink)), max(1, int(float64(height)*shrink))
	}
	return width, height
}

// set encodes a picture that is ready, unless it goes along as it came. The error is a *Left where there is nothing to be seen on it.
func (s *Source) set(canvas *image.NRGBA, photo bool) (err error) {
	s.SentWidth, s.SentHeight, s.Transparent = canvas.Rect.Dx(), canvas.Rect.Dy(), !canvas.Opaque()
	if left := nothing(canvas); left != nil {
		*s = Source{}
		return left
	}
	if s.Body != nil {
		return nil
	}
	var out bytes.Buffer
	if s.Transparent || !photo && s.SentWidth*s.SentHeight < 256*256 {
		s.MediaType, err = "image/png", png.Encode(&out, canvas)
	} else {
		s.MediaType, err = "image/jpeg", jpeg.Encode(&out, &image.RGBA{Pix: canvas.Pix, Stride: canvas.Stride, Rect: canvas.Rect}, &jpeg.Options{Quality: 92}) // opaque, and the kind that encoding is fast for
	}
	s.Body = out.Bytes()
	return err
}

// nothing says of a picture on which there is nothing to be seen why it is left alone.
func nothing(m *image.NRGBA) error {
	switch {
	case blank(m):
		return &Left{"transparent", "it is fully transparent"}
	case uniform(m):
		return &Left{"uniform", "it is of one colour alone"}
	}
	return nil
}

// flattened scales a picture to width by height pixels of 8 bits a channel.
func flattened(m image.Image, config image.Config, width, height int) *image.NRGBA {
	bounds := m.Bounds()
	if bounds.Dx() != config.Width || bounds.Dy() != config.Height { // a GIF's frame, which may be a part of it
		whole := image.NewNRGBA(image.Rect(0, 0, config.Width, config.Height))
		draw.Draw(whole, bounds, m, bounds.Min, draw.Src)
		m, bounds = whole, whole.Rect
	}
	scaled := bounds.Dx() != width || bounds.Dy() != height
	if ready, ok := m.(*image.NRGBA); ok && !scaled && bounds.Min == (image.Point{}) && ready.Stride == 4*width {
		return ready
	}
	canvas := image.NewRGBA(image.Rect(0, 0, width, height)) // the kind that drawing is fast for
	if scaled {
		xdraw.CatmullRom.Scale(canvas, canvas.Rect, m, bounds, draw.Src, nil)
	} else if opaque, ok := m.(interface{ Opaque() bool }); ok && opaque.Opaque() {
		draw.Draw(canvas, canvas.Rect, m, bounds.Min, draw.Src)
	} else {
		straight := &image.NRGBA{Pix: canvas.Pix, Stride: canvas.Stride, Rect: canvas.Rect}
		draw.Draw(straight, straight.Rect, m, bounds.Min, draw.Src)
		return straight
	}
	return straighten(canvas)
}

// straighten takes the alpha out of a picture's colours, where they stand.
func straighten(m *image.RGBA) *image.NRGBA {
	for at := 0; at+4 <= len(m.Pix); at += 4 {
		if a := uint32(m.Pix[at+3]); a != 0 && a != 255 {
			for i := range 3 {
				m.Pix[at+i] = uint8(min(255, (uint32(m.Pix[at+i])*255+a/2)/a))
			}
		}
	}
	return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
}

// reader returns a reader of body that ends with ctx, in small steps: a progressive JPEG of a few kilobytes can keep a
// decoder busy for minutes, but not without reading on.
func reader(ctx context.Context, body []byte) io.Reader { return &patient{ctx, bytes.NewReader(body)} }

type patient struct {
	ctx  context.Context
	body *bytes.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.body.Read(b[:min(len(b), 64)])
}

// Peek is for package image, which buffers a reader that has none.
func (p *patient) Peek(n int) ([]byte, error) {
	b := make([]byte, n)
	got, err := p.body.ReadAt(b, p.body.Size()-int64(p.body.Len()))
	return b[:got], err
}

// ReadAt lets the TIFF decoder, which needs it, do without a copy of its own.
func (p *patient) ReadAt(b []byte, offset int64) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.body.ReadAt(b, offset)
}

// judge holds a header against what may be decoded.
func judge(c image.Config) error {
	if c.Width <= 0 || c.Height <= 0 || int64(c.Width)*int64(c.Height) > MaxPixels {
		return fmt.Errorf("%w: it is an image of %d by %d pixels", ErrUnusable, c.Width, c.Height)
	}
	return nil
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
