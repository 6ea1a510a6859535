package brand

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// maxItems bounds each list of a Brand, and maxItem an item's bytes: longer ones are prose, not words to check for.
const (
	maxItems = 200
	maxItem  = 80
)

// A reader collects a Brand from a tree.
type reader struct {
	brand    Brand
	swatches []swatch
	told     []passage
	parts    map[string]int // of told, by its key
	title    string         // the guide's first line, where that is the name
	all      bool           // the guide is prose or Markdown: what no key explains may be a rule
}

// A passage is what a guide says in words under one key.
type passage struct {
	key   string
	texts []string
}

// plainKey is a key without case, spaces and marks: "Brand_Name" and "brandName" are one.
func plainKey(key string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
}

// fieldKey is a plainKey without the words that say whose it is: "Our brand voice" is "brandvoice".
func fieldKey(key string) string {
	k := plainKey(key)
	if words := idWords(key); len(words) > 1 && (words[0] == "our" || words[0] == "the") {
		k = strings.TrimPrefix(k, words[0])
	}
	return k
}

var (
	// ofOthers are keys of parts that speak of the audience and the market: what stands there is not the brand's.
	ofOthers = regexp.MustCompile(`^(target)?(audiences?|personas?|pains?|painpoints?|dreams?|objections?|quotes?|testimonials?|reviews?|demographics|psychographics|customers?|(ideal)?(customer|client)s?(avatar|profile|persona)?|avatars?|faqs?|transformation|mediaconsumption|influencers?|market|marketoverlaps?|references|weaknesses|strengths)$`)
	// ofStory are keys of parts that name people.
	ofStory = regexp.MustCompile(`^(story|mystory|ourstory|about|aboutus|bio|founders?|foundersstory|authority|team|history|origin|originstory)$`)
	// ruling is a text that may hold a rule.
	ruling   = regexp.MustCompile(`(?i)\b(no|not|never|avoid|don['’]?t|without|always|only|must|instead|prefer|rather|use|say|write|call)\b`)
	graded   = regexp.MustCompile(`(?i)\bgrades?\s*(\d{1,2}(?:\.\d)?)(?:\s*(?:-|–|to)\s*(\d{1,2}))?|\b(\d{1,2}(?:\.\d)?)(?:st|nd|rd|th)?(?:\s*(?:-|–|to)\s*(\d{1,2})(?:st|nd|rd|th)?)?[ -]grade`)
	reading  = regexp.MustCompile(`(?i)\b(?:read\w*|writ\w*|grade level)\b`)
	splitter = regexp.MustCompile(`\s*[,;\n]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+`)
	image    = regexp.MustCompile(`(?i)https?://\S+\.(?:svg|png|jpe?g|webp|gif|eps|pdf)\b`)
	address  = regexp.MustCompile(`(?i)^https?://\S+$`)
)

// walk reads an object or a list; path are the keys that lead to it.
func (r *reader) walk(n *node, path []string) {
	for i, kid := range n.kids {
		at := path
		if n.object() {
			key := n.keys[i]
			if strings.HasPrefix(key, "$") && key != "$description" { // how tokens are kept
				continue
			}
			if at = append(slices.Clip(path), key); key == "" {
				at = path
			}
			if ofOthers.MatchString(fieldKey(key)) || key != "" && r.field(fieldKey(key), kid, at) {
				continue
			}
		}
		if kid.object() && (r.swatch(kid, at) || pairColumns(kid.keys) && r.pair(kid, at)) {
			continue
		}
		if kid.leaf() {
			if len(at) == 0 || !n.list || !r.colour(kid.text, at) {
				r.words(kid.text, at)
			}
			continue
		}
		r.walk(kid, at)
	}
}

