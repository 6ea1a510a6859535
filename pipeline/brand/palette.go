package brand

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// manyGreys is from how many on greys without a role are a ramp and no choice of the brand.
const manyGreys = 4

// maxUse bounds a text that is about one colour, in bytes.
const maxUse = 500

var (
	colourKey = regexp.MustCompile(`colou?r|palette|swatch`)
	swatchKey = regexp.MustCompile(`^(hex|hexcode|hexvalue|hexcolou?r|value|code|colou?r|colou?rcode|css|rgba?|hsla?|oklch)$`)
	inText    = regexp.MustCompile(`(?i)#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|oklch|oklab|lab|lch|color)\([^()\n]+\)`)
	forbids   = regexp.MustCompile(`(?i)\b(never|avoid|don['’]?t|do not|forbidden|not use|banned|not)\b`)
	behind    = regexp.MustCompile(`(?i)^["'”’)]*\s*(?:as|for|is|are|\(|–|—|-)\s*((?:[\p{L}-]+\s?){1,4})`)
	joining   = regexp.MustCompile(`(?i)\b(?:and|or|on|with|but)\b.*`)
	forbidden = regexp.MustCompile(`(?i)^["'”’)]?\s*(?:(?:is|are|must|should|may)\s+)?(?:never|forbidden|banned|prohibited|not\s+(?:be|to|allowed|ours|used)|off[- ]limits)\b`)
)

