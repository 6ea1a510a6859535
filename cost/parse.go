package cost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// ParseCatalog reads a catalogue in the form of models.json: its date, what the
// service tiers cost beside the standard one ("serviceTiers"), the output tokens
// of an image ("imageOutputTokens", for image models that list none of their own)
// and the models by name. The error names every field that is
// missing, unknown or wrong, with its model.
func ParseCatalog(data []byte) (*Catalog, error) {
	return parseCatalog(data, nil)
}

// Override returns a catalogue with the models in data added to c's, or in the
// place of the one of the same name, whole. data has the form of models.json;
// its date, serviceTiers and imageOutputTokens are c's where it has none. c is
// unchanged.
func (c *Catalog) Override(data []byte) (*Catalog, error) {
	return parseCatalog(data, c)
}

func parseCatalog(data []byte, base *Catalog) (*Catalog, error) {
	var errs []error
	f := readFields("", data, &errs)
	c := &Catalog{models: map[string]Model{}}
	if base != nil {
		c.date, c.serviceTiers, c.imageOutputTokens = base.date, base.serviceTiers, base.imageOutputTokens
		maps.Copy(c.models, base.models)
	}
	f.date("date", &c.date, base == nil)
	if tiers := f.object("serviceTiers", "factors by service tier", false); tiers != nil {
		c.serviceTiers = map[string]Factor{}
		for _, tier := range slices.Sorted(maps.Keys(tiers.raw)) {
			if standard(tier) {
				tiers.fail(tier, "is the tier that the rates are for")
			}
			c.serviceTiers[tier] = tiers.factor(tier, true)
		}
	}
	f.tokens("imageOutputTokens", &c.imageOutputTokens)

	var models map[string]json.RawMessage
	f.value("models", &models, "an object of models by name", true)
	for _, name := range slices.Sorted(maps.Keys(models)) {
		c.models[name] = parseModel(name, models[name], c.imageOutputTokens, &errs)
	}
	f.unknown()
	if len(errs) > 0 {
		return nil, fmt.Errorf("cost: catalogue: %w", errors.Join(errs...))
	}
	return c, nil
}

func parseModel(name string, data []byte, imageOutputTokens map[string]map[string]int64, errs *[]error) Model {
	f := readFields("model "+quoted(name), data, errs)
	m := Model{Name: name}
	if name == "" {
		f.fail("name", "is empty")
	}
	f.value("kind", &m.Kind, `"agent" or "image"`, true)
	if m.Kind != "" && m.Kind != Agent && m.Kind != Image {
		f.fail("kind", `is %q; want "agent" or "image"`, m.Kind)
	}
	image := m.Kind == Image

	f.prices("perImage", &m.PerImage)
	if m.PerImage != nil {
		if !image {
			f.fail("perImage", "is for image models only")
		}
		for _, quality := range []string{perImageStandard, perImageHigh} {
			if _, found := m.PerImage[quality]; !found {
				f.fail("perImage."+quality, "is missing")
			}
		}
		for quality := range m.PerImage {
			if quality != perImageStandard && quality != perImageHigh {
				f.fail("perImage."+quality, `is not one of "standard" and "high"`)
			}
		}
	}
	if rates := f.object("rates", "rates", m.PerImage == nil); rates != nil {
		m.Rates = rates.rates(image)
		rates.unknown()
	}
	if long := f.object("longContext", "above, inputTimes and outputTimes", false); long != nil {
		m.LongContext = &LongContext{InputTimes: long.factor("inputTimes", true), OutputTimes: long.factor("outputTimes", true)}
		long.count("above", &m.LongContext.Above, true)
		long.unknown()
	}
	var tiers map[string]json.RawMessage
	f.value("tiers", &tiers, "an object of rates by service tier", false)
	for _, tier := range slices.Sorted(maps.Keys(tiers)) {
		if m.Tiers == nil {
			m.Tiers = map[string]Rates{}
		}
		t := readFields(f.at("tiers."+tier), tiers[tier], errs)
		own := t.rates(image)
		m.Tiers[tier] = own
		for key, missing := range map[string]bool{
			"cacheWrite":     m.Rates.CacheWrite > 0 && own.CacheWrite == 0,
			"cacheWriteLong": m.Rates.CacheWriteLong > 0 && own.CacheWriteLong == 0,
		} {
			if missing {
				t.fail(key, "is missing; want a number of dollars, as the model's rates have")
			}
		}
		t.unknown()
	}

	f.date("shutdown", &m.Shutdown, false)
	f.value("replacement", &m.Replacement, "a string", false)
	f.value("source", &m.Source, "a string", false)
	f.date("sourceDate", &m.SourceDate, false)
	if f.value("confidence", &m.Confidence, "a string", false) &&
		!slices.Contains([]Confidence{Documented, Listed, ThirdParty}, m.Confidence) {
		f.fail("confidence", `is %q; want "documented", "openai" or "third-party"`, m.Confidence)
	}
	f.value("flexibleSizes", &m.FlexibleSizes, "true or false", false)
	f.qualities(&m)
	if opaque := false; f.value("transparent", &opaque, "true or false", false) {
		m.Transparent = &opaque
	}
	f.count("leastPixels", &m.LeastPixels, false)
	f.count("maxOutputTokens", &m.MaxOutputTokens, false)
	f.count("inputPatches", &m.InputPatches, false)
	f.grid("outputTokenFactors", &m.OutputTokenFactors)
	f.times("outputTokenTimes", &m.OutputTokenTimes, m.OutputTokenFactors)
	f.tokens("outputTokens", &m.OutputTokens)
	if image && m.OutputTokens == nil && m.OutputTokenFactors == nil {
		m.OutputTokens = imageOutputTokens
	}
	if image && m.PerImage == nil && len(m.OutputTokens["high"]) == 0 && m.OutputTokenFactors["high"] == 0 {
		f.fail("outputTokens", `says nothing of quality "high", and neither do outputTokenFactors or the catalogue's imageOutputTokens`)
	}
	f.unknown()
	return m
}

