package funnel

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// terms are words that say what a figure counts or how often a price is paid, each with the name that all of its forms
// share. Those that begin with "month:" are names of months in the funnels' other languages.
var terms = func() map[string]string {
	known := map[string]string{}
	for line := range strings.SplitSeq(`day days daily|week weeks weekly wk wks|month months monthly mo mos|quarter quarters quarterly|year years yearly annual annually yr yrs|hour hours hourly hr hrs|night nights nightly|second seconds sec secs|weekend weekends|decade decades|century centuries
		user users seat seats|person persons people head guest guests|session sessions|lesson lessons|class classes|child children kid kids|couple couples
		kg kgs kilo kilos kilogram kilograms|lb lbs pound pounds|oz ounce ounces|mg milligram milligrams|ml milliliter milliliters millilitre millilitres
		liter liters litre litres|gallon gallons|cm centimeter centimeters|mm millimeter millimeters|km kilometer kilometers kilometre kilometres kms|mile miles mi|ft foot feet|inch inches
		mph|gb gigabyte gigabytes|tb terabyte terabytes|mb megabyte megabytes|kcal calorie calories|acre acres|cup cups|tbsp tablespoon tablespoons|tsp teaspoon teaspoons|°f fahrenheit|°c celsius
		tag tage tagen tägig tägige|woche wochen wöchig|monat monate monaten monatlich|jahr jahre jahren jährlich|stunde stunden stündig|minute minuten minutes min mins|jour jours|semaine semaines|mois|an ans année années|heure heures
		día días|semana semanas|mes meses|año años|hora horas
		½ half halves|¼|¾|⅓|⅔
		januar janvier enero|februar février febrero|märz mars marzo|april avril abril|mai mayo|juni juin junio|juli juillet julio|august août agosto|septembre septiembre|oktober octobre octubre|novembre noviembre|dezember décembre diciembre`, "|") {
		for group := range strings.SplitSeq(line, "\n") {
			forms := strings.Fields(group)
			for _, form := range forms {
				known[form] = forms[0]
			}
		}
	}
	return known
}()

var (
	// paid is what stands behind a price that is paid again and again, or by each of several.
	paid = regexp.MustCompile(`^\s?(?:(?:billed|paid|charged)\s)?(?:(?:/|per\s|an?\s|each\s|every\s)\s?([a-z]+)(?:\s?(?:/|per\s)\s?([a-z]+))?|(monthly|weekly|annually|yearly|daily|hourly|quarterly|nightly)\b)`)
	// measured is a figure with a unit or a foreign month behind it, or a fraction.
	measured = regexp.MustCompile(`\d[\s\-]?(°[fc]|kgs?|kilos?|kilograms?|lbs?|pounds?|oz|ounces?|mg|ml|lit(?:er|re)s?|gallons?|cm|mm|km|kilomet(?:er|re)s?|miles?|mi|ft|feet|inch(?:es)?|mph|gb|tb|mb|kcal|calories|acres?|cups?|tbsp|tablespoons?|tsp|teaspoons?|tagen?|wochen?|monate?n?|jahre?n?|stunden?|jours?|semaines?|mois|ans?|années?|heures?|días?|semanas?|mes(?:es)?|años?|horas?)(?:[^\pL]|$)` +
		`|\d\.?\s(?:de\s)?(januar|februar|märz|april|mai|juni|juli|august|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre)(?:[^\pL]|$)` +
		`|([½¼¾⅓⅔])`)
	each  = regexp.MustCompile(`\b(?:an?|per|each|every) (hour|day|week|month|quarter|year)\b`)
	often = map[string]bool{"daily": true, "weekly": true, "monthly": true, "yearly": true, "annual": true, "annually": true, "hourly": true, "quarterly": true, "nightly": true}
)

// A bound is what makes a figure the most or the least that there may be: told where it stands before or behind a
// figure, said in any of its wordings.
type bound struct {
	what       string
	told, said *regexp.Regexp
}

