package brand

import (
	"bytes"
	"encoding/json"
	"strings"

	"gopkg.in/yaml.v3"
)

// The limits of a structured guide's tree.
const (
	maxDepth    = 40
	maxUnfolded = 2 * MaxText // bytes of YAML, aliases counted as often as they are used
)

// A node is a part of a guide: a text, a list or an object, whose keys keep their order.
type node struct {
	text string
	bare bool // a number, true, false or null of JSON: no text
	list bool
	keys []string // of an object; as many as kids
	kids []*node
}

func (n *node) leaf() bool   { return !n.list && n.keys == nil }
func (n *node) object() bool { return n.keys != nil }

func (n *node) put(key string, kid *node) {
	n.keys, n.kids = append(n.keys, key), append(n.kids, kid)
}

// get is the value of an object's key, nil where it has none.
func (n *node) get(key string) *node {
	for i, k := range n.keys {
		if k == key {
			return n.kids[i]
		}
	}
	return nil
}

// value is the part as encoding/json has it, the fields of an object in no order.
func (n *node) value() any {
	switch {
	case n.list:
		list := make([]any, len(n.kids))
		for i, kid := range n.kids {
			list[i] = kid.value()
		}
		return list
	case n.object():
		fields := make(map[string]any, len(n.keys))
		for i, key := range n.keys {
			fields[key] = n.kids[i].value()
		}
		return fields
	case n.bare && n.text == "":
		return nil
	case n.bare:
		return json.RawMessage(n.text)
	}
	return n.text
}

// A format is how a guide is written.
type format int

const (
	prose format = iota // no tree
	structured
	markdown
)

// readTree reads a guide as JSON, YAML or Markdown, whichever it is; nil where it is prose without any key.
func readTree(text string) (*node, format) {
	trimmed := strings.TrimSpace(text)
	if json.Valid([]byte(trimmed)) {
		dec := json.NewDecoder(strings.NewReader(trimmed))
		dec.UseNumber()
		return readJSON(dec, 0), structured
	}
	if front, body, ok := frontMatter(trimmed); ok {
		if n := readYAML(front); n != nil && n.object() {
			if under := readMarkdown(body); under != nil {
				n.keys, n.kids = append(n.keys, under.keys...), append(n.kids, under.kids...)
			} else if body = strings.TrimSpace(body); body != "" {
				n.put("", &node{text: body})
			}
			return n, markdown
		}
	}
	if looksLikeYAML(trimmed) {
		if n := readYAML(trimmed); n != nil && n.object() {
			return n, structured
		}
	}
	if n := readMarkdown(trimmed); n != nil {
		return n, markdown
	}
	return nil, prose
}

func readJSON(dec *json.Decoder, depth int) *node {
	t, err := dec.Token()
	if err != nil {
		return &node{}
	}
	if depth > maxDepth { // the value is passed over
		if d, ok := t.(json.Delim); ok && (d == '{' || d == '[') {
			for open := 1; open > 0; {
				if t, err = dec.Token(); err != nil {
					break
				}
				if d, ok := t.(json.Delim); ok {
					if d == '{' || d == '[' {
						open++
					} else {
						open--
					}
				}
			}
		}
		return &node{}
	}
	switch t := t.(type) {
	case json.Delim:
		n := &node{list: t == '[', keys: []string{}}
		if n.list {
			n.keys = nil
		}
		for dec.More() {
			if n.list {
				n.kids = append(n.kids, readJSON(dec, depth+1))
				continue
			}
			key, err := dec.Token()
			if err != nil {
				break
			}
			name, _ := key.(string)
			n.put(name, readJSON(dec, depth+1))
		}
		_, _ = dec.Token()
		return n
	case string:
		return &node{text: t}
	case json.Number:
		return &node{text: t.String(), bare: true}
	case bool:
		if t {
			return &node{text: "true", bare: true}
		}
		return &node{text: "false", bare: true}
	}
	return &node{bare: true}
}

// readYAML reads one YAML document; nil where it is none, or unfolds to more than the limits.
func readYAML(text string) *node {
	var doc yaml.Node
	if yaml.NewDecoder(bytes.NewReader([]byte(text))).Decode(&doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	left := maxUnfolded
	return fromYAML(doc.Content[0], 0, &left)
}

func fromYAML(y *yaml.Node, depth int, left *int) *node {
	if *left -= 8 + len(y.Value); *left < 0 || depth > maxDepth || y == nil {
		return &node{}
	}
	switch y.Kind {
	case yaml.AliasNode:
		return fromYAML(y.Alias, depth+1, left)
	case yaml.MappingNode:
		n := &node{keys: []string{}}
		for i := 0; i+1 < len(y.Content); i += 2 {
			if y.Content[i].Kind == yaml.ScalarNode {
				n.put(y.Content[i].Value, fromYAML(y.Content[i+1], depth+1, left))
			}
		}
		return n
	case yaml.SequenceNode:
		n := &node{list: true}
		for _, kid := range y.Content {
			n.kids = append(n.kids, fromYAML(kid, depth+1, left))
		}
		return n
	case yaml.ScalarNode:
		if y.Tag == "!!null" {
			return &node{}
		}
		return &node{text: y.Value}
	}
	return &node{}
}

// frontMatter splits a Markdown file's front matter from its body.
func frontMatter(text string) (front, body string, ok bool) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !strings.HasPrefix(text, "---\n") {
		return "", "", false
	}
	front, body, ok = strings.Cut(text[4:], "\n---")
	_, body, _ = strings.Cut(body, "\n")
	return front, body, ok
}

// looksLikeYAML tells YAML from prose and Markdown, which YAML's parsers take for it too: every line that is not
// indented is a key, an item, a comment or a mark, and one of them at least is a key.
func looksLikeYAML(text string) bool {
	keys := 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \r\n")
		if line == "" || line[0] == ' ' || line[0] == '#' || line[0] == ']' || line[0] == '}' || strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "---") || line == "..." {
			continue
		}
		key, _, ok := strings.Cut(line, ":")
		if !ok || len(strings.Fields(key)) > 3 {
			return false
		}
		keys++
	}
	return keys > 1 || keys == 1 && strings.Contains(text, "\n")
}
