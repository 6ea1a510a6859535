package brand

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	// avoidWordsKey are keys of words; avoidKey are keys of words or of descriptions.
	avoidWordsKey = regexp.MustCompile(`^(neversay|dontsay|donotsay|wedontsay|weneversay|neverwrite|dontwrite|(banned|forbidden|prohibited|avoid|avoided|blacklisted|blocked)(words?|phrases?|terms?|vocabulary|wordsandphrases)|(words?|phrases?|terms?|vocabulary|wordsandphrases|wordsorphrases)(to|we)?(avoid|never(say|use)?|dontuse|donotuse|dontsay|notto(use|say)))$`)
	useColumn     = regexp.MustCompile(`^(say|write|use|prefer|preferred|saythis|wesay|right|correct)$`)
	notColumn     = regexp.MustCompile(`^(not|insteadof|instead|never|avoid|dontsay|neversay|notthis|wedontsay|wrong|incorrect)$`)
	avoidKey      = regexp.MustCompile(`^(avoid|avoids|avoiding|avoidance|never|neveruse|dont|donts|donot|dontuse|donotuse|forbidden|banned|prohibited|blacklist|whattoavoid)$`)
	preferKey     = regexp.MustCompile(`^(prefer|preferred|preferredterms|preferredwords|preferredlanguage|terminology|vocabulary|wordchoice|wordstouse|wordsweuse|wordswelove|replace|replacements|saythis|sayinstead|sayitlikethis|say|insteadof)$`)
	spellingKey   = regexp.MustCompile(`^(spellings?|nameusage|brandnames?spelling|trademarks?|marks?|registeredtrademarks|namespelling|writtenas|correctspellings?)$`)
	marked        = regexp.MustCompile(`\p{Lu}[\p{L}\p{N}'’&-]*(?: (?:(?:to|of|the|and|for|a|an|in|&) )*\p{Lu}[\p{L}\p{N}'’&-]*)*[™®]`)
	opening       = regexp.MustCompile(`^(?:The|Our|My|Your|With|Join|Try|Get|Meet|And|But|For|In|At|Why|How|Is|A|An)\s+(\p{Lu})`)
	quoted        = regexp.MustCompile(`"([^"\n]+)"|“([^”\n]+)”|«\s?([^»\n]+?)\s?»|„([^“”\n]+)[“”]|‘([^’\n]+)’|(?:^|[\s(,/])'([^'\n]+)'`)
	onlyJoined    = regexp.MustCompile(`^[\s,;/.]*(?:(?:and|or|nor)?[\s,;/.]*)*$`)
	suchAs        = regexp.MustCompile(`(?i)\b(?:words?|phrases?|terms?|expressions?|clich[eé]s|buzzwords)\s+(?:like|such as|including)\s*:?\s*((?:["“‘'„«][^"”’'“»\n]+["”’'“»][\s,;/]*(?:and\s+|or\s+)?)+)`)
	sayAt         = regexp.MustCompile(`(?i)^(?:say|saying|use|using|write|writing)\s+(?:the\s+)?(?:words?\s+|phrases?\s+|terms?\s+)?`)
	useBehind     = regexp.MustCompile(`(?i)^(.+?)\s*(?:\((?:use|say|prefer|instead:?)\s+([^()]+?)(?:\s+instead)?\)|(?:→|->|=>)\s*(.+))$`)
	joined        = regexp.MustCompile(`^(\S+|"[^"]+"|“[^”]+”)\s+(?:and|or)\s+(\S+(?:\s\S+)?|"[^"]+"|“[^”]+”)$`)

	// describing are words of a description of what to avoid: "fake urgency", "talking down" are nobody's wording.
	describing = set(`language tone wording words phrases terms jargon slang claims promises tactics urgency scarcity pressure hype messaging humour humor sarcasm clichés cliches cliché cliche buzzwords
		superlatives statements stereotypes style voice punctuation caps capitals sentences paragraphs comparisons condescension profanity negativity content copy politics religion
		photos images imagery colours colors fonts backgrounds shadows gradients logos advice references metaphors puns jokes questions abbreviations acronyms speak talk irony exaggeration fear
		arrogance salesy pushy aggressive condescending corporate cold formal casual technical robotic boring loud shouting clickbait swearing violence gimmicks fluff passive patronizing patronising`)
	// speech are those of them that no list of words has.
	speech = set(`language tone wording words phrases terms jargon slang messaging clichés cliches buzzwords`)
	// vague are words that a description begins with.
	vague = set(`overly too any no fake false excessive empty being all anything unnecessary overpromising bad poor`)
	// functional are words that no pair "say X, not Y" has in it.
	functional = set(`what it that this who how why things more less we you i so yes no to is are as in with for at on ones them than if when`)
)