var bounds = []bound{
	{"most", regexp.MustCompile(`\b(?:up to|no more than|at most|as (?:much|many) as)\s\p{Sc}?\s?\d`),
		regexp.MustCompile(`\b(?:up to|upto|as (?:much|many|few) as|most|(?:no|not|never) (?:more|longer|later)|max|maximum|or (?:less|fewer)|under|less|fewer|below|within|until|till|tops|limit\w*|bis|höchstens|maximal)\b|jusqu|hasta|máximo`)},
	{"least", regexp.MustCompile(`\d\+(?:\s|$)|\b(?:over|more than|at least|upwards? of)\s\p{Sc}?\s?\d|\d (?:or|and) (?:more|up|older)\b|\bfrom\s\p{Sc}\s?[\d.,]+(?:[^\d.,\s-]|\s[^t-]|$)`),
		regexp.MustCompile(`\d\+|\b(?:over|more|plus|least|exceed\w*|minimum|min|upwards?|(?:and|or|&) up|from|start\w*|begin\w*|after|past|beyond|above|older|north of|mehr|ab|since|desde|más)\b|über|dès`)},
	{"off", regexp.MustCompile(`\d ?% (?:off|discount)\b|\d ?% rabatt\b`),
		regexp.MustCompile(`\b(?:off|discount\w*|save[sd]?|saving\w*|less|cheaper|reduc\w*|down|keep|cut\w*|drop\w*|lower\w*|rabatt\w*|sparen|spart|günstiger|weniger|nachlass)\b`)},
	{"every other", regexp.MustCompile(`\bevery other (?:day|night|week|month|year|` + weekday + `)\b`), regexp.MustCompile(`\bevery (?:other|second|two)\b|\bbi-?weekly\b|\bfortnight|\balternat`)},
	{"little", regexp.MustCompile(`\bas (?:little|few) as (?:\p{Sc} ?)?\d`), regexp.MustCompile(`\bas (?:little|few|soon|low) as\b|\b(?:can be|may|might|already|less|just|only|from|minimum|within|under|least|start\w*|even|mere|enough)\b`)},
	{"half", regexp.MustCompile(`\bhalf[- ](?:an? )?(?:hour|day|price|dozen|off)\b`), regexp.MustCompile(`\bhal(?:f|ve|ves|ved)\b|½|\b(?:30|50|6|six|thirty|fifty)\b|0\.5`)},
	{"lifetime", regexp.MustCompile(`\blifetime (?:access|membership|updates|license|deal)\b`), regexp.MustCompile(`\blifetime\b|\b(?:for|of) (?:life|good|ever)\b|\bforever\b|\balways\b|\blifelong\b|\bas long as\b|\bends?\b|\bexpires?\b`)},
}

