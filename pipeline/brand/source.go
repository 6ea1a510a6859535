package brand

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A source is a guide's text, to look up in it what a model says that it found there.
type source struct {
	exact string          // with single spaces, and without the marks of emphasis and quotes
	lower string          // that, in small letters
	words map[string]bool // of lower
	stop  map[string]bool // words that say nothing, of English and of the guide's language
	hexes map[string]bool // the colours in it that it does not forbid
}

var (
	colourLike = regexp.MustCompile(`(?i)#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|oklch|oklab|lab|lch|color)\([^()\n]{1,80}\)`)
	refusal    = regexp.MustCompile(`(?i)\b(?:never|avoid|don['’]?t|do not|forbidden|not use|not to use|banned|no longer)\b[^.!?;\n]*$`)
)

func newSource(g Guide) *source {
	text := g.Text
	var tree any
	if json.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), &tree) == nil { // what its escapes stand for
		text += "\n" + strings.Join(textsOf(tree, nil), "\n")
	}
	s := &source{exact: folded(text), words: make(map[string]bool), stop: functionWords, hexes: make(map[string]bool)}
	s.lower = strings.ToLower(s.exact)
	for _, w := range cut(s.lower) {
		s.words[w.text] = true
	}
	if tongue := language(look(truncate(g.Text, 20_000))); tongue != "" && tongue != "en" {
		s.stop = profiles[tongue]
	}
	for _, at := range colourLike.FindAllStringIndex(text, 10*maxFound) {
		if c, ok := readColour(text[at[0]:at[1]], false); ok && !refusal.MatchString(text[max(0, at[0]-200):at[0]]) {
			s.hexes[c.hex()] = true
		}
	}
	return s
}

// textsOf are the texts and keys of a JSON value.
func textsOf(tree any, found []string) []string {
	switch v := tree.(type) {
	case string:
		return append(found, v)
	case []any:
		for _, kid := range v {
			found = textsOf(kid, found)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = textsOf(v[key], append(found, key))
		}
	}
	return found
}

// folded brings white space, apostrophes and hyphens to one kind, and drops quotes and the marks of emphasis.
func folded(text string) string {
	return oneLine(strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_`\"“”„«»", r) {
			return -1
		}
		return r
	}, plain(text)))
}

// has reports whether a phrase stands in the guide, whole words, whatever the case.
func (s *source) has(phrase string) bool {
	phrase = strings.ToLower(folded(phrase))
	words := cut(phrase)
	if len(words) > 0 && !s.words[words[0].text] && part(firstRune(phrase)) {
		return false
	}
	return stands(s.lower, phrase)
}

// hasExactly is has with the case as it is written.
func (s *source) hasExactly(phrase string) bool { return stands(s.exact, folded(phrase)) }

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// stands reports whether a phrase stands in a text, not inside of other words.
func stands(text, phrase string) bool {
	if phrase == "" {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(phrase)
	for range 10_000 { // a text of one syllable is not searched for long
		i := strings.Index(text, phrase)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		if !(part(before) && part(firstRune(phrase))) && !(part(firstRune(text[i+len(phrase):])) && part(last)) {
			return true
		}
		text = text[i+len(phrase):]
		if part(before) {
			text = string(before) + text
		}
	}
	return false
}

// plain is true for what no copy can do without: function words alone, a single letter, nothing but marks and digits.
func (s *source) plain(phrase string) bool {
	words := cut(plain(phrase))
	letters := 0
	for _, r := range phrase {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters == 0 || letters == 1 && utf8.RuneLen(firstRune(phrase)) < 3 { // one of Chinese is a word
		return true
	}
	return !slices.ContainsFunc(words, func(w word) bool { return !functionWords[w.lower] && !s.stop[w.lower] && w.lower != "&" })
}

// all are the items that will do, each once, as they are written, on one line and without quotes around them.
func (s *source) all(items []string, most int, will func(string) bool) []string {
	var found []string
	for _, item := range items {
		item = strings.TrimSpace(strings.Trim(oneLine(item), "\"“”„«»*`"))
		if len(found) == maxFound {
			break
		}
		if item == "" || len(item) > most || strings.ContainsFunc(item, unicode.IsControl) || slices.Contains(found, item) || !will(item) {
			continue
		}
		found = append(found, item)
	}
	return found
}

// names are the items that the guide writes as names.
func (s *source) names(items []string) []string {
	return s.all(items, maxPhrase, func(name string) bool {
		return s.hasExactly(name) && distinct(name) && strings.ContainsFunc(name, func(r rune) bool { return unicode.IsUpper(r) || unicode.Is(unicode.Lo, r) })
	})
}

func (s *source) contact(c Contact) Contact {
	return Contact{
		Emails: s.all(c.Emails, maxLine, func(e string) bool {
			name, host, ok := strings.Cut(e, "@")
			return ok && name != "" && bareHost.MatchString(strings.ToLower(host)) && !strings.Contains(e, " ") && s.has(e)
		}),
		Phones: s.all(c.Phones, maxPhrase, func(p string) bool { return len(digits(p)) >= 6 && s.has(p) }),
		Addresses: s.all(c.Addresses, maxLine, func(a string) bool {
			return strings.ContainsFunc(a, unicode.IsDigit) && strings.ContainsFunc(a, unicode.IsLetter) && s.has(a)
		}),
		Domains: s.all(c.Domains, maxLine, func(d string) bool {
			host, _, _ := strings.Cut(strings.ToLower(unschemed(d)), "/")
			return bareHost.MatchString(host) && s.has(d)
		}),
		Socials: s.all(c.Socials, maxLine, func(a string) bool {
			return !strings.Contains(a, " ") && !s.plain(a) && strings.ContainsAny(a, "@./") && s.has(a)
		}),
	}
}

// palette are the colours that the guide gives, in any of their spellings, or by a name of CSS.
func (s *source) palette(colours []Colour) []Colour {
	var found []Colour
	for _, c := range bounded(colours) {
		read, ok := readColour(c.Hex, true)
		if !ok || slices.ContainsFunc(found, func(f Colour) bool { return f.Hex == read.hex() }) {
			continue
		}
		if _, spelt := readColour(c.Hex, false); spelt && !s.hexes[read.hex()] || !spelt && !s.allowed(c.Hex) {
			continue
		}
		c.Hex, c.Name = read.hex(), oneLine(c.Name)
		if !knownRole(c.Role) {
			c.Role = ""
		}
		if len(c.Name) > maxPhrase || !s.has(c.Name) {
			c.Name = ""
		}
		found = append(found, c)
	}
	return found
}

// allowed reports whether a word stands in the guide and what is before it in its sentence does not forbid it.
func (s *source) allowed(w string) bool {
	w = strings.ToLower(folded(w))
	i := strings.Index(s.lower, w)
	return s.has(w) && !refusal.MatchString(s.lower[max(0, i-200):i])
}

func (s *source) speaksOf(words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.lower, w) })
}

// ordinals are the grades that a guide may spell.
var ordinals = strings.Fields("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")

// grade reports whether a guide names a school grade, as a number or a word.
func (s *source) grade(g float64) bool {
	n := strconv.FormatFloat(g, 'f', -1, 64)
	for _, form := range []string{n, n + "th", n + "st", n + "nd", n + "rd", n + "th-grade", n + "th-grader"} {
		if stands(s.lower, form) {
			return true
		}
	}
	i := int(g)
	return math.Trunc(g) == g && i >= 1 && i <= len(ordinals) && s.words[ordinals[i-1]]
}
