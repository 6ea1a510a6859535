package funnel

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A node is a string of rich text that people read.
type node struct {
	text string
	at   span // the JSON string in the rich text, quotes included
	code bool // it is source code
}

// Rich text is a tree of JSON. What editors store differs in the root and in
// the key of the words:
//
//	Tiptap, ProseMirror  {"type":"doc","content":[{"type":"text","text":"…"}]}
//	Lexical              {"root":{"children":[{"type":"text","text":"…"}]}}
//	Slate, Portable Text [{"type":"paragraph","children":[{"text":"…"}]}]
//	Quill                {"ops":[{"insert":"…"}]}
//	EditorJS             {"blocks":[{"type":"paragraph","data":{"text":"…"}}]}
//	Draft.js             {"blocks":[{"text":"…","type":"unstyled"}]}
//	Contentful           {"nodeType":"document","content":[{"nodeType":"text","value":"…"}]}

// richText returns the nodes of a rich text that can be seen, in order. There is
// none where a text is not rich text.
func richText(text string) []node {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' || !json.Valid([]byte(text)) {
		return nil
	}
	w := walker{json: text}
	root := w.value(strings.Index(text, trimmed))
	if !isRich(root) {
		return nil
	}
	w.collect(root, false)
	return w.nodes
}

// A value is a JSON value, and where it stands.
type value struct {
	at      span
	kind    byte // the first byte of its spelling
	text    string
	items   []value
	members []member
}

type member struct {
	key   string
	value value
}

// get returns the value under a key, the last one as decoders do.
func (v value) get(key string) value {
	for _, m := range slices.Backward(v.members) {
		if m.key == key {
			return m.value
		}
	}
	return value{}
}

// isRich is true for the root of a rich text.
func isRich(root value) bool {
	if root.kind == '[' {
		return len(root.items) > 0 && !slices.ContainsFunc(root.items, func(item value) bool {
			return item.get("children").kind != '[' && item.get("insert").kind == 0 && !isTextNode(item)
		}) && slices.ContainsFunc(root.items, func(item value) bool {
			return item.get("children").kind == '[' || item.get("insert").kind == '"' || item.get("type").text == "text"
		})
	}
	switch blocks := root.get("blocks"); {
	case root.get("type").text == "doc", root.get("nodeType").text == "document":
		return root.get("content").kind == '['
	case root.get("root").kind == '{':
		return root.get("root").get("children").kind == '['
	case root.get("ops").kind == '[':
		return true
	case root.get("document").get("nodes").kind == '[': // Slate of old
		return true
	case root.get("children").kind == '[':
		return true
	case blocks.kind == '[':
		return len(blocks.items) > 0 && !slices.ContainsFunc(blocks.items, func(b value) bool {
			return b.get("data").kind != '{' && b.get("text").kind != '"' || ranged(b)
		})
	}
	return false
}

// ranged is true for a block of Draft.js whose styles go by the characters'
// numbers, which a rewrite would shift.
func ranged(block value) bool {
	return len(block.get("inlineStyleRanges").items) > 0 || len(block.get("entityRanges").items) > 0
}

// isTextNode is true for an object that holds words and no children.
func isTextNode(v value) bool { return v.get("text").kind == '"' && v.get("children").kind == 0 }

// aside are the keys under which no words of the page are.
var aside = []string{"attrs", "attributes", "marks", "style", "format", "entityMap", "tunes", "meta", "markDefs"}

// blockTexts are the keys of a block's data in EditorJS that hold words.
var blockTexts = []string{"text", "caption", "title", "message", "content", "items"}

// collect finds the words in a value. In code they are noted as such.
func (w *walker) collect(v value, code bool) {
	kind := v.get("type").text + v.get("_type").text
	code = code || strings.HasPrefix(strings.ToLower(kind), "code")
	for _, item := range v.items {
		w.collect(item, code)
	}
	for _, m := range v.members {
		switch inner := m.value; {
		case slices.Contains(aside, m.key):
		case inner.kind == '"':
			if m.key == "text" || m.key == "insert" || m.key == "value" && v.get("nodeType").text == "text" {
				w.add(inner, code)
			}
		case m.key == "data" && inner.kind == '{':
			w.collectBlock(inner, code)
		default:
			w.collect(inner, code)
		}
	}
}

