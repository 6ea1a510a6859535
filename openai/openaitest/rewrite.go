package openaitest

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// marker ends every simulated rewrite.
const marker = "(simulated)"

// Voice is whose words the simulated rewrite uses. Both names may be empty.
type Voice struct {
	Brand  string // the brand that the copy is rewritten for
	Former string // the brand that it was written for, replaced by Brand where it stands
	// Others are further names of the former owner's, the longest first, replaced likewise.
	Others []string
}

// Rewrite returns the text in the brand's voice, as far as rules can: other words, the brand's name, and a
// marker, so that nobody takes it for a model's work. The element's id says what kind of text it is.
//
// Only plain words are touched. Tags, comments, entities, addresses, merge tags, placeholders, numbers and
// all other characters come back as they were and in their order, and none is added. A text without a plain
// word comes back unchanged. The result has at most 1.6 times the text's characters and 40.
func (v Voice) Rewrite(id, text string) string {
	if strings.Contains(text, marker) {
		return text
	}
	room := utf8.RuneCountInString(text)*8/5 + 40
	spoken := spokenName(v.Brand)
	for _, try := range []struct {
		brand, marker string
		swap          bool
	}{{spoken, " " + marker, true}, {"", " " + marker, true}, {"", " " + marker, false}, {"", "", true}} {
		c := parse(text)
		if !c.speaks() {
			return text
		}
		named := false
		if spoken != "" {
			for _, former := range append([]string{v.Former}, v.Others...) {
				named = c.rename(spokenWords(former), spoken) > 0 || named
			}
		}
		if try.brand != "" {
			if isName(id) && c.onlyWords() {
				c.pieces, named = []piece{{verbatim, try.brand}}, true
			}
		}
		if try.swap {
			c.swap()
		}
		if try.brand != "" && !named {
			c.name(id, try.brand)
		}
		c.append(try.marker)
		if result := c.String(); utf8.RuneCountInString(result) <= room && fits(id, text, result) {
			return result
		}
	}
	return text
}

// fits says whether a text is as short as its place asks for, or no longer than the one before.
func fits(id, was, now string) bool {
	most := 0
	switch {
	case strings.Contains(id, "button"), strings.HasSuffix(id, "cta_text"):
		return len(strings.Fields(now)) <= max(5, len(strings.Fields(was)))
	case strings.HasSuffix(id, "meta_title"), strings.HasSuffix(id, "subject"):
		most = 60
	case strings.HasSuffix(id, "meta_description"):
		most = 160
	default:
		return true
	}
	return utf8.RuneCountInString(now) <= max(most, utf8.RuneCountInString(was))
}

// isName says whether an element of this id holds the brand's name and nothing else.
func isName(id string) bool {
	return strings.HasSuffix(id, "brand_name") || strings.HasSuffix(id, "company_name") || strings.HasSuffix(id, "meta_author")
}

func spokenWords(brand string) []string {
	words := strings.Fields(brand)
	for _, w := range words {
		if !plainWord.MatchString(w) {
			return nil
		}
	}
	return words
}

// kind is what one piece of a text is.
type kind int

const (
	space    kind = iota
	tag           // of HTML: it is not seen, and what stands beside it is not part of it
	verbatim      // kept as it is
	word          // a plain word, with the punctuation around it
)

type piece struct {
	kind kind
	text string
}

// cutText is a text cut into pieces, which joined are the text again.
type cutText struct {
	pieces  []piece
	english bool // as far as can be told
}

