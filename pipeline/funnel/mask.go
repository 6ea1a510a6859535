package funnel

import (
	"fmt"
	"strings"
)

// longPiece is from how many bytes on a stretch that a rewrite may not change
// is worth a mark of its own in what is sent to a model.
const longPiece = 200

// Mask returns a text in which every long stretch that a rewrite must keep to
// the letter (a style sheet, a script, a comment, a shortcode or tag with many
// attributes) is a short placeholder, {{keep_1}}, and the function that puts the
// stretches back into a rewrite of it. That one fails where a placeholder is
// missing, stands there twice or is unknown; the error is a clause that a model
// can act on. A text without such stretches comes back as it is.
func Mask(text string) (masked string, restore func(string) (string, error)) {
	name := "keep"
	for strings.Contains(text, name+"_") {
		name += "x"
	}
	var b strings.Builder
	var marks, held []string
	for _, p := range split(text) {
		if p.kind == prose || len(p.text) <= longPiece {
			b.WriteString(p.text)
			continue
		}
		mark := fmt.Sprintf("{{%s_%d}}", name, len(marks)+1)
		marks, held = append(marks, mark), append(held, p.text)
		b.WriteString(mark)
	}
	return b.String(), func(rewrite string) (string, error) {
		var pairs []string
		for i, mark := range marks {
			if n := strings.Count(rewrite, mark); n != 1 {
				return "", fmt.Errorf("keep the placeholder %s once, exactly as written", mark)
			}
			pairs = append(pairs, mark, held[i])
		}
		if len(marks) == 0 {
			return rewrite, nil
		}
		rewrite = strings.NewReplacer(pairs...).Replace(rewrite)
		return rewrite, nil
	}
}
