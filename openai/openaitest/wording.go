package openaitest

import (
	"hash/fnv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// swaps are the words that the simulated rewrite says differently. They fit wherever the first one does; one
// with a capital is a verb only at the beginning of a sentence, and said differently only with its capital.
var swaps = map[string]string{
	"Download": "Grab", "free": "complimentary", "get": "claim", "instant": "immediate", "now": "today",
	"easy": "effortless", "quick": "swift", "complete": "full", "best": "finest", "amazing": "remarkable",
	"created": "crafted", "made": "crafted", "practical": "hands-on", "prepared": "equipped", "build": "shape",
	"join": "step into", "enter": "share", "click": "tap", "tips": "insights", "learn": "discover",
	"everything": "all", "started": "under way", "great": "outstanding", "big": "bold", "fast": "swift",
	"discover": "uncover", "simple": "clear", "exclusive": "private", "secret": "hidden", "love": "adore",
	"immediately": "at once", "receive": "get", "supporting": "guiding", "preview": "glimpse", "way": "path",
}

// english are words by which an English text is known, so that no other is given English phrases.
var english = map[string]bool{
	"the": true, "a": true, "an": true, "and": true, "or": true, "of": true, "to": true, "your": true, "you": true, "our": true,
	"for": true, "with": true, "is": true, "are": true, "we": true, "it": true, "here": true, "now": true, "me": true, "my": true,
	"free": true, "get": true, "what's": true, "here's": true, "download": true, "check": true, "click": true, "how": true, "this": true,
}

// closings are what the brand adds to a longer text.
var closings = []string{
	"That is the % way.",
	"% is with you at every step.",
	"Count on % from the first step.",
	"This is how % does it.",
}

// joints tie the brand's name to a headline.
var joints = []string{"with", "from"}

// speaks says whether there is a plain word to change.
func (c *cutText) speaks() bool {
	for _, p := range c.pieces {
		if p.kind == word {
			return true
		}
	}
	return false
}

// isEnglish says whether the text has a word that tells.
func (c *cutText) isEnglish() bool {
	for _, p := range c.pieces {
		_, core, _ := p.core()
		if p.kind == word && english[strings.ToLower(strings.ReplaceAll(core, "’", "'"))] {
			return true
		}
	}
	return false
}

// onlyWords says whether the text is plain words and nothing else.
func (c *cutText) onlyWords() bool {
	for _, p := range c.pieces {
		if p.kind != word && p.kind != space {
			return false
		}
	}
	return true
}

// core parts a plain word from the punctuation around it.
func (p piece) core() (before, core, after string) {
	m := plainWord.FindStringSubmatch(p.text)
	if m == nil {
		return "", p.text, ""
	}
	return m[1], m[2], m[3]
}

// rename puts the brand's name where the former's words stand, and says how often they did.
func (c *cutText) rename(former []string, brand string) (n int) {
	if len(former) == 0 {
		return 0
	}
	for i := 0; i+2*len(former)-2 < len(c.pieces); i++ {
		last := i + 2*len(former) - 2
		if !c.says(i, former) {
			continue
		}
		before, _, _ := c.pieces[i].core()
		_, _, after := c.pieces[last].core()
		c.pieces = append(c.pieces[:i+1], c.pieces[last+1:]...)
		c.pieces[i] = piece{verbatim, before + brand + after}
		n++
	}
	return n
}

// says tells whether the words, one space apart, stand at piece i.
func (c *cutText) says(i int, words []string) bool {
	for j, w := range words {
		p := c.pieces[i+2*j]
		before, core, after := p.core()
		if p.kind != word || !strings.EqualFold(core, w) || j > 0 && (before != "" || c.pieces[i+2*j-1].kind != space) || j < len(words)-1 && after != "" {
			return false
		}
	}
	return true
}

// swap says words differently.
func (c *cutText) swap() {
	for i, p := range c.pieces {
		before, core, after := p.core()
		other, ok := swaps[core]
		if !ok {
			other, ok = swaps[strings.ToLower(core)]
		}
		if ok && p.kind == word {
			c.pieces[i].text = before + cased(other, core) + after
		}
	}
}

// cased gives the word the capitals of the one it stands for.
func cased(other, like string) string {
	first, size := utf8.DecodeRuneInString(like)
	switch {
	case len(like) > size && strings.ToUpper(like) == like:
		return strings.ToUpper(other)
	case unicode.IsUpper(first):
		return strings.ToUpper(other[:1]) + other[1:]
	}
	return other
}

// name brings the brand's name in: into a headline at its end, after a sentence in one of its own, into a list
// of keywords as one more, and into a text that is not English without any words around it.
func (c *cutText) name(id, brand string) {
	words := 0
	for _, p := range c.pieces {
		if p.kind == word {
			words++
		}
	}
	pick := fnv.New32a()
	pick.Write([]byte(id + c.String()))
	at := c.lastSeen()
	before, core, after := c.pieces[at].core()
	switch {
	case strings.Contains(id, "placeholder"):
	case strings.Contains(id, "keywords"):
		c.append(", " + brand)
	case !c.english:
		c.append(" - " + brand)
	case strings.Contains(after, "."), words >= 8 && strings.ContainsAny(after, "!?"):
		c.append(" " + strings.ReplaceAll(closings[pick.Sum32()%uint32(len(closings))], "%", brand))
	case c.pieces[at].kind != word:
		c.append(" - " + brand)
	default:
		c.pieces[at].text = before + core + " " + joints[pick.Sum32()%uint32(len(joints))] + " " + brand + after
	}
}

// append writes behind the last thing that a reader sees, inside the tags that close after it.
func (c *cutText) append(text string) { c.pieces[c.lastSeen()].text += text }

// lastSeen is the last piece that is neither space nor tag.
func (c *cutText) lastSeen() int {
	for i := len(c.pieces) - 1; i > 0; i-- {
		if c.pieces[i].kind >= verbatim {
			return i
		}
	}
	return 0
}
