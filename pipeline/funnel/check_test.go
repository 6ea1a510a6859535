package funnel_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

func TestCheck_AcceptsARewriteThatKeepsWhatMustBeKept(t *testing.T) {
	for name, texts := range map[string][2]string{
		"other words":                   {"Enter your address to begin", "Tell us where to send it"},
		"the same":                      {"Download", "Download"},
		"space at the edges":            {" Download", "Get it\n"},
		"numbers spelled another way":   {"20% off for 3 days", "Three days with twenty percent off"},
		"merge tags in another order":   {"Hi {{first_name}}, from {{sender}}", "{{sender}} says hello, {{first_name}}"},
		"merge tag with its spacing":    {"Hi {{ contact.first_name | default: 'you' }}", "Hello {{ contact.first_name | default: 'you' }}!"},
		"every kind of merge tag":       {everyTag, strings.Replace(everyTag, "Hi", "Hello", 1)},
		"tags kept":                     {"<p>Hi there!</p><p>Thank you.</p>", "<p>Hello.</p><p>We thank you.</p>"},
		"output tags moved":             {"Hi {{name}}, from {{team}}", "From {{team}} to {{name}}: hello"},
		"every kind kept":               {"Hi #FIRST_NAME# [First Name] -name- :first_name @FIRST@", "Dear [First Name], -name- :first_name @FIRST@ #FIRST_NAME#"},
		"attributes kept":               {`See <a href="https://x.example/?a=1&b=2" class='c'>this</a>`, `Look at <a href="https://x.example/?a=1&b=2" class='c'>that</a>`},
		"merge tag in an attribute":     {`<a href="{{url}}">Go</a>`, `<a href="{{url}}">Start</a>`},
		"void elements":                 {"Margaret<br>Meadow & Rye<br/>", "Maggie<br>The Rye<br/>"},
		"comment kept":                  {"<!-- x --><p>Hi</p>", "<!-- x --><p>Hello</p>"},
		"unbalanced original":           {"<p>One<p>Two", "<p>First<p>Second"},
		"entities in HTML":              {"<p>Hi&nbsp;there</p>", "<p>Hello &amp; welcome</p>"},
		"entities in plain text":        {"Salt &amp; pepper", "Pepper &amp; salt"},
		"an entity gone":                {"Salt&nbsp;and pepper", "Pepper and salt"},
		"URL kept":                      {"Meadow & Rye • https://www.meadow.example/", "The Rye · https://www.meadow.example/"},
		"URL at the end of a sentence":  {"Visit example.com.", "You will find it all at example.com!"},
		"e-mail kept":                   {"Write to me@example.com", "Questions? me@example.com"},
		"lines may move":                {"One\nTwo", "One\nTwo\nThree"},
		"lines may go":                  {"One\nTwo", "One and two"},
		"lines in HTML":                 {"<p>One</p><p>Two</p>", "<p>One</p>\n<p>Two</p>"},
		"long where short is allowed":   {"Go", strings.Repeat("ab cd ", 20)},
		"three times as long":           {strings.Repeat("ab ", 100), strings.Repeat("cd ", 299)},
		"emoji":                         {"Great", "Great 🎉❤️ 👩‍⚕️ 1️⃣"},
		"joiners that a script needs":   {"Books", "کتاب\u200cها"},
		"what the original had already": {"a\u200bb \u202ax\u202c ** # {", "c\u200bd \u202ay\u202c ** # {"},
		"quotes inside":                 {"So they said", `"Yes" is what they said, not "No"`},
		"quotes as in the original":     {`"I love it"`, `"It is lovely"`},
		"less than":                     {"Under 5 minutes", "In < 5 minutes, with <3"},
		"dots":                          {"Wait... what?", "Hm... why?"},
		"markdown kept":                 {"**Bold** and `code`", "**Strong** and `code`"},
		"a heading kept":                {"# Title", "# Name"},
		"another script":                {"Hello", "你好，世界"},
		"a price":                       {"Only $20", "Just 20 dollars!"},
		"JavaScript the word":           {"Learn to code", "Learn JavaScript: the basics"},
		"on the word":                   {"Based on what you need", "Built on one idea = yours"},
	} {
		if err := funnel.Check(texts[0], texts[1]); err != nil {
			t.Errorf("%s: %q → %q: %v", name, texts[0], texts[1], err)
		}
	}
}

