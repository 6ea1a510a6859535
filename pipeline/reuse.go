package pipeline

// An earlier run's rewrites are taken again, at $0, where nothing that they were made by has changed: the text, its
// place, the guide, the rules, the request and the model. What a simulator wrote is for no run that asks a model, nor the
// other way round. reuseFrom names the run. By itself a run looks at the newest
// completed run of its template, and only where that was of another version: who runs the same version again wants
// new rewrites.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/funnel"
	"github.com/full-turner/full-turner/store"
)

// earlierRun is a run whose rewrites may be taken.
type earlierRun struct {
	id     string
	asked  bool // the request names it
	basis  string
	checks []Check
}

// basis tells apart what rewrites are made by, beside the texts themselves.
func (w *rewriter) basis() string {
	model := w.terms.models.agent.Model
	if w.simulated {
		model = "simulated " + model
	}
	rules, _ := json.Marshal(w.client) // strings only: they cannot fail
	former, _ := json.Marshal(w.former)
	more, _ := json.Marshal([]map[string]string{w.template.settings.glossary, w.template.settings.replace})
	return shortHash(agentInstructions, w.brief.guide.Text, w.brief.request, string(rules), string(former), string(more), model)
}

// reuse gives the jobs that an earlier run's rewrites do for, held to today's rules.
func (w *rewriter) reuse(result *rewrite, earlier *earlierRun) (reused []job) {
	if earlier == nil {
		return nil
	}
	if earlier.basis != w.basis() {
		if earlier.asked {
			result.notes = append(result.notes, fmt.Sprintf("nothing of run %s could be reused: its guide, rules, request or model differ, or one of the two is simulated", earlier.id))
		}
		return nil
	}
	byText := map[[2]string]Check{}
	for _, c := range earlier.checks {
		at := [2]string{c.Place, c.Before}
		if _, known := byText[at]; !known && !c.Kept && !failed(c.Open) {
			byText[at] = c
		}
	}
	for _, t := range w.copies {
		c, ok := byText[[2]string{placeOf(t), t.Text}]
		if !ok {
			continue
		}
		linked := t
		linked.Text, _ = w.replace.Links(t.Text) // as the earlier run gave its rewrite out
		if v := w.checker.verify(linked, c.After); !v.failed() {
			reused = append(reused, w.settle(job{text: t, best: &v, reused: true}))
		}
	}
	if len(reused) > 0 {
		result.saved = w.likely(w.copies) - w.likely(remaining(w.copies, reused))
		result.notes = append(result.notes, fmt.Sprintf("%d of %d texts are as run %s has them", len(reused), len(w.copies), earlier.id))
	}
	return reused
}

// remaining are the texts that are not among the reused.
func remaining(all []funnel.Text, reused []job) (left []funnel.Text) {
	done := map[string]bool{}
	for _, j := range reused {
		done[j.text.Key] = true
	}
	for _, t := range all {
		if !done[t.Key] {
			left = append(left, t)
		}
	}
	return left
}

// likely is about what it costs to have texts rewritten.
func (w *rewriter) likely(texts []funnel.Text) (total cost.Amount) {
	for _, batch := range batches(jobsOf(texts)) {
		if _, expected, err := w.terms.agent(w.brief.forAgent(pieces(batch)), 0); err == nil {
			total = total.Plus(expected.Likely)
		}
	}
	return total
}

// findEarlier finds the run whose rewrites may be taken. Which one it is stands in a row of the run's log, so that a
// resumed run takes the same and asks the same.
func (p *Pipeline) findEarlier(ctx context.Context, h *hold, t template) (*earlierRun, error) {
	if h.request.NoReuse {
		return nil, nil
	}
	id, err := h.request.ReuseFrom, error(nil)
	if id == "" {
		if id, err = p.earlierOfTemplate(ctx, h, t); err != nil || id == "" {
			return nil, err
		}
	}
	e := &earlierRun{id: id, asked: h.request.ReuseFrom != ""}
	run, err := p.Store.Run(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound) && e.asked:
		return nil, failure(InvalidRequest, "reuseFrom: there is no run %q", id)
	case err != nil:
		return nil, fmt.Errorf("run %s, to be reused: %w", id, err)
	case run.Status != store.Completed && e.asked:
		return nil, failure(InvalidRequest, "reuseFrom: run %q is %s; only a completed run has rewrites to take", id, run.Status)
	}
	var out output
	if err := json.Unmarshal(run.Output, &out); err != nil {
		return e, nil
	}
	e.basis = out.Basis
	raw, err := p.Objects.Get(ctx, out.Key)
	if errors.Is(err, store.ErrNotFound) {
		return e, nil
	}
	if err != nil {
		return nil, fmt.Errorf("output of run %s, to be reused: %w", id, err)
	}
	var document struct {
		Checks []Check `json:"checks"`
	}
	if json.Unmarshal(raw, &document) == nil {
		e.checks = document.Checks
	}
	return e, nil
}

// reuseRow is the row that says whose rewrites are taken.
const reuseRow = "reuse#"

// earlierOfTemplate is the newest completed run of the template, where it was of another version; "" where it was not.
func (p *Pipeline) earlierOfTemplate(ctx context.Context, h *hold, t template) (id string, err error) {
	if t.version == store.InlineTemplate {
		return "", nil
	}
	if h.attempt > 1 {
		rows, err := p.Store.Logs(ctx, h.runID, reuseRow)
		if err != nil {
			return "", fmt.Errorf("whose rewrites run %s takes: %w", h.runID, err)
		}
		if len(rows) > 0 {
			var row struct{ From string }
			_ = json.Unmarshal(rows[0].Data, &row) // this program wrote it
			return row.From, nil
		}
	}
	runs, _, err := p.Store.Runs(ctx, t.id, 5, "")
	if err != nil {
		return "", fmt.Errorf("earlier runs of template %s: %w", t.id, err)
	}
	for _, r := range runs {
		if r.RunID != h.runID && r.Status == store.Completed {
			if r.TemplateVersion != t.version {
				id = r.RunID
			}
			break
		}
	}
	return id, h.note(ctx, logRow{reuseRow, "INFO", "rewrites to take", map[string]any{"from": id}})
}
