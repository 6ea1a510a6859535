package cost

import (
	"fmt"
	"math"
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
// model the catalogue does not have, ErrUnpriced for a usage with something in it
// that has no rate, that of Usage.Valid, or an overflow; an answer is never
// priced at 0 because it could not be priced.
//
// What the model used that carried the call is priced at its own rates, rounded
// by itself, and added.
func (c *Catalog) Price(model string, u Usage) (Amount, error) {
	price, err := c.price(model, u)
	if err != nil || u.Carrier == nil {
		return price, err
	}
	carried, err := c.Price(u.Carrier.Model, u.Carrier.Usage)
	if err != nil {
		return 0, fmt.Errorf("carrier of the %s call: %w", model, err)
	}
	if carried > math.MaxInt64-price {
		return 0, fmt.Errorf("cost: price of a %s call and its carrier: %s and %s are more than an amount can hold", model, price, carried)
	}
	return price + carried, nil
}

// price is what a call cost without what carried it.
func (c *Catalog) price(model string, u Usage) (Amount, error) {
	m, tier, terms, err := c.terms(model, u)
	if err != nil {
		return 0, err
	}
	return m.total(tier, terms...)
}

// terms returns what is added up to the price of a call, and the factor of its service tier.
func (c *Catalog) terms(model string, u Usage) (Model, Factor, []term, error) {
	m, err := c.Model(model)
	if err != nil {
		return Model{}, 0, nil, err
	}
	wrong := u.Valid()
	var r Rates
	var tier Factor
	if wrong == nil {
		r, tier, wrong = c.ratesFor(m, u.ServiceTier)
	}
	if wrong == nil {
		wrong = u.covered(r)
	}
	if wrong != nil {
		return Model{}, 0, nil, fmt.Errorf("cost: price of a %s call: %w", m.Name, wrong)
	}
	if m.PerImage != nil {
		return m, tier, []term{{Images, u.Images * perMillion, m.PerImage[perImageQuality(u.Quality)], one}}, nil
	}
	in, out := one, one
	if m.LongContext != nil && u.Input > m.LongContext.Above {
		in, out = m.LongContext.InputTimes, m.LongContext.OutputTimes
	}
	imageRate, cachedImageRate := r.ImageInput, r.CachedImageInput
	if imageRate == 0 {
		imageRate, cachedImageRate = r.Input, r.CachedInput
	}
	cachedText := u.Cached - u.CachedImage
	return m, tier, []term{
		{Input, u.Input - u.ImageInput - cachedText - u.CacheWrite, r.Input, in},
		{CachedInput, cachedText, r.CachedInput, in},
		{CacheWrite, u.CacheWrite - u.CacheWriteLong, r.CacheWrite, in},
		{CacheWriteLong, u.CacheWriteLong, r.CacheWriteLong, in},
		{ImageInput, u.ImageInput - u.CachedImage, imageRate, in},
		{CachedImageInput, u.CachedImage, cachedImageRate, in},
		{Output, u.Output, r.Output, out},
	}, nil
}

// ratesFor returns the rates of a model on a service tier, and what they are to
// be multiplied by.
func (c *Catalog) ratesFor(m Model, tier string) (Rates, Factor, error) {
	if own, found := m.Tiers[tier]; found {
		return own, one, nil
	}
	if standard(tier) {
		return m.Rates, one, nil
	}
	if times, found := c.serviceTiers[tier]; found {
		return m.Rates, times, nil
	}
	return Rates{}, 0, fmt.Errorf("serviceTier is %s: %w", quoted(tier), ErrUnpriced)
}

// standard reports whether a service tier is the one that the rates are for.
// "auto" is what a project is set to, which is the standard one unless somebody
// changed it; an answer names the tier that it was served on instead.
func standard(tier string) bool { return tier == "" || tier == "default" || tier == "auto" }

// covered returns nil when there is a rate for everything in u, and otherwise an
// error that names what there is none for: priced without it, it would be booked
// as free, or as ordinary input.
func (u Usage) covered(r Rates) error {
	switch {
	case u.Unknown != "":
		return fmt.Errorf("%s: %w", u.Unknown, ErrUnpriced)
	case u.CacheWrite > u.CacheWriteLong && r.CacheWrite == 0:
		return fmt.Errorf("cacheWrite is %d: %w", u.CacheWrite-u.CacheWriteLong, ErrUnpriced)
	case u.CacheWriteLong > 0 && r.CacheWriteLong == 0:
		return fmt.Errorf("cacheWriteLong is %d: %w", u.CacheWriteLong, ErrUnpriced)
	}
	return nil
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

// term is some tokens at a rate per million, times a factor.
type term struct {
	part   Part
	tokens int64
	rate   Amount
	times  Factor
}

// total is what the terms cost together, times a factor.
func (m Model) total(times Factor, terms ...term) (Amount, error) {
	sum := new(big.Int)
	for _, t := range terms {
		sum.Add(sum, product(t.tokens, int64(t.rate), int64(t.times)))
	}
	sum.Mul(sum, big.NewInt(int64(times)))
	whole := product(perMillion, int64(one), int64(one))
	sum.Add(sum, new(big.Int).Rsh(whole, 1)) // half up
	sum.Div(sum, whole)
	if !sum.IsInt64() {
		return 0, fmt.Errorf("cost: price of a %s call: %s nano-dollars is more than an amount can hold", m.Name, sum)
	}
	return Amount(sum.Int64()), nil
}

func product(factors ...int64) *big.Int {
	p := big.NewInt(1)
	for _, f := range factors {
		p.Mul(p, big.NewInt(f))
	}
	return p
}
