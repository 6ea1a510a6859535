package brand_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/full-turner/full-turner/pipeline/brand"
)

// Every format says the same of one invented brand, as far as it can say it.
var formats = map[string]string{
	"JSON": `{
	"brandName": "Fern & Ember",
	"voice": ["calm", "plain", "never cute"],
	"avoid": ["guru", "hustle", "\"act now\""],
	"prefer": ["say members, not customers"],
	"spellings": [{"right": "Fern & Ember", "wrong": ["Fern and Ember", "F&E"]}],
	"people": [{"name": "Ines Calder", "role": "founder"}],
	"products": [{"name": "Ember Nights™", "price": "$249"}],
	"competitors": [{"name": "Dozeley", "website": "dozeley.example"}, {"name": "Slumberworks"}],
	"contact": {"email": "hello@fern.example", "phone": "+1 555 010 9999", "website": "https://www.fern.example/", "socials": {"instagram": "https://instagram.com/fernember"}},
	"callsToAction": ["Book a quiet call"],
	"disclaimer": "Results vary. This is no medical advice.",
	"readingLevel": "Grade 7", "exclamationMarks": "never", "emoji": false,
	"colors": {"primary": "#0A2540", "accent": "#FF6B35", "background": "#FFF", "text": "#1A1A1A"},
	"fonts": {"headings": "Lora", "body": "Inter"}
}`,
	"YAML": `
brand_name: Fern & Ember
voice: calm, plain, never cute
avoid:
  - guru
  - hustle
  - '"act now"'
prefer:
  - use: members
    instead: [customers]
spellings:
  Fern & Ember: [Fern and Ember, F&E]
people:
  - Ines Calder
products:
  - name: Ember Nights™
    price: $249
competitors: [Dozeley, Slumberworks]
contact:
  email: hello@fern.example
  phone: +1 555 010 9999
  website: fern.example
  socials: [https://instagram.com/fernember]
cta: [Book a quiet call]
disclaimers:
  - Results vary. This is no medical advice.
reading_grade: 7
exclamations: no
emoji: none
palette: &colours
  - {name: primary, hex: 0A2540}
  - {name: accent, value: "hsl(16 100% 60.4%)"}
  - {name: background, hex: white}
  - {name: text, hex: "#1A1A1AFF"}
typography:
  headings: {family: "Lora, serif", weight: 700}
  body: {font: Inter, size: 16px}
`,
	"Markdown": `---
name: Fern & Ember
---
# Brand guidelines

**Voice:** calm, plain, never cute. Never say: guru, hustle or "act now".

## Words

| Say | Not |
|-----|-----|
| members | customers |

Write Fern & Ember, never "Fern and Ember", "F&E".

Exclamation marks: never
Emoji: none
Reading level: 7th grade

## Founder
Ines Calder, who sleeps well

## Products
- Ember Nights™ — $249

## Competitors
- Dozeley
- Slumberworks: cheaper

## Contact
- Email: hello@fern.example
- Phone: +1 555 010 9999
- Website: https://fern.example
- Instagram: https://instagram.com/fernember

## Calls to action
- Book a quiet call

## Disclaimer
Results vary. This is no medical advice.

## Colours

| Role | Hex | Use |
|------|-----|-----|
| primary | #0A2540 | headlines, buttons and the like |
| accent | #FF6B35 | |
| background | #FFFFFF | |
| text | #1A1A1A | |

## Typography
- Headings: Lora
- Body: Inter
`,
	"design tokens": `{
	"name": "Fern & Ember",
	"core": {
		"neutral": {
			"0": {"$type": "color", "$value": "#FFFFFF"}, "50": {"$type": "color", "$value": "#FAFAFA"}, "100": {"$type": "color", "$value": "#F5F5F5"},
			"300": {"$type": "color", "$value": "#D4D4D4"}, "500": {"$type": "color", "$value": "#737373"}, "900": {"$type": "color", "$value": "#1A1A1A"}
		},
		"navy": {"$type": "color", "$value": {"colorSpace": "srgb", "components": [0.0392157, 0.145098, 0.2509804]}},
		"ember": {"$type": "color", "$value": "#ff6b35", "$description": "Never on grey."}
	},
	"color": {
		"primary": {"$type": "color", "$value": "{core.navy}"},
		"accent": {"$type": "color", "$value": "{core.ember}"},
		"background": {"default": {"$type": "color", "$value": "{core.neutral.0}"}},
		"text": {"default": {"$type": "color", "$value": "{core.neutral.900}"}}
	},
	"typography": {
		"headings": {"$type": "typography", "$value": {"fontFamily": ["Lora", "serif"], "fontSize": {"value": 32, "unit": "px"}}},
		"body": {"$type": "fontFamily", "$value": ["Inter", "sans-serif"]}
	}
}`,
	"prose": `Fern & Ember

Voice: calm, plain, never cute. Never say: guru, hustle or "act now". Say members, not customers. Write Fern & Ember,
never "Fern and Ember", "F&E".

No emoji and no exclamation marks. We write at a grade 7 reading level. I'm Ines Calder.

Products: Ember Nights™ ($249). Competitors: Dozeley and Slumberworks. Calls to action: Book a quiet call

Email: hello@fern.example
Phone: +1 555 010 9999
Website: fern.example
Instagram: https://instagram.com/fernember
Disclaimer: Results vary. This is no medical advice.

Our primary colour is #0A2540, with #FF6B35 as the accent, on a background of #FFFFFF; text is rgb(26, 26, 26). Never
use #FF0000.

Fonts: Lora for headings, Inter for body.
`,
}

