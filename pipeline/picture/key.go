package picture

import (
	"image"
	"image/color"
	"slices"
)

// keyColours are the colours that a subject is set on, in the order in which they are preferred.
var keyColours = []color.NRGBA{{0, 255, 0, 255}, {255, 0, 255, 255}, {0, 0, 255, 255}}

// KeyColour picks the colour for a picture to be drawn on that is farthest from every colour in its source: green,
// magenta or blue. It is green where the source cannot be read.
func KeyColour(source []byte) color.NRGBA {
	m, _, err := look(source)
	if err != nil {
		return keyColours[0]
	}
	b := m.Bounds()
	step := max(1, max(b.Dx(), b.Dy())/256)
	best, least := keyColours[0], 2.0
	for _, key := range keyColours {
		by := keying(key)
		var shares []float64
		for y := b.Min.Y; y < b.Max.Y; y += step {
			for x := b.Min.X; x < b.Max.X; x += step {
				if c := nrgba(m, x, y); c.A > 16 {
					shares = append(shares, max(0, by.share(c)))
				}
			}
		}
		if len(shares) == 0 {
			return best
		}
		slices.Sort(shares)
		if most := shares[(len(shares)-1)*998/1000]; most < least-0.05 { // a few pixels are noise
			best, least = key, most
		}
	}
	return best
}

const (
	hardly  = 0.04 // of the key colour: nothing of it, but for noise
	nearly  = 0.85 // of the key colour: the background, however a model or a JPEG shades it
	reach   = 3    // pixels from the background that are mixed with it: an edge, and a JPEG's coarser colours
	foreign = 0.3  // of the key colour, away from any edge: the subject's own
)

// KeyOut makes the background of an opaque answer on a key colour transparent. Pixels at an edge are taken as the
// mixtures that they are: they become as transparent as they hold of the key colour, and take the subject's own.
// It is not ok where less than 7 in 10 of the outermost pixels are of the key colour, where more than a twentieth of
// the subject is like it, where no subject is left, and where the answer cannot be read.
func KeyOut(answer []byte, key color.NRGBA) (png []byte, ok bool) {
	m, _, err := look(answer)
	if err != nil {
		return nil, false
	}
	by, ok := keying(key).drawn(m)
	if !ok {
		return nil, false
	}
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	shares := make([]float32, w*h)
	for y := range h {
		for x := range w {
			c := nrgba(m, b.Min.X+x, b.Min.Y+y)
			c.A = 255
			out.SetNRGBA(x, y, c)
			shares[y*w+x] = float32(by.share(c))
		}
	}
	edges := around(shares, w, h)
	subject, like := 0, 0
	var mixed []image.Point
	for i, share := range shares {
		c := (*[4]uint8)(out.Pix[4*i:])
		switch {
		case share >= nearly:
			*c = [4]uint8{}
			continue
		case edges[i] || share >= foreign:
			by.unmix(c, float64(share), edges[i])
			if edges[i] && c[3] < 255 {
				mixed = append(mixed, image.Pt(i%w, i/w))
			}
		}
		subject++
		if share >= foreign && !edges[i] {
			like++
		}
	}
	if subject < w*h/1000 || like*20 > subject {
		return nil, false
	}
	for _, at := range mixed {
		colourLikeSubject(out, at)
	}
	png, err = encodePNG(out)
	return png, err == nil
}

// colourLikeSubject gives a pixel at an edge the mean colour of the whole ones within its reach. A JPEG's colours are
// coarser than its light, so what is unmixed has the right cover and a hue that is off. Where a stroke is so thin that
// none is whole, the pixel stays as it is.
func colourLikeSubject(m *image.NRGBA, at image.Point) {
	var sum [3]int
	n := 0
	within := image.Rect(at.X-reach, at.Y-reach, at.X+reach+1, at.Y+reach+1).Intersect(m.Rect)
	for y := within.Min.Y; y < within.Max.Y; y++ {
		for x := within.Min.X; x < within.Max.X; x++ {
			if c := m.Pix[m.PixOffset(x, y):]; c[3] == 255 {
				sum[0], sum[1], sum[2], n = sum[0]+int(c[0]), sum[1]+int(c[1]), sum[2]+int(c[2]), n+1
			}
		}
	}
	if n > 0 {
		c := m.Pix[m.PixOffset(at.X, at.Y):]
		c[0], c[1], c[2] = uint8(sum[0]/n), uint8(sum[1]/n), uint8(sum[2]/n)
	}
}

