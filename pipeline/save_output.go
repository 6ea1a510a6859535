package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/full-turner/full-turner/pipeline/funnel"
	"github.com/full-turner/full-turner/store"
)

// SaveOutput writes the output document and closes the run as completed, with its output, cost and results.
func (p *Pipeline) SaveOutput(ctx context.Context, h *hold, t template, made aggregated, copied rewrite) (s Summary, err error) {
	step := h.step(ctx, StepSaveOutput)
	defer step.end(&err)
	problems := append(made.problems(), copied.problems...)
	score, texts := scoreOf(copied.checks), countTexts(copied.checks)
	review := reviewOf(len(problems), score, p.minScore(h.request))
	notes := copied.notes
	if p.Simulated {
		notes = append([]string{"SIMULATED: no OpenAI model was asked; the rewrites and images show that the pipeline works, and nothing else"}, notes...)
	}
	document, err := outputDocument(t, made, copied, notes, problems)
	if err != nil {
		return Summary{}, err
	}
	key := outputKey(h.runID, h.attempt)
	put := func(ctx context.Context) error { return p.Objects.Put(ctx, key, "application/json", document) }
	if err := store.Persist(ctx, saveTime, put); err != nil {
		return Summary{}, fmt.Errorf("store the output of run %s: %w", h.runID, err)
	}
	location := p.Objects.Location(key)
	record, err := json.Marshal(output{
		Location: location, Key: key, Bytes: len(document), Images: made.counts(),
		Problems: Problems{Count: len(problems), First: shortened(problems)},
		Review:   review, Score: score, Texts: &texts, Saved: copied.saved, Basis: copied.basis,
	})
	if err != nil {
		return Summary{}, err
	}
	if err := h.ledger.Reread(ctx); err != nil {
		return Summary{}, err
	}
	err = h.close(ctx, step.row("ok"), store.Completed, func(r *store.Run) { r.Output, r.Error = record, nil },
		"images", made.counts(), "problems", len(problems), "output", location, "review", review, "score", score)
	if err != nil {
		return Summary{}, err
	}
	if s, err = summarize(h.record()); err == nil && len(document) <= maxDocument {
		s.Output.Document = document
	}
	return s, err
}

// outputDocument is the product's deliverable. The funnel's bytes go in as they are: what was not rewritten is
// what came in.
func outputDocument(t template, made aggregated, copied rewrite, notes, problems []string) ([]byte, error) {
	merged, err := t.funnel.Merge(copied.texts, made.urls)
	if err != nil {
		return nil, fmt.Errorf("merge the funnel: %w", err)
	}
	if again, err := funnel.ParseWith(merged, t.settings.reading()); err != nil || again.Len() != t.funnel.Len() {
		return nil, fmt.Errorf("the merged funnel is not the funnel that came in: %w", err)
	}
	var doc bytes.Buffer
	doc.WriteString(`{"funnel_json":`)
	doc.Write(merged)
	for _, part := range []struct {
		name  string
		value any
	}{
		{"asset_map", orEmpty(made.assets)}, {"notes", orEmpty(notes)}, {"problems", orEmpty(problems)},
		{"kept", orEmpty(append(made.kept, copied.kept...))}, {"checks", orEmpty(copied.checks)},
	} {
		fmt.Fprintf(&doc, ",%q:", part.name)
		enc := json.NewEncoder(&doc)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(part.value); err != nil {
			return nil, fmt.Errorf("output document, %s: %w", part.name, err)
		}
		doc.Truncate(doc.Len() - 1) // Encode ends with a line break
	}
	doc.WriteString("}\n")
	return doc.Bytes(), nil
}

// orEmpty makes an absent list an empty one, which JSON tells apart.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// shortened is the first few problems, each short enough for a response.
func shortened(problems []string) []string {
	first := []string{}
	for _, p := range firstOf(problems, 5) {
		first = append(first, truncate(p, 400))
	}
	return first
}
