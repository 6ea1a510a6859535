package brand

import (
	"fmt"
	"slices"
	"strings"
)

// glossaryRules hold an operator's glossary: a term of the originals is rendered one way.
type glossaryRules struct {
	terms      lexicon
	renderings []string // by the terms' whose
}

func newGlossaryRules(glossary map[string]string) glossaryRules {
	var g glossaryRules
	terms := make([]string, 0, len(glossary))
	for term := range glossary {
		terms = append(terms, term)
	}
	slices.Sort(terms)
	for i, term := range terms {
		g.terms.add(term, i, false, plural)
		g.renderings = append(g.renderings, glossary[term])
	}
	return g
}

// plural returns a noun in its two numbers.
func plural(w string) []string {
	return []string{w, w + "s", w + "es", strings.TrimSuffix(w, "s")}
}

func tryGlossary(r *Rules, p *pair) (messages []string, applies bool) {
	g := &r.glossary
	for _, h := range g.terms.find(p.was) {
		applies = true
		as, term := g.renderings[g.terms.phrases[h.phrase].whose], g.terms.phrases[h.phrase].as
		if !strings.Contains(strings.ToLower(oneLine(p.now.text)), strings.ToLower(oneLine(plain(as)))) {
			messages = append(messages, fmt.Sprintf("Render %q as %q, as the glossary asks.", term, as))
		}
	}
	for _, h := range g.terms.find(p.now) {
		applies = true
		as, term := g.renderings[g.terms.phrases[h.phrase].whose], g.terms.phrases[h.phrase].as
		if within(p.now, h, as) || strings.EqualFold(as, term) {
			continue
		}
		messages = append(messages, fmt.Sprintf("Write %q in place of %q, as the glossary asks.", as, p.now.quote(h)))
	}
	return messages, applies
}
