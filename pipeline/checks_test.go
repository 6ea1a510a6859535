package pipeline_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

// checked is the part of an output document that says what became of the texts.
type checked struct {
	document
	Kept   []funnel.Kept    `json:"kept"`
	Checks []pipeline.Check `json:"checks"`
}

// output is a run's output document, wherever it is.
func (w *world) output(s pipeline.Summary) (doc checked) {
	w.t.Helper()
	raw, err := os.ReadFile(s.Output.Location)
	if err != nil {
		w.t.Fatal(err)
	}
	read(w.t, raw, &doc)
	return doc
}

func elements(t testing.TB, list ...any) string {
	t.Helper()
	raw, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// says has the fake answer with other rewrites, by id; n counts the agent's calls from 1.
func says(edit func(n int, id, text string) string) setting {
	return faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind != openaitest.KindAgent {
			return nil
		}
		return &openaitest.Fault{Edit: func(r []openaitest.Rewritten) []openaitest.Rewritten {
			for i := range r {
				r[i].Text = edit(c.N, r[i].ID, r[i].Text)
			}
			return r
		}}
	})
}

func TestChecks(t *testing.T) {
	const price = "Get the whole course for $97 and begin today"
	in := elements(t, textElement("headline", "Download the free glaze recipe cards now"), textElement("offer", price),
		textElement("privacy_url", "/privacy"), textElement("opt_privacy_text", "By signing up you agree to our privacy policy."))

	t.Run("a changed price that is mended is told, and costs one repair of that text alone", func(t *testing.T) {
		w := newWorld(t, says(func(n int, id, text string) string {
			if id == "offer" && n == 1 {
				return "Take the full course for $79 and start now"
			}
			return text
		}))
		s := w.run(inline("run-1", in))
		doc := w.output(s)
		calls := w.calls(openaitest.KindAgent)
		if s.Problems.Count != 0 || s.Review != pipeline.Clean || len(calls) != 2 || len(calls[1].Elements) != 1 {
			t.Errorf("%+v, %d calls", s, len(calls))
		}
		for _, c := range doc.Checks {
			if c.ElementID == "offer" && (len(c.Mended) == 0 || c.Kept || len(c.Open) != 0) {
				t.Errorf("%+v", c)
			}
		}
		w.billEqualsTotal(s.Cost)
	})
	t.Run("a changed price that is not mended keeps the original and names the rule", func(t *testing.T) {
		w := newWorld(t, says(func(_ int, id, text string) string {
			if id == "offer" {
				return "Take the full course for $79 and start now"
			}
			return text
		}))
		s := w.run(inline("run-1", in))
		doc := w.output(s)
		if s.Problems.Count != 1 || !strings.Contains(doc.Problems[0], "offer keeps its original: [fact.price]") || s.Review != pipeline.NeedsReview {
			t.Errorf("%+v", s)
		}
		if doc.Funnel[1]["text"] != price || s.Texts.Kept != 1 || s.Texts.Rewritten != 1 || *s.Score > 80 {
			t.Errorf("%v, %+v, score %d", doc.Funnel[1], *s.Texts, *s.Score)
		}
	})
	t.Run("every element with words is rewritten, kept with its reason, or a problem", func(t *testing.T) {
		w := newWorld(t)
		doc := w.output(w.run(inline("run-1", in)))
		codes := map[string]string{}
		for _, k := range doc.Kept {
			codes[k.ElementID] = k.Code
		}
		if len(doc.Checks) != 2 || codes["opt_privacy_text"] != "legal" || codes["privacy_url"] == "" {
			t.Errorf("%d checks; kept %v", len(doc.Checks), codes)
		}
	})
	t.Run("a score under minScore needs review", func(t *testing.T) {
		w := newWorld(t, says(func(_ int, id, text string) string {
			if id == "headline" {
				return "GRAB THE COMPLIMENTARY GLAZE RECIPE CARDS TODAY"
			}
			return text
		}))
		if s := w.run(with(inline("run-1", in), "minScore", 100)); s.Review != pipeline.NeedsReview || s.Problems.Count != 0 {
			t.Errorf("%s, %+v, score %d", s.Review, s.Problems, *s.Score)
		}
		if s := w.run(inline("run-2", in)); s.Review != pipeline.Clean {
			t.Errorf("%s, %+v", s.Review, s.Problems)
		}
	})
	t.Run("texts of the same words and role are asked for once", func(t *testing.T) {
		w := newWorld(t)
		s := w.run(inline("run-1", elements(t, textElement("a_text", price), textElement("b_text", price))))
		doc := w.output(s)
		if calls := w.calls(openaitest.KindAgent); len(calls[0].Elements) != 1 || doc.Funnel[0]["text"] != doc.Funnel[1]["text"] || s.Texts.Rewritten != 2 {
			t.Errorf("asked for %v: %v", calls[0].Elements, doc.Funnel)
		}
	})
	t.Run("a funnel without copy is a problem", func(t *testing.T) {
		s := newWorld(t).run(inline("run-1", elements(t, textElement("a_url", "/x"))))
		if s.Problems.Count != 1 || s.Review != pipeline.NeedsReview || s.Score != nil {
			t.Errorf("%+v", s)
		}
	})
}

