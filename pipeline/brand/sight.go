package brand

import (
	"html"
	"iter"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// A sight is a text as its reader sees it, and the words of that: what every rule looks at, made once.
type sight struct {
	// text has no tags or placeholders, entities decoded, one kind of space, apostrophe and hyphen, and no characters
	// that cannot be seen. What attributes show (alt, title, placeholder…) stands behind it, a line each.
	text  string
	words []word
	links []string // the addresses in it and in its attributes, as they are written
	glued *sight   // what it is where tags inside of words are no gaps; nil where there are none
}

// A word is one of a sight: letters and digits with the apostrophes between them, or a lone &.
type word struct {
	text  string
	lower string
	base  string // lower, without a possessive ending
	start int    // where it stands in the sight's text, in bytes
	end   int
	opens bool // it begins a sentence, a line, or what stands in quotes or behind a colon
	stop  bool // a sentence ended right before it
	link  bool // it is part of an address
	own   bool // it is part of one of the client's names
}

var (
	// shown finds the attributes that people read.
	shown = regexp.MustCompile(`(?is)\s(?:alt|title|placeholder|aria-label|value)\s*=\s*(?:"([^"]*)"|'([^']*)')`)
	// inside finds tags that stand in the middle of a word, which a browser shows as one.
	inside = regexp.MustCompile(`(?i)(\pL)(?:</?(?:a|b|i|u|s|em|strong|span|font|mark|small|big|sub|sup|ins|wbr|code|abbr)(?:\s[^<>]*)?/?>)+(\pL)`)
	// plainer brings what is written in several ways to one.
	plainer = strings.NewReplacer("’", "'", "‘", "'", "ʼ", "'", "`", "'", "´", "'", "‐", "-", "‑", "-", "‒", "-", "–", "-", "—", "-", "−", "-",
		"＆", "&", "\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "ﬁ", "fi", "ﬂ", "fl")
)

// look reads a text.
func look(raw string) *sight {
	s := &sight{text: plain(funnel.Visible(raw))}
	for _, m := range shown.FindAllStringSubmatch(raw, -1) {
		s.text += "\n" + plain(html.UnescapeString(m[1]+m[2]))
	}
	s.links = funnel.Links(raw)
	s.words = cut(s.text)
	markLinks(s)
	if one := glue(raw); one != raw && glue(one) == one {
		s.glued = look(one)
	}
	return s
}

// glue drops the tags that stand in the middle of a word.
func glue(raw string) string {
	for range 8 { // a tag that follows on another is only found when that is gone
		one := inside.ReplaceAllString(raw, "$1$2")
		if one == raw {
			break
		}
		raw = one
	}
	return raw
}

// all gives the text in each way that it may be read.
func (s *sight) all() iter.Seq[*sight] {
	return func(yield func(*sight) bool) {
		for ; s != nil && yield(s); s = s.glued {
		}
	}
}

// plain brings spaces, apostrophes and hyphens to one kind each and drops what cannot be seen.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return '\n'
		case r >= '！' && r <= '～': // full-width
			return r - '！' + '!'
		case unicode.IsSpace(r):
			return ' '
		case r == '\u00ad' || unicode.Is(unicode.Cf, r) && r != '\u200d', r == '\u2060', r == '\ufeff':
			return -1
		}
		return r
	}, plainer.Replace(text))
}

// cut returns the words of a text.
func cut(text string) []word {
	var words []word
	opens, stop := true, false
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !part(r) {
			switch {
			case r == '&' && i > 0 && i+1 < len(text):
				words = append(words, word{text: "&", lower: "&", base: "&", start: i, end: i + 1})
				opens, stop = false, false
			case strings.ContainsRune(".!?…。！？", r):
				opens, stop = true, true
			case strings.ContainsRune("\n:\"“„«»(|•·*✓✔→", r):
				opens = true
			case r == '-' && i > 0 && text[i-1] == ' ':
				opens = true
			}
			i += n
			continue
		}
		start := i
		for i < len(text) {
			r, n := utf8.DecodeRuneInString(text[i:])
			next, _ := utf8.DecodeRuneInString(text[min(len(text), i+n):])
			if !part(r) && !(r == '\'' && i > start && part(next)) {
				break
			}
			i += n
		}
		lower := strings.ToLower(text[start:i])
		words = append(words, word{text: text[start:i], lower: lower, base: strings.TrimSuffix(lower, "'s"), start: start, end: i, opens: opens, stop: stop})
		opens, stop = false, false
	}
	return words
}

// part is true for what words are made of.
func part(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// markLinks marks the words that are part of an address.
func markLinks(s *sight) {
	at, w := 0, 0
	for _, link := range s.links {
		link = plain(link)
		i := strings.Index(s.text[at:], link)
		if i < 0 { // it is an attribute's, which nobody sees
			continue
		}
		start := at + i
		at = start + len(link)
		for ; w < len(s.words) && s.words[w].start < at; w++ {
			s.words[w].link = s.words[w].start >= start
		}
	}
}

// capital is true for a word that begins with one.
func (w word) capital() bool {
	r, _ := utf8.DecodeRuneInString(w.text)
	return unicode.IsUpper(r) || unicode.IsTitle(r)
}

// squeeze returns the letters and digits of a text in lower case: "Harbor & Pine" and #HarborPine are both harborpine.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if !part(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text)
}

// titled is true where most words of a weight begin with a capital, so that one says nothing.
func (s *sight) titled() bool {
	capitals, all := 0, 0
	for _, w := range s.words {
		if len(w.lower) > 3 {
			all++
			if w.capital() {
				capitals++
			}
		}
	}
	return all > 2 && capitals*10 >= all*6
}
