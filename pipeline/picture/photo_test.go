package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

// photo is a picture that is as hard on a codec as a photograph: light that falls off, clouds of noise at every scale
// with grain on top, and shapes with hard and soft edges.
func photo(seed uint64, width, height int) *image.NRGBA {
	random := rand.New(rand.NewPCG(seed, 7))
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	var from, to [3]float64
	for i := range from {
		from[i], to[i] = 40+random.Float64()*170, 40+random.Float64()*170
	}
	const grid = 257
	noise := make([]float64, grid*grid)
	for i := range noise {
		noise[i] = random.Float64() - 0.5
	}
	at := func(x, y float64) float64 {
		i, j := int(x), int(y)
		u, v := x-float64(i), y-float64(j)
		u, v = u*u*(3-2*u), v*v*(3-2*v)
		n := func(i, j int) float64 { return noise[j%grid*grid+i%grid] }
		return (n(i, j)*(1-u)+n(i+1, j)*u)*(1-v) + (n(i, j+1)*(1-u)+n(i+1, j+1)*u)*v
	}
	type disc struct{ x, y, r, soft, colour float64 }
	var discs []disc
	for range 14 {
		discs = append(discs, disc{random.Float64(), random.Float64() * 0.7, 0.02 + random.Float64()*0.15, 0.001 + random.Float64()*random.Float64()*0.1, random.Float64() * 200})
	}
	for y := range height {
		for x := range width {
			u, v := float64(x)/float64(width), float64(y)/float64(width)
			cloud, size := 0.0, 90.0
			for f := 3.0; f < 900; f *= 2 {
				cloud, size = cloud+size*at(u*f, v*f), size*0.62
			}
			grain := (random.Float64() - 0.5) * 10
			var c [3]float64
			for i := range c {
				c[i] = from[i]*(1-v) + to[i]*v + cloud*(0.7+0.3*float64(i)/2) + grain
			}
			for n, d := range discs {
				if in := (d.r - math.Hypot(u-d.x, v-d.y)) / d.soft; in > 0 {
					in = min(1, in) * 0.8
					c[n%3] = c[n%3]*(1-in) + (d.colour+cloud/3)*in
					c[(n+1)%3] = c[(n+1)%3]*(1-in/2) + (200-d.colour)*in/2
				}
			}
			m.SetNRGBA(x, y, color.NRGBA{byteOf(c[0]), byteOf(c[1]), byteOf(c[2]), 255})
		}
	}
	return m
}

func byteOf(v float64) uint8 { return uint8(min(255, max(0, math.Round(v)))) }

// translucent is a picture that can be seen less and less from left to right.
func translucent(m *image.NRGBA) *image.NRGBA {
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			m.Pix[m.PixOffset(x, y)+3] = uint8(255 - 200*x/m.Rect.Dx())
		}
	}
	return m
}

