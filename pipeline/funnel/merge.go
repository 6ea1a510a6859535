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

// Merge returns the funnel with new texts and new image urls, each by element
// id. Every byte that is not a replaced value is as it was, and a value that
// does not change keeps its spelling too; with nothing to change, Merge
// returns Raw. New values are JSON strings in which <, > and & stand as they
// are.
//
// It is an error, naming every one, to give a text for an element that is not
// among Texts, a url for one that is not among Images, a text longer than
// MaxText, a blank url, or anything that is not valid UTF-8. Merge does not
// judge a text beyond that: see Check.
func (f *Funnel) Merge(texts, urls map[string]string) ([]byte, error) {
	if problems := append(f.checkTexts(texts), f.checkURLs(urls)...); len(problems) > 0 {
		return nil, fmt.Errorf("merge: %s", strings.Join(problems, "; "))
	}
	out := make([]byte, 0, len(f.raw)+len(f.raw)/8)
	done := 0
	for _, e := range f.elements {
		was, now, given := e.text, "", false
		switch e.use {
		case copyText:
			now, given = texts[e.id]
		case picture:
			was = e.image.URL
			now, given = urls[e.id]
		}
		if !given || now == was {
			continue
		}
		value, err := quote(now)
		if err != nil {
			return nil, fmt.Errorf("merge: element %q: %w", e.id, err)
		}
		out = append(out, f.raw[done:e.value.start]...)
		out = append(out, value...)
		done = e.value.end
	}
	return append(out, f.raw[done:]...), nil
}

// checkTexts names every text that cannot be merged.
func (f *Funnel) checkTexts(texts map[string]string) (problems []string) {
	for _, id := range slices.Sorted(maps.Keys(texts)) {
		switch i, ok := f.index[id]; {
		case !ok:
			problems = append(problems, fmt.Sprintf("text for unknown element %q", id))
		case f.elements[i].use != copyText:
			problems = append(problems, fmt.Sprintf("text for element %q, which is not copy", id))
		case !utf8.ValidString(texts[id]):
			problems = append(problems, fmt.Sprintf("text for element %q is not valid UTF-8", id))
		case len(texts[id]) > MaxText:
			problems = append(problems, fmt.Sprintf("text for element %q is %d bytes long, more than %d", id, len(texts[id]), MaxText))
		}
	}
	return problems
}

// checkURLs names every url that cannot be merged.
func (f *Funnel) checkURLs(urls map[string]string) (problems []string) {
	for _, id := range slices.Sorted(maps.Keys(urls)) {
		switch i, ok := f.index[id]; {
		case !ok:
			problems = append(problems, fmt.Sprintf("url for unknown element %q", id))
		case f.elements[i].use != picture:
			problems = append(problems, fmt.Sprintf("url for element %q, which is not an image", id))
		case !utf8.ValidString(urls[id]):
			problems = append(problems, fmt.Sprintf("url for element %q is not valid UTF-8", id))
		case strings.TrimSpace(urls[id]) == "":
			problems = append(problems, fmt.Sprintf("url for element %q is blank", id))
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
