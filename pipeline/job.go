package pipeline

import (
	"fmt"
	"slices"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// job is one text at work, or done.
type job struct {
	piece
	text    funnel.Text
	restore func(string) (string, error) // puts the long stretches back that the agent does not see
	alike   []funnel.Text                // texts of the same words and role, which get the same rewrite

	best  *verdict         // the best rewrite so far that may be taken; once done, the one that is
	seen  []funnel.Finding // what rewrites were sent back for
	open  []funnel.Finding // why the last one was
	tried []string         // the rules that it was held to

	reused bool
}

// The rules that a rewrite breaks which is none.
const (
	ruleMissing    = "agent.missing"
	ruleUnreadable = "agent.unreadable"
	ruleDeclined   = "agent.declined"
	ruleAmbiguous  = "agent.ambiguous"
)

// sentBack says that no rewrite of the text was to be had, and why.
func (j *job) sentBack(rule, message string) {
	j.refuse([]funnel.Finding{{Rule: rule, Severity: funnel.Error, Message: message}})
}

// refuse sends a rewrite back with what is wrong with it.
func (j *job) refuse(findings []funnel.Finding) {
	j.open, j.Problem = findings, reasons(findings)
	for _, f := range findings {
		if len(j.seen) < maxMended && !slices.Contains(j.seen, f) {
			j.seen = append(j.seen, f)
		}
	}
}

// maxMended is how many findings of earlier rewrites are kept of a text.
const maxMended = 12

// jobs are the texts that are to be asked for, those of the same words and role once. Alternative texts of images stand
// first where there is more than one batch, because an image may wait for its own.
func (w *rewriter) jobs(reused []job) []job {
	done := map[string]bool{}
	for _, j := range reused {
		done[j.text.Key] = true
	}
	jobs := jobsOf(slices.DeleteFunc(slices.Clone(w.copies), func(t funnel.Text) bool { return done[t.Key] }))
	if len(batches(jobs)) > 1 {
		slices.SortStableFunc(jobs, func(a, b job) int { return rank(a) - rank(b) })
	}
	return jobs
}

func rank(j job) int {
	if j.text.Role == funnel.RoleAlt {
		return 0
	}
	return 1
}

// jobsOf are some texts as the agent is asked for them.
func jobsOf(texts []funnel.Text) []job {
	type same struct {
		text string
		role funnel.Role
	}
	var jobs []job
	at := map[same]int{}
	for _, t := range texts {
		if i, ok := at[same{t.Text, t.Role}]; ok {
			jobs[i].alike = append(jobs[i].alike, t)
			continue
		}
		at[same{t.Text, t.Role}] = len(jobs)
		masked, restore := funnel.Mask(t.Text)
		jobs = append(jobs, job{piece: piece{ID: t.Key, Text: masked, Place: placeOf(t)}, text: t, restore: restore})
	}
	return jobs
}

// pieces are what the agent is told of jobs.
func pieces(jobs []job) []piece {
	list := make([]piece, len(jobs))
	for i, j := range jobs {
		list[i] = j.piece
	}
	return list
}

// without counts the jobs that have no rewrite that may be taken.
func without(jobs []job) (n int) {
	for _, j := range jobs {
		if j.best == nil {
			n++
		}
	}
	return n
}

// take holds an answer's rewrites to the rules, takes the good ones and gives back the jobs that are still open, each
// with its problem. Rewrites of anything that was not asked for are left out.
//
// A rewrite with warnings may be taken. It is asked for once more, where a further call is made anyway, and the better of
// the two is taken.
func (w *rewriter) take(result *batch, answer agentAnswer, open []job) (left []job) {
	byID := map[string][]string{}
	for _, proposed := range answer.Rewrites {
		byID[proposed.ID] = append(byID[proposed.ID], proposed.Text)
	}
	for _, j := range open {
		again := j.best != nil
		v := w.judge(j, slices.Compact(byID[j.ID]))
		if j.tried == nil || len(v.tried) > 0 {
			j.tried = v.tried
		}
		if len(v.findings) > 0 {
			j.refuse(v.findings)
		}
		if !v.failed() && (!again || v.score() > j.best.score()) {
			j.best = &v
		}
		switch {
		case again, j.best != nil && len(v.findings) == 0:
			result.jobs = append(result.jobs, w.settle(j))
		default:
			left = append(left, j)
		}
	}
	result.notes = append(result.notes, remarks(answer.Notes)...)
	result.problems = append(result.problems, remarks(answer.Problems)...)
	return left
}

// ending takes the best rewrites of jobs about which nothing more is asked; those without any keep their original.
func (w *rewriter) ending(result batch, open []job) batch {
	for _, j := range open {
		result.jobs = append(result.jobs, w.settle(j))
	}
	return result
}

// judge is the rewrite of a text that an answer's proposals come to, with what is wrong with it.
func (w *rewriter) judge(j job, proposals []string) verdict {
	broken := func(rule, message string) verdict {
		return verdict{findings: []funnel.Finding{{Rule: rule, Severity: funnel.Error, Message: message}}}
	}
	switch len(proposals) {
	case 0:
		return broken(ruleMissing, "there was no rewrite of it")
	case 1:
		text, err := j.restore(proposals[0])
		if err != nil {
			return broken("structure.placeholder", err.Error())
		}
		return w.checker.verify(j.text, funnel.Fit(j.text.Text, text))
	}
	return broken(ruleAmbiguous, "there were several different rewrites of it")
}

// settle says that a job is done: whoever waits for its wording has it.
func (w *rewriter) settle(j job) job {
	for _, t := range append([]funnel.Text{j.text}, j.alike...) {
		w.words.settle(t.Key, w.final(j, t))
		if j.best != nil {
			w.progress.advance(t.Key)
		}
	}
	return j
}

// final is what stands in a text's place: its rewrite, or the original, with the former owner's addresses replaced.
func (w *rewriter) final(j job, t funnel.Text) string {
	text := t.Text
	if j.best != nil {
		text = j.best.text
	}
	text, _ = w.replace.Links(text)
	return text
}

// check is what became of a text, for whoever reviews the run.
func (w *rewriter) check(j job, t funnel.Text) Check {
	c := Check{
		ElementID: t.ElementID, Field: t.Field, Place: placeOf(t), Before: t.Text, After: w.final(j, t),
		Open: j.open, Tried: j.tried, Kept: j.best == nil, Reused: j.reused,
	}
	if j.best != nil {
		c.Open, c.Tried = j.best.findings, j.best.tried
	}
	for _, f := range j.seen {
		if !slices.ContainsFunc(c.Open, func(o funnel.Finding) bool { return o.Rule == f.Rule }) {
			c.Mended = append(c.Mended, f)
		}
	}
	return c
}

// keepsOriginal is the problem of a text that no rewrite could be taken of.
func keepsOriginal(key string, open []funnel.Finding) string {
	return fmt.Sprintf("text %s keeps its original: %s", key, ruled(open))
}
