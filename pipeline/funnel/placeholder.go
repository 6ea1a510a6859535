package funnel

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A scanner knows where in a text brackets pair and markup stands. It is made in
// one pass, so that no stretch is read again for each bracket around it.
type scanner struct {
	text    string
	groups  map[int]*group // by the place of the { or [ that opens
	markup  map[int]piece  // tags, comments, style sheets and scripts, by their beginning
	marks   map[int]int    // lengths of the parts of frames, by their beginning
	own     map[int]int    // lengths of what is protected by a pattern, by its beginning
	nexts   map[string]int // where each delimiter stands next
	lowered string
	plural  int // the end of the ICU plural that the scan is in
}

// A group is a stretch between brackets that pair.
type group struct {
	open, end int // of the brackets: end is the place of the closing one
	pipes     []int
	inner     []*group // of braces, directly inside
	space     bool     // white space stands directly inside
	newline   bool     // a line ends inside
	nested    bool     // it stands in spintax
}

// bareWord is a placeholder without any mark: VAR_FIRST_NAME.
var bareWord = regexp.MustCompile(`[A-Z][A-Z0-9]*(?:_+[A-Z0-9]+)+`)

func newScanner(text string, patterns []*regexp.Regexp) *scanner {
	s := &scanner{text: text, groups: map[int]*group{}, markup: map[int]piece{}, marks: map[int]int{}, own: map[int]int{}, nexts: map[string]int{}}
	if strings.Contains(text, "_") {
		for _, at := range bareWord.FindAllStringIndex(text, -1) {
			if s.alone(at[0], at[1]) {
				s.own[at[0]] = at[1] - at[0]
			}
		}
	}
	for _, pattern := range patterns {
		for _, at := range pattern.FindAllStringIndex(text, -1) {
			s.own[at[0]] = max(s.own[at[0]], at[1]-at[0])
		}
	}
	for at, n := range s.own {
		if n == 0 {
			delete(s.own, at)
		}
	}
	s.pair()
	clear(s.nexts) // the scan begins at the beginning again
	return s
}

