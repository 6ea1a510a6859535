package funnel

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// The keys of an element that hold what people read, or where it leads, beside
// text and url, in the spellings of the builders.
//
// A text of another key is copy where the element has no text; where it has
// one, such a key is as often a name for the editor's own list of layers, and
// is held.
var (
	otherTexts = []string{"content", "html", "title", "subtitle", "heading", "label", "placeholder", "caption", "description", "value"}
	altTexts   = []string{"alt_text", "alt", "altText"}
	addresses  = []string{"url", "src", "href", "link"}
)

// A reader sorts what the elements hold.
type reader struct {
	funnel  *Funnel
	options Options
	taken   map[string]bool // keys, and ids that become one
	next    map[string]int  // the number to try behind a key that is taken
	seen    map[string]bool // ids of the elements that were read
}

func newReader(raw []byte, elements []element, options Options) *reader {
	r := &reader{
		funnel: &Funnel{
			raw: raw, count: len(elements), patterns: slices.Clone(options.Placeholders),
			texts: make(map[string]int), urls: make(map[string]int), elements: make(map[string]bool),
		},
		options: options, taken: make(map[string]bool), next: make(map[string]int), seen: make(map[string]bool),
	}
	for _, e := range elements {
		r.taken[e.id] = true
	}
	return r
}

// free returns a key that nothing else has: the one wanted, or that with the
// first number behind it that is free.
func (r *reader) free(wanted string) string {
	key := wanted
	for n := max(2, r.next[wanted]); r.taken[key]; n++ {
		key = fmt.Sprintf("%s~%d", wanted, n)
		r.next[wanted] = n + 1
	}
	r.taken[key] = true
	return key
}

// read sorts one element's strings.
func (r *reader) read(e element) error {
	key := e.id
	if r.seen[e.id] {
		key = r.free(e.id)
	}
	r.seen[e.id], r.funnel.elements[key] = true, true
	kind := kindWords(e)
	s := source{
		element: e, key: key, kind: kind, page: pageOf(e),
		locked: yes(e.fields["locked"]) || knownName(r.options.Lock, e.id, key),
		colour: knownName(r.options.Colours, e.id, key),
	}
	before := len(r.funnel.leaves)
	main, hasText := text(e.fields["text"])
	if hasText {
		if err := r.add(s, "text", main, key); err != nil {
			return err
		}
	}
	s.spare = hasText && !blank(main)
	for _, field := range otherTexts {
		if err := r.addOther(s, field); err != nil {
			return err
		}
	}
	s.spare = false
	for _, field := range altTexts {
		if err := r.addOther(s, field); err != nil {
			return err
		}
	}
	pictured, err := r.addPicture(s, r.funnel.leaves[before:])
	if err != nil {
		return err
	}
	for _, field := range addresses {
		if at := e.places[field]; pictured == at && at.end > 0 {
			continue
		}
		if err := r.addOther(s, field); err != nil {
			return err
		}
	}
	if len(r.funnel.leaves) > MaxTexts {
		return fmt.Errorf("is the one with which the funnel has more than %d texts: split it", MaxTexts)
	}
	if len(r.funnel.leaves) == before && pictured == (span{}) {
		r.funnel.unread = append(r.funnel.unread, unread(s))
	}
	return nil
}

// A source is the element that a string comes from, and what is known of it.
type source struct {
	element
	key    string
	kind   []string // the words of its type
	page   string
	locked bool // it stays as it is
	colour bool // it is said to hold a colour
	spare  bool // the string is beside the element's text
}

// addOther adds the string under a key that is not text, if there is one that
// can be seen.
func (r *reader) addOther(s source, field string) error {
	value, ok := text(s.fields[field])
	if !ok || blank(value) {
		return nil
	}
	return r.add(s, field, value, s.key+"#"+field)
}

// add adds a string of an element, node by node where it is rich text.
func (r *reader) add(s source, field, value, key string) error {
	if len(value) > MaxText {
		return fmt.Errorf("%s is %d bytes long: at most %d are accepted; split it", field, len(value), MaxText)
	}
	at := s.places[field]
	if nodes := richText(value); len(nodes) > 0 {
		r.addNodes(s, field, value, at, nodes)
		return nil
	}
	if key != s.key {
		key = r.free(key)
	}
	r.append(s, leaf{Text: Text{Key: key, Field: field, Text: value}, value: at})
	return nil
}

// addNodes adds the nodes of a rich text that can be seen.
func (r *reader) addNodes(s source, field, value string, at span, nodes []node) {
	places := rawPlaces(r.funnel.raw[at.start:at.end], nodes)
	w := &whole{key: s.key, size: len(value)}
	prefix := s.key + "#"
	if field != "text" {
		prefix += field + "#"
	}
	for i, n := range nodes {
		l := leaf{
			Text:  Text{Key: r.free(fmt.Sprint(prefix, i)), Field: field, Text: n.text},
			value: span{at.start + places[i].start, at.start + places[i].end}, nested: true, size: n.at.end - n.at.start, whole: w,
		}
		if n.code {
			l.code = "code"
		}
		r.append(s, l)
	}
}

