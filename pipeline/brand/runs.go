package brand

import (
	"regexp"
	"strings"
)

// A run finds names that are written with gaps where they have none: Mar low, M a r l o w, hus-tle.
type run struct {
	names  map[string]int // squeezed name to its number of words
	length int            // of the longest
}

func (r *run) add(name string) {
	key := squeeze(name)
	if len(key) < 6 {
		return
	}
	if r.names == nil {
		r.names = make(map[string]int)
	}
	r.names[key] = len(cut(plain(name)))
	r.length = max(r.length, len(key))
}

// find returns the names with gaps as they are written. A name in its own words is none: the lexicons find that. Where
// close is set, only hyphens and gaps between single letters count, as two words may rightly be what one is not.
func (r *run) find(s *sight, close bool) (found []string) {
	if len(r.names) == 0 {
		return nil
	}
	for i := range s.words {
		key, single := "", true
		for j := i; j < len(s.words) && !s.words[j].link && (j == i || !s.words[j].stop); j++ {
			w := s.words[j]
			if close && j > i && strings.TrimSpace(s.text[s.words[j-1].end:w.start]) == "" && !(single && len(w.base) == 1) {
				break
			}
			single = single && len(w.base) == 1
			key += squeeze(w.base)
			if len(key) > r.length {
				break
			}
			if n := r.names[key]; n > 0 && j > i && j-i+1 != n && !s.owned(hit{0, i, j + 1}) {
				found = append(found, s.text[s.words[i].start:w.end])
			}
		}
	}
	return found
}

// starred is a word that hides a letter behind a star.
var starred = regexp.MustCompile(`\pL+\*+\pL+`)
