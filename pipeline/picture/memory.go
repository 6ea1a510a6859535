package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"

	"golang.org/x/sync/semaphore"
)

// ErrTooLarge says that decoding a picture would take more memory than there is.
var ErrTooLarge = errors.New("the picture is too large")

// Memory is how many bytes decoding may take at once, over everybody who shares it. A nil Memory has no bound.
type Memory struct {
	limit int64
	held  *semaphore.Weighted
}

// NewMemory returns a Memory of limit bytes.
func NewMemory(limit int64) *Memory { return &Memory{limit, semaphore.NewWeighted(limit)} }

// hold waits until cost bytes are free, or ctx ends, and gives them back with release. What would never fit is an
// ErrTooLarge.
func (m *Memory) hold(ctx context.Context, cost int64) (release func(), err error) {
	if m == nil {
		return func() {}, nil
	}
	if cost > m.limit {
		return nil, fmt.Errorf("%w: decoding it takes %d MB of memory, and there are %d: make it smaller", ErrTooLarge, cost>>20, m.limit>>20)
	}
	if err := m.held.Acquire(ctx, cost); err != nil {
		return nil, err
	}
	return func() { m.held.Release(cost) }, nil
}

// decodingCost is how many bytes a picture takes while it is decoded and scaled to width by height.
func decodingCost(c image.Config, format string, body []byte, width, height int) int64 {
	pixels := int64(c.Width) * int64(c.Height)
	depth, samples := int64(4), int64(3)
	switch c.ColorModel {
	case color.YCbCrModel:
		depth = 3
	case color.GrayModel:
		depth, samples = 1, 1
	case color.CMYKModel:
		depth, samples = 8, 4 // decoded into four planes, then put together
	case color.Gray16Model:
		depth = 2
	case color.RGBA64Model, color.NRGBA64Model:
		depth = 8
	}
	if format == "jpeg" && progressive(body) {
		depth += 4 * samples // coefficients are of 32 bits
	}
	if format == "webp" || format == "tiff" {
		depth *= 2 // unpacked as a whole before
	}
	if format == "png" && len(body) > 28 && body[28] == 1 {
		depth += depth // interlaced: the passes are pictures of their own
	}
	const scratch = 32 // bytes that the scaler keeps for each pixel of the new width and the old height
	return int64(len(body)) + pixels*depth + scratch*int64(width)*int64(c.Height) + 8*int64(width)*int64(height)
}

// progressive says that a JPEG's frame header is a progressive one's.
func progressive(body []byte) bool {
	found := false
	segments(body, func(marker byte, _ []byte) bool {
		found = marker == 0xc2
		return marker < 0xc0 || marker > 0xc2
	})
	return found
}

// segments calls visit with the segments of a JPEG before its first scan, until it returns false.
func segments(body []byte, visit func(marker byte, data []byte) bool) {
	if !bytes.HasPrefix(body, []byte{0xff, 0xd8}) {
		return
	}
	for at := 2; at+4 <= len(body); {
		if body[at] != 0xff || body[at+1] == 0xff { // fill bytes may stand before a marker
			at++
			continue
		}
		marker, size := body[at+1], int(body[at+2])<<8|int(body[at+3])
		if marker == 0xda || size < 2 || at+2+size > len(body) || !visit(marker, body[at+4:at+2+size]) {
			return
		}
		at += 2 + size
	}
}
