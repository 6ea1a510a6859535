package corpus

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// A Fault is a way in which a model errs.
type Fault struct {
	Name string
	Kind string // "structure", "fact", "brand" or "copy"
	// Make puts the fault into a good rewrite. It is false where the text gives no occasion for it.
	Make func(p Pair) (string, bool)
}

var (
	placeholder = regexp.MustCompile(`\{\{[^{}]*\}\}|\{%[^%]*%\}|\{[a-z_]+\}|\*\|[A-Z]+\|\*|<%=[^%]*%>|\$\{[^}]*\}|%[A-Z]+%|%%\w+%%|~[\w.]+~|\[\[\w+\]\]|#[A-Z_]+#|__[A-Z]+__|@[A-Z]+@`)
	condition   = regexp.MustCompile(`\{\{#if [^}]*\}\}|\{% if [^%]*%\}|\{\{IF [^}]*\}\}`)
	ending      = regexp.MustCompile(`\{\{/if\}\}|\{% endif %\}|\{\{ENDIF\}\}`)
	element     = regexp.MustCompile(`</?[a-z][a-z0-9]*(?:\s[^<>]*)?>`)
	closer      = regexp.MustCompile(`</[a-z][a-z0-9]*>`)
	address     = regexp.MustCompile(`https?://[^\s"<>)]+`)
	price       = regexp.MustCompile(`([$€])\s?(\d)(\d*)|(\d+)\s?€`)
	percent     = regexp.MustCompile(`\d+(?:\.\d+)?\s?%`)
	number      = regexp.MustCompile(`\b\d+\b`)
	date        = regexp.MustCompile(`(?i)\b(January|February|March|April|May|June|July|August|September|October|November|December|Januar|Mai) (\d{1,2})\b|\b(\d{1,2})\.? (December|Januar|Mai)\b`)
	clock       = regexp.MustCompile(`\b(\d{1,2})(:\d\d)? ([ap]m)\b`)
	phone       = regexp.MustCompile(`\(\d{3}\) \d{3}-\d{4}`)
	coupon      = regexp.MustCompile(`\b[A-Z]{3,}\d+\b`)
	duration    = regexp.MustCompile(`\b(\d+)([ -])(days?|weeks?|hours?|months?|minutes?|years?)\b`)
	paragraph   = regexp.MustCompile(`\n\n`)
)