// avoid takes banned words. Where the key speaks of words, each short item is one; under "avoid" alone an item must look
// like a word or stand in quotes. The rest describes, and is told.
func (r *reader) avoid(n *node, path []string, ofWords bool) {
	if colourIn(path) {
		return // colours that are not the brand's
	}
	switch {
	case n.leaf():
		value, rest := firstSentence(n.text)
		r.ban(listed(value), value, path, ofWords)
		if rest != "" {
			r.words(rest, path[:len(path)-1])
		}
	case n.list:
		var items []string
		for _, kid := range n.kids {
			switch {
			case kid.leaf():
				if text := oneLine(kid.text); single(text) {
					items = append(items, strings.Split(text, ",")...)
				} else {
					items = append(items, text)
				}
			case !r.pair(kid, path):
				r.avoid(kid, path, ofWords)
			}
		}
		r.ban(items, "", path, ofWords)
	case r.pair(n, path):
	default:
		for i, kid := range n.kids {
			at := append(slices.Clip(path), n.keys[i])
			switch key := oneLine(n.keys[i]); {
			case ofWords && kid.leaf() && len(strings.Fields(key)) <= 3 && len(strings.Fields(kid.text)) <= 3:
				r.instead(kid.text, []string{key})
			default:
				k := fieldKey(key)
				r.avoid(kid, at, ofWords || k == "words" || k == "phrases" || k == "terms" || avoidWordsKey.MatchString(k))
			}
		}
	}
}

// single is true for words that commas part.
func single(text string) bool {
	for p := range strings.SplitSeq(text, ",") {
		if len(strings.Fields(p)) != 1 {
			return false
		}
	}
	return true
}

// ban takes the items of one list. A list that came from one text, whole, is either words or all of it a description.
func (r *reader) ban(items []string, whole string, path []string, ofWords bool) {
	words := 0
	for _, item := range items {
		if item = strings.TrimSpace(item); len(strings.Fields(item)) == 1 && !describing[plainKey(item)] || quotes(item) != nil {
			words++
		}
	}
	list := ofWords || 2*words >= len(items)
	described := false
	for _, item := range items {
		item = strings.TrimSpace(strings.TrimSuffix(oneLine(item), "."))
		if item != "" && !r.banned(item, ofWords, list) {
			if described = true; whole == "" {
				r.tell(path, item)
			}
		}
	}
	if described && whole != "" {
		r.tell(path, whole)
	}
}

// banned takes one item; it reports whether the item is words and not a description.
func (r *reader) banned(item string, ofWords, list bool) bool {
	if r.neverMarks("no " + item); markWords.MatchString(item) {
		return true
	}
	if m := useBehind.FindStringSubmatch(item); m != nil && len(strings.Fields(m[1])) <= 4 && len(strings.Fields(m[2]+m[3])) <= 4 {
		r.phrase(m[1])
		r.instead(m[2]+m[3], []string{m[1]})
		return true
	}
	if all := quotes(sayAt.ReplaceAllString(item, "")); all != nil {
		for _, q := range all {
			r.phrase(q)
		}
		return true
	}
	if m := suchAs.FindStringSubmatch(item); m != nil {
		for _, q := range quotes(m[1]) {
			r.phrase(q)
		}
		return false
	}
	if strings.ContainsAny(item, "()#@/\"“”") || strings.Contains(item, "://") {
		return false
	}
	words := strings.Fields(strings.ToLower(item))
	is := func(of map[string]bool) bool {
		return slices.ContainsFunc(words, func(w string) bool { return of[strings.Trim(w, ".,")] })
	}
	switch {
	case len(words) == 1:
		if !ofWords && is(describing) {
			return false
		}
	case len(words) > 3 || is(speech) || !list:
		return false
	case !ofWords && (is(describing) || vague[words[0]] || strings.HasSuffix(words[0], "ing")):
		return false
	}
	r.phrase(item)
	return true
}

func (r *reader) phrase(p string) {
	p = strings.Trim(oneLine(p), ` "“”'‘’.,!`)
	if len(p) <= maxItem && len(strings.Fields(p)) <= 8 {
		r.put(&r.brand.Avoid, p)
	}
}

// quotes are the phrases of a text that has nothing but phrases in quotes; nil where it has more.
func quotes(text string) []string {
	var all []string
	last := 0
	for _, at := range quoted.FindAllStringSubmatchIndex(text, maxItems) {
		if !onlyJoined.MatchString(text[last:at[0]]) {
			return nil
		}
		for g := 2; g < len(at); g += 2 {
			if at[g] >= 0 {
				all = append(all, text[at[g]:at[g+1]])
			}
		}
		last = at[1]
	}
	if len(all) == 0 || !onlyJoined.MatchString(text[last:]) {
		return nil
	}
	return all
}

