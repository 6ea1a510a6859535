package pipeline

import (
	"encoding/json"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/picture"
)

// terms are what the calls of a run are made with, and so what they can cost.
type terms struct {
	catalog *cost.Catalog
	models  models
	quality string // of images
	effort  string // of the agent's reasoning
}

// terms are the pipeline's with today's models.
func (p *Pipeline) terms(m models) terms {
	return terms{catalog: p.Catalog, models: m, quality: p.ImageQuality, effort: p.ReasoningEffort}
}

// shape is the width and height of a picture in pixels; zeros where they are not known.
type shape struct{ width, height int }

// image is the size to ask the image model for, and the most that the call is expected to cost. wanted is the shape
// that the new image is to have; an original of unknown shape counts as a large one.
func (t terms) image(prompt string, wanted, original shape) (size string, most cost.Amount, err error) {
	known, err := t.catalog.Model(t.models.image.Model)
	if err != nil {
		return "", 0, err
	}
	size = picture.Size(known.FlexibleSizes, wanted.width, wanted.height)
	expected, err := t.catalog.ExpectImage(cost.ImageCall{
		Model: t.models.image.Model, Size: size, Quality: t.quality, Prompt: tokens(prompt),
		SourceWidth: original.width, SourceHeight: original.height,
	})
	return size, expected.Most, err
}

// reasoningTokens is what an answer may spend on reasoning besides its text, by effort. An answer that was cut short
// is asked for again with twice as much.
var reasoningTokens = map[string]int64{
	"none": 1_000, "minimal": 2_000, "low": 6_000, "medium": 12_000, "high": 30_000, "xhigh": 60_000,
}

// agent is how many output tokens to allow an agent call with this input, and the most that the call can cost: all of
// its input and all of the output that it is allowed. After answers that were cut short it is allowed more reasoning.
func (t terms) agent(input []string, cutShort int) (output int64, most cost.Amount, err error) {
	known, err := t.catalog.Model(t.models.agent.Model)
	if err != nil {
		return 0, 0, err
	}
	output = reasoningTokens[t.effort]<<min(cutShort, 2) + 2*tokens(input[len(input)-1])
	if known.MaxOutputTokens > 0 {
		output = min(output, known.MaxOutputTokens)
	}
	schema, _ := json.Marshal(rewriteSchema)
	expected, err := t.catalog.ExpectAgent(cost.AgentCall{
		Model: t.models.agent.Model, Input: tokens(append([]string{agentInstructions, string(schema)}, input...)...), Output: output,
	})
	return output, expected.Most, err
}
