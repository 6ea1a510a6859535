package funnel

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A piece is a stretch of a text. The pieces of a text, joined, are the text.
type piece struct {
	kind pieceKind
	text string
}

type pieceKind int

const (
	prose   pieceKind = iota // what a reader sees
	merge                    // a merge tag: a placeholder that the funnel's system fills in
	comment                  // <!-- -->, <!doctype>, and whole style sheets and scripts
	tag                      // an HTML tag, with whatever is in it, merge tags too
	frame                    // what stands around the copy in spintax, ICU messages and Markdown links
)

// shortTag is how many bytes are looked at to tell a placeholder from prose.
const shortTag = 400

// split cuts a text into its pieces. What the patterns find is a placeholder
// too.
func split(text string, patterns ...*regexp.Regexp) []piece {
	s := newScanner(text, patterns)
	var pieces []piece
	done := 0
	for i := 0; i < len(text); {
		kind, n := prose, 0
		if strings.IndexByte("{<$*%~[&#@_|-:(}]!", text[i]) >= 0 || s.own[i] > 0 {
			kind, n = s.at(i)
		}
		if n == 0 {
			i++
			continue
		}
		if i > done {
			pieces = append(pieces, piece{prose, text[done:i]})
		}
		pieces = append(pieces, piece{kind, text[i : i+n]})
		i += n
		done = i
	}
	if done < len(text) {
		pieces = append(pieces, piece{prose, text[done:]})
	}
	return pieces
}

var (
	outlook    = regexp.MustCompile(`^(?i:<!--\[if[^\]\n]{0,200}\]>(?:<!-->|-->)?|<!--<!\[endif\]-->|<!\[endif\](?:--)?>|<!\[if[^\]\n]{0,200}\]>)`)
	wholeStart = regexp.MustCompile(`^(?i:<(style|script)[\s/>])`)
	filled     = regexp.MustCompile(`(?i)^<(span|font|var|b|strong|em|i|a|mark)\s[^>]*?(?:(?:class|id)\s*=\s*["']?(?:[^"'>]*[\s_\-])?` +
		`(?:eloqua\w*|elq\w*|merge-?(?:tag|field|code)s?|mergetag\w*|mention|notranslate|mceNonEditable|non-?editable|smart-?tag|personali[sz]ation|placeholder|variable)[\s"'_\->]` +
		`|translate\s*=\s*["']?no\b|contenteditable\s*=\s*["']?false|data-(?:merge|token|mention|variable|placeholder|personali)[\w\-]*\s*=` +
		`|data-type\s*=\s*["']?(?:mention|merge|variable|placeholder))`)
)

// element returns the kind and length of the tag, comment, style sheet or script
// at a place, and 0 where there is none. Comments for Outlook hold copy: each
// of their two ends is a piece.
func (s *scanner) element(i int) (pieceKind, int) {
	text := s.text[i:]
	if len(text) < 2 {
		return prose, 0
	}
	name := strings.TrimPrefix(text[1:], "/")
	switch {
	case strings.HasPrefix(text, "<!"):
		if n := len(outlook.FindString(text[:min(len(text), shortTag)])); n > 0 && (!strings.HasPrefix(text, "<!--[") || s.next("<![endif]", i) >= 0) {
			return comment, n
		}
		if !strings.HasPrefix(text, "<!--") {
			return comment, untilBracket(text)
		}
		if end := s.next("-->", i+2); end >= 0 {
			return comment, end + len("-->") - i
		}
		return comment, len(text)
	case text[1] == '?':
		return comment, untilBracket(text)
	case name != "" && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z'):
		n := tagLength(text)
		if at := wholeStart.FindStringSubmatch(text[:min(len(text), 16)]); at != nil {
			return comment, s.until("</"+strings.ToLower(at[1]), i, n)
		}
		if n < 2000 && strings.HasSuffix(text[:n], ">") {
			if at := filled.FindStringSubmatch(text[:n]); at != nil {
				inner := strings.IndexByte(text[n:], '<')
				end := "</" + strings.ToLower(at[1])
				if inner > 0 && len(text) >= n+inner+len(end) && strings.EqualFold(text[n+inner:n+inner+len(end)], end) {
					if n := s.until(end, i, n); s.text[i+n-1] == '>' {
						return merge, n
					}
				}
			}
		}
		return tag, n
	case len(text) > 2 && (text[1] == '#' || text[1] == '@') && text[2]|0x20 >= 'a' && text[2]|0x20 <= 'z', strings.HasPrefix(text, "</#"), strings.HasPrefix(text, "</@"):
		return merge, untilBracket(text) // <#if x> FreeMarker
	}
	return prose, 0
}

