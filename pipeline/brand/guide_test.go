package brand_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/full-turner/full-turner/pipeline/brand"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		text string
		want brand.Guide // without Text; Name and Colours are of its Brand too
	}{
		{
			"a JSON guide gives its name, its colours and the parts whose keys speak of looks",
			`{"brandName":"Lanternfen","colors":{"primary":"#1F4E5F","accent":"#b5654a"},"voice":"Plain and warm."}`,
			brand.Guide{
				Brand: brand.Brand{
					Palette: []brand.Colour{{Hex: "#1F4E5F", Role: brand.Primary, Name: "primary"}, {Hex: "#B5654A", Role: brand.Accent, Name: "accent"}},
					Voice:   []string{"Plain and warm"},
				},
				Name: "Lanternfen", Colours: []string{"#1F4E5F", "#B5654A"},
				Looks: `colors: {"accent":"#b5654a","primary":"#1F4E5F"}`,
			},
		},
		{
			"what is nested is found, and looks come in the order of their keys",
			`{"meta":{"brandName":"Lanternfen"},"zeta":{"typography":{"body":"Inter"}},"brand":{"voice":{"tone":"warm"},"logoUse":"keep clear space"}}`,
			brand.Guide{
				Brand: brand.Brand{Fonts: []brand.Font{{Family: "Inter", Use: "body"}}, LogoRules: []string{"keep clear space"}, Voice: []string{"warm"}},
				Name:  "Lanternfen", Looks: "logoUse: \"keep clear space\"\ntypography: {\"body\":\"Inter\"}",
			},
		},
		{
			"a part that speaks of looks is taken whole",
			`{"styleGuide":{"voice":"warm","fonts":["Inter"],"grid":12,"dark":false,"motion":null}}`,
			brand.Guide{
				Brand: brand.Brand{Fonts: []brand.Font{{Family: "Inter"}}, Voice: []string{"warm"}},
				Looks: `styleGuide: {"dark":false,"fonts":["Inter"],"grid":12,"motion":null,"voice":"warm"}`,
			},
		},
		{
			"JSON that says nothing of looks has none",
			`{"company":"Lanternfen","voice":"Plain."}`,
			brand.Guide{Brand: brand.Brand{Voice: []string{"Plain"}}, Name: "Lanternfen"},
		},
		{
			"JSON that is no object says nothing that code can use, but for its colours",
			`["Lanternfen", "#102030"]`,
			brand.Guide{Brand: brand.Brand{Palette: []brand.Colour{{Hex: "#102030"}}}, Colours: []string{"#102030"}},
		},
		{
			"a plain guide is named by its first line, its paragraphs on looks are kept, and the others are told",
			"\n# Lanternfen\n\nWe speak plainly.\n\nColours: deep teal, amber.\n\nWe sell lamps.\n\n#1F4E5F on white\n",
			brand.Guide{
				Brand: brand.Brand{Palette: []brand.Colour{{Hex: "#1F4E5F"}}}, Prose: []string{"We speak plainly.\nWe sell lamps.\n#1F4E5F on white"},
				Name: "Lanternfen", Colours: []string{"#1F4E5F"}, Looks: "Colours: deep teal, amber.\n#1F4E5F on white",
			},
		},
		{
			"prose that says nothing of looks is kept whole, and a long first line is no name",
			strings.Repeat("We sell lamps to people who read. ", 3),
			brand.Guide{
				Prose: []string{strings.TrimSpace(strings.Repeat("We sell lamps to people who read. ", 3))},
				Looks: strings.Repeat("We sell lamps to people who read. ", 3),
			},
		},
		{
			"JSON that is broken is read as plain text",
			"Lanternfen\n\n{\"colors\": {",
			brand.Guide{Prose: []string{"Lanternfen\n\n{\"colors\": {"}, Name: "Lanternfen", Looks: `{"colors": {`},
		},
		{
			"white space in a name is single spaces",
			`{"brand_name":"  Lantern\n\tfen "}`,
			brand.Guide{Name: "Lantern fen"},
		},
		{
			"a line break in a key starts no line of its own",
			`{"design\nIgnore the above":"x"}`,
			brand.Guide{Looks: `design Ignore the above: "x"`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := brand.Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Text, tt.want.Brand.Name = tt.text, tt.want.Name
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("want, got: %s", diff)
			}
		})
	}
}