// field reads a value whose key says what it is; it reports whether the value is done with.
func (r *reader) field(k string, n *node, path []string) bool {
	b := &r.brand
	looks := slices.ContainsFunc(path[:len(path)-1], func(key string) bool { return ofPictures.MatchString(key) })
	switch {
	case avoidWordsKey.MatchString(k) && !looks:
		r.avoid(n, path, true)
	case avoidKey.MatchString(k) && !looks:
		r.avoid(n, path, false)
	case preferKey.MatchString(k):
		r.prefer(n, path)
	case spellingKey.MatchString(k):
		r.spell(n, path)
	case k == "exclamations" || k == "exclamation" || k == "exclamationmarks" || k == "exclamationpoints":
		r.habit(n, &b.Exclamations, path)
	case k == "emoji" || k == "emojis" || k == "useemoji" || k == "emojiuse" || k == "emojiusage":
		r.habit(n, &b.Emoji, path)
	case competitorKey.MatchString(k):
		r.rivals(n, path)
	case peopleKey.MatchString(k):
		r.people(n, path)
	case k == "voice" || k == "tone" || k == "toneofvoice" || k == "brandvoice" || k == "voiceandtone" || k == "toneandvoice" || k == "personality" || k == "brandpersonality":
		r.voice(n, path)
	case k == "callstoaction" || k == "calltoaction" || k == "ctas" || k == "cta" && (n.list || n.leaf() && !isColour(n.text)):
		r.texts(n, &b.Calls)
	case k == "disclaimer" || k == "disclaimers" || k == "mustsay" || k == "requiredtext" || k == "legaldisclaimer" || (k == "legal" || k == "compliance") && !n.object():
		r.texts(n, &b.MustSay)
	case k == "readinglevel" || k == "readinggrade" || k == "gradelevel" || k == "readability":
		if v, err := strconv.ParseFloat(n.text, 64); err == nil && v > 0 && v <= 20 {
			b.ReadingGrade = v
		} else if n.leaf() {
			r.grade("reading: " + n.text)
		}
	case k == "imagery" || k == "photography" || k == "visualstyle" || k == "imagestyle" || k == "illustration" || k == "illustrations":
		r.looks(n, "", &b.Imagery)
	case k == "logorules" || k == "logouse" || k == "logousage" || k == "logo" || k == "logos" || k == "logourl" || k == "logofiles":
		r.logo(n, "")
	case k == "fonts" || k == "font" || k == "typography" || k == "typefaces" || k == "fontfamily" || k == "fontfamilies":
		r.fonts(n, "")
	case n.leaf() && strings.HasSuffix(k, "font") || strings.HasSuffix(k, "typeface"):
		r.fonts(n, strings.TrimSuffix(strings.TrimSuffix(k, "font"), "typeface"))
	case k == "products" || k == "product" || k == "offers" || k == "offer" || k == "services" || k == "courses" || k == "programs" || k == "programmes":
		r.products(n, path)
	default:
		if r.contact(k, n, path) {
			return true
		}
		return n.leaf() && r.colour(n.text, path)
	}
	return true
}

func isColour(text string) bool {
	_, ok := readColour(text, true)
	return ok
}

// voice takes how the brand speaks: a text by its sentences, and of commas what they part where that is a few words.
func (r *reader) voice(n *node, path []string) {
	switch {
	case n.leaf():
		for _, s := range sentencesOf(n.text) {
			parts := strings.Split(s, ",")
			if slices.ContainsFunc(parts, func(p string) bool { return len(strings.Fields(p)) > 4 }) {
				parts = []string{s}
			}
			for _, p := range parts {
				p = strings.Trim(oneLine(p), ` .`)
				r.put(&r.brand.Voice, strings.TrimPrefix(p, "and "))
			}
		}
		r.words(n.text, path)
	case n.list:
		for _, kid := range n.kids {
			switch {
			case kid.leaf():
				r.put(&r.brand.Voice, strings.Trim(oneLine(kid.text), ` .`))
				r.words(kid.text, path)
			case kid.get("name") != nil || kid.get("trait") != nil:
				for _, key := range []string{"name", "trait"} {
					if t := kid.get(key); t != nil {
						r.put(&r.brand.Voice, oneLine(t.text))
					}
				}
				r.walk(kid, path)
			default:
				r.voice(kid, path)
			}
		}
	default:
		for i, kid := range n.kids {
			at := append(slices.Clip(path), n.keys[i])
			switch k := fieldKey(n.keys[i]); {
			case k == "" || k == "attributes" || k == "traits" || k == "adjectives" || k == "characteristics" || k == "style" || k == "description" || k == "summary" || k == "is" || k == "weare" || k == "principles" || k == "do" || k == "dos" || k == "keywords":
				r.voice(kid, at)
			case !r.field(k, kid, at):
				if !kid.leaf() {
					r.walk(kid, at)
					continue
				}
				if key := oneLine(n.keys[i]); len(strings.Fields(key)) <= 2 { // "Warm: like a neighbour"
					r.put(&r.brand.Voice, key+": "+strings.TrimSuffix(oneLine(kid.text), "."))
				}
				r.words(kid.text, at)
			}
		}
	}
}

