package brand

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// FindFormer tells whose funnel it was from all of its strings, copy or not: elements that hold a brand's name, authors,
// the part of page titles that recurs, senders, signatures, copyright lines, the descriptions of logos, mailboxes and
// their domains, links.
//
// It is careful, because what it finds may not be written any more: a common word is nobody's name unless an element
// says so, a name seen in one doubtful place only is none, and hosts of builders, shops and networks are nobody's. The
// client's own names and addresses are left out. An operator adds what is missing with Former.With.
func FindFormer(texts []funnel.Text, client Brand) Former {
	f := finder{weight: make(map[string]int), names: make(map[string]string), people: make(map[string]string), hosts: make(map[string]int)}
	for _, t := range texts {
		f.read(t)
	}
	f.titles()
	return f.former(client)
}

// A finder gathers what may be the former owner's, with weights: two are enough for a name.
type finder struct {
	weight map[string]int    // of squeezed names and people
	names  map[string]string // squeezed to as written
	people map[string]string
	order  []string // squeezed, as found
	pages  []string // titles of pages
	hosts  map[string]int
	found  Former // what needs no weighing
	mail   []string
	prose  []string
}

// Parts of ids, as funnel builders name elements.
var (
	ofBrandName = regexp.MustCompile(`(?:brand|company|business|site|organi[sz]ation|studio|store|shop)_?name$|^(?:brand|company)$|_brand$`)
	ofAuthor    = regexp.MustCompile(`author|byline|presenter|host_name|coach_name|instructor|founder_name|expert_name`)
	ofSender    = regexp.MustCompile(`(?:from|sender)_?name|^from$|_from$`)
	ofSignature = regexp.MustCompile(`signature|sign_?off|signed`)
	ofTitle     = regexp.MustCompile(`(?:meta|page|seo|og|browser|site)_?title|title_tag`)
	ofAddress   = regexp.MustCompile(`(?:company|business|postal|mailing|street|office|footer|physical)_?address`)
	idParts     = regexp.MustCompile(`([a-z0-9])([A-Z])`)

	breaks    = regexp.MustCompile(`(?i)<br[^<>]*>|</(?:p|div|li|td|tr|h[1-6]|span)>|\n|\r`)
	anyTag    = regexp.MustCompile(`<[^<>]*>`)
	copyright = regexp.MustCompile(`(?i)(?:©|&copy;|\(c\)|copyright)\s*(?:©|&copy;|\(c\))?\s*(?:\d{4}(?:\s*[-–]\s*\d{4})?)?,?\s*(?:by\s+)?([^\n<>|•·©.,]{2,60})`)
	logo      = regexp.MustCompile(`(?i)^(?:the |our )?(.{2,50}?)(?:'s)? logo\b|\blogo (?:of|for) (?:the )?(.{2,50}?)[.,]?$`)
	separator = regexp.MustCompile(` +[|–—·•:»-]+ +|\s*\|\s*`)
	sender    = regexp.MustCompile(`(?i)^(.+?)(?:\s+(?:from|at|of|with|@|von|bei|de|da|di)\s+|\s*[|,·–—(-]\s*)(.+?)\)?$`)
	office    = regexp.MustCompile(`(?i)\b(?:founder|owner|ceo|coach|director|creator|host|author|editor|manager|president|head|gründerin|gründer|fondatrice|fondateur|fundadora|fundador|team)\b`)
	closing   = regexp.MustCompile(`(?i)^(?:warm(?:ly|est)?|best|kind|love|with|yours|sincerely|cheers|regards|thanks?|thank you|see you|talk|to your|xo+|take care|all|looking|many|in health|p\.?s|herzlich|liebe|viele|mit|à|bien|un |saludos|con)`)
	phoneMark = regexp.MustCompile(`(?:\+|\b00)?\(?\d[\d\s().\-/]{6,18}\d`)
	trailing  = regexp.MustCompile(`(?i)[\s,.]+(?:all rights reserved.*|inc\.?|llc\.?|ltd\.?|gmbh|corp\.?|co\.?|limited|s\.?a\.?|b\.?v\.?)$`)
	rights    = regexp.MustCompile(`(?i)\s*(?:-\s*)?(?:all rights reserved|alle rechte|tous droits|todos los).*$`)
)