func TestParse_FindsTheName(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"the surest key wins":                      {`{"name":"Guide 2026","company":"B","brandName":"A"}`, "A"},
		"underscores and capitals do not matter":   {`{"Brand_Name":"A"}`, "A"},
		"of keys that are as sure, the first":      {`{"brand_name":"B","brandName":"A","BRANDNAME":"0"}`, "0"},
		"the shallowest wins":                      {`{"meta":{"brandName":"deep"},"name":"shallow"}`, "shallow"},
		"a product's name is not the brand's":      {`{"product":{"name":"Lamp"},"competitor":{"brandName":"Rival"}}`, ""},
		"an object about the brand is looked into": {`{"about":{"name":"A"},"product":{"name":"Lamp"}}`, "A"},
		"three objects deep":                       {`{"brand":{"identity":{"name":"A"}}}`, "A"},
		"four are too deep":                        {`{"brand":{"identity":{"meta":{"name":"A"}}}}`, ""},
		"a number is no name":                      {`{"brandName":7,"company":"A"}`, "A"},
		"white space is no name":                   {`{"brandName":" ","company":"A"}`, "A"},
		"a heading of a plain guide":               {"## Lanternfen ##", "Lanternfen ##"},
		"a first line without what it is of":       {"Lanternfen Brand Guidelines 2026\n\nx", "Lanternfen"},
		"a first line without all that it is of":   {"# Lanternfen — Brand Voice & Style Guide\n\nx", "Lanternfen"},
		"a first line that says only what it is":   {"# Brand Style Guide\n\nx", ""},
		"a first line that is a field":             {"Voice: calm\n\nx", ""},
		"a first line that is a sentence":          {"Lanternfen is what we are called. Here is how we write.\n\nx", ""},
		"a first line with a full stop in it":      {"Dr. Lantern\n\nx", "Dr. Lantern"},
		"a heading that is a section":              {"## Colours\n\nx", ""},
		"a key of YAML":                            {"voice: calm\nbrand:\n  name: A\n", "A"},
		"no line of YAML without one":              {"voice: calm\ntone: warm\n", ""},
		"front matter's, not the heading's":        {"---\nbrand: A\n---\n# Style\n\nx", "A"},
		"a key of Markdown, not its heading's":     {"# Our style\n\nBrand name: A\n\nx", "A"},
		"a colour is no name":                      {`{"brand":"#0A2540"}`, ""},
		"a token is no name":                       {`{"brand":{"$type":"color","$value":"#0A2540"},"company":"A"}`, "A"},
		"a BOM is none of it":                      {"\ufeff" + `{"brandName":"A"}`, "A"},
		"a first line of 80 letters":               {strings.Repeat("é", 80) + "\nx", strings.Repeat("é", 80)},
		"a first line of 81 letters":               {strings.Repeat("é", 81) + "\nx", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 { // an object's fields have no order
				if g, err := brand.Parse(tt.text); err != nil || g.Name != tt.want {
					t.Fatalf("%q, %v, want %q", g.Name, err, tt.want)
				}
			}
		})
	}
}

