package brand

import (
	"fmt"
	"unicode/utf8"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// Characters that are shown of a text in its place: an inbox shows some 60 of a subject, a results page some 60 of a
// title and 160 of a description.
const (
	maxSubject         = 60
	maxMetaTitle       = 60
	maxMetaDescription = 160
	maxPreheader       = 150
	maxAlt             = 150 // screen readers read it in one go
	maxButton          = 5   // words
)

// lengthRules bound a text by its role. An original that is longer itself bounds its rewrite.
var lengthRules = []rule{
	{"length.subject", funnel.Error, longest(funnel.RoleSubject, maxSubject)},
	{"length.metaTitle", funnel.Error, longest(funnel.RoleMetaTitle, maxMetaTitle)},
	{"length.metaDescription", funnel.Error, longest(funnel.RoleMetaDescription, maxMetaDescription)},
	{"length.preheader", funnel.Warning, longest(funnel.RolePreheader, maxPreheader)},
	{"length.alt", funnel.Warning, longest(funnel.RoleAlt, maxAlt)},
	{"length.button", funnel.Error, tryButton},
	{"length.headline", funnel.Warning, tryHeadline},
}

func longest(role funnel.Role, most int) func(*Rules, *pair) ([]string, bool) {
	return func(_ *Rules, p *pair) ([]string, bool) {
		if p.Role != role {
			return nil, false
		}
		now, most := utf8.RuneCountInString(oneLine(p.now.text)), max(most, utf8.RuneCountInString(oneLine(p.was.text)))
		if now <= most {
			return nil, true
		}
		return []string{fmt.Sprintf("Shorten it from %d to at most %d characters.", now, most)}, true
	}
}

func tryButton(_ *Rules, p *pair) ([]string, bool) {
	if p.Role != funnel.RoleButton {
		return nil, false
	}
	if now, most := len(p.now.words), max(maxButton, len(p.was.words)); now > most {
		return []string{fmt.Sprintf("Shorten it from %d to at most %d words: it stands on a button.", now, most)}, true
	}
	return nil, true
}

// tryHeadline keeps a headline about as long as the place that was designed for it.
func tryHeadline(_ *Rules, p *pair) ([]string, bool) {
	if p.Role != funnel.RoleHeadline && p.Role != funnel.RoleLabel {
		return nil, false
	}
	now, was := utf8.RuneCountInString(oneLine(p.now.text)), utf8.RuneCountInString(oneLine(p.was.text))
	if most := max(2*was, was+40); now > most {
		return []string{fmt.Sprintf("Shorten it from %d to at most %d characters, about what its place holds.", now, most)}, true
	}
	return nil, true
}