// read gathers from one string.
func (f *finder) read(t funnel.Text) {
	id := strings.ToLower(idParts.ReplaceAllString(t.ElementID, "${1}_$2"))
	id = strings.NewReplacer("-", "_", ".", "_", " ", "_").Replace(id)
	text := strings.TrimSpace(oneLine(html.UnescapeString(t.Text)))
	if text == "" {
		return
	}
	lines := split(t.Text)
	alt := t.Field == "alt_text" || t.Role == funnel.RoleAlt
	switch {
	case alt:
		if m := logo.FindStringSubmatch(text); m != nil {
			f.name(m[1]+m[2], 1+btoi(strings.Contains(id, "logo")))
		}
	case ofBrandName.MatchString(id):
		f.name(text, 3)
	case ofAuthor.MatchString(id):
		f.name(text, 2)
	case ofSender.MatchString(id):
		f.sender(text)
	case ofSignature.MatchString(id):
		f.signature(lines)
	case ofTitle.MatchString(id) || t.Role == funnel.RoleMetaTitle:
		f.pages = append(f.pages, text)
	case ofAddress.MatchString(id):
		f.address(text)
	}
	for _, m := range copyright.FindAllStringSubmatch(strings.Join(lines, "\n"), -1) {
		f.name(trailing.ReplaceAllString(rights.ReplaceAllString(m[1], ""), ""), 2)
	}
	for _, tag := range imgAlt.FindAllStringSubmatch(t.Text, -1) {
		if m := logo.FindStringSubmatch(html.UnescapeString(tag[1] + tag[2])); m != nil {
			f.name(m[1]+m[2], 1)
		}
	}
	f.links(t)
	if strings.Contains(id, "phone") || strings.Contains(id, "tel") || strings.Contains(strings.ToLower(t.Text), "tel:") {
		for _, p := range phoneMark.FindAllString(t.Text, 3) {
			if n := len(digits(p)); n >= 8 && n <= 15 {
				f.found.Phones = append(f.found.Phones, p)
			}
		}
	}
	f.prose = append(f.prose, text)
}

