package funnel_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

func TestIsCopy_TrueForWordsThatPeopleRead(t *testing.T) {
	for _, text := range []string{
		"Your Name", "Download", "Margaret", "FREE", "NEW!", "Yes", "Ok", "En",
		"Meadow & Rye • https://www.meadowandrye.example/",
		"Wait... what?", "Step 1", "50% off today", "Visit example.com for more", "24/7 support", "and/or", "Yes/No",
		"Save $20 now", "$49 per month", "Only 3 left", "10 tips", "3 x 4 metres", "Bold 2", "Solid 3", "Room 12",
		"Node and React", "Eat.Pray.Love", "Eat.Sleep.Repeat", "Done.Next", "e.g. this", "St.Louis", "Ph.D", "U.S.A.",
		"Tel: 555 1234", "Data: everything you need", "JavaScript: The Good Parts", "Note: bring water",
		"Call +1 (555) 010-9999", "Dr. O'Neil", "It’s here", "Rock 'n' roll", "Don't worry :)", "Say “hello”",
		"© 2026 Meadow & Rye", "Hi {{first_name}}", "{{first_name}}, welcome", "%%firstname%% here",
		"<p>Hello</p>", "<b>50%</b> off", "<3 you", "a < b", "Terms &amp; Conditions", "Read the <a href=\"/x\">guide</a>",
		"{not json", "[not json] at all", "#1 in coaching", "? why", "C# and F#", "Covid-19 rules", "B2B", "R&D",
		"你好", "مرحبا", "Привет", "สวัสดี", "שלום", "ねこ", "访问example.com了解更多", "é",
		"Serif, serious", "Print, cursive", "G-Force", "Quick-start", "Lab (basic)", "Max 5 people", "UA ready", "Audio/Video",
		"Hello\nworld", "✓ Instant access", "Page 404 not found", "Guide.", "Say hi@home", "P.S. I love you",
	} {
		if why := funnel.WhyNotCopy("opt_text", text); why != "" {
			t.Errorf("%q is held for %q, not for copy", text, why)
		}
	}
}