// fields reads one JSON object a key at a time, and collects what is wrong
// under the path of the key.
type fields struct {
	path string
	raw  map[string]json.RawMessage
	read map[string]bool
	errs *[]error
}

func readFields(path string, data []byte, errs *[]error) *fields {
	f := &fields{path: path, read: map[string]bool{}, errs: errs}
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &f.raw); err != nil || f.raw == nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			f.fail("", "is not JSON: %v at byte %d", err, syntax.Offset)
		} else {
			f.fail("", "is not a JSON object")
		}
	}
	return f
}

func (f *fields) at(key string) string {
	if f.path == "" {
		return key
	}
	if key == "" {
		return f.path
	}
	return f.path + ": " + key
}

func (f *fields) fail(key, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if path := f.at(key); path != "" {
		text = path + " " + text
	}
	*f.errs = append(*f.errs, errors.New(text))
}

// value reads a key into dst, which want describes. It reports whether there
// was a value; a missing one is an error only where it is required.
func (f *fields) value(key string, dst any, want string, required bool) bool {
	f.read[key] = true
	raw, found := f.raw[key]
	if !found {
		if required && f.raw != nil {
			f.fail(key, "is missing; want %s", want)
		}
		return false
	}
	if string(raw) == "null" {
		f.fail(key, "is null; want %s", want)
		return false
	}
	if err := json.Unmarshal(raw, dst); err != nil {
		var mistyped *json.UnmarshalTypeError
		if errors.As(err, &mistyped) {
			f.fail(key, "is %s; want %s", clipped(string(raw)), want)
		} else {
			f.fail(key, "is wrong: %v", err)
		}
		return false
	}
	return true
}

// object reads a key that holds an object, of what want says.
func (f *fields) object(key, want string, required bool) *fields {
	var raw json.RawMessage
	if !f.value(key, &raw, "an object of "+want, required) {
		return nil
	}
	return readFields(f.at(key), raw, f.errs)
}

func (f *fields) date(key string, dst *string, required bool) {
	if f.value(key, dst, "a date such as 2026-11-23", required) {
		if _, err := time.Parse(time.DateOnly, *dst); err != nil {
			f.fail(key, "is %s; want a date such as 2026-11-23", quoted(*dst))
		}
	}
}

func (f *fields) count(key string, dst *int64, required bool) {
	if f.value(key, dst, "a whole number", required) && *dst <= 0 {
		f.fail(key, "is %d; want more than 0", *dst)
	}
}

