package picture

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
)

// Similar says that two pictures are nearly the same to the eye: nothing has moved and no colour has changed, whatever
// their sizes, formats and noise. Pictures that cannot be read are not.
func Similar(a, b []byte) bool {
	x, ok := thumbnail(a)
	y, okay := thumbnail(b)
	if !ok || !okay {
		return false
	}
	// In steps of 256: what JPEG at a low quality and scaling change is less than half of it.
	const mean, most = 4, 24
	for channel := range x {
		sum := 0
		for i := range x[channel] {
			off := int(x[channel][i]) - int(y[channel][i])
			off = max(off, -off)
			if sum += off; off > most {
				return false
			}
		}
		if sum > mean*len(x[channel]) {
			return false
		}
	}
	return true
}

// thumbnail is a picture's luminance and its two kinds of chroma, in 16 by 16 fields, on grey.
func thumbnail(body []byte) (t [3][256]uint8, ok bool) {
	m, _, err := look(body)
	if err != nil {
		return t, false
	}
	out := image.NewRGBA(image.Rect(0, 0, 16, 16))
	draw.Draw(out, out.Rect, image.NewUniform(color.Gray{128}), image.Point{}, draw.Src)
	xdraw.BiLinear.Scale(out, out.Rect, m, m.Bounds(), draw.Over, nil)
	for i := range 256 {
		t[0][i], t[1][i], t[2][i] = color.RGBToYCbCr(out.Pix[4*i], out.Pix[4*i+1], out.Pix[4*i+2])
	}
	return t, true
}
