package brand

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// Recoloured is what Recolour makes of a funnel's colours. Each of them is in Values or in Kept.
type Recoloured struct {
	Values   map[string]string // the new value by the string's key
	Notes    []string          // what was shaded, and which pairs are hard to read
	Kept     []funnel.Kept     // what stays: code "neutral" or "colour"
	Problems []string          // colours of the former owner that are still there
}

// The limits of Recolour, which bound its work on a funnel of nothing but colours.
const (
	maxGrounds = 32 // of a page, that its text is held against
	maxLoads   = 64 // of a ground
	maxPaints  = 24 // of a palette
)

// How far apart in OKLCH's lightness two colours are still alike.
const (
	likeGrey   = 0.2  // for a neutral
	likeGround = 0.12 // for what is under text: a pale page does not become a loud one
)

// Recolour gives the colours of a funnel the client's. It goes by the words of their ids and by what they look like:
//
//   - A chromatic one takes the palette's colour of the role that fits, or the next that will do. A neutral stays,
//     unless the palette has a text or background colour of like lightness.
//   - What is light stays light and what is dark stays dark: where white cannot be read, not even in large letters (a
//     contrast under 3:1), black can be read afterwards (4.5:1), and the other way round. What is between may become
//     either.
//   - A text has the contrast of WCAG 2.2 AA on all that it stands on, or what it had where that was less. Where no
//     colour of the palette has, it is the nearest shade that does.
//
// Text on a button stands on the button, text with a place in its id (hero_text) on the background of that place, and
// any other on each background of its page on which it could be read, or on the white of a page without any.
// The same colours and palette always give the same result.
func Recolour(colours []funnel.Held, palette []Colour) Recoloured {
	out := Recoloured{Values: make(map[string]string)}
	p := newPalette(palette)
	s := newScene(colours)
	if len(p.all) > 0 {
		s.choose(p)
		s.mend()
	}
	var left []string
	for _, t := range s.tones {
		code, message := "colour", ""
		switch {
		case !t.read:
			message = "a colour that is not one of its own (transparent, taken from what is around it, or in a spelling that is not known), so it stays"
		case t.signal && t.chromatic:
			message = "a colour that says success or failure, which stays"
		case t.now != t.was:
			out.Values[t.held.Key] = spell(t.held.Text.Text, t.now)
			if t.shaded != "" {
				out.Notes = append(out.Notes, t.shaded)
			}
			continue
		case !t.chromatic:
			code, message = "neutral", "a neutral colour, which stays as it is"
		case p.has(t.was):
			message = "a colour of the client's already"
		case len(p.all) == 0:
			message = "no palette is known, so the former owner's colour stays"
			left = append(left, t.name()+" "+t.was.hex())
		default:
			message = "no colour of the palette leaves its text legible, so the former owner's colour stays"
			out.Problems = append(out.Problems, fmt.Sprintf("The former owner's colour %s stays at %s: no colour of the palette leaves the text there legible.", t.was.hex(), t.name()))
		}
		out.Kept = append(out.Kept, funnel.Kept{ElementID: t.held.ElementID, Code: code, Message: message})
	}
	if len(left) > 0 {
		out.Problems = append(out.Problems, fmt.Sprintf("The brand guide names no colour, so %d of the former owner's stay: %s.", len(left), strings.Join(left, ", ")))
	}
	out.Notes = append(out.Notes, s.faint()...)
	return out
}

// choose gives every colour the one that it takes, what is under text before the text.
func (s *scene) choose(p paints) {
	var anchors []*tone
	for _, t := range s.tones {
		if t.anchor && t.free() && t.chromatic && len(anchors) < maxGrounds {
			anchors = append(anchors, t)
		}
	}
	for _, letters := range [2]bool{false, true} {
		for _, t := range s.tones {
			if (t.part == lettering) == letters && t.free() {
				t.take(p, repeats(t, anchors))
			}
		}
	}
}

// repeats is the rank of the brand's colour that has the same hue as this one, the own page's before others; 0 where
// none has.
func repeats(t *tone, anchors []*tone) int {
	const near = 20 * math.Pi / 180
	rank, best := 0, near
	for _, own := range [2]bool{true, false} {
		for _, a := range anchors {
			if (a.held.Page == t.held.Page) != own || a == t {
				continue
			}
			if d := math.Abs(math.Remainder(t.k.h-a.k.h, 2*math.Pi)); d < best {
				rank, best = a.rank, d
			}
		}
		if rank > 0 {
			break
		}
	}
	return rank
}