// collectBlock finds the words in a block's data, whose lists and tables hold
// bare strings.
func (w *walker) collectBlock(data value, code bool) {
	for _, m := range data.members {
		if slices.Contains(blockTexts, m.key) {
			w.collectStrings(m.value, code)
		}
	}
}

func (w *walker) collectStrings(v value, code bool) {
	if v.kind == '"' {
		w.add(v, code)
	}
	for _, item := range v.items {
		w.collectStrings(item, code)
	}
	if v.kind == '{' {
		w.collectBlock(v, code)
	}
}

func (w *walker) add(v value, code bool) {
	if !blank(v.text) {
		w.nodes = append(w.nodes, node{v.text, v.at, code})
	}
}

// A walker reads valid JSON and keeps where each value stands. encoding/json
// bounds how deep valid JSON nests.
type walker struct {
	json  string
	at    int
	nodes []node
}

// value reads the value that begins at i.
func (w *walker) value(i int) value {
	w.at = i
	w.space()
	v := value{kind: w.json[w.at], at: span{start: w.at}}
	switch v.kind {
	case '"':
		v.text = w.str()
	case '{', '[':
		w.at++
		for w.space(); w.json[w.at] != '}' && w.json[w.at] != ']'; w.space() {
			if w.json[w.at] == ',' {
				w.at++
				w.space()
			}
			if v.kind == '[' {
				v.items = append(v.items, w.value(w.at))
				continue
			}
			key := w.str()
			w.space()
			w.at++ // the colon
			v.members = append(v.members, member{key, w.value(w.at)})
		}
		w.at++
	default:
		for w.at < len(w.json) && !strings.ContainsRune(" \t\r\n,]}", rune(w.json[w.at])) {
			w.at++
		}
	}
	v.at.end = w.at
	return v
}

func (w *walker) space() {
	for w.at < len(w.json) && strings.IndexByte(" \t\r\n", w.json[w.at]) >= 0 {
		w.at++
	}
}

// str reads a JSON string.
func (w *walker) str() string {
	start := w.at
	for w.at++; w.json[w.at] != '"'; w.at++ {
		if w.json[w.at] == '\\' {
			w.at++
		}
	}
	w.at++
	s, _ := text(json.RawMessage(w.json[start:w.at]))
	return s
}

// rawPlaces returns where the nodes of a rich text stand in the JSON string that
// holds the rich text. There a quote is \" and a line break may be \n or \u000a.
func rawPlaces(raw []byte, nodes []node) []span {
	places := make([]span, len(nodes))
	next, ends := 0, false
	decoded := 0
	for i := 1; next < len(nodes); {
		switch {
		case !ends && decoded == nodes[next].at.start:
			places[next].start, ends = i, true
		case ends && decoded == nodes[next].at.end:
			places[next].end, ends = i, false
			next++
			continue
		}
		n, size := escape1(raw[i:])
		i += n
		decoded += size
	}
	return places
}

// escape1 returns how many bytes of a JSON string its first character takes as
// written, and as decoded.
func escape1(raw []byte) (written, decoded int) {
	switch {
	case raw[0] != '\\':
		return 1, 1
	case raw[1] != 'u':
		return 2, 1
	}
	r := hexRune(raw)
	if utf16.IsSurrogate(r) {
		if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
			if pair := utf16.DecodeRune(r, hexRune(raw[6:])); pair != utf8.RuneError {
				return 12, utf8.RuneLen(pair)
			}
		}
		r = utf8.RuneError
	}
	return 6, utf8.RuneLen(r)
}

// hexRune reads \uXXXX.
func hexRune(raw []byte) rune {
	n, _ := strconv.ParseUint(string(raw[2:6]), 16, 32)
	return rune(n)
}
