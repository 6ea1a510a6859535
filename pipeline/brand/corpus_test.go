package brand_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
	"github.com/full-turner/full-turner/pipeline/internal/corpus"
)

// verdict returns all that code says of a rewrite: structure, facts, brand and language.
func verdict(r *brand.Rules, t funnel.Text, rewrite string) []funnel.Finding {
	rewrite = funnel.Fit(t.Text, rewrite)
	found, _ := r.Check(t, rewrite)
	return append(funnel.Rules{}.Check(t.Text, rewrite), found...)
}

// refused is true where code refuses a rewrite. The checks that a kind of fault is for are tried first, and the others
// only where those pass it, which halves the time.
func refused(r *brand.Rules, t funnel.Text, rewrite, kind string) bool {
	rewrite = funnel.Fit(t.Text, rewrite)
	is := func(f funnel.Finding) bool { return f.Severity == funnel.Error }
	built := func() bool { return slices.ContainsFunc(funnel.Rules{}.Check(t.Text, rewrite), is) }
	said := func() bool {
		found, _ := r.Check(t, rewrite)
		return slices.ContainsFunc(found, is)
	}
	if kind == "structure" || kind == "fact" {
		return built() || said()
	}
	return said() || built()
}

// worldRules are the rules of each world of the corpus.
func worldRules() map[*corpus.World]*brand.Rules {
	all := make(map[*corpus.World]*brand.Rules)
	for _, w := range corpus.Worlds {
		all[w] = brand.NewRules(brand.Config{Brand: w.Client, Former: w.Former})
	}
	return all
}

// TestEveryPlantedFaultIsAnError plants each fault in each good rewrite that gives occasion for it.
func TestEveryPlantedFaultIsAnError(t *testing.T) {
	pairs, rules := corpus.GoodRewrites(), worldRules()
	if len(pairs) < 300 || len(corpus.Faults()) < 25 {
		t.Fatalf("%d texts and %d faults", len(pairs), len(corpus.Faults()))
	}
	var table strings.Builder
	for _, f := range corpus.Faults() {
		applied, caught := 0, 0
		for _, p := range pairs {
			bad, ok := f.Make(p)
			if !ok {
				continue
			}
			applied++
			if refused(rules[p.World], p.Text, bad, f.Kind) {
				caught++
				continue
			}
			if applied-caught <= 3 {
				t.Errorf("%s: not caught\n  was: %s\n  now: %s", f, p.Text.Text, bad)
			}
		}
		fmt.Fprintf(&table, "%-10s %-38s %5d %5d\n", f.Kind, f.Name, applied, caught)
		if applied == 0 {
			t.Errorf("%s: no text gives occasion for it", f)
		}
	}
	t.Logf("%-10s %-38s %5s %5s\n%s", "kind", "fault", "tried", "caught", table.String())
}

// TestGoodRewritesPass holds false alarms to one in a hundred.
func TestGoodRewritesPass(t *testing.T) {
	pairs, rules := corpus.GoodRewrites(), worldRules()
	refused, warned := 0, 0
	for _, p := range pairs {
		errors, warnings := 0, 0
		for _, f := range verdict(rules[p.World], p.Text, p.Rewrite) {
			if f.Severity == funnel.Error {
				errors++
			} else {
				warnings++
			}
			t.Logf("%s\n  was: %s\n  now: %s\n  %s (%s): %s", p.Text.Key, p.Text.Text, p.Rewrite, f.Rule, f.Severity, f.Message)
		}
		refused += min(errors, 1)
		warned += min(warnings, 1)
	}
	t.Logf("%d good rewrites, %d refused, %d warned of", len(pairs), refused, warned)
	if refused*100 > len(pairs) || warned*100 > len(pairs) {
		t.Errorf("of %d good rewrites %d are refused and %d warned of: at most one in a hundred may be", len(pairs), refused, warned)
	}
}
