package picture

import (
	"encoding/binary"
	"image"
	"math"
	"sync"
)

// profile converts colours to sRGB: each channel through its curve, then all three through a matrix. It is what an ICC
// profile of a display or a working space says (ICC.1:2022, 8.3.3 and 10); those of printers have tables instead.
type profile struct {
	curve  [3][256]float32 // to linear light
	matrix [9]float32      // to sRGB in linear light
}

// fromD50 takes the profile connection space, XYZ under D50, to sRGB in linear light (Bradford).
var fromD50 = [9]float64{
	3.1338561, -1.6168667, -0.4906146,
	-0.9787684, 1.9161415, 0.0334540,
	0.0719453, -0.2289914, 1.4052427,
}

// readProfile reads an RGB profile; nil where there is nothing to convert: it is sRGB's own, damaged or of another kind.
func readProfile(icc []byte) *profile {
	if len(icc) < 132 || string(icc[16:20]) != "RGB " || string(icc[20:24]) != "XYZ " {
		return nil
	}
	tags := map[string][]byte{}
	for n, at := binary.BigEndian.Uint32(icc[128:]), 132; n > 0 && at+12 <= len(icc); n, at = n-1, at+12 {
		from, size := int64(binary.BigEndian.Uint32(icc[at+4:])), int64(binary.BigEndian.Uint32(icc[at+8:]))
		if from+size <= int64(len(icc)) {
			tags[string(icc[at:at+4])] = icc[from : from+size]
		}
	}
	var p profile
	for i, channel := range []string{"r", "g", "b"} {
		xyz, curve := tags[channel+"XYZ"], tags[channel+"TRC"]
		if len(xyz) < 20 || string(xyz[:4]) != "XYZ " || !readCurve(curve, &p.curve[i]) {
			return nil
		}
		for row := range 3 {
			var sum float64
			for k := range 3 {
				sum += fromD50[row*3+k] * fixed16(xyz[8+4*k:])
			}
			p.matrix[row*3+i] = float32(sum)
		}
	}
	if p.isSRGB() {
		return nil
	}
	return &p
}

// readCurve reads a tone curve, sampled for 8 bits.
func readCurve(tag []byte, curve *[256]float32) bool {
	if len(tag) < 12 {
		return false
	}
	at := func(x float64) float64 { return x }
	switch string(tag[:4]) {
	case "curv":
		n := int64(binary.BigEndian.Uint32(tag[8:]))
		if 12+2*n > int64(len(tag)) {
			return false
		}
		if n == 1 {
			gamma := float64(binary.BigEndian.Uint16(tag[12:])) / 256
			at = func(x float64) float64 { return math.Pow(x, gamma) }
		} else if n > 1 {
			value := func(i int64) float64 { return float64(binary.BigEndian.Uint16(tag[12+2*i:])) / 65535 }
			at = func(x float64) float64 {
				x *= float64(n - 1)
				i := min(int64(x), n-2)
				return value(i) + (value(i+1)-value(i))*(x-float64(i))
			}
		}
	case "para":
		kind := int(binary.BigEndian.Uint16(tag[8:]))
		if kind > 4 || len(tag) < 12+4*[]int{1, 3, 4, 5, 7}[kind] {
			return false
		}
		var v [7]float64 // g, a, b, c, d, e, f
		for i := range []int{1, 3, 4, 5, 7}[kind] {
			v[i] = fixed16(tag[12+4*i:])
		}
		g, a, b, c, d, e, f := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
		switch kind {
		case 0:
			a = 1
		case 1:
			c, d = 0, -b/a
		case 2:
			e, f, c, d = c, c, 0, -b/a
		}
		at = func(x float64) float64 {
			if x >= d {
				return math.Pow(max(0, a*x+b), g) + e
			}
			return c*x + f
		}
	default:
		return false
	}
	for i := range curve {
		v := at(float64(i) / 255)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
		curve[i] = float32(v)
	}
	return true
}

// fixed16 is an s15Fixed16Number.
func fixed16(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }

// encodeCurve takes linear light, in 4096 steps, to sRGB's 8 bits.
var encodeCurve = sync.OnceValue(func() *[4096]uint8 {
	var table [4096]uint8
	for i := range table {
		x := float64(i) / 4095
		if x <= 0.0031308 {
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		table[i] = uint8(x*255 + 0.5)
	}
	return &table
})

// convert converts a colour.
func (p *profile) convert(rgb []uint8, encodeCurve *[4096]uint8) {
	r, g, b := p.curve[0][rgb[0]], p.curve[1][rgb[1]], p.curve[2][rgb[2]]
	for i := range 3 {
		v := p.matrix[3*i]*r + p.matrix[3*i+1]*g + p.matrix[3*i+2]*b
		rgb[i] = encodeCurve[int(min(1, max(0, v))*4095+0.5)]
	}
}

// isSRGB says that a profile changes no colour by what could be seen.
func (p *profile) isSRGB() bool {
	table := encodeCurve()
	for r := 0; r < 256; r += 51 {
		for g := 0; g < 256; g += 51 {
			for b := 0; b < 256; b += 51 {
				got := [3]uint8{uint8(r), uint8(g), uint8(b)}
				p.convert(got[:], table)
				for i, was := range []int{r, g, b} {
					if d := int(got[i]) - was; d > 2 || d < -2 {
						return false
					}
				}
			}
		}
	}
	return true
}

// apply converts a picture where it stands.
func (p *profile) apply(m *image.NRGBA) {
	table := encodeCurve()
	for at := 0; at+4 <= len(m.Pix); at += 4 {
		p.convert(m.Pix[at:at+3:at+3], table)
	}
}
