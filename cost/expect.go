package cost

import (
	"fmt"
)

// Expected is what a call that is not made yet will cost: what is likely, and
// the most. A budget goes by the most.
type Expected struct {
	Likely Amount `json:"likely"`
	Most   Amount `json:"most"`
}

// Plus is what two calls will cost together.
func (e Expected) Plus(f Expected) Expected {
	return Expected{e.Likely.Plus(f.Likely), e.Most.Plus(f.Most)}
}

// AgentCall is an agent call that is not made yet.
type AgentCall struct {
	Model string
	Tier  string // that is asked for; "" is the standard one

	Input  int64 // the most input tokens
	Output int64 // the most output tokens, reasoning included; 0 is the model's own maximum

	// LongRetention says that the request asks for what it writes to the prompt
	// cache to be kept for longer than the usual 30 minutes.
	LongRetention bool

	// Likely is what the call will probably use; it is priced on the tier that is
	// asked for. Where it is zero: all of Input and Output, at the ordinary rates.
	Likely Usage
}

// ExpectAgent returns what an agent call will cost. The most is all of its input
// at the dearest rate there is for it (written to the prompt cache, on a model
// that charges for that) and all of its output, on the tier that is asked for or
// the standard one: OpenAI may serve a call on another tier than asked. It is an
// error where no limit of the output is given and the model's is not known.
func (c *Catalog) ExpectAgent(call AgentCall) (Expected, error) {
	m, err := c.modelOf(Agent, call.Model)
	if err != nil {
		return Expected{}, err
	}
	most := Usage{Input: call.Input, Output: call.Output}
	if most.Output == 0 {
		if most.Output = m.MaxOutputTokens; most.Output == 0 {
			return Expected{}, fmt.Errorf("cost: what a %s call will cost: its longest output is not known and no limit was given", m.Name)
		}
	}
	uses := []Usage{most}
	if m.Rates.CacheWrite > 0 {
		most.CacheWrite = most.Input
		uses = append(uses, most)
	}
	if m.Rates.CacheWriteLong > 0 && call.LongRetention {
		most.CacheWrite, most.CacheWriteLong = most.Input, most.Input
		uses = append(uses, most)
	}
	return c.expect(m, call.Tier, call.Likely, uses...)
}

// ImageCall is an image edit that is not made yet.
type ImageCall struct {
	Model   string
	Tier    string // that is asked for; "" is the standard one
	Size    string // "1536x1024"; "auto" or "" leaves it to OpenAI
	Quality string // low, medium, high, xhigh or max; "auto" or "" leaves it to OpenAI

	Prompt       int64 // the most tokens of the prompt
	LikelyPrompt int64 // what they probably are; 0 is the most

	SourceWidth, SourceHeight int // of the original, in pixels; 0 when not known

	Beside int64 // further pictures that are read, of unknown size
}

// ExpectImage returns what an image edit will cost, as well as that can be known:
// how many tokens an image is, by quality and size, is not among what OpenAI
// publishes of its later models. Where the choice is OpenAI's, the most is the
// dearest.
func (c *Catalog) ExpectImage(call ImageCall) (Expected, error) {
	m, err := c.modelOf(Image, call.Model)
	if err != nil {
		return Expected{}, err
	}
	if m.PerImage != nil {
		likely := Usage{Images: 1, Quality: call.Quality}
		most := likely
		if most.Quality == "" || most.Quality == "auto" {
			most.Quality = perImageHigh
		}
		return c.expect(m, call.Tier, likely, most)
	}
	out, err := m.outputTokens(call.Size, call.Quality)
	if err != nil {
		return Expected{}, fmt.Errorf("cost: what a %s call will cost: %w", m.Name, err)
	}
	in := m.inputTokens(int64(call.SourceWidth), int64(call.SourceHeight))
	if call.Beside > 0 {
		one := m.inputTokens(0, 0)
		in.likely, in.most = in.likely+call.Beside*one.likely, in.most+call.Beside*one.most
	}
	prompt := span{call.LikelyPrompt, call.Prompt}
	if prompt.likely == 0 {
		prompt.likely = prompt.most
	}
	return c.expect(m, call.Tier,
		Usage{Images: 1, ImageInput: in.likely, Input: saturatingAdd(prompt.likely, in.likely), Output: out.likely},
		Usage{Images: 1, ImageInput: in.most, Input: saturatingAdd(prompt.most, in.most), Output: out.most})
}

// expect prices what is likely and the dearest of what is possible.
func (c *Catalog) expect(m Model, tier string, likely Usage, possible ...Usage) (Expected, error) {
	tiers := []string{tier, ""}
	if tier == "batch" { // what is not served as a batch is not served
		tiers = tiers[:1]
	}
	var e Expected
	for _, tier := range tiers {
		for _, u := range possible {
			u.ServiceTier = tier
			price, err := c.Price(m.Name, u)
			if err != nil {
				return Expected{}, err
			}
			e.Most = max(e.Most, price)
		}
	}
	if likely == (Usage{}) {
		likely = possible[0]
	}
	likely.ServiceTier = tier
	price, err := c.Price(m.Name, likely)
	e.Likely = min(price, e.Most)
	return e, err
}