// swaps are groups of wordings of which one must not take another's place.
var swaps = []struct {
	hints []string // one of them stands in each wording
	ways  []*regexp.Regexp
}{
	{strings.Fields("hal ½ 50% doubl twice 2x two tripl thrice 3x three quarter ¼ ¾ third ⅓ ⅔"), []*regexp.Regexp{
		regexp.MustCompile(`\bhalf\b|\bhalv(?:e|es|ed|ing)\b|½|\b50%`),
		regexp.MustCompile(`\bdouble[sd]?\b|\bdoubling\b|\btwice\b|\b2x\b|\btwo times\b`),
		regexp.MustCompile(`\btripl(?:e|es|ed|ing)\b|\bthrice\b|\b3x\b|\bthree times\b`),
		regexp.MustCompile(`\b(?:an?|one) quarter of\b|¼`), regexp.MustCompile(`\bthree[ -]quarters\b|¾`),
		regexp.MustCompile(`\b(?:an?|one)[ -]third of\b|⅓`), regexp.MustCompile(`\btwo[ -]thirds\b|⅔`),
	}},
	{strings.Fields("first last next"), []*regexp.Regexp{regexp.MustCompile(`\bfirst \d`), regexp.MustCompile(`\blast \d`), regexp.MustCompile(`\bnext \d`)}},
	{strings.Fields("before until till by within after since"), []*regexp.Regexp{
		regexp.MustCompile(`\b(?:before|until|till|by|within) (?:` + weekday + `|` + month + `\b|noon|midnight|\d)`),
		regexp.MustCompile(`\b(?:after|since) (?:` + weekday + `|` + month + `\b|noon|midnight|\d)`),
	}},
	{strings.Fields("inclu incl exclu excl"), []*regexp.Regexp{regexp.MustCompile(`\binclud(?:e|es|ed|ing)\b|\binclusive of\b|\bincl\.`), regexp.MustCompile(`\bexclud(?:e|es|ed|ing)\b|\bexclusive of\b|\bexcl\.|\bnot included\b`)}},
	{strings.Fields("limited"), []*regexp.Regexp{regexp.MustCompile(`\blimited\b`), regexp.MustCompile(`\bunlimited\b`)}},
	{strings.Fields("required mandatory must optional"), []*regexp.Regexp{regexp.MustCompile(`\brequired\b|\bmandatory\b|\bmust\b`), regexp.MustCompile(`\boptional(?:ly)?\b`)}},
	{strings.Fields("about around roughly approximately nearly almost exactly precisely"), []*regexp.Regexp{regexp.MustCompile(`\b(?:about|around|roughly|approximately|nearly|almost) \p{Sc}?\d`), regexp.MustCompile(`\b(?:exactly|precisely) \p{Sc}?\d`)}},
	{strings.Fields("and or &"), []*regexp.Regexp{regexp.MustCompile(`\d (?:and|or|&) (?:up|older|over|more|above)\b`), regexp.MustCompile(`\d (?:and|or|&) (?:under|younger|below|less|fewer)\b`)}},
	{strings.Fields("spring summer fall autumn winter"), []*regexp.Regexp{regexp.MustCompile(`\b(?:this|next|last|in|by|of|the|until) spring\b|\bspring (?:of )?\d`), regexp.MustCompile(`\b(?:this|next|last|in|by|of|the|until) summer\b|\bsummer (?:of )?\d`), regexp.MustCompile(`\b(?:the|this|next|last) fall\b|\bfall (?:of )?\d|\b(?:this|next|last|in|by|of|the|until) autumn\b|\bautumn (?:of )?\d`), regexp.MustCompile(`\b(?:this|next|last|in|by|of|the|until) winter\b|\bwinter (?:of )?\d`)}},
	{strings.Fields("weekday weekend"), []*regexp.Regexp{regexp.MustCompile(`\bweekdays?\b`), regexp.MustCompile(`\bweekends?\b`)}},
	{strings.Fields("morning afternoon evening"), []*regexp.Regexp{regexp.MustCompile(`\bmornings?\b`), regexp.MustCompile(`\bafternoons?\b`), regexp.MustCompile(`\bevenings?\b`)}},
	{strings.Fields("both pair couple two three dozen 2 3"), []*regexp.Regexp{regexp.MustCompile(`\bboth\b|\ba (?:pair|couple) of\b|\btwo\b|\b2\b`), regexp.MustCompile(`\ball three\b`), regexp.MustCompile(`\ba dozen\b`)}},
	{strings.Fields("dozens hundred thousand million"), []*regexp.Regexp{regexp.MustCompile(`\bdozens of\b`), regexp.MustCompile(`\bhundreds of\b`), regexp.MustCompile(`\bthousands of\b`), regexp.MustCompile(`\bmillions of\b`)}},
	{strings.Fields("tonight today evening midnight tomorrow"), []*regexp.Regexp{regexp.MustCompile(`\btonight\b|\btoday\b|\bthis evening\b|\bmidnight\b`), regexp.MustCompile(`\btomorrow\b`)}},
}

