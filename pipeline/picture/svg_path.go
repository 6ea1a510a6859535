package picture

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// matrix takes x, y to a·x + c·y + e, b·x + d·y + f.
type matrix struct{ a, b, c, d, e, f float64 }

func (m matrix) times(n matrix) matrix {
	return matrix{
		m.a*n.a + m.c*n.b, m.b*n.a + m.d*n.b, m.a*n.c + m.c*n.d, m.b*n.c + m.d*n.d,
		m.a*n.e + m.c*n.f + m.e, m.b*n.e + m.d*n.f + m.f,
	}
}

func (m matrix) apply(p point) point { return point{m.a*p.x + m.c*p.y + m.e, m.b*p.x + m.d*p.y + m.f} }

// inverse is not ok where the matrix takes the plane to a line.
func (m matrix) inverse() (matrix, bool) {
	det := m.a*m.d - m.b*m.c
	if math.Abs(det) < 1e-12 || math.IsNaN(det) {
		return matrix{}, false
	}
	return matrix{m.d / det, -m.b / det, -m.c / det, m.a / det, (m.c*m.f - m.d*m.e) / det, (m.b*m.e - m.a*m.f) / det}, true
}

// scale is how many times as long a length becomes, on average.
func (m matrix) scale() float64 { return math.Sqrt(math.Abs(m.a*m.d - m.b*m.c)) }

type point struct{ x, y float64 }

// stroke is a part of an outline: 'M'ove, 'L'ine, 'C'urve with two points of control, or 'Z' back to the start.
type stroke struct {
	kind byte
	p    [3]point // the last one is where it ends; M and L have one
}

type outline []stroke

func (o *outline) move(p point)        { *o = append(*o, stroke{'M', [3]point{p}}) }
func (o *outline) line(p point)        { *o = append(*o, stroke{'L', [3]point{p}}) }
func (o *outline) curve(a, b, p point) { *o = append(*o, stroke{'C', [3]point{a, b, p}}) }
func (o *outline) close()              { *o = append(*o, stroke{kind: 'Z'}) }

// ellipse adds an ellipse around c.
func (o *outline) ellipse(c point, rx, ry float64) {
	const k = 0.5522847498
	o.move(point{c.x + rx, c.y})
	x, y := rx, 0.0
	for range 4 { // each quarter turns on by 90°
		nx, ny := -y/ry*rx, x/rx*ry
		o.curve(point{c.x + x + k*nx, c.y + y + k*ny}, point{c.x + nx + k*x, c.y + ny + k*y}, point{c.x + nx, c.y + ny})
		x, y = nx, ny
	}
	o.close()
}

// outline is an element's shape. It is empty where there is nothing to draw.
func (d *drawing) outline(e *element) (o outline, err error) {
	get := func(name string, whole float64) float64 {
		v, ok := length(cmp.Or(e.attrs[name], "0"), whole)
		if !ok && err == nil {
			err = undrawn("the %s %s", name, shown(e.attrs[name]))
		}
		return v
	}
	w, h := d.box.viewW, d.box.viewH
	switch e.name {
	case "path":
		if at := path(e.attrs["d"], &o); at >= 0 {
			return nil, undrawn("a path that cannot be read, at %s", shown(e.attrs["d"][at:]))
		}
	case "rect":
		x, y, width, height, rx, ry := get("x", w), get("y", h), get("width", w), get("height", h), get("rx", w), get("ry", h)
		if err != nil || width <= 0 || height <= 0 {
			return nil, err
		}
		if _, ok := e.attrs["rx"]; !ok || e.attrs["rx"] == "auto" {
			rx = ry
		}
		if _, ok := e.attrs["ry"]; !ok || e.attrs["ry"] == "auto" {
			ry = rx
		}
		rx, ry = min(rx, width/2), min(ry, height/2)
		if rx <= 0 || ry <= 0 {
			o.move(point{x, y})
			o.line(point{x + width, y})
			o.line(point{x + width, y + height})
			o.line(point{x, y + height})
			o.close()
			return o, nil
		}
		const k = 1 - 0.5522847498
		r, b := x+width, y+height
		o.move(point{x + rx, y})
		o.line(point{r - rx, y})
		o.curve(point{r - k*rx, y}, point{r, y + k*ry}, point{r, y + ry})
		o.line(point{r, b - ry})
		o.curve(point{r, b - k*ry}, point{r - k*rx, b}, point{r - rx, b})
		o.line(point{x + rx, b})
		o.curve(point{x + k*rx, b}, point{x, b - k*ry}, point{x, b - ry})
		o.line(point{x, y + ry})
		o.curve(point{x, y + k*ry}, point{x + k*rx, y}, point{x + rx, y})
		o.close()
	case "circle", "ellipse":
		rx, ry := get("rx", w), get("ry", h)
		if e.name == "circle" {
			rx = get("r", math.Hypot(w, h)/math.Sqrt2)
			ry = rx
		}
		c := point{get("cx", w), get("cy", h)}
		if err == nil && rx > 0 && ry > 0 {
			o.ellipse(c, rx, ry)
		}
	case "line":
		o.move(point{get("x1", w), get("y1", h)})
		o.line(point{get("x2", w), get("y2", h)})
	case "polyline", "polygon":
		n, ok := numbers(e.attrs["points"])
		if !ok {
			return nil, undrawn("the points %s", shown(e.attrs["points"]))
		}
		for i := 0; i+1 < len(n); i += 2 {
			if i == 0 {
				o.move(point{n[0], n[1]})
			} else {
				o.line(point{n[i], n[i+1]})
			}
		}
		if e.name == "polygon" && len(o) > 0 {
			o.close()
		}
	default:
		return nil, undrawn("a <%s>", strings.Trim(shown(e.name), `"`))
	}
	return o, err
}

