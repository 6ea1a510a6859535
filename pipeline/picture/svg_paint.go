package picture

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"strings"

	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
)

// paint fills an outline and draws along it, as a style says.
func (d *drawing) paint(o outline, m matrix, s style, opacity float64) (err error) {
	defer func() { // ink's way out of rasterx
		if r := recover(); r != nil {
			if ended, ok := r.(error); ok && (ended == d.ctx.Err() || d.ink.spent > mostInk) {
				err = ended
				return
			}
			panic(r)
		}
	}()
	width, height := d.ink.canvas.Rect.Dx(), d.ink.canvas.Rect.Dy()
	dasher := rasterx.NewDasher(width, height, d.ink)
	if seen, err := d.dip(s, "fill", o, m, opacity); err != nil {
		return err
	} else if seen {
		dasher.Filler.SetWinding(s["fill-rule"] != "evenodd")
		o.add(&dasher.Filler, m)
		d.ink.Draw()
		dasher.Clear()
	}
	seen, err := d.dip(s, "stroke", o, m, opacity)
	wide, ok := length(s["stroke-width"], math.Hypot(d.box.viewW, d.box.viewH)/math.Sqrt2)
	if err == nil && !ok {
		err = undrawn("the stroke-width %s", shown(s["stroke-width"]))
	}
	wide *= m.scale()
	if err != nil || !seen || !(wide > 0) {
		return err
	}
	limit, ok := length(cmp.Or(s["stroke-miterlimit"], "4"), 1)
	if !ok || limit > 1000 {
		limit = 4
	}
	dashes, offset, err := d.dashes(s, m.scale(), o.length(m))
	if err != nil {
		return err
	}
	ends := map[string]rasterx.CapFunc{"round": rasterx.RoundCap, "square": rasterx.SquareCap}[s["stroke-linecap"]]
	if ends == nil {
		ends = rasterx.ButtCap
	}
	join, gap := rasterx.Miter, rasterx.GapFunc(rasterx.FlatGap)
	switch s["stroke-linejoin"] {
	case "round":
		join, gap = rasterx.Round, rasterx.RoundGap
	case "bevel":
		join = rasterx.Bevel
	}
	dasher.SetStroke(fixed.Int26_6(min(wide, farthest)*64+0.5), fixed.Int26_6(limit*64), ends, ends, gap, join, dashes, offset)
	dasher.Filler.SetWinding(true)
	o.add(dasher, m)
	d.ink.Draw()
	return nil
}

// dashes are in the canvas's pixels. Those too fine to be seen are a line, and so are more than could be counted.
func (d *drawing) dashes(s style, scale, long float64) (dashes []float64, offset float64, err error) {
	if text := s["stroke-dasharray"]; text != "" && text != "none" {
		list := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,\t\n", r) })
		sum := 0.0
		for _, one := range list {
			v, ok := length(one, math.Hypot(d.box.viewW, d.box.viewH)/math.Sqrt2)
			if !ok || v < 0 || len(list) > 100 {
				return nil, 0, undrawn("the stroke-dasharray %s", shown(text))
			}
			v = min(v*scale, farthest)
			sum += v
			dashes = append(dashes, v)
		}
		if each := sum / float64(len(list)); each < 1 || !(long/each < 100_000) {
			return nil, 0, nil
		}
		if len(dashes)%2 == 1 {
			dashes = append(dashes, dashes...)
		}
		offset, _ = length(cmp.Or(s["stroke-dashoffset"], "0"), 1)
		offset = math.Mod(offset*scale, sum*2)
	}
	return dashes, offset, nil
}