// keyer tells how much of a colour is the key colour: its strong channels above its weak ones.
type keyer struct {
	strong [3]bool
	key    [3]float64
	full   float64 // by how much, in the key colour itself
}

func keying(key color.NRGBA) keyer {
	k := keyer{key: [3]float64{float64(key.R), float64(key.G), float64(key.B)}}
	for i, v := range k.key {
		k.strong[i] = v > 127
	}
	k.full = k.excess(k.key)
	return k
}

// excess is by how much the weakest of the strong channels is above the strongest of the weak ones. Of grey, black and
// white, which have but one kind, it is no more than 0.
func (k keyer) excess(c [3]float64) float64 {
	strong, weak := 256.0, -1.0
	for i, v := range c {
		if k.strong[i] {
			strong = min(strong, v)
		} else {
			weak = max(weak, v)
		}
	}
	if strong > 255 || weak < 0 {
		return 0
	}
	return strong - weak
}

// share is how much of a colour is the key colour: 1 is all, 0 and less is nothing.
func (k keyer) share(c color.NRGBA) float64 {
	if k.full <= 0 {
		return 0
	}
	return k.excess([3]float64{float64(c.R), float64(c.G), float64(c.B)}) / k.full
}

// drawn is the key colour as a model has drawn it, from the outermost pixels; not ok where few of them are of it.
func (k keyer) drawn(m image.Image) (keyer, bool) {
	var like [3][]uint8
	all := 0
	border(m.Bounds(), func(x, y int) {
		all++
		if c := nrgba(m, x, y); k.share(c) >= 0.5 {
			like[0], like[1], like[2] = append(like[0], c.R), append(like[1], c.G), append(like[2], c.B)
		}
	})
	if k.full < 96 || len(like[0])*10 < all*7 {
		return k, false
	}
	var middle [3]uint8
	for i := range like {
		slices.Sort(like[i])
		middle[i] = like[i][len(like[i])/2]
	}
	drawn := k
	for i, v := range middle {
		drawn.key[i] = float64(v)
	}
	drawn.full = drawn.excess(drawn.key)
	return drawn, true
}

// unmix makes a colour as transparent as it holds of the key, and takes the key out of it.
func (k keyer) unmix(c *[4]uint8, share float64, atEdge bool) {
	cover := 1 - max(0, share-hardly)/(nearly-hardly)
	if cover < 0.04 { // a speck
		*c = [4]uint8{}
		return
	}
	var own [3]float64
	for i := range own {
		own[i] = min(255, max(0, (float64(c[i])-(1-cover)*k.key[i])/cover))
	}
	if over := k.excess(own); over > 0 && atEdge {
		for i := range own {
			if k.strong[i] {
				own[i] -= over
			}
		}
	}
	*c = [4]uint8{uint8(own[0] + 0.5), uint8(own[1] + 0.5), uint8(own[2] + 0.5), uint8(255*cover + 0.5)}
}

// around says which pixels are within reach of the background.
func around(shares []float32, w, h int) []bool {
	spread := func(from []bool, n, step, lines, next int) []bool {
		out := make([]bool, len(from))
		for line := range lines {
			last := -reach - 1
			for i := range n + reach { // a pixel is decided on once all within its reach have been seen
				if i < n && from[line*next+i*step] {
					last = i
				}
				if at := i - reach; at >= 0 && last >= at-reach {
					out[line*next+at*step] = true
				}
			}
		}
		return out
	}
	background := make([]bool, len(shares))
	for i, s := range shares {
		background[i] = s >= nearly
	}
	return spread(spread(background, w, 1, h, w), h, w, w, 1)
}
