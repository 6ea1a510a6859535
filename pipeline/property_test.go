package pipeline_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

// misdeeds are ways in which a model errs.
var misdeeds = []func(was, good string) string{
	func(_, _ string) string { return "" },
	func(was, _ string) string { return was },
	func(_, good string) string { return strings.Repeat(good+" ", 10) },
	func(_, good string) string { return `{"text":"` + good + `"}` },
	func(_, good string) string { return "**" + good + "**" },
	func(_, good string) string { return "Sure! Here is the rewritten text: " + good },
	func(_, _ string) string { return "I'm sorry, but I can't help with that." },
	func(_, good string) string { return good + ` <script>alert(1)</script>` },
	func(_, good string) string { return good + ` https://evil.example/` },
	func(_, good string) string { return strings.ReplaceAll(good, "9", "7") },
	func(_, good string) string { return strings.ReplaceAll(good, "{{", "{") },
	func(_, good string) string {
		return strings.ReplaceAll(strings.ReplaceAll(good, "<b>", ""), "</b>", "")
	},
	func(_, good string) string { return strings.ReplaceAll(good, "\n\n", " ") },
	func(_, good string) string { return good[:len(good)/2] },
	func(_, good string) string { return good + " Oakum Hill" },
	func(_, _ string) string { return "Holen Sie sich jetzt die Karten und beginnen Sie noch heute" },
	func(_, good string) string { return good + " \x00\u202e" },
	func(_, good string) string { return good + " 500% guaranteed" },
}

// kept says that a text keeps its original. One of a few words may come back as it was.
func (d checked) kept(id string) bool {
	return slices.ContainsFunc(d.Checks, func(c pipeline.Check) bool { return c.ElementID == id && c.Kept })
}

// TestWhateverTheModelSaysOnlyPermittedLeavesChange runs funnels against answers of any kind: what comes out passes every
// rule or is the original with a problem, and nothing else of the funnel changes.
func TestWhateverTheModelSaysOnlyPermittedLeavesChange(t *testing.T) {
	sources := []string{
		"Get the free glaze cards for $99 and begin with card 9", "Hello {{contact.first_name}}, <b>download</b> your cards now",
		"Learn the easy way.\n\nJoin us by 9 May and get 19% off", "{Download|Get} the free cards", "Oakum Hill has the best tips for the kiln",
		"{% if x %}Get the cards now{% else %}Join the free class{% endif %}", "مرحبا بك في الورشة معنا اليوم", "Discover 🎉 the secret of a great glaze",
	}
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			list := []any{textElement("opt_brand_name", "Oakum Hill"), textElement("a_url", "/x"), map[string]any{"element_id": "w", "type": "widget", "n": 1.5}}
			was := map[string]string{}
			for i, s := range sources {
				id := fmt.Sprintf("part_%d", i)
				list = append(list, textElement(id, s))
				was[id] = s
			}
			w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind != openaitest.KindAgent {
					return nil
				}
				return &openaitest.Fault{Edit: func(r []openaitest.Rewritten) (out []openaitest.Rewritten) {
					for _, x := range r {
						if x.ID == "opt_brand_name" {
							out = append(out, openaitest.Rewritten{ID: x.ID, Text: "Lanternfen"})
							continue
						}
						switch rnd.IntN(8) {
						case 0:
						case 1:
							out = append(out, x, openaitest.Rewritten{ID: x.ID, Text: x.Text + " more"})
						default:
							out = append(out, openaitest.Rewritten{ID: x.ID, Text: misdeeds[rnd.IntN(len(misdeeds))](was[x.ID], x.Text)})
						}
					}
					return append(out, openaitest.Rewritten{ID: "a_url", Text: "https://evil.example/"}, openaitest.Rewritten{ID: "w", Text: "x"})
				}}
			}))
			in := elements(t, list...)
			s := w.run(inline("run-1", in))
			doc := w.output(s)
			var before []map[string]any
			read(t, []byte(in), &before)
			problems := strings.Join(doc.Problems, "\n")
			for i, e := range before {
				id := e["element_id"].(string)
				got := doc.Funnel[i]
				now, _ := got["text"].(string)
				if text, isCopy := was[id]; isCopy {
					switch {
					case now == text && doc.kept(id) != strings.Contains(problems, "text "+id+" keeps its original"):
						t.Errorf("%s is unchanged, and check and problem differ: %s", id, problems)
					case now != text && funnel.Check(text, now) != nil:
						t.Errorf("%q became %q: %v", text, now, funnel.Check(text, now))
					case now != text && strings.Contains(now, "Oakum"):
						t.Errorf("%q became %q", text, now)
					}
					e["text"] = now
				} else if id == "opt_brand_name" {
					e["text"] = now
				}
				a, _ := json.Marshal(e)
				b, _ := json.Marshal(got)
				if string(a) != string(b) {
					t.Errorf("%s became %s", a, b)
				}
			}
			w.billEqualsTotal(s.Cost)
		})
	}
}
