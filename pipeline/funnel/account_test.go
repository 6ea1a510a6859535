package funnel_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// account returns what a funnel does with each string, as key=code, "copy" for
// copy, "image" for a picture.
func account(f *funnel.Funnel) []string {
	var found []string
	for _, text := range f.Texts() {
		found = append(found, text.Key+"=copy")
	}
	for _, held := range f.Held() {
		found = append(found, held.Key+"="+held.Code)
	}
	for _, image := range f.Images() {
		found = append(found, image.Key+"=image")
	}
	for _, kept := range f.Unread() {
		found = append(found, kept.ElementID+"="+kept.Code)
	}
	slices.Sort(found)
	return found
}

func TestParse_AccountsForEveryElement(t *testing.T) {
	for name, c := range map[string]struct{ elements, want string }{
		"types of copy": {`{"element_id":"a","type":"text","text":"Rye helps you bake"},{"element_id":"b","type":"heading","text":"Join Rye"},{"element_id":"c","type":"Image","url":"https://x.example/a.png"}`,
			"a=copy b=copy c=image"},
		"type in capitals":           {`{"element_id":"a","type":"HEADLINE","text":"Join"}`, "a=copy"},
		"no type":                    {`{"element_id":"a","text":"Join"}`, "a=copy"},
		"unknown type with words":    {`{"element_id":"a","type":"c-countdown","text":"Offer ends soon"}`, "a=copy"},
		"unknown type without":       {`{"element_id":"a","type":"divider"}`, "a=unknownType"},
		"elementor":                  {`{"id":"a","elType":"widget","widgetType":"heading","title":"Join Rye"}`, "a#title=copy"},
		"html":                       {`{"element_id":"a","type":"html","html":"<p>Join Rye</p>"}`, "a#html=copy"},
		"label beside the text":      {`{"element_id":"a","type":"text","title":"Layer two","text":"Join"}`, "a#title=field a=copy"},
		"button with a link":         {`{"element_id":"a","type":"button","text":"Join","url":"https://x.example"}`, "a#url=url a=copy"},
		"img with src and alt":       {`{"element_id":"a","type":"img","src":"x.png","alt":"A loaf"}`, "a#alt=copy a=image"},
		"image without url":          {`{"element_id":"a","type":"image"}`, "a=noUrl"},
		"alt of an image, no url":    {`{"element_id":"a","type":"image","alt_text":"A loaf"}`, "a#alt_text=copy"},
		"alt that is a file":         {`{"element_id":"a","type":"image","url":"x","alt_text":"logo.png"}`, "a#alt_text=path a=image"},
		"blank text":                 {`{"element_id":"a","type":"character","text":" "}`, "a=blank"},
		"null text":                  {`{"element_id":"a","type":"character","text":null}`, "a=noText"},
		"number text":                {`{"element_id":"a","type":"character","text":5}`, "a=noText"},
		"locked element":             {`{"element_id":"a","text":"Join","locked":true,"url":"x.example"}`, "a#url=locked a=locked"},
		"locked image":               {`{"element_id":"a","type":"image","url":"x","locked":"true"}`, "a#url=locked"},
		"not locked":                 {`{"element_id":"a","text":"Join","locked":false}`, "a=copy"},
		"locked by id":               {`{"element_id":"lock_me","text":"Join"}`, "lock_me=locked"},
		"locked by pattern":          {`{"element_id":"story/1","text":"Join"}`, "story/1=locked"},
		"colour by option":           {`{"element_id":"accent_x","text":"tomato"}`, "accent_x=colour"},
		"colour by option, but copy": {`{"element_id":"accent_y","text":"Tomato soup"}`, "accent_y=copy"},
		"own placeholder":            {`{"element_id":"a","text":"Q7name7Q!"}`, "a=placeholder"},
		"own placeholder in copy":    {`{"element_id":"a","text":"Hello Q7name7Q!"}`, "a=copy"},
		"two of one id":              {`{"element_id":"a","text":"Hi there"},{"element_id":"a","text":"Hi mobile"},{"element_id":"a","text":"Hi tablet"}`, "a=copy a~2=copy a~3=copy"},
		"two of one id, and its key": {`{"element_id":"a","text":"Hi"},{"element_id":"a","text":"Hi"},{"element_id":"a~2","text":"Hi"},{"element_id":"a~2","text":"Hi"}`,
			"a=copy a~2=copy a~2~2=copy a~3=copy"},
		"an id like a key of an alt": {`{"element_id":"a","type":"image","url":"x","alt_text":"A loaf"},{"element_id":"a#alt_text","text":"Hi"}`,
			"a#alt_text=copy a#alt_text~2=copy a=image"},
		"json":       {`{"element_id":"a","text":"{\"a\":\"Hello there\"}"}`, "a=json"},
		"style only": {`{"element_id":"a","text":"<style>p{}</style>"}`, "a=script"},
	} {
		f, err := funnel.ParseWith([]byte("["+c.elements+"]"), funnel.Options{
			Lock: []string{"lock_me", "story*"}, Colours: []string{"accent_?"}, Placeholders: []*regexp.Regexp{regexp.MustCompile(`Q7\w+7Q`)},
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := strings.Fields(c.want)
		slices.Sort(want)
		if got := account(f); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		for _, held := range f.Held() {
			if held.Message == "" {
				t.Errorf("%s: %q has no message", name, held.Code)
			}
		}
	}
}

func TestParse_RefusesAPatternThatCannotBeRead(t *testing.T) {
	if _, err := funnel.ParseWith([]byte(sample), funnel.Options{Lock: []string{"a["}}); err == nil || !strings.Contains(err.Error(), "lock: a[") {
		t.Errorf("error %v", err)
	}
}

func TestParse_FindsTheNodesOfRichText(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"tiptap":                                 {`{"type":"doc","content":[{"type":"text","text":"Rye helps you bake"}]}`, "Rye helps you bake"},
		"nested":                                 {`{"type":"doc","content":[{"type":"paragraph","attrs":{"text":"no"},"content":[{"type":"text","text":"One"},{"type":"text","text":" "},{"type":"text","text":"Two","marks":[{"type":"link","attrs":{"href":"x"}}]}]}]}`, "One|Two"},
		"slate":                                  {`[{"type":"paragraph","children":[{"text":"One"},{"text":"Two","bold":true}]}]`, "One|Two"},
		"quill":                                  {`{"ops":[{"insert":"One\n"},{"insert":{"image":"x.png"}},{"insert":"Two","attributes":{"bold":true}}]}`, "One\n|Two"},
		"lexical":                                {`{"root":{"children":[{"type":"paragraph","children":[{"type":"text","text":"One","mode":"normal"}]}]}}`, "One"},
		"editorjs":                               {`{"time":1,"blocks":[{"type":"header","data":{"text":"One","level":2}},{"type":"list","data":{"items":["Two",{"content":"Three","items":[]}]}}]}`, "One|Two|Three"},
		"draft":                                  {`{"blocks":[{"text":"One","type":"unstyled","inlineStyleRanges":[]}],"entityMap":{}}`, "One"},
		"contentful":                             {`{"nodeType":"document","content":[{"nodeType":"paragraph","content":[{"nodeType":"text","value":"One"}]}]}`, "One"},
		"styled draft, whose ranges would shift": {`{"blocks":[{"text":"One","inlineStyleRanges":[{"offset":0,"length":1}]}]}`, ""},
		"other json":                             {`{"text":"One"}`, ""},
		"list of strings":                        {`["One","Two"]`, ""},
	} {
		held, _ := json.Marshal(c.text)
		f := parse(t, fmt.Sprintf(`[{"element_id":"r","type":"character","text":%s}]`, held))
		var got []string
		for i, text := range f.Texts() {
			if !strings.HasPrefix(text.Key, "r#") {
				t.Errorf("%s: key %q of node %d", name, text.Key, i)
			}
			got = append(got, text.Text)
		}
		if joined := strings.Join(got, "|"); joined != c.want {
			t.Errorf("%s: %q, want %q", name, joined, c.want)
		}
		if c.want == "" && (len(f.Held()) != 1 || f.Held()[0].Code != "json") {
			t.Errorf("%s: held %v", name, f.Held())
		}
	}
}

func TestMerge_PutsNodesBackWhereTheyStood(t *testing.T) {
	const was = `[{"element_id":"r","text":"{ \"type\":\"doc\",\u0022content\":[{\"type\":\"text\",\"text\":\"\ud83c\udf5e Say \\\"hi\\\" \\u00e9\"},{\"text\":\"\u003cb\u003e Two\", \"x\":1e1}]}"}]`
	f := parse(t, was)
	texts := f.Texts()
	if len(texts) != 2 || texts[0].Text != `🍞 Say "hi" é` || texts[1].Text != "<b> Two" {
		t.Fatalf("texts %q", texts)
	}
	got, err := f.Merge(map[string]string{"r#0": "New \"one\"\n"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(was, `\"\ud83c\udf5e Say \\\"hi\\\" \\u00e9\"`, `\"New \\\"one\\\"\\n\"`, 1)
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if after := parse(t, string(got)).Texts(); after[0].Text != "New \"one\"\n" || after[1].Text != "<b> Two" {
		t.Errorf("read again: %q", after)
	}
}

func TestMerge_TakesHeldStrings(t *testing.T) {
	f := parse(t, `[{"element_id":"c_color","text":"#DC6B99"},{"element_id":"b","text":"Join","url":"https://x.example/a"}]`)
	got, err := f.Merge(map[string]string{"c_color": "#112233", "b#url": "https://y.example/a"}, nil)
	if want := `[{"element_id":"c_color","text":"#112233"},{"element_id":"b","text":"Join","url":"https://y.example/a"}]`; err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestParse_HoldsLegalLinesAndNoLetters(t *testing.T) {
	for _, c := range []struct {
		id, text string
		legal    bool
	}{
		{"opt_note", "We respect your privacy. Unsubscribe anytime.", true},
		{"opt_note", "Results may vary.", true},
		{"footer", "© 2025 Meadow & Rye. All rights reserved.", true},
		{"footer", "Privacy Policy | Terms of Service", true},
		{"note", "By signing up you agree to our terms and our privacy policy.", true},
		{"note", "This site is not a part of Facebook and is not endorsed by it in any way.", true},
		{"opt_disclaimer", "Bread is a food. Eat what is good for you.", true},
		{"opt_form_subtext", "Your toolkit will be sent immediately. No spam, ever.", false},
		{"opt_text", "Bake the best bread of your life with our free list. We respect your privacy.", false},
		{"welcome_privacy", "Hi there, today I want to talk about how I bake in private.", false},
		{"privacy_headline", "Bread is private", false},
		{"email_body", strings.Repeat("I bake bread every day and I love it. ", 20) + "We respect your privacy.", false},
	} {
		f := parse(t, fmt.Sprintf(`[{"element_id":%q,"text":%q}]`, c.id, c.text))
		held := f.Held()
		if legal := len(held) == 1 && held[0].Code == "legal" && held[0].Role == funnel.RoleLegal; legal != c.legal {
			t.Errorf("%s %q: legal %v, want %v", c.id, c.text, legal, c.legal)
		}
	}
}

func TestParse_ReadsRolesAndPages(t *testing.T) {
	for element, want := range map[string]string{
		`"element_id":"opt_form_headline"`:                   "headline opt",
		`"element_id":"opt_cta_headline"`:                    "headline opt",
		`"element_id":"opt_form_button_text"`:                "button opt",
		`"element_id":"email_cta_text"`:                      "button email",
		`"element_id":"opt_form_name_placeholder"`:           "label opt",
		`"element_id":"email_2_subject"`:                     "subject email_2",
		`"element_id":"email1_preheader"`:                    "preheader email1",
		`"element_id":"ty_meta_title"`:                       "metaTitle ty",
		`"element_id":"ty_meta_description"`:                 "metaDescription ty",
		`"element_id":"dl_meta_keywords"`:                    "keywords dl",
		`"element_id":"opt_brand_name"`:                      "name opt",
		`"element_id":"email_from_name"`:                     "name email",
		`"element_id":"opt_meta_author"`:                     "name opt",
		`"element_id":"ty_message"`:                          "body ty",
		`"element_id":"x1"`:                                  "body ",
		`"element_id":"x1","type":"Button"`:                  "button ",
		`"element_id":"x1","type":"heading","page":"upsell"`: "headline upsell",
		`"element_id":"x1","step":3`:                         "body 3",
	} {
		texts := parse(t, `[{`+element+`,"text":"Join us"}]`).Texts()
		if len(texts) != 1 {
			t.Errorf("%s: %d texts", element, len(texts))
			continue
		}
		if got := string(texts[0].Role) + " " + texts[0].Page; got != want {
			t.Errorf("%s: %q, want %q", element, got, want)
		}
	}
}