// others are words of the funnels' other languages of which one must not take
// another's place: days of the week, and numbers.
var others = func() map[string][2]string {
	known := map[string][2]string{}
	for class, words := range map[string]string{
		"day": `montag montags|dienstag dienstags|mittwoch mittwochs|donnerstag donnerstags|freitag freitags|samstag samstags sonnabend|sonntag sonntags
			lundi lundis|mardi mardis|mercredi mercredis|jeudi jeudis|vendredi vendredis|samedi samedis|dimanche dimanches|lunes|martes|miércoles|jueves|viernes|sábado sábados|domingo domingos`,
		"number": `zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|zwanzig|dreißig|deux|trois|quatre|cinq|sept|huit|neuf|dix|douze|vingt|trente|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|doce|veinte|treinta`,
		"part":   `halb halbe halber halben hälfte|doppelt doppelte doppelten|dreifach dreifache|moitié|double doubles doublez|mitad|doble`,
		"month":  `january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sept sep|october oct|november nov|december dec`,
	} {
		for group := range strings.SplitSeq(strings.ReplaceAll(words, "\n", "|"), "|") {
			forms := strings.Fields(group)
			for _, form := range forms {
				known[form] = [2]string{class, forms[0]}
			}
		}
	}
	return known
}()

// otherSwaps notes such a word that took another's place.
func (c *comparison) otherSwaps(was, now string) {
	of := func(low string) map[string]map[string]bool {
		found := map[string]map[string]bool{}
		for word := range strings.FieldsFuncSeq(low, func(r rune) bool { return !unicode.IsLetter(r) }) {
			if o, ok := others[word]; ok {
				if found[o[0]] == nil {
					found[o[0]] = map[string]bool{}
				}
				found[o[0]][o[1]] = true
			}
		}
		return found
	}
	a, b := of(was), of(now)
	for class, said := range a {
		for gone := range said {
			if b[class][gone] {
				continue
			}
			for come := range b[class] {
				if !said[come] {
					c.add("fact.number", "keep %q: the rewrite says %q", gone, come)
					return
				}
			}
		}
	}
}

// against is a ratio or a range.
var against = regexp.MustCompile(`\b(\d+)(?: to |-to-)(\d+)\b`)

// lacks is what something is free of: gluten-free.
var lacks = regexp.MustCompile(`\b([a-z]{3,})-free\b`)

// denied finds what a text says that there is not, and denial the words that say so.
var (
	denied = regexp.MustCompile(`(?:\b(?:no|not|never|without|zero)|n't)\b[^.!?,;:\n]{0,24}?\b(credit cards?|contracts?|commitments?|obligations?|fees?|catch|spam|experience|share|sell|hidden|risk|advice|available|included|refundable|valid|responsible|liable|affiliated|endorsed|subscription)\b`)
	denial = regexp.MustCompile(`\b(?:no|not|never|none|nothing|nobody|without|zero|nor|neither|cannot|free|skip|only|stays?|private)\b|n't\b|less\b`)
)

