package funnel

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode"
)

// IsCopy is true where a text is written for people and may be rewritten. It
// is false for what a machine reads: addresses, colours, numbers, codes, style
// sheets, merge tags on their own. The id decides only where the text looks
// like what the id says: welcome_email may hold a letter, cta_url a name.
//
// A text that mixes the two, like a sentence with a URL in it or HTML with a
// style sheet, is copy: Check sees to it that they survive. In doubt a text is not copy, because one
// left alone is a smaller loss than a broken one.
func IsCopy(elementID, text string) bool {
	return whyNotCopy(elementID, text) == ""
}

// whyNotCopy returns the name of the first rule that says a text is not copy,
// or "".
func whyNotCopy(elementID, text string) string {
	id, text := words(elementID), strings.TrimSpace(text)
	for _, r := range notCopy {
		if r.holds(id, text) {
			return r.name
		}
	}
	return ""
}

// A rule names one reason for which a text is not copy. The id is given as
// words does, the text without white space around it.
type rule struct {
	name  string
	holds func(id, text string) bool
}

// notCopy are the rules, in order. Few look at the id.
var notCopy = []rule{
	{"blank", func(_, text string) bool { return blank(text) }},
	{"url", matches(`[a-z][a-z0-9+.\-]*://\S+`)},
	{"url", matches(`(` + schemes + `):\S+`)},
	{"url", matches(`mailto:\S+@.*|data:[\w/+.\-]*[;,].*|javascript:\s*void\b.*|javascript:\S.*`)},
	{"url", matches(`//[^\s/]+\.\S+|www\.\S+|localhost(:\d+)?(/\S*)?`)},
	{"url", func(_, text string) bool { return domainOnly(text) }},
	{"e-mail address", matches(`[^\s@<>]+@[^\s@<>]+`)},
	{"e-mail address", matches(`"?[^<>@"\n]{0,80}"?\s*<[^\s<>@]+@[^\s<>@]+>`)}, // with the name before it
	{"handle", matches(`@[\w.\-]+`)},
	{"path", matches(`(/|\./|\.\./|~/|[a-z]:\\|\\\\)\S*`)},
	{"path", matches(`[^\s/<>]+(/[^\s/<>]+)*/([?#]\S*)?`)},
	{"colour", colourByID},
	{"anchor or query", matches(`[#?]\S+`)},
	{"file name", matches(`[^\s<>]*[^\s<>.]\.(` + extensions + `)([?#]\S*)?`)},
	{"media type", spells(`(application|audio|font|image|multipart|text|video)/[\w.+\-]+`)},

	{"id of a url", func(id, text string) bool { return addressID.MatchString(id) && slug.MatchString(text) }},
	{"css value", matches(cssFunctions + `\(.*\);?`)},
	{"css value", func(_, text string) bool { return cssTerms("", text) && strings.ContainsAny(text, "0123456789") }},
	{"font list", matches(`[\w\s"'\-]+(,[\w\s"'\-]+)*,\s*(sans-serif|serif|monospace|system-ui);?`)},

	{"number", func(_, text string) bool { return !strings.ContainsFunc(text, unicode.IsLetter) }},
	{"price", matches(`(` + currencies + `)\s?` + amount + `(` + per + `)?`)},
	{"price", matches(amount + `\s?(` + currencies + `)(` + per + `)?`)},
	{"price", matches(`\p{Sc}\s?` + amount + `(` + per + `)?`)},
	{"phone number", matches(`[\d\s()+./\-]*\d[\d\s()+./\-]*(ext|x)\.?\s?\d+`)},
	{"time", matches(`\d{4}-\d\d-\d\d[t ]\d\d:\d\d(:\d\d(\.\d+)?)?\s?(z|[+\-]\d\d:?\d\d)?`)},
	{"time", matches(`\d{1,2}([:.]\d\d)?\s?[ap]\.?m\.?`)},

	{"literal", matches(`true|false|null|undefined|nan`)},
	{"code", matches(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,}`)},
	{"code", func(_, text string) bool { return len(text) >= 4 && capitals("", text) && mixed(text) }},
	{"code", func(_, text string) bool { return len(text) >= 12 && token("", text) && scrambled(text) }},
	{"code", matches(`\w*[a-z0-9]_[a-z0-9]\w*|[\w.\-]+=[^\s=]*(&[\w.\-]+=[^\s=]*)*`)},
	{"code", spells(`GTM-[A-Z0-9]{4,}|[a-z]{2}[\-_][A-Z]{2}`)}, // Tag Manager, locales

	{"json", func(_, text string) bool {
		return (text[0] == '{' || text[0] == '[') && json.Valid([]byte(text))
	}},
	{"postal address", func(id, text string) bool {
		return postal.MatchString(text) || addressed.MatchString(id) && postalLook.MatchString(text)
	}},
	{"script or style", func(_, text string) bool { return scripted.MatchString(text) && !readable(text) }},
	{"placeholder", func(_, text string) bool { return placeholderOnly(text) }},
	{"no words", func(_, text string) bool { return !readable(text) }},
}

// Parts of the rules.
const (
	extensions = `html?|xhtml|php|aspx?|jsp|cgi|js|mjs|ts|css|scss|json|xml|csv|txt|md|ya?ml|pdf|docx?|xlsx?|pptx?|odt|rtf|epub|` +
		`zip|rar|gz|tgz|7z|png|jpe?g|gif|webp|avif|svg|ico|bmp|tiff?|heic|mp3|mp4|m4a|m4v|mov|avi|webm|ogg|wav|woff2?|ttf|otf|eot|ics|vcf`
	cssFunctions = `(rgba?|hsla?|hwb|oklch|oklab|lab|lch|color|color-mix|light-dark|var|calc|clamp|min|max|env|url|` +
		`(-webkit-)?(repeating-)?(linear|radial|conic)-gradient)`
	cssTerm = `([+\-]?[\d.]+(px|r?em|ex|ch|[dsl]?v[hw]|vmin|vmax|%|pt|pc|cm|mm|in|fr|m?s|deg|turn|x)?|#[0-9a-fA-F]{3,8}|` +
		cssFunctions + `\([^()]*\)|auto|none|inherit|initial|inset|solid|dashed|dotted|normal|bold|transparent|currentcolor)`
	currencies = `usd|eur|gbp|cad|aud|nzd|chf|sek|nok|dkk|jpy|cny|inr|brl|mxn|zar|sgd|hkd|pln|czk|(us|ca|au|nz|hk|sg|c|a|r)\$|kr|rs\.?`
	amount     = `[+\-]?\d[\d.,'’ ]*[km]?`
	per        = `\s?/\s?(mo|month|yr|year|wk|week|day|hr|hour|min|minute|user|seat|person)s?\.?`
)

var (
	cssTerms = spells(cssTerm + `(\s*[\s,/]\s*` + cssTerm + `)*;?`)
	capitals = spells(`[A-Z0-9]+([\-_.][A-Z0-9]+)*`)
	token    = spells(`[A-Za-z0-9_\-]+`)
	scripted = regexp.MustCompile(`(?is)<script\b.*?(?:</script\s*>|$)|<style\b.*?(?:</style\s*>|$)`)

	// An id that ends like one of an address, with a word or a slug for a text.
	addressID = regexp.MustCompile(`(?:^|_)(?:url|href|link|slug|src|uri)(?:_\d+)?$`)
	slug      = regexp.MustCompile(`^[\w\-.~%+=&?#/:]+$`)

	// A postal address by its look, and, under an id that says so, by less.
	postal     = regexp.MustCompile(`(?i)^[^.!?\n]{0,60}\b\d{1,6}\s+(?:[\pL.'’\-]+\s+){1,5}(?:st|street|ave|avenue|rd|road|blvd|boulevard|ln|lane|dr|drive|way|court|ct|square|suite)\b\.?,[^!?]{0,120}\d{4,}[^!?]{0,40}$`)
	addressed  = regexp.MustCompile(`(?:^|_)(?:address|street|postal)(?:_(?:line|text|\d+))*$`)
	postalLook = regexp.MustCompile(`^[^!?@]*\d[^!?@]*,[^!?@]*$|^[^!?@]*,[^!?@]*\d[^!?@]*$`)

	bare = regexp.MustCompile(`^(` + hostName + `)\.?(:\d{1,5})?([/?#]\S*)?$`)
)

// matches makes a rule of a pattern for the whole text, case ignored.
func matches(pattern string) func(id, text string) bool {
	return spells(`(?is:` + pattern + `)`)
}

// spells makes a rule of a pattern for the whole text, to the letter.
func spells(pattern string) func(id, text string) bool {
	whole := regexp.MustCompile(`^(?:` + pattern + `)$`)
	return func(_, text string) bool { return whole.MatchString(text) }
}

// readable is true where a text has words that people read, be it in an
// attribute or in one of several choices.
func readable(text string) bool {
	text = scripted.ReplaceAllString(text, " ")
	return hasWords(split(text)) || hasChoices(text)
}

var (
	// A value that programs read: a file, a path, a code.
	machineValue = regexp.MustCompile(`^\S*[/._=#\\]\S*$|^\S*\d\S*$`)

	choices  = regexp.MustCompile(`\{([^{}|]*)\|([^{}]*)\}`)
	variable = regexp.MustCompile(`^\s*[a-z]+(?:[._][a-z0-9]+)+\s*$`)
)

// hasChoices is true where a text has spintax: a group in braces of which one is
// chosen, and one of which has more than one word. {first_name|my friend} is a
// merge tag with its default.
func hasChoices(text string) bool {
	for _, found := range choices.FindAllStringSubmatch(text, -1) {
		if variable.MatchString(found[1]) {
			continue
		}
		for _, choice := range append(strings.Split(found[2], "|"), found[1]) {
			if len(strings.Fields(choice)) > 1 && strings.ContainsFunc(choice, unicode.IsLetter) {
				return true
			}
		}
	}
	return false
}

// placeholderOnly is true where a text is merge tags, and nothing else that can
// be read.
func placeholderOnly(text string) bool {
	return len(written(split(text), merge)) > 0 && len(written(split(text), tag, comment)) == 0 && !readable(text)
}

var (
	camel     = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)
	separator = regexp.MustCompile(`[^\pL\pN]+`)
)

// words returns an id in lower case with _ between its words, however it is
// written: ctaUrl, CTA-URL and cta_url are all cta_url.
func words(id string) string {
	id = camel.ReplaceAllString(id, "${1}${3}_${2}${4}")
	return strings.ToLower(strings.Trim(separator.ReplaceAllString(id, "_"), "_"))
}

// domainOnly is true for a domain, with or without a path.
func domainOnly(text string) bool {
	match := bare.FindStringSubmatch(text)
	return match != nil && isDomain(match[1])
}

// mixed is true where a text has both letters and digits.
func mixed(text string) bool {
	return strings.ContainsAny(text, "0123456789") && strings.ContainsFunc(text, unicode.IsLetter)
}

// scrambled is true where capitals, small letters and digits stand in one
// word, as they do in generated ids.
func scrambled(text string) bool {
	return mixed(text) && strings.ContainsFunc(text, unicode.IsUpper) && strings.ContainsFunc(text, unicode.IsLower)
}

// blank is true where nothing of a text can be seen.
func blank(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsSpace(r) && !invisible(r) })
}

// invisible is true for characters that take no room or look like a space but
// are none: zero-width and direction marks, fillers, tags.
func invisible(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0':
		return true
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r)
}
