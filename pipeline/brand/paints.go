package brand

import "slices"

// A paint is a colour of the palette, ready for use.
type paint struct {
	hex  string
	role Role
	c    rgba
	k    lch
}

// label is how a note calls it.
func (w paint) label() string {
	if w.role != "" {
		return string(w.role) + " " + w.hex
	}
	return w.hex
}

// paints are a palette.
type paints struct{ all []paint }

// newPalette reads a palette, those with a role first. What is no colour is left out. Chromatic colours without a role
// take the brand's roles that nobody has, in the order in which they stand.
func newPalette(palette []Colour) paints {
	var p paints
	for _, roles := range [2]bool{true, false} { // a ramp of greys does not push out what has a role
		for _, colour := range palette {
			if c, ok := readColour(colour.Hex, true); ok && (colour.Role != "") == roles && len(p.all) < maxPaints {
				c = c.with(1).written()
				p.all = append(p.all, paint{c.hex(), colour.Role, c, c.lch()})
			}
		}
	}
	for _, role := range ranked(1) {
		if slices.ContainsFunc(p.all, func(w paint) bool { return w.role == role }) {
			continue
		}
		if i := slices.IndexFunc(p.all, func(w paint) bool { return w.role == "" && !w.c.neutral() }); i >= 0 {
			p.all[i].role = role
		}
	}
	return p
}

func (p paints) has(c rgba) bool {
	return slices.ContainsFunc(p.all, func(w paint) bool { return w.hex == c.hex() })
}

// of are the colours of some roles, in their order.
func (p paints) of(roles []Role) []paint {
	var found []paint
	for _, role := range roles {
		for _, w := range p.all {
			if w.role == role {
				found = append(found, w)
			}
		}
	}
	return found
}

// wanted are the colours of some roles, then the other chromatic ones; all of them where there is neither. A palette
// that is not empty gives one at least.
func (p paints) wanted(roles []Role) []paint {
	found := p.of(roles)
	for _, w := range p.all {
		if !w.c.neutral() && !slices.Contains(found, w) {
			found = append(found, w)
		}
	}
	if len(found) == 0 {
		return p.all
	}
	return found
}
