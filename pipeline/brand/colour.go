package brand

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"
)

// rgba is a colour of sRGB, each channel and the alpha from 0 to 1.
type rgba struct{ r, g, b, a float64 }

// hex writes the colour as #RRGGBB in capitals, without its alpha.
func (c rgba) hex() string {
	return fmt.Sprintf("#%02X%02X%02X", byteOf(c.r), byteOf(c.g), byteOf(c.b))
}

func byteOf(v float64) int { return int(math.Round(255 * min(max(v, 0), 1))) }

var (
	bareHex   = regexp.MustCompile(`^[0-9A-Fa-f]{6}$`)
	anyHex    = regexp.MustCompile(`^#(?:[0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$`)
	colourFun = regexp.MustCompile(`(?i)^(rgba?|hsla?|hwb|oklch|oklab|lab|lch|color)\(\s*([^()]*)\)$`)
)

// readColour reads one colour in a spelling of CSS Color 4: #RGB, #RGBA, #RRGGBB, #RRGGBBAA, rgb(), hsl(), hwb(),
// lab(), lch(), oklab(), oklch() and color(), and hex without its # and the 148 CSS names where words is set: those are
// words and numbers too.
func readColour(s string, words bool) (rgba, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 100 {
		return rgba{}, false
	}
	if anyHex.MatchString(s) || words && bareHex.MatchString(s) {
		return readHex(strings.TrimPrefix(s, "#")), true
	}
	if m := colourFun.FindStringSubmatch(s); m != nil {
		return readFunction(strings.ToLower(m[1]), m[2])
	}
	if words {
		return named(s)
	}
	return rgba{}, false
}

// readHex reads 3, 4, 6 or 8 hexadecimal digits.
func readHex(s string) rgba {
	if len(s) < 6 {
		var long strings.Builder
		for i := range len(s) {
			long.WriteByte(s[i])
			long.WriteByte(s[i])
		}
		s = long.String()
	}
	n, _ := strconv.ParseUint(s[:6], 16, 32)
	c := rgba{float64(n>>16) / 255, float64(n>>8&255) / 255, float64(n&255) / 255, 1}
	if len(s) == 8 {
		a, _ := strconv.ParseUint(s[6:], 16, 8)
		c.a = float64(a) / 255
	}
	return c
}

// readFunction reads what stands in a colour function's brackets.
func readFunction(name, inner string) (rgba, bool) {
	args := strings.Fields(strings.NewReplacer(",", " ", "/", " ").Replace(inner))
	var in space
	if name == "color" {
		ok := false
		if len(args) > 0 {
			in, ok = spaces[strings.ToLower(args[0])]
		}
		if !ok {
			return rgba{}, false
		}
		args = args[1:]
	}
	if len(args) != 3 && len(args) != 4 {
		return rgba{}, false
	}
	// full is what 100 % of each argument is, in the unit of a plain number.
	full := map[string][3]float64{
		"rgb": {255, 255, 255}, "rgba": {255, 255, 255}, "hsl": {0, 100, 100}, "hsla": {0, 100, 100}, "hwb": {0, 100, 100}, "color": {1, 1, 1},
		"lab": {100, 125, 125}, "lch": {100, 150, 0}, "oklab": {1, .4, .4}, "oklch": {1, .4, 0},
	}[name]
	var v [4]float64
	v[3] = 1
	for i, arg := range args {
		of := 1.0
		if i < 3 {
			of = full[i]
		}
		var ok bool
		if v[i], ok = readNumber(arg, of); !ok {
			return rgba{}, false
		}
	}
	a := min(max(v[3], 0), 1)
	switch name {
	case "rgb", "rgba":
		return rgba{v[0] / 255, v[1] / 255, v[2] / 255, a}.clamped(), true
	case "color":
		return in.rgba([3]float64(v[:3]), a), true
	case "hsl", "hsla":
		return fromHSL(v[0], v[1]/100, v[2]/100, a), true
	case "hwb":
		w, k := v[1]/100, v[2]/100
		if w+k >= 1 {
			return rgba{w / (w + k), w / (w + k), w / (w + k), a}, true
		}
		c := fromHSL(v[0], 1, .5, a)
		return rgba{c.r*(1-w-k) + w, c.g*(1-w-k) + w, c.b*(1-w-k) + w, a}.clamped(), true
	case "oklab":
		return lch{v[0], math.Hypot(v[1], v[2]), math.Atan2(v[2], v[1]), a}.rgba(), true
	case "oklch":
		return lch{v[0], max(v[1], 0), v[2] * math.Pi / 180, a}.rgba(), true
	case "lab":
		return fromLab(v[0], v[1], v[2], a), true
	default: // lch
		h := v[2] * math.Pi / 180
		return fromLab(v[0], v[1]*math.Cos(h), v[1]*math.Sin(h), a), true
	}
}