// dip takes a paint onto the brush; not seen where it is none.
func (d *drawing) dip(s style, property string, o outline, m matrix, opacity float64) (seen bool, err error) {
	text := s[property]
	own, ok := fraction(cmp.Or(s[property+"-opacity"], "1"))
	if !ok {
		return false, undrawn("the %s-opacity %s", property, shown(s[property+"-opacity"]))
	}
	opacity *= own
	if strings.HasPrefix(text, "url(") {
		if target := d.target(text); target != nil {
			paint, err := d.gradient(target, o, m, opacity, s["color"])
			d.ink.paint = paint
			return paint != nil, err
		}
		_, text, _ = strings.Cut(text, ")")
		if text = strings.TrimSpace(text); text == "" {
			return false, undrawn("a %s that it does not have", property)
		}
	}
	if text == "none" || text == "" {
		return false, nil
	}
	if strings.EqualFold(text, "currentcolor") {
		text = s["color"]
	}
	c, ok := colour(text)
	if !ok {
		return false, undrawn("the colour %s", shown(text))
	}
	c.A = uint8(float64(c.A)*opacity + 0.5)
	d.ink.paint, d.ink.solid = nil, c
	return c.A > 0, nil
}

// stop is a colour at a place of a gradient.
type stop struct {
	at float64
	c  [4]float64
}

// gradient is a gradient's colour at each pixel.
func (d *drawing) gradient(e *element, o outline, m matrix, opacity float64, current string) (func(x, y int) color.NRGBA, error) {
	if e.name != "linearGradient" && e.name != "radialGradient" {
		return nil, undrawn("a <%s>", strings.Trim(shown(e.name), `"`))
	}
	attrs := map[string]string{}
	var stops []*element
	for at, hops := e, 0; at != nil && hops < 8; hops++ {
		for name, v := range at.attrs {
			if _, ok := attrs[name]; !ok {
				attrs[name] = v
			}
		}
		if len(stops) == 0 {
			stops = at.kids
		}
		href := at.attrs["href"]
		if href != "" && !strings.HasPrefix(href, "#") {
			return nil, undrawn("a reference to something outside of it")
		}
		at = d.target(href)
	}
	list, err := d.stops(stops, opacity, current)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	inUser := attrs["gradientUnits"] == "userSpaceOnUse"
	wholeX, wholeY := d.box.viewW, d.box.viewH
	if !inUser {
		wholeX, wholeY = 1, 1
		low, high := o.bounds()
		if high.x <= low.x || high.y <= low.y {
			return nil, nil
		}
		m = m.times(matrix{high.x - low.x, 0, 0, high.y - low.y, low.x, low.y})
	}
	if t := attrs["gradientTransform"]; t != "" {
		own, ok := transform(t)
		if !ok {
			return nil, undrawn("the transform %s", shown(t))
		}
		m = m.times(own)
	}
	back, ok := m.inverse()
	if !ok {
		return nil, nil
	}
	get := func(name, otherwise string, whole float64) float64 {
		v, ok := length(cmp.Or(attrs[name], otherwise), whole)
		if !ok && err == nil {
			err = undrawn("the %s %s", name, shown(attrs[name]))
		}
		return v
	}
	var place func(p point) float64
	if e.name == "linearGradient" {
		x1, y1, x2, y2 := get("x1", "0%", wholeX), get("y1", "0%", wholeY), get("x2", "100%", wholeX), get("y2", "0%", wholeY)
		dx, dy := x2-x1, y2-y1
		square := dx*dx + dy*dy
		place = func(p point) float64 {
			if square == 0 {
				return 1
			}
			return ((p.x-x1)*dx + (p.y-y1)*dy) / square
		}
	} else {
		cx, cy, r := get("cx", "50%", wholeX), get("cy", "50%", wholeY), get("r", "50%", math.Hypot(wholeX, wholeY)/math.Sqrt2)
		fx, fy := cx, cy
		if attrs["fx"] != "" {
			fx = get("fx", "", wholeX)
		}
		if attrs["fy"] != "" {
			fy = get("fy", "", wholeY)
		}
		if away := math.Hypot(fx-cx, fy-cy); away > 0.99*r && away > 0 { // the focus is held within the circle
			fx, fy = cx+(fx-cx)*0.99*r/away, cy+(fy-cy)*0.99*r/away
		}
		place = func(p point) float64 { // of the circle around c·t + f·(1−t) with radius r·t on which p lies
			dx, dy, gx, gy := p.x-fx, p.y-fy, cx-fx, cy-fy
			a, b, c := r*r-gx*gx-gy*gy, dx*gx+dy*gy, dx*dx+dy*dy
			if !(a > 0) {
				return 1
			}
			return (b + math.Sqrt(max(0, b*b+a*c))) / a
		}
	}
	if err != nil {
		return nil, err
	}
	// A table: what is between two of its entries cannot be seen.
	var table [512]color.NRGBA
	for i := range table {
		table[i] = blend(list, float64(i)/float64(len(table)-1))
	}
	spread := attrs["spreadMethod"]
	return func(x, y int) color.NRGBA {
		t := place(back.apply(point{float64(x) + 0.5, float64(y) + 0.5}))
		switch {
		case math.IsNaN(t):
			t = 0
		case spread == "repeat":
			t -= math.Floor(t)
		case spread == "reflect":
			if t = math.Mod(math.Abs(t), 2); t > 1 {
				t = 2 - t
			}
		}
		return table[int(min(1, max(0, t))*float64(len(table)-1)+0.5)]
	}, nil
}

