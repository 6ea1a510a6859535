package cost

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Errors of a Catalog, wrapped with the model's name.
var (
	// ErrNoRates means that the catalogue does not know what the model costs.
	// Such a model is never used: it would be booked as free.
	ErrNoRates = errors.New("no rates")

	// ErrUnpriced means that an answer used something that the catalogue has no
	// rate for: a kind of token, a service tier. The error names the field.
	ErrUnpriced = errors.New("the catalogue has no rate for it")

	// ErrRetired means that OpenAI has shut the model down.
	ErrRetired = errors.New("model is shut down")
)

// Rates are dollars per one million tokens. Every token of text input is charged
// at one of the first four.
type Rates struct {
	Input            Amount // text input, neither read from the prompt cache nor written to it
	CachedInput      Amount // text input served from the prompt cache
	CacheWrite       Amount // text input written to it; 0 on a model that charges no writes
	CacheWriteLong   Amount // text input written to be kept for longer than the usual 30 minutes; 0 likewise
	ImageInput       Amount // image input; 0 on a model that takes none, which charges it as text
	CachedImageInput Amount // image input served from the cache
	Output           Amount // output, reasoning included
}

// Factor is what rates are multiplied by, in billionths: 1.5 is 1_500_000_000.
type Factor int64

// one is the factor that changes nothing.
const one Factor = 1_000_000_000

// String returns the factor as a decimal: "0.5".
func (f Factor) String() string { return Amount(f).Decimal() }

// LongContext is what makes a call dearer whose input is longer than Above
// tokens: the whole call, not the part above. It comes on top of a service tier.
type LongContext struct {
	Above       int64
	InputTimes  Factor // of every rate of input, cached and written included
	OutputTimes Factor
}

// Confidence is how sure the rates of a model are.
type Confidence string

// The values of Confidence. Of rates from several sources the least sure counts.
const (
	Documented Confidence = "documented"  // what Full Turner counts until an operator names another, whatever OpenAI lists
	Listed     Confidence = "openai"      // on OpenAI's own page
	ThirdParty Confidence = "third-party" // somebody else's table
)

// Model is what the catalogue knows of one model.
type Model struct {
	Name string
	Kind Kind

	Rates       Rates
	LongContext *LongContext     // nil: the same rates at any length
	Tiers       map[string]Rates // by service tier, where its rates are not the catalogue's factor times Rates

	// PerImage is the price of one image by quality, "standard" or "high".
	// Where it is set the tokens of a call are recorded and not charged.
	PerImage map[string]Amount

	Shutdown    string // YYYY-MM-DD, the first day (UTC) it is not served; "" when none is announced
	Replacement string // the model OpenAI names in its place
	Source      string // where the rates are from
	SourceDate  string // YYYY-MM-DD, when they were read there
	Confidence  Confidence

	// OutputTokens is how many tokens one generated image is, by quality and then
	// by size ("1536x1024"). It serves estimates: a call is priced by its usage.
	OutputTokens map[string]map[string]int64

	// OutputTokenFactors are for models whose images are counted by a formula,
	// gpt-image-2 and later: by quality, the side of the square grid that a square
	// image is counted on. A size in OutputTokens goes before.
	OutputTokenFactors map[string]int64

	// OutputTokenTimes is by how much an image has more tokens than the formula
	// says, by quality, where it does.
	OutputTokenTimes map[string]Range

	// InputPatches is the most patches of 32 by 32 pixels that an image is looked
	// at in, a token each; 0 on a model that counts tiles, before gpt-image-2.
	InputPatches int64

	FlexibleSizes bool // takes any WxH in OpenAI's bounds and not only the three classic sizes

	// Qualities are those that an image can be asked for in, the cheapest first; nil is low, medium and high.
	Qualities []string
	// Transparent says whether an image can have a transparent background; nil: nobody knows, so it is asked for.
	Transparent *bool
	// LeastPixels is how many pixels a flexible size must have; 0: no bound is known.
	LeastPixels int64

	MaxOutputTokens int64 // most tokens one answer can have; 0 when not known
}

// Makes reports whether the model can be asked for an image of a quality.
func (m Model) Makes(quality string) bool {
	if m.Qualities == nil {
		return quality == "low" || quality == "medium" || quality == "high"
	}
	return slices.Contains(m.Qualities, quality)
}

// Range is what a factor probably is, and the most that it can be.
type Range struct{ Likely, Most Factor }

// retired reports whether the model is shut down at now.
func (m Model) retired(now time.Time) bool {
	if m.Shutdown == "" {
		return false
	}
	day, err := time.Parse(time.DateOnly, m.Shutdown)
	return err == nil && !now.Before(day)
}

// Catalog is what every usable model costs. It does not change once made, and is
// safe for concurrent use. The maps of the models it returns are its own and
// must not be written to.
type Catalog struct {
	date              string
	models            map[string]Model
	serviceTiers      map[string]Factor // of a model's rates, by tier
	imageOutputTokens map[string]map[string]int64
}

