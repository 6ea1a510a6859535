package funnel

// For the tests: which rule decided.
var WhyNotCopy = whyNotCopy

// Pieces returns the pieces of a text, joined by kind: all of them, and those
// that are placeholders.
func Pieces(text string) (all, placeholders []string) {
	for _, p := range split(text) {
		all = append(all, p.text)
		if p.kind == merge {
			placeholders = append(placeholders, p.text)
		}
	}
	return all, placeholders
}
