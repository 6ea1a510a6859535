package brand

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// plans are names that the parts of an offer go by. They are common words, so that they count only with a capital.
var plans = set(`starter basic basics pro plus premium growth business enterprise team gold silver bronze platinum diamond vip elite essential essentials standard
	advanced ultimate lite deluxe professional scale solo agency`)

// offers are the words behind the name of a plan.
var offers = set(`plan plans tier tiers package packages membership memberships pass level edition subscription bundle program`)

// tryNames finds a name of somebody or something that took another one's place: a town, a plan, who is quoted.
func tryNames(r *Rules, p *pair) ([]string, bool) {
	if p.wasLang != "en" && (p.wasLang != "" || knownEnglish(p.was)*3 <= len(p.was.words)) || len(p.was.words) > 400 {
		return nil, false
	}
	wasPlans, nowPlans := planNames(p.was), planNames(p.now)
	if lost, added := beyond(wasPlans, p.now), beyond(nowPlans, p.was); len(lost) > 0 && len(added) > 0 {
		return []string{fmt.Sprintf("Keep the name %q: the rewrite says %q.", lost[0], added[0])}, true
	}
	if was, now := r.signer(p.was), r.signer(p.now); was != "" && now != "" && !strings.EqualFold(was, now) {
		return []string{fmt.Sprintf("Keep the name %q: the rewrite says %q.", was, now)}, true
	}
	if enumerated.MatchString(p.Text.Text) || !sentenced(p.was) || !sentenced(p.now) {
		return nil, len(wasPlans) > 0
	}
	lost, added := beyond(r.properNames(p.was), p.now), beyond(r.properNames(p.now), p.was)
	if len(lost) > 0 && len(added) > 0 {
		return []string{fmt.Sprintf("Keep the name %q: the rewrite says %q.", lost[0], added[0])}, true
	}
	return nil, true
}

// enumerated are tags that begin a line, on which a capital says nothing.
var enumerated = regexp.MustCompile(`(?i)<(?:li|t[dhr]|h[1-6]|br|div|option|dt|dd)[\s/>]`)

// signed is who a quotation is from, behind a dash.
var signed = regexp.MustCompile(`(?:^|[\s"”'])- ?(\p{Lu}\pL+)(?:,| \p{Lu}|$)`)

// signer returns who a quotation is from, and "" where it is nobody or one of the former owner's or the client's people.
func (r *Rules) signer(s *sight) string {
	m := signed.FindStringSubmatch(s.text[max(0, len(s.text)-80):])
	if m == nil {
		return ""
	}
	if low := strings.ToLower(m[1]); r.former.words[low] || ownWord(r.brand, low) || common[low] {
		return ""
	}
	return m[1]
}

// sentenced is true for a text in sentences, in which a capital says that a word is a name.
func sentenced(s *sight) bool {
	small, capitals := 0, 0
	for _, w := range s.words {
		if len(w.lower) > 3 && !w.link && !w.own && !w.opens {
			if w.capital() {
				capitals++
			} else {
				small++
			}
		}
	}
	return small > 0 && capitals <= small
}

// planNames are the names of plans in a text: before a word for an offer, or with a capital inside of a sentence.
func planNames(s *sight) (names []string) {
	titled := s.titled()
	for i, w := range s.words {
		if plans[w.base] && w.capital() && !w.link && !w.own && (i+1 < len(s.words) && offers[s.words[i+1].base] || !w.opens && !titled) {
			names = append(names, w.text)
		}
	}
	return names
}

// properNames are the words of a text in sentences that have a capital and are not common, without the names of the
// former owner and of the client, which may come and go.
func (r *Rules) properNames(s *sight) (names []string) {
	for _, w := range s.words {
		if !w.opens && w.capital() && !w.link && !w.own && len(w.base) > 3 && w.text != strings.ToUpper(w.text) &&
			!common[w.base] && !profiles["en"][w.base] && !r.former.words[w.base] && !ownWord(r.brand, w.base) && !strings.ContainsAny(w.base, "'0123456789") {
			names = append(names, w.text)
		}
	}
	return names
}

// beyond returns the names that another text has no word for that begins like them.
func beyond(names []string, other *sight) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		stem := strings.ToLower(strings.TrimSuffix(name, "'s"))
		if len(stem) > 4 {
			stem = stem[:len(stem)-1]
		}
		return slices.ContainsFunc(other.words, func(w word) bool { return strings.HasPrefix(w.lower, stem) })
	})
}
