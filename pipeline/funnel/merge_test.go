package funnel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

func TestMerge_ChangesTheValuesAndNothingElse(t *testing.T) {
	got, err := parse(t, sample).Merge(
		map[string]string{"a_headline": "<b>\"Rye\" & more</b>\t\u2028é\x01", "a_text": "Hello {{name}}"},
		map[string]string{"a_image": "https://img.example/new.png?a=1&b=<2>"})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(
		`"Bake \u003cbetter\u003e bread \ud83c\udf5e"`, `"<b>\"Rye\" & more</b>\t\u2028é\u0001"`,
		`"https:\/\/cdn.rye.example\/a.png?x=1&y=2"`, `"https://img.example/new.png?a=1&b=<2>"`,
		`"Hi {{name}},\n\"welcome\" & enjoy"`, `"Hello {{name}}"`,
	).Replace(sample)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestMerge_KeepsTheSpellingOfWhatDoesNotChange(t *testing.T) {
	f := parse(t, sample)
	texts, urls := map[string]string{}, map[string]string{}
	for _, text := range f.Texts() {
		texts[text.Key] = text.Text
	}
	for _, image := range f.Images() {
		urls[image.Key] = image.URL
	}
	for name, maps := range map[string][2]map[string]string{"nothing": {nil, nil}, "the same": {texts, urls}} {
		got, err := f.Merge(maps[0], maps[1])
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != sample {
			t.Errorf("%s: %s", name, cmp.Diff(sample, string(got)))
		}
	}
}

func TestMerge_WorksOnCompactAndPrettyInputAlike(t *testing.T) {
	var compact, pretty bytes.Buffer
	if err := json.Compact(&compact, []byte(sample)); err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&pretty, []byte(sample), "", "\t"); err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{compact.String(), pretty.String(), strings.ReplaceAll(pretty.String(), "\n", "\r\n")} {
		got, err := parse(t, data).Merge(map[string]string{"a_text": "New"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Replace(data, `"Hi {{name}},\n\"welcome\" & enjoy"`, `"New"`, 1)
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMerge_OfAStringGivesTheArray(t *testing.T) {
	held, err := json.Marshal(sample)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parse(t, string(held)).Merge(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != sample {
		t.Error(cmp.Diff(sample, string(got)))
	}
}

func TestMerge_RefusesWhatDoesNotBelong(t *testing.T) {
	f := parse(t, sample)
	texts := map[string]string{
		"nobody": "x", "a_image": "x", "null_text": "x", "a_text": "\xff", "a_headline": strings.Repeat("x", funnel.MaxText+1),
	}
	urls := map[string]string{"noone": "x", "empty_image": "x", "a_text": "x", "a_image": " "}
	_, err := f.Merge(texts, urls)
	const want = `merge: text for element "a_headline" is 65537 bytes long, more than 65536; text for element "a_image", which has none; ` +
		`text for element "a_text" is not valid UTF-8; text for unknown element "nobody"; ` +
		`text for element "null_text", which has none; url for element "a_image" is blank; url for element "a_text", which is not an image; ` +
		`url for element "empty_image", which is not an image; url for unknown element "noone"`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := f.Merge(nil, map[string]string{"a_image": "\xff"}); err == nil {
		t.Error("a url of invalid UTF-8 was merged")
	}
}

func FuzzParse_NeverPanicsAndMergeOfNothingChangesNothing(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("\ufeff[{\"element_id\":\"a\",\"type\":\"character\",\"text\":\"Hi\"}]"))
	f.Add([]byte(`"[{\"element_id\":\"a\",\"type\":\"image\",\"url\":\"x\"}]"`))
	f.Add([]byte(`[{"element_id":"a"},{"element_id":"a"}]`))
	f.Add([]byte(`{"a":[]}`))
	f.Add([]byte(`[{"element_id":"a","text":"\ud800 hi","type":"character"}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := funnel.Parse(data)
		if err != nil {
			return
		}
		got, err := parsed.Merge(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, text := range parsed.Texts() {
			ids[text.ElementID] = true
		}
		for _, held := range parsed.Held() {
			ids[held.ElementID] = true
		}
		for _, image := range parsed.Images() {
			ids[image.ElementID] = true
		}
		for _, kept := range parsed.Unread() {
			ids[kept.ElementID] = true
		}
		for _, e := range decode(t, parsed.Raw()).([]any) {
			fields := e.(map[string]any)
			id, ok := fields["element_id"].(string)
			if !ok {
				id = fields["id"].(string)
			}
			if !ids[id] {
				t.Errorf("element %q is not accounted for", id)
			}
		}
		if !bytes.Equal(got, parsed.Raw()) {
			t.Errorf("Merge changed %q to %q", parsed.Raw(), got)
		}
		if trimmed := bytes.TrimPrefix(data, []byte("\ufeff")); bytes.TrimSpace(trimmed)[0] == '[' && !bytes.Equal(got, trimmed) {
			t.Errorf("Merge changed %q to %q", data, got)
		}
	})
}

func FuzzMerge_GivesExactlyTheNewValues(f *testing.F) {
	f.Add([]byte(sample), "New <b>words</b>", "https://x.example/?a=1&b=2")
	f.Add([]byte(`[{"element_id":"a","type":"character","text":"Hi"},{"type":"image","url":"x","alt_text":"A loaf","element_id":"a"}]`), "\u2028\"\\", "\x00")
	f.Add([]byte(`[{"id":"a~2","html":"{\"ops\":[{\"insert\":\"\\ud83c\\udf5e \ud83c\udf5e\"},{\u0022insert\u0022:\"b\"}]}","title":"x"},{"id":"a","locked":1,"text":"y"},{"id":"a"}]`), "\"", "u")
	f.Fuzz(func(t *testing.T, data []byte, text, url string) {
		before, err := funnel.Parse(data)
		if err != nil || !utf8.ValidString(text) || !utf8.ValidString(url) || strings.TrimSpace(url) == "" || len(text) > 1000 || len(data) > 20_000 {
			return
		}
		// Every second one changes, each to a value of its own.
		was, texts, urls, allowed := values(before), map[string]string{}, map[string]string{}, map[string]bool{}
		for i, key := range slices.Sorted(maps.Keys(was)) {
			if i%2 == 0 {
				texts[key] = fmt.Sprint("word ", text, i)
			}
		}
		for i, old := range before.Images() {
			if i%2 == 0 {
				urls[old.Key] = fmt.Sprint(url, i)
				allowed[urls[old.Key]] = true
			}
		}
		merged, err := before.Merge(texts, urls)
		if err != nil {
			if strings.Contains(err.Error(), "rich text") {
				return
			}
			t.Fatal(err)
		}
		after, err := funnel.Parse(merged)
		if err != nil {
			if len(merged) > funnel.MaxFunnel || strings.Contains(err.Error(), "bytes long") {
				return
			}
			t.Fatalf("the merged funnel does not parse: %v", err)
		}
		want := maps.Clone(was)
		maps.Copy(want, texts)
		if diff := cmp.Diff(want, values(after)); diff != "" {
			t.Errorf("%s\n%s", merged, diff)
		}
		for _, now := range texts {
			allowed[now] = true
		}
		compare(t, decode(t, before.Raw()), decode(t, merged), allowed)
	})
}

// values returns every string that may be replaced, by key.
func values(f *funnel.Funnel) map[string]string {
	found := make(map[string]string)
	for _, text := range f.Texts() {
		found[text.Key] = text.Text
	}
	for _, held := range f.Held() {
		found[held.Key] = held.Text.Text
	}
	return found
}

func decode(t *testing.T, data []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return v
}

// compare walks two JSON values, in which only strings may differ, and those
// only by the new values, or by those inside of the JSON that they hold.
func compare(t *testing.T, was, now any, allowed map[string]bool) {
	t.Helper()
	switch was := was.(type) {
	case []any:
		now, ok := now.([]any)
		if !ok || len(was) != len(now) {
			t.Fatalf("%v became %v", was, now)
		}
		for i := range was {
			compare(t, was[i], now[i], allowed)
		}
	case map[string]any:
		now, ok := now.(map[string]any)
		if !ok || len(was) != len(now) {
			t.Fatalf("%v became %v", was, now)
		}
		for key := range was {
			compare(t, was[key], now[key], allowed)
		}
	case string:
		now, ok := now.(string)
		if ok && (was == now || allowed[now]) {
			return
		}
		if !ok || !json.Valid([]byte(was)) || !json.Valid([]byte(now)) {
			t.Fatalf("%q became %q", was, now)
		}
		compare(t, decode(t, []byte(was)), decode(t, []byte(now)), allowed)
	default:
		if was != now {
			t.Fatalf("%v became %v", was, now)
		}
	}
}

func BenchmarkParseAndMerge(b *testing.B) {
	var data strings.Builder
	texts := map[string]string{}
	data.WriteByte('[')
	for i := range 2000 {
		if i > 0 {
			data.WriteByte(',')
		}
		fmt.Fprintf(&data, `{"element_id":"e%d","type":"character","text":"<p>Thank you for asking for the list, {{name}}. Look at https://x.example/%d now.</p>"}`, i, i)
		texts[fmt.Sprint("e", i)] = "New"
	}
	data.WriteByte(']')
	for b.Loop() {
		f, err := funnel.Parse([]byte(data.String()))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Merge(texts, nil); err != nil {
			b.Fatal(err)
		}
		for _, text := range f.Texts() {
			if err := funnel.Check(text.Text, strings.Replace(text.Text, "Thank", "We thank", 1)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