// Faults returns all faults. They work on any Pair, those of GoodRewrites first of all.
func Faults() []Fault {
	return []Fault{
		{"placeholder dropped", "structure", once(placeholder, "")},
		{"placeholder translated", "structure", change(placeholder, func(s string) string {
			return regexp.MustCompile(`(?i)first_?name|name|city|contact|member`).ReplaceAllStringFunc(s, func(string) string { return "vorname" })
		})},
		{"placeholder altered", "structure", change(placeholder, func(s string) string {
			return regexp.MustCompile(`[A-Za-z]{3,}`).ReplaceAllStringFunc(s, func(w string) string { return w[:len(w)-1] })
		})},
		{"placeholder added", "structure", prose(func(s string) string { return s + " {{contact.last_name}}" })},
		{"brace lost", "structure", change(regexp.MustCompile(`\{\{[^{}]*\}\}`), func(s string) string { return s[:len(s)-1] })},
		{"condition swapped", "structure", swapCondition},
		{"paragraph lost", "structure", once(paragraph, " ")},
		{"tag dropped", "structure", once(element, "")},
		{"tag altered", "structure", change(element, func(s string) string { return strings.Replace(s, "<", "<x", 1) })},
		{"tag added", "structure", prose(func(s string) string { return "<b>" + s + "</b>" })},
		{"HTML broken", "structure", once(closer, "")},
		{"link changed", "structure", once(address, "https://elsewhere.example/")},
		{"link added", "structure", prose(func(s string) string { return s + " See https://elsewhere.example/more" })},
		{"script added", "structure", prose(func(s string) string { return s + `<script>track()</script>` })},
		{"event handler added", "structure", prose(func(s string) string { return s + `<img src=x onerror="track()">` })},
		{"empty", "structure", always(func(Pair) string { return " " })},
		{"JSON around it", "structure", always(func(p Pair) string {
			b, _ := json.Marshal(map[string]string{"text": p.Rewrite})
			return string(b)
		})},
		{"Markdown", "structure", prose(func(s string) string { return "**" + s + "**" })},
		{"Markdown heading", "structure", plainOnly(prose(func(s string) string { return "## " + s }))},
		{"ten times as long", "structure", tenfold},
		{"truncated", "structure", truncated},
		{"control character", "structure", prose(func(s string) string { return s + "\u0007" })},

		{"price changed", "fact", change(price, bump)},
		{"price dropped", "fact", once(price, "little")},
		{"percentage changed", "fact", change(percent, bump)},
		{"number changed", "fact", change(number, bump)},
		{"date changed", "fact", change(date, bump)},
		{"time changed", "fact", change(clock, bump)},
		{"phone number changed", "fact", change(phone, func(s string) string { return s[:len(s)-1] + digit(s[len(s)-1]) })},
		{"code changed", "fact", change(coupon, bump)},
		{"duration changed", "fact", change(duration, bump)},
		{"unit changed", "fact", change(duration, func(s string) string {
			return strings.NewReplacer("day", "week", "week", "day", "hour", "minute", "minute", "hour", "month", "year", "year", "month").Replace(s)
		})},
		{"number invented", "fact", sentence("Over 4,300 people agree.", "Schon 4.300 Menschen sind dabei.", "Déjà 4 300 personnes.", "Ya somos 4300 personas.")},
		{"percentage invented", "fact", sentence("97% of them would come again.", "97 % kommen wieder.", "97 % reviennent.", "El 97 % vuelve.")},

		{"former name left", "brand", former(func(s string) string { return s })},
		{"former name in capitals", "brand", former(strings.ToUpper)},
		{"former name in small letters", "brand", former(strings.ToLower)},
		{"former name's genitive", "brand", former(func(s string) string { return s + "’s" })},
		{"former name as a hashtag", "brand", former(func(s string) string { return "#" + strings.NewReplacer(" ", "", "&", "And").Replace(s) })},
		{"former name with hyphens", "brand", former(func(s string) string { return strings.NewReplacer(" & ", "-&-", " ", "-").Replace(s) + "-style" })},
		{"former name with hard spaces", "brand", former(func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") })},
		{"former name in entities", "brand", markup(former(func(s string) string {
			return strings.ReplaceAll(html.EscapeString(s), " ", "&nbsp;")
		}))},
		{"former name across lines", "brand", markup(former(func(s string) string { return strings.Replace(s, " ", "\n", 1) }))},
		{"former person left", "brand", person(func(s string) string { return s })},
		{"former person's first name", "brand", person(func(s string) string { return strings.Fields(s)[0] })},
		{"former person's first name inflected", "brand", person(func(s string) string { return strings.ToUpper(strings.Fields(s)[0]) + "'S" })},
		{"former domain named", "brand", prose2(func(p Pair, s string) string { return s + " " + p.World.Former.Domains[0] })},
		{"banned word", "brand", prose2(func(p Pair, s string) string { return s + " " + p.World.Banned })},
		{"banned word in capitals", "brand", prose2(func(p Pair, s string) string { return s + " " + strings.ToUpper(p.World.Banned) })},
		{"banned word inflected", "brand", prose2(func(p Pair, s string) string { return s + " " + p.World.Inflected })},
		{"banned word with a dash", "brand", prose2(func(p Pair, s string) string { return s + " anti‑" + p.World.Banned + "—" })},
		{"competitor named", "brand", prose2(func(p Pair, s string) string { return s + " " + p.World.Competitor })},
		{"client's name misspelt", "brand", prose2(func(p Pair, s string) string { return s + " " + p.World.Misspelt })},

		{"guarantee invented", "copy", unless("guarant|refund|money back|money-back|garant|risk", sentence("Results are guaranteed.", "Mit Erfolgsgarantie.", "Résultats garantis.", "Resultados garantizados."))},
		{"proof invented", "copy", sentence("It is clinically proven.", "", "", "")},
		{"rank invented", "copy", sentence("We are #1 in the world.", "Wir sind die Nr. 1.", "", "")},
		{"unchanged", "copy", unchanged},
		{"prompt echoed", "copy", always(func(p Pair) string { return "Rewrite the following text for " + p.World.Client.Name + ": " + p.Rewrite })},
		{"preface", "copy", always(func(p Pair) string { return "Sure! Here is the rewritten text: " + p.Rewrite })},
		{"refusal", "copy", always(func(Pair) string { return "I'm sorry, but I can't assist with that request." })},
		{"instruction answered", "copy", always(func(Pair) string { return "As an AI language model, I do not have a brand guide to follow." })},
		{"another language", "copy", translated},
		{"another script", "copy", always(func(p Pair) string {
			if strings.IndexFunc(p.Text.Text, func(r rune) bool { return unicode.In(r, unicode.Cyrillic) }) >= 0 {
				return "Here is a quiet place for everything you bake."
			}
			return "Это совсем другой язык, и письмо другое"
		})},
		{"word doubled", "copy", change(regexp.MustCompile(` (?:and|to|is|your|for|with) `), func(s string) string { return s + s[1:] })},
		{"quotation marks around it", "copy", plainOnly(func(p Pair) (string, bool) {
			return `"` + p.Rewrite + `"`, !strings.ContainsAny(p.Text.Text, `"“`) && !strings.ContainsAny(p.Rewrite, `"“`)
		})},
	}
}

// always makes a fault that every text gives occasion for.
func always(f func(Pair) string) func(Pair) (string, bool) {
	return func(p Pair) (string, bool) { return f(p), true }
}

// once replaces the first stretch that a pattern finds.
func once(pattern *regexp.Regexp, by string) func(Pair) (string, bool) {
	return change(pattern, func(string) string { return by })
}

// change changes the first stretch that a pattern finds in the rewrite.
func change(pattern *regexp.Regexp, f func(string) string) func(Pair) (string, bool) {
	return func(p Pair) (string, bool) {
		at := pattern.FindStringIndex(p.Rewrite)
		if at == nil {
			return "", false
		}
		now := p.Rewrite[:at[0]] + f(p.Rewrite[at[0]:at[1]]) + p.Rewrite[at[1]:]
		return now, now != p.Rewrite
	}
}

// bump changes the first digit of a stretch.
func bump(s string) string {
	i := strings.IndexAny(s, "0123456789")
	if i < 0 {
		return s
	}
	return s[:i] + digit(s[i]) + s[i+1:]
}

// digit is another digit than the one given, and not 0.
func digit(c byte) string {
	if c == '7' {
		return "9"
	}
	return "7"
}

// prose changes the last stretch of the rewrite that is no markup.
func prose(f func(string) string) func(Pair) (string, bool) {
	return prose2(func(_ Pair, s string) string { return f(s) })
}

func prose2(f func(Pair, string) string) func(Pair) (string, bool) {
	return func(p Pair) (string, bool) {
		start, end := lastProse(p.Rewrite)
		return p.Rewrite[:start] + f(p, p.Rewrite[start:end]) + p.Rewrite[end:], true
	}
}

// lastProse is where the last words of a text stand that are in no tag and no placeholder with a block.
func lastProse(text string) (start, end int) {
	marks := element.FindAllStringIndex(text, -1)
	end = len(text)
	for i := len(marks) - 1; i >= 0; i-- {
		if strings.ContainsFunc(text[marks[i][1]:end], unicode.IsLetter) {
			return marks[i][1], end
		}
		end = marks[i][0]
	}
	return 0, end
}

// sentence adds a sentence in the text's own language; "" is none.
func sentence(en, de, fr, es string) func(Pair) (string, bool) {
	return func(p Pair) (string, bool) {
		add := en
		switch tongue(p.Text.Text) {
		case "de":
			add = de
		case "fr":
			add = fr
		case "es":
			add = es
		case "":
			add = ""
		}
		if add == "" {
			return "", false
		}
		return prose(func(s string) string { return s + " " + add })(p)
	}
}

var tongues = map[string]*regexp.Regexp{
	"de": regexp.MustCompile(`(?i)\b(?:der|das|und|wie|mit|stimmen|zeigt|wird|Sie|Ihr|Ihre|wir|unser|unsere|ist)\b`),
	"fr": regexp.MustCompile(`(?i)\b(?:le|votre|vous|avec|une|notre|inscris|dans)\b`),
	"es": regexp.MustCompile(`(?i)\b(?:el|con|tu|cómo|nuestro)\b`),
	"it": regexp.MustCompile(`(?i)\b(?:il|una|scopri)\b`), "pt": regexp.MustCompile(`(?i)\b(?:uma|nosso)\b`), "nl": regexp.MustCompile(`(?i)\b(?:een|hoe)\b`),
}

// tongue is the language of one of the corpus's texts: "en", "de", "fr", "es", or "" for another.
func tongue(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return unicode.IsLetter(r) && r > 0x24f }) >= 0 {
		return ""
	}
	best, most := "en", 0
	for _, t := range []string{"de", "fr", "es", "it", "pt", "nl"} {
		if n := len(tongues[t].FindAllString(text, -1)); n > most {
			best, most = t, n
		}
	}
	if best != "en" && best != "de" && best != "fr" && best != "es" {
		return ""
	}
	return best
}

