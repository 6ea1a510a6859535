package pipeline_test

import (
	"testing"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// markedGuide writes two products with their marks, one inside the other.
const markedGuide = `{"meta":{"brandName":"Lanternfen"},"products":[{"name":"Evening Wheel™"},{"name":"Wheel™"}],"voice":"Plain."}`

func TestMarksGoWithTheirNames(t *testing.T) {
	for name, tt := range map[string]struct {
		was, now string
		rule     string // that is broken; "": none
	}{
		"the client's mark comes with its name":                {"Learn to throw pots in our class", "Throw your pots in Evening Wheel™ class", ""},
		"in letters":                                           {"Learn to throw pots in our class", "Throw your pots in Evening Wheel(TM) class", "fact.mark"}, // as the guide writes it
		"as an entity":                                         {"<b>Learn</b> to throw pots in class", "<b>Throw</b> your pots in Evening Wheel&trade; class", ""},
		"another mark at its name":                             {"Learn to throw pots in our class", "Throw your pots in Evening Wheel® class", "fact.mark"},
		"a second mark, at what is no name":                    {"Learn to throw pots in our class", "Throw your pots™ in Evening Wheel™ class", "fact.mark"},
		"a mark at no name":                                    {"Learn to throw pots in our class", "Throw your pots™ in a small class", "fact.mark"},
		"the former owner's goes with their name":              {"Learn to throw pots with Oakum Hill® today", "Throw your pots with Lanternfen this week", ""},
		"in another case, a space before it":                   {"Learn to throw pots with OAKUM HILL ® today", "Throw your pots with Lanternfen this week", ""},
		"a mark of a third party stays":                        {"Learn to throw pots with Clayform® today", "Throw your pots with Clayform this week", "fact.mark"},
		"the third party's is lost beside the former owner's":  {"Learn with Oakum Hill® and Clayform® today", "Start with Lanternfen and Clayform this week", "fact.mark"},
		"the former owner's becomes the client's of that kind": {"Learn to throw pots with Oakum Hill® today", "Throw your pots at Evening Wheel™ this week", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, says(func(_ int, id, text string) string {
				if id == "headline" {
					return tt.now
				}
				return text
			}))
			in := elements(t, textElement("headline", tt.was), textElement("other", "Get the free glaze recipe cards"))
			payload := with(with(inline("run-1", in), "brandGuide", markedGuide), "metadata", map[string]any{"former": map[string]any{"names": []string{"Oakum Hill"}}})
			checks := w.output(w.run(payload)).Checks
			for _, f := range checks[0].Open {
				if f.Severity != funnel.Warning && f.Rule != tt.rule {
					t.Errorf("%+v", f)
				}
			}
			if checks[0].Kept != (tt.rule != "") {
				t.Errorf("kept: %t, open: %+v", checks[0].Kept, checks[0].Open)
			}
		})
	}
}