// amount reads a rate. A rate of 0 would book paid calls as free, so it is an
// error.
func (f *fields) amount(key string, dst *Amount, required bool) {
	if f.value(key, dst, "a number of dollars", required) && *dst <= 0 {
		f.fail(key, "is %s; want more than 0", dst.Decimal())
	}
}

func (f *fields) rates(image bool) Rates {
	var r Rates
	f.amount("input", &r.Input, true)
	f.amount("cachedInput", &r.CachedInput, true)
	f.amount("cacheWrite", &r.CacheWrite, false)
	f.amount("cacheWriteLong", &r.CacheWriteLong, false)
	f.amount("imageInput", &r.ImageInput, image)
	f.amount("cachedImageInput", &r.CachedImageInput, image)
	f.amount("output", &r.Output, true)
	return r
}

// factor reads what something is multiplied by: more than 0, and not absurdly
// much.
func (f *fields) factor(key string, required bool) Factor {
	var times Amount // a factor is written as an amount is, to nine digits after the point
	const most = 1000
	if f.value(key, &times, "a number such as 1.5", required) && (times <= 0 || times > most*Dollar) {
		f.fail(key, "is %s; want more than 0, and at most %d", times.Decimal(), most)
	}
	return Factor(times)
}

func (f *fields) prices(key string, dst *map[string]Amount) {
	g := f.object(key, "dollars by quality", false)
	if g == nil {
		return
	}
	*dst = map[string]Amount{}
	for _, quality := range slices.Sorted(maps.Keys(g.raw)) {
		var price Amount
		g.amount(quality, &price, true)
		(*dst)[quality] = price
	}
}

// tokens reads output tokens by quality and size. A size must be WxH, since
// those of other sizes are scaled from it.
func (f *fields) tokens(key string, dst *map[string]map[string]int64) {
	var read map[string]map[string]int64
	if !f.value(key, &read, "whole numbers by quality and size", false) {
		return
	}
	for _, quality := range slices.Sorted(maps.Keys(read)) {
		for _, size := range slices.Sorted(maps.Keys(read[quality])) {
			n := read[quality][size]
			if _, _, ok := sides(size); !ok || n <= 0 || n > maxCount {
				f.fail(key+"."+quality+"."+size, "is %d; want a size such as 1536x1024, and more than 0 tokens", n)
			}
		}
	}
	*dst = read
}

// times reads by how much an image has more tokens than the grid says, by
// quality: a quality that the grid has.
func (f *fields) times(key string, dst *map[string]Range, grid map[string]int64) {
	g := f.object(key, "likely and most by quality", false)
	if g == nil {
		return
	}
	*dst = map[string]Range{}
	for _, quality := range slices.Sorted(maps.Keys(g.raw)) {
		h := g.object(quality, "likely and most", true)
		if h == nil {
			continue
		}
		r := Range{h.factor("likely", true), h.factor("most", true)}
		if r.Most < r.Likely {
			h.fail("most", "is %s, less than likely", r.Most)
		}
		if _, found := grid[quality]; !found {
			g.fail(quality, "is not among outputTokenFactors")
		}
		h.unknown()
		(*dst)[quality] = r
	}
}

// grid reads the sides of the token grid by quality.
func (f *fields) grid(key string, dst *map[string]int64) {
	if !f.value(key, dst, "whole numbers by quality", false) {
		return
	}
	const largest = 1 << 12
	for _, quality := range slices.Sorted(maps.Keys(*dst)) {
		if n := (*dst)[quality]; n <= 0 || n > largest {
			f.fail(key+"."+quality, "is %d; want 1 to %d", n, largest)
		}
	}
}

// qualities reads those that a model makes images in, each of which estimates must know.
func (f *fields) qualities(m *Model) {
	if !f.value("qualities", &m.Qualities, `a list such as ["low", "medium", "high"]`, false) {
		return
	}
	known := []string{"low", "medium", "high", "xhigh", "max"}
	for _, quality := range m.Qualities {
		if !slices.Contains(known, quality) {
			f.fail("qualities", "has %s; want low, medium, high, xhigh or max", quoted(quality))
		}
	}
}

// unknown fails every key that nothing read: a rate under a misspelled name
// would otherwise be no rate.
func (f *fields) unknown() {
	for _, key := range slices.Sorted(maps.Keys(f.raw)) {
		if !f.read[key] {
			f.fail(key, "is not a known field")
		}
	}
}
