package funnel

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A Fact is something that a text says and a rewrite must not change.
type Fact struct {
	Kind  string // "price", "percent", "number", "date", "time", "phone", "code", "duration", "ordinal", "mark", "quote"
	Text  string // as it stands in the text
	Value string // the same for every spelling of the same fact: "97 USD"
}

// Facts returns the facts of a text, in order. Numbers are read in digits with
// any separators and in English words up to a hundred; what stands in tags,
// placeholders and addresses is no fact. 1,000, 1.000, 1 000 and 1'000 are the
// same number: a separator before exactly three digits groups them, any other
// is a decimal point.
//
// The words one, two, three, first, second and third, half and dozen are facts
// only with a unit, a currency or in a date, because they are idioms as often
// as numbers.
func Facts(text string) []Fact {
	var found []Fact
	pieces := split(text)
	for _, value := range values(pieces) {
		pieces = append(pieces, piece{prose, "\n" + value})
	}
	for _, f := range claims(pieces) {
		if !f.soft {
			found = append(found, f.Fact)
		}
	}
	return found
}

// factual is what of a text is read for facts: what a reader sees, with addresses
// left out and a mark for each placeholder.
func factual(pieces []piece) string {
	parts := make([]piece, 0, len(pieces))
	for _, p := range pieces {
		switch {
		case p.kind == merge:
			p.text = "\ufffc"
		case p.kind == frame:
			p = piece{prose, "\n"}
		case p.kind == tag && inline.MatchString(p.text):
			p = piece{prose, ""}
		case p.kind != prose:
			p = piece{prose, "\n"}
		}
		parts = append(parts, p)
	}
	text, done := visible(parts), 0
	var b strings.Builder
	for _, at := range linkSpans(text) {
		b.WriteString(text[done:at.start])
		b.WriteString("\ufffc")
		done = at.end
	}
	b.WriteString(text[done:])
	return ornament.ReplaceAllString(spaces.Replace(b.String()), " ")
}

var (
	inline = regexp.MustCompile(`(?i)^</?(?:b|strong|i|em|u|s|span|font|mark|small|a|sub|sup|big|ins|del)[\s>]`)
	// ornament are digits that count nothing: in keycap emoji, in <3.
	ornament = regexp.MustCompile(`[0-9]\x{fe0f}?\x{20e3}|<3(?:$|\s)`)
	spaces   = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "‑", "-", "‒", "-", "–", "-", "—", " - ", "−", "-", "’", "'")
)

