package funnel

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Rules are what a rewrite is held to. The zero Rules are what every text is
// held to.
type Rules struct {
	// Placeholders find further stretches that must stay to the letter, beside
	// those that the grammar of placeholders finds by itself.
	Placeholders []*regexp.Regexp
	// NewFact is true where a fact may stand in another one's place: the price
	// of the product that replaces the former one. One of the two is zero where
	// a fact was dropped or added. Nil allows none.
	NewFact func(was, now Fact) bool
}

// Check returns nil when a rewrite keeps every rule of the zero Rules.
// Otherwise the error is one sentence that names everything that broke and what
// to do about it, in words that a model can act on.
func Check(original, rewrite string) error {
	findings := Rules{}.Check(original, rewrite)
	if len(findings) == 0 {
		return nil
	}
	messages := make([]string, len(findings))
	for i, f := range findings {
		messages[i] = f.Message
	}
	return errors.New("the rewrite cannot be used: " + strings.Join(messages, "; "))
}

// Check returns what is wrong with a rewrite, nil where it can stand in its
// original's place. Each finding is an Error, and its message one clause
// without a full stop.
//
// A rewrite must keep, as they are written, the original's merge tags, HTML
// tags, comments, URLs, domains and e-mail addresses, and add none. HTML tags,
// comments and merge tags that open or close a block keep their order, and text
// that was inside tags stays inside. It must have
// words, be valid UTF-8 of a sensible length, and bring in no control or
// invisible characters, no markup of another kind (Markdown, entities, escape
// sequences, JSON) and no second line where there was one. Facts stay: see
// Facts.
//
// White space at the edges is not looked at: see Fit. An original that breaks a
// rule itself may be kept as it is.
func (r Rules) Check(original, rewrite string) []Finding {
	if !utf8.ValidString(rewrite) {
		return []Finding{{"structure.characters", Error, "it is not valid UTF-8: write it again in plain Unicode"}}
	}
	edges := len(original)
	original, rewrite = strings.TrimSpace(original), strings.TrimSpace(rewrite)
	edges -= len(original)
	if blank(rewrite) {
		return []Finding{{"structure.empty", Error, "it is empty: write a text"}}
	}
	if rewrite == original {
		return nil
	}
	if (json.Valid([]byte(rewrite)) && strings.ContainsAny(rewrite[:1], "{[") && !json.Valid([]byte(original))) ||
		(echo.MatchString(rewrite) && !echo.MatchString(original)) {
		return []Finding{{"structure.json", Error, "it is JSON: give the text alone, without the object around it"}}
	}
	c := comparison{was: original, now: rewrite, wasPieces: split(original, r.Placeholders...), nowPieces: split(rewrite, r.Placeholders...)}
	c.relabel()
	c.kept("structure.placeholder", "merge tag", written(c.wasPieces, merge), written(c.nowPieces, merge))
	c.kept("structure.tag", "HTML tag", fixedTags(c.wasPieces), fixedTags(c.nowPieces))
	c.kept("structure.placeholder", "braces, bars and brackets", written(c.wasPieces, frame), written(c.nowPieces, frame))
	c.kept("structure.tag", "comment", written(c.wasPieces, comment), written(c.nowPieces, comment))
	c.kept("structure.link", "address", links(visible(c.wasPieces)), links(visible(c.nowPieces)))
	c.order()
	c.places()
	c.rows()
	c.blocks()
	c.nesting()
	c.attributes(r)
	c.outlook()
	c.paragraphs()
	c.brackets()
	c.characters()
	c.joinedEmoji()
	c.mixed()
	c.markup()
	c.facts(r)
	c.size(MaxText - edges)
	return c.findings
}

// Fit returns a rewrite with the white space at its edges that the original has
// at its own, which a model seldom keeps and which may hold words apart in the
// page.
func Fit(original, rewrite string) string {
	text := strings.TrimSpace(original)
	if text == "" {
		return original
	}
	before, after, _ := strings.Cut(original, text)
	return before + strings.TrimSpace(rewrite) + after
}

// A comparison gathers what a rewrite breaks of its original.
type comparison struct {
	was, now             string
	wasPieces, nowPieces []piece
	findings             []Finding
}

// label is a word in square brackets that may be copy: [NEW], [Fresh].
var label = regexp.MustCompile(`^\[[A-Z][A-Za-z]+\]$`)

// relabel takes a word in square brackets for copy where it stands in the place
// of bracketed words that are copy.
func (c *comparison) relabel() {
	count := func(pieces []piece) int { return strings.Count(strings.Join(written(pieces, prose), " "), "[") }
	room := count(c.wasPieces) - count(c.nowPieces)
	if room <= 0 {
		return
	}
	held := written(c.wasPieces, merge)
	for i, p := range c.nowPieces {
		if room > 0 && p.kind == merge && label.MatchString(p.text) && !slices.Contains(held, p.text) && !ofFields(p.text) {
			c.nowPieces[i].kind = prose
			room--
		}
	}
}

