package picture

import (
	"fmt"
	"math"
)

// Shape is the size that a new picture is to have, in pixels: the declared one, completed in the original's
// proportions. A side that is 0 is not known. Where neither the declared size nor the original settles both sides,
// it is 0, 0.
func Shape(width, height, originalWidth, originalHeight int) (int, int) {
	switch {
	case width > 0 && height > 0:
		return width, height
	case originalWidth <= 0 || originalHeight <= 0:
		return 0, 0
	case width > 0:
		return width, max(1, width*originalHeight/originalWidth)
	case height > 0:
		return max(1, height*originalWidth/originalHeight), height
	}
	return originalWidth, originalHeight
}

// Size is the size to ask a model for, as OpenAI spells it ("1536x1024"), so that a picture of width by height can
// be cut from it with the least waste. Models with flexible sizes take any multiple of 16 with a ratio from 1:3 to
// 3:1 and at most 3840x2160; the others take three sizes. Where a side is not known (0), it is a square.
func Size(flexible bool, width, height int) string {
	if width <= 0 || height <= 0 {
		return "1024x1024"
	}
	ratio := min(3, max(1.0/3, float64(width)/float64(height)))
	if !flexible {
		switch {
		case ratio > 1.2:
			return "1536x1024"
		case ratio < 1/1.2:
			return "1024x1536"
		}
		return "1024x1024"
	}
	// About 1.5 million pixels, as the largest of the fixed sizes have.
	w := math.Sqrt(1536 * 1024 * ratio)
	return fmt.Sprintf("%dx%d", sixteenth(w, ratio >= 1), sixteenth(w/ratio, ratio < 1))
}

// sixteenth rounds to a multiple of 16: the long side down and the short side up, so that the ratio stays in 3:1.
func sixteenth(side float64, long bool) int {
	if long {
		return int(side/16) * 16
	}
	return int(math.Ceil(side/16)) * 16
}
