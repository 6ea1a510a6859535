package picture

import (
	"context"
	"image"
	"image/color"
	"math"

	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
)

// mostInk bounds what drawing an SVG may take, in cells that are touched: a second.
const mostInk = 100_000_000

// ink fills what is outlined on it (a rasterx.Scanner). It keeps for each pixel how much of it lies to the right of the
// lines that cross it, and sums a row up from the left, so that a pixel costs the same however far a line reaches.
type ink struct {
	ctx                    context.Context
	canvas                 *image.RGBA
	cover                  []float32 // of rows that are two pixels longer than the canvas's
	stride                 int
	at                     fixed.Point26_6
	minX, minY, maxX, maxY float32
	nonZero                bool
	solid                  color.NRGBA                // the paint
	paint                  func(x, y int) color.NRGBA // where it is not nil
	spent                  int64
}

func newInk(ctx context.Context, width, height int) *ink {
	k := &ink{ctx: ctx, canvas: image.NewRGBA(image.Rect(0, 0, width, height)), stride: width + 2}
	k.cover = make([]float32, k.stride*height)
	k.Clear()
	return k
}

// spend ends what takes too long, by a panic with an error: rasterx has no other way out.
func (k *ink) spend(cells int64) {
	if k.spent += cells; k.spent > mostInk {
		panic(undrawn("more in it than can be drawn"))
	}
	if k.spent>>16 != (k.spent-cells)>>16 {
		if err := k.ctx.Err(); err != nil {
			panic(err)
		}
	}
}

func (k *ink) SetBounds(int, int)      {}
func (k *ink) SetColor(any)            {}
func (k *ink) SetClip(image.Rectangle) {}
func (k *ink) SetWinding(nonZero bool) { k.nonZero = nonZero }
func (k *ink) GetPathExtent() fixed.Rectangle26_6 {
	return fixed.Rectangle26_6{}
}

// Clear forgets what is outlined.
func (k *ink) Clear() {
	k.minX, k.minY, k.maxX, k.maxY = math.MaxFloat32, math.MaxFloat32, -math.MaxFloat32, -math.MaxFloat32
}

func (k *ink) Start(a fixed.Point26_6) { k.at = a }

func (k *ink) Line(b fixed.Point26_6) {
	x0, y0, x1, y1 := float32(k.at.X)/64, float32(k.at.Y)/64, float32(b.X)/64, float32(b.Y)/64
	k.at = b
	k.minX, k.maxX = min(k.minX, x0, x1), max(k.maxX, x0, x1)
	k.minY, k.maxY = min(k.minY, y0, y1), max(k.maxY, y0, y1)
	width, height := float32(k.canvas.Rect.Dx()), float32(k.canvas.Rect.Dy())
	direction := float32(1)
	if y0 > y1 {
		x0, y0, x1, y1, direction = x1, y1, x0, y0, -1
	}
	k.spend(20) // for what rasterx does to make a line of it
	if y0 == y1 || y1 <= 0 || y0 >= height {
		return
	}
	slope := (x1 - x0) / (y1 - y0)
	x := x0
	if y0 < 0 {
		x, y0 = x-y0*slope, 0
	}
	for row := int(y0); row < int(min(height, float32(math.Ceil(float64(y1))))); row++ {
		part := min(float32(row+1), y1) - max(float32(row), y0)
		next := x + slope*part
		from, to := min(max(min(x, next), 0), width), min(max(x, next, 0), width)
		x = next
		k.spread(k.cover[row*k.stride:(row+1)*k.stride], from, to, part*direction)
	}
}

// spread gives the cells of a row that a line crosses between from and to their part of its height.
func (k *ink) spread(cells []float32, from, to, d float32) {
	first, end := int(from), int(math.Ceil(float64(to)))
	k.spend(int64(1 + end - first))
	if end <= first+1 {
		right := (from+to)/2 - float32(first)
		cells[first] += d - d*right
		cells[first+1] += d * right
		return
	}
	s := 1 / (to - from)
	f := from - float32(first)
	before := 0.5 * s * (1 - f) * (1 - f)
	t := to - float32(end) + 1
	after := 0.5 * s * t * t
	cells[first] += d * before
	if end == first+2 {
		cells[first+1] += d * (1 - before - after)
	} else {
		second := s * (1.5 - f)
		cells[first+1] += d * (second - before)
		for x := first + 2; x < end-1; x++ {
			cells[x] += d * s
		}
		cells[end-1] += d * (1 - (second + float32(end-first-3)*s) - after)
	}
	cells[end] += d * after
}

// Draw fills what is outlined with the paint.
func (k *ink) Draw() {
	width, height := k.canvas.Rect.Dx(), k.canvas.Rect.Dy()
	within := func(v float32, most int) int { return int(min(max(v, 0), float32(most))) }
	left, right := within(k.minX, width), within(k.maxX+2, width)
	top, bottom := within(k.minY, height), within(k.maxY+1, height)
	dear := int64(1)
	if k.paint != nil {
		dear = 4
	}
	full := [4]uint8{k.solid.R, k.solid.G, k.solid.B, 255}
	simple := k.paint == nil && k.solid.A == 255
	for y := top; y < bottom; y++ {
		row := k.cover[y*k.stride : (y+1)*k.stride]
		k.spend(int64(right-left) * dear)
		var sum float32
		for x := left; x < right; x++ {
			sum += row[x]
			part := sum
			if part < 0 {
				part = -part
			}
			if part > 1 {
				if k.nonZero {
					part = 1
				} else if part = float32(math.Mod(float64(part), 2)); part > 1 {
					part = 2 - part
				}
			}
			if simple && part > 1-1.0/512 {
				copy(k.canvas.Pix[y*k.canvas.Stride+4*x:][:4], full[:])
			} else if part > 1.0/512 {
				k.dot(x, y, part)
			}
		}
		clear(row)
	}
}

// dot lays the paint over a part of a pixel.
func (k *ink) dot(x, y int, part float32) {
	c := k.solid
	if k.paint != nil {
		c = k.paint(x, y)
	}
	pix := k.canvas.Pix[k.canvas.PixOffset(x, y):][:4]
	alpha := float32(c.A) / 255 * part
	for i, v := range [4]uint8{c.R, c.G, c.B, 255} {
		pix[i] = uint8(float32(v)*alpha + float32(pix[i])*(1-alpha) + 0.5)
	}
}

// farthest is how far outside of the canvas an outline is followed, in pixels.
const farthest = 1 << 14

// add hands an outline to rasterx, in the canvas's pixels.
func (o outline) add(to rasterx.Adder, m matrix) {
	at := func(p point) fixed.Point26_6 {
		p = m.apply(p)
		hold := func(v float64) fixed.Int26_6 {
			if math.IsNaN(v) {
				v = 0
			}
			return fixed.Int26_6(min(farthest, max(-farthest, v)) * 64)
		}
		return fixed.Point26_6{X: hold(p.x), Y: hold(p.y)}
	}
	open := false
	for _, s := range o {
		switch s.kind {
		case 'M':
			if open {
				to.Stop(false)
			}
			to.Start(at(s.p[0]))
			open = true
		case 'L':
			to.Line(at(s.p[0]))
		case 'C':
			to.CubeBezier(at(s.p[0]), at(s.p[1]), at(s.p[2]))
		case 'Z':
			if open {
				to.Stop(true)
			}
			open = false
		}
	}
	if open {
		to.Stop(false)
	}
}