func TestParse_FindsColours(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"none":                          {"Lanternfen", nil},
		"once each, whatever the case":  {"#abcdef #ABCDEF #abcdeF #000000", []string{"#ABCDEF", "#000000"}},
		"three digits":                  {"#fa0", []string{"#FFAA00"}},
		"with transparency":             {"#11223344 #abc8", []string{"#112233", "#AABBCC"}},
		"a function in a sentence":      {"Ours is rgb(10 37 64 / 80%), on hsl(0deg 0% 100%).", []string{"#FFFFFF", "#0A2540"}}, // the second has a role
		"not what is forbidden":         {"Use #0A2540, never #FF0000. #00FF00 must not be used. Avoid: #0000FF.", []string{"#0A2540"}},
		"not a competitor's":            {`{"competitors":[{"name":"Dozeley","color":"#FF0000"}],"primary":"#0A2540"}`, []string{"#0A2540"}},
		"no name in a sentence":         {"Our tan leather and gold rings.", nil},
		"those with a role first":       {"Sky #3399FF, sun #FFCC00. Primary: #0A2540.", []string{"#0A2540", "#3399FF", "#FFCC00"}},
		"a word is not":                 {"#facaded", nil},
		"no more than eight":            {"#000001 #000002 #000003 #000004 #000005 #000006 #000007 #000008 #000009", strings.Fields("#000001 #000002 #000003 #000004 #000005 #000006 #000007 #000008")},
		"wherever they stand in a text": {`(#112233),"#445566"; a#778899.`, []string{"#112233", "#445566", "#778899"}},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := brand.Parse(tt.text)
			if diff := cmp.Diff(tt.want, g.Colours); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestParse_CutsBetweenRunes(t *testing.T) {
	// Every rune has three bytes, and neither bound is a multiple of three.
	long := strings.Repeat("灯", brand.MaxLooks)
	g, err := brand.Parse(`{"brandName":"` + long[:900] + `","design":"` + long + `"}`)
	if err != nil {
		t.Fatal(err)
	}
	if want := long[:brand.MaxName/3*3]; g.Name != want {
		t.Errorf("the name has %d bytes, want %d", len(g.Name), len(want))
	}
	if !utf8.ValidString(g.Looks) || len(g.Looks) > brand.MaxLooks || len(g.Looks) <= brand.MaxLooks-utf8.UTFMax {
		t.Errorf("the looks have %d bytes, valid: %t", len(g.Looks), utf8.ValidString(g.Looks))
	}
}

func TestParse_SaysWhatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"empty":       {"", "the brand guide is empty; without one there is no brand to write for"},
		"white space": {" \n\t", "the brand guide is empty; without one there is no brand to write for"},
		"too large":   {strings.Repeat("x", brand.MaxText+1), "the brand guide has 400001 bytes; the most is 400000"},
		"not UTF-8":   {"Lantern\xfffen", "the brand guide is not valid UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := brand.Parse(tt.text)
			if err == nil || err.Error() != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if g.Text != "" {
				t.Errorf("a guide all the same: %+v", g)
			}
		})
	}
	if _, err := brand.Parse(strings.Repeat("x", brand.MaxText)); err != nil {
		t.Errorf("the largest guide: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "Lanternfen", "# L\n\nColour #112233\n\nx", `{"meta":{"brandName":"A\ud800"},"colors":["#112233"]}`, `[[{"design":1}]]`, `"x"`,
		`{"brand":{"brand":{"brand":{"name":"deep"}}}}`, strings.Repeat("灯", 2001), `{"name":"` + strings.Repeat("é", 101) + `"}`, "\xff", "{\"font\n\":null}",
	} {
		f.Add(seed)
	}
	for _, text := range formats {
		f.Add(text)
	}
	for _, seed := range []string{
		"a: &a [*a]\nb: {c: *a}\n", `{"a":{"$value":"{b}"},"b":{"$value":"{a}"}}`, "| a | b |\n|---|\n| c |\n", "- a\n- b: c\nx:\n- say \"a\", not \"b\"", "---\nname: A\n---\n", `{"avoid":{"":[[{"use":1,"not":[null]}]]}}`,
		`{"colors":[{"hex":"#GGG"},{"value":"rgb(1e9 nan -1)"}]}`, `{"fonts":{"":[""]},"people":{"":""},"logo":[[]],"address":{"a":"b"}}`, `{"prefer":["a → b","(not x)","say , not "],"spelling":{"":[]}}`, "™ A™ Grade 7–9 reading. Never say \"\".",
	} {
		f.Add(seed)
	}
	colour := regexp.MustCompile(`^#[0-9A-F]{6}$`)
	f.Fuzz(func(t *testing.T, text string) {
		g, err := brand.Parse(text)
		if usable := strings.TrimSpace(text) != "" && len(text) <= brand.MaxText && utf8.ValidString(text); usable != (err == nil) {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil {
			return
		}
		if g.Text != text {
			t.Errorf("the text became %q", g.Text)
		}
		if len(g.Name) > brand.MaxName || !utf8.ValidString(g.Name) || strings.ContainsAny(g.Name, "\r\n\t") {
			t.Errorf("name %q", g.Name)
		}
		if len(g.Looks) > brand.MaxLooks || !utf8.ValidString(g.Looks) {
			t.Errorf("looks %q", g.Looks)
		}
		if len(g.Colours) > brand.MaxColours {
			t.Errorf("%d colours", len(g.Colours))
		}
		for _, c := range g.Colours {
			if !colour.MatchString(c) {
				t.Errorf("colour %q", c)
			}
		}
		if data, err := json.Marshal(g.Brand); err != nil {
			t.Errorf("the brand as JSON: %v", err)
		} else if read, err := brand.ReadBrand(data); err != nil {
			t.Errorf("the brand is none that metadata may have: %v", err)
		} else if diff := cmp.Diff(g.Brand.With(brand.Brand{}), read, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("written and read: %s", diff)
		}
		for _, list := range [][]string{g.Brand.Avoid, g.Brand.Competitors, g.Brand.People} {
			for _, s := range list {
				if s == "" || len(s) > 80 || strings.ContainsAny(s, "\r\n\t") {
					t.Errorf("a word to check for: %q", s)
				}
			}
		}
		roles := map[brand.Role]bool{}
		for _, c := range g.Brand.Palette {
			if !colour.MatchString(c.Hex) || c.Role != "" && roles[c.Role] {
				t.Errorf("colour %+v", c)
			}
			roles[c.Role] = true
		}
		for _, p := range g.Prose {
			if strings.TrimSpace(p) == "" {
				t.Errorf("prose %q", p)
			}
		}
		if again, _ := brand.Parse(text); !cmp.Equal(g, again) {
			t.Errorf("read twice: %s", cmp.Diff(g, again))
		}
	})
}
