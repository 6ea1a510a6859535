package openaitest

import (
	"bytes"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
)

// photo draws what is about as hard to compress as a photograph: soft light, detail at every scale, and grain. A card is
// not: its flat areas make a PNG a tenth as large. It is in the brand's colours, and the same for the same original.
func photo(w work, colours [3]color.NRGBA) ([]byte, error) {
	seed := fnv.New64a()
	seed.Write([]byte(w.sha256))
	random := rand.New(rand.NewPCG(seed.Sum64(), uint64(w.width)<<32|uint64(w.height)))
	var detail []octave
	for cell := 256; cell >= 2; cell /= 2 {
		detail = append(detail, newOctave(random, cell, w.width, w.height))
	}
	face := image.NewRGBA(image.Rect(0, 0, w.width, w.height))
	for y := range w.height {
		row := face.Pix[y*face.Stride:]
		for x := range w.width {
			hue, light := detail[0].at(x, y), float32(0)
			for i, o := range detail {
				light += (o.at(x, y) - 0.5) / float32(i+2)
			}
			c := blend(colours[0], colours[1], float64(hue))
			grain := random.Uint32()
			for i, v := range [3]uint8{c.R, c.G, c.B} {
				lit := float32(v) + 150*light + float32(grain>>(8*i)&15) - 7.5
				row[4*x+i] = uint8(max(0, min(255, lit)))
			}
			row[4*x+3] = 255
		}
	}
	strip := face.Bounds()
	strip.Min.Y = strip.Max.Y - max(min(w.width, w.height)/11, 40)
	block(face, strip, night, 0.82)
	write(face, strip.Inset(strip.Dy()/9), []string{label}, white, middle)
	if w.transparent {
		round(face, face.Bounds(), float64(min(w.width, w.height))/20)
	}
	if !w.jpeg {
		return joinPNG(w.width, w.height, w.transparent, newStrip(face, w.transparent, true)), nil
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, face, &jpeg.Options{Quality: 95})
	return b.Bytes(), err
}

// octave is noise of one scale: random values, so many pixels apart, and what lies between them.
type octave struct {
	cell, across int
	values       []float32 // 0 to 1
}

func newOctave(random *rand.Rand, cell, width, height int) octave {
	o := octave{cell: cell, across: width/cell + 2}
	o.values = make([]float32, o.across*(height/cell+2))
	for i := range o.values {
		o.values[i] = random.Float32()
	}
	return o
}

func (o octave) at(x, y int) float32 {
	i := y/o.cell*o.across + x/o.cell
	right, down := float32(x%o.cell)/float32(o.cell), float32(y%o.cell)/float32(o.cell)
	above := o.values[i] + right*(o.values[i+1]-o.values[i])
	below := o.values[i+o.across] + right*(o.values[i+o.across+1]-o.values[i+o.across])
	return above + down*(below-above)
}
