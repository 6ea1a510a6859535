package brand

import (
	"bytes"
	"encoding/json"
	"strings"

	"gopkg.in/yaml.v3"
)

// The limits of a structured guide's tree.
const (
	maxDepth = 40
	maxNodes = 200_000 // aliases of YAML counted as often as they are used
)

// A node is a part of a guide: a text, a list or an object, whose keys keep their order.
type node struct {
	text string
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

// readTree reads a guide as JSON, YAML or Markdown, whichever it is; nil where it is prose.
func readTree(text string) *node {
	trimmed := strings.TrimSpace(text)
	if json.Valid([]byte(trimmed)) {
		dec := json.NewDecoder(strings.NewReader(trimmed))
		dec.UseNumber()
		return readJSON(dec, 0)
	}
	if front, body, ok := frontMatter(trimmed); ok {
		if n := readYAML(front); n != nil && n.object() {
			if body := readMarkdown(body); body != nil {
				n.keys, n.kids = append(n.keys, body.keys...), append(n.kids, body.kids...)
			}
			return n
		}
	}
	if looksLikeYAML(trimmed) {
		if n := readYAML(trimmed); n != nil && n.object() {
			return n
		}
	}
	return readMarkdown(trimmed)
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
		return &node{text: t.String()}
	case bool:
		if t {
			return &node{text: "true"}
		}
		return &node{text: "false"}
	}
	return &node{}
}

// readYAML reads one YAML document; nil where it is none, or unfolds to more than the limits.
func readYAML(text string) *node {
	var doc yaml.Node
	if yaml.NewDecoder(bytes.NewReader([]byte(text))).Decode(&doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	left := maxNodes
	return fromYAML(doc.Content[0], 0, &left)
}

func fromYAML(y *yaml.Node, depth int, left *int) *node {
	if *left--; *left < 0 || depth > maxDepth || y == nil {
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
