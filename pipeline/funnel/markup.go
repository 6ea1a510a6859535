package funnel

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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
	comment                  // <!-- -->, <!doctype>, <? ?>
	tag                      // an HTML tag, with whatever is in it, merge tags too
)

// delimited are the merge tags that have a beginning and an end. The first
// whose beginning fits counts.
var delimited = []struct{ open, end string }{
	{"{{{", "}}}"}, // {{{x}}} Handlebars
	{"{{", "}}"},   // {{x}} Liquid, Handlebars, HighLevel
	{"{%", "%}"},   // {% if x %} Liquid, Jinja
	{"{#", "#}"},   // {# x #} Jinja
	{"${", "}"},    // ${x}
	{"{", "}"},     // {x}, {x|fallback}, {!x} Salesforce
	{"<%", "%>"},   // <%= x %> ERB
	{"*|", "|*"},   // *|X|* Mailchimp
	{"%%=", "=%%"}, // %%=v(@x)=%% Marketing Cloud
	{"%%[", "]%%"}, // %%[ set @x = 1 ]%% Marketing Cloud
	{"[[", "]]"},   // [[x]]
}

// spelled are the merge tags that are told from prose by what is in them. No
// more than shortTag bytes are looked at.
var spelled = regexp.MustCompile(`^(?:%%[^\s%]+%%` + // %%x%%
	`|%[A-Za-z][\w.\-]*%` + // %NAME% ActiveCampaign
	`|%\([A-Za-z]\w*\)[sd]` + // %(name)s Python
	`|~[A-Za-z]\w*\.[\w.]+~` + // ~Contact.FirstName~ Keap
	`|\$[A-Za-z_][\w.]*\$` + // $FIRST_NAME$
	`|<\$[^\s<>]+>` + // <$name$>
	`|&lt;[A-Za-z][\w.\-]*&gt;` + // &lt;name&gt;
	`|\[[^\[\]\n]{1,200}\])`) // [NAME], [First Name], [firstname,fallback=friend], [% x %], [form id="1"]

// edged are the merge tags whose marks also stand in prose; they count only
// where no letter, digit or mark stands right before or behind them.
var edged = regexp.MustCompile(`^(?:#{1,2}[A-Za-z][\w.\-]*#{1,2}` + // #FIRST_NAME# ClickFunnels, ##NAME##
	`|@[A-Za-z]\w*@` + // @FIRSTNAME@ Dotdigital
	`|__[A-Za-z]\w*?__` + // __NAME__
	`|\|[A-Z][A-Z0-9_]*\|` + // |FNAME|
	`|-[A-Za-z]\w*-` + // -name- SendGrid
	`|:[A-Za-z]+(?:_[A-Za-z0-9]+)+)`) // :first_name

const shortTag = 400

// split cuts a text into its pieces.
func split(text string) []piece {
	var pieces []piece
	done := 0
	for i := 0; i < len(text); {
		skip := strings.IndexAny(text[i:], "{<$*%~[&#@_|-:")
		if skip < 0 {
			break
		}
		i += skip
		kind, n := special(text[i:])
		if n == 0 {
			kind, n = merge, edgedTag(text, i)
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

// special returns the kind and length of what a text begins with, and 0 where
// it is prose.
func special(text string) (pieceKind, int) {
	for _, d := range delimited {
		if !strings.HasPrefix(text, d.open) {
			continue
		}
		// A tag that begins again before it ends was never one.
		inner := text[len(d.open):]
		if again := strings.Index(inner, d.open); again >= 0 {
			inner = inner[:again]
		}
		end := strings.Index(inner, d.end)
		if end >= 0 && (d.open != "{" || !strings.Contains(inner[:end], "\n")) {
			return merge, len(d.open) + end + len(d.end)
		}
	}
	if n := len(spelled.FindString(text[:min(len(text), shortTag)])); n > 0 {
		return merge, n
	}
	if text[0] != '<' || len(text) < 2 {
		return prose, 0
	}
	name := strings.TrimPrefix(text[1:], "/")
	switch {
	case strings.HasPrefix(text, "<!--"):
		if end := strings.Index(text, "-->"); end >= 0 {
			return comment, end + len("-->")
		}
		return comment, len(text)
	case text[1] == '!' || text[1] == '?':
		return comment, untilBracket(text)
	case name != "" && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z'):
		return tag, tagLength(text)
	}
	return prose, 0
}

// edgedTag returns the length of the merge tag with edges that begins at i.
func edgedTag(text string, i int) int {
	n := len(edged.FindString(text[i:min(len(text), i+shortTag)]))
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	behind, _ := utf8.DecodeRuneInString(text[i+n:])
	part := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_#@|-:/.", r)
	}
	if n == 0 || i > 0 && part(before) || i+n < len(text) && part(behind) && behind != '.' && behind != ':' {
		return 0
	}
	return n
}

// block finds the merge tags that open, part and close a stretch of text, and
// therefore have an order.
var block = regexp.MustCompile(`(?i)^(?:\{%|\{\{\{?~?\s*(?:[#/^>]|else\b)|\{\s*(?:/|(?:if|else|elseif|foreach|for|endif|end)\b)` +
	`|<%(?:[^=]|$)|\*\|\s*/?(?:if|ifnot|else|elseif|end|hide|interested)\b|%%\[` +
	`|\[\s*(?:[%/]|(?:if|else|elseif|endif|end)\b))`)

// skeleton returns the pieces that have an order: HTML tags, comments and block
// merge tags.
func skeleton(pieces []piece) []string {
	var found []string
	for _, p := range pieces {
		if p.kind == tag || p.kind == comment || p.kind == merge && block.MatchString(p.text) {
			found = append(found, p.text)
		}
	}
	return found
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
		case merge:
			b.WriteString(strings.Join(strings.Fields(p.text), ""))
		default:
			b.WriteByte(' ')
		}
	}
	return html.UnescapeString(b.String())
}

// Visible returns what a reader sees of a text: without tags, comments, style
// sheets and scripts, a space for each, entities decoded. A placeholder is
// one rune, U+FFFC, which is no letter, no space and no punctuation.
func Visible(text string) string {
	pieces := split(text)
	for i := range pieces {
		if pieces[i].kind == merge {
			pieces[i].text = "\ufffc"
		}
	}
	return visible(pieces)
}

// hasWords is true where a letter, in any script, is left of a text without its
// merge tags, tags, comments, entities, URLs and e-mail addresses.
func hasWords(pieces []piece) bool {
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
