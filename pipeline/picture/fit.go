// Package picture is what is done to pixels: which size to ask an image model for, and what becomes of its answer.
//
//	LeaveAlone ──▶ Prepare ──▶ Shape ──▶ Size ──▶ (a model answers) ──▶ Fit
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
	"image/jpeg"
	"image/png"
	"math"

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

// ErrOpaque says that an answer has no transparent pixel though a transparent picture was asked for.
var ErrOpaque = fmt.Errorf("%w: it has a background though none was asked for", ErrUnusable)

// Want is what a picture is to be.
type Want struct {
	Width, Height int // of the element; where one is 0 the picture keeps its own size
	Transparent   bool
	Format        string // "png", "jpeg"; "" is whichever suits
}

// Fitted is a picture as it is published.
type Fitted struct {
	Body           []byte
	MediaType, Ext string // "image/jpeg", ".jpg"
	Width, Height  int
}

// Fit checks that a model's answer is a PNG, JPEG or WebP that can be shown, and gives it in the element's shape, at up
// to twice its size where the answer has the pixels, and never enlarged. An opaque picture is trimmed evenly to the
// shape; a transparent one is set into it whole.
//
// The error is an ErrUnusable, whatever a decoder makes of the answer: a panic is one too.
func Fit(answer []byte, want Want) (f Fitted, err error) {
	defer func() { // the answer is paid for: what a decoder makes of it must not keep that off the books
		if r := recover(); r != nil {
			f, err = Fitted{}, fmt.Errorf("%w: the image broke its decoder: %v", ErrUnusable, r)
		}
	}()
	config, format, err := image.DecodeConfig(bytes.NewReader(answer))
	if err != nil {
		return Fitted{}, fmt.Errorf("%w: it is not an image: %w", ErrUnusable, err)
	}
	if format == "gif" || format == "bmp" || format == "tiff" { // a source may be one, no model answers with one
		return Fitted{}, fmt.Errorf("%w: it is not an image that a model makes: %s", ErrUnusable, format)
	}
	if err := judge(config); err != nil {
		return Fitted{}, err
	}
	source, _, err := image.Decode(bytes.NewReader(answer))
	if err != nil {
		return Fitted{}, fmt.Errorf("%w: the image is damaged: %w", ErrUnusable, err)
	}
	if blank(source) {
		return Fitted{}, fmt.Errorf("%w: the image is fully transparent", ErrUnusable)
	}
	seen, ok := source.(interface{ Opaque() bool })
	opaque := ok && seen.Opaque()
	if want.Transparent && opaque {
		return Fitted{}, ErrOpaque
	}
	as := want.Format
	if as == "" && opaque {
		as = "jpeg"
	} else if as == "" {
		as = "png"
	}
	from := source.Bounds()
	width, height := bounded(want.Width, want.Height)
	if width == 0 {
		width, height = from.Dx(), from.Dy()
	} else {
		has := inside(image.Rect(0, 0, width, height), from)
		scale := float64(has.Dx()) / float64(width)
		if want.Transparent {
			scale = float64(from.Dx()) / float64(inside(from, image.Rect(0, 0, width, height)).Dx())
		} else {
			from = has
		}
		scale = min(scale, 2, MaxSide/float64(max(width, height)))
		width, height = max(1, int(math.Round(float64(width)*scale))), max(1, int(math.Round(float64(height)*scale)))
	}
	f = Fitted{Body: answer, MediaType: "image/" + as, Ext: map[string]string{"png": ".png", "jpeg": ".jpg"}[as], Width: width, Height: height}
	if format == as && width == config.Width && height == config.Height {
		return f, nil
	}
	canvas := image.NewRGBA(image.Rect(0, 0, width, height)) // the kind that the scaler is fast for
	to := canvas.Bounds()
	if want.Transparent {
		to = inside(from, to)
	}
	xdraw.CatmullRom.Scale(canvas, to, source, from, draw.Src, nil)
	var out bytes.Buffer
	if as == "jpeg" {
		err = jpeg.Encode(&out, canvas, &jpeg.Options{Quality: 88})
	} else {
		err = png.Encode(&out, canvas)
	}
	f.Body = out.Bytes()
	return f, err
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