const everyTag = "Hi {{a}} {{{b}}} {% if c %} {# d #} ${e} {f} {g|you} {!h} <%= i %> *|J|* %%=v(@k)=%% %%[ set @l ]%% %%m%% %N% ~O.p~ [[q]] [R] [S_T] [u_v] [w x=\"1\"]"

func TestCheck_RefusesWhatBreaks(t *testing.T) {
	long := strings.Repeat("a", 200)
	for name, c := range map[string]struct{ original, rewrite, says string }{
		"empty":                           {"Hi", "", "is empty"},
		"links swapped":                   {`<a href="/1">Yes please</a> or <a href="/2">No thanks</a>`, `<a href="/2">Yes do</a> or <a href="/1">No thanks</a>`, "order"},
		"inline tags moved":               {"<b>New</b> and <i>good</i>", "<i>Fine</i> and <b>fresh</b>", "order"},
		"items nested":                    {"<li>One thing</li><li>Two things</li>", "<li>One <li>Two things</li></li>", "order"},
		"Liquid block turned":             {"{% if x %}Buy it now{% else %}Wait for it{% endif %}", "{% endif %}Buy it today{% else %}Wait for it{% if x %}", "order"},
		"Handlebars block turned":         {"{{#if x}}Hello friend{{/if}} welcome", "{{/if}}Hello mate{{#if x}} welcome", "order"},
		"Mailchimp block turned":          {"*|IF:X|*Hello friend*|END:IF|* welcome", "*|END:IF|*Hello mate*|IF:X|* welcome", "order"},
		"entity become a bracket":         {"<b>5 &lt; 6</b> run it", "<b>5 < 6</b> run it all", "<"},
		"end of a comment":                {"Hi <!-- x --> there friend", "there <!-- x --> mate -->", "-->"},
		"bracket at the end":              {"Hello world of people", "Hello <", "<"},
		"blank":                           {"Hi", " \n\u200b", "is empty"},
		"invalid UTF-8":                   {"Hi", "H\xff", "UTF-8"},
		"replacement character":           {"Hi", "H\ufffd", "U+FFFD"},
		"control character":               {"Hi", "H\x07i", "U+0007"},
		"tab":                             {"Hi", "H\ti", "U+0009"},
		"zero-width space":                {"Hi", "H\u200bi", "U+200B"},
		"more zero-width spaces":          {"a\u200bb", "c\u200bd\u200b", "U+200B"},
		"joiner between Latin letters":    {"Hi", "H\u200di", "U+200D"},
		"direction override":              {"Hi", "\u202eiH", "U+202E"},
		"direction override as an entity": {"<p>Hi</p>", "<p>&#x202e;iH</p>", "U+202E"},
		"byte order mark":                 {"Hi", "a\ufeffb", "U+FEFF"},
		"tag characters":                  {"Hi", "Ho\U000e0041\U000e0042", "U+E0041"},
		"private use":                     {"Hi", "Ho \ue000", "U+E000"},
		"line separator":                  {"Hi", "H\u2028i", "U+2028"},

		"merge tag lost":                    {"Hi {{name}}", "Hi you", "keep the merge tag {{name}}"},
		"merge tag added":                   {"Hi", "Hi {{name}}", "do not add the merge tag {{name}}"},
		"merge tag spaced":                  {"Hi {{name}}", "Hi {{ name }}", "keep the merge tag {{name}}"},
		"merge tag translated":              {"Hi *|FNAME|*", "Hallo *|VNAME|*", "*|FNAME|*"},
		"merge tag doubled":                 {"Hi {{a}}", "{{a}} {{a}}", "do not add the merge tag {{a}}"},
		"merge tag halved":                  {"Hi {{a}} {{a}}", "Hi {{a}}", "keep the merge tag {{a}}"},
		"brace lost":                        {"Hi {{a}}", "Hi {{a}", "{{a}}"},
		"half a merge tag":                  {"Hi", "Hi {{a", "part of a merge tag"},
		"half a merge tag of another kind":  {"Hi", "Hi |*", "part of a merge tag"},
		"percent tag":                       {"Hi %FIRST%", "Hi %LAST%", "%FIRST%"},
		"bracket tag":                       {"Hi [FIRST_NAME]", "Hi [NAME]", "[FIRST_NAME]"},
		"merge tag in an attribute changed": {`<a href="{{u}}">Go</a>`, `<a href="{{v}}">Go</a>`, `HTML tag <a href="{{u}}">`},

		"tag lost":                 {"<p>Hi</p><p>You</p>", "<p>Hi you</p>", "keep the HTML tag <p>, </p>"},
		"tag added":                {"<p>Hi</p>", "<p><b>Hi</b></p>", "do not add the HTML tag <b>, </b>"},
		"tag in plain text":        {"Hi", "<b>Hi</b>", "do not add the HTML tag"},
		"unclosed tag":             {"Hi", "Hi <b you", "do not add the HTML tag <b you"},
		"attribute changed":        {`<a href="/x">Go</a>`, `<a href="/y">Go</a>`, `<a href="/x">`},
		"quotes changed":           {`<a href="/x">Go</a>`, `<a href='/x'>Go</a>`, `<a href="/x">`},
		"tag in other letters":     {"<BR>Hi", "<br>Hi", "<BR>"},
		"script":                   {"Hi", "<script>x</script>", "<script>"},
		"comment added":            {"Hi", "Hi <!-- you -->", "do not add the comment"},
		"comment lost":             {"Hi <!-- you -->", "Hi", "keep the comment"},
		"nesting broken":           {"<p><b>Hi</b> you</p>", "<p><b>Hi</p> you</b>", "closed inside"},
		"text outside":             {"<p>Hi</p>", "<p>Hi</p> you", "inside the HTML tags"},
		"element emptied":          {"<p>Hi</p><p>you</p>", "<p>Hi you</p><p></p>", "no HTML element without text"},
		"handler":                  {"Hi", `Hi" onclick="x()`, "event handlers"},
		"script address":           {"Hi", "Hi javascript:x", "do not add"},
		"entity in plain text":     {"Salt & pepper", "Salt &amp; pepper", "without HTML entities like &amp;"},
		"numeric entity":           {"It's", "It&#39;s", "&#39;"},
		"URL lost":                 {"See https://x.example/a", "See us", "keep the address https://x.example/a"},
		"URL translated":           {"See https://x.example/thanks", "Siehe https://x.example/danke", "https://x.example/thanks"},
		"URL added":                {"See us", "See https://evil.example", "do not add the address https://evil.example"},
		"URL hidden in entities":   {"<p>See</p>", "<p>https&#58;&#47;&#47;evil.example</p>", "https://evil.example"},
		"domain added":             {"See us", "See evil.com", "do not add the address evil.com"},
		"domain lost":              {"See rye.co.uk now", "See us now", "keep the address rye.co.uk"},
		"e-mail changed":           {"Write a@x.example", "Write b@x.example", "a@x.example"},
		"path of a URL lost":       {"Go to x.example/a", "Go to x.example", "x.example/a"},
		"merge tag in URL dropped": {"https://x.example/{{id}}/y here", "{{id}} https://x.example/y here", "https://x.example/{{id}}/y"},

		"second line":         {"Hi", "Hi\nyou", "on one line"},
		"escaped line":        {"Hi", `Hi\nyou`, "escape sequences"},
		"escaped quote":       {"Hi", `Say \"hi\" now`, "escape sequences"},
		"bold":                {"Hi", "**Hi** you", "no Markdown"},
		"underscores":         {"Hi", "__Hi__ you", "__Hi__"},
		"heading":             {"Hi", "# Hi", "no Markdown"},
		"hash":                {"Hi", "#Hi", "no Markdown"},
		"fence":               {"Hi", "```Hi```", "no Markdown"},
		"link":                {"Hi", "Hi [you](/x)", "](/x)"},
		"quotes around":       {"Hi you", `"Hi you"`, "quotation marks"},
		"curly quotes around": {"Hi you", "“Hello”", "quotation marks"},
		"an echo":             {"Hi", `{"id":"a","text":"Hello"}`, "it is JSON"},
		"an echo in a list":   {"Hi", `[{"id":"a","text":"Hello"}]`, "it is JSON"},
		"a broken echo":       {"Hi", `{"id":"a","text":"Hello"`, "it is JSON"},
		"too long":            {"Hi", strings.Repeat("ab cd ", 30), "from 179 to at most 122"},
		"too long of a long":  {long, strings.Repeat(long, 3) + "b", "from 601 to at most 600"},
		"too many bytes":      {strings.Repeat("a", 60<<10), strings.Repeat("a", 70<<10), "bytes"},
		"no words left":       {"50% off", "50%", "write words"},
		"only the address":    {"See x.example", "x.example", "write words"},
	} {
		err := funnel.Check(c.original, c.rewrite)
		if err == nil {
			t.Errorf("%s: %q → %q passes", name, c.original, c.rewrite)
			continue
		}
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q does not say %q", name, err, c.says)
		}
		if strings.ContainsAny(err.Error(), "\n") || len(err.Error()) > 2000 {
			t.Errorf("%s: not one sentence: %q", name, err)
		}
	}
}

