package cost

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// span is a number of tokens: the likely one, and the most.
type span struct{ likely, most int64 }

// or returns what covers both spans.
func (s span) or(t span) span { return span{max(s.likely, t.likely), max(s.most, t.most)} }

// classicSizes are the sizes that every image model makes, and among which it
// chooses where none is asked for.
var classicSizes = []string{"1024x1024", "1536x1024", "1024x1536"}

// outputTokens returns how many output tokens one image is. "" and "auto" leave
// the choice to OpenAI, which may take the dearest; of the qualities it probably
// takes medium. A quality nobody has heard of is taken for the dearest.
func (m Model) outputTokens(size, quality string) (span, error) {
	sizes := []string{size}
	if size == "" || size == "auto" {
		sizes = classicSizes
	} else if _, _, ok := sides(size); !ok {
		return span{}, fmt.Errorf("size %s; want a size such as 1536x1024", quoted(size))
	}
	tokens := map[string]span{} // by quality
	for _, size := range sizes {
		for quality := range m.OutputTokenFactors {
			tokens[quality] = tokens[quality].or(m.tokensOf(size, quality))
		}
		for quality := range m.OutputTokens {
			tokens[quality] = tokens[quality].or(m.tokensOf(size, quality))
		}
	}
	if known, found := tokens[quality]; found {
		return known, nil
	}
	var dearest span
	for known := range maps.Values(tokens) {
		dearest = dearest.or(known)
	}
	if medium, found := tokens["medium"]; found && (quality == "" || quality == "auto") {
		dearest.likely = medium.likely
	}
	return dearest, nil
}

// tokensOf returns how many output tokens an image of a known quality is.
func (m Model) tokensOf(size, quality string) span {
	sizes := m.OutputTokens[quality]
	if n, found := sizes[size]; found {
		return span{n, n}
	}
	width, height, _ := sides(size)
	if side, found := m.OutputTokenFactors[quality]; found {
		n := gridTokens(side, width, height)
		if times, found := m.OutputTokenTimes[quality]; found {
			return span{times.Likely.of(n), times.Most.of(n)}
		}
		return span{n, n}
	}
	// A size that is not in the table is scaled by its pixels from the largest
	// that is, rounded up.
	var largest, atLargest int64
	for known, n := range sizes {
		w, h, _ := sides(known)
		if w*h > largest || w*h == largest && n > atLargest {
			largest, atLargest = w*h, n
		}
	}
	if largest == 0 {
		return span{}
	}
	n := ceilDiv(width*height*atLargest, largest)
	return span{n, n}
}

// of returns n times the factor, to its sixth digit, rounded up.
func (f Factor) of(n int64) int64 {
	const digits = 1000 // left off, for the product to fit
	return ceilDiv(n*int64(f/digits), int64(one/digits))
}

// gridTokens is how gpt-image-2 counts an image: a grid of side cells on the
// longer side, as many on the shorter as its share, weighted by the area.
func gridTokens(side, width, height int64) int64 {
	long, short := max(width, height), min(width, height)
	other := (2*side*short + long) / (2 * long) // rounded to the nearest
	const offset, scale = 2_000_000, 4_000_000  // pixels
	return ceilDiv(side*other*(offset+width*height), scale)
}

// inputTokens returns what an image that is read is charged as; its sides are 0
// where they are not known.
//
// gpt-image-2 and later count patches of 32 pixels, of an image that is made
// larger where it is small and smaller where the patches would be too many
// (third-party, community.openai.com/t/1382940). The models before scale an image until
// its shorter side is 512 pixels and count 65 tokens, 129 for each tile of 512
// pixels and, where they look closely, up to 6,240 more.
func (m Model) inputTokens(width, height int64) span {
	if most := m.InputPatches; most > 0 {
		if width <= 0 || height <= 0 {
			return span{most, most}
		}
		const small, times = 1024, 2 // an image is made up to twice as large, until its longer side is 1,024
		up := func(side int64) int64 {
			return min(times*side, max(side, ceilDiv(side*small, max(width, height))))
		}
		return span{min(ceilDiv(up(width), 32)*ceilDiv(up(height), 32), most), most}
	}
	const base, tile, close = 65, 129, 6240
	tiles := int64(4) // of an original up to 4:1, where nothing is known of it
	if width > 0 && height > 0 {
		tiles = ceilDiv(max(width, height), min(width, height))
	}
	n := base + tile*tiles
	return span{n, n + close}
}

// sides reads a size such as 1536x1024. A side is at most 16,384 pixels, far
// beyond any model's.
func sides(size string) (width, height int64, ok bool) {
	w, h, found := strings.Cut(size, "x")
	width, errW := strconv.ParseInt(w, 10, 64)
	height, errH := strconv.ParseInt(h, 10, 64)
	const longest = 1 << 14
	ok = found && errW == nil && errH == nil && width > 0 && height > 0 && width <= longest && height <= longest
	return width, height, ok
}

func ceilDiv(a, b int64) int64 { return (a-1)/b + 1 }
