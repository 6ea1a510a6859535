package pipeline

import (
	"cmp"
	"encoding/json"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/picture"
)

// terms are what the calls of a run are made with, and so what they can cost.
type terms struct {
	catalog *cost.Catalog
	models  models
	quality map[ImageRole]string // of images, by what they do; that of "" is for every role that has none
	effort  string               // of the agent's reasoning
	tier    string               // of the agent's calls, as OpenAI names it; "" is the standard one
	wait    bool                 // a call waits for the tier to have room; else it goes on on the standard one
}

// terms are the pipeline's with today's models.
func (p *Pipeline) terms(m models) terms {
	t := terms{catalog: p.Catalog, models: m, quality: p.qualities, effort: p.ReasoningEffort}
	switch p.ServiceTier {
	case "flex", "priority":
		t.tier, t.wait = p.ServiceTier, true
	case "flex-or-default":
		t.tier = "flex"
	}
	return t
}

// qualityOf is the quality that an image of a role is asked for in.
func (t terms) qualityOf(role ImageRole) string { return cmp.Or(t.quality[role], t.quality[""]) }

// shape is the width and height of a picture in pixels; zeros where they are not known.
type shape struct{ width, height int }

// image is the size to ask the image model for, and what the call is expected to cost, with its carrier where it has one.
// quality is that of its role; beside is how many further pictures go along. wanted is the shape that the new image is to have; an original of unknown shape counts as a large one.
func (t terms) image(prompt, quality string, beside int, wanted, original shape) (size string, expected cost.Expected, err error) {
	known, err := t.catalog.Model(t.models.image.Model)
	if err != nil {
		return "", cost.Expected{}, err
	}
	size = picture.Size(known.FlexibleSizes, wanted.width, wanted.height)
	expected, err = t.catalog.ExpectImage(cost.ImageCall{
		Model: t.models.image.Model, Size: size, Quality: quality, Beside: int64(beside), Prompt: tokens(prompt), LikelyPrompt: likelyTokens(prompt),
		SourceWidth: original.width, SourceHeight: original.height,
	})
	if err != nil || t.models.carrier.Model == "" {
		return size, expected, err
	}
	carried, err := t.catalog.ExpectAgent(cost.AgentCall{
		Model: t.models.carrier.Model, Input: carrierReads * (tokens(carrierInstructions, prompt) + carrierLooks*int64(1+beside)), Output: carrierSays(prompt),
	})
	return size, expected.Plus(carried), err
}

// What a carrier reads is its instructions, the prompt, the image and what its tool is for; and all of it again where
// it is told of the image that was made.
const (
	carrierReads = 2     // times
	carrierLooks = 6_000 // tokens of an image, and of the tool
)

// carrierSays is how many output tokens to allow a carrier: it thinks a little, and repeats the prompt to its tool.
func carrierSays(prompt string) int64 { return 4_000 + tokens(prompt) }

// reasoningTokens is what an answer may spend on reasoning besides its text, by effort. An answer that was cut short
// is asked for again with twice as much. A quarter of it is likely.
var reasoningTokens = map[string]int64{
	"none": 1_000, "minimal": 2_000, "low": 6_000, "medium": 12_000, "high": 30_000, "xhigh": 60_000,
}

// agent is how many output tokens to allow an agent call with this input, and what the call is expected to cost: at the
// most all of its input and all of the output that it is allowed. After answers that were cut short it is allowed more
// reasoning.
func (t terms) agent(input []string, cutShort int) (output int64, expected cost.Expected, err error) {
	copied := input[len(input)-1]
	return t.respond(agentInstructions, rewriteSchema, input, 2*tokens(copied), likelyTokens(copied), cutShort)
}

// extraction is the same of a call that has the rules in a guide's prose found.
func (t terms) extraction(guide brand.Guide) (output int64, expected cost.Expected, err error) {
	return t.respond(brand.ExtractInstructions, brand.ExtractSchema, []string{guide.Text}, 8_000, 800, 0)
}

// respond is how many output tokens to allow a call whose answer is to have at most and likely so many.
func (t terms) respond(instructions string, schema map[string]any, input []string, most, likely int64, cutShort int) (output int64, expected cost.Expected, err error) {
	known, err := t.catalog.Model(t.models.agent.Model)
	if err != nil {
		return 0, cost.Expected{}, err
	}
	reasoning := reasoningTokens[t.effort] << min(cutShort, 2)
	output = reasoning + most
	if known.MaxOutputTokens > 0 {
		output = min(output, known.MaxOutputTokens)
	}
	form, _ := json.Marshal(schema)
	whole := append([]string{instructions, string(form)}, input...)
	expected, err = t.catalog.ExpectAgent(cost.AgentCall{
		Model: t.models.agent.Model, Tier: t.tier, Input: tokens(whole...), Output: output,
		Likely: cost.Usage{Input: likelyTokens(whole...), Output: min(output, reasoning/4+likely)},
	})
	return output, expected, err
}

// uncached is what a call asks of OpenAI's prompt cache whose prompt no other call shares.
func (t terms) uncached(model string) *openai.Cache {
	if known, err := t.catalog.Model(model); err != nil || known.Rates.CacheWrite == 0 {
		return nil
	}
	return &openai.Cache{}
}

// caching is what an agent call asks of OpenAI's prompt cache. A model that charges for what it writes is asked to write
// the guide where several calls read it, and nothing else; the others write for nothing.
func (t terms) caching(calls int) *openai.Cache {
	cache := t.uncached(t.models.agent.Model)
	if cache != nil && calls >= leadFrom {
		cache.After = 1 // the guide, see brief.forAgent
	}
	return cache
}