// alone is true where no letter, digit or _ stands right beside a stretch.
func (s *scanner) alone(start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(s.text[:start])
	behind, _ := utf8.DecodeRuneInString(s.text[end:])
	return (start == 0 || !wordRune(before)) && (end == len(s.text) || !wordRune(behind))
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// next returns where a delimiter stands at or behind a place, or -1. From one
// call to the next the place must not go back.
func (s *scanner) next(delimiter string, from int) int {
	at, known := s.nexts[delimiter]
	if known && (at < 0 || at >= from) {
		return at
	}
	at = strings.Index(s.text[min(from, len(s.text)):], delimiter)
	if at >= 0 {
		at += from
	}
	s.nexts[delimiter] = at
	return at
}

// pair finds markup and the brackets that pair.
func (s *scanner) pair() {
	var braces, squares []*group
	for i := 0; i < len(s.text); i++ {
		skip := strings.IndexAny(s.text[i:], "{}[]<|*%\n \t")
		if skip < 0 {
			return
		}
		i += skip
		top := func() *group {
			if len(braces) == 0 {
				return new(group)
			}
			return braces[len(braces)-1]
		}
		switch c := s.text[i]; c {
		case '<':
			if n := s.delimited(i); n > 0 {
				i += n - 1
				continue
			}
			if kind, n := s.element(i); n > 0 {
				s.markup[i] = piece{kind, s.text[i : i+n]}
				if len(braces) == 0 || !strings.Contains(s.text[i:i+n], "}}") {
					i += n - 1
				}
			}
		case '*', '%':
			n := s.delimited(i)
			if n == 0 && c == '%' {
				n = s.percent(i)
			}
			i += max(n, 1) - 1
		case '{', '[':
			if n := s.delimited(i); n > 0 {
				i += n - 1
				continue
			}
			g := &group{open: i}
			if c == '{' {
				braces = append(braces, g)
			} else {
				squares = append(squares, g)
			}
		case '}':
			if len(braces) == 0 {
				continue
			}
			g := top()
			braces = braces[:len(braces)-1]
			g.end = i
			s.groups[g.open] = g
			if len(braces) > 0 {
				top().inner = append(top().inner, g)
				top().newline = top().newline || g.newline
			}
		case ']':
			if len(squares) == 0 {
				continue
			}
			g := squares[len(squares)-1]
			squares = squares[:len(squares)-1]
			g.end = i
			s.groups[g.open] = g
		case '|':
			g := top()
			g.pipes = append(g.pipes, i)
		case '\n':
			top().newline, top().space = true, true
		default:
			top().space = true
		}
	}
}

// closed are the placeholders that end at the next mark of their own, whatever
// is in them. The first whose beginning fits counts.
var closed = []struct{ open, end, not string }{
	{"{%", "%}", "{%"},    // {% if x %} Liquid, Jinja
	{"{#", "#}", "{}"},    // {# x #} Jinja
	{"[%", "%]", "[%"},    // [% x %] Template Toolkit
	{"<%", "%>", "<%"},    // <%= x %> ERB
	{"<?", "?>", "<?"},    // <?php x ?>
	{"*|", "|*", "*|"},    // *|X|* Mailchimp
	{"%%=", "=%%", "%%="}, // %%=v(@x)=%% Marketing Cloud
	{"%%[", "]%%", "%%["}, // %%[ set @x = 1 ]%% Marketing Cloud
	{"$$", "$$", "\n "},   // $$name$$
	{"@@", "@@", "\n "},   // @@name@@
}

// delimited returns the length of the closed placeholder at a place, or 0.
func (s *scanner) delimited(i int) int {
	for _, d := range closed {
		if !strings.HasPrefix(s.text[i:], d.open) {
			continue
		}
		end := s.next(d.end, i+len(d.open))
		if end <= i+len(d.open) {
			continue
		}
		// One that begins again before it ends was never one.
		if len(d.not) > 1 && d.not == d.open {
			if again := s.next(d.open, i+len(d.open)); again >= 0 && again < end {
				continue
			}
		} else if strings.ContainsAny(s.text[i+len(d.open):min(end, i+4*shortTag)], d.not) {
			continue
		}
		return end + len(d.end) - i
	}
	return 0
}

// field are the words that names of fields are made of. A bracketed phrase of
// them is a placeholder, one with any other word is copy.
var field = func() map[string]bool {
	known := map[string]bool{}
	for _, word := range strings.Fields(`first firstname fname last lastname lname full fullname name names your my our the user users username
		customer customers client clients contact contacts subscriber subscribers member recipient lead person company companyname business brand
		organization organisation email mail phone mobile tel telephone city state country zip zipcode postcode postal
		street address url link website site domain date day month year time hour order id number amount total price product
		item plan title subject sender agent owner team location event appointment account unsubscribe insert here value
		birthday age gender job role industry coupon code discount signature greeting salutation middle initial prefix suffix
		nombre apellido vorname nachname anrede prenom prénom nom firma`) {
		known[word] = true
	}
	return known
}()

var fieldWords = regexp.MustCompile(`[\pL\pN]+`)

// ofFields is true where every word of a name is one that fields are called by.
func ofFields(name string) bool {
	name = camel.ReplaceAllString(name, "${1}${3} ${2}${4}")
	said := false
	for _, word := range fieldWords.FindAllString(strings.ReplaceAll(name, "_", " "), 12) {
		word = strings.ToLower(word)
		if !field[word] && strings.Trim(word, "0123456789") != "" {
			return false
		}
		said = said || field[word] && word != "the" && word != "here" && word != "your" && word != "our" && word != "my"
	}
	return said
}

var identifier = regexp.MustCompile(`^[\pL_$!@][\pL\pN_.$\-]*$`)

// machine is true for a word that people do not write: with _, . or capitals
// inside, or made of the words that fields are called by.
func machine(word string) bool {
	return identifier.MatchString(word) &&
		(strings.ContainsAny(word, "_.$!@0123456789") || len(word) == 1 || camel.MatchString(word) ||
			ofFields(word) || len(word) > 1 && strings.ToUpper(word) == word)
}

var icu = regexp.MustCompile(`^\{\s*[\w.\-]+\s*,\s*(plural|select|selectordinal)\s*,`)

// braces returns what a { at a place begins: a placeholder, or the frame of an
// ICU message or of spintax, whose words are copy.
func (s *scanner) braces(i int) (pieceKind, int) {
	g := s.groups[i]
	if g == nil {
		return prose, 0
	}
	whole := g.end + 1 - i
	if second := s.groups[i+1]; second != nil && s.text[i+1] == '{' && second.end == g.end-1 {
		return merge, whole
	}
	head := s.text[i:min(g.end, i+shortTag)]
	if at := icu.FindStringSubmatch(head); at != nil && len(g.inner) > 0 {
		first := g.inner[0]
		for k, branch := range g.inner {
			end := g.end + 1
			if k+1 < len(g.inner) {
				end = g.inner[k+1].open + 1
			}
			s.marks[branch.end] = end - branch.end
		}
		if at[1] != "select" {
			s.plural = max(s.plural, g.end)
		}
		return frame, first.open + 1 - i
	}
	if s.spintax(g) {
		for _, at := range g.pipes {
			s.marks[at] = 1
		}
		s.marks[g.end] = 1
		for _, inner := range g.inner {
			inner.nested = true
		}
		return frame, 1
	}
	if g.newline {
		return prose, 0
	}
	return merge, whole
}

// spintax is true for braces around alternatives of wording.
func (s *scanner) spintax(g *group) bool {
	if len(g.pipes) == 0 {
		return false
	}
	first := strings.TrimSpace(s.text[g.open+1 : min(g.pipes[0], g.open+1+shortTag)])
	switch {
	case len(g.inner) > 0 && g.inner[0].open < g.pipes[0]:
		return true // a name has no braces in it
	case machine(first):
		return false
	case strings.Contains(s.text[g.pipes[0]:min(g.end, g.pipes[0]+shortTag)], ":") && identifier.MatchString(first):
		return false // {name|default:you}
	}
	r, _ := utf8.DecodeRuneInString(first)
	return g.space || g.nested || len(g.inner) > 0 || len(g.pipes) > 1 || !unicode.IsLower(r)
}

var (
	shortcode = regexp.MustCompile(`^[A-Za-z][\w\-]*(?:\s+[\w\-:@]+\s*=|\s*=)`)
	copyWords = map[string]bool{}
	condition = regexp.MustCompile(`(?i)^\s*(?:/|(?:if|ifnot|else|elsif|elseif|elif|endif|end|unless)\b)`)
	target    = regexp.MustCompile(`^\((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"\n]*")?\)`)
)

func init() {
	for _, word := range strings.Fields(`new free update updated pdf video live webinar watch sold now today tonight bonus last hot alert sale guide
		ebook replay exclusive quiz checklist podcast infographic reminder urgent important case training class workshop masterclass limited
		download template templates final invitation recording announcement survey closed open soon tip tips news newsletter read shop save
		deal flash gift vip yes no ok part review marketing breaking challenge course event`) {
		copyWords[word] = true
	}
}

// squares returns what a [ at a place begins.
func (s *scanner) squares(i int) (pieceKind, int) {
	g := s.groups[i]
	if g == nil {
		return prose, 0
	}
	whole := g.end + 1 - i
	if second := s.groups[i+1]; second != nil && s.text[i+1] == '[' && second.end == g.end-1 {
		return merge, whole
	}
	inner := s.text[i+1 : min(g.end, i+1+shortTag)]
	if shortcode.MatchString(inner) {
		return merge, whole
	}
	if !condition.MatchString(inner) {
		behind := s.text[g.end+1 : min(len(s.text), g.end+1+2048)]
		if n := len(target.FindString(behind)); n > 0 && strings.TrimSpace(inner) != "" {
			s.marks[g.end] = 1 + n
			return frame, 1
		}
	}
	if strings.Contains(inner, "\n") {
		return prose, 0
	}
	word := strings.TrimSpace(inner)
	switch {
	case condition.MatchString(inner) && !strings.ContainsAny(inner, "?!,"):
		return merge, whole
	case strings.ContainsAny(inner, "=|{}%$@<>"):
		return merge, whole
	case !strings.ContainsFunc(word, unicode.IsLetter):
		return prose, 0
	case strings.ContainsAny(word, " \t"):
		if ofFields(word) || strings.Contains(word, "_") {
			return merge, whole
		}
		return prose, 0
	case copyWords[strings.ToLower(strings.Trim(word, "!?."))] && strings.ToLower(word) != word:
		return prose, 0
	case strings.HasSuffix(word, "!") && !strings.HasPrefix(word, "!"):
		return prose, 0
	}
	return merge, whole
}

// percented are the placeholders that begin with a %.
var percented = regexp.MustCompile(`^(?:%%[A-Za-z_][^%\n]{0,80}%%` + // %%First Name%%
	`|(?i:%/?(?:if|ifnot|else|elseif|elsif|endif|end|foreach)\b[^%\n]{0,300}%)` + // %IF in_array('vip', tags)% … %/IF% ActiveCampaign
	`|%[A-Za-z][\w.\-]*(?:\|[^%\n]{0,80})?%` + // %NAME%, %FIRSTNAME|friend%
	`|%[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*){1,3}%` + // %First Name%
	`|%\([A-Za-z]\w*\)[#0\- +]?\d*(?:\.\d+)?[sdifr]` + // %(name)s Python
	`|%<[A-Za-z]\w*>[\w.]*[sdif]` + // %<name>s Ruby
	`|%:[A-Za-z][\w.\-]*:?%?)`) // %:name

// printf are the directives of C's printf and of what took after it.
var printf = regexp.MustCompile(`^%(?:\d{1,2}\$)?[#0+\-]{0,2}\d{0,2}(?:\.\d{1,2})?(?:hh|h|ll|l|z|q)?[sdiufFgGxXoc@]`)

func (s *scanner) percent(i int) int {
	rest := s.text[i:min(len(s.text), i+shortTag)]
	before, _ := utf8.DecodeLastRuneInString(s.text[:i])
	if n := len(percented.FindString(rest)); n > 0 && (!unicode.IsDigit(before) || strings.HasPrefix(rest, "%%") || strings.ContainsAny(rest[:n], "_|")) {
		return n
	}
	n := len(printf.FindString(rest))
	if n == 0 || unicode.IsDigit(before) {
		return 0
	}
	behind, size := utf8.DecodeRuneInString(rest[n:])
	if behind == 's' { // %ds
		behind, _ = utf8.DecodeRuneInString(rest[n+size:])
	}
	if n < len(rest) && wordRune(behind) {
		return 0
	}
	return n
}

// dollared are the placeholders that begin with a $.
var dollared = regexp.MustCompile(`^(?:\$[A-Za-z_][\w.]*\$|\$\([A-Za-z][\w.]*\)|\$[a-z_][A-Za-z0-9_]*(?:\.[A-Za-z_]\w*)*|\$[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`)

// spelled are other placeholders that are told from prose by what is in them.
var spelled = regexp.MustCompile(`^(?:~[A-Za-z]\w*\.[\w.]+~` + // ~Contact.FirstName~ Keap
	`|~~[A-Za-z][^\s~._]*[._][^\s~]*~~` + // ~~eloqua..syntax--FirstName~~
	`|<\$[^\s<>]+>` + // <$name$>
	`|<<[A-Za-z][^<>\n]{0,60}>>` + // <<First Name>>
	`|&lt;&lt;[A-Za-z][\w. \-]{0,60}&gt;&gt;` +
	`|&lt;[A-Za-z][\w.\-]*&gt;` + // &lt;name&gt;
	`|\(\([A-Za-z_$][^()\n]{0,80}\)\))`) // ((first name))

// edged are the placeholders whose marks also stand in prose; they count only
// where no letter, digit or mark stands right before or behind them.
var edged = regexp.MustCompile(`^(?:#{1,2}[A-Za-z][\w.\-]*#{1,2}` + // #FIRST_NAME# ClickFunnels, ##NAME##
	`|@[A-Za-z]\w*@` + // @FIRSTNAME@ Dotdigital
	`|@[A-Z][A-Za-z]*(?:\.[A-Z][A-Za-z]*)+` + // @Model.Name Razor
	`|@\([A-Za-z][\w.]*\)` +
	`|_{2,3}[A-Za-z]\w*?_{2,3}` + // __NAME__
	`|~[A-Za-z]\w*~|\|[A-Za-z][\w. ]*\||-[A-Za-z]\w*-` + // ~Name~, |FNAME|, -name- SendGrid: where the word is a field's
	`|:[A-Za-z]+(?:_[A-Za-z0-9]+)+:?|:[a-z]{3,}:?)`) // :first_name, :name Laravel

// edgedTag returns the length of the placeholder with edges that begins at i.
func (s *scanner) edgedTag(i int) int {
	n := len(edged.FindString(s.text[i:min(len(s.text), i+shortTag)]))
	if n == 0 {
		return 0
	}
	inner := strings.Trim(s.text[i:i+n], "~|-")
	if strings.ContainsRune("~|-", rune(s.text[i])) && !ofFields(inner) && !strings.Contains(inner, "_") {
		return 0
	}
	before, _ := utf8.DecodeLastRuneInString(s.text[:i])
	behind, _ := utf8.DecodeRuneInString(s.text[i+n:])
	part := func(r rune) bool { return wordRune(r) || strings.ContainsRune("#@|-:/.", r) }
	if i > 0 && part(before) || i+n < len(s.text) && part(behind) && behind != '.' && behind != ':' {
		return 0
	}
	return n
}

// at returns the kind and length of what stands at a place, and 0 where it is
// prose.
func (s *scanner) at(i int) (pieceKind, int) {
	if n := s.own[i]; n > 0 {
		return merge, n
	}
	if n := s.marks[i]; n > 0 {
		return frame, n
	}
	c, following := s.text[i], byte(0)
	if i+1 < len(s.text) {
		following = s.text[i+1]
	}
	if strings.IndexByte("{[<*%$@", c) >= 0 {
		if n := s.delimited(i); n > 0 {
			return merge, n
		}
	}
	if following == '{' && strings.IndexByte("$#%@", c) >= 0 && s.groups[i+1] != nil && !s.groups[i+1].newline {
		if kind, n := s.braces(i + 1); kind == merge {
			return merge, n + 1
		} else if c == '$' || c == '%' || c == '#' {
			delete(s.marks, s.groups[i+1].end)
			for _, at := range s.groups[i+1].pipes {
				delete(s.marks, at)
			}
			return merge, s.groups[i+1].end + 1 - i
		}
	}
	rest := s.text[i:min(len(s.text), i+shortTag)]
	switch c {
	case '{':
		return s.braces(i)
	case '[':
		return s.squares(i)
	case '!':
		if following == '[' {
			if kind, _ := s.squares(i + 1); kind == frame {
				return frame, 2
			}
		}
		return prose, 0
	case '%':
		return merge, s.percent(i)
	case '$':
		before, _ := utf8.DecodeLastRuneInString(s.text[:i])
		if n := len(dollared.FindString(rest)); n > 2 && (i == 0 || !wordRune(before)) {
			return merge, n
		}
		return prose, 0
	}
	if n := len(spelled.FindString(rest)); n > 0 {
		return merge, n
	}
	if p, ok := s.markup[i]; ok {
		return p.kind, len(p.text)
	}
	if c == '#' && i < s.plural {
		return merge, 1
	}
	return merge, s.edgedTag(i)
}
