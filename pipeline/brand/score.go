package brand

import (
	"strings"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// weights say what a rule counts, by what its name begins with. What a reader is misled by weighs most, taste least.
var weights = []struct {
	prefix string
	weight int
}{
	{"structure.", 10}, {"fact.", 10}, {"brand.", 10}, {"copy.machine", 2}, {"copy.", 8}, {"length.", 4}, {"style.", 2},
}

func weight(rule string) int {
	for _, w := range weights {
		if strings.HasPrefix(rule, w.prefix) {
			return w.weight
		}
	}
	return 1
}

// Score says how well a text keeps the rules, from 0 to 100: the share of the rules tried that it keeps, by weight.
// A rule that it breaks as a Warning counts half. A text with an Error has at most 49, so that no number of small things
// kept hides a large one that is not. Without a rule tried it is 100.
func Score(findings []funnel.Finding, tried []string) int {
	all, lost := 0, 0.0
	broken := make(map[string]funnel.Severity)
	for _, f := range findings {
		if broken[f.Rule] != funnel.Error {
			broken[f.Rule] = f.Severity
		}
	}
	seen := make(map[string]bool)
	count := func(rule string) {
		if seen[rule] {
			return
		}
		seen[rule] = true
		all += weight(rule)
		switch broken[rule] {
		case funnel.Error:
			lost += float64(weight(rule))
		case funnel.Warning:
			lost += float64(weight(rule)) / 2
		}
	}
	failed := false
	for _, f := range findings {
		count(f.Rule)
		failed = failed || f.Severity == funnel.Error
	}
	for _, rule := range tried {
		count(rule)
	}
	if all == 0 {
		return 100
	}
	score := int(100 * (float64(all) - lost) / float64(all))
	if failed {
		return min(score, 49)
	}
	return score
}

// RunScore is the mean of the elements' scores, rounded down: 100 says that each has 100. Without an element it is 0.
func RunScore(scores []int) int {
	if len(scores) == 0 {
		return 0
	}
	sum := 0
	for _, s := range scores {
		sum += s
	}
	return sum / len(scores)
}