func (d *drawing) stops(elements []*element, opacity float64, current string) (list []stop, err error) {
	for _, e := range elements {
		if e.name != "stop" {
			continue
		}
		s, err := d.style(e, style{"color": current})
		if err != nil {
			return nil, err
		}
		text := cmp.Or(s["stop-color"], "black")
		if strings.EqualFold(text, "currentcolor") {
			text = s["color"]
		}
		c, okColour := colour(text)
		at, okAt := fraction(cmp.Or(e.attrs["offset"], "0"))
		own, okOwn := fraction(cmp.Or(s["stop-opacity"], "1"))
		if !okColour || !okAt || !okOwn {
			return nil, undrawn("a gradient that cannot be read, at %s", shown(text))
		}
		if len(list) > 0 {
			at = max(at, list[len(list)-1].at)
		}
		list = append(list, stop{at, [4]float64{float64(c.R), float64(c.G), float64(c.B), float64(c.A) * own * opacity}})
	}
	return list, nil
}

// blend is a gradient's colour at t, 0 to 1.
func blend(list []stop, t float64) color.NRGBA {
	after := slices.IndexFunc(list, func(s stop) bool { return s.at > t })
	var c [4]float64
	switch after {
	case 0:
		c = list[0].c
	case -1:
		c = list[len(list)-1].c
	default:
		a, b := list[after-1], list[after]
		part := (t - a.at) / (b.at - a.at)
		for i := range c {
			c[i] = a.c[i] + (b.c[i]-a.c[i])*part
		}
	}
	return color.NRGBA{uint8(c[0] + 0.5), uint8(c[1] + 0.5), uint8(c[2] + 0.5), uint8(c[3] + 0.5)}
}

// length is about how long an outline is, in the canvas's pixels, as far as it is followed.
func (o outline) length(m matrix) (sum float64) {
	var at, start point
	for _, s := range o {
		points := 1
		if s.kind == 'C' {
			points = 3
		}
		for _, p := range s.p[:points] {
			if s.kind == 'Z' {
				p = start
			} else {
				p = m.apply(p)
			}
			if s.kind == 'M' {
				start = p
			} else {
				sum += min(math.Hypot(p.x-at.x, p.y-at.y), 4*farthest)
			}
			at = p
		}
	}
	return sum
}

// bounds is the box around an outline.
func (o outline) bounds() (low, high point) {
	low, high = point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	var at point
	add := func(p point) {
		low, high = point{min(low.x, p.x), min(low.y, p.y)}, point{max(high.x, p.x), max(high.y, p.y)}
		at = p
	}
	for _, s := range o {
		switch s.kind {
		case 'M', 'L':
			add(s.p[0])
		case 'C':
			from := at
			const steps = 16
			for i := 1; i <= steps; i++ {
				t := float64(i) / steps
				u := 1 - t
				mix := func(a, b, c, d float64) float64 { return u*u*u*a + 3*u*u*t*b + 3*u*t*t*c + t*t*t*d }
				add(point{mix(from.x, s.p[0].x, s.p[1].x, s.p[2].x), mix(from.y, s.p[0].y, s.p[1].y, s.p[2].y)})
			}
		}
	}
	return low, high
}
