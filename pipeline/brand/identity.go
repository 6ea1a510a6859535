package brand

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	competitorKey = regexp.MustCompile(`^((direct|indirect|main|key|top|other)?competitors?|rivals?|competition)$`)
	peopleKey     = regexp.MustCompile(`^(people|team|founders?|founderandceo|cofounders?|owners?|ceo|author|host|coach|spokesperson|spokespeople|teammembers?|keypeople)$`)
	priceBehind   = regexp.MustCompile(`^(.+?)[\s—–:,(-]+([$€£¥]\s?\d[\d.,]*\w*|\d[\d.,]*\s?(?:[$€£¥]|USD|EUR|GBP|dollars|euros))\)?$`)
	priceAlone    = regexp.MustCompile(`^(?:[$€£¥]\s?\d[\d.,]*\w*|\d[\d.,]*\s?(?:[$€£¥]|USD|EUR|GBP|dollars|euros))(?:\s*(?:/|per|a)\s*\w+)?$`)
	nameEnd       = regexp.MustCompile(`\s*(?:[,;(:]|\s[—–-]\s).*$`)
	kindOf        = regexp.MustCompile(`(?i)\b(?:firms|programs|programmes|companies|agencies|apps|tools|courses|services|platforms|coaches|brands|books|blogs|others)$`)
	mailbox       = regexp.MustCompile(`^[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>().]+$`)
	hostName      = regexp.MustCompile(`(?i)^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+$`)
	genericFont   = set(`serif sans-serif monospace cursive fantasy system-ui ui-serif ui-sans-serif ui-monospace inherit initial`)
	fontKey       = regexp.MustCompile(`^(font|family|fontfamily|typeface|name|face|value)$`)
	notFontKey    = regexp.MustCompile(`^(description|notes?|scale|sizes?|fontsizes?|weights?|fontweights?|lineheights?|letterspacing|usage|title|style|rules|guidelines|fallbacks?)$`)
	fontSplit     = regexp.MustCompile(`\s*[;,]\s*|\s+and\s+`)
	fontFor       = regexp.MustCompile(`^(.+?)\s+(?:for|in|\()\s*(?:the\s+)?([\p{L} -]+?)\)?$`)
	socialKey     = regexp.MustCompile(`^(instagram|facebook|twitter|x|linkedin|tiktok|youtube|pinterest|threads|snapchat|bluesky|vimeo|twitch)$`)
	sayName       = regexp.MustCompile(`\b(?:I['’]m|I am|[Mm]y name is|[Ff]ounded by|[Ff]ounder,?|CEO,?)\s+(\p{Lu}[\p{L}'’-]+(?: \p{Lu}\.)? \p{Lu}[\p{L}'’-]+)`)
)

// rivals takes the names of competitors: of texts, of objects their "name". A kind of rival ("Tax firms (…)") is prose.
func (r *reader) rivals(n *node, path []string) {
	if n.leaf() {
		value, rest := firstSentence(n.text)
		for _, p := range listed(value) {
			r.rival(p, path)
		}
		r.words(rest, path)
		return
	}
	for i, kid := range n.kids {
		if n.object() {
			switch k := fieldKey(n.keys[i]); {
			case k == "name" || k == "names" || k == "competitor" || k == "company" || k == "brand" || k == "":
			case competitorKey.MatchString(k) || k == "direct" || k == "indirect" || k == "list":
				r.rivals(kid, path)
				continue
			default:
				if kid.leaf() && len(n.keys) == 1 { // "Dozeley: cheaper"
					r.rival(n.keys[i], path)
				}
				continue
			}
		}
		if kid.leaf() {
			r.rival(kid.text, path)
		} else {
			r.rivals(kid, path)
		}
	}
}

// capitalised is true where every word of a weight begins with a capital or a digit, or is of a script without them: a
// name and no description.
func capitalised(name string) bool {
	found := false
	for w := range strings.FieldsSeq(name) {
		first := []rune(strings.TrimLeft(w, `"'“‘(`) + " ")[0]
		small := unicode.IsLower(first) && !inner(w)
		if small && len(w) > 3 {
			return false
		}
		found = found || !small && (unicode.IsLetter(first) || unicode.IsDigit(first))
	}
	return found
}

func (r *reader) rival(text string, path []string) {
	text = oneLine(text)
	name := strings.Trim(nameEnd.ReplaceAllString(text, ""), ` .'"“”`)
	if kindOf.MatchString(name) || len(strings.Fields(name)) > 5 || len(name) > maxItem || !capitalised(name) || name == "DIY" {
		r.tell(path, text)
		return
	}
	r.put(&r.brand.Competitors, name)
}