// listed are the items of a list in a text: what commas part, and the last two at "and" or "or" where they are words.
func listed(text string) []string {
	if all := quotes(text); all != nil {
		for i := range all {
			all[i] = `"` + all[i] + `"`
		}
		return all
	}
	var items []string
	for p := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == ',' || c == ';' || c == '\n' }) {
		p = strings.TrimSpace(p)
		if m := joined.FindStringSubmatch(p); m != nil {
			items = append(items, m[1], m[2])
			continue
		}
		p = strings.TrimPrefix(strings.TrimPrefix(p, "and "), "or ")
		if p = strings.TrimSpace(p); p != "" {
			items = append(items, p)
		}
	}
	return items
}

// pair reads an object that gives a word and what to use in its place.
func (r *reader) pair(n *node, path []string) bool {
	var use, instead *node
	spelled := false
	for i, key := range n.keys {
		switch k := fieldKey(key); {
		case k == "use" || k == "prefer" || k == "preferred" || k == "right" || k == "correct" || k == "better" || k == "replacement" || k == "do" || k == "say" || k == "write" || k == "yes" || k == "saythis" || k == "to" || k == "with" || k == "useinstead" || k == "wesay":
			use = n.kids[i]
			spelled = spelled || k == "right" || k == "correct"
		case k == "instead" || k == "insteadof" || k == "not" || k == "avoid" || k == "dont" || k == "wrong" || k == "incorrect" || k == "never" || k == "no" || k == "word" || k == "term" || k == "notthis" || k == "from" || k == "replace" || k == "dontsay" || k == "neversay" || k == "wedontsay" || k == "misspellings" || k == "variants":
			if k == "instead" && instead != nil { // {"avoid": …, "instead": …}
				use = n.kids[i]
			} else {
				if instead = n.kids[i]; instead != nil && k != "instead" {
					if other := n.get("instead"); other != nil && other != instead && use == nil {
						use = other
					}
				}
			}
		}
	}
	if use == nil || instead == nil || !use.leaf() {
		return false
	}
	var forms []string
	for _, item := range each(instead) {
		if item.leaf() {
			if instead.list {
				forms = append(forms, item.text)
			} else {
				forms = append(forms, listed(item.text)...)
			}
		}
	}
	if under(path, "avoid") || forbidding(path) {
		for _, f := range forms {
			r.phrase(f)
		}
	}
	if spelled {
		r.spelling(oneLine(use.text), forms)
		return true
	}
	r.instead(use.text, forms)
	return true
}

// pairColumns is true for the keys of an object, and the head of a table, that gives words and those in whose place
// they stand.
func pairColumns(keys []string) bool {
	has := func(of *regexp.Regexp) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return of.MatchString(fieldKey(k)) })
	}
	return has(useColumn) && has(notColumn)
}

// prefer takes words to use in place of others.
func (r *reader) prefer(n *node, path []string) {
	switch {
	case n.leaf():
		if !r.sayNot(n.text, true) && !r.sayNot("say "+n.text, true) {
			for _, p := range listed(n.text) {
				r.item(p, path)
			}
		}
	case n.list:
		for _, kid := range n.kids {
			if kid.leaf() {
				r.item(kid.text, path)
			} else if !r.pair(kid, path) {
				r.prefer(kid, path)
			}
		}
	case r.pair(n, path):
	default:
		for i, kid := range n.kids {
			at := append(slices.Clip(path), n.keys[i])
			switch k, key := fieldKey(n.keys[i]), oneLine(n.keys[i]); {
			case preferKey.MatchString(k) && k != "say" || k == "use" || k == "words" || k == "":
				r.prefer(kid, at)
			case r.field(k, kid, at):
			case kid.list && len(strings.Fields(key)) <= 3: // the word, and those that it stands for
				var forms []string
				for _, f := range kid.kids {
					forms = append(forms, f.text)
				}
				r.instead(key, forms)
			case kid.leaf() && (strings.HasPrefix(fieldKey(path[len(path)-1]), "replace") || fieldKey(path[len(path)-1]) == "insteadof"):
				r.instead(kid.text, []string{key})
			case kid.leaf():
				r.tell(at, kid.text)
			default:
				r.walk(kid, at)
			}
		}
	}
}

// item is one of a list of words to use: "members, not customers", "customers → members", or a word alone.
func (r *reader) item(text string, path []string) {
	text = strings.TrimSuffix(oneLine(text), ".")
	if m := useBehind.FindStringSubmatch(text); m != nil && m[3] != "" {
		r.instead(m[3], listed(m[1]))
		return
	}
	if r.sayNot(text, true) || r.sayNot("say "+text, true) {
		return
	}
	if words := strings.Trim(text, `"“”'`); text != "" && len(strings.Fields(text)) <= 3 && len(text) <= maxItem {
		if !slices.ContainsFunc(r.brand.Prefer, func(p Prefer) bool { return p.Use == words }) && len(r.brand.Prefer) < maxItems {
			r.brand.Prefer = append(r.brand.Prefer, Prefer{Use: words})
		}
		return
	}
	r.tell(path, text)
}

