package brand

import (
	"regexp"
	"slices"
	"strings"
)

const (
	quotedTerm = `"[^"\n]+"|“[^”\n]+”|‘[^’\n]+’|'[^'\n]+'`
	term       = quotedTerm + `|[^"“”,.;:!?()\n]+?`
)

var (
	keyed     = regexp.MustCompile(`(?i)(?:^|[.!?;\n]["”’)]?\s+)\s*(?:we\s+|please\s+)?((?:never|don['’]t|do not) (?:say|use|write)|avoid|words to avoid|forbidden|voice|tone)\s*:\s*([^!?\n]+?)(?:[.!?](?:\s|$)|\n|$)`)
	saying    = regexp.MustCompile(`(?i)(?:^|[.!?:;•–—\n]["”’)]?\s+|^\s*[-*]\s+)(?:always\s+|please\s+|we\s+)?(say|write|use|prefer|spell it|call (?:them|it|us|our \w+)|(?:[^.!?\n]+\s)?(?:is|are) (?:written|spelled|spelt))\s+(` + term + `),?\s+(?:(?:and\s+|but\s+)?(?:not|never)|instead of|rather than|in place of)\s+(?:as\s+)?((?:` + quotedTerm + `)(?:[\s,]+(?:(?:or|nor|and)\s+)?(?:` + quotedTerm + `))*|[^.;!?()\n]+)`)
	notBehind = regexp.MustCompile(`^(.+?)\s*\((?:not|never|instead of)\s+([^()]+)\)$`)
	neverSay  = regexp.MustCompile(`(?i)\b(?:(?:never|don['’]t|do not)\s+(?:ever\s+)?(?:say|use|write|call (?:it|them|us))|avoid(?:\s+(?:saying|using|writing))?)\s+(?:the\s+)?(?:words?|phrases?|terms?)?\s*(?:like|such as)?\s*((?:(?:"[^"\n]+"|“[^”\n]+”)[\s,;]*(?:(?:or|and|nor)\s+)?)+)`)
	markWords = regexp.MustCompile(`(?i)^(?:any |all |too many |excessive )?(?:emojis?|exclamation (?:marks?|points?))(?:\s*(?:,|and|or)\s*(?:emojis?|exclamation (?:marks?|points?)))?$`)
	noMarks   = regexp.MustCompile(`(?i)\b(?:no|never|avoid|without|don['’]t|do not|zero)(?:\s+(?:use|using|any|ever|write|add|put|all))*\s+(emojis?|exclamation (?:marks?|points?))(?:\s*(?:,|,?\s*(?:and|or|nor))\s+(?:no\s+)?(emojis?|exclamation (?:marks?|points?)))?`)
	yesMarks  = regexp.MustCompile(`(?i)\b(emojis?|exclamation (?:marks?|points?))\s+(?:are|is)\s+(?:welcome|fine|allowed|encouraged|ok|okay)\b`)
	// inPart is what makes of a rule against marks one against some of them: in a row, in headlines, per line.
	inPart = regexp.MustCompile(`(?i)^\s+(?:in|per|at|more|unless|except|beyond|after|for)\b`)
	denies = regexp.MustCompile(`[Nn]ot |[Nn]ever |instead of |rather than |in place of `)
	ends   = regexp.MustCompile(`[.!?]["”’)]*(?:\s+|$)`)
)

// firstSentence cuts a text behind its first sentence.
func firstSentence(text string) (first, rest string) {
	at := ends.FindStringIndex(text)
	if at == nil {
		return strings.TrimSpace(text), ""
	}
	return strings.TrimSpace(text[:at[0]] + strings.TrimLeft(strings.TrimSpace(text[at[0]:at[1]]), ".!?")), strings.TrimSpace(text[at[1]:])
}

// sentencesOf are the sentences of a text, without what ends them and without those that are another field.
func sentencesOf(text string) []string {
	var all []string
	for text != "" && len(all) < maxItems {
		var s string
		if s, text = firstSentence(text); s != "" && !mdKey.MatchString(s) {
			all = append(all, s)
		}
	}
	return all
}