// people takes names that look like a person's.
func (r *reader) people(n *node, path []string) {
	for _, item := range each(n) {
		switch name := item.get("name"); {
		case item.leaf():
			value := item.text
			found := false
			for _, p := range splitter.Split(value, maxItems) {
				if name := nameEnd.ReplaceAllString(oneLine(p), ""); isPerson(name) {
					r.put(&r.brand.People, name)
					found = true
				} else if found {
					break // what they are
				}
			}
			r.words(value, path)
		case name != nil:
			if full := nameEnd.ReplaceAllString(oneLine(name.text), ""); isPerson(full) {
				r.put(&r.brand.People, full)
			}
			r.walk(item, path)
		default:
			for i, key := range item.keys {
				if isPerson(key) && strings.Contains(key, " ") {
					r.put(&r.brand.People, oneLine(key))
				} else if k := fieldKey(key); peopleKey.MatchString(k) {
					r.people(item.kids[i], path)
				}
			}
			r.walk(item, path)
		}
	}
}

func isPerson(name string) bool {
	words := strings.Fields(name)
	if len(words) == 0 || len(words) > 4 || len(name) > maxItem || strings.ContainsAny(name, "0123456789@:/!?") {
		return false
	}
	if !slices.ContainsFunc(words, func(w string) bool { w = strings.ToLower(w); return !common[w] || wordNames[w] }) {
		return false // "Our Team"
	}
	for i, w := range words {
		first := []rune(w)[0]
		small := slices.Contains([]string{"de", "da", "del", "der", "den", "di", "la", "le", "van", "von", "bin", "y"}, w)
		if unicode.IsLower(first) && (i == 0 || !small) || !unicode.IsLetter(first) {
			return false
		}
	}
	return true
}

// products takes what the brand sells, a name and where it stands a price.
func (r *reader) products(n *node, path []string) {
	for _, p := range each(n) {
		name, price := p.get("name"), p.get("price")
		if name == nil {
			name = p.get("title")
		}
		switch {
		case p.leaf():
			if name := priceBehind.ReplaceAllString(oneLine(p.text), "$1"); capitalised(name) {
				r.product(p.text, "")
			} else {
				r.words(p.text, path)
			}
		case name != nil && name.leaf():
			cost := ""
			if price != nil {
				cost = price.text
			}
			r.product(name.text, cost)
			r.walk(p, path)
		default:
			for i, key := range p.keys {
				if kid := p.kids[i]; kid.leaf() && priceAlone.MatchString(oneLine(kid.text)) {
					r.product(key, kid.text)
				} else if cost := kid.get("price"); cost != nil && kid.get("name") == nil {
					r.product(key, cost.text)
				}
			}
			r.walk(p, path)
		}
	}
}

func (r *reader) product(name, price string) {
	name, price = strings.TrimSuffix(oneLine(name), "."), oneLine(price)
	if m := priceBehind.FindStringSubmatch(name); m != nil && price == "" {
		name, price = m[1], m[2]
	}
	if name == "" || len(strings.Fields(name)) > 7 || len(name) > maxItem || len(price) > maxItem || len(r.brand.Products) == maxItems ||
		slices.ContainsFunc(r.brand.Products, func(p Product) bool { return p.Name == name }) {
		return
	}
	r.brand.Products = append(r.brand.Products, Product{Name: name, Price: price})
}

// contact takes where the brand is reached.
func (r *reader) contact(k string, n *node, path []string) bool {
	c := &r.brand.Contact
	switch k {
	case "email", "emails", "emailaddress", "supportemail", "contactemail", "mail":
		r.each(n, func(s string) {
			if s = strings.TrimSuffix(s, "."); mailbox.MatchString(s) {
				r.put(&c.Emails, s)
			}
		})
	case "phone", "phones", "telephone", "phonenumber", "tel", "mobile":
		r.each(n, func(s string) {
			if d := len(digits(s)); d >= 6 && d <= 18 && len(s) <= maxItem {
				r.put(&c.Phones, s)
			}
		})
	case "address", "addresses", "postaladdress", "mailingaddress", "headoffice", "officeaddress":
		for _, item := range each(n) {
			parts := []string{oneLine(item.text)}
			for _, kid := range item.kids {
				if kid.leaf() && kid.text != "" {
					parts = append(parts, oneLine(kid.text))
				}
			}
			s := strings.TrimPrefix(strings.Join(parts, ", "), ", ")
			switch {
			case mailbox.MatchString(s):
				r.put(&c.Emails, s)
			case strings.Contains(s, " ") && len(s) <= 300:
				r.put(&c.Addresses, s)
			}
		}
	case "website", "websites", "domain", "domains", "site", "url", "homepage", "web":
		if len(path) > 3 {
			return false
		}
		r.each(n, func(s string) {
			if host := strings.TrimPrefix(hostOf(strings.TrimSuffix(s, ".")), "www."); hostName.MatchString(host) && !strings.Contains(s, " ") && len(host) <= maxItem {
				r.put(&c.Domains, host)
			}
		})
	case "socials", "social", "socialmedia", "sociallinks", "socialprofiles", "socialhandles":
		r.socials(n)
	default:
		if socialKey.MatchString(k) && n.leaf() && isProfile(n.text) {
			r.put(&c.Socials, oneLine(n.text))
			return true
		}
		return false
	}
	return true
}

