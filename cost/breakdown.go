package cost

import "maps"

// Breakdown is what a run cost, as it is stored with the run. Amounts are in
// dollars in its JSON. Total is Agent plus Image.
type Breakdown struct {
	Total   Amount  `json:"total"`
	Agent   Amount  `json:"agent"`
	Image   Amount  `json:"image"`
	Details Details `json:"details"`
	// Models are the same calls by the model that was asked for: their Costs are Total, and their PossiblyCharged
	// the one below. Records from before there was such a field have none.
	Models          map[string]ModelCost `json:"models,omitempty"`
	PossiblyCharged *Possibly            `json:"possiblyCharged,omitempty"` // beside, never in, Total
	Catalog         string               `json:"catalog,omitempty"`         // date of the catalogue that priced it, YYYY-MM-DD
}

// Details are the counts behind the amounts of a Breakdown.
type Details struct {
	Agent  AgentDetails `json:"agent"`
	Images ImageDetails `json:"images"`
}

// AgentDetails sums the answered agent calls of a run.
type AgentDetails struct {
	Calls  int64       `json:"calls"`
	Tokens AgentTokens `json:"tokens"`
	Cost   Amount      `json:"cost"`
}

// AgentTokens are agent tokens as OpenAI counts them: Reasoning is part of
// Output, and Cached and CacheWrite are parts of Input.
type AgentTokens struct {
	Input      int64 `json:"input"`
	Output     int64 `json:"output"`
	Reasoning  int64 `json:"reasoning"`
	Cached     int64 `json:"cached,omitempty"`
	CacheWrite int64 `json:"cacheWrite,omitempty"`
}

// ImageDetails sums the answered image calls of a run. Tokens is nil when no
// answer reported any.
type ImageDetails struct {
	Calls           int64        `json:"calls"`
	ImagesGenerated int64        `json:"imagesGenerated"`
	Cost            Amount       `json:"cost"`
	Tokens          *ImageTokens `json:"tokens,omitempty"`
}

// ImageTokens are the tokens of image calls, which a model with a price per
// image does not charge.
type ImageTokens struct {
	Input  int64 `json:"input"`
	Output int64 `json:"output"`
}

// ModelCost sums the answered calls of one model, and beside them what its calls
// may have cost whose outcome nobody knows.
type ModelCost struct {
	Calls           int64     `json:"calls"`
	Cost            Amount    `json:"cost"`
	PossiblyCharged *Possibly `json:"possiblyCharged,omitempty"`
}

// Possibly is the money of calls whose outcome nobody knows: they went out, and
// no answer says whether OpenAI charged them. Cost is the most they can be.
type Possibly struct {
	Calls int64  `json:"calls"`
	Cost  Amount `json:"cost"`
}

// Add counts one answered call of a model that used u and cost amount. Images
// count as image calls; every other kind is the agent's. Sums stop at the
// largest Amount and never wrap.
func (b *Breakdown) Add(kind Kind, model string, u Usage, amount Amount) {
	b.Total = b.Total.Plus(amount)
	b.ofModel(model, func(m *ModelCost) {
		count(&m.Calls, 1)
		m.Cost = m.Cost.Plus(amount)
	})
	if kind != Image {
		b.Agent = b.Agent.Plus(amount)
		d := &b.Details.Agent
		d.Cost = b.Agent
		count(&d.Calls, 1)
		count(&d.Tokens.Input, u.Input)
		count(&d.Tokens.Output, u.Output)
		count(&d.Tokens.Reasoning, u.Reasoning)
		count(&d.Tokens.Cached, u.Cached)
		count(&d.Tokens.CacheWrite, u.CacheWrite)
		return
	}
	b.Image = b.Image.Plus(amount)
	d := &b.Details.Images
	d.Cost = b.Image
	count(&d.Calls, 1)
	count(&d.ImagesGenerated, u.Images)
	if u.Input == 0 && u.Output == 0 {
		return
	}
	var tokens ImageTokens // a new one: a copy of b may hold the old
	if d.Tokens != nil {
		tokens = *d.Tokens
	}
	count(&tokens.Input, u.Input)
	count(&tokens.Output, u.Output)
	d.Tokens = &tokens
}

// AddPossibly counts calls of a model whose outcome nobody knows and what they
// may have cost in all. It stays beside the total.
func (b *Breakdown) AddPossibly(model string, calls int64, amount Amount) {
	b.PossiblyCharged = b.PossiblyCharged.with(calls, amount)
	b.ofModel(model, func(m *ModelCost) { m.PossiblyCharged = m.PossiblyCharged.with(calls, amount) })
}

// ofModel changes what is counted of a model.
func (b *Breakdown) ofModel(model string, change func(*ModelCost)) {
	models := make(map[string]ModelCost, len(b.Models)+1) // a new one: a copy of b may hold the old
	maps.Copy(models, b.Models)
	m := models[model]
	change(&m)
	models[model], b.Models = m, models
}

// with is a new Possibly with more calls: a copy of what p is in may hold p.
func (p *Possibly) with(calls int64, amount Amount) *Possibly {
	var sum Possibly
	if p != nil {
		sum = *p
	}
	sum.Add(calls, amount)
	return &sum
}

// Add counts calls and what they may have cost in all.
func (p *Possibly) Add(calls int64, amount Amount) {
	count(&p.Calls, calls)
	p.Cost = p.Cost.Plus(amount)
}

func count(sum *int64, n int64) { *sum = saturatingAdd(*sum, n) }
