package openaitest

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

var (
	black = color.NRGBA{A: 255}
	white = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	night = color.NRGBA{R: 12, G: 16, B: 32, A: 255}
)

// gradient runs from the top left in one colour to the bottom right in the other, in 512 steps.
func gradient(face *image.RGBA, area image.Rectangle, from, to color.NRGBA) {
	const half = 256
	var steps [2*half + 1]color.NRGBA
	for i := range steps {
		t := float64(i) / (2 * half)
		steps[i] = blend(from, to, t*t*(3-2*t))
	}
	row, drawn := make([]byte, 4*area.Dx()), -1
	for y := range area.Dy() {
		if down := half * y / area.Dy(); down != drawn {
			drawn = down
			for x := range area.Dx() {
				c := steps[down+half*x/area.Dx()]
				row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = c.R, c.G, c.B, 255
			}
		}
		copy(face.Pix[face.PixOffset(area.Min.X, area.Min.Y+y):], row)
	}
}

// shapes are a sun in one corner, a ring in the opposite one and a band between them.
func shapes(face *image.RGBA, area image.Rectangle, c color.NRGBA) {
	w, h := float64(area.Dx()), float64(area.Dy())
	left, top, short := float64(area.Min.X), float64(area.Min.Y), math.Min(w, h)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		middle, reach := left+w*0.60-(float64(y)-top-h*0.5)*0.6, short*0.19
		across := image.Rect(int(middle-reach)-1, y, int(middle+reach)+2, y+1)
		paint(face, across.Intersect(area), white, 0.10, func(x, _ float64) float64 { return math.Abs(x-middle) - reach })
	}
	x, y := left+w-short*0.10, top+short*0.04
	circle(face, area, x, y, 0, short*0.21, c, 0.92)
	circle(face, area, x, y, 0, short*0.28, c, 0.30)
	circle(face, area, left+short*0.03, top+h-short*0.10, short*0.245, short*0.315, c, 0.50)
}

// circle is a disc, or a ring where its inner radius is not 0.
func circle(face *image.RGBA, area image.Rectangle, cx, cy, inner, outer float64, c color.NRGBA, opacity float64) {
	around := image.Rect(int(cx-outer)-1, int(cy-outer)-1, int(cx+outer)+2, int(cy+outer)+2)
	paint(face, around.Intersect(area), c, opacity, func(x, y float64) float64 {
		from := math.Sqrt((x-cx)*(x-cx) + (y-cy)*(y-cy))
		if inner > 0 && from < (inner+outer)/2 {
			return inner - from
		}
		return from - outer
	})
}

// swatches are the brand's colours as a row of discs, each with its code where there is room.
func swatches(face *image.RGBA, row image.Rectangle, colours [3]color.NRGBA, ink color.NRGBA) {
	cell := row.Dx() / len(colours)
	scale := max(1, min(cell/(9*7), row.Dy()/40))
	r := float64(min(cell*3/4, row.Dy()-16*scale)) / 2
	if r < 6 {
		return
	}
	for i, c := range colours {
		box := image.Rect(row.Min.X+i*cell, row.Min.Y, row.Min.X+(i+1)*cell, row.Max.Y)
		cx, cy := float64(box.Min.X)+float64(cell)/2, float64(box.Min.Y)+r
		circle(face, box, cx, cy, 0, r, white, 0.95)
		circle(face, box, cx, cy, 0, r-math.Max(r/10, 2), c, 1)
		code := fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B)
		at := image.Pt(int(cx)-len(code)*7*scale/2, int(cy+r)+2*scale)
		letters(face, code, at, scale, ink)
	}
}

// round makes everything outside a rounded area transparent.
func round(face *image.RGBA, area image.Rectangle, radius float64) {
	cx, cy := float64(area.Min.X+area.Max.X)/2, float64(area.Min.Y+area.Max.Y)/2
	hw, hh := float64(area.Dx())/2-radius, float64(area.Dy())/2-radius
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			dx, dy := math.Abs(float64(x)+0.5-cx)-hw, math.Abs(float64(y)+0.5-cy)-hh
			if dx <= 0 || dy <= 0 {
				continue
			}
			if cover := coverage(math.Hypot(dx, dy) - radius); cover < 1 {
				p := face.Pix[face.PixOffset(x, y):][:4]
				for i := range p {
					p[i] = uint8(float64(p[i]) * cover)
				}
			}
		}
	}
}

// paint lays a colour over what is inside a shape: where the distance to its edge is negative.
func paint(face *image.RGBA, area image.Rectangle, c color.NRGBA, opacity float64, distance func(x, y float64) float64) {
	area = area.Intersect(face.Bounds())
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := face.Pix[face.PixOffset(area.Min.X, y):]
		for x := range area.Dx() {
			if cover := uint32(256 * opacity * coverage(distance(float64(x+area.Min.X)+0.5, float64(y)+0.5))); cover > 0 {
				lay((*[4]byte)(row[4*x:]), c, cover)
			}
		}
	}
}

// block lays a colour over a rectangle.
func block(face *image.RGBA, area image.Rectangle, c color.NRGBA, opacity float64) {
	area = area.Intersect(face.Bounds())
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := face.Pix[face.PixOffset(area.Min.X, y):]
		for x := range area.Dx() {
			lay((*[4]byte)(row[4*x:]), c, uint32(256*opacity))
		}
	}
}

// lay mixes so many 256ths of a colour into an opaque pixel.
func lay(p *[4]byte, c color.NRGBA, cover uint32) {
	p[0] = uint8((uint32(p[0])*(256-cover) + uint32(c.R)*cover) >> 8)
	p[1] = uint8((uint32(p[1])*(256-cover) + uint32(c.G)*cover) >> 8)
	p[2] = uint8((uint32(p[2])*(256-cover) + uint32(c.B)*cover) >> 8)
}

// coverage is how much of a pixel at this distance from an edge is inside.
func coverage(distance float64) float64 { return math.Max(0, math.Min(1, 0.5-distance)) }

func blend(a, b color.NRGBA, t float64) color.NRGBA {
	of := func(a, b uint8) uint8 { return uint8(float64(a)*(1-t) + float64(b)*t + 0.5) }
	return color.NRGBA{of(a.R, b.R), of(a.G, b.G), of(a.B, b.B), 255}
}

// mix is a with so many percent of b.
func mix(a, b color.NRGBA, percent int) color.NRGBA { return blend(a, b, float64(percent)/100) }

// legibleOn is the ink to write with on a colour.
func legibleOn(c color.NRGBA) color.NRGBA {
	if 299*int(c.R)+587*int(c.G)+114*int(c.B) > 150_000 {
		return night
	}
	return white
}

func contains(colours []color.NRGBA, c color.NRGBA) bool {
	for _, one := range colours {
		if one == c {
			return true
		}
	}
	return false
}
