package pipeline

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // a model may answer in another format than it was asked for
	"image/png"

	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// maxPicture bounds the pixels of an image that a model returned, before it is decoded.
const maxPicture = 50_000_000

// maxSide bounds the sides that an element may ask for; a larger one gets the same shape within this bound.
const maxSide = 4096

// fitPicture checks that what a model returned is an image, and gives it as a PNG of exactly width by height
// pixels (0 keeps the picture's own). An opaque picture is trimmed evenly to the shape; a transparent one is set
// into it whole. The error says what is wrong with the answer.
func fitPicture(answer []byte, width, height int, transparent bool) (picture []byte, w, h int, err error) {
	defer func() { // the answer is paid for: what a decoder makes of it must not keep that off the books
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: the image broke its decoder: %v", errUnusable, r)
		}
	}()
	config, format, err := image.DecodeConfig(bytes.NewReader(answer))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%w: it is not an image: %w", errUnusable, err)
	}
	if config.Width <= 0 || config.Height <= 0 || int64(config.Width)*int64(config.Height) > maxPicture {
		return nil, 0, 0, fmt.Errorf("%w: it is an image of %d by %d pixels", errUnusable, config.Width, config.Height)
	}
	source, _, err := image.Decode(bytes.NewReader(answer))
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%w: the image is damaged: %w", errUnusable, err)
	}
	if blank(source) {
		return nil, 0, 0, fmt.Errorf("%w: the image is fully transparent", errUnusable)
	}
	width, height = boundedSides(width, height)
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
		return nil, 0, 0, fmt.Errorf("encode the image: %w", err)
	}
	return out.Bytes(), width, height, nil
}

// boundedSides keeps the shape of width by height within maxSide.
func boundedSides(width, height int) (int, int) {
	if width <= 0 || height <= 0 {
		return 0, 0
	}
	if long := max(width, height); long > maxSide {
		return max(1, width*maxSide/long), max(1, height*maxSide/long)
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