// qualified notes figures that say something else by the words around them: by what a price is paid, what a figure
// counts, whether it is the most or the least, in which time zone a time is, and what stands before a price.
func (c *comparison) qualified(was, now []claim) {
	wasText, nowText := factual(c.wasPieces), factual(c.nowPieces)
	wasLow, nowLow := strings.ToLower(wasText), strings.ToLower(nowText)
	wasSaid, nowSaid := saidTerms(wasLow), saidTerms(nowLow)
	lost := beyond(toldTerms(was, wasText), nowSaid)
	added := beyond(toldTerms(now, nowText), wasSaid)
	for _, t := range lost {
		c.add("fact.number", "keep what the figure counts or is paid for, %s", t)
	}
	for _, t := range added {
		c.add("fact.number", "do not add %s to a figure, which the original does not say", t)
	}
	if a, b := beyond(oftenTerms(wasLow), nowSaid), beyond(oftenTerms(nowLow), wasSaid); len(a) > 0 && len(b) > 0 {
		c.add("fact.duration", "keep how often it is, each %s, not each %s", a[0], b[0])
	}
	for _, b := range bounds {
		if !strings.ContainsAny(wasLow, "0123456789") && !strings.ContainsAny(nowLow, "0123456789") && (b.what == "most" || b.what == "least" || b.what == "off" || b.what == "little") {
			continue
		}
		if found := b.told.FindString(wasLow); found != "" && !b.said.MatchString(nowLow) {
			c.add("fact.number", "keep what %q says", strings.TrimSpace(found))
		}
		if found := b.told.FindString(nowLow); found != "" && !b.said.MatchString(wasLow) {
			c.add("fact.number", "do not add %q, which the original does not say", strings.TrimSpace(found))
		}
	}
	for _, group := range swaps {
		hinted := func(low string) bool {
			return slices.ContainsFunc(group.hints, func(h string) bool { return strings.Contains(low, h) })
		}
		if !hinted(wasLow) || !hinted(nowLow) {
			continue
		}
		gone, come := "", ""
		for _, p := range group.ways {
			a, b := p.FindString(wasLow), p.FindString(nowLow)
			if b == "" && a != "" {
				gone = a
			}
			if a == "" && b != "" {
				come = b
			}
		}
		if gone != "" && come != "" {
			c.add("fact.number", "keep %q: the rewrite says %q", gone, come)
		}
	}
	for _, m := range denied.FindAllStringSubmatch(wasLow, 8) {
		if strings.Contains(nowLow, m[1]) && !denial.MatchString(nowLow) {
			c.add("fact.number", "keep the sense of %q", m[0])
			break
		}
	}
	pairs := func(low string) map[[2]string]bool {
		found := map[[2]string]bool{}
		for _, m := range against.FindAllStringSubmatch(low, -1) {
			found[[2]string{m[1], m[2]}] = true
		}
		return found
	}
	before, behind := pairs(wasLow), pairs(nowLow)
	for p := range before {
		if turned := [2]string{p[1], p[0]}; p != turned && behind[turned] && !behind[p] && !before[turned] {
			c.add("fact.number", "keep %s to %s in this order", p[0], p[1])
			break
		}
	}
	absent := func(a, b string) string {
		for _, m := range lacks.FindAllStringSubmatch(a, 8) {
			if !strings.Contains(b, m[1]) {
				return m[0]
			}
		}
		return ""
	}
	if gone, come := absent(wasLow, nowLow), absent(nowLow, wasLow); gone != "" && come != "" {
		c.add("fact.number", "keep %q: the rewrite says %q", gone, come)
	}
	c.otherSwaps(wasLow, nowLow)
	c.zones(was, now, wasText, nowText)
	c.labels(was, now, wasText, nowText)
}

// saidTerms are the terms that stand anywhere in a text in small letters.
func saidTerms(low string) map[string]bool {
	said := map[string]bool{}
	for _, word := range strings.FieldsFunc(low, func(r rune) bool { return !unicode.IsLetter(r) && !strings.ContainsRune("°½¼¾⅓⅔", r) }) {
		if t := terms[word]; t != "" {
			said[t] = true
		}
		if t := terms["°"+strings.TrimPrefix(word, "°")]; t != "" {
			said[t] = true
		}
	}
	return said
}

// toldTerms are those that stand by a figure.
func toldTerms(claims []claim, text string) (told []string) {
	add := func(word string) {
		if t := terms[word]; t != "" && !slices.Contains(told, t) {
			told = append(told, t)
		}
	}
	for _, f := range claims {
		if f.Kind != "price" {
			continue
		}
		m := paid.FindStringSubmatch(strings.ToLower(text[f.end:min(len(text), f.end+40)]))
		for _, word := range m[min(1, len(m)):] {
			add(word)
		}
	}
	for _, m := range measured.FindAllStringSubmatch(strings.ToLower(text), -1) {
		add(m[1] + m[2] + m[3])
	}
	return told
}

