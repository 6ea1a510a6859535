package main

import (
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline"
)

func TestPrintModels(t *testing.T) {
	house, err := cost.DefaultCatalog().Override([]byte(`{"date":"2026-12-24","models":{"house":{"kind":"agent","rates":{"input":1.5,"cachedInput":1,"output":7}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		cfg   pipeline.Config
		now   string
		lines []string // with runs of spaces as one
		good  bool
	}{
		"the defaults, one of them replaced": {pipeline.Config{Catalog: cost.DefaultCatalog()}, "2026-11-25", []string{
			"Rates of 2026-11-25, in US dollars per million tokens.",
			"MODEL KIND INPUT CACHED WRITTEN WRITTEN 12H IMAGE INPUT CACHED OUTPUT SURE",
			"gpt-5 agent 30 3 - - - - 120 documented ENDS on 2026-12-11, in 16 days, use gpt-6.1-sol",
			"gpt-6.1-sol agent 2 0.1 2.5 5 - - 10 third-party above 272000 of input: input × 2, output × 1.5",
			"gpt-image-1 image - - - - - - - documented $0.04 an image, $0.08 of high quality; SHUT DOWN since 2026-10-23, use gpt-image-2.6-sunburst",
			"gpt-image-2.6-sunburst image 5 1.25 - - 8 2 30 openai",
			"Service tiers: batch × 0.5, flex × 0.5, priority × 2.",
			"agent: gpt-5, the default; ENDS on 2026-12-11, in 16 days, use gpt-6.1-sol",
			"image: gpt-image-2.6-sunburst, in the place of the default gpt-image-1, which is shut down since 2026-10-23",
		}, true},
		"long before its end": {pipeline.Config{Catalog: cost.DefaultCatalog(), ImageModel: "gpt-image-1.5"}, "2026-08-01", []string{
			"gpt-5 agent 30 3 - - - - 120 documented until 2026-12-11",
			"image: gpt-image-1.5, as set; until 2026-12-01",
		}, true},
		"the operator's own": {pipeline.Config{Catalog: house, AgentModel: "house", ImageModel: "gpt-image-2.6-flare-2026-10-30"}, "2026-12-25", []string{
			"Rates of 2026-12-24, in US dollars per million tokens.",
			"house agent 1.5 1 - - - - 7 -",
			"agent: house, as set",
			"image: gpt-image-2.6-flare-2026-10-30, as set",
		}, true},
		"images in the background": {pipeline.Config{Catalog: cost.DefaultCatalog(), ImageCalls: pipeline.ImageBackground}, "2026-11-25", []string{
			"carrier of images: gpt-6-luna, the default; above 272000 of input: input × 2, output × 1.5",
		}, true},
		"a day before": {pipeline.Config{Catalog: cost.DefaultCatalog()}, "2026-12-10", []string{
			"agent: gpt-5, the default; ENDS on 2026-12-11, in a day, use gpt-6.1-sol",
		}, true},
		"a day after": {pipeline.Config{Catalog: cost.DefaultCatalog()}, "2026-12-12", []string{
			"agent: gpt-6.1-sol, in the place of the default gpt-5, which is shut down since 2026-12-11; above 272000 of input: input × 2, output × 1.5",
		}, true},
		"shut down, and set all the same": {pipeline.Config{Catalog: cost.DefaultCatalog(), AgentModel: "gpt-5"}, "2026-12-11", []string{
			"agent: none: cost: model gpt-5: model is shut down since 2026-12-11; its replacement is gpt-6.1-sol",
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			now, err := time.Parse(time.DateOnly, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			good := printModels(&out, tt.cfg, now)
			printed := map[string]bool{}
			for line := range strings.Lines(out.String()) {
				printed[strings.Join(strings.Fields(line), " ")] = true
			}
			for _, line := range tt.lines {
				if !printed[line] {
					t.Errorf("no line %q", line)
				}
			}
			if good != tt.good || t.Failed() {
				t.Errorf("good %v, and printed:\n%s", good, out.String())
			}
		})
	}
}

func TestModelsTakesNothing(t *testing.T) {
	if o, err := parse([]string{"models"}); err != nil || o.command != "models" {
		t.Errorf("command %q, %v", o.command, err)
	}
	if _, err := parse([]string{"models", "gpt-5"}); err == nil {
		t.Error("models takes the name of one")
	}
}
