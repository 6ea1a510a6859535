package brand

// The least contrast of WCAG 2.2, success criterion 1.4.3 (AA).
const (
	ContrastText  = 4.5
	ContrastLarge = 3.0 // text of at least 18 pt, or 14 pt bold
)

// luminance is WCAG's relative luminance, from 0 to 1.
func (c rgba) luminance() float64 {
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is WCAG's contrast ratio, from 1 to 21, the alphas left aside.
func contrast(a, b rgba) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Contrast is the contrast ratio of two colours by WCAG 2.2, from 1 to 21, in any spelling that a guide may have; 0
// where one of them is no colour.
func Contrast(a, b string) float64 {
	x, okA := readColour(a, true)
	y, okB := readColour(b, true)
	if !okA || !okB {
		return 0
	}
	return contrast(x, y)
}

// legible is the colour nearest to c, by OKLCH's lightness with hue kept, that has the contrast against every one of
// the grounds; ok is false where none has, and then c is returned.
func legible(c rgba, need float64, grounds ...rgba) (_ rgba, ok bool) {
	enough := func(c rgba) bool {
		c, _ = readColour(c.hex(), false) // as it will be written
		for _, g := range grounds {
			if contrast(c, g) < need {
				return false
			}
		}
		return true
	}
	if enough(c) {
		return c, true
	}
	from := c.lch()
	for step := 1; step <= 200; step++ {
		for _, sign := range [2]float64{-1, 1} {
			shade := from
			if shade.l += sign * float64(step) / 200; shade.l < 0 || shade.l > 1 {
				continue
			}
			if out := shade.rgba(); enough(out) {
				return out, true
			}
		}
	}
	return c, false
}