func oftenTerms(low string) (found []string) {
	for _, word := range strings.FieldsFunc(low, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if often[word] {
			found = append(found, terms[word])
		}
	}
	for _, m := range each.FindAllStringSubmatch(low, -1) {
		found = append(found, terms[m[1]])
	}
	return found
}

func beyond(told []string, said map[string]bool) []string {
	return slices.DeleteFunc(told, func(t string) bool { return said[t] })
}

const zoneNames = `(?:[ECMP][SD]?T|GMT|UTC|CES?T|BST|AE[SD]T|IST|[Ee]astern|[Pp]acific|[Cc]entral|[Mm]ountain)\b`

var (
	zone    = regexp.MustCompile(`\b` + zoneNames)
	zonedAt = regexp.MustCompile(`^[\s(]{0,2}(` + zoneNames + `)`)
)

// zoneOf is one name for a zone's winter, summer and plain ones.
func zoneOf(said string) string {
	switch strings.ToUpper(said[:1]) + said[1:] {
	case "EST", "EDT", "ET", "Eastern":
		return "ET"
	case "CST", "CDT", "CT", "Central":
		return "CT"
	case "MST", "MDT", "MT", "Mountain":
		return "MT"
	case "PST", "PDT", "PT", "Pacific":
		return "PT"
	}
	return said
}

// zones notes times whose zone was changed, lost or added.
func (c *comparison) zones(was, now []claim, wasText, nowText string) {
	of := func(claims []claim, text string) map[string]string {
		found := map[string]string{}
		for _, f := range claims {
			if f.Kind == "time" {
				if m := zonedAt.FindStringSubmatch(text[f.end:min(len(text), f.end+24)]); m != nil {
					found[f.Value] = zoneOf(m[1])
				}
			}
		}
		return found
	}
	said := func(text string) (all []string) {
		for _, z := range zone.FindAllString(text, -1) {
			if z = zoneOf(z); !slices.Contains(all, z) {
				all = append(all, z)
			}
		}
		return all
	}
	a, b := of(was, wasText), of(now, nowText)
	wasSaid, nowSaid := said(wasText), said(nowText)
	for time, z := range a {
		if b[time] != "" && b[time] != z || b[time] == "" && !slices.Contains(nowSaid, z) {
			c.add("fact.time", "keep the time zone %s", z)
			return
		}
	}
	for time, z := range b {
		if a[time] == "" && !slices.Contains(wasSaid, z) {
			c.add("fact.time", "do not add the time zone %s, which the original does not say", z)
			return
		}
	}
}

// labelled is a word that says of which thing a price is, right before it.
var labelled = regexp.MustCompile(`(\pL[\pL]+)\s?(?:[:(=\-]|\bis\b|\bare\b|\bcosts?\b|\bat\b|\bfor\b|\bonly\b|\bjust\b)?\s?(?:only\s|just\s)?$`)

// told are words that say of a price what it is.
var toldLabels = map[string]bool{"was": true, "now": true, "regularly": true, "normally": true, "usually": true, "today": true, "value": true, "worth": true, "total": true, "save": true, "instead": true}

// labels notes prices that changed places: was $97, now $47.
func (c *comparison) labels(was, now []claim, wasText, nowText string) {
	of := func(claims []claim, text string) map[string][]string {
		found := map[string][]string{}
		for _, f := range claims {
			if f.Kind != "price" && f.Kind != "percent" {
				continue
			}
			if m := labelled.FindStringSubmatch(text[max(0, f.start-40):f.start]); m != nil {
				if low := strings.ToLower(m[1]); toldLabels[low] || low != m[1] {
					found[low] = append(found[low], f.Value)
				}
			}
		}
		return found
	}
	a, b := of(was, wasText), of(now, nowText)
	told := func(v string) bool {
		return slices.ContainsFunc(was, func(f claim) bool { return f.Value == v })
	}
	for label, values := range a {
		if others := b[label]; len(others) > 0 && told(others[0]) && !slices.ContainsFunc(others, func(v string) bool { return slices.Contains(values, v) }) {
			c.add("fact.price", "keep %s at %s, not %s", label, values[0], others[0])
			return
		}
	}
}