// readNumber reads a number of a colour function: plain, of hundred, or an angle in degrees.
func readNumber(s string, full float64) (float64, bool) {
	s = strings.ToLower(s)
	unit := 1.0
	switch {
	case s == "none":
		return 0, true
	case strings.HasSuffix(s, "%"):
		s, unit = s[:len(s)-1], full/100
	case strings.HasSuffix(s, "grad"):
		s, unit = s[:len(s)-4], .9
	case strings.HasSuffix(s, "turn"):
		s, unit = s[:len(s)-4], 360
	case strings.HasSuffix(s, "deg"):
		s = s[:len(s)-3]
	case strings.HasSuffix(s, "rad"):
		s, unit = s[:len(s)-3], 180/math.Pi
	}
	v, err := strconv.ParseFloat(s, 64)
	return v * unit, err == nil && !math.IsNaN(v) && math.Abs(v) < 1e6
}

func (c rgba) clamped() rgba {
	return rgba{min(max(c.r, 0), 1), min(max(c.g, 0), 1), min(max(c.b, 0), 1), c.a}
}

// fromHSL is the formula of CSS Color 4.
func fromHSL(h, s, l, a float64) rgba {
	s, l = min(max(s, 0), 1), min(max(l, 0), 1)
	if h = math.Mod(h, 360); h < 0 {
		h += 360
	}
	f := func(n float64) float64 {
		k := math.Mod(n+h/30, 12)
		return l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1))
	}
	return rgba{f(0), f(8), f(4), a}
}

// fromLab takes CIE Lab of the white point D50, as CSS has it, to sRGB.
func fromLab(l, a, b, alpha float64) rgba {
	const kappa, epsilon = 24389.0 / 27, 216.0 / 24389
	fy := (l + 16) / 116
	fx, fz := a/500+fy, fy-b/200
	inv := func(f float64) float64 {
		if f*f*f > epsilon {
			return f * f * f
		}
		return (116*f - 16) / kappa
	}
	y := l / kappa
	if l > kappa*epsilon {
		y = fy * fy * fy
	}
	x, z := inv(fx)*0.3457/0.3585, inv(fz)*(1-0.3457-0.3585)/0.3585
	return spaces["xyz-d50"].rgba([3]float64{x, y, z}, alpha)
}

// lch is a colour of OKLCH: lightness from 0 to 1, chroma from 0 to about 0.4, and the hue in radians.
type lch struct{ l, c, h, a float64 }

// lch takes a colour to OKLCH (Björn Ottosson, "A perceptual color space for image processing").
func (c rgba) lch() lch {
	r, g, b := linear(c.r), linear(c.g), linear(c.b)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	A := 1.9779984951*l - 2.4285922050*m + 0.4505937099*s
	B := 0.0259040371*l + 0.7827717662*m - 0.8086757660*s
	return lch{0.2104542553*l + 0.7936177850*m - 0.0040720468*s, math.Hypot(A, B), math.Atan2(B, A), c.a}
}

// rgba takes a colour to sRGB. What sRGB does not have keeps lightness and hue and gives up chroma.
func (c lch) rgba() rgba {
	c.l = min(max(c.l, 0), 1)
	light, ok := c.light()
	lo, hi := 0.0, c.c
	for range 24 {
		if ok {
			break
		}
		c.c = (lo + hi) / 2
		if _, inside := c.light(); inside {
			lo = c.c
		} else {
			hi = c.c
		}
	}
	if !ok {
		c.c = lo
		light, _ = c.light()
	}
	return rgba{gamma(light[0]), gamma(light[1]), gamma(light[2]), c.a}.clamped()
}

// light is the colour in linear light, red, green and blue, and whether sRGB has it, but for what rounding hides.
func (c lch) light() (v [3]float64, inside bool) {
	A, B := c.c*math.Cos(c.h), c.c*math.Sin(c.h)
	l, m, s := c.l+0.3963377774*A+0.2158037573*B, c.l-0.1055613458*A-0.0638541728*B, c.l-0.0894841775*A-1.2914855480*B
	l, m, s = l*l*l, m*m*m, s*s*s
	v = [3]float64{4.0767416621*l - 3.3077115913*m + 0.2309699292*s, -1.2684380046*l + 2.6097574011*m - 0.3413193965*s, -0.0041960863*l - 0.7034186147*m + 1.7076147010*s}
	const under, over = 0.00008, 0.0022 // a thousandth of the channel's range, before and behind its gamma
	return v, min(v[0], v[1], v[2]) >= -under && max(v[0], v[1], v[2]) <= 1+over
}

// linear undoes sRGB's transfer function, gamma applies it.
func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

func gamma(v float64) float64 {
	if v <= 0.0031308 {
		return v * 12.92
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// neutral is true for what is a grey to the eye, slate and navy-black among them: a colour of little chroma in OKLCH,
// and of less where it is light, since a pale pink has no more than a slate and is pink all the same.
func (c rgba) neutral() bool {
	k := c.lch()
	return k.c < 0.05-0.152*max(k.l-0.75, 0) // 0.05 up to a lightness of 0.75, 0.012 in white
}

// named returns the colour of one of CSS Color 4's 148 names, in any case.
func named(name string) (rgba, bool) {
	name = strings.ToLower(name)
	if name == "rebeccapurple" { // the one that SVG does not have
		return readHex("663399"), true
	}
	c, ok := colornames.Map[name]
	return rgba{float64(c.R) / 255, float64(c.G) / 255, float64(c.B) / 255, 1}, ok
}
