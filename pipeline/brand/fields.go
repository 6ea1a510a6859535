package brand

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxItems bounds each list of a Brand, and maxItem an item's bytes: longer ones are prose, not words to check for.
const (
	maxItems = 200
	maxItem  = 80
)

// A reader collects a Brand from a tree.
type reader struct {
	brand Brand
	prose []string
}

// plainKey is a key without case, spaces and marks: "Brand_Name" and "brandName" are one.
func plainKey(key string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
}

var (
	avoidKey  = regexp.MustCompile(`^(avoid|avoidwords|wordstoavoid|phrasestoavoid|never|neversay|neveruse|dont|donts|dontsay|dontuse|donotsay|donotuse|forbidden|forbiddenwords|banned|bannedwords|bannedphrases|prohibited|blacklist)$`)
	colourKey = regexp.MustCompile(`colou?r|palette|swatch`)
	forbids   = regexp.MustCompile(`(?i)\b(never|avoid|don['’]?t|do not|forbidden|not use|banned)\b`)
	marked    = regexp.MustCompile(`\p{Lu}[\p{L}\p{N}'’&-]*(?: (?:(?:to|of|the|and|for|a|an|in|&) )*\p{Lu}[\p{L}\p{N}'’&-]*)*[™®]`)
	sentences = regexp.MustCompile(`(?im)(?:^|[.!?]\s+|\n)\s*(never say|never use|avoid|words to avoid|don['’]t say|do not say|forbidden|voice|tone)\s*:\s*([^.!?\n]+)`)
	sayNot    = regexp.MustCompile(`(?i)\bsay ["“']?([^"”',.;\n]{1,60}?)["”']?,? (?:not|never) ["“']?([^"”',.;\n]{1,60})`)
	writeNot  = regexp.MustCompile(`\b[Ww]rite ["“']?([^"”,.;\n]{1,60}?)["”']?,? (?:never|not) ["“']?([^"”,.;\n]{1,60})`)
	graded    = regexp.MustCompile(`(?i)\bgrade\s*(\d{1,2}(?:\.\d)?)|(\d{1,2}(?:\.\d)?)(?:st|nd|rd|th)?[ -]grade`)
	inText    = regexp.MustCompile(`(?i)#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|oklch|oklab|lab|lch|color)\([^()\n]{1,80}\)`)
	splitter  = regexp.MustCompile(`\s*[,;\n]\s*|\s+(?:and|or)\s+`)
)

// roleKeys are the roles by a key's words, the surest first.
var roleKeys = []struct {
	role  Role
	words []string
}{
	{Primary, []string{"primary", "brand", "main"}}, {Secondary, []string{"secondary"}}, {Accent, []string{"accent", "highlight", "cta"}},
	{Background, []string{"background", "bg", "canvas"}}, {Surface, []string{"surface", "card"}},
	{Muted, []string{"muted", "subtle"}}, {Ink, []string{"text", "ink", "foreground", "fg", "body"}},
}

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

func roleOf(key string) Role {
	words := idWords(key)
	for _, r := range roleKeys {
		for _, w := range r.words {
			if slices.Contains(words, w) {
				return r.role
			}
		}
	}
	return ""
}

// walk reads an object or a list; path are the keys that lead to it.
func (r *reader) walk(n *node, path []string) {
	for i, kid := range n.kids {
		at := path
		if n.object() {
			at = append(slices.Clip(path), n.keys[i])
			if r.field(n.keys[i], kid, at) {
				continue
			}
		}
		if kid.leaf() {
			r.words(kid.text, at)
			continue
		}
		r.walk(kid, at)
	}
}

// field reads a value whose key says what it is; it reports whether the value is done with.
func (r *reader) field(key string, n *node, path []string) bool {
	k, b := plainKey(key), &r.brand
	switch {
	case avoidKey.MatchString(k):
		if colourIn(path) {
			return true // a colour that is not the brand's
		}
		r.list(n, &b.Avoid, true)
	case k == "competitors" || k == "competitor" || k == "rivals":
		r.named(n, &b.Competitors)
	case k == "people" || k == "team" || k == "founder" || k == "founders":
		r.named(n, &b.People)
	case k == "voice" || k == "tone" || k == "toneofvoice" || k == "brandvoice":
		if n.object() {
			return false
		}
		r.list(n, &b.Voice, false)
	case k == "callstoaction" || k == "cta" && n.list || k == "ctas":
		r.list(n, &b.Calls, false)
	case k == "disclaimer" || k == "disclaimers" || k == "mustsay" || k == "legal" && !n.object():
		r.list(n, &b.MustSay, false)
	case k == "readinglevel" || k == "readinggrade":
		if m := graded.FindStringSubmatch(n.text); m != nil {
			b.ReadingGrade, _ = strconv.ParseFloat(m[1]+m[2], 64)
		} else if v, err := strconv.ParseFloat(n.text, 64); err == nil && v > 0 && v <= 20 {
			b.ReadingGrade = v
		}
	case k == "imagery" || k == "photography" || k == "visualstyle":
		r.list(n, &b.Imagery, false)
	case k == "logorules" || k == "logouse" || k == "logousage":
		r.list(n, &b.LogoRules, false)
	case (k == "logo" || k == "logourl") && n.leaf() && strings.HasPrefix(n.text, "http"):
		b.Logo = add(b.Logo, n.text)
	case k == "email" || k == "emails":
		r.list(n, &b.Contact.Emails, false)
	case k == "phone" || k == "phones" || k == "telephone":
		r.list(n, &b.Contact.Phones, false)
	case k == "address" && !n.object():
		r.list(n, &b.Contact.Addresses, false)
	case (k == "website" || k == "domain") && len(path) <= 3 && !under(path, "competitor"):
		r.list(n, &b.Contact.Domains, false)
	case k == "socials" || k == "social":
		r.list(n, &b.Contact.Socials, false)
	case k == "products" || k == "product" || k == "offers":
		for _, p := range each(n) {
			if p.leaf() && p.text != "" {
				b.Products = append(b.Products, Product{Name: oneLine(p.text)})
			} else if name := p.get("name"); name != nil {
				product := Product{Name: oneLine(name.text)}
				if price := p.get("price"); price != nil {
					product.Price = oneLine(price.text)
				}
				b.Products = append(b.Products, product)
			}
		}
		r.walk(n, path)
	case k == "fonts" || k == "typography":
		for i, f := range n.kids {
			if f.leaf() && f.text != "" {
				font := Font{Family: oneLine(f.text)}
				if n.object() {
					font.Use = n.keys[i]
				}
				b.Fonts = append(b.Fonts, font)
			}
		}
	default:
		if n.leaf() && !under(path, "font") {
			return r.colour(n.text, path)
		}
		return false
	}
	return true
}