// add notes a problem.
func (c *comparison) add(rule, format string, args ...any) {
	c.findings = append(c.findings, Finding{rule, Error, fmt.Sprintf(format, args...)})
}

// kept notes what of the original is not in the rewrite, and the other way
// round. Here order is free; number and spelling are not.
func (c *comparison) kept(rule, what string, was, now []string) {
	if lost := without(was, now); len(lost) > 0 {
		c.add(rule, "keep the %s %s exactly as written", what, list(lost))
	}
	if added := without(now, was); len(added) > 0 {
		c.add(rule, "do not add the %s %s", what, list(added))
	}
}

// order notes tags that changed places: a link that leads where another one
// did, a block that ends before it begins.
func (c *comparison) order() {
	was, now := skeleton(c.wasPieces), skeleton(c.nowPieces)
	if len(was) == len(now) && !slices.Equal(was, now) && len(without(was, now)) == 0 {
		c.add("structure.order", "keep the tags in their order: %s", list(was))
	}
}

// skeleton returns the pieces that have an order: HTML tags, comments, frames
// and the placeholders that open, part or close a block.
func skeleton(pieces []piece) []string {
	does, _ := outline(pieces)
	var found []string
	for i, p := range pieces {
		if p.kind == tag || p.kind == comment || p.kind == frame || does[i] != output {
			found = append(found, fixed(p))
		}
	}
	return found
}

// nesting notes tags that stand in another place.
func (c *comparison) nesting() {
	was, now := nest(c.wasPieces), nest(c.nowPieces)
	switch {
	case !was.balanced:
	case !now.balanced:
		c.add("structure.nesting", "put the HTML tags in an order in which each is closed inside the one around it")
	case now.outside && !was.outside:
		c.add("structure.nesting", "keep all of the text inside the HTML tags")
	}
	if now.empty > was.empty {
		c.add("structure.nesting", "leave no HTML element without text that had some")
	}
}

// characters notes characters that do harm and cannot be seen.
func (c *comparison) characters() {
	was, now := html.UnescapeString(c.was), html.UnescapeString(c.now)
	count := make(map[rune]int)
	for _, r := range was {
		count[r]++
	}
	plain := len(written(c.wasPieces, tag)) == 0
	lines := !plain || strings.Contains(c.was, "\n")
	if !lines && strings.Contains(c.now, "\n") {
		c.add("structure.paragraphs", "keep it on one line")
	}
	var found []string
	runes := []rune(now)
	for i, r := range runes {
		switch {
		case r == '\n', r == '\r' && lines, r == '\t' && !plain:
			continue
		case !unicode.IsControl(r) && !unicode.Is(unicode.Co, r) && !invisible(r) &&
			r != utf8.RuneError && r != '\u2028' && r != '\u2029':
			continue
		case joins(runes, i):
			continue
		}
		if count[r]--; count[r] < 0 {
			found = append(found, fmt.Sprintf("%U", r))
		}
	}
	if len(found) > 0 {
		c.add("structure.characters", "leave out the invisible or broken character %s", list(found))
	}
}

// joins is true for a joiner or variation selector where scripts and emoji need
// one: behind, and a joiner also before, a letter that is not Latin or a symbol.
func joins(runes []rune, i int) bool {
	wide := func(i int) bool {
		return i >= 0 && i < len(runes) && runes[i] > unicode.MaxLatin1 &&
			(unicode.In(runes[i], unicode.M, unicode.S) || unicode.IsLetter(runes[i]) && !unicode.Is(unicode.Latin, runes[i]))
	}
	switch runes[i] {
	case '\u200c', '\u200d':
		return wide(i-1) && wide(i+1)
	case '\ufe0e', '\ufe0f':
		return i > 0 && (wide(i-1) || strings.ContainsRune("#*0123456789©®", runes[i-1]))
	}
	return false
}

