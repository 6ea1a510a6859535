package picture_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

// svg is a picture of 40 by 20, of which the middle is seen: what is drawn costs by its pixels.
func svg(inner string) []byte {
	return []byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:x="urn:x" width="40" height="4" viewBox="0 8 40 4">` + inner + `</svg>`)
}

func TestPrepare_DrawsAnSVG(t *testing.T) {
	half := color.NRGBA{255, 0, 0, 128}
	for name, tt := range map[string]struct {
		inner       string
		left, right color.Color // in the middle of each half
	}{
		"a rectangle":                  {`<rect width="20" height="20" fill="red"/>`, red, clear},
		"a path of relative lines":     {`<path fill="#00f" d="M20 0h20v20h-20z"/>`, clear, blue},
		"numbers without spaces":       {`<path d="M.5.5l19-.5 0 19-19-.5z" fill="#F00"/>`, red, clear},
		"arcs with flags run together": {`<path fill="red" d="M2 10a8 8 0 1116 0 8 8 0 01-16 0"/>`, red, clear},
		"a circle":                     {`<circle cx="10" cy="10" r="9" fill="rgb(255,0,0)"/>`, red, clear},
		"a hole by evenodd":            {`<path fill="red" fill-rule="evenodd" d="M0 0H40V20H0z M22 2H38V18H22z"/>`, red, clear},
		"no hole by nonzero":           {`<path fill="red" d="M0 0H40V20H0z M22 2H38V18H22z"/><rect x="39" y="11" width="1" height="1" fill="blue"/>`, red, red},
		"a stroke that is scaled":      {`<line x1="10" y1="0" x2="10" y2="20" stroke="red" stroke-width="12"/>`, red, clear},
		"a stroke of a scaled group":   {`<g transform="scale(2)"><path d="M5 0V10" stroke="red" stroke-width="6" fill="none"/></g>`, red, clear},
		"dashes":                       {`<path d="M0 10H40" stroke="red" stroke-width="20" stroke-dasharray="20"/>`, red, clear},
		"a style":                      {`<rect width="20" height="20" style="fill:red; stroke:none"/>`, red, clear},
		"a class":                      {`<style>.a{fill:red}.b,.c{fill:blue}</style><rect class="a" width="20" height="20"/><rect class="c" x="20" width="20" height="20"/>`, red, blue},
		"what is inherited":            {`<g fill="red"><g><rect width="20" height="20"/></g><rect x="20" width="20" height="20" fill="blue"/></g>`, red, blue},
		"opacities":                    {`<g opacity=".5"><rect width="20" height="20" fill="red"/></g>`, half, clear},
		"rgba":                         {`<rect width="20" height="20" fill="rgba(255,0,0,.5)"/>`, half, clear},
		"current colour":               {`<g color="red"><rect width="50%" height="20" fill="currentColor"/></g>`, red, clear},
		"hidden":                       {`<rect width="20" height="20" fill="red"/><rect width="40" height="20" display="none"/><rect width="40" height="20" visibility="hidden"/>`, red, clear},
		"a transform":                  {`<rect width="20" height="20" fill="red" transform="translate(20) rotate(0 1 1)"/>`, clear, red},
		"used twice":                   {`<defs><rect id="r" width="20" height="20"/></defs><use href="#r" fill="red"/><use xlink:href="#r" x="20" fill="blue"/>`, red, blue},
		"a symbol":                     {`<symbol id="s" viewBox="0 0 1 1"><rect width="1" height="1" fill="red"/></symbol><use href="#s" width="20" height="20"/>`, red, clear},
		"a gradient across a box":      {`<rect width="40" height="20" fill="url(#g)"/><linearGradient id="g"><stop offset=".5" stop-color="red"/><stop offset=".5" stop-color="blue"/></linearGradient>`, red, blue},
		"a gradient of its own":        {`<defs><linearGradient id="b"><stop offset=".5" stop-color="red"/><stop offset=".5" stop-color="blue"/></linearGradient><linearGradient id="g" xlink:href="#b" gradientUnits="userSpaceOnUse" x1="0" x2="40" y1="0" y2="0"/></defs><path d="M0 0H40V20H0z" fill="url(#g)"/>`, red, blue},
		"a gradient in a circle":       {`<radialGradient id="g" gradientUnits="userSpaceOnUse" cx="10" cy="10" r="10"><stop offset=".9" style="stop-color:red"/><stop offset=".9" stop-color="blue"/></radialGradient><rect width="40" height="20" fill="url('#g')"/>`, red, blue},
		"what drawing programs leave":  {`<title>T</title><x:meta><x:text>t</x:text></x:meta><metadata><a>b</a></metadata><defs><mask id="m"/><text>unused</text></defs><clipPath id="c"><rect width="40" height="20" fill="white"/></clipPath><g clip-path="url(#c)"><rect width="20" height="20" fill="red"/></g>`, red, clear},
		"far outside":                  {`<path fill="red" d="M-1e8-1e8H20V1e8H-1e8z"/>`, red, clear},
		"a polygon":                    {`<polygon points="0,0 20,0 20,20 0,20" fill="red"/><polyline points="20 0 40 0 40 20 20 20" fill="blue"/>`, red, blue},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := picture.Prepare(t.Context(), svg(tt.inner), nil)
			if err != nil {
				t.Fatal(err)
			}
			m, _, err := image.Decode(bytes.NewReader(s.Body))
			if err != nil || s.Width != 40 || s.Height != 4 || s.SentWidth != 1536 || s.SentHeight != 154 || m.Bounds().Dx() != 1536 {
				t.Fatalf("%d by %d, sent as %d by %d, %v", s.Width, s.Height, s.SentWidth, s.SentHeight, err)
			}
			if l, r := m.At(384, 77), m.At(1152, 77); !near(l, tt.left) || !near(r, tt.right) {
				t.Errorf("%v and %v, want %v and %v", l, r, tt.left, tt.right)
			}
		})
	}
}

func TestPrepare_SaysWhatAnSVGHasThatIsNotDrawn(t *testing.T) {
	const rect = `<rect width="20" height="20" fill="red"/>`
	for says, inner := range map[string]string{
		"a <text>": rect + `<text>Hi</text>`, "a <script>": rect + `<script>1</script>`, "a script, in \"onload\"": `<g onload="x()">` + rect + `</g>`,
		"a <image>": rect + `<image href="https://a.example/a.png"/>`, "a <foreignObject>": rect + `<foreignObject/>`, "an animation": `<rect width="9"><animate/></rect>`,
		"a reference to something outside": `<use href="https://a.example/a.svg#b"/>`, "something outside of it": `<rect width="9" height="9" fill="url(https://a.example/#b)"/>`,
		"a reference to \"#no\"": `<use href="#no"/>`, "a mask": `<mask id="m"/><g mask="url(#m)">` + rect + `</g>`, "a filter": `<g style="filter:url(#f)"/>`,
		"a clip-path": `<clipPath id="c"><circle r="4"/></clipPath><g clip-path="url(#c)"/>`, "a style sheet with \"@import\"": `<style>@import url(a.css);</style>`,
		"a style sheet for": `<style>g > rect{fill:red}</style>`, "the colour \"nope\"": `<rect width="9" height="9" fill="nope"/>`, "the transform": `<g transform="wobble(3)"/>`,
		"a path that cannot be read": `<path d="M0 0 L5"/>`, "the width \"9q\"": `<rect width="9q" height="9"/>`, "damaged": `<g>`, "a <pattern>": `<pattern id="p"/><rect width="9" height="9" fill="url(#p)"/>`,
		"too many elements": `<g id="a"><use href="#a"/></g>`, "more in it than can be drawn": strings.Repeat(`<rect width="40" height="20"/>`, 2000),
		"too long a style sheet": `<style>` + strings.Repeat(".a,.b,.c{fill:red;stroke:red}", 1000) + `</style>`,
	} {
		_, err := picture.Prepare(t.Context(), svg(inner), nil)
		if !errors.Is(err, picture.ErrSource) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	for says, body := range map[string]string{
		"no SVG": `<html/>`, "no size": `<svg/>`, "entities": `<!DOCTYPE svg [<!ENTITY a "b">]><svg width="9" height="9"/>`, "kB": `<svg>` + strings.Repeat(" ", 2<<20),
		"its encoding is": `<?xml version="1.0" encoding="utf-7"?><svg/>`, "style sheet elsewhere": `<?xml-stylesheet href="a.css"?><svg/>`,
	} {
		if _, err := picture.Prepare(t.Context(), []byte(body), nil); !errors.Is(err, picture.ErrSource) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
}
