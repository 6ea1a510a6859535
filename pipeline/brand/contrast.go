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

// over is what is seen of a colour that lets another one through.
func (c rgba) over(ground rgba) rgba {
	mix := func(v, g float64) float64 { return v*c.a + g*(1-c.a) }
	return rgba{mix(c.r, ground.r), mix(c.g, ground.g), mix(c.b, ground.b), 1}
}

// written is the colour as #RRGGBB has it, its alpha kept.
func (c rgba) written() rgba {
	return rgba{float64(byteOf(c.r)) / 255, float64(byteOf(c.g)) / 255, float64(byteOf(c.b)) / 255, c.a}
}

// nearest is the shade of a colour, as it is written, that will do and is nearest to it by OKLCH's lightness, its hue
// kept, and its chroma as far as sRGB has it; ok is false where none will do.
func nearest(from lch, will func(rgba) bool) (_ rgba, ok bool) {
	const steps = 200
	for step := range steps + 1 {
		for _, sign := range [2]float64{-1, 1} {
			shade := from
			shade.l += sign * float64(step) / steps
			if shade.l < -1.0/steps || shade.l > 1+1.0/steps {
				continue
			}
			if out := shade.rgba().written(); will(out) {
				return out, true
			}
		}
	}
	return rgba{}, false
}
