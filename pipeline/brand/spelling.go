package brand

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// spellingRules hold how the client's names and marks are written.
type spellingRules struct {
	wrong  lexicon           // forms that the guide rules out
	right  []string          // by the wrong forms' whose
	names  map[string]string // squeezed name to its right spelling, without ™ and ®
	length int               // of the longest key, in bytes
	near   lexicon           // names of several words with one letter of one word missing, added or changed
	marked lexicon           // the names that have a ™ or ®
}

const marks = "™®℠"

func newSpellingRules(b Brand) spellingRules {
	s := spellingRules{names: make(map[string]string)}
	for _, name := range b.names() {
		bare := oneLine(strings.Map(func(r rune) rune {
			if strings.ContainsRune(marks, r) {
				return -1
			}
			return r
		}, plain(name)))
		key := squeeze(bare)
		if key == "" {
			continue
		}
		if bare != oneLine(plain(name)) {
			s.marked.add(name, 0, false, nil)
		}
		if distinct(bare) && strings.ContainsFunc(bare, unicode.IsUpper) {
			if _, known := s.names[key]; !known {
				s.names[key] = bare
				s.length = max(s.length, len(key))
				s.nearly(bare)
			}
		}
		if and := strings.Replace(bare, " & ", " and ", 1); and != bare {
			s.avoid(and, name)
		} else if amp := strings.Replace(bare, " and ", " & ", 1); amp != bare {
			s.avoid(amp, name)
		}
	}
	for _, sp := range b.Spellings {
		for _, form := range sp.Wrong {
			s.avoid(form, sp.Right)
		}
	}
	return s
}

// nearly adds the forms of a name in which one word of some length has one slip.
func (s *spellingRules) nearly(name string) {
	words := cut(name)
	if len(words) < 2 {
		return
	}
	for i, w := range words {
		if len(w.lower) < 5 {
			continue
		}
		p := phrase{as: name}
		for j, other := range words {
			if i == j {
				p.words = append(p.words, slips(w.lower))
			} else {
				p.words = append(p.words, map[string]bool{other.lower: true})
			}
		}
		s.near.put(p)
	}
}

// slips returns a word with one letter missing, added, changed, or swapped with the next. A plural is none.
func slips(w string) map[string]bool {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	runes := []rune(w)
	found := make(map[string]bool)
	for i := range runes {
		before, behind := string(runes[:i]), string(runes[i+1:])
		found[before+behind] = true
		if i+1 < len(runes) {
			found[before+string(runes[i+1])+string(runes[i])+string(runes[i+2:])] = true
		}
		for _, c := range letters {
			found[before+string(c)+behind] = true
			found[before+string(c)+string(runes[i:])] = true
		}
	}
	for _, c := range letters {
		found[w+string(c)] = true
	}
	delete(found, w)
	delete(found, w+"s")
	delete(found, strings.TrimSuffix(w, "s"))
	for f := range found {
		if common[f] {
			delete(found, f)
		}
	}
	return found
}

func (s *spellingRules) avoid(form, right string) {
	s.wrong.add(form, len(s.right), false, nil)
	s.right = append(s.right, right)
}

func trySpelling(r *Rules, p *pair) (messages []string, applies bool) {
	s := &r.spelling
	for _, h := range s.wrong.find(p.now) {
		found, form, right := p.now.quote(h), s.wrong.phrases[h.phrase].as, s.right[s.wrong.phrases[h.phrase].whose]
		if strings.EqualFold(form, right) { // only the case is wrong
			if found != plain(form) {
				continue
			}
		} else if within(p.now, h, right) {
			continue
		}
		messages = append(messages, fmt.Sprintf("Write %q, not %q.", right, found))
	}
	shouts := shouting(p.now)
	for i := range p.now.words {
		for j, key := i, ""; j < len(p.now.words) && len(key) <= s.length && !p.now.words[j].link && (j == i || !p.now.words[j].stop); j++ {
			w := p.now.words[j]
			key += squeeze(w.base)
			right, ok := s.names[key]
			if !ok {
				continue
			}
			found := oneLine(p.now.text[p.now.words[i].start : w.end-len(w.lower)+len(w.base)])
			tagged := i == j && p.now.words[i].start > 0 && strings.IndexByte("#@", p.now.text[p.now.words[i].start-1]) >= 0
			if tagged || bare(found) == bare(right) || shouts && found == strings.ToUpper(found) && bare(found) == bare(strings.ToUpper(right)) {
				continue
			}
			if common[key] && w.lower == found { // the word, not the name
				continue
			}
			messages = append(messages, fmt.Sprintf("Write %q, not %q.", right, found))
		}
	}
	for _, h := range s.near.loose(p.now) {
		if found := p.now.words[h.from:h.to]; p.now.owned(h) || !found[0].capital() && !found[len(found)-1].capital() {
			continue
		}
		messages = append(messages, fmt.Sprintf("Write %q, not %q.", s.near.phrases[h.phrase].as, p.now.quote(h)))
	}
	return messages, len(s.names) > 0 || len(s.right) > 0
}

// bare drops marks from a name that was found.
func bare(name string) string {
	for _, mark := range []string{"™", "®", "℠"} {
		name = strings.ReplaceAll(name, mark, "")
	}
	return oneLine(name)
}

// tryMark holds the first mention of a name to its ™ or ®, where there is room for one.
func tryMark(r *Rules, p *pair) (messages []string, applies bool) {
	if p.Role != funnel.RoleBody && p.Role != funnel.RoleHeadline {
		return nil, false
	}
	marked := &r.spelling.marked
	seen := make(map[string]bool)
	for _, h := range marked.find(p.now) {
		name := marked.phrases[h.phrase].as
		if seen[name] {
			continue
		}
		seen[name] = true
		if end := p.now.words[h.to-1].end; strings.IndexAny(p.now.text[end:], marks) != 0 {
			messages = append(messages, fmt.Sprintf("Write %q with its mark where it is named first.", name))
		}
	}
	return messages, len(seen) > 0
}
