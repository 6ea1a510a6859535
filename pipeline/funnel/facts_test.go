package funnel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

func TestFacts_AreEqualInEverySpelling(t *testing.T) {
	for want, spellings := range map[string][]string{
		"price 97 USD":       {"$97", "97 USD", "USD 97", "US$97", "97 dollars", "$97.00", "ninety-seven dollars"},
		"price 1000 USD":     {"$1,000", "$1000", "$1k", "1.000 USD", "$1 000", "$1'000", "one thousand dollars"},
		"price 9.99 EUR":     {"€9.99", "9,99 €", "EUR 9.99", "9.99 euros"},
		"percent 20%":        {"20%", "20 percent", "twenty percent", "20 per cent", "20 %"},
		"number 10000":       {"10,000", "10.000", "10000", "10k", "10 000", "10 thousand"},
		"number 21":          {"21", "twenty-one", "twenty one", "Twenty-One"},
		"duration 30 day":    {"30-day", "30 days", "thirty days", "thirty-day", "30 day"},
		"duration 12 week":   {"12 weeks", "twelve-week", "12-week", "12 wks"},
		"time 19:00":         {"7pm", "7:00 PM", "7 p.m.", "7:00pm", "19:00"},
		"date 7-4":           {"July 4", "4 July", "July 4th", "Jul 4", "4th of July"},
		"date 2026-11-25":    {"November 25, 2026", "25 Nov 2026", "2026-11-25"},
		"date friday":        {"Friday", "friday"},
		"phone 5551234567":   {"(555) 123-4567", "555-123-4567", "+1 555 123 4567", "555.123.4567"},
		"ordinal 5":          {"5th", "fifth", "Fifth"},
		"code SAVE20":        {"SAVE20", "code SAVE20"},
		"code SUMMER":        {"code SUMMER", "coupon: SUMMER", "SUMMER at checkout"},
		"mark ™":             {"™", "(TM)", "&trade;"},
		"quote the big book": {`"The Big Book"`, "“The Big Book”"},
	} {
		for _, spelling := range spellings {
			text := "We say " + spelling + " for you"
			facts := funnel.Facts(text)
			if len(facts) != 1 || facts[0].Kind+" "+facts[0].Value != want {
				t.Errorf("Facts(%q) = %v, want %s", text, facts, want)
			}
		}
	}
}

func TestFacts_NoneInIdiomsTagsAndAddresses(t *testing.T) {
	for _, text := range []string{
		"one of the best", "at first, no one knew", "the two of us", "on second thought", "one day", "three cheers", "a third of it", "first name", "one-on-one",
		"{{price_97}} left", `<a href="/97">Go</a>`, "see https://x.example/97?a=1", "<style>.a{margin:10px}</style>Hi", "I <3 you", "1️⃣ Open it", "you may go", "second to none",
	} {
		if facts := funnel.Facts(text); facts != nil {
			t.Errorf("Facts(%q) = %v", text, facts)
		}
	}
}

func TestCheck_HoldsFacts(t *testing.T) {
	for _, c := range []struct{ was, now, rule string }{
		{"Get the full course for $97 today", "Get the whole course for $79 today", "fact.price"},
		{"Get it for $97", "Get it for €97", "fact.price"},
		{"Get it for $97", "Get it for less", "fact.price"},
		{"Get it now", "Get it now for $97", "fact.price"},
		{"30-day guarantee", "60-day guarantee", "fact.duration"},
		{"30-day guarantee", "30-week guarantee", "fact.duration"},
		{"thirty days of it", "sixty days of it", "fact.duration"},
		{"Save 20% now", "Save 25% now", "fact.percent"},
		{"Join 10,000 mothers", "Join 100,000 mothers", "fact.number"},
		{"Seven steps", "Eight steps", "fact.number"},
		{"Two steps to go", "3 steps to go", "fact.number"},
		{"2 gifts for you", "3 gifts for you", "fact.number"},
		{"Starts May 5", "Starts May 6", "fact.date"},
		{"Until Friday", "Until Sunday", "fact.date"},
		{"Live at 7pm", "Live at 8pm", "fact.time"},
		{"Live at 7:00 PM", "Live at 7:00 AM", "fact.time"},
		{"Call 555-123-4567", "Call 555-123-4568", "fact.phone"},
		{"Use code SAVE20", "Use code SAVE25", "fact.code"},
		{"Use code SUMMER now", "Use code WINTER now", "fact.code"},
		{"The 5th lesson", "The 6th lesson", "fact.ordinal"},
		{"Acme™ is here", "Acme is here", "fact.mark"},
		{"Read “The Big Book” now", "Read “The Small Book” now", "fact.quote"},
		{`<img src="a" alt="Save 20% now">`, `<img src="a" alt="Save 30% now">`, "fact.percent"},
		{"2 gifts for you", "Two gifts for you", ""},
		{"1st lesson", "First lesson", ""},
		{"The first lesson", "Lesson one", ""},
		{"In 30 days you can", "In 30 easy days you will", ""},
		{"Read “The Big Book” now", "See The Big Book today", ""},
		{"Live at 7pm", "We are live at 7:00 PM", ""},
	} {
		rules := ""
		for _, f := range (funnel.Rules{}).Check(c.was, c.now) {
			rules += f.Rule
		}
		if rules != c.rule {
			t.Errorf("%q → %q: %q, want %q", c.was, c.now, rules, c.rule)
		}
	}
}

func TestCheck_AllowsTheNewFactThatTheRulesKnow(t *testing.T) {
	r := funnel.Rules{NewFact: func(was, now funnel.Fact) bool { return was.Value == "97 USD" && now.Value == "149 USD" }}
	if f := r.Check("Get it for $97", "Get it for $149"); f != nil {
		t.Error(f)
	}
	if f := r.Check("Get it for $97", "Get it for $150"); len(f) != 1 || !strings.Contains(f[0].Message, "$97") || !strings.Contains(f[0].Message, "$150") {
		t.Error(f)
	}
}

func TestMask_StandsForLongStretches(t *testing.T) {
	text := "<style>" + strings.Repeat(".a{color:#111}", 30) + "</style><p>Hello {{name}}</p><!-- " + strings.Repeat("x", 300) + " -->"
	masked, restore := funnel.Mask(text)
	if len(masked) > 100 || !strings.Contains(masked, "<p>Hello {{name}}</p>") {
		t.Errorf("masked: %q", masked)
	}
	if back, err := restore(masked); err != nil || back != text {
		t.Errorf("restored: %q, %v", back, err)
	}
	if _, err := restore("<p>Hello</p>"); err == nil {
		t.Error("restored without its placeholders")
	}
	if masked, restore := funnel.Mask("Hello"); masked != "Hello" {
		t.Error(masked)
	} else if back, err := restore("Hi"); back != "Hi" || err != nil {
		t.Error(back, err)
	}
}

func TestVisible_IsWhatAReaderSees(t *testing.T) {
	const text = `<style>.a{}</style><p>Salt &amp; pepper, {{name}}</p><img alt="The team" src="x">`
	if got, want := strings.Join(strings.Fields(funnel.Visible(text)), " "), "Salt & pepper, \ufffc The team"; got != want {
		t.Errorf("Visible = %q, want %q", got, want)
	}
}

func BenchmarkCheck(b *testing.B) {
	for b.Loop() {
		for i := range 2000 {
			was := fmt.Sprintf("<p>Hi {{name}}, join %d mothers who sleep better with Acme for $%d.</p><p>Start today, it takes 5 minutes.</p>", i, i)
			if err := funnel.Check(was, strings.Replace(was, "Start today", "Begin now", 1)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