func TestParse_ReadsTheSameOfEveryFormat(t *testing.T) {
	no := false
	want := brand.Brand{
		Name:        "Fern & Ember",
		Spellings:   []brand.Spelling{{Right: "Ember Nights™"}, {Right: "Fern & Ember", Wrong: []string{"Fern and Ember", "F&E"}}},
		Products:    []brand.Product{{Name: "Ember Nights™", Price: "$249"}},
		People:      []string{"Ines Calder"},
		Palette:     []brand.Colour{{Hex: "#0A2540", Role: brand.Primary}, {Hex: "#FF6B35", Role: brand.Accent}, {Hex: "#FFFFFF", Role: brand.Background}, {Hex: "#1A1A1A", Role: brand.Ink}},
		Fonts:       []brand.Font{{Family: "Lora", Use: "headings"}, {Family: "Inter", Use: "body"}},
		Voice:       []string{"calm", "plain", "never cute"},
		Avoid:       []string{"guru", "hustle", "act now"},
		Prefer:      []brand.Prefer{{Use: "members", Instead: []string{"customers"}}},
		Competitors: []string{"Dozeley", "Slumberworks"},
		Contact: brand.Contact{
			Emails: []string{"hello@fern.example"}, Phones: []string{"+1 555 010 9999"}, Domains: []string{"fern.example"}, Socials: []string{"https://instagram.com/fernember"},
		},
		Calls: []string{"Book a quiet call"}, MustSay: []string{"Results vary. This is no medical advice."},
		ReadingGrade: 7, Exclamations: &no, Emoji: &no,
	}
	sorted := cmp.Options{ // a palette's order is the guide's
		cmpopts.SortSlices(func(a, b brand.Colour) bool { return a.Hex < b.Hex }),
		cmpopts.IgnoreFields(brand.Colour{}, "Name"),
	}
	for name, text := range formats {
		t.Run(name, func(t *testing.T) {
			g, err := brand.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			want := want
			if name == "design tokens" {
				want = brand.Brand{Name: want.Name, Palette: want.Palette, Fonts: want.Fonts}
			}
			if diff := cmp.Diff(want, g.Brand, sorted); diff != "" {
				t.Errorf("want, got: %s", diff)
			}
			if g.Name != want.Name || len(g.Colours) != 4 {
				t.Errorf("name %q, colours %v", g.Name, g.Colours)
			}
		})
	}
}