// The parts of what facts look like.
const (
	figure   = `\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?`
	scale    = `(?:\s?(?:k|m|bn|million|billion|thousand|hundred|mio|mrd)\b)?`
	units    = `one|two|three|four|five|six|seven|eight|nine`
	teens    = `ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen`
	tens     = `twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety`
	worded   = `(?:(?:` + tens + `)(?:[\s\-](?:` + units + `)\b)?|` + teens + `|` + units + `)(?:[\s\-]hundred|[\s\-]thousand|[\s\-]million|[\s\-]billion|[\s\-]dozen)?|(?:an?\s)?(?:hundred|thousand|million|dozen)`
	quantity = `(?:(?:` + figure + `)` + scale + `|\b(?:` + worded + `)\b)`
	symbol   = `(?:US\$|CA\$|C\$|AU\$|A\$|NZ\$|HK\$|S\$|R\$|\p{Sc})`
	currency = `(?:USD|EUR|GBP|CAD|AUD|NZD|CHF|SEK|NOK|DKK|JPY|CNY|INR|BRL|MXN|ZAR|SGD|HKD|PLN|CZK|dollars?|euros?|bucks?|pounds? sterling|quid|kr|Rs\.?|cents?)`
	month    = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`
	period   = `(?:second|sec|minute|min|hour|hr|day|night|week|wk|weekend|month|mo|quarter|year|yr|decade|century|fortnight)`
	nth      = `first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|fortieth|fiftieth|hundredth`
	weekday  = `(?:mon|tues|wednes|thurs|fri|satur|sun)days?`
)

// kinds are what facts look like, the one that is read first before the others.
var kinds = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`(?P<date>\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})\b|\b` + month + `\.?\s+\d{1,2}(?:st|nd|rd|th)?\b(?:,?\s+\d{4}\b)?|\b\d{1,2}(?:st|nd|rd|th)?(?:\s+of)?\s+` + month + `\b(?:,?\s+\d{4}\b)?|\b` + month + `\s+\d{4}\b|\b` + weekday + `\b)`,
	`(?P<time>\b\d{1,2}(?:[:.]\d{2})?\s?(?:a\.m\.|p\.m\.|am\b|pm\b)|\b\d{1,2}:\d{2}(?::\d{2})?\b|\b(?:noon|midnight)\b|\b\d{1,2}\so'clock\b)`,
	`(?P<price>` + symbol + `\s?(?:` + figure + `)` + scale + `(?:\s?` + currency + `\b)?|\b` + currency + `\s?(?:` + figure + `)` + scale + `|` + quantity + `\s?(?:` + symbol + `|` + currency + `\b))`,
	`(?P<percent>` + quantity + `[\s\-]?(?:%|per\s?cent\b|percent\b|pct\b))`,
	`(?P<phone>\+\d[\d\s().\-]{6,18}\d|\(\d{2,5}\)\s?\d[\d\s.\-]{4,12}\d|\b\d{3}[.\- ]\d{3}[.\- ]\d{4}\b|\b1[.\- ]\d{3}[.\- ]\d{3}[.\- ]\d{4}\b|\b0\d{2,4}[ \-/]\d{3,4}[ \-]?\d{3,5}\b|\b\d{3}-\d{4}\b)`,
	`(?P<duration>` + quantity + `[\s\-]+(?:full\s|business\s|working\s|calendar\s)?` + period + `s?\b)`,
	`(?P<ordinal>\b\d+(?:st|nd|rd|th)\b|\b(?:(?:` + tens + `)[\s\-])?(?:` + nth + `)\b)`,
	`(?P<mark>[™®©℠]|\((?:tm|r|c)\))`,
	`(?P<code>\b(?-i:[A-Z]+[0-9]+[A-Z0-9]*|[A-Z]+[\-_][A-Z0-9]*\d[A-Z0-9]*|\d+[A-Z]{2,}[A-Z0-9]*)\b)`,
	`(?P<ratio>\b\d{1,3}:\d{1,2}\b)`,
	`(?P<number>(?:` + figure + `)` + scale + `|\b(?:` + worded + `)\b)`,
}, "|"))

var (
	named = regexp.MustCompile(`\b(?i:code|coupon|voucher|promo)(?:\s+is|:)?\s+["“']?([A-Z][A-Z0-9\-]{2,})\b|\b([A-Z][A-Z0-9\-]{2,})["”']?\s+(?i:at checkout)|\b(?i:text|sms|send)\s+["“']?([A-Z]{2,}[A-Z0-9]*)["”']?\s+(?i:to)\s+\d`)
	roman = regexp.MustCompile(`\bX{0,3}(?:IX|IV|V?I{1,3}|V|X)\b`)
	// dayShort is a weekday's short name where a date, a time or another day stands beside it.
	dayShort  = regexp.MustCompile(`\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b`)
	dayAfter  = regexp.MustCompile(`^\.?(?:,?\s+(?:\d|(?i:` + month + `)\b)|\s?[-/&]\s?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))`)
	dayBefore = regexp.MustCompile(`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?\s?(?:[-/&]|to|and|through)\s?$`)
	quotes    = regexp.MustCompile(`"[^"\n]{1,80}"|“[^“”\n]{1,80}”|«[^«»\n]{1,80}»|„[^„“\n]{1,80}“`)
)

// A claim is a fact and where it stands. A soft one is spelled like an idiom: it
// may stand for a fact and may be dropped and added.
type claim struct {
	Fact
	start int
	end   int
	soft  bool
}

