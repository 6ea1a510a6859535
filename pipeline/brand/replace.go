package brand

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// A Replacement puts the client's contact details in the former owner's place: e-mail addresses, domains, phone numbers,
// postal addresses, profiles. It works by code on strings that are no copy and on the addresses inside of copy, which no
// model may touch.
type Replacement struct {
	exact   map[string]string // e-mail addresses, URLs and profiles, in lower case without a scheme
	domains map[string]string // hosts, with all of their paths
	homes   map[string]string // hosts, without a path only: the client's site is laid out in its own way
	phones  map[string]string // digits
	phrases []phrasePair      // postal addresses and names, the longest first
	mailbox string            // for a former mailbox that is not mapped, "" where the client has none or several
}

type phrasePair struct {
	find *regexp.Regexp
	now  string
}

// NewReplacement makes one of an operator's map, former to client, and of what code can propose by itself: where the
// guide gives exactly one e-mail address, phone number, postal address, site, name, or profile of a network, and the
// former owner has that kind, the one takes the place of all of those. The operator's map goes before.
//
// A domain that the operator maps is replaced wherever it stands, paths kept. One that is only proposed is replaced
// where it stands without a path, since the client's site need not have that page.
func NewReplacement(operator map[string]string, former Former, client Brand) *Replacement {
	r := &Replacement{exact: map[string]string{}, domains: map[string]string{}, homes: map[string]string{}, phones: map[string]string{}}
	var phrases []string
	as := make(map[string]string)
	phrase := func(was, now string) {
		if was = oneLine(was); was != "" && now != "" && as[was] == "" {
			phrases = append(phrases, was)
			as[was] = now
		}
	}
	for was, now := range operator {
		bare := strings.ToLower(unschemed(was))
		switch {
		case bare == "" || strings.TrimSpace(now) == "":
		case phoneNumber(was):
			r.phones[digits(was)] = now
		case bareHost.MatchString(bare):
			r.domains[bare] = strings.TrimSuffix(unschemed(now), "/")
		case len(funnel.Links(was)) == 1 && !strings.Contains(strings.TrimSpace(was), " ") || scheme.MatchString(was):
			r.exact[bare] = now
		default:
			phrase(was, now)
		}
	}
	c := client.Contact
	if len(c.Emails) == 1 {
		r.mailbox = c.Emails[0]
		for _, e := range former.Emails {
			put(r.exact, strings.ToLower(e), c.Emails[0])
		}
	}
	if len(c.Domains) == 1 {
		for _, d := range former.Domains {
			put(r.homes, strings.ToLower(unschemed(d)), strings.TrimSuffix(unschemed(c.Domains[0]), "/"))
		}
	}
	if len(c.Phones) == 1 {
		for _, p := range former.Phones {
			put(r.phones, digits(p), c.Phones[0])
		}
	}
	if len(c.Addresses) == 1 {
		for _, a := range former.Addresses {
			phrase(a, c.Addresses[0])
		}
	}
	for _, s := range former.Socials {
		ours := slices.DeleteFunc(slices.Clone(c.Socials), func(o string) bool { return network(o) == "" || network(o) != network(s) })
		if len(ours) == 1 {
			put(r.exact, strings.ToLower(unschemed(s)), schemed(ours[0]))
		}
	}
	if client.Name != "" {
		for _, name := range former.Names {
			if distinct(name) {
				phrase(name, client.Name)
			}
		}
	}
	slices.SortFunc(phrases, func(a, b string) int { return len(b) - len(a) })
	for _, was := range phrases {
		words := strings.Fields(was)
		for i, w := range words {
			words[i] = regexp.QuoteMeta(w)
		}
		r.phrases = append(r.phrases, phrasePair{regexp.MustCompile(`(?i)(^|[^\pL\pN])` + strings.Join(words, `(?:\s|&nbsp;|\x{a0})+`) + `($|[^\pL\pN])`), as[was]})
	}
	return r
}

// put sets what an operator has not.
func put(m map[string]string, key, value string) {
	if _, set := m[key]; !set && key != "" {
		m[key] = value
	}
}

var (
	bareHost   = regexp.MustCompile(`^(?:[\pL\pN-]+\.)+\pL{2,24}$`)
	addressed  = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.\-]{1,12}://|mailto:|//)?(?:[a-z0-9._%+\-]{1,64}@)?(?:[\pL\pN](?:[\pL\pN\-]{0,62})\.){1,6}\pL{2,24}(?::\d{1,5})?(?:[/?#][^\s<>"'` + "`" + `)\]}]*)?`)
	telephone  = regexp.MustCompile(`(?i)(?:tel:|sms:)?\+?\(?\d[\d\s().\-/]{5,18}\d`)
	wholePhone = regexp.MustCompile(`^\+?[\d\s().\-/]+$`)
)

func phoneNumber(s string) bool {
	n := len(digits(s))
	return n >= 7 && n <= 15 && wholePhone.MatchString(strings.TrimPrefix(strings.TrimSpace(s), "tel:"))
}

// Replace puts the client's details, and its name, in the former owner's place in a string that is no copy. done says
// what was replaced, in words: "help@acme.example by hello@harbor.example".
func (r *Replacement) Replace(text string) (now string, done []string) {
	now, done = r.Links(text)
	for _, p := range r.phrases {
		for range 4 { // two neighbours share the character between them
			at := p.find.FindStringIndex(now)
			if at == nil {
				break
			}
			now = p.find.ReplaceAllStringFunc(now, func(found string) string {
				m := p.find.FindStringSubmatch(found)
				done = append(done, fmt.Sprintf("%s by %s", strings.TrimSuffix(strings.TrimPrefix(found, m[1]), m[2]), p.now))
				return m[1] + p.now + m[2]
			})
			if p.find.MatchString(p.now) {
				break
			}
		}
	}
	return now, done
}

