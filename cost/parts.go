package cost

// Part is what a part of a price is for. A bill has a line for each.
type Part string

// The parts of a price.
const (
	Input            Part = "input"              // text that was neither read from the prompt cache nor written to it
	CachedInput      Part = "cached input"       // text
	CacheWrite       Part = "cache write"        // for 30 minutes
	CacheWriteLong   Part = "cache write 12h"    // for 12 hours
	ImageInput       Part = "image input"        // of image models
	CachedImageInput Part = "cached image input" // of image models
	Output           Part = "output"
	Images           Part = "images" // of a model with a price per image
)

// Parts returns what a call's price is made of, without the parts that cost
// nothing. Together they are what Price returns, whose errors it has too: what
// is lost and won by rounding each to a nano-dollar is in the largest.
func (c *Catalog) Parts(model string, u Usage) (map[Part]Amount, error) {
	m, tier, terms, err := c.terms(model, u)
	if err != nil {
		return nil, err
	}
	rest, err := m.total(tier, terms...)
	if err != nil {
		return nil, err
	}
	parts := map[Part]Amount{}
	var largest Part
	for _, t := range terms {
		amount, err := m.total(tier, t)
		if err != nil {
			return nil, err
		}
		if amount == 0 {
			continue
		}
		parts[t.part] = amount
		rest -= amount
		if largest == "" || amount > parts[largest] {
			largest = t.part
		}
	}
	if rest != 0 { // without a largest part, all of them were less than half a nano-dollar
		if largest == "" {
			largest = Output
		}
		parts[largest] += rest
	}
	return parts, nil
}
