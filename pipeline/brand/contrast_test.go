package brand_test

import (
	"math"
	"testing"

	"github.com/full-turner/full-turner/pipeline/brand"
)

// The ratios are those that WebAIM's contrast checker and the W3C's pages give for these pairs.
func TestContrast_IsThatOfWCAG(t *testing.T) {
	for name, tt := range map[string]struct {
		a, b string
		want float64
	}{
		"black on white":                  {"#000000", "#FFFFFF", 21},
		"a colour on itself":              {"#336699", "#336699", 1},
		"the lightest grey that may":      {"#767676", "#FFFFFF", 4.54},
		"the next may not":                {"#777777", "#FFFFFF", 4.48},
		"the lightest for large text":     {"#949494", "#FFFFFF", 3.03},
		"the lightest grey of AAA":        {"#595959", "#FFFFFF", 7.00},
		"red":                             {"#FF0000", "#FFFFFF", 4.00},
		"green":                           {"#008000", "#FFFFFF", 5.14},
		"blue":                            {"#0000FF", "#FFFFFF", 8.59},
		"yellow on black":                 {"#FFFF00", "#000000", 19.56},
		"the order does not matter":       {"#FFFFFF", "#767676", 4.54},
		"other spellings, a name":         {"rgb(118, 118, 118)", "white", 4.54},
		"what is no colour has none":      {"mauvish", "#FFFFFF", 0},
		"nor has it on the other side":    {"#FFFFFF", "", 0},
		"hsl":                             {"hsl(120 100% 25.1%)", "#fff", 5.14},
		"three digits":                    {"#00f", "#fff", 8.59},
		"an alpha is left aside":          {"#0000FF80", "#fff", 8.59},
		"hex without its mark is allowed": {"0000FF", "fff", 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := brand.Contrast(tt.a, tt.b); math.Abs(got-tt.want) > 0.006 {
				t.Errorf("%.3f, want %.2f", got, tt.want)
			}
		})
	}
}
