package brand

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxToken bounds a token's value, in bytes, so that aliases cannot unfold to more than a guide may have.
const maxToken = 200

// maxSets bounds in how many sets of Tokens Studio an alias is looked for.
const maxSets = 50

// tokenTypes are the types of Tokens Studio, which has no $ that tells a token from a table of a plain guide.
var tokenTypes = regexp.MustCompile(`^(?i:colou?r|dimension|sizing|spacing|border|borderRadius|borderWidth|fontFamil(?:y|ies)|fontSizes?|fontWeights?|lineHeights?|letterSpacing|paragraphSpacing|typography|boxShadow|shadow|opacity|number|text|other|composition|asset|duration|cubicBezier|gradient|transition)$`)

// isTokens reports whether a tree is a file of design tokens.
func isTokens(n *node) bool {
	if tokenValue(n) != nil {
		return true
	}
	for _, kid := range n.kids {
		if isTokens(kid) {
			return true
		}
	}
	return false
}

// resolveTokens turns the design tokens of a tree (W3C's $value, Tokens Studio's value with type) into plain values,
// aliases such as {core.brand.500} followed. What names itself in a circle stays as it is written.
func resolveTokens(root *node) {
	t := tokens{root: root, fields: make(map[*node]map[string]*node)}
	var walk func(n *node)
	walk = func(n *node) {
		for range 3 { // a value may be a token again
			v := tokenValue(n)
			if v == nil {
				break
			}
			if c, ok := components(v); ok {
				v = &node{text: c}
			}
			*n = *v
		}
		if n.leaf() {
			*n = node{text: t.follow(n.text), bare: n.bare}
			return
		}
		for _, kid := range n.kids {
			walk(kid)
		}
	}
	walk(root)
}

// tokens finds what aliases name; fields index the objects that it has looked into.
type tokens struct {
	root   *node
	fields map[*node]map[string]*node
}

// follow returns what an alias stands for, or the text itself.
func (t *tokens) follow(text string) string {
	v := text
	for range 20 {
		if len(v) > maxToken || !strings.HasPrefix(v, "{") || !strings.HasSuffix(v, "}") {
			return v
		}
		path := strings.Split(strings.TrimSuffix(v[1:len(v)-1], ".value"), ".")
		target := t.find(t.root, path)
		for _, set := range t.root.kids[:min(len(t.root.kids), maxSets)] { // Tokens Studio leaves the name of the set out
			if target != nil {
				break
			}
			target = t.find(set, path)
		}
		if target == nil {
			return text
		}
		if inner := tokenValue(target); inner != nil {
			target = inner
		}
		if c, ok := components(target); ok {
			return c
		}
		if !target.leaf() || len(target.text) > maxToken {
			return text
		}
		v = target.text
	}
	return text
}

func tokenValue(n *node) *node {
	if v := n.get("$value"); v != nil {
		return v
	}
	if t := n.get("type"); t != nil && tokenTypes.MatchString(t.text) {
		return n.get("value")
	}
	return nil
}

func (t *tokens) find(n *node, path []string) *node {
	for _, key := range path {
		if n == nil || !n.object() {
			return nil
		}
		fields, known := t.fields[n]
		if !known {
			fields = make(map[string]*node, len(n.keys))
			for i, k := range n.keys {
				if fields[k] == nil {
					fields[k] = n.kids[i]
				}
			}
			t.fields[n] = fields
		}
		n = fields[key]
	}
	return n
}

// components reads a colour of W3C's format: {"colorSpace": "srgb", "components": [0.1, 0.2, 0.3]}, or its "hex".
func components(n *node) (string, bool) {
	space, parts := n.get("colorSpace"), n.get("components")
	if space != nil && parts != nil && len(parts.kids) == 3 {
		var v [3]string
		for i, kid := range parts.kids {
			v[i] = kid.text
		}
		name := strings.ToLower(space.text)
		spelled := fmt.Sprintf("color(%s %s %s %s)", name, v[0], v[1], v[2])
		switch name {
		case "hsl", "hwb":
			for i := 1; i < 3; i++ {
				if _, err := strconv.ParseFloat(v[i], 64); err == nil {
					v[i] += "%"
				}
			}
			fallthrough
		case "lab", "lch", "oklab", "oklch":
			spelled = fmt.Sprintf("%s(%s %s %s)", name, v[0], v[1], v[2])
		}
		if _, ok := readColour(spelled, false); ok {
			return spelled, true
		}
	}
	if hex := n.get("hex"); space != nil && hex != nil {
		return hex.text, true
	}
	return "", false
}