// former names the former owner where the rewrite names the client, or at its end.
func former(f func(string) string) func(Pair) (string, bool) {
	return func(p Pair) (string, bool) {
		name := f(p.World.Former.Names[0])
		for _, own := range []string{p.World.Client.Name, html.EscapeString(p.World.Client.Name)} {
			if strings.Contains(p.Rewrite, own) {
				return strings.Replace(p.Rewrite, own, name, 1), true
			}
		}
		return prose(func(s string) string { return s + " " + name })(p)
	}
}

func person(f func(string) string) func(Pair) (string, bool) {
	return prose2(func(p Pair, s string) string { return s + " " + f(p.World.Former.People[0]) })
}

// markup makes a fault that is one only in HTML.
func markup(f func(Pair) (string, bool)) func(Pair) (string, bool) {
	return func(p Pair) (string, bool) {
		if !element.MatchString(p.Text.Text) {
			return "", false
		}
		return f(p)
	}
}

func plainOnly(f func(Pair) (string, bool)) func(Pair) (string, bool) {
	return func(p Pair) (string, bool) {
		if element.MatchString(p.Text.Text) {
			return "", false
		}
		return f(p)
	}
}

// unless leaves out texts that say something already.
func unless(pattern string, f func(Pair) (string, bool)) func(Pair) (string, bool) {
	says := regexp.MustCompile(`(?i)` + pattern)
	return func(p Pair) (string, bool) {
		if says.MatchString(p.Text.Text) || says.MatchString(p.Rewrite) {
			return "", false
		}
		return f(p)
	}
}

