package openaitest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/full-turner/full-turner/openai/openaitest"
)

var northwind = openaitest.Voice{Brand: "Northwind Coffee", Former: "Acme Tools"}

func TestRewriteReadsAsCopy(t *testing.T) {
	for name, tt := range map[string]struct{ id, text, want string }{
		"headline":                 {"opt_headline", "Get Your Free Checklist Now!", "Claim Your Complimentary Checklist Today with Northwind Coffee! (simulated)"},
		"button":                   {"opt_button", "Download", "Grab from Northwind Coffee (simulated)"},
		"brand":                    {"opt_brand_name", "Acme Tools", "Northwind Coffee (simulated)"},
		"title with the former":    {"opt_meta_title", "Free Checklist | Acme Tools", "Complimentary Checklist | Northwind Coffee (simulated)"},
		"keywords":                 {"opt_meta_keywords", "tools, saws", "tools, saws, Northwind Coffee (simulated)"},
		"placeholder":              {"form_name_placeholder", "Your Name", "Your Name (simulated)"},
		"another language":         {"opt_headline", "Jetzt kostenlos sichern", "Jetzt kostenlos sichern - Northwind Coffee (simulated)"},
		"paragraphs":               {"email_body", "<p>Hi {{name}},</p><p>Thank you for getting the guide. Everything you need is in it, and it is yours.</p>", "<p>Hi {{name}},</p><p>Thank you for getting the guide. All you need is in it, and it is yours. This is how Northwind Coffee does it. (simulated)</p>"},
		"signature":                {"email_signature", "Ann<br>Acme Tools", "Ann<br>Northwind Coffee (simulated)"},
		"capitals":                 {"cta", "GET IT NOW", "CLAIM IT TODAY from Northwind Coffee (simulated)"},
		"possessive":               {"x", "Acme Tools' best", "Northwind Coffee' finest (simulated)"},
		"white space around":       {"x", "\n  Your guide \n", "\n  Your guide with Northwind Coffee (simulated) \n"},
		"colour":                   {"opt_color_brand", "#DC6B82", "#DC6B82"},
		"address":                  {"opt_form_url", "/thank-you.html", "/thank-you.html"},
		"merge tag":                {"x", "{{ contact.first_name }}", "{{ contact.first_name }}"},
		"price":                    {"x", "$1,997.00", "$1,997.00"},
		"empty":                    {"x", "", ""},
		"already rewritten":        {"x", "Your guide (simulated)", "Your guide (simulated)"},
		"address at the end":       {"x", "Visit us at https://example.com/free", "Visit us at https://example.com/free - Northwind Coffee (simulated)"},
		"address with a tag in it": {"x", "Go https://x.io/{{id}}free now", "Go https://x.io/{{id}}free today from Northwind Coffee (simulated)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := northwind.Rewrite(tt.id, tt.text); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestRewriteKeepsWhatIsNotCopy(t *testing.T) {
	for _, text := range nasty {
		check(t, northwind, text)
	}
}

func TestBrandIsSpokenWithoutAddressesNumbersOrMarkup(t *testing.T) {
	for brand, want := range map[string]string{
		"CourseMaker360.com":             "CourseMaker",
		"Bloom & Bark":                   "Bloom Bark",
		"Leverage™ <b>{{x}}</b> [y] 50%": "Leverage bxb y",
		"https://evil.example/a?b=c":     "",
		"99":                             "",
		strings.Repeat("Very ", 20) + "Long Name": "Very Very Very Very Very Very",
	} {
		got := openaitest.Voice{Brand: brand}.Rewrite("opt_brand_name", "Former")
		if want == "" {
			if strings.ContainsAny(got, "/:.?=0123456789") {
				t.Errorf("%q is spoken in %q", brand, got)
			}
		} else if got != want+" (simulated)" {
			t.Errorf("%q is spoken in %q, want %q", brand, got, want)
		}
		for _, text := range nasty {
			check(t, openaitest.Voice{Brand: brand}, text)
		}
	}
}

func TestBrandIsFoundInThePrompt(t *testing.T) {
	for name, input := range map[string]string{
		"guide":          `{"meta":{"name":"Other","brandName":"Northwind Coffee"}}`,
		"guide, escaped": `"{\"brandName\": \"Northwind Coffee\"}"`,
		"name":           `{"name": "Northwind Coffee", "colors": []}`,
		"line":           "Colours: blue\nBrand: Northwind Coffee\nTone: warm",
		"bold line":      "- **Brand name:** Northwind Coffee",
		"phrase":         `Rewrite it for the brand "Northwind Coffee", plainly.`,
		"heading":        "# Northwind Coffee - Brand Guide\n\nWe roast.",
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Options{})
			messages := []any{map[string]any{"role": "user", "content": input}, map[string]any{"role": "user", "content": "TEXTS\n" + `[{"id":"a_brand_name","text":"Former"}]`}}
			r := postJSON(t, s, ask(nil, map[string]any{"background": false, "input": messages})).response(t)
			if got := rewrites(t, r.text())["a_brand_name"]; got != "Northwind Coffee (simulated)" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// nasty are texts of real funnels' kinds, and worse.
var nasty = []string{
	`<p>Hi {{ contact.first_name | default: "friend" }},</p><p>Get your free guide now&nbsp;- it&#39;s yours.</p>`,
	`{{ a | default: "}} my free friend" }} get it now`,
	`{% if user.free %}Get {{ x }}{% else %}now{% endif %}`,
	`<!-- get it now --> Free <a href="https://x.io/free?get=now&a=1" title="Get > it">download</a> now`,
	`*|FNAME|*, get %FIRST NAME% and %%first_name%% [[free now]] [shortcode get="now"] ${free} {first_name}`,
	`Mail me@example.com, bridget+free@get.now.io or visit www.free.now / example.com/get`,
	`<script>var free = "get";</script><style>.free{get:now}</style> Get it`,
	`Only $1,997.00 (50% off) 24/7 until 31.12.2026, 3x faster #free @get`,
	`a < b and b > a, 5 <6, <3 you now`,
	`<a href=https://x.io/free>free</a> <b`,
	`get <!-- never closed free now`,
	`{ open brace, free now`, `get } [ ]] {{ | %% *| ${`,
	`<SCRIPT>free</script >Get İstanbul now`,
	"line one: get it\r\n\r\n  line two: free now \t\n",
	`Download <img src='x.png' alt="free now"/> now… “get” ‘free’ it’s`,
	`https://x.io/{{id}}free https://x.io/*|get|*now`,
	`&amp;nbsp; free &lt;b&gt; now &copy;`,
	"emoji 🎉 free 👩‍👩‍👧 now", "中文 免费 now", "\xff\xfe free \x00 now",
	`50% off. Get 20% more now`, `%%free now`, `{{{{free}}}} {{}} {} get`,
}

var tokens = []*regexp.Regexp{
	regexp.MustCompile(`(?s)<!--.*?-->|</?[A-Za-z][^<>]*>`),
	regexp.MustCompile(`\{\{[^{}]*\}\}|\{%[^{}]*%\}|\$?\{[^{}]*\}|\*\|[^|]*\|\*|\[\[[^\[\]]*\]\]|%%\w+%%|%[A-Z_]+%`),
	regexp.MustCompile(`(?i)\b(?:https?://|www\.|mailto:)[^\s<>"']+`),
	regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`),
	regexp.MustCompile(`&#?\w+;`),
	regexp.MustCompile(`\d+(?:[.,]\d+)*`),
	regexp.MustCompile(`[<>{}\[\]%*|&;#@/$\\=_~^+0-9\r\n]`),
}

// check holds one rewrite against what every rewrite promises.
func check(t *testing.T, v openaitest.Voice, text string) {
	t.Helper()
	got := v.Rewrite("el", text)
	for _, token := range tokens {
		if was, is := token.FindAllString(text, -1), token.FindAllString(got, -1); !slices.Equal(was, is) {
			t.Errorf("%q became %q: %s were %q, are %q", text, got, token, was, is)
		}
	}
	if n, limit := utf8.RuneCountInString(got), utf8.RuneCountInString(text)*8/5+40; n > limit {
		t.Errorf("%q became %q: %d characters, more than %d", text, got, n, limit)
	}
	if again := v.Rewrite("el", text); again != got {
		t.Errorf("%q became %q, then %q", text, got, again)
	}
	if utf8.ValidString(text) && !utf8.ValidString(got) {
		t.Errorf("%q became %q, which is not UTF-8", text, got)
	}
}

func FuzzRewriteKeepsWhatIsNotCopy(f *testing.F) {
	for _, text := range nasty {
		f.Add("Northwind Coffee", text)
	}
	f.Fuzz(func(t *testing.T, brand, text string) {
		check(t, openaitest.Voice{Brand: brand, Former: "free"}, text)
	})
}

func ExampleVoice_Rewrite() {
	v := openaitest.Voice{Brand: "Northwind Coffee", Former: "Acme Tools"}
	fmt.Println(v.Rewrite("opt_headline", "Hi {{name}}, get your free guide from <b>Acme Tools</b> now!"))
	// Output: Hi {{name}}, claim your complimentary guide from <b>Northwind Coffee</b> today! (simulated)
}
