package pipeline

import (
	"context"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/picture"
)

// Estimate is what a run is expected to cost: what is likely, and at the most the sum of what each of its calls can cost,
// repairs aside. A budget of the most lets the run through.
type Estimate struct {
	TemplateID      string            `json:"templateId"`
	TemplateVersion string            `json:"templateVersion"`
	ExpectedCost    cost.Amount       `json:"expectedCost"` // the most
	LikelyCost      cost.Amount       `json:"likelyCost"`
	Agent           EstimatedCalls    `json:"agent"`
	Images          EstimatedCalls    `json:"images"`
	Models          map[string]string `json:"models"`
	Catalog         string            `json:"catalog"`
}

// EstimatedCalls are the calls of one kind.
type EstimatedCalls struct {
	Calls  int         `json:"calls"`
	Cost   cost.Amount `json:"cost"` // the most
	Likely cost.Amount `json:"likely"`
}

func (c *EstimatedCalls) add(e cost.Expected) {
	c.Calls++
	c.Cost, c.Likely = c.Cost.Plus(e.Most), c.Likely.Plus(e.Likely)
}

// Estimate says what the run would cost, with nothing spent, written or fetched.
func (p *Pipeline) Estimate(ctx context.Context, req Request) (Estimate, error) {
	if req.continues() {
		return Estimate{}, failure(InvalidRequest, "an estimate needs a templateId, or both brandGuide and templateFunnel")
	}
	t, err := p.template(ctx, req, req.TemplateVersion)
	if err != nil {
		return Estimate{}, err
	}
	m, err := p.chooseModels()
	if err != nil {
		return Estimate{}, err
	}
	e := Estimate{TemplateID: t.id, TemplateVersion: t.version, Models: m.recorded(), Catalog: p.Catalog.Date()}
	_, former := t.owners(brand.Brand{})
	terms, brief := p.terms(m), brief{t.guide, rulesFor(t, former), req.Input}
	forImages := imagesOf(t, req.Input)
	for _, task := range imageTasks(t.funnel) {
		if picture.LeaveAlone(task.url, task.width, task.height) != nil {
			continue
		}
		expected, err := dearest(terms, forImages, task)
		if err != nil {
			return Estimate{}, err
		}
		e.Images.add(expected)
	}
	if known, err := p.rulesKnown(ctx, t, m); err != nil {
		return Estimate{}, err
	} else if !known {
		_, expected, err := terms.extraction(t.guide)
		if err != nil {
			return Estimate{}, err
		}
		e.Agent.add(expected)
	}
	for _, batch := range batches(jobsOf(t.funnel.Texts())) {
		_, expected, err := terms.agent(brief.forAgent(pieces(batch)), 0)
		if err != nil {
			return Estimate{}, err
		}
		e.Agent.add(expected)
	}
	e.ExpectedCost, e.LikelyCost = e.Agent.Cost.Plus(e.Images.Cost), e.Agent.Likely.Plus(e.Images.Likely)
	return e, nil
}

// dearest is what an image is expected to cost. The original has not been looked at: where the element does not declare
// its size, the dearest shape counts.
func dearest(terms terms, brief imageBrief, task imageTask) (dearest cost.Expected, err error) {
	shapes := []shape{{task.width, task.height}}
	if task.width == 0 || task.height == 0 {
		shapes = []shape{{1, 1}, {3, 2}, {2, 3}, {3, 1}, {1, 3}}
	}
	for _, s := range shapes {
		logo := brief.sendsLogo(task)
		beside := 0
		if logo {
			beside = 1
		}
		_, expected, err := terms.image(brief.prompt(task, task.alt, logo), terms.qualityOf(task.role()), beside, s, shape{})
		if err != nil {
			return cost.Expected{}, err
		}
		dearest.Likely, dearest.Most = max(dearest.Likely, expected.Likely), max(dearest.Most, expected.Most)
	}
	return dearest, nil
}