// instead takes a word and those in whose place it stands; a name with capitals is a spelling.
func (r *reader) instead(use string, forms []string) {
	use = strings.Trim(oneLine(use), ` "“”'‘’.`)
	var kept []string
	for _, f := range forms {
		if f = strings.Trim(oneLine(f), ` "“”'‘’.`); f != "" && f != use && len(f) <= maxItem && len(strings.Fields(f)) <= 4 {
			kept = append(kept, f)
		}
	}
	if use == "" || len(kept) == 0 || len(use) > maxItem || len(strings.Fields(use)) > 4 {
		return
	}
	if isName(use) {
		r.spelling(use, kept)
		return
	}
	p := entry(&r.brand.Prefer, func(p Prefer) bool { return p.Use == use }, Prefer{Use: use})
	if p == nil {
		return
	}
	for _, f := range kept {
		r.put(&p.Instead, f)
	}
}

// isName is true for a term with capitals that no sentence gave it.
func isName(s string) bool {
	capitals := 0
	for w := range strings.FieldsSeq(s) {
		if unicode.IsUpper([]rune(w)[0]) {
			capitals++
		}
		if inner(w) || strings.ContainsAny(w, marks) {
			return true
		}
	}
	return capitals > 1
}

// spell takes names as they are written.
func (r *reader) spell(n *node, path []string) {
	switch {
	case n.leaf():
		if !r.sayNot(n.text, true) && !r.sayNot("write "+n.text, true) {
			for _, p := range listed(n.text) {
				r.spelling(strings.Trim(p, `"“”`), nil)
			}
		}
	case n.list:
		for _, kid := range n.kids {
			if name := kid.get("name"); kid.object() && name != nil && kid.get("right") == nil {
				kid.put("right", name)
			}
			switch {
			case kid.leaf() && (r.sayNot(kid.text, true) || r.sayNot("write "+kid.text, true)), !kid.leaf() && r.pair(kid, path):
			case kid.leaf():
				r.spelling(oneLine(kid.text), nil)
			case kid.get("right") != nil:
				r.spelling(oneLine(kid.get("right").text), nil)
			default:
				r.spell(kid, path)
			}
		}
	case r.pair(n, path):
	default:
		for i, kid := range n.kids {
			var forms []string
			for _, f := range each(kid) {
				forms = append(forms, f.text)
			}
			if len(strings.Fields(n.keys[i])) <= 6 {
				r.spelling(oneLine(n.keys[i]), forms)
			}
		}
	}
}

func (r *reader) spelling(right string, wrong []string) {
	right = strings.Trim(right, ` "“”'.`)
	if right == "" || len(right) > maxItem || len(strings.Fields(right)) > 8 {
		return
	}
	s := entry(&r.brand.Spellings, func(s Spelling) bool { return s.Right == right }, Spelling{Right: right})
	if s == nil {
		return
	}
	for _, w := range wrong {
		if w = strings.Trim(oneLine(w), ` "“”'.`); w != right && len(w) <= maxItem {
			r.put(&s.Wrong, w)
		}
	}
}

// marks takes every name with a ™ or ®, wherever it stands but among other people's.
func (r *reader) marks(n *node, path []string) {
	for i, kid := range n.kids {
		if n.object() {
			if k := fieldKey(n.keys[i]); ofOthers.MatchString(k) || competitorKey.MatchString(k) {
				continue
			}
		}
		r.marks(kid, path)
	}
	if !n.leaf() || !strings.ContainsAny(n.text, "™®") {
		return
	}
	if text := oneLine(n.text); len(strings.Fields(text)) <= 4 && strings.LastIndexAny(text, marks) > 0 && strings.TrimRight(text, marks) == text[:strings.IndexAny(text, marks)] {
		r.spelling(text, nil) // a name or a line alone, in any case
		return
	}
	for _, name := range marked.FindAllString(n.text, maxItems) {
		for opening.MatchString(name) {
			name = opening.ReplaceAllString(name, "$1")
		}
		r.spelling(oneLine(name), nil)
	}
}

// entry is the one of a list that is meant, added where there is none; nil: the list is full.
func entry[T any](list *[]T, meant func(T) bool, fresh T) *T {
	i := slices.IndexFunc(*list, meant)
	if i < 0 {
		if len(*list) == maxItems {
			return nil
		}
		i = len(*list)
		*list = append(*list, fresh)
	}
	return &(*list)[i]
}
