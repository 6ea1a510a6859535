package picture

import (
	"image/color"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"
)

// style is an element's properties, as they are written.
type style map[string]string

var initial = style{"fill": "black", "stroke": "none", "stroke-width": "1", "color": "black"}

// inheritedProperties pass from an element to those within; alone do not.
var (
	inheritedProperties = []string{"fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset",
		"fill-rule", "fill-opacity", "stroke-opacity", "color", "visibility", "marker", "marker-start", "marker-mid", "marker-end"}
	alone = []string{"opacity", "display", "mask", "filter", "clip-path", "mix-blend-mode", "stop-color", "stop-opacity"}
)

// rule is a style sheet's declaration for a simple selector.
type rule struct {
	tag, class, id  string // "" is any
	property, value string
}

var (
	cssComment  = regexp.MustCompile(`(?s)/\*.*?\*/|<!--|-->`)
	cssSelector = regexp.MustCompile(`^(\*|[\w-]+)?(?:\.([\w-]+))?(?:#([\w-]+))?$`)
)

// readSheet reads style sheets of simple selectors, those that count most last.
func readSheet(css string) ([]rule, error) {
	css = cssComment.ReplaceAllString(css, "")
	if at := strings.IndexByte(css, '@'); at >= 0 {
		name, _, _ := strings.Cut(css[at:], " ")
		return nil, undrawn("a style sheet with %s", shown(name))
	}
	var rules []rule
	for _, block := range strings.Split(css, "}") {
		selectors, body, ok := strings.Cut(block, "{")
		if !ok {
			continue
		}
		for _, selector := range strings.Split(selectors, ",") {
			parts := cssSelector.FindStringSubmatch(strings.TrimSpace(selector))
			if parts == nil {
				return nil, undrawn("a style sheet for %s", shown(strings.TrimSpace(selector)))
			}
			for property, value := range declarations(body) {
				if len(rules) > svgRules {
					return nil, undrawn("too long a style sheet")
				}
				rules = append(rules, rule{strings.TrimPrefix(parts[1], "*"), parts[2], parts[3], property, value})
			}
		}
	}
	weight := func(r rule) int {
		return min(1, len(r.tag)) + 10*min(1, len(r.class)) + 100*min(1, len(r.id))
	}
	slices.SortStableFunc(rules, func(a, b rule) int { return weight(a) - weight(b) })
	return rules, nil
}

// declarations reads "property: value; …".
func declarations(text string) map[string]string {
	found := map[string]string{}
	for _, d := range strings.Split(text, ";") {
		if property, value, ok := strings.Cut(d, ":"); ok {
			value, _, _ = strings.Cut(value, "!important")
			found[strings.ToLower(strings.TrimSpace(property))] = strings.TrimSpace(value)
		}
	}
	return found
}

// style is what an element looks like: its attributes, then the style sheet, then its own style.
func (d *drawing) style(e *element, parent style) (style, error) {
	own := style{}
	for _, property := range inheritedProperties {
		if v, ok := parent[property]; ok {
			own[property] = v
		}
	}
	said := style{}
	for _, list := range [][]string{inheritedProperties, alone} {
		for _, property := range list {
			if v, ok := e.attrs[property]; ok {
				said[property] = v
			}
		}
	}
	classes := strings.Fields(e.attrs["class"])
	for _, r := range d.sheet {
		if (r.tag == "" || r.tag == e.name) && (r.class == "" || slices.Contains(classes, r.class)) && (r.id == "" || r.id == e.attrs["id"]) {
			said[r.property] = r.value
		}
	}
	written := declarations(e.attrs["style"])
	maps.Copy(said, written)
	for property, value := range said {
		lower := strings.ToLower(value)
		if at := strings.Index(lower, "url("); at >= 0 && !strings.HasPrefix(strings.TrimLeft(lower[at+4:], " '\""), "#") {
			return nil, undrawn("a reference to something outside of it")
		}
		if strings.HasPrefix(property, "animation") && lower != "none" || property == "transform" && e.attrs["transform"] == "" {
			return nil, undrawn("the style %s", shown(property))
		}
		if lower == "inherit" {
			if v, ok := parent[property]; ok {
				own[property] = v
			}
			continue
		}
		own[property] = value
	}
	if strings.EqualFold(own["color"], "currentcolor") {
		own["color"] = parent["color"]
	}
	return own, nil
}

// colour reads a colour; not ok where it is none that is known.
func colour(text string) (c color.NRGBA, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if named, ok := colornames.Map[text]; ok {
		return color.NRGBA{named.R, named.G, named.B, 255}, true
	}
	if text == "transparent" {
		return color.NRGBA{}, true
	}
	if hex, ok := strings.CutPrefix(text, "#"); ok {
		if len(hex) == 3 || len(hex) == 4 {
			var long strings.Builder
			for _, r := range hex {
				long.WriteRune(r)
				long.WriteRune(r)
			}
			hex = long.String()
		}
		if len(hex) == 6 {
			hex += "ff"
		}
		v, err := strconv.ParseUint(hex, 16, 32)
		return color.NRGBA{uint8(v >> 24), uint8(v >> 16), uint8(v >> 8), uint8(v)}, err == nil && len(hex) == 8
	}
	_, inner, isFunction := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	parts := strings.FieldsFunc(inner, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if !isFunction || len(parts) != 3 && len(parts) != 4 {
		return c, false
	}
	var v [4]float64
	v[3] = 1
	for i, part := range parts {
		n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSuffix(part, "%"), "deg"), 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return c, false
		}
		if strings.HasSuffix(part, "%") {
			n /= 100
		} else if i < 3 && strings.HasPrefix(text, "rgb") {
			n /= 255
		}
		v[i] = n
	}
	if strings.HasPrefix(text, "hsl") {
		hue, s, l := v[0], v[1], v[2]
		for i, offset := range []float64{0, 8, 4} {
			k := math.Mod(math.Mod(offset+hue/30, 12)+12, 12)
			v[i] = l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1))
		}
	} else if !strings.HasPrefix(text, "rgb") {
		return c, false
	}
	byte8 := func(x float64) uint8 { return uint8(min(1, max(0, x))*255 + 0.5) }
	return color.NRGBA{byte8(v[0]), byte8(v[1]), byte8(v[2]), byte8(v[3])}, true
}

var units = map[string]float64{"": 1, "px": 1, "pt": 4.0 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "em": 16, "rem": 16, "ex": 8}

// length reads a length in pixels; a percentage is of whole.
func length(text string, whole float64) (float64, bool) {
	text = strings.TrimSpace(text)
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz%")
	unit := text[len(number):]
	v, err := strconv.ParseFloat(number, 64)
	factor, known := units[unit]
	if unit == "%" {
		factor, known = whole/100, true
	}
	v *= factor
	return v, err == nil && known && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// fraction reads a share of 1, held within 0 to 1.
func fraction(text string) (float64, bool) {
	v, ok := length(text, 1)
	return min(1, max(0, v)), ok
}