func TestCheck_RefusesToDropAMergeTagOfAnyTool(t *testing.T) {
	for _, tag := range []string{
		"#FIRST_NAME#", "[firstname,fallback=friend]", "@FIRSTNAME@", "[First Name]", "[contact.first_name]", "-name-", "-FNAME-",
		"##NAME##", "##name##", "__NAME__", "$FIRST_NAME$", "[% name %]", "%(name)s", "|FNAME|", "[user:name]", ":first_name",
		"<$name$>", "&lt;name&gt;", "{{name}}", "{name}", "%NAME%", "*|FNAME|*", "[[name]]", "~Contact.FirstName~", "<<name>>", "<%= name %>", "${name}", "#{name}",
	} {
		original := "Hello " + tag + " welcome to our lovely club"
		if err := funnel.Check(original, "Hello welcome to our lovely brand club"); err == nil {
			t.Errorf("%s may be dropped", tag)
		}
		if err := funnel.Check(original, "Welcome "+tag+" to our lovely brand club"); err != nil {
			t.Errorf("%s kept: %v", tag, err)
		}
	}
}

func TestCheck_NamesEveryProblem(t *testing.T) {
	err := funnel.Check("Hi {{name}}, see <b>x.example</b>", "**Hi**, see <i>y.example</i>\n")
	const want = "the rewrite cannot be used: keep the merge tag {{name}} exactly as written; " +
		"keep the HTML tag <b>, </b> exactly as written; do not add the HTML tag <i>, </i>; " +
		"keep the address x.example exactly as written; do not add the address y.example; add no Markdown (**, #, ```, links)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestFit_RestoresTheEdges(t *testing.T) {
	for _, c := range []struct{ original, rewrite, want string }{
		{"Hi", " Hello\n", "Hello"},
		{" Hi\n", "Hello", " Hello\n"},
		{"\u00a0Hi there ", "  Hello you", "\u00a0Hello you "},
		{" ", "Hello", " "},
		{" Hi ", " ", "  "},
	} {
		if got := funnel.Fit(c.original, c.rewrite); got != c.want {
			t.Errorf("Fit(%q, %q) = %q, want %q", c.original, c.rewrite, got, c.want)
		}
	}
}