func TestParse_ReadsColoursThatAreNotSixDigits(t *testing.T) {
	for _, value := range []string{"oklch(0.26 0.06 256)", "#0af", "#0A2540FF", "rgb(10, 37, 64)", "hsl(210 73% 15%)", "hwb(210 4% 75%)", "lab(14 -1 -20)", "lch(14 20 267)", "oklab(0.26 -0.01 -0.05)", "color(display-p3 0.07 0.14 0.25)"} {
		g, err := brand.Parse(fmt.Sprintf(`{"light":{"primary":{"$type":"color","$value":%q}}}`, value))
		if err != nil || len(g.Colours) != 1 || len(g.Brand.Palette) != 1 || g.Brand.Palette[0].Role != brand.Primary {
			t.Errorf("%s: %v, %v", value, g.Brand.Palette, err)
		}
		if !strings.Contains(g.Looks, "primary") {
			t.Errorf("%s: no looks: %q", value, g.Looks)
		}
	}
	for text, want := range map[string]string{
		`{"colors":{"primary":"0A2540"}}`:                                                      "#0A2540",
		`{"colors":{"primary":"Deep navy #0A2540"}}`:                                           "#0A2540",
		`{"colors":{"primary":"rebeccapurple"}}`:                                               "#663399",
		`{"palette":["LightGoldenRodYellow"]}`:                                                 "#FAFAD2",
		`{"colors":{"primary":{"name":"Gold","hex":"#F59E0B"}}}`:                               "#F59E0B",
		`{"primary":{"hex":"#0a2540","rgb":"rgb(0,0,0)"}}`:                                     "#0A2540",
		`{"colors":{"primary":"color(srgb-linear 1 0 0)"}}`:                                    "#FF0000",
		`{"colors":{"primary":"color(xyz 0.9505 1 1.089)"}}`:                                   "#FFFFFF",
		`{"colors":{"primary":"color(prophoto-rgb 1 1 1)"}}`:                                   "#FFFFFF",
		`{"colors":{"primary":"color(rec2020 0 0 0 / 50%)"}}`:                                  "#000000",
		`{"colors":{"primary":"color(a98-rgb 1 1 1)"}}`:                                        "#FFFFFF",
		"Palette: navy and gold":                                                               "#000080 #FFD700",
		"## Colours\n\n| Role | Hex |\n|---|---|\n| Primary | #0A2540 |\n| Accent | coral |\n": "#0A2540 #FF7F50",
	} {
		if g, err := brand.Parse(text); err != nil || strings.Join(g.Colours, " ") != want {
			t.Errorf("%s: %v, %v, want %s", text, g.Colours, err, want)
		}
	}
}

func TestParse_FollowsAliases(t *testing.T) {
	for name, text := range map[string]string{
		"of aliases":                  `{"a":{"$value":"{b}"},"b":{"$value":"{c.d}"},"c":{"d":{"$value":"#0A2540"}}}`,
		"without the name of the set": `{"global":{"c":{"d":{"value":"#0A2540","type":"color"}},"a":{"value":"{c.d}","type":"color"}}}`,
		"with the value's own key":    `{"a":{"value":"{c.d.value}","type":"color"},"c":{"d":{"value":"#0A2540","type":"color"}}}`,
		"in a circle beside it":       `{"a":{"$value":"{b}"},"b":{"$value":"{a}"},"c":{"$value":"#0A2540"}}`,
		"of what there is not":        `{"a":{"$value":"{b.c}"},"c":{"$value":"#0A2540"}}`,
	} {
		if g, err := brand.Parse(text); err != nil || strings.Join(g.Colours, " ") != "#0A2540" {
			t.Errorf("%s: %v, %v", name, g.Colours, err)
		}
	}
}

