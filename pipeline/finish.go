package pipeline

import (
	"fmt"
	"strings"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

// assemble puts the jobs' outcomes into the funnel's order: the texts, a check of each, and a problem for each that
// keeps its original.
func (w *rewriter) assemble(result *rewrite, made batch) {
	result.texts = map[string]string{}
	byKey := map[string]job{}
	for _, j := range made.jobs {
		for _, t := range append([]funnel.Text{j.text}, j.alike...) {
			byKey[t.Key] = j
		}
	}
	rewrites := map[string]string{}
	for key, j := range byKey {
		if j.best != nil {
			rewrites[key] = j.best.text
		}
	}
	across := w.checker.rules.CheckAll(w.copies, rewrites)
	for _, t := range w.copies {
		j, done := byKey[t.Key]
		if !done {
			continue
		}
		c := w.check(j, t)
		c.Open = append(c.Open[:len(c.Open):len(c.Open)], across[t.Key]...)
		c.Score = brand.Score(c.Open, c.Tried)
		c.Tried, c.Mended, c.Open = orEmpty(c.Tried), orEmpty(c.Mended), orEmpty(c.Open)
		result.checks = append(result.checks, c)
		switch {
		case c.Kept:
			result.problems = append(result.problems, keepsOriginal(t.Key, c.Open))
		case failed(across[t.Key]):
			result.problems = append(result.problems, fmt.Sprintf("text %s: %s", t.Key, ruled(across[t.Key])))
		}
		if j.best != nil {
			result.notes = append(result.notes, j.best.notes...)
		}
		if c.After != c.Before {
			result.texts[t.Key] = c.After
		}
	}
	result.notes, result.problems = append(result.notes, made.notes...), append(result.problems, made.problems...)
}

// finish does by code what is the brand's and no copy: contact details, colours, and the list of what was left alone. What
// still names the former owner is a problem each.
func (w *rewriter) finish(result *rewrite) {
	var all []funnel.Text
	for _, t := range w.copies {
		if now, ok := result.texts[t.Key]; ok {
			t.Text = now
		}
		all = append(all, t)
	}
	var colours []funnel.Held
	for _, h := range w.template.funnel.Held() {
		if h.Code == "colour" {
			colours = append(colours, h)
			continue
		}
		now, done := h.Text.Text, []string(nil)
		if h.Code != "locked" {
			now, done = w.replace.Replace(h.Text.Text)
		}
		if now != h.Text.Text {
			result.texts[h.Key] = now
			result.notes = append(result.notes, fmt.Sprintf("%s: replaced %s", h.ElementID, strings.Join(done, ", ")))
		} else {
			result.kept = append(result.kept, funnel.Kept{ElementID: h.ElementID, Code: h.Code, Message: h.Message})
		}
		h.Text.Text = now
		all = append(all, h.Text)
	}
	recoloured := brand.Recolour(colours, w.client.Palette)
	for _, c := range colours {
		if now, ok := recoloured.Values[c.Key]; ok {
			result.texts[c.Key] = now
			result.notes = append(result.notes, fmt.Sprintf("%s: the colour %s became %s", c.ElementID, c.Text.Text, now))
		}
	}
	result.notes, result.problems = append(result.notes, recoloured.Notes...), append(result.problems, recoloured.Problems...)
	result.kept = append(append(result.kept, recoloured.Kept...), w.template.funnel.Unread()...)
	for _, left := range brand.Leftover(all, w.former, w.client) {
		result.problems = append(result.problems, left.Message)
	}
	if len(w.copies) == 0 {
		result.problems = append(result.problems, fmt.Sprintf("the funnel has no copy: of its %d elements none holds a text to rewrite; kept says why", w.template.funnel.Len()))
	}
	result.basis = w.basis()
}

// allStrings are the strings of a funnel, copy or not.
func allStrings(f *funnel.Funnel) []funnel.Text {
	all := f.Texts()
	for _, h := range f.Held() {
		all = append(all, h.Text)
	}
	return all
}
