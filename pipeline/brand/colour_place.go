package brand

import (
	"slices"
	"strings"
)

// A place is what a colour is on its page.
type place int

const (
	filling   place = iota // of shapes: brand, accent, buttons, and what an id says nothing of
	ground                 // that text stands on
	lettering              // text
	line                   // borders, shadows, icons: neither text nor under text
)

// The words of ids. Of those that name a part outright the last one says it, as in any English compound: a
// text_background is a background.
var (
	letterWords = set(`text texts font ink foreground fg link links heading headings headline headlines title titles subtitle subtitles subheading
		subheadline h1 h2 h3 h4 h5 h6 paragraph paragraphs caption copy label placeholder`)
	underWords = set("bg background backgrounds backdrop canvas surface surfaces overlay")
	lineWords  = set("border borders divider dividers outline stroke line lines shadow shadows ring icon icons underline")
	fillWords  = set("fill brand main primary secondary tertiary accent accents highlight badge")
	largeWords = set("heading headings headline headlines title titles h1 h2 h3") // text of 18 pt and more
	linkWords  = set("link links")
	quietWords = set("secondary tertiary muted subtle caption placeholder label quiet")
	places     = set(`hero section card cards panel footer header nav navbar banner modal popup form sidebar quote testimonial testimonials
		pricing callout alert faq box highlight table`)
	signals   = set("error errors danger warning success invalid valid")
	stateful  = set("hover active focus visited pressed disabled color colour colors colours bg background fill")
	surfacing = set("alt secondary section card cards panel surface surfaces highlight box callout form table")
)

// wording is what an element's id says of its colour.
type wording struct {
	part   place
	button bool     // a button, or the text on one
	large  bool     // text that is large by WCAG
	link   bool     // text that is a link
	quiet  bool     // text that stands back
	signal bool     // says success or failure, which is nobody's brand
	places []string // where on the page it is: hero, card
	over   []string // what the id says that it stands on: text_on_brand
	own    []string // the words that tell it from others of its kind
	anchor bool     // the brand's own colours, which others on the page may repeat
	rank   int      // of the brand's colours: 1, 2, 3; 0 where the id does not say
}

// nameOf reads the id of an element and the field of it that holds the colour.
func nameOf(id, field string) wording {
	switch field {
	case "", "text": // the element is a colour
	case "color", "colour", "style.color": // of CSS: that of the element's text
		id += " text"
	default:
		id += " " + field
	}
	words := idWords(id)
	for i, w := range words { // brand2 is brand 2
		if bare := strings.TrimRight(w, "0123456789"); bare != w && (fillWords[bare] || underWords[bare] || bare == "button" || bare == "text") {
			words = slices.Insert(slices.Clone(words), i+1, w[len(bare):])
			words[i] = bare
			break
		}
	}
	var n wording
	said, placed := false, false
	for i, w := range words {
		if w == "on" && i+1 < len(words) { // text_on_brand is a text, and so is on_primary
			n.over = words[i+1:]
			n.part, said = lettering, true
			break
		}
		switch {
		case letterWords[w]:
			n.part, said = lettering, true
		case underWords[w]:
			n.part, said = ground, true
		case lineWords[w]:
			n.part, said = line, true
		}
		switch w {
		case "button", "buttons", "btn", "cta":
			n.button = true
		case "secondary", "2":
			n.rank = max(n.rank, 2)
		case "tertiary", "accent", "accents", "highlight", "3", "4", "5":
			n.rank = max(n.rank, 3)
		case "brand", "main", "primary":
			n.rank = max(n.rank, 1)
		}
		n.large = n.large || largeWords[w]
		n.link = n.link || linkWords[w]
		n.quiet = n.quiet || quietWords[w]
		n.signal = n.signal || signals[w]
		if places[w] {
			n.places = append(n.places, w)
			placed = placed || w != "highlight"
		}
		if !stateful[w] {
			n.own = append(n.own, w)
		}
	}
	for _, w := range n.over {
		n.own = append(n.own, w)
		n.button = n.button || w == "button" || w == "btn" || w == "cta"
		if places[w] {
			n.places = append(n.places, w)
		}
	}
	if slices.Contains(words, "cta") && placed && said && n.part == ground { // a section that calls, not a button
		n.button = false
	}
	switch {
	case said && n.part == ground && n.button:
		n.part = filling
	case said || n.button || n.rank > 0:
	case placed:
		n.part = ground
	case slices.Contains(words, "body"):
		n.part = lettering
	}
	n.large = n.large && n.part == lettering
	n.anchor = n.part == filling && !n.button && n.rank > 0
	return n
}

// threshold is the least contrast that the text needs.
func (n wording) threshold() float64 {
	if n.large {
		return ContrastLarge
	}
	return ContrastText
}

// main is true for what a page's text stands on where nothing else is said.
func (n wording) main() bool { return n.part == ground && len(n.places) == 0 }

// ranked are the brand's roles, the one of the rank first.
func ranked(rank int) []Role {
	switch rank {
	case 2:
		return []Role{Secondary, Accent, Primary}
	case 3:
		return []Role{Accent, Secondary, Primary}
	}
	return []Role{Primary, Secondary, Accent}
}

// wants are the roles that fit a chromatic colour, the best first. As is the rank of the brand's colour that it repeats
// on its page, 0 where it repeats none.
func (n wording) wants(as int) []Role {
	switch n.part {
	case ground:
		rest := ranked(max(as, 1))
		if slices.ContainsFunc(n.own, func(w string) bool { return surfacing[w] }) {
			return append([]Role{Surface, Background}, rest...)
		}
		return append([]Role{Background, Surface}, rest...)
	case lettering:
		switch {
		case as > 0 && (n.large || n.link || n.button):
			return ranked(as)
		case n.large:
			return []Role{Primary, Ink, Secondary, Accent}
		case n.link || n.button:
			return []Role{Accent, Primary, Secondary}
		case n.quiet:
			return []Role{Muted, Secondary, Primary, Accent}
		}
		return []Role{Ink, Primary, Secondary, Accent}
	}
	switch {
	case n.rank > 0:
		return ranked(n.rank)
	case as > 0:
		return ranked(as)
	case n.button:
		return []Role{Accent, Primary, Secondary}
	}
	return ranked(1)
}

// grey are the roles that a neutral may take.
func (n wording) grey() []Role {
	switch {
	case n.part == ground && slices.ContainsFunc(n.own, func(w string) bool { return surfacing[w] }):
		return []Role{Surface, Background}
	case n.part == ground:
		return []Role{Background}
	case n.part == lettering && n.quiet && !n.button:
		return []Role{Muted}
	case n.part == lettering && !n.button:
		return []Role{Ink}
	}
	return nil
}