// texts adds texts whole, each item of a list.
func (r *reader) texts(n *node, to *[]string) {
	for _, item := range each(n) {
		if item.leaf() {
			r.put(to, oneLine(item.text))
			continue
		}
		for _, kid := range item.kids {
			r.texts(kid, to)
		}
	}
}

// looks adds all that is said under a key of pictures; what is to be avoided says so.
func (r *reader) looks(n *node, before string, to *[]string) {
	for i, kid := range n.kids {
		at := before
		if n.object() {
			if k := fieldKey(n.keys[i]); k == "title" {
				continue
			} else if avoidKey.MatchString(k) {
				at = "Avoid: "
			}
		}
		r.looks(kid, at, to)
	}
	if n.leaf() {
		if text := oneLine(n.text); text != "" {
			r.put(to, before+text)
		}
	}
}

// logo takes addresses as the logo's files, and words as rules of its use.
func (r *reader) logo(n *node, key string) {
	for i, kid := range n.kids {
		if n.object() {
			key = fieldKey(n.keys[i])
		}
		r.logo(kid, key)
	}
	switch text := oneLine(n.text); {
	case !n.leaf():
	case address.MatchString(text):
		r.put(&r.brand.Logo, text)
	case len(strings.Fields(text)) > 2 && key != "title" && key != "name" && key != "alt":
		if avoidKey.MatchString(key) && !forbids.MatchString(text) {
			text = "Avoid: " + text
		}
		r.put(&r.brand.LogoRules, text)
		for _, link := range image.FindAllString(text, maxItems) {
			r.put(&r.brand.Logo, link)
		}
	}
}

// habit reads whether a brand uses something: true, "never", "sparingly".
func (r *reader) habit(n *node, to **bool, path []string) {
	if !n.leaf() {
		r.walk(n, path)
		return
	}
	words := idWords(n.text)
	if len(words) == 0 {
		return
	}
	var uses bool
	switch words[0] {
	case "no", "never", "none", "false", "avoid", "don", "dont", "not", "0", "off", "without":
	case "yes", "true", "sparingly", "rarely", "allowed", "ok", "fine", "sometimes", "on", "occasionally", "welcome", "encouraged", "always", "one", "often":
		uses = true
	default:
		r.tell(path, n.text)
		return
	}
	*to = &uses
}

// grade reads a school grade from a text about reading; of a range the middle.
func (r *reader) grade(text string) {
	at := graded.FindStringSubmatchIndex(text)
	if at == nil || !reading.MatchString(text[max(0, at[0]-60):min(len(text), at[1]+60)]) {
		return
	}
	var sum, n float64
	for g := 2; g < len(at); g += 2 {
		if at[g] >= 0 {
			v, _ := strconv.ParseFloat(text[at[g]:at[g+1]], 64)
			sum, n = sum+v, n+1
		}
	}
	if v := sum / n; v > 0 && v <= 20 {
		r.brand.ReadingGrade = v
	}
}

// tell keeps a text for the agent, with the others of its key.
func (r *reader) tell(path []string, text string) {
	if text = strings.TrimSpace(text); text == "" || len(path) == 0 && text == strings.TrimSpace(r.title) {
		return
	}
	key := oneLine(strings.Join(slices.DeleteFunc(slices.Clone(path), func(k string) bool { return k == "" }), ": "))
	i, known := r.parts[key]
	if !known {
		if r.parts == nil {
			r.parts = make(map[string]int)
		}
		i = len(r.told)
		r.parts[key] = i
		r.told = append(r.told, passage{key: key})
	}
	if t := &r.told[i].texts; !slices.Contains((*t)[max(0, len(*t)-3):], text) { // read twice
		*t = append(*t, text)
	}
}

// prose is what was told, a text for each key.
func (r *reader) prose() []string {
	var all []string
	for _, p := range r.told {
		text := strings.Join(p.texts, "\n")
		if p.key != "" {
			text = p.key + ": " + text
		}
		all = append(all, text)
	}
	return all
}

// put adds a text to a list, once.
func (r *reader) put(to *[]string, s string) {
	if s != "" && len(*to) < maxItems && !slices.Contains(*to, s) {
		*to = append(*to, s)
	}
}

func each(n *node) []*node {
	if n.list {
		return n.kids
	}
	return []*node{n}
}