func TestIsCopy_FalseForWhatMachinesRead(t *testing.T) {
	for rule, texts := range map[string][]string{
		"blank": {"", " ", "\n\t", "\u00a0", "\u200b", "\ufeff \u2060", "\u3164"},
		"url": {
			"https://example.com", "http://example.com/a", "HTTPS://EXAMPLE.COM/X", "ftp://x.y/z", "myapp://open?x=1",
			"mailto:me@example.com", "mailto:me@example.com?subject=Hello there", "tel:+15550109999", "sms:+1555",
			"data:image/png;base64,AAAA", "data:image/svg+xml;utf8,<svg xmlns='x'></svg>", "javascript:void(0)", "javascript: void(0);",
			"javascript:alert('x y')", "//cdn.example.com/x.js", "www.example.com", "WWW.example.com/a", "example.com", "Example.com",
			"shop.example.co.uk", "example.com/path?x=1#y", "example.io", "meadow.coach/start", "localhost:8080/x", "example.com:8443/x",
			"cid:image001", "https://例え.jp/道", "  https://example.com  ", "https://example.com/{{contact.id}}", "münchen.de",
		},
		"e-mail address":  {"your@email.com", "bridget@meadow.example", "a.b+c@x.co", "name@company", "ÜBER@x.de"},
		"handle":          {"@meadowandrye", "@meadow.rye"},
		"path":            {"/", "/privacy", "/thank-you.html", "/a/b?x=1#y", "./x", "../img/a.png", "~/x", `C:\x\y`, "blog/", "images/2026/?p=1"},
		"anchor or query": {"#pricing", "?utm_source=x", "#MeadowAndRye"},
		"file name":       {"thank-you.html", "images/logo.png", "logo.PNG?v=3", "guide.pdf", "script.min.css"},
		"media type":      {"image/png", "text/html", "application/ld+json"},
		"colour":          {"transparent", "currentColor", "rgb(1,2,3)", "rgba(0, 0, 0, .5)", "hsl(120 100% 50%)", "HSLA(1,2%,3%,1)", "oklch(40% 0.2 264)", "lab(50% 40 59)"},
		"css value": {
			"var(--brand)",
			"linear-gradient(90deg, #fff 0%, #000 100%)", "-webkit-linear-gradient(top, #fff, #000)",
			"16px", "1.5rem", "0 auto", "-2px 4px", "10px 5%", "100vh", "300ms", "1px solid #ccc", "0 2px 4px rgba(0,0,0,.1)", "16px;",
		},
		"font list":    {"Inter, sans-serif", `"Playfair Display", Georgia, serif`},
		"number":       {"42", "3.14", "1,000", "50%", "$49", "€ 49,99", "+1 (555) 010-9999", "12/31/2026", "2026-11-23", "10:30", "★★★★★", "—", "🎉", "...", "©", "1 / 3"},
		"price":        {"USD 49", "49 EUR", "US$49.00", "$49/mo", "€9 / month", "Rs. 500", "$10k", "A$5"},
		"phone number": {"555-1234 ext. 5", "+1 555 010 9999 x12"},
		"time":         {"2026-11-23T12:00:00Z", "2026-11-23T12:00:00.000+01:00", "10am", "5:30 PM", "5.30 p.m."},
		"literal":      {"true", "FALSE", "null", "undefined"},
		"code": {
			"SAVE20", "G-4X2ABC", "UA-12345-1", "GTM-KXPLWQ", "BLACK-FRIDAY-2026", "pk_live_x", "utm_source", "utm_source=mail",
			"a=1&b=2", "123e4567-e89b-12d3-a456-426614174000", "d41d8cd98f00b204e9800998ecf8427e", "en-US", "pt_BR", "p9xZlSGZDreM38qWt8rE",
		},
		"script or style": {"<script>alert('hi')</script>", "<STYLE>p{color:red}</STYLE><p>&nbsp;</p>", "<script>let a = 'Hello'", "<style>.h{}</style>\n<script src='x'></script>"},
		"json":            {`{"a": "Hello there"}`, `["One", "Two"]`, ` {"a":1} `},
		"placeholder": {
			"{{first_name}}", "{{ first_name }}!", "{name}", "*|FNAME|*", "%FIRSTNAME%", "[[name]]", "[FIRST_NAME]", "<%= name %>", "${name}",
			"{% if x %}{% endif %}", "%%name%%", "~Contact.FirstName~", `[form id="12" title="Hello"]`, "{first_name|friend}",
		},
		"no words": {
			"<br>", "<p></p>", "<p>&nbsp;</p>", `<img src="x.png" alt="">`, `<img src="x.png" alt="hero.png">`, `<input type="hidden" value="Hello there">`, "<!-- hello -->", "<p>{{name}}</p>", "&copy; 2026", "&amp;",
			"https://example.com https://example.org", "a@example.com, b@example.com", `<a href="https://x.example/y">https://x.example/y</a>`,
			"https://example.com | 2026",
		},
	} {
		for _, text := range texts {
			why := funnel.WhyNotCopy("opt_text", text)
			if why == "" {
				t.Errorf("%q passes for copy, want it held for %q", text, rule)
			} else if why != rule && !(rule == "colour" || rule == "number") {
				t.Errorf("%q is held for %q, want %q", text, why, rule)
			}
			if funnel.IsCopy("opt_text", text) {
				t.Errorf("IsCopy(%q) = true", text)
			}
		}
	}
	for _, colour := range []string{"#fff", "#FFFA", "#DC6B99", "#dc6b99ff"} {
		if funnel.IsCopy("x", colour) {
			t.Errorf("IsCopy(%q) = true", colour)
		}
	}
}