//go:embed models.json
var embedded []byte

var defaultCatalog = sync.OnceValue(func() *Catalog {
	c, err := ParseCatalog(embedded)
	if err != nil {
		panic("cost: embedded models.json: " + err.Error()) // a test holds that it parses
	}
	return c
})

// DefaultCatalog returns the catalogue that was built in, models.json.
func DefaultCatalog() *Catalog { return defaultCatalog() }

// Date returns the day the catalogue was last brought up to date, YYYY-MM-DD.
func (c *Catalog) Date() string { return c.date }

// Models returns every model, by name.
func (c *Catalog) Models() []Model {
	models := make([]Model, 0, len(c.models))
	for _, name := range slices.Sorted(maps.Keys(c.models)) {
		models = append(models, c.models[name])
	}
	return models
}

// ServiceTiers returns by what the rates of a model are multiplied on a tier,
// for the tiers that have a factor. The standard tier has none.
func (c *Catalog) ServiceTiers() map[string]Factor { return maps.Clone(c.serviceTiers) }

// Model returns the model of that name. A dated version ("gpt-5-2025-08-07")
// that the catalogue does not have is its family's ("gpt-5"), under its own
// name. The error is ErrNoRates and names the models there are.
func (c *Catalog) Model(name string) (Model, error) {
	m, found := c.models[name]
	if !found {
		if m, found = c.models[family(name)]; found {
			m.Name = name
		}
	}
	if !found {
		known := slices.Sorted(maps.Keys(c.models))
		return Model{}, fmt.Errorf("cost: model %s: %w (the catalogue has %s)", quoted(name), ErrNoRates, strings.Join(known, ", "))
	}
	return m, nil
}

// Family returns the name of a model without the date that ends the name of a
// dated version: "gpt-5" for "gpt-5-2025-08-07" and for "gpt-5".
func Family(name string) string {
	if of := family(name); of != "" {
		return of
	}
	return name
}

// family returns what stands before the date that ends the name of a dated
// version, and "" where none does. What else may follow a known name (-mini,
// -codex) makes another model, at rates of its own.
func family(name string) string {
	at := len(name) - len("-2006-01-02")
	if at <= 0 || name[at] != '-' {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, name[at+1:]); err != nil {
		return ""
	}
	return name[:at]
}

// Choice is the model to use.
type Choice struct {
	Model    string
	Replaces string // the default that was shut down and that Model stands in for, or ""
	Shutdown string // shutdown date of the model that was wanted (Replaces, else Model), or ""
}

// Choose returns the model to use for calls of a kind: the configured one, or
// where that is empty the fallback. A fallback that is shut down gives way to
// its replacement, and so on down the chain. A model the operator configured
// does not: the bill would be for something nobody chose.
//
// The error is ErrRetired (with the date, and the replacement where there is
// one) for a configured model that is shut down and for a fallback without a
// usable replacement; ErrNoRates for a model, or a replacement, that is not in
// the catalogue; and plain for a model of the other kind.
func (c *Catalog) Choose(kind Kind, configured, fallback string, now time.Time) (Choice, error) {
	wanted := configured
	if wanted == "" {
		wanted = fallback
	}
	m, err := c.modelOf(kind, wanted)
	if err != nil {
		return Choice{}, err
	}
	choice := Choice{Model: m.Name, Shutdown: m.Shutdown}
	if !m.retired(now) {
		return choice, nil
	}
	if configured != "" {
		return Choice{}, retiredError(m)
	}

	choice.Replaces = m.Name
	seen := map[string]bool{}
	for m.retired(now) {
		seen[m.Name] = true
		if m.Replacement == "" || seen[m.Replacement] {
			return Choice{}, retiredError(m)
		}
		next, err := c.modelOf(kind, m.Replacement)
		if err != nil {
			return Choice{}, fmt.Errorf("cost: replacement of %s, which was shut down on %s: %w", m.Name, m.Shutdown, err)
		}
		m = next
	}
	choice.Model = m.Name
	return choice, nil
}

func (c *Catalog) modelOf(kind Kind, name string) (Model, error) {
	m, err := c.Model(name)
	if err != nil {
		return Model{}, err
	}
	if m.Kind != kind {
		return Model{}, fmt.Errorf("cost: model %s is for %s calls and cannot make %s calls", m.Name, m.Kind, kind)
	}
	return m, nil
}

func retiredError(m Model) error {
	if m.Replacement == "" {
		return fmt.Errorf("cost: model %s: %w since %s, and no replacement is recorded", m.Name, ErrRetired, m.Shutdown)
	}
	return fmt.Errorf("cost: model %s: %w since %s; its replacement is %s", m.Name, ErrRetired, m.Shutdown, m.Replacement)
}
