package cost

import (
	"fmt"
	"math/big"
)

// perMillion is how many tokens a rate is for.
const perMillion = 1_000_000

// The keys of Model.PerImage.
const (
	perImageStandard = "standard"
	perImageHigh     = "high"
)

// Price returns what a call of a model cost that used u. It is computed exactly
// and rounded once, half up, to a nano-dollar. The error is ErrNoRates for a
// model the catalogue does not have, that of Usage.Valid, or an overflow; an
// answer is never priced at 0 because it could not be priced.
func (c *Catalog) Price(model string, u Usage) (Amount, error) {
	m, err := c.Model(model)
	if err != nil {
		return 0, err
	}
	if err := u.Valid(); err != nil {
		return 0, fmt.Errorf("cost: price of a %s call: %w", m.Name, err)
	}
	if m.PerImage != nil {
		return m.total(term{u.Images * perMillion, m.PerImage[perImageQuality(u.Quality)]})
	}
	r := m.ratesFor(u)
	imageRate, cachedImageRate := r.ImageInput, r.CachedImageInput
	if imageRate == 0 {
		imageRate, cachedImageRate = r.Input, r.CachedInput
	}
	cachedText := u.Cached - u.CachedImage
	return m.total(
		term{u.Input - u.ImageInput - cachedText, r.Input},
		term{cachedText, r.CachedInput},
		term{u.ImageInput - u.CachedImage, imageRate},
		term{u.CachedImage, cachedImageRate},
		term{u.Output, r.Output},
	)
}

// ratesFor returns the rates of one call: its tier's, else those of its length.
func (m Model) ratesFor(u Usage) Rates {
	if r, found := m.Tiers[u.ServiceTier]; found {
		return r
	}
	if m.LongContext != nil && u.Input > m.LongContext.Above {
		return m.LongContext.Rates
	}
	return m.Rates
}

// perImageQuality returns which of the two prices an image of a quality has. A
// quality nobody has heard of is booked at the higher one.
func perImageQuality(quality string) string {
	switch quality {
	case "", "auto", "low", "medium", perImageStandard:
		return perImageStandard
	}
	return perImageHigh
}

// term is some tokens at a rate per million.
type term struct {
	tokens int64
	rate   Amount
}

func (m Model) total(terms ...term) (Amount, error) {
	sum := new(big.Int)
	for _, t := range terms {
		sum.Add(sum, new(big.Int).Mul(big.NewInt(t.tokens), big.NewInt(int64(t.rate))))
	}
	sum.Add(sum, big.NewInt(perMillion/2))
	sum.Div(sum, big.NewInt(perMillion))
	if !sum.IsInt64() {
		return 0, fmt.Errorf("cost: price of a %s call: %s nano-dollars is more than an amount can hold", m.Name, sum)
	}
	return Amount(sum.Int64()), nil
}
