package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// rulesUnknown is how many calls about a guide may end with nobody knowing their outcome. A run can do without.
const rulesUnknown = 3

// errKnown says that the rules of a guide need not be asked for.
var errKnown = errors.New("the rules of the guide are known")

// extract has the agent find the rules in the prose of a guide that code cannot read. It is paid for once per guide and
// model: the answer is kept where every later run finds it. Runs that begin at the same moment may each pay.
//
// A run can do without: where the agent declines, or answers with something else, a note says so.
func (w *rewriter) extract(ctx context.Context, result *rewrite) (found brand.Brand, err error) {
	guide := w.template.guide
	if !guide.NeedsExtraction() {
		return brand.Brand{}, nil
	}
	model := w.terms.models.agent.Model
	var kept []byte
	q := ledger.Question{
		Kind: cost.Agent, Row: agentCalls, Asked: shortHash("rules", guide.ExtractKey()), Model: model, Needs: w.needs, MaxUnknown: rulesUnknown,
		Key: guideKey(guide.ExtractKey(), model, w.simulated), ContentType: "application/json",
		Prepare: func(ctx context.Context, q *ledger.Question) (err error) {
			if kept, err = w.objects.Get(ctx, q.Key); err == nil {
				return errKnown
			}
			if !errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("the rules of the guide: %w", err)
			}
			return w.prepareExtraction(q, guide)
		},
		Ask: w.ask, Fetch: w.fetch,
		Judge: func(answer []byte) ([]byte, error) {
			if _, err := brand.ReadExtraction(answer, guide); err != nil {
				return nil, fmt.Errorf("%w: %w", openai.ErrMalformed, err)
			}
			return answer, nil
		},
	}
	answer, _, err := w.once(ctx, q)
	switch {
	case errors.Is(err, errKnown):
		answer = kept
	case errors.Is(err, openai.ErrRefused), errors.Is(err, openai.ErrIncomplete), errors.Is(err, openai.ErrMalformed):
		result.notes = append(result.notes, "the rules in the guide's prose could not be read, so code checks only those that it found by itself: "+abbreviateError(err))
		return brand.Brand{}, nil
	case err != nil:
		return brand.Brand{}, err
	}
	return brand.ReadExtraction(answer, guide)
}

// prepareExtraction makes the request. What it is told besides the guide is the same for all.
func (w *rewriter) prepareExtraction(q *ledger.Question, guide brand.Guide) error {
	output, expected, err := w.terms.extraction(guide)
	q.Ceiling = expected.Most
	q.Request = openai.AgentRequest{
		Model: q.Model, Instructions: brand.ExtractInstructions, Input: []string{guide.Text},
		SchemaName: "rules", Schema: brand.ExtractSchema, Effort: w.terms.effort, MaxOutputTokens: output,
		Cache: w.terms.uncached(q.Model), ServiceTier: w.terms.tier, FallBack: !w.terms.wait,
	}
	return err
}

// rulesKnown says that nothing is to be paid for the rules of a template's guide.
func (p *Pipeline) rulesKnown(ctx context.Context, t template, m models) (bool, error) {
	if !t.guide.NeedsExtraction() {
		return true, nil
	}
	_, err := p.Objects.Get(ctx, guideKey(t.guide.ExtractKey(), m.agent.Model, p.Simulated))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
