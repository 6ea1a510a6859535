package brand

import (
	"fmt"
	"strings"
)

// tryGrade holds a longer English text to the guide's reading grade. The formula is good to some two grades on a text
// of this size, so only what is far off is told.
func tryGrade(r *Rules, p *pair) ([]string, bool) {
	if r.brand.ReadingGrade <= 0 || p.nowLang != "en" {
		return nil, false
	}
	level, ok := grade(p.now.words)
	if !ok {
		return nil, false
	}
	switch want := r.brand.ReadingGrade; {
	case level > want+4:
		return []string{fmt.Sprintf("Write it simpler, in shorter sentences and words: it reads at grade %.0f, the guide asks for %.0f.", level, want)}, true
	case level < want-6:
		return []string{fmt.Sprintf("Write it less simply: it reads at grade %.0f, the guide asks for %.0f.", level, want)}, true
	}
	return nil, true
}

// gradedWords are the fewest words of which a grade says something.
const gradedWords = 40

// grade returns the reading grade of a text in US schools after Flesch and Kincaid, and false where the text is too
// short for one.
func grade(words []word) (float64, bool) {
	sentences, syllables := 1, 0
	for i, w := range words {
		if i > 0 && w.stop {
			sentences++
		}
		syllables += beats(w.lower)
	}
	if len(words) < gradedWords {
		return 0, false
	}
	return 0.39*float64(len(words))/float64(sentences) + 11.8*float64(syllables)/float64(len(words)) - 15.59, true
}

// beats counts the syllables of an English word, near enough: groups of vowels, without a silent e.
func beats(w string) int {
	n, before := 0, false
	for _, c := range w {
		is := strings.ContainsRune("aeiouy", c)
		if is && !before {
			n++
		}
		before = is
	}
	if strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "le") && n > 1 {
		n--
	}
	return max(n, 1)
}
