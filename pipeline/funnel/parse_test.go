package funnel_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// sample has what funnels have: both types, one nobody knows, copy and other
// texts, odd spellings, unknown keys, and no regular white space.
const sample = `[
  { "element_id": "a_headline", "type": "character", "text": "Bake \u003cbetter\u003e bread \ud83c\udf5e", "style": {"text": "no", "size": 1.50e+1} },
	{"type":"image","url":"https:\/\/cdn.rye.example\/a.png?x=1&y=2","element_id":"a_image","width":"640","height":480.0,"alt_text":"A loaf","transparent_bg":"true","url2":1},
  {"element_id":"a_url","type":"character","text":"/thanks"},
  {"element_id":"video","type":"video","url":7,"text":null, "text ": "x"},
  {"element_id":"empty_image","type":"image","url":""},
  {"element_id":"null_text","type":"character","text":null},
  {"element_id":"number_text","type":"character","text":12.0},
  {"element_id":"a_text","type":"character","text":"Hi {{name}},\n\"welcome\" & enjoy","text_size":1E2}
]
`

func parse(t *testing.T, data string) *funnel.Funnel {
	t.Helper()
	f, err := funnel.Parse([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestParse_FindsTextsAndImages(t *testing.T) {
	f := parse(t, sample)
	if f.Len() != 8 {
		t.Errorf("Len() = %d, want 8", f.Len())
	}
	if diff := cmp.Diff([]funnel.Text{
		{Key: "a_headline", ElementID: "a_headline", Field: "text", Role: funnel.RoleHeadline, Text: "Bake <better> bread 🍞"},
		{Key: "a_image#alt_text", ElementID: "a_image", Field: "alt_text", Role: funnel.RoleAlt, Text: "A loaf"},
		{Key: "a_text", ElementID: "a_text", Field: "text", Role: funnel.RoleBody, Text: "Hi {{name}},\n\"welcome\" & enjoy"},
	}, f.Texts()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]funnel.Image{{
		Key: "a_image", ElementID: "a_image", URL: "https://cdn.rye.example/a.png?x=1&y=2", AltText: "A loaf", AltKey: "a_image#alt_text", Width: 640, Height: 480, Transparent: true,
	}}, f.Images()); diff != "" {
		t.Error(diff)
	}
	if string(f.Raw()) != sample {
		t.Error("Raw differs from the input")
	}
}

func TestParse_TakesTheArrayInOtherWrappings(t *testing.T) {
	held := `"[ {\"element_id\":\"a\",\"type\":\"character\",\"text\":\"Say \\\"hi\\\" \\u0026 go\"} ]"`
	const inner = `[ {"element_id":"a","type":"character","text":"Say \"hi\" \u0026 go"} ]`
	for name, data := range map[string]string{
		"string":                   held,
		"string with space around": "\n " + held + "\t",
		"string with a BOM":        "\ufeff" + held,
		"string holding a BOM":     `"\ufeff` + held[1:],
		"array with a BOM":         "\ufeff" + inner,
		"array":                    inner,
	} {
		f := parse(t, data)
		if got := string(f.Raw()); got != inner {
			t.Errorf("%s: Raw() = %s", name, got)
		}
		if got := f.Texts(); len(got) != 1 || got[0].Text != `Say "hi" & go` {
			t.Errorf("%s: Texts() = %q", name, got)
		}
	}
}

func TestParse_ReadsSizesAndTransparency(t *testing.T) {
	for spelled, want := range map[string]funnel.Image{
		`"width":10,"height":20`:                     {Width: 10, Height: 20},
		`"width":"10","height":" 20 "`:               {Width: 10, Height: 20},
		`"width":"10px","height":19.6`:               {Width: 10, Height: 20},
		`"width":1e2,"height":"1e2"`:                 {Width: 100, Height: 100},
		`"width":-1,"height":0`:                      {},
		`"width":"auto","height":null`:               {},
		`"width":1e300,"height":"NaN"`:               {},
		`"width":[1],"height":{"a":1}`:               {},
		`"width":true,"height":"Inf"`:                {},
		`"width":99999999999,"height":"0x10"`:        {},
		`"transparent_bg":true`:                      {Transparent: true},
		`"transparent_bg":"true"`:                    {Transparent: true},
		`"transparent_bg":" True "`:                  {Transparent: true},
		`"transparent_bg":"1"`:                       {Transparent: true},
		`"transparent_bg":1`:                         {Transparent: true},
		`"transparent_bg":"yes"`:                     {Transparent: true},
		`"transparent_bg":false`:                     {},
		`"transparent_bg":"false"`:                   {},
		`"transparent_bg":"no"`:                      {},
		`"transparent_bg":null`:                      {},
		`"transparent_bg":""`:                        {},
		`"transparent_bg":{}`:                        {},
		`"alt_text":"A loaf"`:                        {AltText: "A loaf", AltKey: "a#alt_text"},
		`"alt_text":null`:                            {},
		`"alt_text":3`:                               {},
		`"Width":10,"TRANSPARENT_BG":true,"Url":"x"`: {},
	} {
		images := parse(t, `[{"element_id":"a","type":"image","url":"u",`+spelled+`}]`).Images()
		want.Key, want.ElementID, want.URL = "a", "a", "u"
		if diff := cmp.Diff([]funnel.Image{want}, images); diff != "" {
			t.Errorf("%s: %s", spelled, diff)
		}
	}
}

func TestParse_IsNoImageWithoutAURL(t *testing.T) {
	for _, spelled := range []string{`"url":""`, `"url":" \n"`, `"url":null`, `"Url":"x"`, `"src":" "`} {
		if got := parse(t, `[{"element_id":"a","type":"image",`+spelled+`}]`).Images(); len(got) != 0 {
			t.Errorf("%s: %v", spelled, got)
		}
	}
}

func TestParse_SaysWhatIsWrong(t *testing.T) {
	many := "[" + manyElements(funnel.MaxElements+1) + "]"
	for name, c := range map[string]struct{ data, says string }{
		"empty":              {"", "the funnel is empty"},
		"blank":              {" \n", "the funnel is empty"},
		"only a BOM":         {"\ufeff", "the funnel is empty"},
		"not JSON":           {"[\n {\"a\": x}]", "not JSON at line 2, column 8"},
		"cut off":            {`[{"element_id":"a"`, "unexpected end of JSON input"},
		"trailing data":      {`[{"element_id":"a"}] x`, "not JSON at line 1, column 22: invalid character 'x' after top-level value"},
		"two arrays":         {`[{"element_id":"a"}][]`, "after top-level value"},
		"invalid UTF-8":      {"[{\"element_id\":\n\"a\xff\"}]", "not valid UTF-8 at line 2, column 3"},
		"object":             {`{"elements":[],"b":1}`, `the funnel is an object: give the array of its elements, perhaps what is under "elements"`},
		"object, no array":   {`{"b":1}`, "the funnel is an object: give the array of its elements"},
		"number":             {`12`, "the funnel is a number"},
		"null":               {`null`, "the funnel is null"},
		"string of words":    {`"hello"`, "the string that should hold the funnel is not JSON at line 1, column 1"},
		"string of a string": {`"\"[]\""`, "the funnel is a string"},
		"empty string":       {`""`, "the string that should hold the funnel is empty"},
		"empty array":        {`[ ]`, "the funnel is an empty array"},
		"element no object":  {`[{"element_id":"a"},"b"]`, "funnel[1]: is a string: each element must be an object"},
		"element null":       {`[null]`, "funnel[0]: is null"},
		"no id":              {`[{"type":"image"}]`, "funnel[0]: element_id is missing"},
		"empty id":           {`[{"element_id":"  "}]`, "element_id is empty"},
		"number id":          {`[{"element_id":7}]`, "funnel[0]: element_id is a number: give a string"},
		"null id":            {`[{"element_id":null}]`, "element_id is null: give a string"},
		"long id":            {`[{"element_id":"` + strings.Repeat("x", 513) + `"}]`, "element_id is 513 bytes long: at most 512"},
		"same key twice":     {`[{"element_id":"a","text":"x","type":"character","te\u0078t":"y"}]`, `funnel[0] ("a"): text stands there twice: keep one`},
		"same id key twice":  {`[{"element_id":"a","element_id":"b"}]`, "element_id stands there twice"},
		"number url":         {`[{"element_id":"a","type":"image","url":5}]`, `funnel[0] ("a"): url is a number: give a string`},
		"object url":         {`[{"element_id":"a","type":"image","url":{}}]`, "url is an object"},
		"long text":          {`[{"element_id":"a","type":"character","text":"` + strings.Repeat("x", funnel.MaxText+1) + `"}]`, `funnel[0] ("a"): text is 65537 bytes long: at most 65536`},
		"6 MB text":          {`[{"element_id":"a","type":"character","text":"` + strings.Repeat("x", 6<<20) + `"}]`, `funnel[0] ("a"): text is 6291456 bytes long`},
		"long alt_text":      {`[{"element_id":"a","type":"image","url":"u","alt_text":"` + strings.Repeat("x", funnel.MaxText+1) + `"}]`, "alt_text is 65537 bytes long"},
		"too many elements":  {many, "more than 5000 elements"},
		"too big":            {strings.Repeat(" ", funnel.MaxFunnel+1), "at most 8388608"},
		"too deep":           {`[{"element_id":"a","x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}]`, "exceeded max depth"},
	} {
		f, err := funnel.Parse([]byte(c.data))
		if err == nil {
			t.Errorf("%s: parsed, %d elements", name, f.Len())
			continue
		}
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q does not say %q", name, err, c.says)
		}
		if len(err.Error()) > 1000 {
			t.Errorf("%s: error of %d bytes", name, len(err.Error()))
		}
	}
}

func TestParse_TakesWhatIsJustWithinTheLimits(t *testing.T) {
	f := parse(t, "["+manyElements(funnel.MaxElements)+"]")
	if f.Len() != funnel.MaxElements {
		t.Errorf("Len() = %d", f.Len())
	}
	parse(t, `[{"element_id":"`+strings.Repeat("x", funnel.MaxID)+`","type":"character","text":"`+strings.Repeat("x ", funnel.MaxText/2)+`"}]`)
}

func TestParse_KeepsNothingOfItsInput(t *testing.T) {
	data := []byte(sample)
	f, err := funnel.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	clear(f.Raw())
	if string(f.Raw()) != sample {
		t.Error("the funnel changed with its input or with what Raw returned")
	}
}

func manyElements(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"element_id":"e%d"}`, i)
	}
	return b.String()
}