// idWords are the whole words of a key or an id, in lower case: "brandPrimary_2" has brand, primary and 2.
func idWords(s string) []string {
	var b strings.Builder
	lower := false
	for _, r := range s {
		if unicode.IsUpper(r) && lower {
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(r) || unicode.IsDigit(r)
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(b.String())
}

// The words of keys that say what a colour is for.
var (
	textWords    = set(`text texts ink foreground fg body copy`)
	groundWords  = set(`background backgrounds bg canvas page backdrop`)
	surfaceWords = set(`surface surfaces card cards panel panels`)
	softWords    = set(`muted subtle secondary tertiary light lighter faint dim alt alternate`)
	accentWords  = set(`accent accents highlight highlights cta ctas`)
	// otherWords name a state or a part, whose colour is not the brand's for the whole.
	otherWords = set(`hover active focus disabled pressed visited border outline divider ring error danger destructive success warning info shadow overlay link icon chart sidebar input popover tooltip inverse inverted`)
	// emptyWords say nothing of what a colour is for, so that the key above does.
	emptyWords = set(`default base value hex color colors colour colours palette rgb css code main core light dark root`)
)

func anyOf(words []string, of map[string]bool) bool {
	return slices.ContainsFunc(words, func(w string) bool { return of[w] })
}

// roleOf is the role that a key or an id names, by its whole words.
func roleOf(key string) Role { return roleIn(idWords(key)) }

func roleIn(words []string) Role {
	has := func(w string) bool { return slices.Contains(words, w) }
	text, ground, surface := anyOf(words, textWords), anyOf(words, groundWords), anyOf(words, surfaceWords)
	primary, accent := has("primary") || has("main"), anyOf(words, accentWords)
	ofBrand := primary || accent || has("secondary")
	switch {
	case anyOf(words, otherWords), ground && (has("button") || has("btn")):
		return ""
	case has("on") && (ground || surface):
		return Ink
	case has("on") && ofBrand, ofBrand && (has("foreground") || has("fg") || has("contrast")):
		return "" // what stands on it
	case ground && anyOf(words, softWords), surface:
		return Surface
	case ground:
		return Background
	case text && anyOf(words, softWords):
		return Muted
	case text:
		return Ink
	case primary:
		return Primary
	case has("secondary"):
		return Secondary
	case accent:
		return Accent
	case has("muted") || has("subtle"):
		return Muted
	case has("brand"):
		return Primary
	}
	return ""
}

// pathRole is the role that the keys down to a colour name, and how far it is from the one that the role is meant by:
// 0 for "primary", more for "primaryDark" and for the ends of a ramp.
func pathRole(path []string) (role Role, off int) {
	if under(path, "dark") {
		off = 50
	}
	i := len(path) - 1
	for ; i >= 0; i-- {
		words := idWords(path[i])
		if len(words) == 1 {
			if n, err := strconv.Atoi(words[0]); err == nil { // a step of a ramp: 500 is the middle
				off += 10 + max(n-500, 500-n)/50
				continue
			}
		}
		if !slices.ContainsFunc(words, func(w string) bool { return !emptyWords[w] }) {
			if slices.Contains(words, "light") || slices.Contains(words, "dark") {
				off += 5
			}
			continue
		}
		role = roleIn(words)
		off += len(words)
		break
	}
	if i <= 0 {
		return role, off
	}
	above := idWords(path[i-1])
	switch group := roleIn(above); {
	case role != "" && (group == Ink || group == Background || group == Surface) && len(above) <= 2: // text: {primary, secondary}
		return roleIn(append(slices.Clip(above), idWords(path[i])...)), off
	case role == "" && !anyOf(idWords(path[i]), otherWords) && (group == Primary && !slices.Contains(above, "brand") || group == Secondary || group == Accent) && len(above) <= 2:
		return group, off + 5
	}
	return role, off
}

// A swatch is a colour of the palette while it is read; off is pathRole's.
type swatch struct {
	Colour
	off int
}

// colour takes a text that is one colour, or one colour and its name, into the palette.
func (r *reader) colour(text string, path []string) bool {
	c, ok := readColour(strings.Trim(text, " .\"'"), colourIn(path))
	if !ok {
		return r.palette(text, path)
	}
	if forbidding(path) {
		return true // a colour that is not the brand's
	}
	role, off := pathRole(path)
	name := ""
	if len(path) > 0 {
		name = path[len(path)-1]
	}
	r.add(Colour{Hex: c.hex(), Role: role, Name: name}, off)
	return true
}

// palette takes a text under the name of a role or of a palette that is a list of colours, "navy and gold", or one with words: "Deep teal #1F4E5F".
func (r *reader) palette(text string, path []string) bool {
	if len(text) > maxUse {
		return false
	}
	if at := inText.FindAllStringIndex(text, 2); len(at) == 1 && !forbids.MatchString(text) {
		c, ok := readColour(text[at[0][0]:at[0][1]], false)
		role, off := pathRole(path)
		if !ok || role == "" {
			return false
		}
		if !forbidding(path) {
			r.add(Colour{Hex: c.hex(), Role: role, Name: path[len(path)-1]}, off)
		}
		return true
	}
	if !colourIn(path) {
		return false
	}
	var found []Colour
	for _, part := range splitter.Split(strings.TrimSuffix(strings.TrimSpace(text), "."), maxItems) {
		c, ok := readColour(part, true)
		if !ok {
			return false
		}
		found = append(found, Colour{Hex: c.hex()})
	}
	for _, c := range found {
		if !forbidding(path) {
			r.add(c, 0)
		}
	}
	return true
}

// swatch takes an object that describes one colour, {"name": …, "hex": …, "role": …}, or a table's row; it reports
// whether it is one.
func (r *reader) swatch(n *node, path []string) bool {
	var c rgba
	found := -1
	for i, key := range n.keys {
		k := plainKey(key)
		if !n.kids[i].leaf() || !swatchKey.MatchString(k) || found >= 0 && !strings.HasPrefix(k, "hex") {
			continue
		}
		if read, ok := readColour(n.kids[i].text, colourIn(path) || strings.HasPrefix(k, "hex")); ok {
			c, found = read, i
		}
	}
	if found < 0 {
		return false
	}
	colour := Colour{Hex: c.hex()}
	role, off := pathRole(path)
	for i, key := range n.keys {
		text := oneLine(n.kids[i].text)
		if i == found || !n.kids[i].leaf() || text == "" || len(text) > maxItem {
			continue
		}
		switch plainKey(key) {
		case "name", "title", "label", "colour", "color", "colourname", "colorname":
			colour.Name = text
		case "role", "use", "usage", "usedfor", "purpose", "for", "token", "type":
			if role == "" && len(strings.Fields(text)) <= 4 {
				role, off = roleOf(text), len(strings.Fields(text))
			}
		}
	}
	if role == "" {
		role, off = roleOf(colour.Name), len(strings.Fields(colour.Name))
	}
	if colour.Name == "" && len(path) > 0 {
		colour.Name = path[len(path)-1]
	}
	if colour.Role = role; !forbidding(path) {
		r.add(colour, off)
	}
	return true
}

// colours takes the colours that stand in a sentence, with the role that the words before or behind them say; not
// those that it forbids. The first has the role that the keys say where the words say none.
func (r *reader) colours(text string, path []string) {
	last, first := 0, true
	for _, at := range when(text, "#(", inText) {
		start := strings.LastIndexAny(text[:at[0]], ".!?;\n") + 1
		c, ok := readColour(text[at[0]:at[1]], false)
		if !ok || forbids.MatchString(text[start:at[0]]) || forbidden.MatchString(text[at[1]:]) {
			last = at[1]
			continue
		}
		role := Role("")
		before := idWords(text[max(start, last):at[0]])
		for i := len(before) - 1; i >= 0 && role == ""; i-- { // the nearest word that is one
			if role = roleIn(before[i : i+1]); role != "" {
				role = roleIn(before[max(i-1, 0) : i+1])
			}
		}
		if m := behind.FindStringSubmatch(text[at[1]:]); m != nil && role == "" {
			role = roleOf(joining.ReplaceAllString(m[1], ""))
		}
		if role == "" && len(before) > 0 && before[len(before)-1] == "on" {
			role = Background
		}
		if role == "" && first {
			role, _ = pathRole(path)
		}
		first = false
		r.add(Colour{Hex: c.hex(), Role: role}, 2)
		last = at[1]
	}
}

func (r *reader) add(c Colour, off int) {
	c.Name = truncate(oneLine(c.Name), maxItem)
	for i, have := range r.swatches {
		if have.Hex == c.Hex {
			if have.Role == "" {
				r.swatches[i].Role, r.swatches[i].off = c.Role, off
			}
			return
		}
	}
	if len(r.swatches) < maxItems {
		r.swatches = append(r.swatches, swatch{c, off})
	}
}

// settle leaves each role to the one colour that is meant by it, and drops the ramp of greys that stands beside a
// brand's colours.
func (r *reader) settle() []Colour {
	best := make(map[Role]int)
	for i, s := range r.swatches {
		if b, ok := best[s.Role]; !ok || s.off < r.swatches[b].off {
			best[s.Role] = i
		}
	}
	greys, others := 0, 0
	for i := range r.swatches {
		s := &r.swatches[i]
		if s.Role != "" && best[s.Role] != i {
			s.Role = ""
		}
		if s.grey() {
			greys++
		} else {
			others++
		}
	}
	var palette []Colour
	for _, s := range r.swatches {
		if s.grey() && greys >= manyGreys && others > 0 {
			continue
		}
		palette = append(palette, s.Colour)
	}
	return palette
}

// grey is true for a neutral that has no role.
func (c Colour) grey() bool {
	read, _ := readColour(c.Hex, false)
	return c.Role == "" && read.neutral()
}

func colourIn(path []string) bool {
	return slices.ContainsFunc(path, func(k string) bool { return colourKey.MatchString(plainKey(k)) })
}

// forbidding is true where a key says that what stands under it is not to be used.
func forbidding(path []string) bool {
	return slices.ContainsFunc(path, func(k string) bool {
		k = fieldKey(k)
		return avoidKey.MatchString(k) || avoidWordsKey.MatchString(k) || strings.HasPrefix(k, "incorrect")
	})
}

// under is true where one of the keys has the word.
func under(path []string, word string) bool {
	return slices.ContainsFunc(path, func(k string) bool { return slices.Contains(idWords(k), word) })
}