// append adds a string, with its role and the reason why it is not copy.
func (r *reader) append(s source, l leaf) {
	l.ElementID, l.Page = s.id, s.page
	id := words(s.id)
	l.Role = roleOf(id, s.kind, l.Field, l.Text.Text)
	switch {
	case s.locked:
		l.code = "locked"
	case l.code != "":
	default:
		l.code = r.why(s, id, l)
	}
	if l.code == "legal" {
		l.Role = RoleLegal
	}
	r.funnel.texts[l.Key] = len(r.funnel.leaves)
	r.funnel.leaves = append(r.funnel.leaves, l)
}

// why returns the code of the reason why a string is not copy, or "".
func (r *reader) why(s source, id string, l leaf) string {
	trimmed := strings.TrimSpace(l.Text.Text)
	if s.colour && isColour(trimmed) {
		return "colour"
	}
	if why := whyNotCopy(s.id, trimmed); why != "" {
		return codes[why]
	}
	switch {
	case r.placeholdersOnly(trimmed):
		return "placeholder"
	case isLegal(id, trimmed):
		return "legal"
	case s.spare || slices.Contains(addresses, l.Field):
		return "field"
	}
	return ""
}

// placeholdersOnly is true where nothing but the template's own placeholders
// has words.
func (r *reader) placeholdersOnly(text string) bool {
	rest := text
	for _, p := range r.options.Placeholders {
		rest = p.ReplaceAllString(rest, " ")
	}
	return rest != text && !readable(rest)
}

// addPicture adds the picture of an element of type image, whose strings are
// given, and returns where its address stands.
func (r *reader) addPicture(s source, beside []leaf) (span, error) {
	if !isPicture(s.kind) {
		return span{}, nil
	}
	if raw := s.fields["url"]; raw != nil && raw[0] != '"' && string(raw) != "null" {
		return span{}, fmt.Errorf("url is %s: give a string, or leave it out", kindOf(raw))
	}
	for _, field := range addresses[:2] {
		url, _ := text(s.fields[field])
		if strings.TrimSpace(url) == "" || s.locked {
			continue
		}
		alt, _ := text(s.fields["alt_text"])
		altKey := ""
		if i := slices.IndexFunc(beside, func(l leaf) bool { return slices.Contains(altTexts, l.Field) }); i >= 0 {
			alt, altKey = beside[i].Text.Text, beside[i].Key
		}
		r.funnel.urls[s.key] = len(r.funnel.pictures)
		r.funnel.pictures = append(r.funnel.pictures, picture{Image{
			Key: s.key, ElementID: s.id, URL: url, AltText: alt, AltKey: altKey, Page: s.page,
			Width: pixels(s.fields["width"]), Height: pixels(s.fields["height"]), Transparent: yes(s.fields["transparent_bg"]),
		}, s.places[field]})
		return s.places[field], nil
	}
	return span{}, nil
}

// unread says why nothing of an element may be replaced.
func unread(s source) Kept {
	kept := func(code, message string) Kept { return Kept{ElementID: s.id, Code: code, Message: message} }
	raw := s.fields["text"]
	switch kind := strings.Join(s.kind, " "); {
	case s.locked:
		return kept("locked", messages["locked"])
	case isPicture(s.kind):
		return kept("noUrl", "an image without the address of a picture")
	case raw != nil && string(raw) != "null":
		return kept("noText", "its text is "+kindOf(raw)+", not a text to rewrite")
	case kind == "" || kind == "character" || slices.Contains(s.kind, "text"):
		return kept("noText", "it has no text")
	default:
		return kept("unknownType", fmt.Sprintf("an element of type %q that has no text", list([]string{kind})))
	}
}

// kindWords returns the words of an element's type, in lower case.
func kindWords(e element) []string {
	var kinds []string
	for _, field := range []string{"type", "elType", "widgetType"} {
		if kind, ok := text(e.fields[field]); ok {
			kinds = append(kinds, strings.FieldsFunc(words(kind), func(r rune) bool { return r == '_' })...)
		}
	}
	return kinds
}

// isPicture is true for the types of elements that show a picture.
func isPicture(kind []string) bool {
	return slices.ContainsFunc(kind, func(word string) bool {
		return word == "image" || word == "img" || word == "picture" || word == "photo" || word == "logo"
	})
}

// knownName is true where a list of ids and patterns of ids has one of the names.
func knownName(patterns []string, names ...string) bool {
	for _, pattern := range patterns {
		for _, name := range names {
			if match, _ := path.Match(slashless(pattern), slashless(name)); match || pattern == name {
				return true
			}
		}
	}
	return false
}

// slashless hides slashes, at which a * would stop.
func slashless(s string) string { return strings.ReplaceAll(s, "/", "\x00") }

// checkPatterns says which pattern cannot be read.
func checkPatterns(options Options) error {
	for name, patterns := range map[string][]string{"lock": options.Lock, "colours": options.Colours} {
		for _, pattern := range patterns {
			if _, err := path.Match(slashless(pattern), ""); err != nil {
				return fmt.Errorf("%s: %s is no id and no pattern of ids: close its bracket", name, list([]string{pattern}))
			}
		}
	}
	return nil
}