// take chooses a colour's new value.
func (t *tone) take(p paints, as int) {
	if !t.chromatic {
		for _, w := range p.of(t.grey()) {
			if math.Abs(w.k.l-t.k.l) <= likeGrey && t.will(w.c, true) {
				t.set(w.c, "")
				return
			}
		}
		if t.will(t.was, false) {
			return
		}
		t.shade(t.k, "its own "+t.was.hex())
		return
	}
	wants := p.wanted(t.wants(as))
	for _, w := range wants {
		if t.part == ground && math.Abs(w.k.l-t.k.l) > likeGround {
			continue
		}
		if t.will(w.c, true) {
			t.set(w.c, "")
			return
		}
	}
	best := wants[0]
	from := best.k
	if t.part == ground { // a tint
		for _, w := range wants {
			if !w.c.neutral() {
				best = w
				break
			}
		}
		from = lch{t.k.l, min(best.k.c, t.k.c), best.k.h, 1}
	}
	t.shade(from, best.label())
}

// shade takes the nearest shade that has the contrast in full, or else as much as there was.
func (t *tone) shade(from lch, of string) {
	for _, full := range [2]bool{true, false} {
		if c, ok := nearest(from, func(c rgba) bool { return t.will(c, full) }); ok {
			t.set(c, fmt.Sprintf("%s is %s, the nearest shade of %s that %s.", t.name(), c.hex(), of, t.why()))
			return
		}
	}
}

// why says what a shade is for.
func (t *tone) why() string {
	switch {
	case t.part == lettering:
		return "is legible on what it stands on"
	case len(t.loads) > 0:
		return "is as light or dark as before and leaves the text on it legible"
	}
	return "is as light or dark as before"
}

// will reports whether a colour may stand in the tone's place. In full, a text must have its threshold; else what it
// had is enough. What is under text must let it have that.
func (t *tone) will(c rgba, full bool) bool {
	if !sameSide(t.was, c) {
		return false
	}
	c.a = t.was.a
	if t.part == lettering {
		lum := c.luminance()
		for _, s := range t.on {
			need := t.need(s)
			if full {
				need = t.threshold()
			}
			if c.on(s.ground, lum) < need {
				return false
			}
		}
		return true
	}
	bottom := c.over(white)
	if full {
		return !slices.ContainsFunc(t.loads, func(l load) bool { return l.reach(bottom) < l.best })
	}
	return c == t.was || !slices.ContainsFunc(t.loads, func(l load) bool { return l.reach(bottom) < l.need })
}

// reach is the most contrast that the texts can have on a ground and stay as light or dark as they were.
func (l load) reach(ground rgba) float64 {
	most := 0.0
	if l.own {
		most = pairContrast(l.is, ground)
	}
	for i, end := range [2]rgba{white, black} {
		if l.ends[i] {
			most = max(most, pairContrast(end.with(l.is.a), ground))
		}
	}
	return most
}

func (c rgba) with(alpha float64) rgba {
	c.a = alpha
	return c
}

// mend takes back what leaves a text less legible than it has to be: first what it stands on, then the text.
func (s *scene) mend() {
	for again := true; again; {
		again = false
		for _, t := range s.tones {
			if t.part != lettering || !t.read || t.will(t.now, false) {
				continue
			}
			again = true
			for _, seat := range t.on {
				if g := seat.ground; g != nil {
					g.set(g.was, "")
				}
			}
			if !t.will(t.now, false) {
				t.set(t.was, "")
			}
		}
	}
}

// faint tells the pairs that cannot be read well, which could not be before, and the fills on which white or black
// could be read and can no longer: what stands on them may be written into the page.
func (s *scene) faint() []string {
	var notes []string
	for _, t := range s.tones {
		if t.part == filling && t.now != t.was && len(t.loads) == 0 {
			for _, end := range [2]struct {
				c    rgba
				name string
			}{{white, "white"}, {black, "black"}} {
				was, now := pairContrast(end.c, t.was.over(white)), pairContrast(end.c, t.seen())
				if was >= ContrastLarge && now < ContrastLarge {
					notes = append(notes, fmt.Sprintf("On %s, %s text had a contrast of %s and has %s now; if the page writes in %s there, it can no longer be read.", t.name(), end.name, ratio(was), ratio(now), end.name))
				}
			}
		}
		for _, seat := range t.on {
			now := pairContrast(t.now, seat.ground.seen())
			if now >= t.threshold() {
				continue
			}
			on := "a white page"
			if seat.ground != nil {
				on = seat.ground.name()
			}
			notes = append(notes, fmt.Sprintf("%s on %s has a contrast of %s, under the %.3g:1 of WCAG 2.2 AA; it had %s before.", t.name(), on, ratio(now), t.threshold(), ratio(seat.had)))
		}
	}
	return notes
}

// ratio writes a contrast, cut off rather than rounded: 4.49 is not 4.5.
func ratio(v float64) string { return fmt.Sprintf("%.2f:1", math.Floor(v*100)/100) }