func TestReuse(t *testing.T) {
	put := func(w *world, texts ...string) {
		var list []any
		for i, text := range texts {
			list = append(list, textElement(fmt.Sprintf("text_%d", i), text))
		}
		w.do(map[string]any{"action": "putTemplate", "templateId": "t", "brandGuideContent": guide, "templateFunnelJson": elements(t, list...)}, &struct{}{})
	}
	texts := []string{"Download the free glaze recipe cards now", "Learn the easy way to a good glaze", "Get the best tips for the kiln"}
	w := newWorld(t)
	run := func(id string, more ...any) pipeline.Summary {
		payload := map[string]any{"runId": id, "templateId": "t"}
		for i := 0; i < len(more); i += 2 {
			payload[more[i].(string)] = more[i+1]
		}
		return w.run(payload)
	}
	put(w, texts...)
	first := run("first")
	if s := run("again"); s.Texts.Reused != 0 || s.Cost.Total == 0 {
		t.Errorf("the same version again took %d texts", s.Texts.Reused)
	}
	put(w, append(texts, "Discover a simple kiln for your shed")...)
	if s := run("grown"); s.Texts.Reused != 3 || s.Texts.Rewritten != 4 || s.Saved <= 0 || s.Cost.Total >= first.Cost.Total {
		t.Errorf("%+v, saved %s, cost %s", *s.Texts, s.Saved, s.Cost.Total)
	}
	if s := run("named", "reuseFrom", "grown"); s.Texts.Reused != 4 || s.Cost.Total != 0 {
		t.Errorf("%+v, cost %s", *s.Texts, s.Cost.Total)
	}
	put(w, texts[:2]...)
	if s := run("off", "reuse", false); s.Texts.Reused != 0 {
		t.Errorf("%+v", *s.Texts)
	}
	if s := run("other", "reuseFrom", "grown", "input", "Make it calm."); s.Texts.Reused != 0 {
		t.Errorf("another request took %d texts", s.Texts.Reused)
	}
	w.fails(map[string]any{"runId": "x", "templateId": "t", "reuseFrom": "none"}, pipeline.InvalidRequest)
}

func TestASimulatorsRewritesAreNoModelsAndTheOtherWayRound(t *testing.T) {
	w := newWorld(t)
	asked := w.Pipeline
	simulated := w.another(func(c *pipeline.Config) { c.Simulated = true })
	in := elements(t, textElement("headline", "Download the free glaze recipe cards now"))
	reused := func(p *pipeline.Pipeline, id, from string) int {
		w.Pipeline = p
		payload := inline(id, in)
		if from != "" {
			payload["reuseFrom"] = from
		}
		return w.run(payload).Texts.Reused
	}
	reused(asked, "asked", "")
	reused(simulated, "simulated", "")
	for i, tt := range []struct {
		name string
		by   *pipeline.Pipeline
		from string
		want int
	}{
		{"a real run takes nothing of a simulated one", asked, "simulated", 0},
		{"a simulated run takes nothing of a real one", simulated, "asked", 0},
		{"a real run takes a real one's", asked, "asked", 1},
		{"a simulated run takes a simulated one's", simulated, "simulated", 1},
	} {
		if got := reused(tt.by, fmt.Sprintf("run-%d", i), tt.from); got != tt.want {
			t.Errorf("%s: it took %d texts", tt.name, got)
		}
	}
}

func TestACompletedRunsLineHasItsScoreAndReview(t *testing.T) {
	for name, tt := range map[string]struct {
		min    int
		review float64
	}{"clean": {0, 0}, "to be reviewed": {100, 1}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, says(func(_ int, _, text string) string { return "GRAB THE COMPLIMENTARY GLAZE RECIPE CARDS TODAY" }))
			s := w.run(with(inline("run-1", elements(t, textElement("headline", "Download the free glaze recipe cards now"))), "minScore", tt.min))
			for _, line := range w.logs.lines(t) {
				if line["message"] == "run ended" && (line[pipeline.MetricScore] != float64(*s.Score) || line[pipeline.MetricRunsToReview] != tt.review) {
					t.Errorf("score %v, to review %v; the summary says %d, %s", line[pipeline.MetricScore], line[pipeline.MetricRunsToReview], *s.Score, s.Review)
				}
			}
		})
	}
}

func TestTemplateSettings(t *testing.T) {
	for name, tt := range map[string]struct{ metadata, want string }{
		"a lock that is misspelt":  {`{"Locked":["a"]}`, `write "lock"`},
		"a lock that is no list":   {`{"lock":"a"}`, "metadata.lock must be a list"},
		"no regular expression":    {`{"placeholders":["("]}`, "metadata.placeholders[0]"},
		"one that matches nothing": {`{"placeholders":["x*"]}`, "metadata.placeholders[0]"},
		"an unknown brand field":   {`{"brand":{"nme":"X"}}`, "metadata.brand"},
		"an empty rendering":       {`{"glossary":{"kiln":""}}`, "metadata.glossary"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			err := w.fails(map[string]any{"action": "putTemplate", "templateId": "t", "brandGuideContent": guide, "templateFunnelJson": testFunnel(0, 1), "metadata": json.RawMessage(tt.metadata)}, pipeline.InvalidRequest)
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v does not say %q", err, tt.want)
			}
			w.fails(with(inline("run-1", testFunnel(0, 1)), "metadata", json.RawMessage(tt.metadata)), pipeline.InvalidTemplate)
		})
	}
	t.Run("other keys are the operator's own", func(t *testing.T) {
		w := newWorld(t)
		w.do(map[string]any{"action": "putTemplate", "templateId": "t", "brandGuideContent": guide, "templateFunnelJson": testFunnel(0, 1), "metadata": map[string]any{"client": "Reed", "tags": []string{"a"}}}, &struct{}{})
	})
	t.Run("a locked element stays and is told", func(t *testing.T) {
		w := newWorld(t)
		doc := w.output(w.run(with(inline("run-1", testFunnel(0, 2)), "metadata", map[string]any{"lock": []string{"text_1*"}})))
		if len(doc.Checks) != 1 || doc.Checks[0].ElementID != "text_0" {
			t.Errorf("%+v", doc.Checks)
		}
	})
}
