package pipeline_test

import (
	"fmt"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
)

const proseGuide = "Lanternfen Ceramics School\n\nWe teach grown-ups to make pots. What we cannot stand is talk that flatters, and we would sooner lose a sale than use it.\n\nPrimary colour: #1F4E5F\n"

// rulesAsked is how often the agent was asked for the rules in a guide's prose.
func (w *world) rulesAsked() (n int) {
	for _, call := range w.calls(openaitest.KindAgent) {
		if call.SchemaName == "rules" {
			n++
		}
	}
	return n
}

func TestTheRulesOfAGuideArePaidForOnce(t *testing.T) {
	t.Run("over twenty runs", func(t *testing.T) {
		w := newWorld(t)
		for i := range 20 {
			w.run(with(inline(fmt.Sprintf("run-%d", i), testFunnel(0, 1)), "brandGuide", proseGuide))
		}
		if n := w.rulesAsked(); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
	t.Run("and again for another guide", func(t *testing.T) {
		w := newWorld(t)
		w.run(with(inline("run-1", testFunnel(0, 1)), "brandGuide", proseGuide))
		w.run(with(inline("run-2", testFunnel(0, 1)), "brandGuide", proseGuide+"We never shout.\n"))
		if n := w.rulesAsked(); n != 2 {
			t.Errorf("%d calls", n)
		}
	})
	t.Run("an answer of no use is a note, and the run goes on", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent && c.N == 1 {
				return &openaitest.Fault{Text: `{"rules":"none"}`}
			}
			return nil
		}))
		s := w.run(with(inline("run-1", testFunnel(0, 1)), "brandGuide", proseGuide))
		if n := w.rulesAsked(); n != 1 || s.Status != "completed" || s.Texts.Rewritten != 1 {
			t.Errorf("%d calls, %+v", n, s)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("a guide that code can read costs nothing", func(t *testing.T) {
		w := newWorld(t)
		w.run(inline("run-1", testFunnel(0, 1)))
		if n := w.rulesAsked(); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}
