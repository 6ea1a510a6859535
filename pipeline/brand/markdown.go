package brand

import (
	"regexp"
	"slices"
	"strings"
)

var (
	mdHeading = regexp.MustCompile(`^(#{1,6})\s+(.+?)\s*#*\s*$`)
	mdBullet  = regexp.MustCompile(`^\s*(?:[-*+•]|\d{1,3}[.)])\s+(.+)$`)
	mdKey     = regexp.MustCompile(`^\s*([\p{L}][\p{L}\p{N} _/'’&-]{0,40}?)\s*:(?:\s+(\S.*))?$`)
	mdNext    = regexp.MustCompile(`[.!?;]["”’)]?\s+\p{L}[\p{L}\p{N} _/'’&-]*:\s`)
	mdRule    = regexp.MustCompile(`^\s*\|?[\s:|-]*-{2,}[\s:|-]*$`)
	mdMarks   = strings.NewReplacer("**", "", "`", "", "__", "")
)

// A mdReader builds the tree of a Markdown text.
type mdReader struct {
	open      []*node // the root, and the headings that the line stands under
	levels    []int
	paragraph []string
	entry     *node // the value of the last "Key:" line, while more may belong to it
	items     *node // the list that bullets belong to
	header    []string
	rows      *node
	titled    bool
	found     bool // something but paragraphs
}

// readMarkdown reads Markdown as a tree: a heading is the key of what stands under it, "Key: value" an entry that ends
// with its sentence where another key follows, bullets are items, a row of a table with two columns an entry and with
// more an object. A first heading of level 1 is the title and no key. Paragraphs stand under the key "". Prose without
// any of these gives nil.
func readMarkdown(text string) *node {
	r := mdReader{open: []*node{{keys: []string{}}}, levels: []int{0}}
	for raw := range strings.Lines(text) {
		r.line(strings.TrimRight(mdMarks.Replace(raw), " \t\r\n"))
	}
	r.close()
	if !r.found {
		return nil
	}
	for _, kid := range r.open[0].kids {
		collapse(kid)
	}
	return r.open[0]
}

func (r *mdReader) top() *node { return r.open[len(r.open)-1] }

// close ends a paragraph and a table.
func (r *mdReader) close() {
	if len(r.paragraph) > 0 {
		r.top().put("", &node{text: strings.Join(r.paragraph, " ")})
	}
	r.paragraph, r.header, r.rows = nil, nil, nil
}

func (r *mdReader) line(line string) {
	if m := mdHeading.FindStringSubmatch(line); m != nil {
		r.close()
		r.heading(len(m[1]), m[2])
		return
	}
	trimmed := strings.TrimSpace(line)
	switch {
	case trimmed == "":
		r.close()
		if r.entry != nil && r.entry.text != "" {
			r.entry = nil
		}
	case trimmed[0] == '|':
		r.row(trimmed)
	case mdRule.MatchString(line):
	default:
		r.header, r.rows = nil, nil
		if m := mdBullet.FindStringSubmatch(line); m != nil {
			r.bullet(strings.TrimPrefix(strings.TrimPrefix(m[1], "[ ] "), "[x] "))
			return
		}
		r.items = nil
		if r.entry != nil && strings.HasSuffix(r.entry.text, ",") { // a list that goes on
			r.entry.text += " " + trimmed
			return
		}
		for rest := trimmed; rest != ""; {
			var part string
			part, rest = nextKey(rest)
			r.sentence(part)
		}
	}
}

// nextKey cuts a line before the sentence that begins with a key.
func nextKey(line string) (part, rest string) {
	at := mdNext.FindStringIndex(line)
	if at == nil {
		return line, ""
	}
	end := at[0] + 1
	for end < len(line) && line[end] != ' ' && line[end] != '\t' {
		end++
	}
	return strings.TrimSuffix(line[:end], ";"), strings.TrimSpace(line[end:])
}

func (r *mdReader) heading(level int, key string) {
	r.entry, r.items, r.found = nil, nil, true
	for len(r.levels) > 1 && r.levels[len(r.levels)-1] >= level {
		r.open, r.levels = r.open[:len(r.open)-1], r.levels[:len(r.levels)-1]
	}
	if level == 1 && !r.titled && len(r.top().keys) == 0 {
		r.titled = true
		return
	}
	n := &node{keys: []string{}}
	r.top().put(key, n)
	r.open, r.levels = append(r.open, n), append(r.levels, level)
}

func (r *mdReader) sentence(text string) {
	m := mdKey.FindStringSubmatch(text)
	if m == nil || strings.HasPrefix(m[2], "//") {
		r.entry = nil
		r.paragraph = append(r.paragraph, text)
		return
	}
	r.close()
	r.found = true
	r.entry = &node{text: m[2]}
	r.top().put(m[1], r.entry)
}

func (r *mdReader) bullet(text string) {
	r.close()
	r.found = true
	item := &node{text: text}
	m := mdKey.FindStringSubmatch(text)
	keyed := m != nil && m[2] != "" && !strings.HasPrefix(m[2], "//")
	switch {
	case r.items != nil: // the list that is open
	case r.entry != nil && r.entry.leaf() && r.entry.text == "":
		r.entry.list, r.items = true, r.entry
	case keyed:
		r.top().put(m[1], &node{text: m[2]})
		return
	default:
		r.items = &node{list: true}
		r.top().put("", r.items)
	}
	if keyed {
		item = &node{keys: []string{m[1]}, kids: []*node{{text: m[2]}}}
	}
	r.items.kids = append(r.items.kids, item)
}

func (r *mdReader) row(line string) {
	if mdRule.MatchString(line) {
		return
	}
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	if r.header == nil {
		r.close()
		r.entry, r.items, r.found = nil, nil, true
		r.header = cells
		return
	}
	if len(r.header) == 2 && len(cells) == 2 && !pairColumns(r.header) {
		if r.rows == nil {
			if r.rows = r.top(); swatchKey.MatchString(plainKey(r.header[1])) {
				r.rows = &node{keys: []string{}}
				r.top().put("colours", r.rows)
			}
		}
		r.rows.put(cells[0], &node{text: cells[1]})
		return
	}
	if r.rows == nil {
		r.rows = &node{list: true}
		key := ""
		if slices.ContainsFunc(r.header, func(h string) bool { return swatchKey.MatchString(plainKey(h)) }) {
			key = "colours"
		}
		r.top().put(key, r.rows)
	}
	row := &node{keys: []string{}}
	for i, cell := range cells {
		if i < len(r.header) {
			row.put(r.header[i], &node{text: cell})
		}
	}
	r.rows.kids = append(r.rows.kids, row)
}

// collapse makes a heading over paragraphs and bullets alone the key of their text or list.
func collapse(n *node) {
	for _, kid := range n.kids {
		collapse(kid)
	}
	if len(n.keys) == 0 || slices.ContainsFunc(n.keys, func(k string) bool { return k != "" }) {
		return
	}
	if len(n.kids) == 1 {
		*n = *n.kids[0]
		return
	}
	list := &node{list: true}
	for _, kid := range n.kids {
		list.kids = append(list.kids, each(kid)...)
	}
	*n = *list
}
