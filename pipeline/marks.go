package pipeline

import (
	"regexp"
	"slices"
	"strings"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

// A markedNames finds legal marks that belong to names. A mark goes with its name: the former owner's leaves the page
// with the name, and the client's comes with it. Any other is a fact.
type markedNames struct {
	ours   *regexp.Regexp // the client's that the guide writes with a mark, as it writes them; nil: there is none
	theirs *regexp.Regexp // any of the former owner's, with a mark behind it; nil: there is none
}

const markSign = `[™®©℠]|\((?i:tm|r|c)\)`

var someMark = regexp.MustCompile(markSign)

func newMarkedNames(b brand.Brand, former brand.Former) (m markedNames) {
	names := []string{b.Name}
	for _, p := range b.Products {
		names = append(names, p.Name)
	}
	for _, s := range b.Spellings {
		names = append(names, s.Right)
	}
	var ours, theirs []string
	for _, name := range names {
		if someMark.MatchString(name) {
			ours = append(ours, inWords(name))
		}
	}
	if len(ours) > 0 {
		m.ours = anyOf(ours, "")
	}
	for _, name := range slices.Concat(former.Names, former.Products, former.People) {
		if name = inWords(someMark.ReplaceAllString(name, "")); name != "" {
			theirs = append(theirs, `(?i:`+name+`)`)
		}
	}
	if len(theirs) > 0 {
		m.theirs = anyOf(theirs, `\s?(?:`+markSign+`)`)
	}
	return m
}

// inWords is a pattern of a name, with any white space between its words.
func inWords(name string) string {
	words := strings.Fields(name)
	for i, w := range words {
		words[i] = regexp.QuoteMeta(w)
	}
	return strings.Join(words, `\s+`)
}

// anyOf is a pattern of any of some names, the longest where several fit, and of what stands behind it. It does not
// begin in the middle of a word.
func anyOf(names []string, behind string) *regexp.Regexp {
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return regexp.MustCompile(`(?:^|[^\pL\pN])(?:` + strings.Join(names, "|") + `)` + behind)
}

// A markCount counts marks by their value as facts.
type markCount map[string]int

func (c markCount) add(found []string) {
	for _, with := range found {
		for _, f := range funnel.Facts(with) {
			if f.Kind == "mark" {
				c[f.Value]++
			}
		}
	}
}

// allows decides on the marks of one rewrite: it says whether a fact may have been dropped or added because its name
// was. Each name with a mark speaks for one mark.
func (m markedNames) allows(original, rewrite string) func(was, now funnel.Fact) bool {
	lost, added := markCount{}, markCount{}
	if was := funnel.Visible(original); m.theirs != nil && someMark.MatchString(was) {
		lost.add(m.theirs.FindAllString(was, -1))
	}
	if now := funnel.Visible(rewrite); m.ours != nil && someMark.MatchString(now) {
		added.add(m.ours.FindAllString(now, -1))
	}
	return func(was, now funnel.Fact) bool {
		none := funnel.Fact{}
		if was != none && (was.Kind != "mark" || lost[was.Value] == 0) || now != none && (now.Kind != "mark" || added[now.Value] == 0) {
			return false
		}
		if was != none {
			lost[was.Value]--
		}
		if now != none {
			added[now.Value]--
		}
		return true
	}
}
