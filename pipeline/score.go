package pipeline

import (
	"cmp"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

// Check is what became of one text, for whoever reviews the run.
type Check struct {
	ElementID string           `json:"elementId"`
	Field     string           `json:"field"` // of the element: "text", "alt_text"
	Place     string           `json:"place,omitempty"`
	Before    string           `json:"before"`
	After     string           `json:"after"`
	Score     int              `json:"score"`  // 0 to 100
	Tried     []string         `json:"tried"`  // names of the rules that it was held to
	Mended    []funnel.Finding `json:"mended"` // what an earlier rewrite of it was sent back for
	Open      []funnel.Finding `json:"open"`   // what is still wrong: of a text that is kept, why
	Kept      bool             `json:"kept"`   // the original stays
	Reused    bool             `json:"reused,omitempty"`
}

// TextCounts are the texts of a run. Those reused are among the rewritten.
type TextCounts struct {
	Total     int `json:"total"`
	Rewritten int `json:"rewritten"`
	Kept      int `json:"kept"` // they keep their original, each with a problem
	Reused    int `json:"reused"`
}

// Review says whether somebody has to look at a completed run before it is published.
type Review string

const (
	Clean       Review = "clean"       // no problem, and the score is at least the one that was asked for
	NeedsReview Review = "needsReview" // there are problems, or the score is lower
)

// reviewOf is the review line of a completed run. A run without texts has no score.
func reviewOf(problems int, score *int, minScore int) Review {
	if problems > 0 || (score != nil && *score < minScore) {
		return NeedsReview
	}
	return Clean
}

// countTexts counts what became of the texts.
func countTexts(checks []Check) (c TextCounts) {
	c.Total = len(checks)
	for _, k := range checks {
		switch {
		case k.Kept:
			c.Kept++
		default:
			c.Rewritten++
		}
		if k.Reused {
			c.Reused++
		}
	}
	return c
}

// scoreOf is a run's score; nil where it has no texts.
func scoreOf(checks []Check) *int {
	if len(checks) == 0 {
		return nil
	}
	scores := make([]int, len(checks))
	for i, c := range checks {
		scores[i] = c.Score
	}
	score := brand.RunScore(scores)
	return &score
}

// minScore is the score under which a run needs review: the request's, else the operator's.
func (p *Pipeline) minScore(req Request) int { return *cmp.Or(req.MinScore, &p.MinScore) }
