package pipeline_test

import (
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

func TestAnAnswerThatWasLostIsNamedAndAskedForAgain(t *testing.T) {
	for _, kind := range []string{openaitest.KindImage, openaitest.KindAgent} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == kind && c.N == 1 {
					return &openaitest.Fault{Drop: openaitest.DropAfter}
				}
				return nil
			}))
			s := w.run(inline("run-1", testFunnel(1, 1)))
			if s.Cost.PossiblyCharged == nil || s.Cost.PossiblyCharged.Calls != 1 {
				t.Fatalf("cost: %+v", s.Cost)
			}
			w.billCovered(s.Cost)
			named := 0
			for _, row := range w.rows("run-1", "call#"+kind) {
				if row.Data["possiblyCharged"] != nil {
					named++
				}
			}
			if named != 1 {
				t.Errorf("%d ledger rows name a possible charge", named)
			}
		})
	}
}

func TestRefusedAndMalformedAnswersStillCost(t *testing.T) {
	t.Run("a refusal fails the run, costs, and is not paid for again", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent {
				return &openaitest.Fault{Refusal: "I cannot help with that."}
			}
			return nil
		}))
		payload := inline("run-1", testFunnel(0, 2))
		w.fails(payload, pipeline.AgentRefused)
		w.fails(payload, pipeline.AgentRefused)
		r := w.getRun("run-1")
		if r.Cost.Agent == 0 || r.Cost.Details.Agent.Calls != 3 { // both texts, and each apart
			t.Errorf("%+v", r.Cost)
		}
		w.billEqualsTotal(r.Cost)
	})
	t.Run("an answer that is not what was asked is repaired", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent && c.N == 1 {
				return &openaitest.Fault{Text: "Here you go: {"}
			}
			return nil
		}))
		s := w.run(inline("run-1", testFunnel(0, 2)))
		if s.Cost.Details.Agent.Calls != 2 || s.Problems.Count != 0 {
			t.Errorf("%+v", s)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("an agent that never answers as asked is AgentFailed, and a later invoke asks afresh", func(t *testing.T) {
		broken := true
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent && broken {
				return &openaitest.Fault{Text: "[]"}
			}
			return nil
		}))
		payload := inline("run-1", testFunnel(0, 2))
		w.fails(payload, pipeline.AgentFailed)
		w.billEqualsTotal(w.getRun("run-1").Cost)
		broken = false
		s := w.run(payload)
		if s.Problems.Count != 0 {
			t.Errorf("%+v", s.Problems)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("a rewrite that breaks a merge tag is asked for again, and else the original stays", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			return &openaitest.Fault{Edit: func(r []openaitest.Rewritten) []openaitest.Rewritten {
				for i := range r {
					if r[i].ID == "text_1" {
						r[i].Text = strings.ReplaceAll(r[i].Text, "{{contact.first_name}}", "{{name}}")
					}
				}
				return append(r, openaitest.Rewritten{ID: "opt_form_url", Text: "/elsewhere"})
			}}
		}))
		in := testFunnel(0, 2)
		s := w.run(inline("run-1", in))
		var doc document
		read(t, s.Output.Document, &doc)
		var before []map[string]any
		read(t, []byte(in), &before)
		for i, e := range doc.Funnel {
			if e["element_id"] == "text_0" && e["text"] == before[i]["text"] || e["element_id"] != "text_0" && e["element_id"] != "opt_color_brand" && e["text"] != before[i]["text"] {
				t.Errorf("%v: %v", e["element_id"], e["text"])
			}
		}
		if len(doc.Problems) != 1 || !strings.Contains(doc.Problems[0], "text_1") {
			t.Errorf("problems: %q", doc.Problems)
		}
		if s.Cost.Details.Agent.Calls != 3 {
			t.Errorf("%d calls", s.Cost.Details.Agent.Calls)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("an answer cut short is asked for again with more room to reason", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent && c.N == 1 {
				return &openaitest.Fault{Incomplete: "max_output_tokens"}
			}
			return nil
		}))
		s := w.run(inline("run-1", testFunnel(0, 6)))
		var room []int64
		for _, c := range w.openai.Calls() {
			if c.Kind == openaitest.KindAgent {
				room = append(room, c.MaxOutputTokens)
			}
		}
		if s.Problems.Count != 0 || len(room) != 2 || room[1] <= room[0] {
			t.Errorf("%+v, room %v", s.Problems, room)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("an agent whose answers are always cut short is asked three times and no more, however much copy there is", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindAgent {
				return &openaitest.Fault{Incomplete: "max_output_tokens"}
			}
			return nil
		}))
		w.fails(inline("run-1", testFunnel(0, 600)), pipeline.AgentFailed)
		if n := w.openai.Count(openaitest.KindAgent); n != 3 {
			t.Errorf("%d calls", n)
		}
		w.billEqualsTotal(w.getRun("run-1").Cost)
	})
	t.Run("a picture that is none costs and is not asked for again", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
			if c.Kind == openaitest.KindImage {
				return &openaitest.Fault{Image: []byte("not a picture")}
			}
			return nil
		}))
		s := w.run(inline("run-1", testFunnel(2, 1)))
		if s.Images.Failed != 2 || s.Cost.Details.Images.Calls != 2 {
			t.Errorf("%+v %+v", s.Images, s.Cost)
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("an answer without usage is possibly charged", func(t *testing.T) {
		w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault { return &openaitest.Fault{NoUsage: true} }))
		s := w.run(inline("run-1", testFunnel(1, 1)))
		if s.Cost.Total != 0 || s.Cost.PossiblyCharged == nil || s.Cost.PossiblyCharged.Calls != 2 || s.Images.Succeeded != 1 {
			t.Errorf("%+v", s)
		}
		w.billCovered(s.Cost)
	})
}

func TestWhatTheCatalogueHasNoRateForIsPossiblyCharged(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindAgent {
			return &openaitest.Fault{Usage: &openaitest.Usage{Input: 2000, CacheWrite: 1500, Output: 100}}
		}
		return nil
	}))
	s := w.run(inline("run-1", testFunnel(0, 1)))
	if s.Cost.Total != 0 || s.Cost.PossiblyCharged == nil || s.Cost.PossiblyCharged.Calls != 1 {
		t.Errorf("%+v", s.Cost)
	}
	named := false
	for _, line := range w.logs.lines(t) {
		if line["message"] == "call possibly charged" {
			d, _ := line["data"].(map[string]any)
			why, _ := d["cause"].(string)
			named = strings.Contains(why, "cacheWrite")
		}
	}
	if !named {
		t.Error("the log does not say which field has no rate")
	}
	w.billCovered(s.Cost)
}
