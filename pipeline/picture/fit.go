// Package picture is what is done to pixels: which size to ask an image model for, and what becomes of its answer.
//
//	Shape ──▶ Size ──▶ (a model answers) ──▶ Fit
//
// A model takes few sizes and a page wants any, so the size that is asked for is the nearest that can be cut to the
// shape that is wanted. What comes back is paid for and is published as it is, so it is looked at before it is
// taken.
//
// The package is pure: it opens no file and no address, and knows no model.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // a model may answer in another format than it was asked for
	"image/png"

	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

const (
	// MaxPixels is how many pixels an answer may have. It is held against the header, before any pixel is decoded.
	MaxPixels = 50_000_000
	// MaxSide is the longest side that Fit makes; what asks for a longer one gets the same shape within this bound.
	MaxSide = 4096
)

// ErrUnusable says that an answer is no picture that can be shown: it is not an image, is damaged, has too many
// pixels or none that can be seen. The error that wraps it says which. The same bytes will never do.
var ErrUnusable = errors.New("the answer cannot be used")

// Fit checks that a model's answer is a PNG, JPEG or WebP that can be shown, and gives it as a PNG of exactly width
// by height pixels, with its size. Where one of the two is 0 the picture keeps its own size. An opaque picture is
// trimmed evenly to the shape; a transparent one is set into it whole.
//
// The error is an ErrUnusable, whatever a decoder makes of the answer: a panic is one too.
func Fit(answer []byte, width, height int, transparent bool) (fitted []byte, w, h int, err error) {
	defer func() { // the answer is paid for: what a decoder makes of it must not keep that off the books
		if r := recover(); r != nil {
			fitted, w, h, err = nil, 0, 0, fmt.Errorf("%w: the image broke its decoder: %v", ErrUnusable, r)
		}
	}()
	config, format, err := image.DecodeConfig(bytes.NewReader(answer))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%w: it is not an image: %w", ErrUnusable, err)
	}
	if format == "gif" || format == "bmp" || format == "tiff" { // a source may be one, no model answers with one
		return nil, 0, 0, fmt.Errorf("%w: it is not an image that a model makes: %s", ErrUnusable, format)
	}
	if err := judge(config); err != nil {
		return nil, 0, 0, err
	}
	source, _, err := image.Decode(bytes.NewReader(answer))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%w: the image is damaged: %w", ErrUnusable, err)
	}
	if blank(source) {
		return nil, 0, 0, fmt.Errorf("%w: the image is fully transparent", ErrUnusable)
	}
	width, height = bounded(width, height)
	if width == 0 || height == 0 || (width == config.Width && height == config.Height) {
		width, height = config.Width, config.Height
		if format == "png" {
			return answer, width, height, nil
		}
	}
	canvas := image.NewRGBA(image.Rect(0, 0, width, height)) // the kind that the scaler is fast for
	from, to := source.Bounds(), canvas.Bounds()
	if transparent {
		to = inside(from, to)
	} else {
		from = inside(to, from)
	}
	xdraw.CatmullRom.Scale(canvas, to, source, from, draw.Src, nil)
	var out bytes.Buffer
	if err := png.Encode(&out, canvas); err != nil {
		return nil, 0, 0, fmt.Errorf("%w: encode the image: %w", ErrUnusable, err)
	}
	return out.Bytes(), width, height, nil
}

// bounded keeps the shape of width by height within MaxSide; 0, 0 where one of them is not known.
func bounded(width, height int) (int, int) {
	if width <= 0 || height <= 0 {
		return 0, 0
	}
	if long := max(width, height); long > MaxSide {
		return max(1, width*MaxSide/long), max(1, height*MaxSide/long)
	}
	return width, height
}

// inside is the largest rectangle of shape's proportions in the middle of within.
func inside(shape, within image.Rectangle) image.Rectangle {
	w, h := within.Dx(), within.Dy()
	if w*shape.Dy() > h*shape.Dx() {
		w = max(1, h*shape.Dx()/shape.Dy())
	} else {
		h = max(1, w*shape.Dy()/shape.Dx())
	}
	x, y := within.Min.X+(within.Dx()-w)/2, within.Min.Y+(within.Dy()-h)/2
	return image.Rect(x, y, x+w, y+h)
}

// blank says that nothing of a picture can be seen.
func blank(m image.Image) bool {
	if opaque, ok := m.(interface{ Opaque() bool }); ok && opaque.Opaque() {
		return false
	}
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.AlphaModel.Convert(m.At(x, y)).(color.Alpha).A > 0 {
				return false
			}
		}
	}
	return true
}
