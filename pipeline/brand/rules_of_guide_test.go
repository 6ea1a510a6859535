package brand_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/pipeline/brand"
)

func TestParse_BansWordsAndTellsDescriptions(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		avoid string
		told  string // is in the prose; "" where there is none
	}{
		"sentences of prose":                  {"Harbor & Pine\n\nVoice: calm. Never say: guru, hustle.", "guru, hustle", ""},
		"sentences of Markdown":               {"# Harbor & Pine\n\n**Voice:** calm. Never say: guru, hustle.", "guru, hustle", ""},
		"a list behind a colon ends in or":    {"Voice: calm\nNever say: guru, hustle or ninja", "guru, hustle, ninja", ""},
		"a list goes on in the next line":     {"Voice: calm\nNever say: guru,\nhustle.\nWe mean it.", "guru, hustle", "We mean it."},
		"a sentence behind it is none of it":  {"Voice: calm\nNever say: guru. We say anything else.", "guru", "We say anything else."},
		"bullets under a heading":             {"## Words to avoid\n\n- guru\n- game changer\n", "guru, game changer", ""},
		"words and a description":             {`{"avoid":["guru","Overly salesy or pushy language"]}`, "guru", "Overly salesy or pushy language"},
		"a description of two words":          {`{"avoid":["guru","fake urgency"]}`, "guru", "fake urgency"},
		"descriptions are not cut at or":      {`{"avoid":["Get-rich-quick promises or hype","Talking down","Jargon"]}`, "", "Get-rich-quick promises or hype"},
		"a word in quotes inside of one":      {`{"avoid":["Comparing our clients to 'average' people"]}`, "", "Comparing our clients to 'average' people"},
		"phrases in quotes":                   {`{"avoid":["\"act now\"","“limited time only”","‘crush it’"]}`, "act now, limited time only, crush it", ""},
		"several in quotes in one item":       {`{"avoid":["\"act now\", \"hurry\" and \"last chance\""]}`, "act now, hurry, last chance", ""},
		"words like those in quotes":          {`{"avoid":["Hype words like \"guru\" or \"ninja\""]}`, "guru, ninja", "Hype words like"},
		"a phrase among words":                {`{"avoid":["guru","hustle","crush it"]}`, "guru, hustle, crush it", ""},
		"a phrase among descriptions":         {`{"avoid":["crush it","Dense technical jargon without context","Empty promises"]}`, "", "crush it"},
		"phrases under a key of words":        {`{"bannedPhrases":["crush it","level up","best in class"]}`, "crush it, level up, best in class", ""},
		"kinds of words under a key of words": {`{"wordsToAvoid":["guru","corporate jargon"]}`, "guru", "corporate jargon"},
		"groups of them":                      {`{"avoid":{"words":["guru"],"tone":["pushy"]}}`, "guru", "pushy"},
		"a word and its better":               {`{"avoid":["utilize (use “use”)","guru → teacher"]}`, "utilize, guru", ""},
		"prose that names them in quotes":     {"We teach.\n\nNever say \"guru\" or \"ninja\", and avoid the word \"hustle\".", "guru, ninja, hustle", "Never say"},
		"prose without quotes bans nothing":   {"We teach.\n\nWe never use fear and avoid jargon or hype.", "", "We never use fear"},
		"what is not to be said, in quotes":   {`{"dont":["Use jargon","Say \"foodie\" or \"gourmet\""]}`, "foodie, gourmet", "Use jargon"},
		"what a picture avoids":               {`{"imagery":{"avoid":["clipart","neon"]},"logo":{"donts":["stretch"]}}`, "", ""},
		"what the audience avoids":            {`{"audience":{"avoid":["debt"]},"pains":[{"quotes":["Never say \"guru\" to me, please."]}]}`, "", ""},
		"marks and emoji are no words":        {`{"avoid":["guru","exclamation marks","emoji"]}`, "guru", ""},
		"a long item is no word":              {`{"bannedWords":["guru","` + strings.Repeat("x", 100) + `"]}`, "guru", ""},
		"once each":                           {`{"avoid":["guru"],"neverSay":"guru, hustle"}`, "guru, hustle", ""},
		"a text of two singles":               {`{"neverSay":"guru and hustle"}`, "guru, hustle", ""},
		"a text that describes":               {`{"avoid":"Anything pushy or salesy, empty promises"}`, "", "Anything pushy or salesy, empty promises"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := brand.Parse(tt.text)
			if got := strings.Join(g.Brand.Avoid, ", "); err != nil || got != tt.avoid {
				t.Errorf("%v: avoids %q, want %q", err, got, tt.avoid)
			}
			if told := strings.Join(g.Prose, "\n"); !strings.Contains(told, tt.told) || tt.told == "" && told != "" {
				t.Errorf("told %q, want %q", told, tt.told)
			}
			if g.NeedsExtraction() != (tt.told != "") {
				t.Errorf("needs extraction: %t", g.NeedsExtraction())
			}
		})
	}
}

