package funnel

import (
	"html"
	"regexp"
	"strings"
)

// attribute finds the attributes of a tag whose values are quoted.
var attribute = regexp.MustCompile(`\s([A-Za-z][\w\-:.]*)\s*=\s*(?:"([^"]*)"|'([^']*)')`)

var pressed = regexp.MustCompile(`(?i)^<input\b[^>]*\stype\s*=\s*["']?(?:submit|button|reset)\b`)

// copyValues returns where in a tag the values stand that people read: alt,
// title, placeholder, aria-label, and the value of an input that is a button.
func copyValues(tag string) []span {
	if !strings.ContainsAny(tag, `"'`) || strings.HasPrefix(tag, "</") {
		return nil
	}
	if name, _, _ := strings.Cut(tag, " "); strings.Contains(name, ":") {
		return nil // of a builder or of Outlook, with meanings of its own
	}
	var found []span
	for _, at := range attribute.FindAllStringSubmatchIndex(tag, -1) {
		switch strings.ToLower(tag[at[2]:at[3]]) {
		case "alt", "title", "placeholder", "aria-label":
		case "value":
			if !pressed.MatchString(tag) {
				continue
			}
		default:
			continue
		}
		value := span{at[4], at[5]}
		if at[4] < 0 {
			value = span{at[6], at[7]}
		}
		if words := tag[value.start:value.end]; hasWords(split(words)) && !machineValue.MatchString(words) {
			found = append(found, value)
		}
	}
	return found
}

// fixed returns of a piece what a rewrite must keep: all of it, but of a tag not
// the values that people read.
func fixed(p piece) string {
	if p.kind != tag {
		return p.text
	}
	var b strings.Builder
	done := 0
	for _, at := range copyValues(p.text) {
		b.WriteString(p.text[done:at.start])
		b.WriteString("…")
		done = at.end
	}
	return b.String() + p.text[done:]
}

// fixedTags returns what must be kept of the tags of a text.
func fixedTags(pieces []piece) []string {
	var found []string
	for _, p := range pieces {
		if p.kind == tag {
			found = append(found, fixed(p))
		}
	}
	return found
}

// values returns the values that people read in the tags of a text, in order.
func values(pieces []piece) []string {
	var found []string
	for _, p := range pieces {
		if p.kind == tag {
			for _, at := range copyValues(p.text) {
				found = append(found, p.text[at.start:at.end])
			}
		}
	}
	return found
}

// attributes holds each value that people read in a tag to the rules of a text.
func (c *comparison) attributes(r Rules) {
	was, now := values(c.wasPieces), values(c.nowPieces)
	if len(was) != len(now) {
		return
	}
	for i := range was {
		if was[i] == now[i] {
			continue
		}
		for _, f := range r.Check(html.UnescapeString(was[i]), html.UnescapeString(now[i])) {
			c.add(f.Rule, "in the attribute %q: %s", now[i], f.Message)
		}
		if strings.ContainsAny(now[i], "<>") && !strings.ContainsAny(was[i], "<>") {
			c.add("structure.markup", "write no < or > in the attribute %q", now[i])
		}
	}
}

// outlook notes a comment for Outlook that says something else than the button
// beside it, where the two said the same.
func (c *comparison) outlook() {
	was, now := asides(c.wasPieces), asides(c.nowPieces)
	if len(was) != len(now) {
		return
	}
	rest := func(pieces []piece) string { return joined(pieces, false) }
	wasRest, nowRest := rest(c.wasPieces), rest(c.nowPieces)
	for i, words := range was {
		if words != "" && strings.Contains(wasRest, words) && !strings.Contains(nowRest, now[i]) {
			c.add("structure.outlook", "write the same words inside of the comment for Outlook and outside of it: %s", list([]string{now[i]}))
		}
	}
}

// asides returns the wording of each of a text's comments for Outlook.
func asides(pieces []piece) []string {
	var found []string
	for i, p := range pieces {
		if opensAside(p) {
			end := i + 1
			for end < len(pieces) && !closesAside(pieces[end]) {
				end++
			}
			found = append(found, strings.Join(strings.Fields(visible(pieces[i+1:end])), " "))
		}
	}
	return found
}

// joined returns the wording inside or outside of a text's comments for Outlook.
func joined(pieces []piece, inside bool) string {
	var chosen []piece
	in := false
	for _, p := range pieces {
		if opensAside(p) {
			in = true
		} else if closesAside(p) {
			in = false
		}
		if in == inside {
			chosen = append(chosen, p)
		}
	}
	return strings.Join(strings.Fields(visible(chosen)), " ")
}

func opensAside(p piece) bool {
	return p.kind == comment && len(p.text) < shortTag && strings.HasPrefix(p.text, "<!--[") && !strings.HasSuffix(p.text, "-->")
}

func closesAside(p piece) bool {
	return p.kind == comment && strings.HasPrefix(asciiLower(p.text), "<![endif]")
}

var blankLine = regexp.MustCompile(`\n[\t \r]*\n\s*`)

// paragraphs notes paragraphs of plain text that were lost or added.
func (c *comparison) paragraphs() {
	if len(written(c.wasPieces, tag)) > 0 {
		return
	}
	was, now := len(blankLine.FindAllStringIndex(c.was, -1))+1, len(blankLine.FindAllStringIndex(c.now, -1))+1
	if was != now && strings.Contains(c.was, "\n") {
		c.add("structure.paragraphs", "keep the %d paragraphs, with a blank line between each two: there are %d", was, now)
	}
}

// brackets notes brackets that were lost, added or no longer pair.
func (c *comparison) brackets() {
	was, now := strings.Join(written(c.wasPieces, prose), "\x00"), strings.Join(written(c.nowPieces, prose), "\x00")
	for _, part := range []string{"{", "}", "<%", "%>", "*|", "|*", "%%", "[[", "]]", "((", "))", "-->"} {
		switch before, after := strings.Count(was, part), strings.Count(now, part); {
		case after > before:
			c.add("structure.placeholder", "write no part of a merge tag or a comment (%s) on its own", part)
			return
		case after < before && part != "-->" && part != "((" && part != "))":
			c.add("structure.placeholder", "keep every %s of the original", part)
			return
		}
	}
	for _, pair := range [][2]string{{"[", "]"}, {"(", ")"}} {
		lean := func(text string) int {
			return strings.Count(text, pair[0]) - strings.Count(text, pair[1])
		}
		if pair[0] == "(" && smiley.MatchString(was+now) || was == now {
			continue
		}
		if lean(was) != lean(now) {
			c.add("structure.placeholder", "close every %s with a %s, and open every %s", pair[0], pair[1], pair[1])
			return
		}
	}
	if strings.Count(now, "[") > strings.Count(was, "[") {
		c.add("structure.placeholder", "add no words in square brackets")
	}
}

// smiley is where a round bracket stands alone: in a face, behind a list's
// number.
var smiley = regexp.MustCompile(`[:;=8][-'^]?[()]|\b[\pL\pN]{1,2}\)`)
