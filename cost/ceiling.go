package cost

import (
	"fmt"
	"strconv"
	"strings"
)

// AgentCeiling returns the most that an agent call can cost with that many
// input tokens, none of them cached, and at most maxOutputTokens of output,
// reasoning included. 0 is the model's own maximum, and an error where that is
// not known.
func (c *Catalog) AgentCeiling(model string, inputTokens, maxOutputTokens int64) (Amount, error) {
	m, err := c.modelOf(Agent, model)
	if err != nil {
		return 0, err
	}
	if maxOutputTokens == 0 {
		if maxOutputTokens = m.MaxOutputTokens; maxOutputTokens == 0 {
			return 0, fmt.Errorf("cost: ceiling of a %s call: its longest output is not known and no limit was given", m.Name)
		}
	}
	return c.Price(m.Name, Usage{Input: inputTokens, Output: maxOutputTokens})
}

// ImageCeiling returns the most that one image edit can reasonably cost, made at
// a size ("1536x1024"; "auto" or "" is the dearest of the classic ones) and a
// quality ("auto" or "" is high, which OpenAI may choose), with a prompt of that
// many tokens and an original of sourceW by sourceH pixels (0 when not known).
func (c *Catalog) ImageCeiling(model, size, quality string, promptTokens int64, sourceW, sourceH int) (Amount, error) {
	m, err := c.modelOf(Image, model)
	if err != nil {
		return 0, err
	}
	if quality == "" || quality == "auto" {
		quality = "high"
	}
	u := Usage{Images: 1, Quality: quality}
	if m.PerImage == nil {
		if u.Output, err = m.imageTokens(size, quality); err != nil {
			return 0, fmt.Errorf("cost: ceiling of a %s call: %w", m.Name, err)
		}
		u.ImageInput = sourceTokens(sourceW, sourceH)
		u.Input = saturatingAdd(promptTokens, u.ImageInput)
	}
	return c.Price(m.Name, u)
}

// imageTokens returns how many output tokens an image is. A quality nobody has
// heard of is taken for high.
func (m Model) imageTokens(size, quality string) (int64, error) {
	auto := size == "" || size == "auto"
	width, height, ok := sides(size)
	if !ok && !auto {
		return 0, fmt.Errorf("size %s; want a size such as 1536x1024", quoted(size))
	}
	if m.OutputTokenFactors != nil {
		if auto {
			width, height = 1024, 1024 // dearer than the other two classic sizes
		}
		factor, found := m.OutputTokenFactors[quality]
		if !found {
			factor = m.OutputTokenFactors["high"]
		}
		return gridTokens(factor, width, height), nil
	}
	sizes, found := m.OutputTokens[quality]
	if !found {
		sizes = m.OutputTokens["high"]
	}
	if n, found := sizes[size]; found {
		return n, nil
	}
	// A size that is not in the table is scaled by its pixels from the largest
	// that is, rounded up.
	var dearest, largest, atLargest int64
	for known, n := range sizes {
		dearest = max(dearest, n)
		w, h, _ := sides(known)
		if w*h > largest || w*h == largest && n > atLargest {
			largest, atLargest = w*h, n
		}
	}
	if auto {
		return dearest, nil
	}
	if largest == 0 {
		return 0, fmt.Errorf("no output tokens are known for quality %s", quoted(quality))
	}
	return ceilDiv(width*height*atLargest, largest), nil
}

// gridTokens is how gpt-image-2 counts an image: a grid of factor cells on the
// longer side, as many on the shorter as its share, weighted by the area.
func gridTokens(factor, width, height int64) int64 {
	long, short := max(width, height), min(width, height)
	other := (2*factor*short + long) / (2 * long) // rounded to the nearest
	const offset, scale = 2_000_000, 4_000_000    // pixels
	return ceilDiv(factor*other*(offset+width*height), scale)
}

// sourceTokens bounds what an input image is charged as. gpt-image-1 scales it
// until its shorter side is 512 pixels and counts 65 tokens, 129 for each tile of
// 512 pixels and up to 6,240 for high fidelity; later models are reported to
// count patches of 32 pixels, at most 1,536, which is less.
func sourceTokens(width, height int) int64 {
	const base, tile, fidelity = 65, 129, 6240
	tiles := int64(4) // of an original up to 4:1, where nothing is known of it
	if width > 0 && height > 0 {
		tiles = ceilDiv(int64(max(width, height)), int64(min(width, height)))
	}
	return base + tile*tiles + fidelity
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