// words reads a text that no key explains: rules in a fixed form, names and colours. What may say more is told.
func (r *reader) words(text string, path []string) {
	if text == "" {
		return
	}
	unread := text
	for _, at := range when(text, ":", keyed) {
		key, value := text[at[2]:at[3]], text[at[4]:at[5]]
		n, k := &node{text: value}, fieldKey(key)
		if k == "voice" || k == "tone" {
			for _, p := range listed(value) {
				r.put(&r.brand.Voice, p)
			}
		} else {
			r.avoid(n, append(slices.Clip(path), key), avoidWordsKey.MatchString(k))
		}
		if strings.TrimSpace(text[:at[0]]+text[at[1]:]) == "" {
			unread = ""
		}
	}
	r.sayNot(text, false)
	for _, at := range when(text, `"“`, neverSay) {
		for _, q := range quotes(text[at[2]:at[3]]) {
			r.phrase(q)
		}
	}
	r.neverMarks(text)
	for _, m := range ofMarks(text, yesMarks) {
		uses := true
		if habit := r.habitOf(m[1]); *habit == nil {
			*habit = &uses
		}
	}
	if r.brand.ReadingGrade == 0 && strings.Contains(text, "rade") {
		r.grade(text)
	}
	if under(path, "contact") {
		r.reached(text)
	}
	story := slices.ContainsFunc(path, func(k string) bool { return ofStory.MatchString(fieldKey(k)) })
	if r.all || story {
		for _, m := range sayName.FindAllStringSubmatch(text, maxItems) {
			r.put(&r.brand.People, m[1])
		}
	}
	if !r.swatchesOnly(text) {
		r.colours(text, path)
	} else {
		unread = ""
	}
	looks := slices.ContainsFunc(path, func(k string) bool { return ofPictures.MatchString(k) })
	switch count := len(strings.Fields(unread)); {
	case looks:
	case r.all && count > 2, story && count > 3, count > 3 && ruling.MatchString(unread):
		r.tell(path, unread)
	}
}

// when is re's matches in a text that has one of some characters: most texts have none, and a search of them all is what
// a large guide would wait for.
func when(text, any string, re *regexp.Regexp) [][]int {
	if !strings.ContainsAny(text, any) {
		return nil
	}
	return re.FindAllStringSubmatchIndex(text, maxItems)
}

// ofMarks is re's matches in a text that speaks of emoji or exclamation marks.
func ofMarks(text string, re *regexp.Regexp) [][]string {
	if !strings.Contains(text, "moji") && !strings.Contains(text, "xclamation") {
		return nil
	}
	return re.FindAllStringSubmatch(text, maxItems)
}

// swatchesOnly takes a text that is a colour; it reports whether it is one.
func (r *reader) swatchesOnly(text string) bool {
	c, ok := readColour(text, false)
	if ok {
		r.add(Colour{Hex: c.hex()}, 2)
	}
	return ok
}

// sayNot takes the pairs "say X, not Y" of a text; it reports whether it has one. Where the text is an item of a list of
// such pairs, its words are trusted further.
func (r *reader) sayNot(text string, listedPair bool) bool {
	found := false
	if listedPair {
		text = notBehind.ReplaceAllString(text, "$1, not $2")
	}
	if !denies.MatchString(text) {
		return false
	}
	for _, m := range saying.FindAllStringSubmatch(text, maxItems) {
		verb, use := strings.ToLower(m[1]), strings.TrimSpace(m[2])
		forms := listed(strings.TrimSpace(m[3]))
		plainTerm := !strings.ContainsAny(use[:1], `"“‘'`)
		name := isName(strings.Trim(use, `"“”‘’'`)) || strings.HasPrefix(verb, "spell") || strings.Contains(verb, "written") || strings.Contains(verb, "spel")
		most := 2
		if listedPair || name {
			most = 4
		}
		if plainTerm && (len(strings.Fields(use)) > most || wordsIn(use, functional) && !name) {
			continue
		}
		if plainTerm && !name && !listedPair && (verb == "use" || verb == "prefer" || verb == "write") {
			continue // "use photos, not drawings"
		}
		forms = slices.DeleteFunc(forms, func(f string) bool {
			return !strings.ContainsAny(f[:1], `"“‘'`) && (len(strings.Fields(f)) > most || wordsIn(f, functional) && !name)
		})
		if len(forms) == 0 {
			continue
		}
		found = true
		if name {
			r.spelling(strings.Trim(use, `"“”‘’'`), forms)
		} else {
			r.instead(use, forms)
		}
	}
	return found
}

func wordsIn(text string, of map[string]bool) bool {
	return slices.ContainsFunc(strings.Fields(strings.ToLower(text)), func(w string) bool { return of[w] })
}

// neverMarks takes what a text says against emoji and exclamation marks.
func (r *reader) neverMarks(text string) {
	for _, m := range ofMarks(text, noMarks) {
		if inPart.MatchString(text[strings.Index(text, m[0])+len(m[0]):]) {
			continue
		}
		for _, what := range m[1:] {
			if what != "" {
				*r.habitOf(what) = new(bool)
			}
		}
	}
}

func (r *reader) habitOf(what string) **bool {
	if strings.HasPrefix(strings.ToLower(what), "emoji") {
		return &r.brand.Emoji
	}
	return &r.brand.Exclamations
}
