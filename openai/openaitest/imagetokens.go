package openaitest

import "math"

// sourceTokens are the tokens of an image that is read.
//
// gpt-image-2 and later count patches of 32 pixels, 1,536 at the most, of the image made larger: up to twice, until
// its longer side is 1,024 (third-party: community.openai.com/t/1382940). The models before count 65, and 129 for
// every tile of 512 pixels after the shorter side was brought to 512.
func (m Model) sourceTokens(width, height int) int64 {
	if m.FlexibleSizes {
		times := min(2, max(1, 1024/float64(max(width, height))))
		patches := func(side int) float64 { return math.Ceil(math.Ceil(float64(side)*times) / 32) }
		return int64(min(patches(width)*patches(height), 1536))
	}
	short, long := min(width, height), max(width, height)
	tiles := min((long+short-1)/short, 8)
	return 65 + 129*int64(tiles)
}

// imageTokens are the tokens of an image that is made.
//
// gpt-image-2 and later are reported to lay a grid over it, of so many cells along the longer side, and to weigh the
// cells by the size of the whole (third-party: community.openai.com/t/1382699). gpt-image-2.6 makes 3 to 4 times as
// many of them at low and medium quality: here what was measured at 1536x1024, and three and a half times elsewhere.
func (m Model) imageTokens(width, height int, quality string) int64 {
	if !m.FlexibleSizes {
		return classicTokens(width, height, quality)
	}
	if m.Denser && width == 1536 && height == 1024 {
		switch quality {
		case "low":
			return 664
		case "medium":
			return 1353
		}
	}
	cells := map[string]float64{"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96}[quality]
	long, short := float64(max(width, height)), float64(min(width, height))
	const million = 1e6
	tokens := math.Ceil(cells * math.Round(cells*short/long) * (2*million + long*short) / (4 * million))
	if m.Denser && (quality == "low" || quality == "medium") {
		tokens = math.Ceil(3.5 * tokens)
	}
	return int64(tokens)
}

// outputTokens are what an image costs to make of the models before gpt-image-2, by quality.
var outputTokens = map[string]struct{ square, tall, wide int64 }{
	"low":    {272, 408, 400},
	"medium": {1056, 1584, 1568},
	"high":   {4160, 6240, 6208},
}

// classicTokens are those of an image of the models before gpt-image-2; sizes other than the three classic ones cost
// what their pixels cost in a square.
func classicTokens(width, height int, quality string) int64 {
	tokens := outputTokens[quality]
	switch {
	case width == 1024 && height == 1536:
		return tokens.tall
	case width == 1536 && height == 1024:
		return tokens.wide
	}
	const square = 1024 * 1024
	return (tokens.square*int64(width)*int64(height) + square - 1) / square
}
