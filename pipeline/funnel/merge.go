package funnel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Merge returns the funnel with new texts, by the keys of Texts and Held, and
// new image urls, by the keys of Images. Every byte that is not a replaced value
// is as it was, and a value that does not change keeps its spelling too; with
// nothing to change, Merge returns Raw. New values are JSON strings in which <,
// > and & stand as they are.
//
// It is an error, naming every one, to give a text for a key that is neither
// among Texts nor Held, a url for one that is not among Images, a text that is
// longer than MaxText or makes the rich text that it is in longer, a blank url,
// or anything that is not valid UTF-8. Merge does not judge a text beyond that:
// see Check.
func (f *Funnel) Merge(texts, urls map[string]string) ([]byte, error) {
	if problems := append(f.checkTexts(texts), f.checkURLs(urls)...); len(problems) > 0 {
		return nil, fmt.Errorf("merge: %s", strings.Join(problems, "; "))
	}
	type edit struct {
		at    span
		value []byte
	}
	var edits []edit
	sizes := make(map[*whole]int)
	for key, now := range texts {
		l := f.leaves[f.texts[key]]
		if now == l.Text.Text {
			continue
		}
		value, err := quote(now)
		if err != nil {
			return nil, fmt.Errorf("merge: element %q: %w", key, err)
		}
		if l.nested {
			sizes[l.whole] += len(value) - l.size
			if value, err = quote(string(value)); err != nil {
				return nil, fmt.Errorf("merge: element %q: %w", key, err)
			}
			value = value[1 : len(value)-1]
		}
		edits = append(edits, edit{l.value, value})
	}
	for w, more := range sizes {
		if w.size+more > MaxText {
			return nil, fmt.Errorf("merge: the rich text of element %q is %d bytes long, more than %d", w.key, w.size+more, MaxText)
		}
	}
	for key, now := range urls {
		p := f.pictures[f.urls[key]]
		if now == p.URL {
			continue
		}
		value, err := quote(now)
		if err != nil {
			return nil, fmt.Errorf("merge: element %q: %w", key, err)
		}
		edits = append(edits, edit{p.value, value})
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.at.start - b.at.start })
	out := make([]byte, 0, len(f.raw)+len(f.raw)/8)
	done := 0
	for _, e := range edits {
		out = append(out, f.raw[done:e.at.start]...)
		out = append(out, e.value...)
		done = e.at.end
	}
	return append(out, f.raw[done:]...), nil
}

// checkTexts names every text that cannot be merged.
func (f *Funnel) checkTexts(texts map[string]string) (problems []string) {
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		switch _, ok := f.texts[key]; {
		case !ok && f.elements[key]:
			problems = append(problems, fmt.Sprintf("text for element %q, which has none", key))
		case !ok:
			problems = append(problems, fmt.Sprintf("text for unknown element %q", key))
		case !utf8.ValidString(texts[key]):
			problems = append(problems, fmt.Sprintf("text for element %q is not valid UTF-8", key))
		case len(texts[key]) > MaxText:
			problems = append(problems, fmt.Sprintf("text for element %q is %d bytes long, more than %d", key, len(texts[key]), MaxText))
		}
	}
	return problems
}

// checkURLs names every url that cannot be merged.
func (f *Funnel) checkURLs(urls map[string]string) (problems []string) {
	for _, key := range slices.Sorted(maps.Keys(urls)) {
		switch _, ok := f.urls[key]; {
		case !ok && f.elements[key]:
			problems = append(problems, fmt.Sprintf("url for element %q, which is not an image", key))
		case !ok:
			problems = append(problems, fmt.Sprintf("url for unknown element %q", key))
		case !utf8.ValidString(urls[key]):
			problems = append(problems, fmt.Sprintf("url for element %q is not valid UTF-8", key))
		case strings.TrimSpace(urls[key]) == "":
			problems = append(problems, fmt.Sprintf("url for element %q is blank", key))
		}
	}
	return problems
}

// quote encodes s as a JSON string without the escapes that encoding/json adds
// for HTML, which would turn copy like <p> into something nobody wrote.
func quote(s string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
