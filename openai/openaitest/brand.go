package openaitest

import (
	"encoding/json"
	"image/color"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// brandPatterns find the brand's name in a prompt, the surest first: a JSON guide's own field, a line or a
// phrase that names the brand, the first heading.
var brandPatterns = []*regexp.Regexp{
	regexp.MustCompile(`\\?"(?i:brand_?name)\\?"\s*:\s*\\?"((?:[^"\\]|\\[^"])+)`),
	regexp.MustCompile(`(?im)^[\s*-]*brand(?:[ _]name)?\**\s*[:=]\s*(.+)$`),
	regexp.MustCompile(`(?i)\bbrand(?:[ _]name)?(?:,| is| named| called)?:?\s*["“«]([^"”»\n]+)["”»]`),
	regexp.MustCompile(`["“«]([^"”»\n]+)["”»]\s+brand\b`),
	regexp.MustCompile(`\\?"name\\?"\s*:\s*\\?"((?:[^"\\]|\\[^"])+)`),
	regexp.MustCompile(`(?m)^#{1,6}[ \t]+(.+)$`),
	regexp.MustCompile(`\b[Bb]rand(?:[ _]name)?(?:,| is| named| called)?:?\s+((?:[A-Z][\w&'’.-]*[ ]?){1,5})`),
}

// guideWords are what the heading of a guide says beside the brand's name.
var guideWords = regexp.MustCompile(`(?i)\s*[:|–—-]?\s*(the )?\b(brand|style)?\s*(guide(lines?)?|book|voice|style)\b.*$`)

// afterName is where a name ends that is followed by more on its line.
var afterName = regexp.MustCompile(`(\. |; | \(|,? with ).*$`)

// brandName finds the brand's name in texts, "" when they name none.
func brandName(texts ...string) string {
	for i, pattern := range brandPatterns {
		for _, text := range texts {
			match := pattern.FindStringSubmatch(text)
			if match == nil {
				continue
			}
			name := match[1]
			if strings.HasPrefix(pattern.String(), "(?m)^#") {
				name = guideWords.ReplaceAllString(name, "")
			}
			if i == 1 || i == len(brandPatterns)-1 {
				name = name[:len(name)-len(afterName.FindString(name))]
			}
			if name = strings.Trim(name, " \t\r.,;:*\"'“”\\"); name != "" && len(name) <= 120 {
				return name
			}
		}
	}
	return ""
}

// formerBrand finds whose funnel it was: the text of the element that holds the brand's name.
func formerBrand(elements []Rewritten) string {
	for _, e := range elements {
		if strings.HasSuffix(e.ID, "brand_name") && len(e.Text) <= 60 {
			return e.Text
		}
	}
	return ""
}

// spokenName is the brand's name with nothing in it that could be taken for an address, a number or markup:
// letters, spaces, hyphens and apostrophes, at most 32 bytes of whole words.
func spokenName(brand string) string {
	if i := strings.LastIndexByte(brand, '.'); i > 0 && !strings.Contains(brand[i:], " ") {
		brand = brand[:i]
	}
	letters := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), r == ' ', r == '\'', r == '’', r == '-':
			return r
		case r == '&', r == '.', unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, brand)
	spoken := ""
	for word := range strings.FieldsSeq(letters) {
		if word = strings.Trim(word, "-'’"); word == "" {
			continue
		}
		if len(spoken)+1+len(word) > 33 {
			break
		}
		spoken = strings.TrimPrefix(spoken+" "+word, " ")
	}
	return spoken
}

var hexColour = regexp.MustCompile(`#([0-9a-fA-F]{6})\b`)

// palette is three colours to draw with: the first distinct ones that the prompt names as #RRGGBB, and where
// it names fewer, what goes with them.
func palette(prompt string) [3]color.NRGBA {
	var found []color.NRGBA
	for _, match := range hexColour.FindAllStringSubmatch(prompt, -1) {
		n, _ := strconv.ParseUint(match[1], 16, 32)
		c := color.NRGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}
		if len(found) < 3 && !contains(found, c) {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return [3]color.NRGBA{{0x25, 0x3b, 0x80, 255}, {0x2a, 0x9d, 0x8f, 255}, {0xf4, 0xa2, 0x61, 255}}
	case 1:
		return [3]color.NRGBA{found[0], mix(found[0], black, 45), mix(found[0], white, 60)}
	case 2:
		return [3]color.NRGBA{found[0], found[1], mix(found[1], white, 60)}
	}
	return [3]color.NRGBA(found)
}

// formerNames are the former owner's names that a prompt's RULES tell of, the longest first.
func formerNames(messages []string) (names []string) {
	for _, m := range messages {
		rest, ok := strings.CutPrefix(m, "RULES\n")
		var rules struct {
			FormerOwner struct{ Names, People, Products []string }
		}
		if ok && json.Unmarshal([]byte(rest), &rules) == nil {
			names = slices.Concat(rules.FormerOwner.Names, rules.FormerOwner.People, rules.FormerOwner.Products)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return len(b) - len(a) })
	return names
}