// pathReader reads a path's numbers, which need no space between them.
type pathReader struct {
	text string
	at   int
}

func (r *pathReader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n,", r.text[r.at]) >= 0 {
		r.at++
	}
}

func (r *pathReader) flag() (float64, bool) {
	if r.space(); r.at < len(r.text) && (r.text[r.at] == '0' || r.text[r.at] == '1') {
		r.at++
		return float64(r.text[r.at-1] - '0'), true
	}
	return 0, false
}

func (r *pathReader) number() (float64, bool) {
	r.space()
	from, at := r.at, r.at
	digits := func() (n int) {
		for at < len(r.text) && r.text[at] >= '0' && r.text[at] <= '9' {
			at, n = at+1, n+1
		}
		return n
	}
	if at < len(r.text) && (r.text[at] == '-' || r.text[at] == '+') {
		at++
	}
	n := digits()
	if at < len(r.text) && r.text[at] == '.' {
		at++
		n += digits()
	}
	if n == 0 {
		return 0, false
	}
	if at < len(r.text) && (r.text[at] == 'e' || r.text[at] == 'E') {
		before := at
		at++
		if at < len(r.text) && (r.text[at] == '-' || r.text[at] == '+') {
			at++
		}
		if digits() == 0 {
			at = before
		}
	}
	v, err := strconv.ParseFloat(r.text[from:at], 64)
	r.at = at
	return v, err == nil && math.Abs(v) < 1e9
}

