package brand

import (
	"fmt"
	"slices"
	"strings"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// A Config is what Rules hold a rewrite to. Everything in it may be empty.
type Config struct {
	Brand    Brand
	Former   Former            // whose funnel it was: see FindFormer
	Glossary map[string]string // a term of the originals to how it is rendered
}

// Rules are what code can hold a rewrite's language to: the brand's own rules, and those of anybody's copy. NewRules
// makes them, once for a run; they never change, so they are safe for concurrent use.
type Rules struct {
	brand    Brand
	own      lexicon // the client's names
	banned   lexicon
	foreign  lexicon // the banned words as other languages than English decline them
	rivals   lexicon
	gaps     struct{ banned, rivals, former run } // of names with gaps in them
	prefer   lexicon
	former   formerRules
	spelling spellingRules
	glossary glossaryRules
	says     string // all that the guide says in words, squeezed, for claims that it makes itself
}

// NewRules prepares the rules.
func NewRules(c Config) *Rules {
	r := &Rules{brand: c.Brand}
	for _, name := range c.Brand.names() {
		r.own.add(name, 0, false, nil)
	}
	for _, phrase := range c.Brand.Avoid {
		phrase = strings.Trim(strings.TrimSpace(phrase), `"'“”‘’.`)
		r.banned.add(phrase, 0, false, inflect)
		r.foreign.add(phrase, 0, false, decline)
		if len(cut(plain(phrase))) == 1 {
			r.gaps.banned.add(phrase)
		}
	}
	for _, name := range c.Brand.Competitors {
		r.rivals.add(name, 0, !distinct(name), nil)
		if distinct(name) {
			r.gaps.rivals.add(name)
		}
	}
	for i, p := range c.Brand.Prefer {
		for _, word := range p.Instead {
			r.prefer.add(word, i, false, inflect)
		}
	}
	r.former = newFormerRules(c.Former, c.Brand)
	for _, name := range slices.Concat(c.Former.Names, c.Former.People, c.Former.Products) {
		if distinct(name) {
			r.gaps.former.add(name)
		}
	}
	r.spelling = newSpellingRules(c.Brand)
	r.glossary = newGlossaryRules(c.Glossary)
	r.says = squeeze(strings.Join(slices.Concat(c.Brand.MustSay, c.Brand.Calls, c.Brand.Voice, c.Brand.names()), " "))
	return r
}

// names are the client's: of itself, its products and its people.
func (b Brand) names() []string {
	var names []string
	if b.Name != "" {
		names = append(names, b.Name)
	}
	for _, s := range b.Spellings {
		names = append(names, s.Right)
	}
	for _, p := range b.Products {
		names = append(names, p.Name)
	}
	return append(names, b.People...)
}

// A pair is an original and what is to stand in its place.
type pair struct {
	funnel.Text
	was, now         *sight
	rewrite          string
	wasLang, nowLang string // as language gives them
}

// A rule is tried on a pair where it applies to it, and says what it finds, a message each.
type rule struct {
	name     string
	severity funnel.Severity
	try      func(r *Rules, p *pair) (messages []string, applies bool)
}

// rules are all that Check tries, the brand's before those of anybody's copy.
var rules = slices.Concat(brandRules, copyRules, lengthRules, styleRules)

// Check returns what is wrong with a rewrite of t's text, beyond its structure and facts, which funnel.Rules check, and
// the names of the rules that it tried: those that t's role, the brand and the length of the text give a reason for.
//
// A finding of severity Error must not be published: a former owner's name, a banned word, a text that is no rewrite.
// The others are a matter of taste. Messages are whole sentences that a model can act on.
func (r *Rules) Check(t funnel.Text, rewrite string) (found []funnel.Finding, tried []string) {
	p := &pair{Text: t, was: r.look(t.Text), now: r.look(rewrite), rewrite: rewrite}
	p.wasLang, p.nowLang = language(p.was), language(p.now)
	for _, rule := range rules {
		messages, applies := rule.try(r, p)
		if !applies {
			continue
		}
		tried = append(tried, rule.name)
		for i, m := range messages {
			if slices.Contains(messages[:i], m) {
				continue
			}
			found = append(found, funnel.Finding{Rule: rule.name, Severity: rule.severity, Message: m})
		}
	}
	return found, tried
}

// look reads a text and marks the client's names in it.
func (r *Rules) look(text string) *sight {
	first := look(text)
	for s := range first.all() {
		for _, h := range r.own.find(s) {
			for i := h.from; i < h.to; i++ {
				s.words[i].own = true
			}
		}
	}
	return first
}

// owned is true where all of a hit is part of the client's names.
func (s *sight) owned(h hit) bool {
	for _, w := range s.words[h.from:h.to] {
		if !w.own {
			return false
		}
	}
	return true
}

// brandRules are what the guide, the template and the former owner give.
var brandRules = []rule{
	{"brand.banned", funnel.Error, tryBanned},
	{"brand.former", funnel.Error, tryFormer},
	{"brand.competitor", funnel.Error, tryCompetitor},
	{"brand.spelling", funnel.Error, trySpelling},
	{"brand.mark", funnel.Warning, tryMark},
	{"brand.glossary", funnel.Error, tryGlossary},
	{"brand.prefer", funnel.Warning, tryPrefer},
}

func tryBanned(r *Rules, p *pair) (messages []string, applies bool) {
	for s := range p.now.all() {
		hits := r.banned.find(s)
		if p.nowLang != "" && p.nowLang != "en" { // the two have the same phrases
			hits = append(hits, r.foreign.find(s)...)
		}
		for _, h := range hits {
			if !s.owned(h) {
				messages = append(messages, fmt.Sprintf("Do not write %q: the brand avoids %q in every form; say it in other words.", s.quote(h), r.banned.phrases[h.phrase].as))
			}
		}
	}
	for _, found := range r.gaps.banned.find(p.now, true) {
		messages = append(messages, fmt.Sprintf("Do not write %q: the brand avoids the word in every form.", found))
	}
	if found := starred.FindString(p.now.text); found != "" && !starred.MatchString(p.was.text) {
		messages = append(messages, fmt.Sprintf("Write no word with stars in it like %q.", found))
	}
	return messages, len(r.banned.phrases) > 0
}

func tryCompetitor(r *Rules, p *pair) (messages []string, applies bool) {
	for s := range p.now.all() {
		for _, h := range r.rivals.find(s) {
			if !s.owned(h) {
				messages = append(messages, fmt.Sprintf("Do not name %q: it is a competitor of the brand.", s.quote(h)))
			}
		}
	}
	for _, found := range r.gaps.rivals.find(p.now, false) {
		messages = append(messages, fmt.Sprintf("Do not name %q: it is a competitor of the brand.", found))
	}
	return messages, len(r.rivals.phrases) > 0
}

func tryPrefer(r *Rules, p *pair) (messages []string, applies bool) {
	for _, h := range r.prefer.find(p.now) {
		if p.now.owned(h) {
			continue
		}
		use := r.brand.Prefer[r.prefer.phrases[h.phrase].whose].Use
		if within(p.now, h, use) {
			continue
		}
		messages = append(messages, fmt.Sprintf("Write %q in place of %q, as the guide asks.", use, p.now.quote(h)))
	}
	return messages, len(r.prefer.phrases) > 0
}

// within is true where a hit is part of a phrase: "members" of "club members".
func within(s *sight, h hit, phrase string) bool {
	var l lexicon
	l.add(phrase, 0, false, inflect)
	return slices.ContainsFunc(l.find(s), func(o hit) bool { return o.from <= h.from && h.to <= o.to })
}
