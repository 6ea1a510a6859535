package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"

	xdraw "golang.org/x/image/draw"
)

// Beyond says that a shape is wider than 3:1 or taller than 1:3, which no model makes. Banner is for those.
func Beyond(width, height int) bool {
	return width > 0 && height > 0 && (width > 3*height || height > 3*width)
}

// Banner sets a source in the middle band of a canvas of 3:1, or 1:3, for an element of width by height pixels, and
// returns the canvas as image/png where it is transparent and image/jpeg where not. The band has the element's shape
// and reaches from end to end, so that Fit finds it in an answer of any size. Above and below it is the mean colour of
// the source's edge. A source whose element is not Beyond is returned as it is.
//
// The error is an ErrUnusable.
func Banner(source []byte, width, height int) (body []byte, mediaType string, err error) {
	m, format, err := look(source)
	if err != nil {
		return nil, "", err
	}
	if !Beyond(width, height) {
		return source, "image/" + format, nil
	}
	// A canvas that a model looks at pixel by pixel, and sides that are multiples of 16.
	canvas := image.Rect(0, 0, 3, 1)
	long := m.Bounds().Dx()
	if height > width {
		canvas, long = image.Rect(0, 0, 1, 3), m.Bounds().Dy()
	}
	unit := min(2160, max(960, long)) / 48 * 16
	canvas.Max = canvas.Max.Mul(unit)
	band := inside(image.Rect(0, 0, width, height), canvas)

	out := image.NewRGBA(canvas)
	if !isOpaque(m) {
		xdraw.CatmullRom.Scale(out, inside(m.Bounds(), band), m, m.Bounds(), draw.Src, nil)
		body, err = encodePNG(out)
		return body, "image/png", err
	}
	draw.Draw(out, canvas, image.NewUniform(edge(m)), image.Point{}, draw.Src)
	xdraw.CatmullRom.Scale(out, band, m, inside(band, m.Bounds()), draw.Src, nil)
	var b bytes.Buffer
	err = jpeg.Encode(&b, out, &jpeg.Options{Quality: 92})
	return b.Bytes(), "image/jpeg", err
}

// edge is the mean colour of a picture's outermost pixels.
func edge(m image.Image) color.Color {
	var sum [3]uint64
	var n uint64
	border(m.Bounds(), func(x, y int) {
		r, g, b, _ := m.At(x, y).RGBA()
		sum[0], sum[1], sum[2], n = sum[0]+uint64(r), sum[1]+uint64(g), sum[2]+uint64(b), n+1
	})
	return color.RGBA64{uint16(sum[0] / n), uint16(sum[1] / n), uint16(sum[2] / n), 0xffff}
}

// border calls visit with every outermost pixel.
func border(b image.Rectangle, visit func(x, y int)) {
	for x := b.Min.X; x < b.Max.X; x++ {
		visit(x, b.Min.Y)
		visit(x, b.Max.Y-1)
	}
	for y := b.Min.Y + 1; y < b.Max.Y-1; y++ {
		visit(b.Min.X, y)
		visit(b.Max.X-1, y)
	}
}