// Links is Replace for copy: addresses and phone numbers alone, in text and in tags.
func (r *Replacement) Links(text string) (now string, done []string) {
	now = addressed.ReplaceAllStringFunc(text, func(found string) string {
		tail := found[len(strings.TrimRight(found, ".,;:!?*_|")):]
		link := strings.TrimSuffix(found, tail)
		if as := r.link(link); as != link {
			done = append(done, link+" by "+as)
			return as + tail
		}
		return found
	})
	if len(r.phones) > 0 {
		now = telephone.ReplaceAllStringFunc(now, func(found string) string {
			as, ok := r.phone(digits(found))
			if !ok {
				return found
			}
			if i := strings.IndexByte(found, ':'); i > 0 {
				plus := ""
				if strings.HasPrefix(strings.TrimSpace(as), "+") {
					plus = "+"
				}
				as = found[:i+1] + plus + digits(as)
			}
			done = append(done, strings.TrimSpace(found)+" by "+as)
			return as
		})
	}
	return now, done
}

// phone finds a number with or without its country's prefix.
func (r *Replacement) phone(number string) (string, bool) {
	if as, ok := r.phones[number]; ok {
		return as, true
	}
	for was, as := range r.phones {
		short, long := strings.TrimPrefix(was, "0"), strings.TrimPrefix(number, "0")
		if len(short) > len(long) {
			short, long = long, short
		}
		if len(short) >= 9 && strings.HasSuffix(long, short) {
			return as, true
		}
	}
	return "", false
}

// link returns what takes an address's place, or the address.
func (r *Replacement) link(link string) string {
	bare := strings.ToLower(unschemed(link))
	prefix := scheme.FindString(link)
	if as, ok := r.exact[bare]; ok {
		if strings.EqualFold(prefix, "mailto:") {
			return prefix + unschemed(as)
		}
		if prefix == "" && !strings.Contains(bare, "@") {
			return unschemed(as)
		}
		return as
	}
	host := hostOf(link)
	if at := strings.IndexByte(bare, '@'); at > 0 && !strings.ContainsAny(bare[:at], "/?#") {
		mailbox, query, _ := strings.Cut(unschemed(link), "?")
		if query != "" {
			if as, ok := r.exact[strings.ToLower(mailbox)]; ok {
				return prefix + as + "?" + query
			}
			query = "?" + query
		}
		as, ok := r.domains[host]
		switch {
		case ok && mailboxes[bare[:at]]:
			return prefix + mailbox[:at] + "@" + as + query
		case ok && r.mailbox != "":
			return prefix + r.mailbox + query
		}
		return link
	}
	name := strings.TrimPrefix(host, "www.")
	for _, h := range []string{host, name} {
		if as, ok := r.domains[h]; ok {
			return swapHost(link, as, h != host)
		}
	}
	if as, ok := r.homes[name]; ok && bare == name {
		return swapHost(link, as, true)
	}
	return link
}

// swapHost puts another host in an address. www is dropped where the host was given without.
func swapHost(link, host string, www bool) string {
	prefix := scheme.FindString(link)
	rest := link[len(prefix):]
	if www && len(rest) > 4 && strings.EqualFold(rest[:4], "www.") {
		rest = rest[4:]
	}
	end := strings.IndexAny(rest, "/?#:")
	if end < 0 {
		end = len(rest)
	}
	return prefix + host + rest[end:]
}

// Leftover lists the strings that still name the former owner once all is done, copy or not, with what they name.
// Code is "former".
func Leftover(texts []funnel.Text, former Former, client Brand) []funnel.Kept {
	r := NewRules(Config{Brand: client, Former: former})
	var left []funnel.Kept
	for _, t := range texts {
		if found := r.former.anywhere(r.look(t.Text), t.Text); len(found) > 0 {
			left = append(left, funnel.Kept{ElementID: t.ElementID, Code: "former", Message: fmt.Sprintf("%s still names the former owner: %s.", t.ElementID, strings.Join(found, ", "))})
		}
	}
	return left
}

// anywhere returns what of the former owner stands in a string, in addresses and tags too.
func (f *formerRules) anywhere(s *sight, raw string) []string {
	nothing := &sight{}
	var found []string
	note := func(what string) {
		if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, what) }) {
			found = append(found, what)
		}
	}
	low := strings.ToLower(raw)
	for _, link := range slices.Concat(s.links, hrefs(raw)) {
		l := strings.ToLower(link)
		if slices.ContainsFunc(f.contacts, func(c string) bool { return strings.Contains(l, c) }) || slices.ContainsFunc(f.squeezed, func(k string) bool { return strings.Contains(squeeze(l), k) }) {
			note(link)
		}
	}
	for _, c := range f.contacts {
		if strings.Contains(low, c) {
			note(c)
		}
	}
	for _, number := range telephone.FindAllString(raw, -1) {
		d := digits(number)
		if slices.ContainsFunc(f.phones, func(p string) bool { return strings.HasSuffix(d, p) || len(d) > 8 && strings.HasSuffix(p, d) }) {
			note(strings.TrimSpace(number))
		}
	}
	for s := range s.all() {
		for _, name := range f.in(s, nothing) {
			note(name)
		}
	}
	return found
}
