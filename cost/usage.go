package cost

import (
	"errors"
	"fmt"
	"math"
)

// Kind is what a call asks for: text of an agent, or an image.
type Kind string

// The two kinds of call.
const (
	Agent Kind = "agent"
	Image Kind = "image"
)

// Usage is what one answered call used, as OpenAI counts it. Parts are included
// in their whole, as in OpenAI's own usage, so nothing here is to be added up.
type Usage struct {
	Input          int64  `json:"input"`                    // all input tokens
	Cached         int64  `json:"cached,omitempty"`         // part of Input served from the prompt cache
	CacheWrite     int64  `json:"cacheWrite,omitempty"`     // part of Input written to the prompt cache, and none of Cached
	CacheWriteLong int64  `json:"cacheWriteLong,omitempty"` // part of CacheWrite that is kept for longer than the usual 30 minutes
	ImageInput     int64  `json:"imageInput,omitempty"`     // part of Input that is image tokens (image models)
	CachedImage    int64  `json:"cachedImage,omitempty"`    // part of ImageInput and of Cached
	Output         int64  `json:"output"`                   // all output tokens
	Reasoning      int64  `json:"reasoning,omitempty"`      // part of Output; never charged twice
	Images         int64  `json:"images,omitempty"`         // images generated
	Quality        string `json:"quality,omitempty"`        // image quality as served: low, medium, high, xhigh, max
	ServiceTier    string `json:"serviceTier,omitempty"`    // tier the response was served on; "", "default" and "auto" are the standard one

	// Unknown names the fields of the answer's usage that count tokens and that nobody here knows, with their
	// counts: "input_tokens_details.audio_tokens 12". Such an answer has no price.
	Unknown string `json:"unknown,omitempty"`

	// Carrier is what the model used that had all of the above done by a tool, such as an image made: beside it,
	// and at rates of its own. nil where there was none.
	Carrier *Carrier `json:"carrier,omitempty"`
}

// Carrier is what a model used that called another one as a tool.
type Carrier struct {
	Model string `json:"model"`
	Usage
}

// maxCount is more than any one call can use: a thousand times the largest
// context window there is. A larger count is a fault in the answer.
const maxCount = 1_000_000_000

// Valid returns nil when the counts can be those of a real call, and otherwise
// an error that names every count that cannot: a negative one, one beyond any
// call, or a part larger than its whole.
func (u Usage) Valid() error {
	var errs []error
	for _, c := range []struct {
		name  string
		count int64
	}{
		{"input", u.Input},
		{"cached", u.Cached},
		{"cacheWrite", u.CacheWrite},
		{"cacheWriteLong", u.CacheWriteLong},
		{"imageInput", u.ImageInput},
		{"cachedImage", u.CachedImage},
		{"output", u.Output},
		{"reasoning", u.Reasoning},
		{"images", u.Images},
	} {
		if c.count < 0 || c.count > maxCount {
			errs = append(errs, fmt.Errorf("cost: usage: %s is %d; want 0 to %d", c.name, c.count, int64(maxCount)))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, p := range []struct {
		part, whole       string
		partSize, wholeIs int64
	}{
		{"cached", "input", u.Cached, u.Input},
		{"cacheWrite", "input", u.CacheWrite, u.Input},
		{"cacheWriteLong", "cacheWrite", u.CacheWriteLong, u.CacheWrite},
		{"cached and cacheWrite", "input", u.Cached + u.CacheWrite, u.Input},
		{"imageInput", "input", u.ImageInput, u.Input},
		{"cachedImage", "imageInput", u.CachedImage, u.ImageInput},
		{"cachedImage", "cached", u.CachedImage, u.Cached},
		{"cached and written text", "text input", u.Cached - u.CachedImage + u.CacheWrite, u.Input - u.ImageInput},
		{"reasoning", "output", u.Reasoning, u.Output},
	} {
		if p.partSize > p.wholeIs {
			errs = append(errs, fmt.Errorf("cost: usage: %s is %d, more than the %s of %d that holds it", p.part, p.partSize, p.whole, p.wholeIs))
		}
	}
	if u.Carrier != nil {
		if err := u.Carrier.Valid(); err != nil {
			errs = append(errs, fmt.Errorf("carrier: %w", err))
		}
	}
	return errors.Join(errs...)
}

// saturatingAdd returns a+b, held at the ends of int64.
func saturatingAdd(a, b int64) int64 {
	switch {
	case b > 0 && a > math.MaxInt64-b:
		return math.MaxInt64
	case b < 0 && a < math.MinInt64-b:
		return math.MinInt64
	}
	return a + b
}