func TestParse_ReadsFields(t *testing.T) {
	yes, no := true, false
	for name, tt := range map[string]struct {
		text string
		want brand.Brand
	}{
		"a word for each it stands for":         {`{"vocabulary":{"members":["customers","clients"]}}`, brand.Brand{Prefer: []brand.Prefer{{Use: "members", Instead: []string{"customers", "clients"}}}}},
		"a map of what is replaced":             {`{"replace":{"customers":"members"}}`, brand.Brand{Prefer: []brand.Prefer{{Use: "members", Instead: []string{"customers"}}}}},
		"an object for each":                    {`{"terminology":[{"avoid":"customers","instead":"members"},{"use":"course","not":["class","lesson"]}]}`, brand.Brand{Prefer: []brand.Prefer{{Use: "members", Instead: []string{"customers"}}, {Use: "course", Instead: []string{"class", "lesson"}}}}},
		"words to use":                          {`{"wordsToUse":["steady","unhurried"]}`, brand.Brand{Prefer: []brand.Prefer{{Use: "steady"}, {Use: "unhurried"}}}},
		"say this and not that, in a sentence":  {`{"voiceNotes":"Say members, not customers."}`, brand.Brand{Prefer: []brand.Prefer{{Use: "members", Instead: []string{"customers"}}}}},
		"what is said of speaking is no pair":   {`{"notes":"We say what we mean, not what sells. Use photos, not drawings."}`, brand.Brand{}},
		"a name that is written one way":        {`{"notes":"Write CourseMaker360, never Course Maker 360."}`, brand.Brand{Spellings: []brand.Spelling{{Right: "CourseMaker360", Wrong: []string{"Course Maker 360"}}}}},
		"a table of spellings":                  {"## Spelling\n\n- LanternFen, not Lanternfen\n- Ember Nights (not Nights of Ember)\n", brand.Brand{Spellings: []brand.Spelling{{Right: "LanternFen", Wrong: []string{"Lanternfen"}}, {Right: "Ember Nights", Wrong: []string{"Nights of Ember"}}}}},
		"names with a mark, anywhere":           {`{"deep":[{"x":{"y":"Our Ember Nights™ and the Ledger Room® are here."}}]}`, brand.Brand{Spellings: []brand.Spelling{{Right: "Ember Nights™"}, {Right: "Ledger Room®"}}}},
		"not a competitor's":                    {`{"competitors":[{"name":"Dozeley","product":"Doze Well™"}]}`, brand.Brand{Competitors: []string{"Dozeley"}}},
		"marks and emoji in a list":             {`{"avoid":["emoji","exclamation marks"]}`, brand.Brand{Exclamations: &no, Emoji: &no}},
		"marks in a sentence":                   {`{"notes":"No exclamation marks. Emoji are welcome."}`, brand.Brand{Exclamations: &no, Emoji: &yes}},
		"sparingly is a use":                    {`{"exclamationPoints":"Sparingly, one at most"}`, brand.Brand{Exclamations: &yes}},
		"fonts as objects":                      {`{"fonts":[{"family":"Lora","use":"headings"},{"name":"Inter","role":"body"}]}`, brand.Brand{Fonts: []brand.Font{{Family: "Lora", Use: "headings"}, {Family: "Inter", Use: "body"}}}},
		"fonts by use, without what is no font": {`{"typography":{"headings":{"font":"Inter, sans-serif","description":"Clean and modern"},"scale":"1.25","body":"'Source Serif', serif"}}`, brand.Brand{Fonts: []brand.Font{{Family: "Inter", Use: "headings"}, {Family: "Source Serif", Use: "body"}}}},
		"socials as objects":                    {`{"socials":[{"platform":"Instagram","url":"https://instagram.com/fern"},{"platform":"X","handle":"@fern"}]}`, brand.Brand{Contact: brand.Contact{Socials: []string{"https://instagram.com/fern", "@fern"}}}},
		"a postal address in parts":             {`{"address":{"street":"1 Quay","city":"Leith"}}`, brand.Brand{Contact: brand.Contact{Addresses: []string{"1 Quay, Leith"}}}},
		"logos":                                 {`{"logos":{"primary":{"url":"https://fern.example/logo.svg"},"icon":"https://fern.example/icon.png","incorrectUsage":["Never stretch it"]}}`, brand.Brand{Logo: []string{"https://fern.example/logo.svg", "https://fern.example/icon.png"}, LogoRules: []string{"Never stretch it"}}},
		"imagery":                               {`{"imagery":{"style":"Soft morning light","avoid":["stock smiles"]}}`, brand.Brand{Imagery: []string{"Soft morning light", "Avoid: stock smiles"}}},
		"competitors, not influencers or kinds": {`{"competitors":{"direct":[{"name":"Dozeley","strengths":["Large team"]}],"indirect":[{"name":"Sleep apps (Calmish, Restly)"}],"influencers":[{"name":"Tessa Brandt"}]}}`, brand.Brand{Competitors: []string{"Dozeley"}}},
		"no rival that is none":                 {`{"competitors":["Doing nothing","DIY","in-house teams","Dozeley"]}`, brand.Brand{Competitors: []string{"Dozeley"}}},
		"no person that is none":                {`{"team":["Our Team","Ines Calder"]}`, brand.Brand{People: []string{"Ines Calder"}}},
		"no product that is none":               {`{"services":["coaching","We sell lamps.","Ember Nights"]}`, brand.Brand{Products: []brand.Product{{Name: "Ember Nights"}}}},
		"people, not what they are":             {`{"founder":"Ines Calder, a nurse","team":"We are a small team","ceo":{"name":"Jonas van der Weidt"}}`, brand.Brand{People: []string{"Ines Calder", "Jonas van der Weidt"}}},
		"who tells the story":                   {`{"story":{"content":"I'm Ines Calder. Nurse."},"quotes":["I'm Tessa Brandt."]}`, brand.Brand{People: []string{"Ines Calder"}}},
		"products and prices":                   {`{"products":["The Ledger Room — $50,000",{"title":"Ember","price":49},"a long line that only describes what there is to buy"]}`, brand.Brand{Products: []brand.Product{{Name: "The Ledger Room", Price: "$50,000"}, {Name: "Ember", Price: "49"}}}},
		"a range of grades":                     {`{"readingLevel":"grades 6-8"}`, brand.Brand{ReadingGrade: 7}},
		"a grade that is no reading level":      {`{"about":"Our founder taught the 5th grade for years."}`, brand.Brand{}},
		"a voice of traits":                     {"## Voice\n\n- **Warm:** like a neighbour\n- Unhurried\n", brand.Brand{Voice: []string{"Warm: like a neighbour", "Unhurried"}}},
		"a line with a mark":                    {`{"tagline":"Slow bread®"}`, brand.Brand{Spellings: []brand.Spelling{{Right: "Slow bread®"}}}},
		"where it is reached, in a line":        {"## Contact\n\nhello@fern.example | www.fern.example | @fern\n", brand.Brand{Contact: brand.Contact{Emails: []string{"hello@fern.example"}, Domains: []string{"fern.example"}, Socials: []string{"@fern"}}}},
		"a logo in a sentence":                  {`{"logo":"It is at https://fern.example/logo.svg."}`, brand.Brand{Logo: []string{"https://fern.example/logo.svg"}, LogoRules: []string{"It is at https://fern.example/logo.svg."}}},
		"a voice of parts":                      {`{"voiceAndTone":{"description":"Speak as a friend, who knows a lot of things.","attributes":["Direct","Warm, never cute"]}}`, brand.Brand{Voice: []string{"Speak as a friend, who knows a lot of things", "Direct", "Warm, never cute"}}},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := brand.Parse(tt.text)
			got := g.Brand
			got.Palette = nil
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v want, got: %s", err, diff)
			}
		})
	}
}