// celled are the elements whose place says what stands in them.
var celled = regexp.MustCompile(`(?i)^<(/?)(a|td|th|option|button)[\s>]`)

// cells returns the words and the facts of each link, cell and option.
func cells(pieces []piece) (texts, facts []string) {
	start := -1
	for i, p := range pieces {
		m := []string(nil)
		if p.kind == tag {
			m = celled.FindStringSubmatch(p.text)
		}
		switch {
		case m == nil:
		case m[1] == "":
			start = i + 1
		case start >= 0:
			inner := pieces[start:i]
			var values []string
			for _, f := range claims(inner) {
				if !f.soft {
					values = append(values, f.Kind+f.Value)
				}
			}
			slices.Sort(values)
			texts = append(texts, strings.ToLower(strings.Join(strings.Fields(visible(inner)), " ")))
			facts = append(facts, strings.Join(values, "|"))
			start = -1
		}
	}
	return texts, facts
}

// places notes links and cells of a table that took each other's words or facts.
func (c *comparison) places() {
	was, wasFacts := cells(c.wasPieces)
	now, nowFacts := cells(c.nowPieces)
	if len(was) != len(now) {
		return
	}
	swapped := func(was, now []string) bool {
		at := map[string]int{}
		for i, s := range was {
			at[s] = i
		}
		for i, s := range now {
			if j, ok := at[s]; ok && s != "" && s != was[i] && now[j] != was[j] && was[i] != "" {
				return true
			}
		}
		return false
	}
	if swapped(was, now) || swapped(wasFacts, nowFacts) {
		c.add("structure.order", "keep the links and cells in their places: two have changed theirs")
	}
}

// rows notes rows of a Markdown table that have other cells than before.
func (c *comparison) rows() {
	count := func(text string) (bars []int) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); len(line) > 1 && line[0] == '|' && line[len(line)-1] == '|' {
				bars = append(bars, strings.Count(line, "|"))
			}
		}
		return bars
	}
	if was := count(c.was); len(was) > 1 && !slices.Equal(was, count(c.now)) {
		c.add("structure.markup", "keep the table's rows and cells")
	}
}

// flags counts the letters that two and two make a flag.
func flags(text string) (n int) {
	for _, r := range text {
		if r >= 0x1F1E6 && r <= 0x1F1FF {
			n++
		}
	}
	return n
}

// joinedEmoji notes emoji whose parts fell asunder.
func (c *comparison) joinedEmoji() {
	if flags(c.now)%2 == 1 && flags(c.was)%2 == 0 {
		c.add("structure.characters", "keep flags whole")
	}
	if !strings.Contains(c.was, "\u200d") {
		return
	}
	now := strings.Fields(c.now)
	slices.Sort(now)
	for word := range strings.FieldsSeq(c.was) {
		has := func(word string) bool {
			_, found := slices.BinarySearch(now, word)
			return found
		}
		if parted := strings.ReplaceAll(word, "\u200d", ""); parted != word && !has(word) && has(parted) {
			c.add("structure.characters", "keep the joined emoji %s whole", word)
			return
		}
	}
}

// mixed notes a word with letters of two scripts that look the same.
func (c *comparison) mixed() {
	between := func(r rune) bool { return !unicode.IsLetter(r) }
	var known map[string]bool
	for word := range strings.FieldsFuncSeq(c.now, between) {
		latin, other := 0, 0
		for _, r := range word {
			switch {
			case unicode.Is(unicode.Latin, r):
				latin++
			case unicode.In(r, unicode.Cyrillic, unicode.Greek):
				other++
			}
		}
		if latin < 2 || other == 0 {
			continue
		}
		if known == nil {
			known = map[string]bool{}
			for was := range strings.FieldsFuncSeq(c.was, between) {
				known[was] = true
			}
		}
		if !known[word] {
			c.add("structure.characters", "write %s in letters of one script", word)
			return
		}
	}
}