var (
	echo    = regexp.MustCompile(`^[\[{]\s*(?:\{\s*)?"`)
	entity  = regexp.MustCompile(`&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)
	handler = regexp.MustCompile(`(?i)(?:^|[\s"'/])on[a-z]{3,}\s*=`)
	script  = regexp.MustCompile(`(?i)(?:java|vb)script:\S`)
	escape  = regexp.MustCompile(`\\(?:[nrt"]|u[0-9a-fA-F]{4})`)
	heading = regexp.MustCompile(`(?m)^\s{0,3}#{1,6}(?:\s|$)`)
	strong  = regexp.MustCompile(`\*\*|__[^_\s][^_]*__`)
	anchor  = regexp.MustCompile(`\]\(`)
)

// markup notes markup that the original has not: the page would show it, or
// run it.
func (c *comparison) markup() {
	was, now := strings.Join(written(c.wasPieces, prose), " "), strings.Join(written(c.nowPieces, prose), " ")
	more := func(pattern *regexp.Regexp) bool {
		return len(pattern.FindAllStringIndex(now, -1)) > len(pattern.FindAllStringIndex(was, -1))
	}
	plain := len(written(c.wasPieces, tag)) == 0
	if plain && entity.MatchString(now) && !entity.MatchString(was) {
		c.add("structure.markup", "write characters as they are, without HTML entities like %s", list(entity.FindAllString(now, 1)))
	}
	if more(handler) || more(script) {
		c.add("structure.markup", "add no scripts or event handlers")
	}
	if more(escape) {
		c.add("structure.markup", `add no escape sequences like \n or \"`)
	}
	if more(strong) || more(heading) || more(anchor) ||
		strings.Contains(now, "```") && !strings.Contains(was, "```") ||
		strings.HasPrefix(c.now, "#") && !strings.HasPrefix(c.was, "#") {
		c.add("structure.markup", "add no Markdown (**, #, ```, links)")
	}
	if html := !plain || entity.MatchString(was); strings.Count(now, "<") > strings.Count(was, "<") && (html || strings.HasSuffix(now, "<")) {
		c.add("structure.markup", "write no < on its own")
	}
	if quoted(c.now) && !quoted(c.was) {
		c.add("structure.markup", "put no quotation marks around it")
	}
}

// quoted is true where one pair of quotation marks stands around all of a text.
func quoted(text string) bool {
	for _, pair := range [][2]string{{`"`, `"`}, {"“", "”"}, {"`", "`"}, {"'", "'"}, {"«", "»"}, {"„", "“"}} {
		inner, open := strings.CutPrefix(text, pair[0])
		inner, closed := strings.CutSuffix(inner, pair[1])
		if open && closed && !strings.Contains(inner, pair[0]) && !strings.Contains(inner, pair[1]) {
			return true
		}
	}
	return false
}

// size notes a rewrite that is too long, in characters or for room in bytes, or
// that says nothing.
func (c *comparison) size(room int) {
	was, now := utf8.RuneCountInString(c.was), utf8.RuneCountInString(c.now)
	if most := max(3*was, was+120); now > most {
		c.add("structure.length", "shorten it from %d to at most %d characters", now, most)
	} else if len(c.now) > room {
		c.add("structure.length", "shorten it from %d to at most %d bytes", len(c.now), room)
	}
	if hasWords(c.wasPieces) && !hasWords(c.nowPieces) {
		c.add("structure.empty", "write words, not only tags and addresses")
	}
}

// without returns what is in a beyond what is in b, counting repetitions.
func without(a, b []string) []string {
	count := make(map[string]int)
	for _, s := range b {
		count[s]++
	}
	var rest []string
	for _, s := range a {
		if count[s]--; count[s] < 0 {
			rest = append(rest, s)
		}
	}
	return rest
}

// list names a few things, shortened, for a sentence.
func list(things []string) string {
	const most, longest = 8, 120
	var named []string
	for i, s := range things {
		if i == most {
			return fmt.Sprintf("%s and %d more", strings.Join(named, ", "), len(things)-most)
		}
		if utf8.RuneCountInString(s) > longest {
			s = string([]rune(s)[:longest]) + "…"
		}
		named = append(named, s)
	}
	return strings.Join(named, ", ")
}

// blocks notes what left the block, alternative or branch that it stood in.
func (c *comparison) blocks() {
	was, now := rooms(c.wasPieces), rooms(c.nowPieces)
	if len(was) < 2 || len(was) != len(now) {
		return
	}
	outside := func(all []room) bool {
		for _, r := range all {
			if !r.inside && r.full {
				return true
			}
		}
		return false
	}
	if outside(was) && !outside(now) {
		c.add("structure.nesting", "keep outside of the blocks and alternatives the text that stands there")
	}
	if outside(now) && !outside(was) {
		c.add("structure.nesting", "keep all of the text inside the blocks and alternatives that it stands in")
	}
	for i := range was {
		switch {
		case !was[i].inside || !now[i].inside:
		case was[i].full && !now[i].full:
			c.add("structure.nesting", "leave no block, alternative or branch without text that had some")
			return
		case !was[i].full && now[i].full:
			c.add("structure.nesting", "leave a block, alternative or branch empty that was empty")
			return
		case len(without(was[i].tags, now[i].tags)) > 0:
			c.add("structure.nesting", "keep the merge tag %s in the block or alternative that it stands in", list(without(was[i].tags, now[i].tags)))
			return
		}
	}
}