// reached takes the addresses that stand in a text about contact.
func (r *reader) reached(text string) {
	c := &r.brand.Contact
	for w := range strings.FieldsFuncSeq(text, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune("|,;()<>", c) }) {
		switch w = strings.TrimRight(w, ".!?:"); {
		case mailbox.MatchString(w):
			r.put(&c.Emails, w)
		case isProfile(w) && (w[0] == '@' || network(w) != ""):
			r.put(&c.Socials, w)
		case strings.HasPrefix(strings.ToLower(w), "www.") || address.MatchString(w):
			if host := strings.TrimPrefix(hostOf(w), "www."); hostName.MatchString(host) && len(host) <= maxItem {
				r.put(&c.Domains, host)
			}
		}
	}
}

func (r *reader) socials(n *node) {
	for i, kid := range n.kids {
		if kid.leaf() && n.object() && !socialKey.MatchString(fieldKey(n.keys[i])) && fieldKey(n.keys[i]) != "url" && fieldKey(n.keys[i]) != "link" && fieldKey(n.keys[i]) != "handle" && fieldKey(n.keys[i]) != "" {
			continue
		}
		r.socials(kid)
	}
	if n.leaf() {
		for p := range strings.FieldsFuncSeq(n.text, func(c rune) bool { return c == ',' || c == ';' || unicode.IsSpace(c) }) {
			if p = strings.TrimSuffix(p, "."); isProfile(p) {
				r.put(&r.brand.Contact.Socials, p)
			}
		}
	}
}

// isProfile is true for a handle, and for an address of one.
func isProfile(s string) bool {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 200 || strings.ContainsAny(s, " \n\t") {
		return false
	}
	return s[0] == '@' && len(s) > 1 || network(s) != "" || address.MatchString(s)
}

// each calls f with the texts of a value, those of an object too, and what commas part.
func (r *reader) each(n *node, f func(string)) {
	for _, kid := range n.kids {
		r.each(kid, f)
	}
	if n.leaf() {
		for s := range strings.SplitSeq(n.text, ",") {
			f(oneLine(s))
		}
	}
}

// fonts takes families with what they are for.
func (r *reader) fonts(n *node, use string) {
	switch {
	case n.leaf():
		for _, s := range fontParts(n.text) {
			family, use := s, use
			if before, after, ok := strings.Cut(s, ":"); ok {
				use, family = strings.ToLower(strings.TrimSpace(before)), after
			} else if m := fontFor.FindStringSubmatch(s); m != nil {
				family, use = m[1], strings.ToLower(strings.TrimSpace(m[2]))
			}
			r.font(family, use)
		}
	case n.list:
		if all := n.kids; use != "" && len(all) > 0 && all[0].leaf() { // a family and what stands in for it
			r.font(all[0].text, use)
			return
		}
		for _, kid := range n.kids {
			r.fonts(kid, use)
		}
	default:
		for _, key := range []string{"use", "usage", "role", "for", "purpose"} {
			if t := n.get(key); t != nil && use == "" && len(strings.Fields(t.text)) <= 3 {
				use = strings.ToLower(oneLine(t.text))
			}
		}
		for i, kid := range n.kids {
			switch k := fieldKey(n.keys[i]); {
			case fontKey.MatchString(k) && kid.leaf():
				r.font(kid.text, use)
			case fontKey.MatchString(k) && kid.list && len(kid.kids) > 0:
				r.font(kid.kids[0].text, use)
			case notFontKey.MatchString(k) || k == "use" || k == "usage" || k == "role" || k == "for" || k == "purpose":
			case k == "" || k == "fonts" || k == "fontfamilies" || k == "families":
				r.fonts(kid, use)
			default:
				r.fonts(kid, strings.ToLower(oneLine(n.keys[i])))
			}
		}
	}
}

// fontParts are the fonts that a text names; a family with what stands in for it is one.
func fontParts(text string) []string {
	text, _ = firstSentence(text)
	parts := fontSplit.Split(text, 20)
	if slices.ContainsFunc(parts, func(p string) bool { return fontFor.MatchString(p) || strings.Contains(p, ":") }) {
		return parts
	}
	return parts[:1]
}

func (r *reader) font(family, use string) {
	family, _, _ = strings.Cut(family, ",")
	family = strings.Trim(oneLine(family), ` "'“”.`)
	words := strings.Fields(family)
	if len(words) == 0 || len(words) > 4 || len(family) > maxItem || genericFont[strings.ToLower(family)] || family[0] >= '0' && family[0] <= '9' || family == "true" || family == "false" ||
		len(words) > 1 && slices.ContainsFunc(words, func(w string) bool { return unicode.IsLower([]rune(w)[0]) }) {
		return
	}
	f := Font{Family: family, Use: truncate(use, maxItem)}
	if len(r.brand.Fonts) < maxItems && !slices.Contains(r.brand.Fonts, f) {
		r.brand.Fonts = append(r.brand.Fonts, f)
	}
}
