package funnel

import (
	"regexp"
	"strings"
)

// Parts of the patterns below. A host's labels may be Latin, Greek or Cyrillic
// but not Chinese or Japanese, which are written without spaces, so that a
// domain in the middle of such a sentence is found without its neighbours.
const (
	hostLabel = `[\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}](?:[\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}\-]*[\p{Latin}\p{Greek}\p{Cyrillic}\p{Nd}])?`
	hostName  = `(?:` + hostLabel + `\.)+(?:[A-Za-z]{2,24}|рф|укр|бел)`
	linkRune  = "[^\\s<>\"`\\\\^“”„«»‘’‹›…，。！？；：（）「」『』【】、《》]"
	mailbox   = `[A-Za-z0-9._%+\-]{1,64}@(?:[\p{Latin}\p{Nd}\-]+\.)+[A-Za-z]{2,24}`
	schemes   = `mailto|tel|sms|javascript|vbscript|data|blob|about|callto|skype|whatsapp|facetime|geo|urn|cid|magnet|intent|file|view-source`
)

// link finds what looks like a URL, an e-mail address or a domain. Group 1 is
// the host where there is nothing but the host's ending to tell it from two
// words without a space between.
//
// The two bounds keep a search from reading far ahead of every match.
var link = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.\-]{0,30}://` + linkRune + `+` +
	`|(?i:` + schemes + `):` + linkRune + `+` +
	`|` + mailbox +
	`|(?i:www\.)` + linkRune + `+` +
	`|(` + hostName + `)(?::\d{1,5})?(?:[/?#]` + linkRune + `*)?`)

// Links returns the URLs, e-mail addresses and domains that a reader of a text
// sees in it, in order.
func Links(text string) []string { return links(visible(split(text))) }

// links returns the URLs, e-mail addresses and domains in a text a reader sees,
// in order, without the punctuation of the sentence around them.
func links(text string) []string {
	var found []string
	for _, at := range linkSpans(text) {
		found = append(found, text[at.start:at.end])
	}
	return found
}

// linkSpans returns where the links of a text stand. There is none across white
// space, and none in a word without a dot, colon or @, which is nearly all of
// them.
func linkSpans(text string) []span {
	var found []span
	done := 0
	for word := range strings.FieldsSeq(text) {
		start := done + strings.Index(text[done:], word)
		done = start + len(word)
		if !strings.ContainsAny(word, ".:@") {
			continue
		}
		for _, at := range linksInWord(word) {
			found = append(found, span{start + at.start, start + at.end})
		}
	}
	return found
}

// linksInWord returns where the links of a text without white space stand;
// there may be several, with punctuation or Chinese between them.
func linksInWord(word string) []span {
	var found []span
	for done := 0; ; {
		at := link.FindStringSubmatchIndex(word[done:])
		if at == nil {
			return found
		}
		start, end := done+at[0], done+at[1]
		if at[2] >= 0 && !isDomain(word[start:done+at[3]]) {
			done += at[3]
			continue
		}
		if length := len(trimSentence(word[start:end])); length > 0 {
			found = append(found, span{start, start + length})
		}
		done = end
	}
}

// trimSentence cuts from a link's end the punctuation that belongs to the
// sentence, and closing brackets that were not opened in the link.
func trimSentence(link string) string {
	for {
		switch last := link[max(0, len(link)-1):]; last {
		case ".", ",", ";", ":", "!", "?", "'", "*", "_", "|":
		case ")", "]", "}":
			open := map[string]string{")": "(", "]": "[", "}": "{"}[last]
			if strings.Count(link, open) >= strings.Count(link, last) {
				return link
			}
		default:
			return link
		}
		if strings.HasSuffix(link, "|*") && strings.Contains(link, "*|") {
			return link // the end of a merge tag
		}
		link = link[:len(link)-1]
	}
}

// isDomain tells a domain from two words without a space between them by its
// ending: com and its like, or, in small letters, a country's two or another
// known one. Eat.Sleep.Repeat is three words, and so is Eat.Pray.Love.
func isDomain(host string) bool {
	ending := host[strings.LastIndexByte(host, '.')+1:]
	small := strings.ToLower(ending)
	switch small {
	case "com", "net", "org", "info", "edu", "gov":
		return true
	}
	return ending == small && (len(ending) == 2 || topLevel[ending])
}

// topLevel are the generic endings of domains that funnels are likely to name;
// IANA's list has some 1,400, most of which are also words or brands.
var topLevel = func() map[string]bool {
	known := make(map[string]bool)
	for _, ending := range strings.Fields(`
		academy agency aero app art asia audio autos baby band bar beauty best bike bio biz blog boutique build
		builders business buzz cafe cam camp capital cards care careers cash cat catering center ceo chat
		church city cleaning click clinic clothing cloud club coach codes coffee community company computer
		consulting contact contractors cooking cool coop courses credit cricket dance dating deals delivery
		dental design dev diet digital direct directory doctor dog domains earth eco education email energy
		engineering enterprises estate events example exchange expert express family fans farm fashion film
		finance financial fish fit fitness flights florist food football forsale foundation fun fund furniture
		fyi gallery game games garden gift gifts gives global gmbh graphics green group guide guru hair health
		healthcare help holiday homes horse hospital host house inc ink institute insurance int international
		invest jewelry jobs kids kitchen land law lawyer legal life limited link live loan lol love ltd luxury
		management market marketing mba media memorial men menu mil mobi moda mom money museum music name
		network news ngo ninja online organic partners parts party pet photo photography photos pics pictures
		pink pizza place plumbing plus press pro productions properties property pub realty recipes rehab rent
		repair report rest restaurant review reviews rocks run sale salon school science services shoes shop
		shopping show site skin social software solar solutions space sport store stream studio style support
		surgery systems tattoo tax team tech technology tel tennis theater tips today tools top tours town toys
		trade training travel tube university vacations ventures vet video vip vision website wedding wiki win
		wine work works workshop world wtf xyz yoga zone рф укр бел`) {
		known[ending] = true
	}
	return known
}()
