package brand

import (
	"slices"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// A tone is a colour of the funnel.
type tone struct {
	wording
	held      funnel.Held
	read      bool    // code knows which colour it is
	was, now  rgba    // as they are written
	k         lch     // of was
	lum       float64 // of now over a page's white
	chromatic bool
	shaded    string // the note where it is a shade of what it should be
	on        []seat // of lettering: what it stands on
	loads     []load // what stands on it
}

// A load is what texts on a ground ask of it: that the text as it is, or one of the ends that it may go to, white and
// black, has the contrast on it.
type load struct {
	ends [2]bool
	own  bool    // the text as it is counts: it cannot change, or could not be read
	is   rgba    // the text as it is, or its alpha alone
	need float64 // what there was, at most the threshold
	best float64 // what it should be
}

// A seat is a text on a ground.
type seat struct {
	ground *tone   // nil: a page's white
	had    float64 // the contrast of the original pair
}

func (t *tone) name() string {
	if t.held.ElementID != "" {
		return t.held.ElementID
	}
	return t.held.Key
}

var (
	white = rgba{1, 1, 1, 1}
	black = rgba{0, 0, 0, 1}
)

// sameSide reports whether a colour may stand in the place of another as far as light and dark go.
func sameSide(was, now rgba) bool {
	light, dark := contrast(was, white) < ContrastLarge, contrast(was, black) < ContrastLarge
	return (!light || contrast(now, black) >= ContrastText) && (!dark || contrast(now, white) >= ContrastText)
}

func (t *tone) free() bool { return t.read && !(t.signal && t.chromatic) }

// set gives the tone a colour, with the alpha that it had; note says of which colour it is a shade, "" for none.
func (t *tone) set(c rgba, note string) {
	c.a = t.was.a
	t.now, t.shaded = c, note
	t.lum = t.seen().luminance()
}

// seen is the colour as it looks over a page's white.
func (t *tone) seen() rgba {
	if t == nil {
		return white
	}
	return t.now.over(white)
}

// on is the contrast of a text on a ground. lum is the luminance of the text, so that an opaque one is measured once.
func (c rgba) on(g *tone, lum float64) float64 {
	if c.a < 1 {
		return pairContrast(c, g.seen())
	}
	under := 1.0
	if g != nil {
		under = g.lum
	}
	return (max(lum, under) + 0.05) / (min(lum, under) + 0.05)
}

func pairContrast(text, ground rgba) float64 { return contrast(text.over(ground), ground) }

// need is the least contrast that a seat must have: the threshold, or what it had.
func (t *tone) need(s seat) float64 { return min(t.threshold(), s.had) }

// A scene is the colours of a funnel and what stands on what.
type scene struct{ tones []*tone }

func newScene(colours []funnel.Held) *scene {
	s := &scene{}
	type page struct{ grounds, buttons, brands []*tone }
	pages := make(map[string]*page)
	for _, h := range colours {
		t := &tone{held: h}
		t.wording = nameOf(t.name(), h.Field)
		t.was, t.read = readValue(h.Text.Text)
		t.k, t.chromatic = t.was.lch(), !t.was.neutral()
		t.set(t.was, "")
		s.tones = append(s.tones, t)
		if !t.read {
			continue
		}
		p := pages[h.Page]
		if p == nil {
			p = &page{}
			pages[h.Page] = p
		}
		to := &p.grounds
		switch {
		case t.part == ground:
		case t.part == filling && t.button:
			to = &p.buttons
		case t.anchor:
			to = &p.brands
		default:
			continue
		}
		if len(*to) < maxGrounds {
			*to = append(*to, t)
		}
	}
	everywhere := pages[""]
	if everywhere == nil {
		everywhere = &page{}
	}
	for _, t := range s.tones {
		if t.part != lettering || !t.read {
			continue
		}
		p := pages[t.held.Page]
		grounds, buttons, brands := p.grounds, p.buttons, p.brands
		if len(grounds) == 0 {
			grounds = everywhere.grounds
		}
		if len(buttons) == 0 {
			buttons = everywhere.buttons
		}
		if len(brands) == 0 {
			brands = everywhere.brands
		}
		t.stand(grounds, buttons, brands)
	}
	return s
}

// stand finds what a text stands on.
func (t *tone) stand(grounds, buttons, brands []*tone) {
	lum := t.was.luminance()
	placed := true // what it stands on is known, not guessed
	add := func(g *tone) {
		s := seat{g, t.was.on(g, lum)}
		t.on = append(t.on, s)
		if g != nil {
			g.carry(t, t.need(s), placed)
		}
	}
	if len(t.over) > 0 && !t.button {
		named := slices.DeleteFunc(slices.Concat(grounds, brands), func(g *tone) bool {
			return !slices.ContainsFunc(g.own, func(w string) bool { return slices.Contains(t.over, w) })
		})
		if found := closest(t, named); len(found) > 0 {
			for _, g := range found {
				add(g)
			}
			return
		}
	}
	if t.button {
		if len(buttons) == 0 && len(brands) > 0 {
			buttons = brands[:1]
		}
		for _, g := range closest(t, buttons) {
			add(g)
		}
	} else {
		for _, g := range grounds {
			if slices.ContainsFunc(g.places, func(p string) bool { return slices.Contains(t.places, p) }) {
				add(g)
			}
		}
	}
	if len(t.on) > 0 {
		return
	}
	placed = false
	var main, darkest *tone
	for _, g := range grounds {
		if t.was.on(g, lum) >= t.threshold() {
			add(g)
		}
		if main == nil && g.main() {
			main = g
		}
		if darkest == nil || g.lum < darkest.lum {
			darkest = g
		}
	}
	bright := contrast(t.was, white) < contrast(t.was, black)
	switch {
	case main == nil && t.was.on(nil, lum) >= t.threshold(), len(t.on) == 0 && main == nil && !bright:
		add(nil)
	case len(t.on) > 0:
	case bright:
		add(darkest)
	default:
		add(main)
	}
}

// carry adds a text to what a ground must leave legible, and should make so where it is placed there.
func (t *tone) carry(text *tone, need float64, placed bool) {
	l := load{ends: [2]bool{sameSide(text.was, white), sameSide(text.was, black)}, is: rgba{a: text.was.a}, need: need, best: need}
	if placed {
		l.best = text.threshold()
	}
	if l.own = !text.free() || need < text.threshold(); l.own {
		l.is = text.was
	}
	if !text.free() {
		l.ends = [2]bool{}
	}
	for i, have := range t.loads {
		if have.ends == l.ends && have.own == l.own && have.is == l.is {
			t.loads[i].need, t.loads[i].best = max(have.need, need), max(have.best, l.best)
			return
		}
	}
	if len(t.loads) < maxLoads {
		t.loads = append(t.loads, l)
	}
}

// closest are the buttons that a text is on: those that its id names the most of, or all.
func closest(t *tone, buttons []*tone) []*tone {
	most, found := 0, buttons
	for _, b := range buttons {
		if slices.ContainsFunc(b.own, func(w string) bool { return !slices.Contains(t.own, w) }) {
			continue
		}
		if len(b.own) > most {
			most, found = len(b.own), nil
		}
		if len(b.own) == most {
			found = append(slices.Clip(found), b)
		}
	}
	return found
}
