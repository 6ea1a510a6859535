package openaitest

import (
	"bytes"
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// card is a designed card with room for a picture.
type card struct {
	face        *image.RGBA
	alpha       bool
	frame       image.Rectangle // the room for the picture
	pad         int             // the width of the picture's own frame
	rows        image.Rectangle // the rows that a picture can change
	top, bottom strip           // the others
}

// with returns the card as a PNG that shows the original, framed in white: as large as it fits, but never at
// more than twice its size.
func (c *card) with(original image.Image) []byte {
	middle := c.face.SubImage(c.rows).(*image.RGBA)
	canvas := &image.RGBA{Pix: bytes.Clone(middle.Pix), Stride: middle.Stride, Rect: middle.Rect}
	from, room := original.Bounds(), c.frame.Inset(c.pad)
	w, h := room.Dx(), from.Dy()*room.Dx()/from.Dx()
	if h > room.Dy() {
		w, h = from.Dx()*room.Dy()/from.Dy(), room.Dy()
	}
	if w > 2*from.Dx() {
		w, h = 2*from.Dx(), 2*from.Dy()
	}
	w, h = max(w, 1), max(h, 1)
	x, y := room.Min.X+(room.Dx()-w)/2, room.Min.Y+(room.Dy()-h)/2
	to := image.Rect(x, y, x+w, y+h)

	shadow := to.Inset(-c.pad).Add(image.Pt(c.pad, c.pad))
	draw.Draw(canvas, shadow, image.NewUniform(color.NRGBA{A: 70}), image.Point{}, draw.Over)
	draw.Draw(canvas, to.Inset(-c.pad), image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(canvas, to, original, from, draw.Over, nil)
	return joinPNG(c.face.Rect.Dx(), c.face.Rect.Dy(), c.alpha, c.top, newStrip(canvas, c.alpha, false), c.bottom)
}

// newCard draws everything of a design but the original: the gradient, the shapes, the brand's name, its
// colours, and the label along the bottom. A transparent card is rounded and leaves a margin around it.
func newCard(d design) *card {
	face := image.NewRGBA(image.Rect(0, 0, d.width, d.height))
	area := face.Bounds()
	short := min(d.width, d.height)
	if d.transparent {
		area = area.Inset(short / 40)
	}
	gradient(face, area, d.colours[0], d.colours[1])
	shapes(face, area, d.colours[2])

	gap := short / 18
	strip := area
	strip.Min.Y = strip.Max.Y - max(short/11, 40)
	block(face, strip, night, 0.82)
	write(face, strip.Inset(strip.Dy()/9), []string{label}, white, middle)

	c := &card{face: face, alpha: d.transparent, pad: max(short/110, 3)}
	inner := image.Rect(area.Min.X+gap, area.Min.Y+gap, area.Max.X-gap, strip.Min.Y-gap)
	ink := legibleOn(mix(d.colours[0], d.colours[1], 50))
	if inner.Dx()*4 > inner.Dy()*5 {
		c.frame = image.Rect(inner.Min.X, inner.Min.Y, inner.Min.X+inner.Dx()*50/100, inner.Max.Y)
		side := image.Rect(c.frame.Max.X+gap, inner.Min.Y, inner.Max.X, inner.Max.Y)
		name := image.Rect(side.Min.X, side.Min.Y, side.Max.X, side.Max.Y-side.Dy()*42/100)
		write(face, name, wrapped(d.brand, name), ink, low)
		bar := image.Rect(side.Min.X, name.Max.Y+gap/2, side.Min.X+side.Dx()*40/100, name.Max.Y+gap/2+max(gap/6, 4))
		block(face, bar, d.colours[2], 1)
		swatches(face, image.Rect(side.Min.X, bar.Max.Y+gap/2, side.Max.X, side.Max.Y), d.colours, ink)
	} else {
		name := image.Rect(inner.Min.X, inner.Min.Y, inner.Max.X-inner.Dx()*30/100, inner.Min.Y+inner.Dy()*16/100)
		write(face, name, wrapped(d.brand, name), ink, low)
		row := image.Rect(inner.Min.X, inner.Max.Y-inner.Dy()*13/100, inner.Max.X, inner.Max.Y)
		swatches(face, row, d.colours, ink)
		c.frame = image.Rect(inner.Min.X, name.Max.Y+gap/2, inner.Max.X, row.Min.Y-gap/2)
	}
	if d.transparent {
		round(face, area, float64(short)/20)
	}
	c.rows = image.Rect(0, c.frame.Min.Y, d.width, c.frame.Max.Y+c.pad)
	above, below := face.Bounds(), face.Bounds()
	above.Max.Y, below.Min.Y = c.rows.Min.Y, c.rows.Max.Y
	c.top = newStrip(face.SubImage(above).(*image.RGBA), c.alpha, false)
	c.bottom = newStrip(face.SubImage(below).(*image.RGBA), c.alpha, true)
	return c
}