func TestIsCopy_TheIDDecidesOnlyWhereTheTextLooksLikeIt(t *testing.T) {
	for _, c := range []struct{ id, text, rule string }{
		{"welcome_email", "Hi {{first_name}}, welcome to Rye! Your first lesson is below.", ""},
		{"day1Email", "Your dough is rising.", ""},
		{"form-label-email", "Your best email", ""},
		{"email", "Subscribe", ""},
		{"support_email", "help@rye.example", "e-mail address"},
		{"support_email", "Rye Support <help@rye.example>", "e-mail address"},
		{"support_email", "Questions? Write to help@rye.example and we answer within a day", ""},
		{"opt_form_email_placeholder", "your@email.com", "e-mail address"},
		{"opt_form_email_placeholder", "Your e-mail", ""},
		{"hair_color_quiz_title", "What is your hair color?", ""},
		{"hair_color_option_1", "Brown", ""},
		{"favorite_color", "Red", ""},
		{"full_color_printing_body", "We print in full color.", ""},
		{"opt_color_brand", "#DC6B99", "colour"},
		{"opt_color_brand_2", "#abc", "colour"},
		{"bgColor", "White", "colour"},
		{"text-colours", "tomato", "colour"},
		{"opt_colour", "rgb(0 0 0 / 50%)", "colour"},
		{"color", "oklch(40% 0.2 264)", "colour"},
		{"opt_color_intro", "Colour is what we do", ""},
		{"discolored", "White", ""},
		{"opt_accent", "#DC6B99", "colour"},
		{"opt_link", "#add", "anchor or query"},
		{"opt_link", "#facade", "anchor or query"},
		{"cta_url", "Join us today", ""},
		{"cta_url", "thank-you", "id of a url"},
		{"ctaURL", "thanks", "id of a url"},
		{"url_label", "thanks", ""},
		{"cta_url", "https://rye.example/x", "url"},
		{"curl", "Hello", ""},
		{"office_address", "12 Mill Lane, Ryeford 40210", "postal address"},
		{"footer", "Rye GmbH, 12 Mill Lane, Ryeford 40210", "postal address"},
		{"contact_address", "Hauptstraße 5, 10115 Berlin", "postal address"},
		{"body", "In 2021 I left my job, moved to 5 Mill Road and baked.", ""},
		{"email_address_headline", "Where do we send it?", ""},
	} {
		if why := funnel.WhyNotCopy(c.id, c.text); why != c.rule {
			t.Errorf("%s %q: %q, want %q", c.id, c.text, why, c.rule)
		}
	}
}

func TestIsCopy_TrueForWordsInsideOfMarkup(t *testing.T) {
	for _, text := range []string{
		`<style>.h{color:#111}</style><h2 class="h">Rye is the easy way to bake</h2>`,
		"<p>Hi</p><STYLE>p{color:red}</STYLE>", "<script src='x'></script> hello",
		`<input type="submit" value="Join Rye now">`, `<input type='text' placeholder='Your name'>`, `<img src="x.png" alt="Hello">`,
		`<img src="x.png" alt="A loaf of bread">`, `<a href="/x" aria-label="Go on"></a>`, `<span title="More of it"></span>`,
		"{Bake better with Rye|Rye helps you bake}", "{Hi|Hello there}",
	} {
		if why := funnel.WhyNotCopy("opt_text", text); why != "" {
			t.Errorf("%q is held for %q, not for copy", text, why)
		}
	}
}

func TestLinks_FoundInSentences(t *testing.T) {
	for text, want := range map[string][]string{
		"Visit example.com.": {"example.com"},
		"Visit https://example.com/a, or (www.example.com/b)!": {"https://example.com/a", "www.example.com/b"},
		"see https://x.example/a_(b) now":                      {"https://x.example/a_(b)"},
		"mail me@example.com or mailto:you@example.com?x=1":    {"me@example.com", "mailto:you@example.com?x=1"},
		"访问example.com，谢谢。":                                    {"example.com"},
		"https://x.example/über-uns!":                          {"https://x.example/über-uns"},
		"https://x.example/{{contact.id}}/y":                   {"https://x.example/{{contact.id}}/y"},
		"https://x.example/*|ID|*":                             {"https://x.example/*|ID|*"},
		"end.Start Yes.no we.like e.g. p.m. 3.5 v2.0":          {"Yes.no"},
		"tel:+1555, ok":                                        {"tel:+1555"},
		"no links... here?":                                    nil,
	} {
		if got := funnel.Links(text); !slices.Equal(got, want) {
			t.Errorf("links(%q) = %q, want %q", text, got, want)
		}
	}
}

// A long text that is full of beginnings must not take time in the square of
// its length: at the limit, a text of one of these would take minutes.
func TestCopy_LongTextsTakeLittleTime(t *testing.T) {
	for _, part := range []string{
		"{% {x} ", "{{ {", "<!--", "<a \" <b ' ", "%%[ %a", "[a b=\"", "~a.", "a.co%", "a.co-", "x@x@", "x@a1.", "aa", "*| {x} ", "<", "a://", "w.w", "<% {x} ", "[a_", "${",
	} {
		text := strings.Repeat(part, funnel.MaxText/16/len(part)) + " end"
		funnel.IsCopy("id", text)
		if err := funnel.Check(text, text+"."); err != nil && len(err.Error()) > 10_000 {
			t.Errorf("%q: error of %d bytes", part, len(err.Error()))
		}
	}
}
