//go:build !race

package pipeline_test

import (
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline/internal/corpus"
)

// TestWhatIsPlantedNeverReachesTheFunnel runs every text of the corpus against a model that makes one kind of fault, in
// every round: each text keeps its original, with a problem.
func TestWhatIsPlantedNeverReachesTheFunnel(t *testing.T) {
	pairs := corpus.GoodRewrites()
	faultsOf := corpus.Faults()
	for i, fault := range faultsOf {
		if testing.Short() && i%6 != 0 {
			continue
		}
		everywhere := 0
		for _, world := range corpus.Worlds {
			planted := map[string]string{}
			list := []any{textElement("control", "Download the free cards now and learn a lot")}
			for _, p := range pairs {
				bad, ok := fault.Make(p)
				same := strings.TrimSpace(bad) == strings.TrimSpace(p.Text.Text) // then it is another fault than it is called
				if ok && p.World == world && (!same || fault.Name == "unchanged") {
					planted[p.Text.Key] = bad
					list = append(list, textElement(p.Text.Key, p.Text.Text))
				}
			}
			if len(planted) == 0 { // no text of this world gives occasion for it
				continue
			}
			everywhere += len(planted)
			t.Run(fault.Name+", "+world.Name, func(t *testing.T) {
				w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
					return &openaitest.Fault{Edit: func(r []openaitest.Rewritten) []openaitest.Rewritten {
						for i := range r {
							if bad, ok := planted[r[i].ID]; ok {
								r[i].Text = bad
							} else {
								r[i].Text = "Get the cards at no cost today and see how much they teach"
							}
						}
						return r
					}}
				}))
				s := w.run(with(inline("run-1", elements(t, list...)), "metadata", map[string]any{"brand": world.Client, "former": world.Former}))
				doc := w.output(s)
				problems := strings.Join(doc.Problems, "\n")
				for _, c := range doc.Checks {
					if bad, ok := planted[c.ElementID]; ok && (!c.Kept || !strings.Contains(problems, "text "+c.ElementID+" keeps its original: [")) {
						t.Errorf("%q was taken for %q, as %q", bad, c.Before, c.After)
					}
				}
				w.billEqualsTotal(s.Cost)
			})
		}
		if everywhere == 0 {
			t.Errorf("no text gives occasion for %q", fault.Name)
		}
	}
}
