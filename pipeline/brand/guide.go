// Package brand reads a brand guide: what it says of the brand that code can use, beside the whole of it that the
// models read.
//
// A guide is whatever an agency has: JSON or YAML of any shape, design tokens, Markdown or prose. So nothing in it is
// required and nothing is refused for its contents. What is not found is left empty, and the models still have the text.
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
	// Prose are the parts that may hold what code cannot read: of a structured guide the texts that rule something or
	// tell the brand's story, of Markdown and prose every text that no key explains. Each begins with the keys that it
	// stands under: "communicationStyle: avoid: Fake urgency".
	Prose []string
	// Name is the brand's name, on one line and cut at MaxName; "" where the guide does not say.
	Name string
	// Colours are the palette as #RRGGBB in capitals, those with a role first, and no more than MaxColours.
	Colours []string
	// Looks is what the guide says about looks, cut at MaxLooks: of JSON and YAML the parts whose keys speak of them, a line
	// "key: value" each; of plain text the paragraphs that do, or all of it where none does.
	Looks string
}

var (
	hexColour = regexp.MustCompile(`#[0-9A-Fa-f]{6}\b`)
	// ofPictures are keys whose rules are of pictures and not of words.
	ofPictures = regexp.MustCompile(`(?i)visual|colou?r|palette|typograph|font|logo|imager|photo|illustrat|aesthetic`)
	ofLooks    = regexp.MustCompile(`(?i)visual|colou?r|palette|typograph|font|logo|imager|photo|illustrat|style ?guide|brandstyle|aesthetic|design`)
)

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
	root, format := readTree(text)
	r := reader{all: format != structured}
	switch format {
	case structured:
		g.Name = findName(root, 3)
		tokens := isTokens(root)
		resolveTokens(root)
		found := findLooks(root)
		if len(found) == 0 && tokens {
			found = []string{"tokens: " + encode(root)}
		}
		g.Looks = strings.Join(found, "\n")
	default:
		if g.Name = findName(root, 3); g.Name == "" && !strings.HasPrefix(strings.TrimSpace(text), "---\n") {
			if g.Name = firstLine(text); g.Name != "" {
				r.title, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
			}
		}
		g.Looks = plainLooks(text)
	}
	if root == nil {
		root = &node{list: true, kids: []*node{{text: text}}}
	}
	r.marks(root, nil)
	if root.leaf() {
		r.words(root.text, nil)
	}
	r.walk(root, nil)
	g.Brand, g.Prose = r.brand, r.prose()
	g.Brand.Palette = r.settle()
	g.Name = truncate(oneLine(g.Name), MaxName)
	g.Brand.Name = g.Name
	g.Colours = mainColours(g.Brand.Palette)
	g.Looks = truncate(g.Looks, MaxLooks)
	return g, nil
}

// mainColours are the palette's first MaxColours: those with a role, then those that are no greys.
func mainColours(palette []Colour) []string {
	var first, second, third []string
	for _, c := range palette {
		switch {
		case c.Role != "":
			first = append(first, c.Hex)
		case !c.grey():
			second = append(second, c.Hex)
		default:
			third = append(third, c.Hex)
		}
	}
	all := slices.Concat(first, second, third)
	return all[:min(len(all), MaxColours)]
}

// NeedsExtraction reports whether the guide has prose that is worth a call of the agent.
func (g Guide) NeedsExtraction() bool { return len(g.Prose) > 0 }

// findLooks collects the parts of a guide whose keys speak of looks, each as a line of JSON.
func findLooks(n *node) []string {
	if !n.object() {
		return nil
	}
	var found []string
	for _, i := range byKey(n) {
		if key := n.keys[i]; ofLooks.MatchString(key) {
			found = append(found, oneLine(key)+": "+encode(n.kids[i]))
			continue
		}
		found = append(found, findLooks(n.kids[i])...)
	}
	return found
}

func encode(n *node) string {
	line, err := json.Marshal(n.value())
	if err != nil { // a number that encoding/json reads and does not write
		return ""
	}
	return string(line)
}

// plainLooks takes the paragraphs of a plain guide that speak of looks, or all of it where none does.
func plainLooks(text string) string {
	var parts []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if ofLooks.MatchString(paragraph) || hexColour.MatchString(paragraph) {
			parts = append(parts, strings.TrimSpace(paragraph))
		}
	}
	if len(parts) == 0 {
		return text
	}
	return strings.Join(parts, "\n")
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
