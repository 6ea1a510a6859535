package pipeline

import (
	"context"
	"encoding/json"

	"github.com/full-turner/full-turner/cost"
)

// Estimate is what a run is expected to cost at the most: the sum of what each of its calls is expected to cost,
// repairs aside. A budget of this much lets the run through.
type Estimate struct {
	TemplateID      string            `json:"templateId"`
	TemplateVersion string            `json:"templateVersion"`
	ExpectedCost    cost.Amount       `json:"expectedCost"`
	Agent           EstimatedCalls    `json:"agent"`
	Images          EstimatedCalls    `json:"images"`
	Models          map[string]string `json:"models"`
	Catalog         string            `json:"catalog"`
}

// EstimatedCalls are the calls of one kind.
type EstimatedCalls struct {
	Calls int         `json:"calls"`
	Cost  cost.Amount `json:"cost"`
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
	for _, task := range imageTasks(t.funnel) {
		most, err := p.estimateImage(m.image.Model, t.guide, task, req.Input)
		if err != nil {
			return Estimate{}, err
		}
		e.Images.Calls++
		e.Images.Cost += most
	}
	for _, batch := range batches(t.funnel.Texts()) {
		_, _, most, err := p.agentCeiling(m.agent.Model, t.guide, req.Input, batch, 0)
		if err != nil {
			return Estimate{}, err
		}
		e.Agent.Calls++
		e.Agent.Cost += most
	}
	e.ExpectedCost = e.Agent.Cost + e.Images.Cost
	return e, nil
}

// estimateImage is what an image is expected to cost at the most. The original has not been looked at: where the
// element does not declare its size, the dearest shape counts.
func (p *Pipeline) estimateImage(model string, g brandGuide, task imageTask, request string) (cost.Amount, error) {
	shapes := [][2]int{{task.width, task.height}}
	if task.width == 0 || task.height == 0 {
		shapes = [][2]int{{1, 1}, {3, 2}, {2, 3}, {3, 1}, {1, 3}}
	}
	var dearest cost.Amount
	for _, s := range shapes {
		_, _, most, err := p.imageCeiling(model, g, task, request, s[0], s[1], 0, 0)
		if err != nil {
			return 0, err
		}
		dearest = max(dearest, most)
	}
	return dearest, nil
}

// imageCeiling is the prompt of an image, the size to ask for, and the most that the call is expected to cost. width
// and height are the shape that is wanted; an original of unknown size (0) counts as a large one.
func (p *Pipeline) imageCeiling(model string, g brandGuide, task imageTask, request string, width, height, originalWidth, originalHeight int) (prompt, size string, most cost.Amount, err error) {
	known, err := p.Catalog.Model(model)
	if err != nil {
		return "", "", 0, err
	}
	prompt = imagePrompt(g, task, request)
	size = imageSize(known.FlexibleSizes, width, height)
	most, err = p.Catalog.ImageCeiling(model, size, p.ImageQuality, tokens(prompt), originalWidth, originalHeight)
	return prompt, size, most, err
}

// agentCeiling is the input of an agent call, the output tokens to allow it, and the most that it can cost: all of
// its input and all of the output that it is allowed. After answers that were cut short it is allowed more reasoning.
func (p *Pipeline) agentCeiling(model string, g brandGuide, request string, pieces []piece, short int) (input []string, output int64, most cost.Amount, err error) {
	known, err := p.Catalog.Model(model)
	if err != nil {
		return nil, 0, 0, err
	}
	input = agentInput(g, request, pieces)
	output = reasoningTokens[p.ReasoningEffort]<<min(short, 2) + 2*tokens(input[len(input)-1])
	if known.MaxOutputTokens > 0 {
		output = min(output, known.MaxOutputTokens)
	}
	schema, _ := json.Marshal(rewriteSchema)
	most, err = p.Catalog.AgentCeiling(model, tokens(append([]string{agentInstructions, string(schema)}, input...)...), output)
	return input, output, most, err
}
