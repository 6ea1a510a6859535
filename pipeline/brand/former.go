package brand

import (
	"fmt"
	"slices"
	"strings"
)

// A Former is whose funnel it was, as far as it can be told from the funnel. FindFormer finds it; a template's
// metadata.former, in the same form, adds to it.
type Former struct {
	Names     []string `json:"names,omitempty"`
	People    []string `json:"people,omitempty"`
	Products  []string `json:"products,omitempty"` // only those that an operator names: see FindFormer
	Domains   []string `json:"domains,omitempty"`
	Emails    []string `json:"emails,omitempty"`
	Phones    []string `json:"phones,omitempty"`
	Addresses []string `json:"addresses,omitempty"` // postal
	Socials   []string `json:"socials,omitempty"`
}

// With returns the union of two, the first's before the second's.
func (f Former) With(more Former) Former {
	return Former{
		union(f.Names, more.Names), union(f.People, more.People), union(f.Products, more.Products), union(f.Domains, more.Domains),
		union(f.Emails, more.Emails), union(f.Phones, more.Phones), union(f.Addresses, more.Addresses), union(f.Socials, more.Socials),
	}
}

// union returns what is in either, each once, case and spaces aside.
func union(a, b []string) []string {
	var all []string
	seen := make(map[string]bool)
	for _, s := range slices.Concat(a, b) {
		s = oneLine(s)
		if key := strings.ToLower(s); s != "" && !seen[key] {
			seen[key] = true
			all = append(all, s)
		}
	}
	return all
}

// formerRules find the former owner in a text.
type formerRules struct {
	words    map[string]bool // of all its names
	near     spellingRules   // its names of several words with one slip
	names    lexicon
	squeezed []string // what names are run together to, in hashtags and domains
	contacts []string // domains, e-mail addresses and profiles, in lower case, without a scheme
	phones   []string // digits
	client   string   // whose page it is now, "" where the guide gives no name
}

func newFormerRules(f Former, client Brand) formerRules {
	r := formerRules{client: client.Name}
	var known []string
	for _, name := range client.names() {
		known = append(known, squeeze(name))
	}
	add := func(name string) {
		key := squeeze(name)
		if key == "" || slices.Contains(known, key) {
			return
		}
		known = append(known, key)
		for _, and := range []string{"&", "and", "und", "et", "y", ""} { // Ash & Oak is also Ash and Oak, and #AshOak
			if and != "&" && !strings.Contains(name, "&") {
				break
			}
			name := strings.ReplaceAll(name, "&", and)
			r.names.add(name, 0, !distinct(name), nameForms)
			if key := squeeze(name); len(key) >= 7 || len(cut(plain(name))) > 1 && len(key) >= 5 {
				r.squeezed = append(r.squeezed, key)
			}
		}
	}
	for _, name := range slices.Concat(f.Names, f.People, f.Products) {
		add(name)
	}
	for _, name := range f.Names {
		if distinct(name) {
			r.near.nearly(plain(name))
		}
		if a, b, ok := strings.Cut(name, " & "); ok {
			add(b + " & " + a)
		}
	}
	r.words = make(map[string]bool)
	for _, name := range slices.Concat(f.Names, f.People, f.Products) {
		for _, w := range cut(plain(name)) {
			r.words[w.base] = true
		}
	}
	for _, name := range f.People { // "Ana Ruiz" is also Ana, and Ms Ruiz
		parts := cut(plain(name))
		if len(parts) < 2 || len(parts) > 4 {
			continue
		}
		for _, w := range parts {
			if len(w.base) > 2 && !titles[w.base] && !ownWord(client, w.base) {
				add(w.text)
			}
		}
	}
	for _, c := range slices.Concat(f.Domains, f.Emails, f.Socials) {
		if c = strings.ToLower(unschemed(c)); c != "" {
			r.contacts = append(r.contacts, c)
		}
	}
	for _, p := range f.Phones {
		if d := digits(p); len(d) >= 7 {
			r.phones = append(r.phones, d)
		}
	}
	return r
}

// nameForms returns a name with its plural, which is also its genitive in German.
func nameForms(w string) []string {
	if len(w) < 3 || common[w] {
		return []string{w}
	}
	return []string{w, w + "s", w + "es", strings.TrimSuffix(w, "y") + "ies"}
}

// titles stand before and behind people's names.
var titles = set("dr mr mrs ms miss prof sir phd md rn coach and the von van der de da di la le el al bin")

// ownWord is true for a word of the client's own names.
func ownWord(client Brand, w string) bool {
	return slices.ContainsFunc(client.names(), func(name string) bool {
		return slices.ContainsFunc(cut(plain(name)), func(own word) bool { return own.base == w })
	})
}

// tryFormer finds names of the former owner in what the reader sees: in any case, inflected, across tags and lines, run
// together. Addresses that the original has too are not looked at, since a rewrite may not change them: Replacement
// does, and Leftover lists them.
func tryFormer(r *Rules, p *pair) (messages []string, applies bool) {
	for s := range p.now.all() {
		for _, name := range r.former.in(s, p.was) {
			message := fmt.Sprintf("Do not write %q: it is the former owner's.", name)
			if r.former.client != "" {
				message = fmt.Sprintf("Do not write %q: it is the former owner's; the page is %s's now.", name, r.former.client)
			}
			messages = append(messages, message)
		}
	}
	for _, h := range r.former.near.near.loose(p.now) {
		if found := p.now.words[h.from:h.to]; !p.now.owned(h) && (found[0].capital() || found[len(found)-1].capital()) {
			messages = append(messages, fmt.Sprintf("Do not write %q: it is like a name of the former owner's.", p.now.quote(h)))
		}
	}
	for _, found := range r.gaps.former.find(p.now, false) {
		messages = append(messages, fmt.Sprintf("Do not write %q: it is the former owner's.", found))
	}
	return messages, len(r.former.names.phrases) > 0 || len(r.former.contacts) > 0
}

// in returns the former owner's names in a text, as they are written there. was is what the text is a rewrite of: a
// name that is also a stretch of common words, like Grace, is one in the rewrite where it is one there.
func (f *formerRules) in(s, was *sight) []string {
	var found []string
	titled := s.titled()
	for _, h := range f.names.loose(s) {
		p := f.names.phrases[h.phrase]
		if s.owned(h) {
			continue
		}
		if words := s.words[h.from:h.to]; p.name && (titled || !written(words)) && !(f.names.named(was, h.phrase) && (len(words) > 1 || words[0].capital())) {
			continue
		}
		found = append(found, s.quote(h))
	}
	for _, key := range f.squeezed {
		for chunk := range strings.FieldsSeq(s.text) {
			if len(chunk) < len(key) || !strings.Contains(squeeze(chunk), key) {
				continue
			}
			chunk = strings.Trim(chunk, ".,;:!?()[]\"'|")
			if !slices.ContainsFunc(was.links, func(l string) bool { return strings.Contains(plain(l), chunk) || strings.Contains(chunk, plain(l)) }) {
				found = append(found, chunk)
			}
		}
	}
	return found
}
