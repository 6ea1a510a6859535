package brand

import "slices"

// A lexicon finds phrases in a sight. Its phrases are indexed by the forms of their first word, so that a text is read
// once however many they are.
type lexicon struct {
	phrases []phrase
	first   map[string][]int
}

// A phrase is words, each in any of its forms.
type phrase struct {
	as    string            // as it was given
	words []map[string]bool // the forms of each
	whose int               // for the rule that looks: what the phrase belongs to
	name  bool              // it counts only where it is written as a name, with capitals
}

// A hit is where a phrase stands: the words from up to, not including, to.
type hit struct{ phrase, from, to int }

// add takes a phrase in, with the forms of each word that inflected gives. A phrase without words is left out.
func (l *lexicon) add(as string, whose int, name bool, inflected func(string) []string) {
	p := phrase{as: as, whose: whose, name: name}
	for _, w := range cut(plain(as)) {
		p.words = append(p.words, forms(w, inflected))
	}
	l.put(p)
}

func (l *lexicon) put(p phrase) {
	if len(p.words) == 0 {
		return
	}
	if l.first == nil {
		l.first = make(map[string][]int)
	}
	for f := range p.words[0] {
		l.first[f] = append(l.first[f], len(l.phrases))
	}
	l.phrases = append(l.phrases, p)
}

func forms(w word, inflected func(string) []string) map[string]bool {
	found := map[string]bool{w.lower: true, w.base: true}
	if inflected != nil {
		for _, f := range inflected(w.base) {
			found[f] = true
		}
	}
	return found
}

// find returns where the phrases stand, outside of addresses, never across the end of a sentence. A phrase that is a
// name must be written as one.
func (l *lexicon) find(s *sight) []hit {
	return slices.DeleteFunc(l.loose(s), func(h hit) bool { return l.phrases[h.phrase].name && !written(s.words[h.from:h.to]) })
}

// loose is find for names in any case.
func (l *lexicon) loose(s *sight) []hit {
	var hits []hit
	if len(l.phrases) == 0 {
		return nil
	}
	for i, w := range s.words {
		if w.link {
			continue
		}
		candidates := l.first[w.lower]
		if w.base != w.lower {
			candidates = slices.Concat(candidates, l.first[w.base])
		}
		for _, c := range candidates {
			if to := l.phrases[c].at(s.words, i); to > 0 {
				hits = append(hits, hit{c, i, to})
			}
		}
	}
	return hits
}

// named is true where a phrase stands in a text with a capital.
func (l *lexicon) named(s *sight, phrase int) bool {
	return slices.ContainsFunc(l.loose(s), func(h hit) bool { return h.phrase == phrase && s.words[h.from].capital() })
}

// at returns where the phrase ends that begins at word i, or 0.
func (p phrase) at(words []word, i int) int {
	if i+len(p.words) > len(words) {
		return 0
	}
	for j, forms := range p.words {
		w := words[i+j]
		if w.link || j > 0 && w.stop || !forms[w.lower] && !forms[w.base] {
			return 0
		}
	}
	return i + len(p.words)
}

// written is true where words are written as a name is: the words of a weight with capitals, and not only because a
// sentence begins there.
func written(words []word) bool {
	capitals := 0
	for _, w := range words {
		switch {
		case w.capital():
			capitals++
		case len(w.lower) > 3:
			return false
		}
	}
	return capitals > 1 || capitals == 1 && !words[0].opens
}

// quote is what stands there, for a message.
func (s *sight) quote(h hit) string { return s.text[s.words[h.from].start:s.words[h.to-1].end] }
