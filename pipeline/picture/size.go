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
// be cut from it with the least waste: the smallest size within 0.5 % of its ratio. Models with flexible sizes take any
// multiple of 16 with a ratio from 1:3 to 3:1 and at most 3840x2160; the others take three sizes. What is Beyond that
// ratio asks for a canvas of 3:1 whose middle band is as long as the element. Where a side is not known (0), it is a
// square.
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
	// As many pixels as the element has at twice its declared size, no fewer than a model makes, and no more than the
	// largest of the fixed sizes has.
	least := max(655_360, 4*width*height)
	if long := max(width, height); Beyond(width, height) {
		least = min(2160*720, max(least, long*long/3))
	}
	least = min(least, 1536*1024)
	if width > 1<<15 || height > 1<<15 { // their product may be beyond counting
		least = 1536 * 1024
	}
	// A few shapes close to a square have no size within 0.5 % that is not larger than any answer is worth.
	for off := 0.005; ; off += 0.005 {
		if w, h := smallest(ratio, off, least); w > 0 {
			return fmt.Sprintf("%dx%d", w, h)
		}
	}
}

// mostPixels bounds what is asked for: a little above the largest of the fixed sizes, for the ratio's sake.
const mostPixels = 1_700_000

// smallest is the size of at least least pixels whose ratio is off by no more than a part; 0, 0 where there is none.
func smallest(ratio, off float64, least int) (width, height int) {
	best := mostPixels
	for h := 16; h <= 2160; h += 16 {
		down := int(ratio*float64(h)/16) * 16
		for _, w := range []int{down, down + 16} {
			if math.Abs(float64(w)/float64(h)/ratio-1) <= off && w <= 3*h && h <= 3*w && w*h >= least && w*h < best {
				best, width, height = w*h, w, h
			}
		}
	}
	return width, height
}