var imgAlt = regexp.MustCompile(`(?is)<img\b[^<>]*?\salt\s*=\s*(?:"([^"]*)"|'([^']*)')`)

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// split returns the lines that a reader sees.
func split(text string) []string {
	var lines []string
	for _, line := range breaks.Split(text, -1) {
		if line = oneLine(html.UnescapeString(anyTag.ReplaceAllString(line, " "))); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// name weighs a name of the owner. What cannot be a name is left out.
func (f *finder) name(name string, weight int) {
	name = strings.Trim(oneLine(html.UnescapeString(anyTag.ReplaceAllString(name, " "))), ` .,;:!?|-–—"'“”‘’`)
	if m := strings.ToLower(name); strings.HasPrefix(m, "the ") && strings.HasSuffix(m, " team") {
		name = name[4:]
	}
	name = strings.TrimSuffix(strings.TrimSuffix(name, " Team"), " team")
	words := cut(plain(name))
	key := squeeze(name)
	if !nameable(name, words, weight) {
		return
	}
	if f.weight[key] == 0 {
		f.order = append(f.order, key)
		f.names[key] = name
	}
	f.weight[key] += weight
}

// nameable is true for what looks like a name: a few words with capitals, no address or placeholder, not a common word
// alone unless an element says that it is a name.
func nameable(name string, words []word, weight int) bool {
	if len(words) == 0 || len(words) > 6 || utf8.RuneCountInString(name) > 60 || strings.ContainsAny(name, "{}[]<>%|@/#*_!?") || len(squeeze(name)) < 2 {
		return false
	}
	if weight >= 3 {
		return true
	}
	capitals, heavy := 0, 0
	for _, w := range words {
		if len(w.text) > 3 || len(words) == 1 {
			heavy++
			if w.capital() || inner(w.text) {
				capitals++
			}
		}
	}
	if heavy == 0 || capitals < heavy && !(len(words) == 1 && inner(name)) {
		return false
	}
	return len(words) > 1 || !common[words[0].base]
}

// person weighs somebody's name: one to three words with capitals.
func (f *finder) person(name string, weight int) {
	name = strings.Trim(oneLine(name), ` .,;:!?|-–—"'“”‘’~`)
	words := cut(plain(name))
	if len(words) == 0 || len(words) > 4 || strings.ContainsAny(name, "{}[]<>%|@/#*_&0123456789") || utf8.RuneCountInString(name) > 40 || office.MatchString(name) {
		return
	}
	for _, w := range words {
		if !w.capital() || common[w.base] && !wordNames[w.base] || len(words) == 1 && len(w.base) < 3 {
			return
		}
	}
	key := squeeze(name)
	if f.weight[key] == 0 {
		f.order = append(f.order, key)
	}
	f.people[key] = name
	f.weight[key] += weight
}

// sender reads "Ana", "Ana from Harbor & Pine", "Ana | Harbor & Pine", "Harbor & Pine", "The Harbor & Pine Team".
func (f *finder) sender(text string) {
	if m := sender.FindStringSubmatch(text); m != nil {
		f.person(m[1], 2)
		f.name(m[2], 2)
		return
	}
	if words := cut(plain(text)); len(words) == 1 || len(words) == 2 && !strings.Contains(text, "&") && !office.MatchString(text) {
		f.person(text, 2)
		return
	}
	f.name(text, 2)
}

// signature reads lines: a closing, somebody's name, what they are, whose they are.
func (f *finder) signature(lines []string) {
	named := false
	for _, line := range lines {
		line = strings.TrimLeft(line, "-–—~ ")
		switch {
		case closing.MatchString(line) && len(cut(plain(line))) > 0 && (strings.HasSuffix(line, ",") || len(lines) > 1 && !named && line == lines[0]):
			continue
		case office.MatchString(line):
			for _, part := range regexpComma.Split(line, -1) {
				if !office.MatchString(part) {
					if !named {
						f.person(part, 2)
						named = true
						continue
					}
					f.name(part, 2)
				}
			}
		case !named:
			named = true
			f.person(line, 2)
		default:
			f.name(line, 2)
		}
	}
}

var regexpComma = regexp.MustCompile(`(?i)\s*[,|·•@]\s*|\s+(?:of|at|from|von|de)\s+`)

// address reads a postal address, and the name before it.
func (f *finder) address(text string) {
	if first := separator.Split(text, 2); len(first) == 2 {
		f.name(first[0], 1)
	}
	if strings.ContainsAny(text, "0123456789") && len(funnel.Links(text)) == 0 && utf8.RuneCountInString(text) < 200 {
		f.found.Addresses = append(f.found.Addresses, text)
	}
}

// links gathers addresses and hosts.
func (f *finder) links(t funnel.Text) {
	for _, link := range slices.Concat(funnel.Links(t.Text), hrefs(t.Text)) {
		host := hostOf(link)
		bare := unschemed(link)
		if at := strings.IndexByte(bare, '@'); at > 0 && !strings.Contains(bare[:at], "/") {
			bare, _, _ = strings.Cut(bare, "?")
			mailbox := strings.ToLower(bare[:at])
			if t.Role == funnel.RoleLabel || mailboxes[mailbox] && mailHosts[host] || mailbox == "your" || mailbox == "you" || mailbox == "name" {
				continue // "your@email.com" in a form
			}
			f.found.Emails = append(f.found.Emails, bare)
			if !mailHosts[host] {
				f.found.Domains = append(f.found.Domains, strings.TrimPrefix(host, "www."))
			}
			if !mailboxes[mailbox] {
				f.mail = append(f.mail, mailbox)
			}
			continue
		}
		if network(link) != "" {
			f.found.Socials = append(f.found.Socials, link)
			continue
		}
		if host != "" && strings.Contains(host, ".") && !shared(host) {
			f.hosts[strings.TrimPrefix(host, "www.")]++
		}
	}
}

var href = regexp.MustCompile(`(?is)\shref\s*=\s*(?:"([^"]*)"|'([^']*)')`)

// hrefs returns where the links of a text lead.
func hrefs(text string) []string {
	var found []string
	for _, m := range href.FindAllStringSubmatch(text, -1) {
		link := strings.TrimSpace(html.UnescapeString(m[1] + m[2]))
		if scheme.MatchString(link) && !strings.HasPrefix(strings.ToLower(link), "tel:") && !strings.HasPrefix(strings.ToLower(link), "sms:") {
			found = append(found, link)
		}
	}
	return found
}

// titles weighs the last and first parts of page titles: one that recurs is the owner's name.
func (f *finder) titles() {
	ends := make(map[string]int)
	var order []string
	for _, title := range f.pages {
		parts := separator.Split(title, -1)
		if len(parts) < 2 {
			continue
		}
		for _, part := range slices.Compact([]string{parts[len(parts)-1], parts[0]}) {
			if ends[part]++; ends[part] == 1 {
				order = append(order, part)
			}
		}
	}
	for _, part := range order {
		f.name(part, min(ends[part], 2))
	}
}

// former weighs all that was gathered, and leaves out what is the client's.
func (f *finder) former(client Brand) Former {
	own := make(map[string]bool)
	for _, name := range client.names() {
		own[squeeze(name)] = true
	}
	for _, c := range slices.Concat(client.Contact.Emails, client.Contact.Domains, client.Contact.Socials, client.Contact.Addresses) {
		own[squeeze(unschemed(c))] = true
	}
	for _, p := range client.Contact.Phones {
		own[digits(p)] = true
	}
	for host := range f.hosts { // a name that is also a host
		if key := squeeze(strings.SplitN(host, ".", 2)[0]); f.weight[key] > 0 {
			f.weight[key]++
		}
	}
	for _, m := range f.mail {
		f.mailbox(m)
	}
	out := f.found
	for _, key := range f.order {
		switch {
		case f.weight[key] < 2 || own[key]:
		case f.people[key] != "":
			out.People = append(out.People, f.people[key])
		default:
			out.Names = append(out.Names, f.names[key])
		}
	}
	total := 0
	for _, n := range f.hosts {
		total += n
	}
	hosts := make([]string, 0, len(f.hosts))
	for host := range f.hosts {
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	for _, host := range hosts {
		label := squeeze(strings.SplitN(host, ".", 2)[0])
		if f.weight[label] >= 2 || f.ofMail(host) || f.hosts[host] > 1 && f.hosts[host]*2 > total {
			out.Domains = append(out.Domains, host)
		}
	}
	mine := func(s string) bool {
		return own[squeeze(unschemed(s))] || slices.ContainsFunc(client.Contact.Domains, func(d string) bool {
			host, d := hostOf(s), hostOf(d)
			return d != "" && (host == d || strings.HasSuffix(host, "."+d))
		})
	}
	out.Domains = slices.DeleteFunc(out.Domains, mine)
	out.Emails = slices.DeleteFunc(out.Emails, mine)
	out.Socials = slices.DeleteFunc(out.Socials, mine)
	out.Addresses = slices.DeleteFunc(out.Addresses, mine)
	out.Phones = slices.DeleteFunc(out.Phones, func(p string) bool { return own[digits(p)] })
	return out.With(Former{}) // each once
}

// ofMail is true for a host that is part of a mailbox's domain or holds it.
func (f *finder) ofMail(host string) bool {
	return slices.ContainsFunc(f.found.Domains, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
}

// mailbox makes a person of one: of bridget.ray a person of two words, of bridget one where the copy names it with a
// capital.
func (f *finder) mailbox(m string) {
	parts := strings.FieldsFunc(m, func(r rune) bool { return r == '.' || r == '_' || r == '-' })
	for i, p := range parts {
		if len(p) < 3 || common[p] || mailboxes[p] || strings.ContainsAny(p, "0123456789+") {
			return
		}
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	if len(parts) == 0 || len(parts) > 2 {
		return
	}
	name := strings.Join(parts, " ")
	if f.weight[squeeze(name)] > 0 {
		f.weight[squeeze(name)]++
		return
	}
	named := 0
	for _, text := range f.prose {
		for _, w := range cut(plain(text)) {
			named += btoi(w.base == strings.ToLower(parts[0]) && w.capital())
		}
	}
	if len(parts) == 2 || named > 0 {
		f.person(name, 2)
	}
}