func FuzzCheck_AcceptsEveryTextAsItsOwnRewrite(f *testing.F) {
	f.Add("Hi {{name}}, see <b>x.example</b>", " you")
	f.Add(everyTag, "<")
	f.Add("<a href='x\">Go</a> \"quoted\" <b>", "{")
	f.Add("<p>&nbsp;</p>&amp;&#x202e;", "\u200b")
	f.Fuzz(func(t *testing.T, original, other string) {
		if !utf8.ValidString(original) || strings.TrimSpace(original) == "" || !funnel.IsCopy("", original) {
			return
		}
		if err := funnel.Check(original, original); err != nil {
			t.Errorf("Check(%q, itself): %v", original, err)
		}
		// Whatever comes back, it does not panic, and what passes stays copy.
		if funnel.Check(original, other) == nil && strings.TrimSpace(other) == "" {
			t.Errorf("Check(%q, %q) = nil", original, other)
		}
		// Words behind a text change nothing that must be kept.
		if strings.ContainsAny(original, "<{[%*~$\\&\"'`«“„") || strings.ContainsAny(original, "@./:") {
			return
		}
		if err := funnel.Check(original, strings.TrimSpace(original)+" so"); err != nil {
			t.Errorf("Check(%q, itself and a word): %v", original, err)
		}
	})
}