// lanczos scales a picture with a Lanczos kernel of three lobes, in floating point: what the best of tools would make.
func lanczos(m *image.NRGBA, width, height int) *image.NRGBA {
	weigh := func(from, to int) (first []int, weights [][]float64) {
		scale := float64(from) / float64(to)
		wide := max(1, scale)
		for i := range to {
			centre := (float64(i) + 0.5) * scale
			low := int(math.Floor(centre - 3*wide))
			var row []float64
			sum := 0.0
			for j := low; j <= int(math.Ceil(centre+3*wide)); j++ {
				t, w := (float64(j)+0.5-centre)/wide, 0.0
				if t == 0 {
					w = 1
				} else if math.Abs(t) < 3 {
					w = 3 * math.Sin(math.Pi*t) * math.Sin(math.Pi*t/3) / (math.Pi * math.Pi * t * t)
				}
				row, sum = append(row, w), sum+w
			}
			for j := range row {
				row[j] /= sum
			}
			first, weights = append(first, low), append(weights, row)
		}
		return first, weights
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	wide := make([][3]float64, width*h)
	first, weights := weigh(w, width)
	for y := range h {
		for x := range width {
			var c [3]float64
			for j, weight := range weights[x] {
				at := m.PixOffset(min(w-1, max(0, first[x]+j)), y)
				for i := range c {
					c[i] += weight * float64(m.Pix[at+i])
				}
			}
			wide[y*width+x] = c
		}
	}
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	first, weights = weigh(h, height)
	for y := range height {
		for x := range width {
			var c [3]float64
			for j, weight := range weights[y] {
				for i, v := range wide[min(h-1, max(0, first[y]+j))*width+x] {
					c[i] += weight * v
				}
			}
			out.SetNRGBA(x, y, color.NRGBA{byteOf(c[0]), byteOf(c[1]), byteOf(c[2]), 255})
		}
	}
	return out
}

// psnr is how far a picture is from another of its size, in decibels; more is nearer, and above 40 nobody sees it.
func psnr(a, b image.Image) float64 {
	x, y := rgba(a), rgba(b)
	sum := 0.0
	for i := range x.Pix {
		d := float64(x.Pix[i]) - float64(y.Pix[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(x.Pix))*3/4/sum) // of four channels, alpha is the same
}

// ssim is the mean structural similarity of the luminance of two pictures, in fields of 8 by 8; 1 is the same.
func ssim(a, b image.Image) float64 {
	x, y := rgba(a), rgba(b)
	w, h := x.Rect.Dx(), x.Rect.Dy()
	light := func(m *image.RGBA, at int) float64 {
		return 0.299*float64(m.Pix[at]) + 0.587*float64(m.Pix[at+1]) + 0.114*float64(m.Pix[at+2])
	}
	sum, fields := 0.0, 0
	for top := 0; top+8 <= h; top += 4 {
		for left := 0; left+8 <= w; left += 4 {
			var mx, my, xx, yy, xy float64
			for j := range 8 {
				for i := range 8 {
					at := x.PixOffset(left+i, top+j)
					p, q := light(x, at), light(y, at)
					mx, my, xx, yy, xy = mx+p, my+q, xx+p*p, yy+q*q, xy+p*q
				}
			}
			mx, my = mx/64, my/64
			vx, vy, cov := xx/64-mx*mx, yy/64-my*my, xy/64-mx*my
			const c1, c2 = 0.01 * 0.01 * 255 * 255, 0.03 * 0.03 * 255 * 255
			sum += (2*mx*my + c1) * (2*cov + c2) / ((mx*mx + my*my + c1) * (vx + vy + c2))
			fields++
		}
	}
	return sum / float64(fields)
}

func rgba(m image.Image) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

func decoded(t testing.TB, body []byte) image.Image {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	keep(t, body)
	return m
}

func decodedNRGBA(t testing.TB, body []byte) *image.NRGBA {
	m := decoded(t, body)
	out := image.NewNRGBA(m.Bounds())
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

// keep puts a picture into the folder LOOK_AT, for somebody to look at it.
func keep(t testing.TB, body []byte) {
	if dir := os.Getenv("LOOK_AT"); dir != "" {
		name := strings.NewReplacer("/", "_", ",", "").Replace(t.Name())
		if err := os.WriteFile(filepath.Join(dir, name+map[bool]string{true: ".jpg", false: ".png"}[body[0] == 0xff]), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A picture is as good as the best of scalers makes it, and a JPEG of it cannot be told from it.
func TestFit_KeepsAPhotosQuality(t *testing.T) {
	source := photo(1, 768, 512)
	best := lanczos(source, 600, 400)
	for format, least := range map[string]struct{ psnr, ssim float64 }{"png": {38, 0.985}, "jpeg": {33, 0.94}} {
		f, err := picture.Fit(pngOf(source), picture.Want{Width: 300, Height: 200, Format: format})
		if err != nil || f.Width != 600 {
			// The answer has 2.56 times the pixels of the element, and twice is the most.
			t.Fatal(f.Width, err)
		}
		made := decoded(t, f.Body)
		if p, s := psnr(made, best), ssim(made, best); p < least.psnr || s < least.ssim {
			t.Errorf("%s: %.1f dB and %.4f, want %.1f and %.4f", format, p, s, least.psnr, least.ssim)
		}
	}
}

// BenchmarkFit makes ten photo-like answers of 1536x1024 into pictures of 1200x800. Beside the time for each it tells
// how far each is from a Lanczos scaler's, and its bytes.
func BenchmarkFit(b *testing.B) {
	var answers [][]byte
	var best []image.Image
	for seed := range uint64(10) {
		answer := pngOf(photo(seed, 1536, 1024))
		answers, best = append(answers, answer), append(best, lanczos(decodedNRGBA(b, answer), 1200, 800))
	}
	for _, format := range []string{"png", "jpeg"} {
		b.Run(format, func(b *testing.B) {
			made := make([][]byte, len(answers))
			n := 0
			for b.Loop() {
				f, err := picture.Fit(answers[n%len(answers)], picture.Want{Width: 600, Height: 400, Format: format})
				if err != nil {
					b.Fatal(err)
				}
				made[n%len(answers)] = f.Body
				n++
			}
			var size, far, alike, all float64
			for i, body := range made {
				if body == nil {
					f, err := picture.Fit(answers[i], picture.Want{Width: 600, Height: 400, Format: format})
					if err != nil {
						b.Fatal(err)
					}
					body = f.Body
				}
				m := decoded(b, body)
				size, far, alike, all = size+float64(len(body)), far+psnr(m, best[i]), alike+ssim(m, best[i]), all+1
			}
			b.ReportMetric(size/all, "bytes/picture")
			b.ReportMetric(far/all, "dB")
			b.ReportMetric(alike/all, "ssim")
		})
	}
}
