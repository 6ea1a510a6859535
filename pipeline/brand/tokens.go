package brand

import (
	"fmt"
	"strconv"
	"strings"
)

// resolveTokens turns the design tokens of a tree (W3C's $value, Tokens Studio's value with type) into plain values,
// aliases such as {core.brand.500} followed. What names itself in a circle stays as it is written.
func resolveTokens(root *node) {
	var walk func(n *node, depth int)
	walk = func(n *node, depth int) {
		if v := tokenValue(n); v != nil {
			for hops := 0; hops < 20 && v != nil && v.leaf() && strings.HasPrefix(v.text, "{") && strings.HasSuffix(v.text, "}"); hops++ {
				target := find(root, strings.Split(v.text[1:len(v.text)-1], "."))
				if target == nil {
					break
				}
				if inner := tokenValue(target); inner != nil {
					target = inner
				}
				v = target
			}
			if c, ok := components(v); ok {
				v = &node{text: c}
			}
			if v.leaf() {
				*n = node{text: v.text}
				return
			}
		}
		for _, kid := range n.kids {
			walk(kid, depth+1)
		}
	}
	walk(root, 0)
}

func tokenValue(n *node) *node {
	if v := n.get("$value"); v != nil {
		return v
	}
	if n.get("type") != nil {
		return n.get("value")
	}
	return nil
}

func find(n *node, path []string) *node {
	for _, key := range path {
		if n == nil {
			return nil
		}
		n = n.get(key)
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
		if name == "srgb" {
			return fmt.Sprintf("color(srgb %s %s %s)", v[0], v[1], v[2]), true
		}
		if name == "hsl" || name == "hwb" {
			for i := 1; i < 3; i++ {
				if _, err := strconv.ParseFloat(v[i], 64); err == nil {
					v[i] += "%"
				}
			}
		}
		spelled := fmt.Sprintf("%s(%s %s %s)", name, v[0], v[1], v[2])
		if _, ok := readColour(spelled, false); ok {
			return spelled, true
		}
	}
	if hex := n.get("hex"); space != nil && hex != nil {
		return hex.text, true
	}
	return "", false
}
