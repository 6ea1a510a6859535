package brand

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// nameKeys are the keys that hold a brand's name, in lower case and without marks, the surest first.
var nameKeys = []string{"brandname", "companyname", "businessname", "brand", "company", "name"}

var (
	ofIdentity = regexp.MustCompile(`(?i)^(meta|brand.*|company|business|identity|about|overview)$`)
	ofSection  = regexp.MustCompile(`^(overview|introduction|about(us)?|mission|values|colou?rs?|colou?rpalette|palette|typography|fonts?|logos?|imagery|voice|tone|voiceandtone|toneofvoice|avoid|words|language|audience|contact|products?|people|competitors|spellings?|callstoaction|disclaimers?|legal)$`)
	titleEnd   = regexp.MustCompile(`(?i)[\s:|·–—-]*\b(?:the\s+)?(?:(?:brand|style|voice|visual|identity|design|tone)\s+(?:(?:and|&)\s+)?)+(?:guide(?:line)?s?|book|bible|sheet|manual|standards|kit)\b.*$`)
	titleStart = regexp.MustCompile(`(?i)^(?:the\s+)?(?:brand|style|voice)\s+(?:guide(?:line)?s?|book|manual|kit)\s*(?:for|of|:|–|—|-)\s*`)
)

// findName looks for the brand's name, the shallowest first, at most depth objects deep.
func findName(n *node, depth int) string {
	if n == nil || !n.object() || depth == 0 {
		return ""
	}
	best, rank := "", len(nameKeys)
	order := byKey(n)
	for _, i := range order {
		kid := n.kids[i]
		if name := strings.TrimSpace(kid.text); !kid.leaf() || kid.bare || name == "" || anyHex.MatchString(name) || colourFun.MatchString(name) {
			continue
		}
		if r := slices.Index(nameKeys, plainKey(n.keys[i])); r >= 0 && r < rank {
			best, rank = kid.text, r
		}
	}
	if best != "" {
		return best
	}
	for _, i := range order {
		if !ofIdentity.MatchString(n.keys[i]) { // it speaks of the brand's products or rivals, not of the brand
			continue
		}
		if name := findName(n.kids[i], depth-1); name != "" {
			return name
		}
	}
	return ""
}

// firstLine is the name that a plain guide's first line gives, without "Brand guide"; "" where it is too long for one
// or says something else.
func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	name := strings.TrimSpace(strings.TrimLeft(first, "# \t"))
	if utf8.RuneCountInString(name) > 80 || mdKey.MatchString(name) && !titleStart.MatchString(name) {
		return ""
	}
	if words := len(strings.Fields(name)); words > 10 || words > 4 && ends.MatchString(name) { // a sentence
		return ""
	}
	if ofSection.MatchString(plainKey(name)) {
		return ""
	}
	name = titleStart.ReplaceAllString(name, "")
	return titleEnd.ReplaceAllString(name, "")
}

// byKey are the indices of an object's fields in the order of their keys, so that what is found does not hang on the
// order that a format keeps or not.
func byKey(n *node) []int {
	order := make([]int, len(n.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(n.keys[a], n.keys[b]) })
	return order
}