// until returns the length of the element at i, whose first tag has n bytes and
// which ends with the given tag, or with the text.
func (s *scanner) until(end string, i, n int) int {
	if s.lowered == "" {
		s.lowered = asciiLower(s.text)
	}
	at := strings.Index(s.lowered[i+n:], end)
	if at < 0 {
		return len(s.text) - i
	}
	at += i + n
	return at + untilBracket(s.text[at:]) - i
}

// asciiLower is a text in small letters, as long as it was.
func asciiLower(text string) string {
	lower := []byte(text)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}

// tagLength returns the length of the tag that a text begins with. A > in
// quotes does not end it, unless the quotes do not pair.
func tagLength(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '>':
			return i + 1
		case '<':
			return untilBracket(text)
		case '"', '\'':
			end := strings.IndexByte(text[i+1:], text[i])
			if end < 0 {
				return untilBracket(text)
			}
			i += 1 + end
		}
	}
	return untilBracket(text)
}

// untilBracket returns the length of a tag that ends at the first >, or, never
// closed, before the next < or at the end: what a browser would take for one.
func untilBracket(text string) int {
	end := strings.IndexAny(text[1:], "<>")
	switch {
	case end < 0:
		return len(text)
	case text[1+end] == '>':
		return end + 2
	default:
		return end + 1
	}
}

// written returns the pieces of the given kinds as they are written.
func written(pieces []piece, kinds ...pieceKind) []string {
	var found []string
	for _, p := range pieces {
		if slices.Contains(kinds, p.kind) {
			found = append(found, p.text)
		}
	}
	return found
}

// visible returns what a reader sees, entities decoded, with a space for each
// tag. Merge tags stay, without their white space, so that a URL that holds
// one is still a single word.
func visible(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		switch p.kind {
		case prose:
			b.WriteString(p.text)
		case frame:
			b.WriteString(strings.Repeat(" ", min(1, len(p.text))))
			if target := strings.TrimPrefix(p.text, "]("); target != p.text {
				b.WriteString(" " + strings.TrimSuffix(target, ")") + " ")
			}
		case merge:
			b.WriteString(strings.Join(strings.Fields(p.text), ""))
		default:
			b.WriteByte(' ')
		}
	}
	return html.UnescapeString(b.String())
}

// Visible returns what a reader sees of a text: without tags, comments, style
// sheets and scripts, a space for each, entities decoded, and behind it the
// values of attributes that people read. A placeholder is
// one rune, U+FFFC, which is no letter, no space and no punctuation.
func Visible(text string) string {
	pieces := split(text)
	for i := range pieces {
		if pieces[i].kind == merge {
			pieces[i].text = "\ufffc"
		}
	}
	seen := visible(pieces)
	for _, value := range values(pieces) {
		seen += " " + html.UnescapeString(value)
	}
	return seen
}

// hasWords is true where a letter, in any script, is left of a text without its
// merge tags, tags, comments, entities, URLs and e-mail addresses, or where a tag
// has words in an attribute that people read.
func hasWords(pieces []piece) bool {
	if len(values(pieces)) > 0 {
		return true
	}
	bare := slices.Clone(pieces)
	for i := range bare {
		if bare[i].kind == merge {
			bare[i].text = "\x00" // no letter, and does not end a URL
		}
	}
	text, done := visible(bare), 0
	for _, at := range linkSpans(text) {
		if strings.ContainsFunc(text[done:at.start], unicode.IsLetter) {
			return true
		}
		done = at.end
	}
	return strings.ContainsFunc(text[done:], unicode.IsLetter)
}