func TestParse_LeavesEachRoleToOneColour(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want string // hex and role, in the order of the palette
	}{
		"a ramp of greys gives way to the brand's colour": {
			`{"core": {"neutral": {"0": {"value": "#FFFFFF", "type": "color"}, "50": {"value": "#FAFAFA", "type": "color"}, "100": {"value": "#F5F5F5", "type": "color"}, "200": {"value": "#E5E5E5", "type": "color"}, "300": {"value": "#D4D4D4", "type": "color"}, "400": {"value": "#A3A3A3", "type": "color"}, "500": {"value": "#737373", "type": "color"}, "600": {"value": "#525252", "type": "color"}}, "brand": {"500": {"value": "#FF6B35", "type": "color"}}}}`,
			"#FF6B35 primary",
		},
		"greys alone stay":                     {`{"colors":["#000001","#333333","#666666","#999999","#CCCCCC"]}`, "#000001 , #333333 , #666666 , #999999 , #CCCCCC "},
		"black and white beside a colour stay": {`{"colors":["#FF6B35","#000000","#FFFFFF"]}`, "#FF6B35 , #000000 , #FFFFFF "},
		"the middle of a ramp":                 {`{"color":{"primary":{"100":"#CCE0FF","500":"#0055FF","900":"#001A4D"}}}`, "#CCE0FF , #0055FF primary, #001A4D "},
		"the plain one, not its states":        {`{"colors":{"primaryDark":"#002B80","primary":"#0055FF","primary-hover":"#0044CC","primary-foreground":"#FFEEDD"}}`, "#002B80 , #0055FF primary, #0044CC , #FFEEDD "},
		"texts and backgrounds in groups":      {`{"text":{"primary":"#111111","secondary":"#555555"},"background":{"primary":"#FFFFFF","secondary":"#F4F1EA"}}`, "#111111 text, #555555 muted, #FFFFFF background, #F4F1EA surface"},
		"a state has none":                     {`{"brandColors":{"success":"#10B981","error":"#EF4444"}}`, "#10B981 , #EF4444 "},
		"the light theme's":                    {`{"dark":{"primary":"#99BBFF"},"light":{"primary":"#0055FF"}}`, "#99BBFF , #0055FF primary"},
		"what a list says of each":             {`{"colors":["Primary: #0A2540","Accent: #FF6B35","never #FF0000"]}`, "#0A2540 primary, #FF6B35 accent"},
		"a text and what it stands on":         {"## Colours\n\n- Text: #2B2B2B on #FFFDF5\n- Primary: Rust (#B7410E)\n", "#2B2B2B text, #FFFDF5 background, #B7410E primary"},
		"the words that are its own":           {"We like rust (#B7410E), cream (#FFF8E7) and charcoal text (#2B2B2B), #0A2540 for accents and more.", "#B7410E , #FFF8E7 , #2B2B2B text, #0A2540 accent"},
		"what is forbidden is none":            {`{"colors":{"primary":"#0A2540","avoid":["#FF0000","red"],"dont":{"neon":"#00FF00"}}}`, "#0A2540 primary"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := brand.Parse(tt.text)
			var got []string
			for _, c := range g.Brand.Palette {
				got = append(got, fmt.Sprintf("%s %s", c.Hex, c.Role))
			}
			if s := strings.Join(got, ", "); err != nil || s != tt.want {
				t.Errorf("%v\n got %s\nwant %s", err, s, tt.want)
			}
		})
	}
}

func TestParse_ReadsTheLargestGuide(t *testing.T) {
	units := []string{
		"- We speak plainly, and never of gurus.\n", "Key %d: say this, not that. Never say: word%[1]d.\n", "Say members, not customers. Use \"a\", never \"b\". Colour #0A2540!\n\n",
		"## Heading %d\ntext\n", "| a%d | b |\n", "never avoid grade %d no emoji ™ Never Say: \"a\", ",
	}
	var b strings.Builder
	for i := 0; b.Len() < brand.MaxText-200; i++ {
		unit := units[i/20%len(units)]
		if strings.Contains(unit, "%") {
			unit = fmt.Sprintf(unit, i)
		}
		b.WriteString(unit)
	}
	if g, err := brand.Parse(b.String()); err != nil || len(g.Brand.Avoid) == 0 {
		t.Errorf("%v, avoids %v", err, g.Brand.Avoid)
	}
	var tokens strings.Builder
	for i := 0; tokens.Len() < brand.MaxText/4; i++ {
		fmt.Fprintf(&tokens, `,"k%d":{"$value":"{k%d}"}`, i, i+1)
	}
	if _, err := brand.Parse("{" + tokens.String()[1:] + "}"); err != nil {
		t.Error(err)
	}
	aliases := "a: &a \"" + strings.Repeat("never say guru ", 1_000) + "\"\nb: [" + strings.Repeat("*a, ", 5_000) + "x]\n"
	if _, err := brand.Parse(aliases); err != nil {
		t.Error(err)
	}
}