// colour takes a text that is one colour into the palette.
func (r *reader) colour(text string, path []string) bool {
	c, ok := readColour(text, colourIn(path))
	if !ok {
		return false
	}
	for _, key := range path {
		if avoidKey.MatchString(plainKey(key)) {
			return true
		}
	}
	role := Role("")
	for i := len(path) - 1; i >= 0 && role == ""; i-- {
		role = roleOf(path[i])
	}
	r.add(Colour{Hex: c.hex(), Role: role, Name: path[len(path)-1]})
	return true
}

func (r *reader) add(c Colour) {
	for i, have := range r.brand.Palette {
		if have.Hex == c.Hex {
			if have.Role == "" {
				r.brand.Palette[i].Role = c.Role
			}
			return
		}
	}
	if len(r.brand.Palette) < maxItems {
		r.brand.Palette = append(r.brand.Palette, c)
	}
}

// words reads a text that no key explains: names with a mark, rules in a fixed form, and colours.
func (r *reader) words(text string, path []string) {
	for _, name := range marked.FindAllString(text, maxItems) {
		if name = oneLine(name); len(name) <= maxItem && !slices.ContainsFunc(r.brand.Spellings, func(s Spelling) bool { return s.Right == name }) && len(r.brand.Spellings) < maxItems {
			r.brand.Spellings = append(r.brand.Spellings, Spelling{Right: name})
		}
	}
	for _, m := range sentences.FindAllStringSubmatch(text, maxItems) {
		to := &r.brand.Avoid
		if k := strings.ToLower(m[1]); k == "voice" || k == "tone" {
			to = &r.brand.Voice
		}
		r.list(&node{text: m[2]}, to, to == &r.brand.Avoid)
	}
	for _, m := range sayNot.FindAllStringSubmatch(text, maxItems) {
		r.brand.Prefer = append(r.brand.Prefer, Prefer{Use: oneLine(m[1]), Instead: []string{oneLine(m[2])}})
	}
	for _, m := range writeNot.FindAllStringSubmatch(text, maxItems) {
		right, wrong := oneLine(m[1]), oneLine(m[2])
		if i := slices.IndexFunc(r.brand.Spellings, func(s Spelling) bool { return s.Right == right }); i >= 0 {
			r.brand.Spellings[i].Wrong = add(r.brand.Spellings[i].Wrong, wrong)
		} else {
			r.brand.Spellings = append(r.brand.Spellings, Spelling{Right: right, Wrong: []string{wrong}})
		}
	}
	for _, at := range inText.FindAllStringIndex(text, maxItems) {
		start := strings.LastIndexAny(text[:at[0]], ".!?\n") + 1
		if c, ok := readColour(text[at[0]:at[1]], false); ok && !forbids.MatchString(text[start:at[0]]) {
			r.add(Colour{Hex: c.hex(), Role: roleOf(text[max(start, 0):at[0]])})
		}
	}
}

// list adds the items of a value: of a list each, of a text what commas part. Where they are words to check for, what
// is too long to be one is prose.
func (r *reader) list(n *node, to *[]string, check bool) {
	for _, item := range each(n) {
		if !item.leaf() {
			for _, kid := range item.kids { // of an object the values, of a list the items
				r.list(kid, to, check)
			}
			continue
		}
		parts := []string{item.text}
		if check {
			parts = splitter.Split(item.text, maxItems)
		}
		for _, p := range parts {
			p = strings.Trim(oneLine(p), ` "“”'.`)
			if check && len(strings.Fields(p)) > 3 {
				r.prose = append(r.prose, oneLine(item.text))
				break
			}
			if p != "" && len(*to) < maxItems {
				*to = add(*to, p)
			}
		}
	}
}

// named adds names: of texts, and of objects their "name".
func (r *reader) named(n *node, to *[]string) {
	for _, item := range each(n) {
		switch name := item.get("name"); {
		case item.leaf():
			r.list(item, to, false)
		case name != nil:
			*to = add(*to, oneLine(name.text))
		}
	}
}

func each(n *node) []*node {
	if n.list {
		return n.kids
	}
	return []*node{n}
}

func add(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func colourIn(path []string) bool {
	return slices.ContainsFunc(path, func(k string) bool { return colourKey.MatchString(plainKey(k)) })
}

func under(path []string, word string) bool {
	return slices.ContainsFunc(path, func(k string) bool { return strings.Contains(plainKey(k), word) })
}
