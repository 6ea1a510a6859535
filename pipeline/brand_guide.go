package pipeline

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxGuide is how many bytes a brand guide may have: about 100,000 tokens, well inside every agent model's context.
const maxGuide = 400_000

// maxVisual bounds, in bytes, the part of a guide that goes into an image's prompt. OpenAI takes 32,000 characters;
// an image model follows a short brief better than a long one.
const maxVisual = 6_000

// brandGuide is a brand guide, whole and in the parts that an image's prompt is made of.
type brandGuide struct {
	text    string   // the guide as it was given
	brand   string   // the brand's name; "" when the guide does not say
	colours []string // #RRGGBB, in the order of appearance, each once
	visual  string   // what the guide says about looks
}

var (
	hexColour  = regexp.MustCompile(`#[0-9A-Fa-f]{6}\b`)
	looks      = regexp.MustCompile(`(?i)visual|colou?r|palette|typograph|font|logo|imager|photo|illustrat|style ?guide|brandstyle|aesthetic|design`)
	brandNames = regexp.MustCompile(`(?i)^(brand_?name|company_?name|business_?name|brand|company|name)$`)
)

// parseBrandGuide reads a guide: JSON or plain text. The error is an InvalidTemplate.
func parseBrandGuide(text string) (brandGuide, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return brandGuide{}, failure(InvalidTemplate, "the brand guide is empty; without one there is no brand to write for")
	case len(text) > maxGuide:
		return brandGuide{}, failure(InvalidTemplate, "the brand guide has %d bytes; the most is %d", len(text), maxGuide)
	case !utf8.ValidString(text):
		return brandGuide{}, failure(InvalidTemplate, "the brand guide is not valid UTF-8")
	}
	g := brandGuide{text: text}
	for _, c := range hexColour.FindAllString(text, -1) {
		if c = strings.ToUpper(c); !slices.Contains(g.colours, c) && len(g.colours) < 8 {
			g.colours = append(g.colours, c)
		}
	}
	var tree any
	if json.Unmarshal([]byte(text), &tree) == nil {
		g.brand = findName(tree, 3)
		g.visual = strings.Join(findLooks(tree), "\n")
	} else {
		g.brand, g.visual = readPlain(text)
	}
	g.brand = truncate(g.brand, 200)
	g.visual = truncate(g.visual, maxVisual)
	return g, nil
}

// findName looks for the brand's name, the shallowest first.
func findName(tree any, depth int) string {
	fields, ok := tree.(map[string]any)
	if !ok || depth == 0 {
		return ""
	}
	best, rank := "", 99
	ranks := []string{"brandname", "companyname", "businessname", "brand", "company", "name"}
	for key, value := range fields {
		if s, isText := value.(string); isText && s != "" && brandNames.MatchString(key) {
			if r := slices.Index(ranks, strings.ReplaceAll(strings.ToLower(key), "_", "")); r < rank {
				best, rank = s, r
			}
		}
	}
	if best != "" {
		return best
	}
	for _, key := range sortedKeys(fields) {
		if name := findName(fields[key], depth-1); name != "" && looksLikeIdentity(key) {
			return name
		}
	}
	return ""
}

// looksLikeIdentity says that an object under this key speaks of the brand as such, not of its products or rivals.
func looksLikeIdentity(key string) bool {
	return regexp.MustCompile(`(?i)^(meta|brand|company|business|identity|about|overview|brand.*)$`).MatchString(key)
}

// findLooks collects the parts of a guide whose keys speak of looks, each as a line of JSON.
func findLooks(tree any) []string {
	fields, ok := tree.(map[string]any)
	if !ok {
		return nil
	}
	var found []string
	for _, key := range sortedKeys(fields) {
		if looks.MatchString(key) {
			if line, err := json.Marshal(fields[key]); err == nil {
				found = append(found, key+": "+string(line))
			}
			continue
		}
		found = append(found, findLooks(fields[key])...)
	}
	return found
}

// readPlain takes the name from a plain guide's first line and the looks from the paragraphs that speak of them.
func readPlain(text string) (brand, visual string) {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	brand = strings.TrimSpace(strings.TrimLeft(first, "# \t"))
	if utf8.RuneCountInString(brand) > 80 {
		brand = ""
	}
	var parts []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if looks.MatchString(paragraph) || hexColour.MatchString(paragraph) {
			parts = append(parts, strings.TrimSpace(paragraph))
		}
	}
	if len(parts) == 0 {
		return brand, text
	}
	return brand, strings.Join(parts, "\n")
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

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
