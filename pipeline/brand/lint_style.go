package brand

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// styleRules are those of anybody's copy, and the guide's habits.
var styleRules = []rule{
	{"brand.emoji", funnel.Error, tryNoEmoji},
	{"brand.exclamation", funnel.Error, tryNoExclamation},
	{"style.emoji", funnel.Warning, tryEmoji},
	{"style.exclamation", funnel.Warning, tryExclamation},
	{"style.doubled", funnel.Error, tryDoubled},
	{"style.shouting", funnel.Warning, tryShouting},
	{"style.grade", funnel.Warning, tryGrade},
	{"style.punctuation", funnel.Warning, tryPunctuation},
	{"style.edges", funnel.Warning, tryEdges},
	{"style.article", funnel.Warning, tryArticle},
}

// twice are words that rightly stand twice in a row, in English, French, German, Spanish.
var twice = set(`had that bye ha haha no so very really knock win now there hear nous vous long many blah ho la na go die das der yes yeah wow tick tock chop hush night one more pom sing can choo cha bora bora baden walla new big little dear`)

// tryDoubled finds a word that is written twice.
func tryDoubled(_ *Rules, p *pair) (messages []string, applies bool) {
	before := make(map[string]bool)
	for i, w := range p.was.words[min(1, len(p.was.words)):] {
		if p.was.words[i].lower == w.lower {
			before[w.lower] = true
		}
	}
	for i := 1; i < len(p.now.words); i++ {
		a, b := p.now.words[i-1], p.now.words[i]
		if a.lower != b.lower || a.link || b.link || twice[a.lower] || before[a.lower] || b.capital() && a.text != b.text || b.own || b.opens ||
			strings.TrimSpace(p.now.text[a.end:b.start]) != "" || !strings.ContainsFunc(a.lower, unicode.IsLetter) {
			continue
		}
		messages = append(messages, fmt.Sprintf("Write %q once.", a.lower+" "+b.lower))
	}
	return messages, true
}

// shouting is true for a text in capitals.
func shouting(s *sight) bool {
	upper, letters := 0, 0
	for _, w := range s.words {
		if w.link {
			continue
		}
		for _, r := range w.text {
			if unicode.IsUpper(r) {
				upper++
			}
			if unicode.IsUpper(r) || unicode.IsLower(r) {
				letters++
			}
		}
	}
	return letters > 3 && upper*5 > letters*4
}

// shouted returns the words that are shouted: a common word in capitals, or a long one. Acronyms, codes and names are
// not.
func shouted(s *sight) (words []string) {
	for _, w := range s.words {
		if w.own || w.link || len(w.text) < 2 || w.text != strings.ToUpper(w.text) || w.text == w.lower || strings.ContainsAny(w.text, "0123456789") {
			continue
		}
		if acronyms[w.lower] || !common[w.lower] && !profiles["en"][w.lower] && len(w.text) < 7 {
			continue
		}
		words = append(words, w.text)
	}
	return words
}

// acronyms are words, too, when they are written small.
var acronyms = set(`us it pm am ok who aid it's id tv or in faq diy usa ceo seo roi`)

func tryShouting(_ *Rules, p *pair) ([]string, bool) {
	if shouting(p.was) {
		return nil, false
	}
	was, now := shouted(p.was), shouted(p.now)
	if len(now) > len(was) {
		return []string{fmt.Sprintf("Write %q without capitals: the original does not shout.", now[len(now)-1])}, true
	}
	return nil, true
}

// tryNoExclamation holds a text to a guide that rules exclamation marks out.
func tryNoExclamation(r *Rules, p *pair) ([]string, bool) {
	if r.brand.Exclamations == nil || *r.brand.Exclamations {
		return nil, false
	}
	if strings.ContainsAny(p.now.text, "!！") {
		return []string{"Write it without exclamation marks: the brand uses none."}, true
	}
	return nil, true
}

// tryExclamation allows as many exclamation marks as the original has, or one, or where the brand likes them one more.
func tryExclamation(r *Rules, p *pair) ([]string, bool) {
	if r.brand.Exclamations != nil && !*r.brand.Exclamations {
		return nil, false
	}
	most := max(1, strings.Count(p.was.text, "!"))
	if r.brand.Exclamations != nil {
		most++
	}
	if now := strings.Count(p.now.text, "!"); now > most {
		return []string{fmt.Sprintf("Write it with at most %d exclamation marks, not %d.", most, now)}, true
	}
	return nil, true
}

// emoji returns how many pictographs a text has. Ticks, arrows and legal marks are none.
func emoji(s *sight) (n int) {
	for _, r := range s.text {
		if r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF && !strings.ContainsRune("✓✔✗✘★☆✕✖➔➜➤☐☑☒", r) || r == 0x2B50 || r == 0x2B55 {
			n++
		}
	}
	return n
}

func tryNoEmoji(r *Rules, p *pair) ([]string, bool) {
	if r.brand.Emoji == nil || *r.brand.Emoji {
		return nil, false
	}
	if emoji(p.now) > 0 {
		return []string{"Write it without emoji: the brand uses none."}, true
	}
	return nil, true
}

