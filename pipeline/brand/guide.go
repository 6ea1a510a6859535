// Package brand reads a brand guide: what it says of the brand that code can use, beside the whole of it that the
// models read.
//
// A guide is whatever an agency has, JSON of any shape or plain text, so nothing in it is required and nothing is
// refused for its contents. What is not found is left empty, and the models still have the text.
//
// The package is pure: it opens no file and no address, and knows no model.
package brand

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The limits of a guide and of what is read from it.
const (
	// MaxText is how many bytes a guide may have: about 100,000 tokens, well inside every agent model's context.
	MaxText = 400_000
	// MaxName bounds a Guide's Name, in bytes.
	MaxName = 200
	// MaxLooks bounds a Guide's Looks, in bytes: an image model follows a short brief better than a long one.
	MaxLooks = 6_000
	// MaxColours bounds a Guide's Colours.
	MaxColours = 8
)

// A Guide is a brand guide, whole and in the parts that an image is made by. The same text always gives the same
// Guide.
type Guide struct {
	// Text is the guide as it was given.
	Text string
	// Brand is what the guide says as far as code can use it.
	Brand Brand
	// Prose are the parts that code cannot read as rules.
	Prose []string
	// Name is the brand's name, on one line and cut at MaxName; "" where the guide does not say.
	Name string
	// Colours are the palette as #RRGGBB in capitals, those with a role first, and no more than MaxColours.
	Colours []string
	// Looks is what the guide says about looks, cut at MaxLooks: of JSON the parts whose keys speak of them, a line
	// "key: value" each; of plain text the paragraphs that do, or all of it where none does.
	Looks string
}

var (
	hexColour  = regexp.MustCompile(`#[0-9A-Fa-f]{6}\b`)
	ofLooks    = regexp.MustCompile(`(?i)visual|colou?r|palette|typograph|font|logo|imager|photo|illustrat|style ?guide|brandstyle|aesthetic|design`)
	ofIdentity = regexp.MustCompile(`(?i)^(meta|brand.*|company|business|identity|about|overview)$`)
)

// nameKeys are the keys that hold a brand's name, in lower case and without underscores, the surest first.
var nameKeys = []string{"brandname", "companyname", "businessname", "brand", "company", "name"}

// Parse reads a guide. It fails where the text is empty, larger than MaxText or not UTF-8; the error says which.
func Parse(text string) (Guide, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return Guide{}, errors.New("the brand guide is empty; without one there is no brand to write for")
	case len(text) > MaxText:
		return Guide{}, fmt.Errorf("the brand guide has %d bytes; the most is %d", len(text), MaxText)
	case !utf8.ValidString(text):
		return Guide{}, errors.New("the brand guide is not valid UTF-8")
	}
	g := Guide{Text: text}
	text = strings.TrimPrefix(text, "\ufeff")
	root := readTree(text)
	r := reader{}
	if root != nil {
		resolveTokens(root)
		r.walk(root, nil)
	} else {
		r.words(text, nil)
		r.prose = append(r.prose, text)
	}
	g.Brand, g.Prose = r.brand, r.prose
	var tree any
	if json.Unmarshal([]byte(text), &tree) == nil {
		g.Name = findName(tree, 3)
		g.Looks = strings.Join(findLooks(tree), "\n")
	} else {
		g.Name, g.Looks = readPlain(text)
	}
	g.Name = truncate(oneLine(g.Name), MaxName)
	g.Brand.Name = g.Name
	for _, roles := range [2]bool{true, false} { // a ramp of greys does not push out what has a role
		for _, c := range g.Brand.Palette {
			if (c.Role != "") == roles && len(g.Colours) < MaxColours {
				g.Colours = append(g.Colours, c.Hex)
			}
		}
	}
	g.Looks = truncate(g.Looks, MaxLooks)
	return g, nil
}

// NeedsExtraction reports whether the guide has prose that is worth a call of the agent.
func (g Guide) NeedsExtraction() bool { return len(g.Prose) > 0 }

// findName looks for the brand's name, the shallowest first, at most depth objects deep.
func findName(tree any, depth int) string {
	fields, ok := tree.(map[string]any)
	if !ok || depth == 0 {
		return ""
	}
	best, rank := "", len(nameKeys)
	for _, key := range sortedKeys(fields) {
		name, isText := fields[key].(string)
		if !isText || strings.TrimSpace(name) == "" {
			continue
		}
		if r := slices.Index(nameKeys, strings.ReplaceAll(strings.ToLower(key), "_", "")); r >= 0 && r < rank {
			best, rank = name, r
		}
	}
	if best != "" {
		return best
	}
	for _, key := range sortedKeys(fields) {
		if !ofIdentity.MatchString(key) { // it speaks of the brand's products or rivals, not of the brand
			continue
		}
		if name := findName(fields[key], depth-1); name != "" {
			return name
		}
	}
	return ""
}

// findLooks collects the parts of a guide whose keys speak of looks, each as a line of JSON.
func findLooks(tree any) []string {
	fields, ok := tree.(map[string]any)
	if !ok {
		return nil
	}
	var found []string
	for _, key := range sortedKeys(fields) {
		if ofLooks.MatchString(key) {
			if line, err := json.Marshal(fields[key]); err == nil {
				found = append(found, oneLine(key)+": "+string(line))
			}
			continue
		}
		found = append(found, findLooks(fields[key])...)
	}
	return found
}

// readPlain takes the name from a plain guide's first line, where that is short enough to be one, and the looks
// from the paragraphs that speak of them.
func readPlain(text string) (name, looks string) {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	name = strings.TrimSpace(strings.TrimLeft(first, "# \t"))
	if utf8.RuneCountInString(name) > 80 {
		name = ""
	}
	var parts []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if ofLooks.MatchString(paragraph) || hexColour.MatchString(paragraph) {
			parts = append(parts, strings.TrimSpace(paragraph))
		}
	}
	if len(parts) == 0 {
		return name, text
	}
	return name, strings.Join(parts, "\n")
}

// sortedKeys makes what is found in an object independent of the order that a map happens to have.
func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// oneLine puts single spaces where white space is.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// truncate cuts a text to at most n bytes, at a rune's end.
func truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