// tenfold says a text ten times, of some length: a label of two words that says more breaks no rule.
func tenfold(p Pair) (string, bool) {
	return strings.TrimSpace(strings.Repeat(p.Rewrite+" ", 10)), len(p.Rewrite) > 20
}

// swapCondition puts the end of a condition where it begins, and its beginning where it ends.
func swapCondition(p Pair) (string, bool) {
	begin, end := condition.FindStringIndex(p.Rewrite), ending.FindStringIndex(p.Rewrite)
	if begin == nil || end == nil || begin[1] > end[0] {
		return "", false
	}
	return p.Rewrite[:begin[0]] + p.Rewrite[end[0]:end[1]] + p.Rewrite[begin[1]:end[0]] + p.Rewrite[begin[0]:begin[1]] + p.Rewrite[end[1]:], true
}

// truncated ends inside of the last tag or placeholder.
func truncated(p Pair) (string, bool) {
	last := -1
	for _, pattern := range []*regexp.Regexp{element, placeholder} {
		if all := pattern.FindAllStringIndex(p.Rewrite, -1); len(all) > 0 {
			last = max(last, all[len(all)-1][0])
		}
	}
	if last < 0 {
		return "", false
	}
	return p.Rewrite[:last+2], true
}

// unchanged is a fault for a text of some length that need not stay.
func unchanged(p Pair) (string, bool) {
	switch p.Text.Role {
	case funnel.RoleLegal, funnel.RoleLabel, funnel.RoleKeywords, funnel.RoleName:
		return "", false
	}
	return p.Text.Text, len(strings.Fields(placeholder.ReplaceAllString(element.ReplaceAllString(p.Text.Text, " "), ""))) >= 8 && !strings.Contains(p.Text.Text, "{")
}

// translated puts sentences of another language in place of a longer text's words.
func translated(p Pair) (string, bool) {
	if element.MatchString(p.Text.Text) || placeholder.MatchString(p.Text.Text) || number.MatchString(p.Text.Text) || len(strings.Fields(p.Text.Text)) < 6 || strings.ContainsAny(p.Text.Text, "@{[") {
		return "", false
	}
	switch tongue(p.Text.Text) {
	case "en":
		return "Jetzt ist die beste Zeit, um mit uns einen neuen Weg zu gehen.", true
	case "de", "fr", "es":
		return "Now is the best time to come and take a new way with us.", true
	}
	return "", false
}

// String names the fault and its kind.
func (f Fault) String() string { return fmt.Sprintf("%s: %s", f.Kind, f.Name) }