func tryEmoji(r *Rules, p *pair) ([]string, bool) {
	if r.brand.Emoji != nil {
		return nil, false
	}
	if emoji(p.was) == 0 && emoji(p.now) > 0 {
		return []string{"Write it without emoji: the original has none."}, true
	}
	return nil, true
}

var (
	doubledMarks = regexp.MustCompile(`,,|;;|::|!!|\?\?|!\?!|\?!\?|(?:^|[^.])\.\.(?:[^.]|$)|,\.|\pL{5}\.,|;,|,;`)
	spaceBefore  = regexp.MustCompile(`[\pL\pN] [,;.!?:](?:\s|$)`)
	noSpace      = regexp.MustCompile(`\pL[,;!?]\pL\pL`)
	gaps         = regexp.MustCompile(`\S {2,}\S`)
)

// tryPunctuation finds what Okapi's CheckMate and Vale find of it: marks twice, spaces before or missing behind, gaps,
// quotes and brackets that do not pair. What the original has too is the funnel's habit.
func tryPunctuation(_ *Rules, p *pair) (messages []string, applies bool) {
	more := func(pattern *regexp.Regexp, message string) {
		if found := pattern.FindString(p.now.text); found != "" && !pattern.MatchString(p.was.text) {
			messages = append(messages, fmt.Sprintf(message, strings.TrimSpace(found)))
		}
	}
	more(doubledMarks, "Write one mark in place of %q.")
	if p.nowLang != "fr" && p.wasLang != "fr" && !strings.ContainsAny(p.rewrite, "<{[%*") { // a tag leaves a space
		more(spaceBefore, "Write no space before the mark in %q.")
	}
	if len(p.now.links) == 0 {
		more(noSpace, "Write a space behind the mark in %q.")
	}
	if !strings.Contains(p.rewrite, "<") {
		more(gaps, "Write one space in %q.")
	}
	for _, pair := range []string{`""`, "“”", "()", "«»"} {
		open, shut, _ := strings.Cut(pair[:len(pair)/2]+"\x00"+pair[len(pair)/2:], "\x00")
		if unpaired(p.now.text, open, shut) && !unpaired(p.was.text, open, shut) {
			messages = append(messages, fmt.Sprintf("Pair each %s with a %s.", open, shut))
		}
	}
	return messages, true
}

func unpaired(text, open, shut string) bool {
	if open == shut {
		return strings.Count(text, open)%2 == 1
	}
	return strings.Count(text, open) != strings.Count(text, shut) && !(open == "“" && strings.Contains(text, "„"))
}

// tryEdges holds a text to how its original begins and ends: with a capital, with a mark.
func tryEdges(_ *Rules, p *pair) (messages []string, applies bool) {
	if len(p.was.words) < 3 || len(p.now.words) == 0 {
		return nil, false
	}
	if a, b := p.was.words[0], p.now.words[0]; a.capital() && !b.link && !b.own && b.text == b.lower && strings.IndexFunc(b.text, unicode.IsLower) == 0 && p.now.text != "" && strings.TrimSpace(p.now.text[:b.start]) == "" {
		messages = append(messages, fmt.Sprintf("Begin %q with a capital.", b.text))
	}
	was, now := strings.TrimSpace(p.was.text), strings.TrimSpace(p.now.text)
	if p.Role == funnel.RoleBody && len(p.was.words) > 7 && strings.ContainsRune(".!?", last(was)) && (unicode.IsLetter(last(now)) || strings.ContainsRune(",;-", last(now))) {
		messages = append(messages, "End it with a full stop, as the original does.")
	}
	return messages, true
}

func last(s string) rune {
	var r rune
	for _, c := range s[max(0, len(s)-4):] {
		r = c
	}
	return r
}

var (
	anBefore = regexp.MustCompile(`(?i)\ban ((?:b|c|d|f|g|j|k|l|m|n|p|q|r|s|t|v|w|y|z)[a-z]{2,}|uni[a-z]+|use[a-z]*|euro[a-z]*|one[a-z]*)\b`)
	aBefore  = regexp.MustCompile(`(?:^|[\s"(])[aA] ((?:a|e|i|o)[a-z]+|un[a-hj-z][a-z]+|up[a-z]+|hour[a-z]*|honest[a-z]*|honou?r[a-z]*|heir[a-z]*)\b`)
	anRight  = regexp.MustCompile(`^(?:one|once|eu|ewe|ouija|mba|nda|sms|seo|fda|ngo|mri|lmi|svg|html|xml|mvp|nft|rsvp|npc|fbi|rpg|sdk|faq|fm|lp|mp|np|rv|sql|sat|ssd|stem|led|llc|lgbt|x-?ray)`)
)

// tryArticle finds "a apple" and "an pear" in English.
func tryArticle(_ *Rules, p *pair) (messages []string, applies bool) {
	if p.nowLang != "en" {
		return nil, false
	}
	for _, pattern := range []*regexp.Regexp{anBefore, aBefore} {
		if m := pattern.FindStringSubmatch(p.now.text); m != nil && !anRight.MatchString(strings.ToLower(m[1])) && !strings.Contains(p.was.text, strings.TrimSpace(m[0])) {
			messages = append(messages, fmt.Sprintf("Mind the article in %q.", strings.TrimSpace(m[0])))
		}
	}
	return messages, true
}