func (c *cutText) String() string {
	var b strings.Builder
	for _, p := range c.pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

// plainWord is a word of letters, perhaps with an apostrophe or a hyphen inside and punctuation around it.
var plainWord = regexp.MustCompile(`^(["'“‘(]*)(\p{L}[\p{L}\p{M}]*(?:['’-][\p{L}\p{M}]+)*)([.,!?;:)"'”’…]*)$`)

// parse cuts a text into pieces. A word that touches anything but space and tags is fixed: it may be part of
// an address that a merge tag continues.
func parse(text string) *cutText {
	c := &cutText{}
	for rest := text; rest != ""; {
		kind, n := span(rest)
		if n == 0 {
			kind, n = run(rest)
		}
		c.pieces = append(c.pieces, piece{kind, rest[:n]})
		rest = rest[n:]
	}
	for i, p := range c.pieces {
		if p.kind == word && (!plainWord.MatchString(p.text) || c.kindAt(i-1) >= verbatim || c.kindAt(i+1) >= verbatim) {
			c.pieces[i].kind = verbatim
		}
	}
	c.english = c.isEnglish()
	return c
}

func (c *cutText) kindAt(i int) kind {
	if i < 0 || i >= len(c.pieces) {
		return space
	}
	return c.pieces[i].kind
}

// run is the white space, or the word up to the next space or span, that the text begins with.
func run(text string) (kind, int) {
	first, _ := utf8.DecodeRuneInString(text)
	blank := unicode.IsSpace(first)
	for i, r := range text {
		if unicode.IsSpace(r) != blank {
			return ifSpace(blank), i
		}
		if i == 0 || blank {
			continue
		}
		if _, n := span(text[i:]); n > 0 {
			return word, i
		}
	}
	return ifSpace(blank), len(text)
}

func ifSpace(blank bool) kind {
	if blank {
		return space
	}
	return word
}

var (
	percentTag = regexp.MustCompile(`^%[A-Za-z_][\w .-]{0,60}%`) // %NAME%, %first name%
	rawStart   = regexp.MustCompile(`^<(?i:(script)|style)[\s/>]`)
	scriptEnd  = regexp.MustCompile(`(?i)</script\s*>`)
	styleEnd   = regexp.MustCompile(`(?i)</style\s*>`)
)

// span is the markup, merge tag or placeholder that the text begins with; its length is 0 when there is none.
func span(text string) (kind, int) {
	switch text[0] {
	case '<':
		return tag, markup(text)
	case '{':
		return verbatim, braces(text)
	case '[':
		if strings.HasPrefix(text, "[[") {
			return verbatim, through(text, 2, "]]")
		}
		return verbatim, through(text, 1, "]")
	case '%':
		if strings.HasPrefix(text, "%%") {
			return verbatim, through(text, 2, "%%")
		}
		return verbatim, len(percentTag.FindString(text))
	case '*':
		if strings.HasPrefix(text, "*|") {
			return verbatim, through(text, 2, "|*")
		}
	}
	return verbatim, 0
}

// through is the length of text to the end of the first such end after its first bytes, 0 without one.
func through(text string, first int, end string) int {
	if i := strings.Index(text[first:], end); i >= 0 {
		return first + i + len(end)
	}
	return 0
}

// markup is the length of the comment, the tag, or the script with its content that the text begins with. One
// that is not closed reaches to the end, as it does for a browser.
func markup(text string) int {
	if strings.HasPrefix(text, "<!--") {
		return orAll(through(text, 4, "-->"), text)
	}
	if strings.HasPrefix(text, "<%") {
		return orAll(through(text, 2, "%>"), text)
	}
	if m := rawStart.FindStringSubmatch(text); m != nil {
		end := styleEnd
		if m[1] != "" {
			end = scriptEnd
		}
		if at := end.FindStringIndex(text); at != nil {
			return at[1]
		}
		return len(text)
	}
	if len(text) < 2 || !strings.ContainsRune("/!?", rune(text[1])) && !isASCIILetter(text[1]) {
		return 0
	}
	var quote byte
	for i := 1; i < len(text); i++ {
		switch {
		case quote != 0:
			if text[i] == quote {
				quote = 0
			}
		case text[i] == '>':
			return i + 1
		case (text[i] == '"' || text[i] == '\'') && text[i-1] == '=':
			quote = text[i]
		}
	}
	return orAll(through(text, 1, ">"), text)
}

func orAll(n int, text string) int {
	if n == 0 {
		return len(text)
	}
	return n
}

func isASCIILetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// maxBraces is the longest that a merge tag may be, in bytes.
const maxBraces = 4096

// braces is the length of the braces, and braces in braces, that the text begins with. A brace in a quoted
// string does not count, unless that leaves them open.
func braces(text string) int {
	text = text[:min(len(text), maxBraces)]
	for _, quotes := range []bool{true, false} {
		depth := 0
		for i := 0; i < len(text); i++ {
			switch text[i] {
			case '{':
				depth++
			case '}':
				if depth--; depth == 0 {
					return i + 1
				}
			case '"':
				if quotes {
					i += max(strings.IndexByte(text[i+1:], '"')+1, 0)
				}
			}
		}
	}
	return 0
}