func TestBrand_WithReplacesWhatTheOtherGives(t *testing.T) {
	no := false
	b := brand.Brand{Name: "A", Avoid: []string{"guru"}, ReadingGrade: 7, Contact: brand.Contact{Emails: []string{"a@a.example"}, Phones: []string{"1"}}}
	got := b.With(brand.Brand{Avoid: []string{"hustle"}, Emoji: &no, Voice: []string{}, Contact: brand.Contact{Phones: []string{"2"}}})
	want := brand.Brand{Name: "A", Avoid: []string{"hustle"}, ReadingGrade: 7, Emoji: &no, Contact: brand.Contact{Emails: []string{"a@a.example"}, Phones: []string{"2"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want, got: %s", diff)
	}
	if b.Avoid[0] != "guru" || b.Contact.Phones[0] != "1" {
		t.Errorf("the brand itself became %+v", b)
	}
}

func TestBrand_FilledKeepsWhatIsThere(t *testing.T) {
	b := brand.Brand{Name: "A", Avoid: []string{"guru"}}
	got := b.Filled(brand.Brand{Name: "B", Avoid: []string{"hustle"}, People: []string{"Ines Calder"}})
	if diff := cmp.Diff(brand.Brand{Name: "A", Avoid: []string{"guru"}, People: []string{"Ines Calder"}}, got); diff != "" {
		t.Errorf("want, got: %s", diff)
	}
}

func TestReadBrand(t *testing.T) {
	no := false
	got, err := brand.ReadBrand([]byte(`{"name":"A","palette":[{"hex":"navy","role":"primary"}],"emoji":false,"contact":{"emails":["a@a.example"]},"prefer":[{"use":"members","instead":["customers"]}]}`))
	want := brand.Brand{
		Name: "A", Palette: []brand.Colour{{Hex: "#000080", Role: brand.Primary}}, Emoji: &no, Contact: brand.Contact{Emails: []string{"a@a.example"}},
		Prefer: []brand.Prefer{{Use: "members", Instead: []string{"customers"}}},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v want, got: %s", err, diff)
	}
	for text, want := range map[string]string{
		`{"nmae":"A"}`:                                   `unknown field "nmae"`,
		`{"contact":{"email":"a@a.example"}}`:            `unknown field "email"`,
		`{"avoid":"guru"}`:                               "avoid must not be a string",
		`{"palette":[{"hex":7}]}`:                        "palette.hex must not be a number",
		`{"palette":[{"hex":"#000000"},{"hex":"deep"}]}`: `palette[1].hex: "deep" is no colour`,
		`{"palette":[{"hex":"#000","role":"main"}]}`:     `palette[0].role: "main"`,
		`{"readingGrade":70}`:                            "readingGrade must be from 0 to 20",
		`{} {}`:                                          "more than one JSON value",
		`[]`:                                             "brand: ",
		``:                                               "brand: ",
	} {
		if _, err := brand.ReadBrand([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
