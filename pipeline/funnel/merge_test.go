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
	f.Add([]byte(`[{"element_id":"a","type":"character","text":"Hi"},{"type":"image","url":"x","element_id":"b"}]`), "\u2028\"\\", "\x00")
	f.Fuzz(func(t *testing.T, data []byte, text, url string) {
		before, err := funnel.Parse(data)
		if err != nil || !utf8.ValidString(text) || !utf8.ValidString(url) || strings.TrimSpace(url) == "" || len(text) > 10_000 || len(data) > 100_000 {
			return
		}
		// Every second one changes, each to a value of its own.
		texts, urls := map[string]string{}, map[string]string{}
		for i, old := range before.Texts() {
			if i%2 == 0 {
				texts[old.Key] = fmt.Sprint(text, " word ", i)
			}
		}
		for i, old := range before.Images() {
			if i%2 == 0 {
				urls[old.Key] = fmt.Sprint(url, i)
			}
		}
		merged, err := before.Merge(texts, urls)
		if err != nil {
			t.Fatal(err)
		}
		was, now := elements(t, before.Raw()), elements(t, merged)
		if len(was) != len(now) {
			t.Fatalf("%d elements became %d", len(was), len(now))
		}
		changed := maps.Clone(texts)
		maps.Copy(changed, urls)
		for i := range was {
			id := value(t, was[i], "element_id")
			want, ok := changed[id]
			if !ok {
				if !bytes.Equal(was[i], now[i]) {
					t.Errorf("element %q changed from %s to %s", id, was[i], now[i])
				}
				continue
			}
			key := "text"
			if _, ok := urls[id]; ok {
				key = "url"
			}
			if got := value(t, now[i], key); got != want {
				t.Errorf("element %q: %s = %q, want %q", id, key, got, want)
			}
		}
		after, err := funnel.Parse(merged)
		if err != nil && len(merged) <= funnel.MaxFunnel {
			t.Fatalf("the merged funnel does not parse: %v", err)
		}
		back, err := after.Merge(nil, nil)
		if err != nil || !bytes.Equal(back, merged) {
			t.Errorf("merged again: %q, %v", back, err)
		}
		if got := slices.Collect(maps.Keys(urls)); len(got) > 0 && len(after.Images()) != len(before.Images()) {
			t.Errorf("%d images became %d", len(before.Images()), len(after.Images()))
		}
	})
}

func elements(t *testing.T, array []byte) []json.RawMessage {
	t.Helper()
	var all []json.RawMessage
	if err := json.Unmarshal(array, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// value returns the string under a key of an object, which is spelled exactly.
func value(t *testing.T, object json.RawMessage, key string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil {
		t.Fatal(err)
	}
	var s string
	if err := json.Unmarshal(fields[key], &s); err != nil {
		t.Fatalf("%s of %s: %v", key, object, err)
	}
	return s
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