// numbers reads a list of numbers.
func numbers(text string) (list []float64, ok bool) {
	r := pathReader{text: text}
	for r.space(); r.at < len(text); r.space() {
		v, ok := r.number()
		if !ok {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}

var arguments = map[byte]int{'M': 2, 'L': 2, 'H': 1, 'V': 1, 'C': 6, 'S': 4, 'Q': 4, 'T': 2, 'A': 7, 'Z': 0}

// path reads a path's data (SVG 2, 9.3) and adds it to an outline. It returns where it cannot be read, or -1.
func path(text string, o *outline) int {
	r := pathReader{text: text}
	var command byte
	var at, start, control point
	var last byte
	for r.space(); r.at < len(text); r.space() {
		begin := r.at
		if c := text[r.at]; c >= 'A' {
			command = c
			r.at++
		} else if command|0x20 == 'z' {
			return begin
		}
		kind := command &^ 0x20
		count, known := arguments[kind]
		if !known || last == 0 && kind != 'M' {
			return begin
		}
		var v [7]float64
		for i := range count {
			read := r.number
			if kind == 'A' && (i == 3 || i == 4) {
				read = r.flag
			}
			var ok bool
			if v[i], ok = read(); !ok {
				return begin
			}
		}
		var from point // of relative coordinates
		if command >= 'a' {
			from = at
		}
		p := func(i int) point { return point{from.x + v[i], from.y + v[i+1]} }
		mirrored := func(kinds string) point {
			if strings.IndexByte(kinds, last) >= 0 {
				return point{2*at.x - control.x, 2*at.y - control.y}
			}
			return at
		}
		quad := func(c, end point) {
			o.curve(point{at.x + (c.x-at.x)*2/3, at.y + (c.y-at.y)*2/3}, point{end.x + (c.x-end.x)*2/3, end.y + (c.y-end.y)*2/3}, end)
			control, at = c, end
		}
		if last == 'Z' && kind != 'M' && kind != 'Z' {
			o.move(at)
		}
		switch kind {
		case 'M':
			at = p(0)
			start = at
			o.move(at)
			command-- // M to L, m to l: what follows without a command are lines
		case 'L', 'H', 'V':
			end := point{from.x + v[0], at.y}
			if kind == 'L' {
				end = p(0)
			} else if kind == 'V' {
				end = point{at.x, from.y + v[0]}
			}
			at = end
			o.line(at)
		case 'C':
			o.curve(p(0), p(2), p(4))
			control, at = p(2), p(4)
		case 'S':
			o.curve(mirrored("CS"), p(0), p(2))
			control, at = p(0), p(2)
		case 'Q':
			quad(p(0), p(2))
		case 'T':
			quad(mirrored("QT"), p(0))
		case 'A':
			end := p(5)
			o.arc(at, end, math.Abs(v[0]), math.Abs(v[1]), v[2]*math.Pi/180, v[3] == 1, v[4] == 1)
			at = end
		case 'Z':
			o.close()
			at = start
		}
		last = kind
	}
	return -1
}

// arc adds an elliptical arc (SVG 2, B.2.4) as curves of at most 90°.
func (o *outline) arc(from, to point, rx, ry, turn float64, large, sweep bool) {
	if rx == 0 || ry == 0 || from == to {
		o.line(to)
		return
	}
	sin, cos := math.Sincos(turn)
	dx, dy := (from.x-to.x)/2, (from.y-to.y)/2
	x, y := cos*dx+sin*dy, cos*dy-sin*dx
	if over := x*x/(rx*rx) + y*y/(ry*ry); over > 1 {
		rx, ry = rx*math.Sqrt(over), ry*math.Sqrt(over)
	}
	root := math.Sqrt(max(0, (rx*rx*ry*ry-rx*rx*y*y-ry*ry*x*x)/(rx*rx*y*y+ry*ry*x*x)))
	if large == sweep {
		root = -root
	}
	cx, cy := root*rx*y/ry, -root*ry*x/rx
	begin := math.Atan2((y-cy)/ry, (x-cx)/rx)
	sweepBy := math.Atan2((-y-cy)/ry, (-x-cx)/rx) - begin
	if sweep && sweepBy < 0 {
		sweepBy += 2 * math.Pi
	} else if !sweep && sweepBy > 0 {
		sweepBy -= 2 * math.Pi
	}
	parts := max(1, math.Ceil(math.Abs(sweepBy)/(math.Pi/2)-1e-9))
	step := sweepBy / parts
	k := 4.0 / 3 * math.Tan(step/4)
	middle := point{(from.x+to.x)/2 + cos*cx - sin*cy, (from.y+to.y)/2 + sin*cx + cos*cy}
	on := func(s, c float64) point {
		return point{middle.x + cos*rx*c - sin*ry*s, middle.y + sin*rx*c + cos*ry*s}
	}
	for i := range int(parts) {
		s0, c0 := math.Sincos(begin + float64(i)*step)
		s1, c1 := math.Sincos(begin + float64(i+1)*step)
		end := on(s1, c1)
		if i+1 == int(parts) {
			end = to
		}
		o.curve(on(s0+k*c0, c0-k*s0), on(s1-k*c1, c1+k*s1), end)
	}
}

// transform reads a transform attribute.
func transform(text string) (matrix, bool) {
	m := matrix{1, 0, 0, 1, 0, 0}
	for text = strings.Trim(text, " \t\r\n,"); text != ""; text = strings.TrimLeft(text, " \t\r\n,") {
		call, rest, ok := strings.Cut(text, ")")
		name, args, ok2 := strings.Cut(call, "(")
		n, ok3 := numbers(args)
		if !ok || !ok2 || !ok3 {
			return m, false
		}
		text = rest
		count := len(n)
		n = append(n, 0, 0, 0, 0, 0, 0)
		rad := n[0] * math.Pi / 180
		switch name = strings.TrimSpace(name); {
		case name == "matrix" && count == 6:
			m = m.times(matrix{n[0], n[1], n[2], n[3], n[4], n[5]})
		case name == "translate" && (count == 1 || count == 2):
			m = m.times(matrix{1, 0, 0, 1, n[0], n[1]})
		case name == "scale" && count == 1:
			m = m.times(matrix{n[0], 0, 0, n[0], 0, 0})
		case name == "scale" && count == 2:
			m = m.times(matrix{n[0], 0, 0, n[1], 0, 0})
		case name == "rotate" && (count == 1 || count == 3):
			sin, cos := math.Sincos(rad)
			m = m.times(matrix{1, 0, 0, 1, n[1], n[2]}).times(matrix{cos, sin, -sin, cos, 0, 0}).times(matrix{1, 0, 0, 1, -n[1], -n[2]})
		case name == "skewX" && count == 1:
			m = m.times(matrix{1, 0, math.Tan(rad), 1, 0, 0})
		case name == "skewY" && count == 1:
			m = m.times(matrix{1, math.Tan(rad), 0, 1, 0, 0})
		default:
			return m, false
		}
	}
	return m, true
}
