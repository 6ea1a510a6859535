package brand

import (
	"fmt"
	"strings"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// CheckAll returns what is wrong between rewrites, by the key of the text: the same original in the same role that was
// rewritten in two ways (copy.inconsistent, a Warning that names the first of them), and two long originals that became
// one text (copy.repeated). rewrites are by key; a text without one is left out.
func (r *Rules) CheckAll(texts []funnel.Text, rewrites map[string]string) map[string][]funnel.Finding {
	found := make(map[string][]funnel.Finding)
	note := func(key, rule, message string) {
		found[key] = append(found[key], funnel.Finding{Rule: rule, Severity: funnel.Warning, Message: message})
	}
	type place struct {
		role funnel.Role
		text string
	}
	firsts := make(map[place]string)
	sources := make(map[string]string)
	for _, t := range texts {
		now, ok := rewrites[t.Key]
		if !ok {
			continue
		}
		was := oneLine(t.Text)
		now = oneLine(now)
		if earlier, seen := firsts[place{t.Role, was}]; !seen {
			firsts[place{t.Role, was}] = now
		} else if earlier != now {
			note(t.Key, "copy.inconsistent", fmt.Sprintf("Write %q, as the same text was rewritten elsewhere.", earlier))
		}
		if source, seen := sources[now]; !seen {
			sources[now] = was
		} else if !strings.EqualFold(source, was) && len(strings.Fields(now)) > longText && len(strings.Fields(was)) > longText {
			note(t.Key, "copy.repeated", "Write it in words of its own: another text was rewritten to the same.")
		}
	}
	return found
}
