package picture

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What an SVG may be. A logo is a hundredth of it.
const (
	svgBytes    = 1 << 20
	svgElements = 10_000 // those that are used several times count each time
	svgDepth    = 64
	svgSide     = 1536 // pixels of the long side that it is drawn in
	svgTime     = 10 * time.Second
	svgRules    = 1000 // of its style sheets
)

// element is an SVG's element, and those within.
type element struct {
	name  string
	attrs map[string]string
	kids  []*element
}

// isSVG says that a body is XML, and so an SVG or nothing that is taken.
func isSVG(body []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(body[:min(len(body), 4096)], []byte("\ufeff")), " \t\r\n")
	return bytes.HasPrefix(text, []byte("<"))
}

// undrawn says what an SVG holds that is not drawn: what is drawn without it would be another picture.
func undrawn(format string, args ...any) error {
	return fmt.Errorf("%w: the SVG has "+format+": export it as png", append([]any{ErrSource}, args...)...)
}

// prepareSVG draws an SVG. Everything that it is made of is in it, or it is refused.
func prepareSVG(ctx context.Context, body []byte, memory *Memory) (Source, error) {
	if len(body) > svgBytes {
		return Source{}, undrawn("%d kB, and %d may be", len(body)>>10, svgBytes>>10)
	}
	root, sheet, err := readSVG(body)
	if err != nil {
		return Source{}, err
	}
	box, err := root.viewport()
	if err != nil {
		return Source{}, err
	}
	s := Source{Width: int(math.Ceil(box.width)), Height: int(math.Ceil(box.height)), Sum: sha256.Sum256(body)}
	if box.declared && (s.Width <= spacer || s.Height <= spacer) {
		return Source{}, noPicture
	}
	scale := svgSide / max(box.width, box.height)
	width, height := sent(max(1, int(box.width*scale+0.5)), max(1, int(box.height*scale+0.5)))
	if s.Width > MaxSide || s.Height > MaxSide || s.Width <= spacer || s.Height <= spacer { // it has no size of its own
		s.Width, s.Height = width, height
	}
	release, err := memory.hold(ctx, 16*int64(width)*int64(height)+64*int64(len(body)))
	if err != nil {
		return Source{}, err
	}
	defer release()
	limited, cancel := context.WithTimeout(ctx, svgTime)
	defer cancel()
	d := drawing{ctx: limited, ids: map[string]*element{}, sheet: sheet, ink: newInk(limited, width, height)}
	d.name(root)
	d.box = box
	fit := box.fit(float64(width), float64(height))
	switch err = d.group(root, fit, initial, 1, 0); {
	case err != nil && ctx.Err() == nil && limited.Err() != nil:
		return Source{}, undrawn("more in it than can be drawn")
	case err != nil:
		return Source{}, err
	}
	err = s.set(straighten(d.ink.canvas), false)
	return s, err
}

// refused are the elements that no SVG may have anywhere, with what they are.
var refused = map[string]string{
	"script": "a <script>", "foreignObject": "a <foreignObject>", "handler": "a <script>",
	"animate": "an animation", "animateTransform": "an animation", "animateMotion": "an animation", "animateColor": "an animation", "set": "an animation",
}

// readSVG reads an SVG's elements and its style sheets.
func readSVG(body []byte) (root *element, sheet []rule, err error) {
	decoder := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff"))))
	decoder.CharsetReader = charset
	var open []*element
	var css strings.Builder
	inStyle := false
	for count := 0; ; {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, nil, fmt.Errorf("%w: the SVG is damaged: %w", ErrSource, err)
		}
		switch t := token.(type) {
		case xml.Directive:
			if bytes.Contains(bytes.ToUpper(t), []byte("ENTITY")) {
				return nil, nil, undrawn("entities of its own")
			}
		case xml.ProcInst:
			if t.Target == "xml-stylesheet" {
				return nil, nil, undrawn("a style sheet elsewhere")
			}
		case xml.CharData:
			if inStyle {
				css.Write(t)
			}
		case xml.EndElement:
			inStyle = false
			open = open[:len(open)-1]
		case xml.StartElement:
			name := t.Name.Local
			if space := t.Name.Space; space != "" && space != "svg" && space != "http://www.w3.org/2000/svg" || name == "title" || name == "desc" || name == "metadata" {
				if err := decoder.Skip(); err != nil {
					return nil, nil, fmt.Errorf("%w: the SVG is damaged: %w", ErrSource, err)
				}
				continue
			}
			if what := refused[name]; what != "" {
				return nil, nil, undrawn("%s", what)
			}
			if count++; count > svgElements || len(open) >= svgDepth {
				return nil, nil, undrawn("too many elements")
			}
			e := &element{name: name, attrs: map[string]string{}}
			for _, a := range t.Attr {
				if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") {
					return nil, nil, undrawn("a script, in %s", shown(a.Name.Local))
				}
				if a.Name.Space == "" || a.Name.Local == "href" {
					e.attrs[a.Name.Local] = strings.TrimSpace(a.Value)
				}
			}
			inStyle = name == "style"
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.kids = append(parent.kids, e)
			case root != nil || name != "svg":
				return nil, nil, fmt.Errorf("%w: it is XML, but no SVG: use the address of the picture itself", ErrSource)
			default:
				root = e
			}
			open = append(open, e)
		}
	}
	if root == nil {
		return nil, nil, fmt.Errorf("%w: it is XML, but no SVG: use the address of the picture itself", ErrSource)
	}
	sheet, err = readSheet(css.String())
	return root, sheet, err
}

