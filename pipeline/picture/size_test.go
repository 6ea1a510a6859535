package picture_test

import (
	"fmt"
	"testing"

	"github.com/full-turner/full-turner/pipeline/picture"
)

func TestShape(t *testing.T) {
	type size struct{ width, height int }
	for name, tt := range map[string]struct{ declared, original, want size }{
		"what is declared counts":                 {size{120, 80}, size{1000, 1000}, size{120, 80}},
		"nothing declared is the original's":      {size{}, size{640, 480}, size{640, 480}},
		"a height is completed":                   {size{320, 0}, size{640, 480}, size{320, 240}},
		"a width is completed":                    {size{0, 240}, size{640, 480}, size{320, 240}},
		"a completed side is at least a pixel":    {size{10, 0}, size{5000, 3}, size{10, 1}},
		"what is declared needs no original":      {size{120, 80}, size{}, size{120, 80}},
		"half a size without an original is none": {size{120, 0}, size{}, size{}},
		"nothing at all is none":                  {size{}, size{}, size{}},
		"an original of one side is none":         {size{0, 80}, size{640, 0}, size{}},
	} {
		t.Run(name, func(t *testing.T) {
			if w, h := picture.Shape(tt.declared.width, tt.declared.height, tt.original.width, tt.original.height); (size{w, h}) != tt.want {
				t.Errorf("%d by %d, want %v", w, h, tt.want)
			}
		})
	}
}

func TestSize(t *testing.T) {
	for name, tt := range map[string]struct {
		width, height   int
		fixed, flexible string
	}{
		"a square":               {500, 500, "1024x1024", "1008x1008"},
		"nearly a square, wide":  {600, 500, "1024x1024", "1232x1024"},
		"nearly a square, tall":  {500, 600, "1024x1024", "1024x1232"},
		"wide":                   {601, 500, "1536x1024", "1216x1008"},
		"tall":                   {500, 601, "1024x1536", "1008x1216"},
		"as the largest fixed":   {1536, 1024, "1536x1024", "1536x1024"},
		"three to one":           {300, 100, "1536x1024", "1440x480"},
		"one to three":           {100, 300, "1024x1536", "480x1440"},
		"wider than may be":      {5000, 10, "1536x1024", "2160x720"},
		"taller than may be":     {10, 5000, "1024x1536", "720x2160"},
		"a banner, end to end":   {1600, 100, "1536x1024", "1632x544"},
		"a small banner":         {600, 60, "1536x1024", "1440x480"},
		"an unknown width":       {0, 500, "1024x1024", "1024x1024"},
		"an unknown height":      {500, 0, "1024x1024", "1024x1024"},
		"neither known":          {0, 0, "1024x1024", "1024x1024"},
		"a side below nothing":   {-1, 500, "1024x1024", "1024x1024"},
		"a single pixel":         {1, 1, "1024x1024", "816x816"},
		"larger than any answer": {1_000_000, 1_000_000, "1024x1024", "1264x1264"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := picture.Size(false, tt.width, tt.height); got != tt.fixed {
				t.Errorf("fixed: %s, want %s", got, tt.fixed)
			}
			if got := picture.Size(true, tt.width, tt.height); got != tt.flexible {
				t.Errorf("flexible: %s, want %s", got, tt.flexible)
			}
		})
	}
}

// A flexible size is one that OpenAI takes, whatever is asked for.
func TestSize_StaysWithinWhatModelsTake(t *testing.T) {
	for width := 1; width < 4000; width += 13 {
		for height := 1; height < 4000; height += 17 {
			size := picture.Size(true, width, height)
			var w, h int
			if _, err := fmt.Sscanf(size, "%dx%d", &w, &h); err != nil {
				t.Fatal(err)
			}
			if w%16 != 0 || h%16 != 0 || w > 3*h || h > 3*w || max(w, h) > 3840 || min(w, h) > 2160 || w*h < 655_360 || w*h > 1_700_000 {
				t.Fatalf("%d by %d asks for %s", width, height, size)
			}
		}
	}
}
