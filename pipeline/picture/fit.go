// Package picture is what is done to pixels: which size to ask an image model for, and what becomes of its answer.
//
//	LeaveAlone ──▶ Prepare ──▶ Shape ──▶ Size ──▶ (a model answers) ──▶ Fit
//	                  └─▶ Banner, KeyColour            KeyOut, Similar ─┘
//
// A model takes few sizes and a page wants any, so the size that is asked for is the nearest that can be cut to the
// shape that is wanted. What comes back is paid for and is published as it is, so it is looked at before it is
// taken.
//
// The package is pure: it opens no file and no address, and knows no model.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
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
// pixels, none that can be seen or all of one colour. The error that wraps it says which. The same bytes will never do.
var ErrUnusable = errors.New("the answer cannot be used")

// ErrOpaque says that an answer has no transparent pixel though a transparent picture was asked for.
var ErrOpaque = fmt.Errorf("%w: it has a background though none was asked for", ErrUnusable)

// Want is what a picture is to be.
type Want struct {
	Width, Height int // of the element; where one is 0 the picture keeps its own size
	Transparent   bool
	Banner        bool    // the answer was drawn on a canvas from Banner: the element is its middle band
	Format        string  // as CheckFormat takes it; a transparent picture is a PNG whatever it says
	Memory        *Memory // that decoding may take; nil has no bound
}

// Fitted is a picture as it is published.
type Fitted struct {
	Body           []byte
	MediaType, Ext string // "image/jpeg", ".jpg"
	Width, Height  int
	Notes          []string // what a reader of the result should know; one sentence each, in lower case
}

// Fit checks that a model's answer is a PNG, JPEG or WebP that can be shown, and gives it in the element's shape, at up
// to twice its size where the answer has the pixels, and never enlarged. An opaque picture is trimmed evenly to the
// shape; a transparent one is set into it whole. Its metadata say that a model made it. An answer that needs nothing
// else keeps its pixels byte for byte.
//
// The error is an ErrUnusable, whatever a decoder makes of the answer: a panic is one too. It is an ErrTooLarge where
// the memory would never do, and CheckFormat's for a format that is not made.
func Fit(answer []byte, want Want) (f Fitted, err error) {
	if err := CheckFormat(want.Format); err != nil {
		return Fitted{}, err
	}
	defer func() { // the answer is paid for: what a decoder makes of it must not keep that off the books
		if r := recover(); r != nil {
			f, err = Fitted{}, fmt.Errorf("%w: the image broke its decoder: %v", ErrUnusable, r)
		}
	}()
	config, format, err := header(answer)
	if err != nil {
		return Fitted{}, err
	}
	placed := place(config.Width, config.Height, want)
	release, err := want.Memory.hold(context.Background(), decodingCost(config, format, answer, placed.width, placed.height))
	if err != nil {
		return Fitted{}, err
	}
	defer release()
	source, _, err := image.Decode(bytes.NewReader(answer))
	if err != nil {
		return Fitted{}, fmt.Errorf("%w: the image is damaged: %w", ErrUnusable, err)
	}
	from := placed.from.Add(source.Bounds().Min)
	seen := part(source, from)
	opaque := isOpaque(seen)
	switch {
	case !opaque && blank(seen):
		return Fitted{}, fmt.Errorf("%w: the image is fully transparent", ErrUnusable)
	case flat(seen):
		return Fitted{}, fmt.Errorf("%w: the image is of one colour alone", ErrUnusable)
	case want.Transparent && opaque:
		return Fitted{}, ErrOpaque
	}
	as := want.Format
	if want.Transparent || as == "" && !opaque {
		as = "png"
	}
	f = Fitted{Width: placed.width, Height: placed.height, Notes: placed.notes}
	if whole := config.Width == f.Width && config.Height == f.Height; whole && (format == as || as == "" && format == "jpeg") {
		as, f.Body = format, answer
	} else {
		canvas := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height)) // the kind that the scaler is fast for
		op := draw.Src
		if as == "jpeg" && !opaque {
			draw.Draw(canvas, canvas.Rect, image.White, image.Point{}, draw.Src)
			op = draw.Over
			f.Notes = append(f.Notes, "its transparent parts are white, for a JPEG has none")
		}
		if whole && placed.to == canvas.Rect {
			draw.Draw(canvas, canvas.Rect, source, from.Min, op)
		} else {
			xdraw.CatmullRom.Scale(canvas, placed.to, source, from, op, nil)
		}
		if f.Body, as, err = encode(canvas, as); err != nil {
			return Fitted{}, err
		}
	}
	f.Body = synthetic(f.Body)
	f.MediaType, f.Ext = "image/"+as, map[string]string{"png": ".png", "jpeg": ".jpg"}[as]
	return f, nil
}