// charset reads the encodings that SVGs declare besides UTF-8.
func charset(label string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "iso-8859-1", "latin1", "windows-1252", "us-ascii", "ascii":
		body, err := io.ReadAll(input)
		var text []byte
		for _, b := range body {
			text = utf8.AppendRune(text, rune(b))
		}
		return bytes.NewReader(text), err
	}
	return nil, fmt.Errorf("its encoding is %s", shown(label))
}

// shown is as much of a stranger's text as is shown.
func shown(text string) string {
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

// viewport is where an <svg> or <symbol> is drawn, and what part of the plane is seen in it.
type viewport struct {
	declared                   bool // the size is its own, and not the view's
	width, height              float64
	viewX, viewY, viewW, viewH float64
	stretched                  bool
}

func (e *element) viewport() (v viewport, err error) {
	w, okW := length(e.attrs["width"], math.NaN())
	h, okH := length(e.attrs["height"], math.NaN())
	okW, okH = okW && w > 0, okH && h > 0
	if view := e.attrs["viewBox"]; view != "" {
		n, ok := numbers(view)
		if !ok || len(n) != 4 || !(n[2] > 0) || !(n[3] > 0) {
			return v, undrawn("the view box %s", shown(view))
		}
		v.viewX, v.viewY, v.viewW, v.viewH = n[0], n[1], n[2], n[3]
		switch {
		case !okW && !okH:
			w, h = v.viewW, v.viewH
		case !okW:
			w = h * v.viewW / v.viewH
		case !okH:
			h = w * v.viewH / v.viewW
		}
	} else if !okW || !okH {
		return v, undrawn("no size")
	} else {
		v.viewW, v.viewH = w, h
	}
	v.declared, v.width, v.height = okW || okH, w, h
	v.stretched = strings.HasPrefix(e.attrs["preserveAspectRatio"], "none")
	if bad := func(n float64) bool { return !(math.Abs(n) < 1e6) }; bad(w) || bad(h) || bad(v.viewX) || bad(v.viewY) || bad(v.viewW) || bad(v.viewH) || min(w, h, v.viewW, v.viewH) < 1e-3 {
		return v, undrawn("no size that can be drawn")
	}
	return v, nil
}

// fit takes what is seen into width by height, whole and in the middle.
func (v viewport) fit(width, height float64) matrix {
	x, y := width/v.viewW, height/v.viewH
	if !v.stretched {
		x = min(x, y)
		y = x
	}
	return matrix{x, 0, 0, y, (width-v.viewW*x)/2 - v.viewX*x, (height-v.viewH*y)/2 - v.viewY*y}
}

// drawing draws elements.
type drawing struct {
	ctx   context.Context
	ids   map[string]*element
	sheet []rule
	ink   *ink
	box   viewport // of the root
	count int
}

func (d *drawing) name(e *element) {
	if id := e.attrs["id"]; id != "" && d.ids[id] == nil {
		d.ids[id] = e
	}
	for _, kid := range e.kids {
		d.name(kid)
	}
}

// group draws what is within an element.
func (d *drawing) group(e *element, m matrix, inherited style, opacity float64, depth int) error {
	own, err := d.style(e, inherited)
	if err != nil || own["display"] == "none" {
		return err
	}
	if opacity, err = d.own(own, opacity); err != nil {
		return err
	}
	for _, kid := range e.kids {
		if err := d.draw(kid, m, own, opacity, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// own checks what an element asks for besides its paint, and gives its opacity.
func (d *drawing) own(s style, opacity float64) (float64, error) {
	for _, what := range []string{"mask", "filter", "marker-start", "marker-mid", "marker-end", "marker", "clip-path", "mix-blend-mode"} {
		if v := s[what]; v == "" || v == "none" || v == "normal" || what == "clip-path" && d.coversAll(d.target(v)) {
			continue
		}
		return 0, undrawn("a %s", what)
	}
	o, ok := fraction(cmp.Or(s["opacity"], "1"))
	if !ok {
		return 0, undrawn("the opacity %s", shown(s["opacity"]))
	}
	return opacity * o, nil
}

// coversAll says that a clip path takes nothing away: drawing programs put one around everything.
func (d *drawing) coversAll(clip *element) bool {
	if clip == nil || clip.name != "clipPath" || len(clip.kids) != 1 || clip.attrs["clipPathUnits"] == "objectBoundingBox" || clip.attrs["transform"] != "" {
		return false
	}
	r := clip.kids[0]
	x, _ := length(r.attrs["x"], d.box.viewW)
	y, _ := length(r.attrs["y"], d.box.viewH)
	w, okW := length(r.attrs["width"], d.box.viewW)
	h, okH := length(r.attrs["height"], d.box.viewH)
	const near = 0.01
	return r.name == "rect" && r.attrs["rx"] == "" && r.attrs["ry"] == "" && r.attrs["transform"] == "" && okW && okH &&
		x <= d.box.viewX+near && y <= d.box.viewY+near && x+w >= d.box.viewX+d.box.viewW-near && y+h >= d.box.viewY+d.box.viewH-near
}

// target is the element that url(#id) or #id names; nil where there is none.
func (d *drawing) target(reference string) *element {
	if inner, ok := strings.CutPrefix(reference, "url("); ok {
		inner, _, _ = strings.Cut(inner, ")")
		reference = strings.Trim(inner, " '\"")
	}
	if id, ok := strings.CutPrefix(reference, "#"); ok {
		return d.ids[id]
	}
	return nil
}

var unseen = []string{"defs", "style", "linearGradient", "radialGradient", "clipPath", "mask", "filter", "pattern", "marker", "symbol", "view", "cursor", "color-profile"}

// draw draws an element.
func (d *drawing) draw(e *element, m matrix, inherited style, opacity float64, depth int) error {
	if slices.Contains(unseen, e.name) {
		return nil
	}
	if err := d.ctx.Err(); err != nil {
		return err
	}
	if d.count++; d.count > svgElements || depth > svgDepth {
		return undrawn("too many elements")
	}
	if t := e.attrs["transform"]; t != "" {
		own, ok := transform(t)
		if !ok {
			return undrawn("the transform %s", shown(t))
		}
		m = m.times(own)
	}
	switch e.name {
	case "g", "a":
		return d.group(e, m, inherited, opacity, depth)
	case "svg":
		return d.inner(e, e.attrs, m, inherited, opacity, depth)
	case "use":
		return d.use(e, m, inherited, opacity, depth)
	}
	own, err := d.style(e, inherited)
	if err != nil || own["display"] == "none" || own["visibility"] == "hidden" || own["visibility"] == "collapse" {
		return err
	}
	if opacity, err = d.own(own, opacity); err != nil {
		return err
	}
	outline, err := d.outline(e)
	if err != nil || len(outline) == 0 {
		return err
	}
	return d.paint(outline, m, own, opacity)
}

// inner draws an <svg> within an SVG, or a <symbol>, where at says.
func (d *drawing) inner(e *element, at map[string]string, m matrix, inherited style, opacity float64, depth int) error {
	x, okX := length(cmp.Or(at["x"], "0"), d.box.viewW)
	y, okY := length(cmp.Or(at["y"], "0"), d.box.viewH)
	if !okX || !okY {
		return undrawn("a place %s, %s", shown(at["x"]), shown(at["y"]))
	}
	m = m.times(matrix{1, 0, 0, 1, x, y})
	if e.attrs["viewBox"] != "" {
		sized := &element{attrs: map[string]string{"viewBox": e.attrs["viewBox"], "preserveAspectRatio": e.attrs["preserveAspectRatio"],
			"width": cmp.Or(at["width"], e.attrs["width"]), "height": cmp.Or(at["height"], e.attrs["height"])}}
		if sized.attrs["width"] == "100%" && sized.attrs["height"] == "100%" {
			sized.attrs["width"], sized.attrs["height"] = fmt.Sprint(d.box.viewW), fmt.Sprint(d.box.viewH)
		}
		v, err := sized.viewport()
		if err != nil {
			return err
		}
		m = m.times(v.fit(v.width, v.height))
	}
	return d.group(e, m, inherited, opacity, depth)
}

// use draws an element that stands elsewhere.
func (d *drawing) use(e *element, m matrix, inherited style, opacity float64, depth int) error {
	href := e.attrs["href"]
	if !strings.HasPrefix(href, "#") {
		return undrawn("a reference to something outside of it")
	}
	other := d.target(href)
	if other == nil {
		return undrawn("a reference to %s, which it does not have", shown(href))
	}
	own, err := d.style(e, inherited)
	if err != nil || own["display"] == "none" {
		return err
	}
	if opacity, err = d.own(own, opacity); err != nil {
		return err
	}
	if other.name == "symbol" {
		return d.inner(other, e.attrs, m, own, opacity, depth+1)
	}
	x, okX := length(cmp.Or(e.attrs["x"], "0"), d.box.viewW)
	y, okY := length(cmp.Or(e.attrs["y"], "0"), d.box.viewH)
	if !okX || !okY {
		return undrawn("a place %s, %s", shown(e.attrs["x"]), shown(e.attrs["y"]))
	}
	return d.draw(other, m.times(matrix{1, 0, 0, 1, x, y}), own, opacity, depth+1)
}
