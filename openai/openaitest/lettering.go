package openaitest

import (
	"image"
	"image/color"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// The font's cell, in pixels.
const (
	cellWidth  = 7
	cellHeight = 13
)

// placing is where in its box a text stands.
type placing int

const (
	middle placing = iota // centred both ways
	low                   // on the box's bottom left
)

// wrapped breaks text into the lines in which it can be written largest.
func wrapped(text string, box image.Rectangle) (best []string) {
	largest := 0
	words := strings.Fields(text)
	for columns := 4; columns <= len(text)+4; columns++ {
		var lines []string
		for _, word := range words {
			if n := len(lines); n > 0 && len(lines[n-1])+1+len(word) <= columns {
				lines[n-1] += " " + word
			} else {
				lines = append(lines, word)
			}
		}
		if scale := scaleOf(lines, box); scale > largest {
			best, largest = lines, scale
		}
	}
	return best
}

// scaleOf is how many times its size the font can be written in for the lines to fit, at most 12; 0 when
// they do not.
func scaleOf(lines []string, box image.Rectangle) int {
	columns := 1
	for _, line := range lines {
		columns = max(columns, len(line))
	}
	return min(box.Dx()/(columns*cellWidth), box.Dy()/(max(len(lines), 1)*cellHeight), 12)
}

// write fills a box with lines as large as they fit.
func write(face *image.RGBA, box image.Rectangle, lines []string, ink color.NRGBA, place placing) {
	scale := scaleOf(lines, box)
	if scale < 1 {
		return
	}
	y := box.Max.Y - len(lines)*cellHeight*scale
	if place == middle {
		y = (box.Min.Y + y) / 2
	}
	for _, line := range lines {
		x := box.Min.X
		if place == middle {
			x += (box.Dx() - len(line)*cellWidth*scale) / 2
		}
		letters(face, line, image.Pt(x, y), scale, ink)
		y += cellHeight * scale
	}
}

// letters writes one line with its top left corner at a point, every pixel of the font a square of scale, over
// a faint shadow that keeps it legible on a shape.
func letters(face *image.RGBA, text string, at image.Point, scale int, ink color.NRGBA) {
	mask := image.NewAlpha(image.Rect(0, 0, len(text)*cellWidth, cellHeight))
	drawer := font.Drawer{Dst: mask, Src: image.Opaque, Face: basicfont.Face7x13, Dot: fixed.P(0, basicfont.Face7x13.Ascent)}
	drawer.DrawString(text)
	shift := (scale + 1) / 3
	for _, pass := range []struct {
		at      image.Point
		colour  color.NRGBA
		opacity float64
	}{{at.Add(image.Pt(shift, shift)), legibleOn(ink), 0.3}, {at, ink, 1}} {
		for y := range mask.Rect.Dy() {
			for x := range mask.Rect.Dx() {
				if mask.AlphaAt(x, y).A > 0 {
					dot := image.Rect(0, 0, scale, scale).Add(pass.at).Add(image.Pt(x*scale, y*scale))
					block(face, dot, pass.colour, pass.opacity)
				}
			}
		}
	}
}

// folds are letters that the font lacks, and what to write for them.
var folds = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss", "æ", "ae", "ø", "o", "å", "a", "Å", "A", "Ø", "O",
	"á", "a", "à", "a", "â", "a", "ã", "a", "é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ì", "i", "î", "i", "ï", "i",
	"ó", "o", "ò", "o", "ô", "o", "õ", "o", "ú", "u", "ù", "u", "û", "u", "ñ", "n", "ç", "c", "É", "E", "Á", "A", "Ç", "C", "Ñ", "N",
	"’", "'", "‘", "'", "“", `"`, "”", `"`, "–", "-", "—", "-",
)

// folded is text in the letters that the font has.
func folded(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, folds.Replace(text))), " ")
}