// header reads what an answer says of itself, and holds it against what may be decoded.
func header(answer []byte) (config image.Config, format string, err error) {
	config, format, err = image.DecodeConfig(bytes.NewReader(answer))
	if err != nil {
		return config, format, fmt.Errorf("%w: it is not an image: %w", ErrUnusable, err)
	}
	if format == "gif" || format == "bmp" || format == "tiff" { // a source may be one, no model answers with one
		return config, format, fmt.Errorf("%w: it is not an image that a model makes: %s", ErrUnusable, format)
	}
	return config, format, judge(config)
}

// look decodes a picture of no more pixels than any model is sent or makes, whatever a decoder makes of it.
func look(body []byte) (m image.Image, format string, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("%w: the image broke its decoder: %v", ErrUnusable, r)
		}
	}()
	const most = 3840 * 2160
	config, format, err := header(body)
	if err == nil && config.Width*config.Height > most {
		err = fmt.Errorf("%w: it is an image of %d by %d pixels", ErrUnusable, config.Width, config.Height)
	}
	if err != nil {
		return nil, "", err
	}
	if m, format, err = image.Decode(bytes.NewReader(body)); err != nil {
		return nil, "", fmt.Errorf("%w: the image is damaged: %w", ErrUnusable, err)
	}
	return m, format, nil
}

// placing is which part of an answer is set where in the picture.
type placing struct {
	from, to      image.Rectangle
	width, height int // of the picture
	notes         []string
}

// place sets an answer of width by height pixels into the element.
func place(width, height int, want Want) (p placing) {
	all := image.Rect(0, 0, width, height)
	p.from, p.to, p.width, p.height = all, all, width, height
	w, h := bounded(want.Width, want.Height)
	if w == 0 {
		return p
	}
	element := image.Rect(0, 0, w, h)
	cut := !want.Transparent || want.Banner
	var scale float64
	if cut {
		p.from = inside(element, all)
		scale = float64(p.from.Dx()) / float64(w)
		if element.Dy() > element.Dx() { // the longer side is the one that is exact
			scale = float64(p.from.Dy()) / float64(h)
		}
	} else {
		scale = float64(width) / float64(inside(all, element).Dx())
	}
	if scale < 1 {
		p.notes = append(p.notes, fmt.Sprintf("it is shown larger than it is: the element has %d by %d pixels and the answer %d by %d", w, h, p.from.Dx(), p.from.Dy()))
	}
	if left := 1 - float64(p.from.Dx())*float64(p.from.Dy())/(float64(width)*float64(height)); left > 0.1 && !want.Banner {
		p.notes = append(p.notes, fmt.Sprintf("%.0f %% of the answer were cut away for the element's shape", 100*left))
	}
	scale = min(scale, 2, MaxSide/float64(max(w, h)))
	p.width, p.height = max(1, int(math.Round(float64(w)*scale))), max(1, int(math.Round(float64(h)*scale)))
	p.to = image.Rect(0, 0, p.width, p.height)
	if !cut {
		p.to = inside(all, p.to)
	}
	return p
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

// part is what is within a rectangle of a picture; all of it where the picture cannot be parted.
func part(m image.Image, within image.Rectangle) image.Image {
	if whole, ok := m.(interface {
		SubImage(image.Rectangle) image.Image
	}); ok && within != m.Bounds() {
		return whole.SubImage(within)
	}
	return m
}

func isOpaque(m image.Image) bool {
	seen, ok := m.(interface{ Opaque() bool })
	return ok && seen.Opaque()
}

// blank says that nothing of a picture can be seen.
func blank(m image.Image) bool {
	if isOpaque(m) {
		return false
	}
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if _, _, _, a := m.At(x, y).RGBA(); a > 0 {
				return false
			}
		}
	}
	return true
}

// flat says that no pixel of a picture can be told from another: they are within 6 of 256 steps in every channel.
func flat(m image.Image) bool {
	const step = 6 * 0x101
	low, high := [4]uint32{1 << 16, 1 << 16, 1 << 16, 1 << 16}, [4]uint32{}
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			var c [4]uint32
			c[0], c[1], c[2], c[3] = m.At(x, y).RGBA()
			for i, v := range c {
				low[i], high[i] = min(low[i], v), max(high[i], v)
				if high[i]-low[i] > step {
					return false
				}
			}
		}
	}
	return true
}