// claims returns what a text says, in order.
func claims(pieces []piece) []claim {
	text := factual(pieces)
	names := kinds.SubexpNames()
	var found []claim
	add := func(start, end int, kind string) {
		said := text[start:end]
		if number := strings.TrimSuffix(said, " Second"); kind == "duration" && number != said && number != "1" { // since 2004 Second Porch
			kind, said = "number", number
		}
		if value, soft := valueOf(kind, said); value != "" {
			if kind == "ratio" || kind == "roman" {
				kind = "number"
			}
			found = append(found, claim{Fact{kind, strings.TrimSpace(said), value}, start, end, soft})
		}
	}
	codes := map[int]bool{}
	for _, at := range named.FindAllStringSubmatchIndex(text, -1) {
		start, end := max(at[2], at[4], at[6]), max(at[3], at[5], at[7])
		codes[start] = true
		add(start, end, "code")
	}
	for _, at := range quotes.FindAllStringIndex(text, -1) {
		add(at[0], at[1], "quote")
	}
	for _, at := range roman.FindAllStringIndex(text, -1) {
		if at[1]-at[0] > 1 {
			add(at[0], at[1], "roman")
		}
	}
	for _, at := range dayShort.FindAllStringIndex(text, -1) {
		add(at[0], at[1], "date")
		if n := len(found) - 1; !dayAfter.MatchString(text[at[1]:min(len(text), at[1]+16)]) && !dayBefore.MatchString(text[max(0, at[0]-16):at[0]]) {
			found[n].soft = true
		}
	}
	for _, w := range countedAt(text) {
		for _, at := range kinds.FindAllStringSubmatchIndex(text[w.start:w.end], -1) {
			for k := 1; k < len(names); k++ {
				if names[k] != "" && at[2*k] >= 0 {
					if names[k] != "code" || !codes[w.start+at[0]] {
						add(w.start+at[0], w.start+at[1], names[k])
					}
					break
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b claim) int { return a.start - b.start })
	return found
}

// facts notes facts that were changed, lost or added.
func (c *comparison) facts(r Rules) {
	was, now := claims(c.wasPieces), claims(c.nowPieces)
	lost, added := unmet(was, now), unmet(now, was)
	wasSeen, nowSeen := strings.ToLower(factual(c.wasPieces)), strings.ToLower(factual(c.nowPieces))
	lost = slices.DeleteFunc(lost, func(f Fact) bool { return f.Kind == "quote" && strings.Contains(nowSeen, f.Value) })
	added = slices.DeleteFunc(added, func(f Fact) bool { return f.Kind == "quote" && strings.Contains(wasSeen, f.Value) })
	// pair takes out of the lost and the added ones those of which one may stand for the other.
	pair := func(fits func(was, now Fact) bool, told bool) {
		lost = slices.DeleteFunc(lost, func(was Fact) bool {
			i := slices.IndexFunc(added, func(now Fact) bool { return fits(was, now) })
			if i < 0 {
				return false
			}
			if told {
				c.add("fact."+was.Kind, "keep the %s %s: the rewrite says %s", was.Kind, was.Text, added[i].Text)
			}
			added = slices.Delete(added, i, i+1)
			return true
		})
	}
	wasTerms, nowTerms := saidTerms(wasSeen), saidTerms(nowSeen)
	pair(func(was, now Fact) bool {
		if !sameNumber(was, now) {
			return false
		}
		longer, terms := now, wasTerms // the one with a unit, and what the other text says
		if was.Kind == "duration" {
			longer, terms = was, nowTerms
		}
		return longer.Kind != "duration" || counted(longer, terms)
	}, false)
	c.softSwaps(was, now)
	c.qualified(was, now)
	if r.NewFact != nil {
		pair(r.NewFact, false)
		lost = slices.DeleteFunc(lost, func(was Fact) bool { return r.NewFact(was, Fact{}) })
		added = slices.DeleteFunc(added, func(now Fact) bool { return r.NewFact(Fact{}, now) })
	}
	pair(func(was, now Fact) bool { return was.Kind == now.Kind }, true)
	for _, f := range lost {
		c.add("fact."+f.Kind, "keep the %s %s", f.Kind, f.Text)
	}
	for _, f := range added {
		c.add("fact."+f.Kind, "do not add the %s %s, which the original does not say", f.Kind, f.Text)
	}
}

// parts is what stands behind the number of parts that a price is paid in.
var parts = regexp.MustCompile(`(?i)^\s(?:[a-z]+ )?(?:payments|instal?lments)\b`)

// softSwaps notes an idiom's number that took another's place: the third lesson
// that became the second, a dozen that became a hundred.
func (c *comparison) softSwaps(was, now []claim) {
	gone := func(a, b []claim) (found []Fact) {
		said := map[string]bool{}
		for _, f := range b {
			n, _, _ := strings.Cut(f.Value, " ")
			said[f.Value], said[n] = true, true
		}
		for _, f := range a {
			if n, _, _ := strings.Cut(f.Value, " "); f.soft && f.Kind != "date" && !said[f.Value] && (f.Kind == "duration" || !said[n]) && (f.Kind != "number" || f.Value != "1") {
				found = append(found, f.Fact)
			}
		}
		return found
	}
	lost, added := gone(was, now), gone(now, was)
	if len(lost) > 0 {
		text := factual(c.wasPieces)
		for _, f := range was {
			if f.soft && parts.MatchString(text[f.end:min(len(text), f.end+40)]) && slices.Contains(lost, f.Fact) {
				c.add("fact."+f.Kind, "keep %s: it says in how many parts the price is paid", f.Text)
				return
			}
		}
	}
	for _, a := range lost {
		for _, b := range added {
			if a.Kind == b.Kind {
				c.add("fact."+a.Kind, "keep %s: the rewrite says %s", a.Text, b.Text)
				return
			}
		}
	}
}

// unmet returns the facts of a that b does not say, counting repetitions.
func unmet(a, b []claim) []Fact {
	count := map[Fact]int{}
	key := func(f Fact) Fact { return Fact{Kind: f.Kind, Value: f.Value} }
	for _, f := range b {
		count[key(f.Fact)]++
	}
	var rest []Fact
	for _, soft := range []bool{false, true} { // what is sure takes first
		for _, f := range a {
			if f.soft != soft {
				continue
			}
			if count[key(f.Fact)]--; count[key(f.Fact)] < 0 && !soft {
				rest = append(rest, f.Fact)
			}
		}
	}
	return rest
}

// sameNumber is true where one of two facts is the other without its unit, which
// may stand further on: in 30 easy days.
func sameNumber(was, now Fact) bool {
	if was.Kind == "number" {
		was, now = now, was
	}
	if was.Kind == "time" && now.Kind == "number" { // 2-4 PM, and 2 PM to 4 PM
		hour, minute, _ := strings.Cut(was.Value, ":")
		h, _ := strconv.Atoi(hour)
		n, err := strconv.Atoi(now.Value)
		return err == nil && minute == "00" && h%12 == n%12
	}
	n, _, unit := strings.Cut(was.Value, " ")
	return was.Kind == "duration" && now.Kind == "number" && unit && n == now.Value
}

// counted is true where a text says the unit of a duration, further on than its
// number: in 30 easy days. Years are an age's, which needs no unit.
func counted(f Fact, said map[string]bool) bool {
	_, unit, _ := strings.Cut(f.Value, " ")
	t := terms[unit]
	return t == "" || t == "year" || said[t]
}

// valueOf returns what a fact comes to however it is spelled, and "" where it is
// none; soft is true where it is spelled like an idiom.
func valueOf(kind, said string) (value string, soft bool) {
	small := strings.ToLower(strings.Join(strings.Fields(said), " "))
	switch kind {
	case "date":
		return dateOf(small), false
	case "time":
		return timeOf(small), false
	case "phone":
		digits := strings.Map(digitsOnly, small)
		if len(digits) == 11 {
			digits = strings.TrimPrefix(digits, "1")
		}
		return digits, false
	case "mark":
		if sign, ok := map[string]string{"(tm)": "™", "(r)": "®", "(c)": "©"}[small]; ok {
			return sign, false
		}
		return small, false
	case "quote":
		inner := strings.TrimFunc(said, func(r rune) bool { return strings.ContainsRune("\"“”«»„ .,!?", r) })
		if !nameLike(inner) {
			return "", false
		}
		return strings.ToLower(inner), false
	case "code":
		return said, false
	case "roman":
		sum := 0
		for i, r := range said {
			n := map[rune]int{'I': 1, 'V': 5, 'X': 10}[r]
			if i+1 < len(said) && r == 'I' && said[i+1] != 'I' {
				n = -n
			}
			sum += n
		}
		return strconv.Itoa(sum), false
	case "ratio":
		return small, small == "1:1"
	case "ordinal":
		return ordinalOf(small)
	}
	n, sure, rest := amountOf(small)
	if n == "" {
		return "", false
	}
	switch kind {
	case "price":
		return n + " " + currencyOf(small), false
	case "percent":
		return n + "%", false
	case "duration":
		unit := strings.TrimSuffix(rest[strings.LastIndexAny(rest, " -")+1:], "s")
		if long, ok := longPeriod[unit]; ok {
			unit = long
		}
		return n + " " + unit, !sure && (unit == "second" || n == "1")
	}
	return n, !sure
}

var longPeriod = map[string]string{"sec": "second", "min": "minute", "hr": "hour", "wk": "week", "mo": "month", "yr": "year", "centurie": "century"}

func digitsOnly(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// nameLike is true for the name of a thing: most of its words have a capital.
func nameLike(text string) bool {
	capital, all := 0, 0
	for _, word := range strings.Fields(text) {
		all++
		if strings.IndexFunc(word, unicode.IsUpper) == 0 {
			capital++
		}
	}
	return all >= 2 && all <= 6 && 2*capital > all
}

var (
	leading = regexp.MustCompile(`(?:` + figure + `)`)
	scaled  = regexp.MustCompile(`^\s?(k|m|bn|million|billion|thousand|hundred|mio|mrd)\b`)
	wording = regexp.MustCompile(`\b(?:` + worded + `)\b`)
	powers  = map[string]float64{"k": 1e3, "thousand": 1e3, "hundred": 100, "m": 1e6, "mio": 1e6, "million": 1e6, "bn": 1e9, "mrd": 1e9, "billion": 1e9}
)

// amountOf returns the number in a text in small letters and what stands behind
// it; sure is false for a word that is an idiom as often as a number.
func amountOf(small string) (n string, sure bool, rest string) {
	if at := leading.FindStringIndex(small); at != nil {
		value, rest := figureOf(small[at[0]:at[1]]), small[at[1]:]
		if m := scaled.FindStringSubmatch(rest); m != nil {
			value *= powers[m[1]]
			rest = rest[len(m[0]):]
		}
		return strconv.FormatFloat(value, 'f', -1, 64), true, rest
	}
	at := wording.FindStringIndex(small)
	if at == nil {
		return "", false, ""
	}
	said := small[at[0]:at[1]]
	value := 0.0
	idiom := true
	for _, word := range strings.FieldsFunc(said, func(r rune) bool { return r == ' ' || r == '-' }) {
		switch power, ok := powers[word]; {
		case word == "a" || word == "an":
		case word == "dozen":
			value = max(value, 1) * 12
		case ok:
			value = max(value, 1) * power
		default:
			value += float64(cardinals[word])
		}
	}
	if value > 3 && !strings.HasPrefix(said, "a ") && !strings.HasPrefix(said, "hundred") && !strings.HasPrefix(said, "thousand") && !strings.HasPrefix(said, "million") && !strings.Contains(said, "dozen") {
		idiom = false
	}
	return strconv.FormatFloat(value, 'f', -1, 64), !idiom, small[at[1]:]
}

var cardinals = func() map[string]int {
	known := map[string]int{"fourty": 40}
	for i, word := range strings.Split(units+"|"+teens, "|") {
		known[word] = i + 1
	}
	for i, word := range strings.Fields("twenty thirty forty fifty sixty seventy eighty ninety") {
		known[word] = 20 + 10*i
	}
	return known
}()

var grouping = regexp.MustCompile(`[,.' ](\d{3})`)

// figureOf reads digits with separators.
func figureOf(said string) float64 {
	if !strings.HasPrefix(said, "0") {
		said = grouping.ReplaceAllString(said, "$1")
	}
	n, _ := strconv.ParseFloat(strings.ReplaceAll(strings.NewReplacer(",", ".", "'", "", " ", "").Replace(said), "..", "."), 64)
	return n
}

var currencies3 = regexp.MustCompile(`usd|eur|gbp|cad|aud|nzd|chf|sek|nok|dkk|jpy|cny|inr|brl|mxn|zar|sgd|hkd|pln|czk`)

// currencyOf names the currency of a price; a plain $ and dollars are USD.
func currencyOf(small string) string {
	if code := currencies3.FindString(small); code != "" {
		return strings.ToUpper(code)
	}
	for _, known := range []struct{ sign, code string }{
		{"ca$", "CAD"}, {"nz$", "NZD"}, {"hk$", "HKD"}, {"au$", "AUD"}, {"us$", "USD"}, {"r$", "BRL"}, {"c$", "CAD"}, {"a$", "AUD"}, {"s$", "SGD"},
		{"$", "USD"}, {"dollar", "USD"}, {"buck", "USD"}, {"€", "EUR"}, {"euro", "EUR"}, {"£", "GBP"}, {"pound", "GBP"}, {"quid", "GBP"},
		{"¥", "JPY"}, {"₹", "INR"}, {"rs", "INR"}, {"kr", "kr"}, {"cent", "cent"}, {"¢", "cent"},
	} {
		if strings.Contains(small, known.sign) {
			return known.code
		}
	}
	return strings.TrimFunc(small, func(r rune) bool { return unicode.IsDigit(r) || unicode.IsSpace(r) || unicode.IsPunct(r) })
}

var (
	monthName = regexp.MustCompile(`\b` + month)
	number    = regexp.MustCompile(`\d+`)
	clock     = regexp.MustCompile(`(\d{1,2})(?:[:.](\d{2}))?(?::\d{2})?\s?(a|p)?`)
)

// dateOf reads a date: "7-4" for July 4th, "2026-7-4"; of figures alone the
// order of month and day is not known, and stays.
func dateOf(small string) string {
	if name := monthName.FindString(small); name != "" {
		m := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", name[:3])/3 + 1
		day, year := "", ""
		for _, n := range number.FindAllString(small, -1) {
			if len(n) == 4 {
				year = n + "-"
			} else {
				day = "-" + strings.TrimLeft(n, "0")
			}
		}
		return year + strconv.Itoa(m) + day
	}
	parts := number.FindAllString(small, -1)
	for i := range parts {
		parts[i] = strings.TrimLeft(parts[i], "0")
	}
	if len(parts) == 0 {
		if at := strings.Index("mon tue wed thu fri sat sun", small[:3]); at >= 0 {
			return [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}[at/4]
		}
		return small
	}
	if len(parts) == 3 && len(parts[0]) == 4 {
		return strings.Join(parts, "-")
	}
	return strings.Join(parts, "/")
}

// timeOf reads a time of day, in hours and minutes of the day where it says which
// half, else as it stands.
func timeOf(small string) string {
	switch small {
	case "noon":
		return "12:00"
	case "midnight":
		return "0:00"
	}
	at := clock.FindStringSubmatch(small)
	hour, _ := strconv.Atoi(at[1])
	minute := at[2]
	if minute == "" {
		minute = "00"
	}
	switch {
	case at[3] == "p" && hour < 12:
		hour += 12
	case at[3] == "a" && hour == 12:
		hour = 0
	}
	return strconv.Itoa(hour) + ":" + minute
}

var ordinals = func() map[string]int {
	known := map[string]int{"thirtieth": 30, "fortieth": 40, "fiftieth": 50, "hundredth": 100}
	for i, word := range strings.Split(nth, "|")[:20] {
		known[word] = i + 1
	}
	return known
}()

// ordinalOf reads an ordinal; first, second and third in words are idioms as
// often.
func ordinalOf(small string) (value string, soft bool) {
	if n := number.FindString(small); n != "" {
		return strings.TrimLeft(n, "0"), false
	}
	sum := 0
	for _, word := range strings.FieldsFunc(small, func(r rune) bool { return r == ' ' || r == '-' }) {
		sum += cardinals[word] + ordinals[word]
	}
	return strconv.Itoa(sum), sum <= 3
}

// countable are the words that may tell a fact where no digit does.
var countable = func() map[string]bool {
	known := map[string]bool{}
	for _, word := range strings.Split(units+"|"+teens+"|"+tens+"|"+nth+"|hundred|thousand|million|dozen|noon|midnight", "|") {
		known[word] = true
	}
	for _, day := range strings.Fields("mon tues wednes thurs fri satur sun") {
		known[day+"day"], known[day+"days"] = true, true
	}
	return known
}()

// tells is true for a word that a fact may stand in.
func tells(word string) bool {
	if strings.ContainsAny(word, "0123456789™®©℠(") {
		return true
	}
	return slices.ContainsFunc(strings.FieldsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }), func(part string) bool {
		return countable[strings.ToLower(part)]
	})
}

// around is how many words before and behind one that tells a fact may belong to
// it: in "the 3rd of May, 2026", "USD 97", "30 full days".
const around = 4

// countedAt returns where in a text facts may stand. Looking for them is slow, and
// most of a text has none.
func countedAt(text string) []span {
	var found []span
	var starts []int // of the words seen
	left := 0        // words that still belong to the last place
	done := 0
	for word := range strings.FieldsSeq(text) {
		start := done + strings.Index(text[done:], word)
		done = start + len(word)
		starts = append(starts, start)
		switch {
		case tells(word):
			from := starts[max(0, len(starts)-1-around)]
			if n := len(found); n > 0 && found[n-1].end >= from {
				found[n-1].end = done
			} else {
				found = append(found, span{from, done})
			}
			left = around
		case left > 0:
			found[len(found)-1].end = done
			left--
		}
	}
	return found
}
