package openaitest_test

import (
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
)

// Every amount is worked out by hand from OpenAI's list, in nano-dollars.
func TestAgentCallsAreBilledByTheirTokens(t *testing.T) {
	usage := openaitest.Usage{Input: 10_000, Cached: 4_000, CacheWrite: 1_000, Output: 2_000, Reasoning: 512}
	long := openaitest.Usage{Input: 272_001, Cached: 72_001, Output: 1_000}
	for name, tt := range map[string]struct {
		model, tier string
		usage       openaitest.Usage
		nano        int64
	}{
		"gpt-5 at its own rates":                     {"gpt-5", "", usage, 6_000*30_000 + 4_000*3_000 + 2_000*120_000},
		"gpt-5-mini":                                 {"gpt-5-mini", "", usage, 6_000*250 + 4_000*25 + 2_000*2_000},
		"gpt-6.1-sol":                                {"gpt-6.1-sol", "", usage, 6_000*2_000 + 4_000*100 + 2_000*10_000},
		"gpt-6.1-sol, long":                          {"gpt-6.1-sol", "", long, 200_000*4_000 + 72_001*200 + 1_000*15_000},
		"gpt-6.1-sol, one token short":               {"gpt-6.1-sol", "", openaitest.Usage{Input: 272_000}, 272_000 * 2_000},
		"own model at its tier":                      {"house", "priority", usage, 6_000*9 + 4_000*8 + 2_000*7},
		"own model at a tier that has no other rate": {"house", "flex", usage, 6_000*3 + 4_000*2 + 2_000*1},
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Options{
				Models: map[string]openaitest.Model{"house": {
					Rates: openaitest.Rates{Input: 3, Cached: 2, Output: 1},
					Tiers: map[string]openaitest.Rates{"priority": {Input: 9, Cached: 8, Output: 7}},
				}},
				Fault: func(openaitest.Call) *openaitest.Fault {
					return &openaitest.Fault{Usage: &tt.usage, ServiceTier: tt.tier}
				},
			})
			postJSON(t, s, ask(oneText, map[string]any{"model": tt.model}))
			if bill := s.Bill(); bill.Total != tt.nano || bill.Agent != tt.nano || bill.Image != 0 {
				t.Errorf("billed %d, want %d", bill.Total, tt.nano)
			}
		})
	}
}

func TestImagesAreBilledByTheImageOrTheirTokens(t *testing.T) {
	usage := openaitest.Usage{Input: 1_000, ImageInput: 600, Cached: 300, CachedImage: 200, Output: 4_000}
	for name, tt := range map[string]struct {
		model, quality string
		nano           int64
	}{
		"gpt-image-1":            {"gpt-image-1", "medium", 40_000_000},
		"gpt-image-1, auto":      {"gpt-image-1", "auto", 40_000_000},
		"gpt-image-1, low":       {"gpt-image-1", "low", 40_000_000},
		"gpt-image-1, high":      {"gpt-image-1", "high", 80_000_000},
		"gpt-image-1-mini":       {"gpt-image-1-mini", "high", 300*2_000 + 100*200 + 400*2_500 + 200*250 + 4_000*8_000},
		"gpt-image-1.5":          {"gpt-image-1.5", "high", 300*5_000 + 100*1_250 + 400*8_000 + 200*2_000 + 4_000*32_000},
		"gpt-image-2.6-sunburst": {"gpt-image-2.6-sunburst", "high", 300*5_000 + 100*1_250 + 400*8_000 + 200*2_000 + 4_000*30_000},
	} {
		t.Run(name, func(t *testing.T) {
			s := faulty(t, openaitest.KindImage, openaitest.Fault{Usage: &usage})
			edit(map[string]string{"model": tt.model, "quality": tt.quality}).post(t, s)
			if bill := s.Bill(); bill.Total != tt.nano || bill.Image != tt.nano || bill.Agent != 0 {
				t.Errorf("billed %d, want %d", bill.Total, tt.nano)
			}
		})
	}
}

func TestOutputTokensFollowSizeAndQuality(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	for name, tt := range map[string]struct {
		size, quality string
		tokens        int64
	}{
		"square low":        {"1024x1024", "low", 272},
		"square medium":     {"1024x1024", "medium", 1056},
		"portrait high":     {"1024x1536", "high", 6240},
		"landscape medium":  {"1536x1024", "medium", 1568},
		"wide, by pixels":   {"1536x560", "medium", 867},
		"nothing is medium": {"1536x1024", "", 1568},
	} {
		t.Run(name, func(t *testing.T) {
			edit(map[string]string{"model": "gpt-image-2.6-sunburst", "size": tt.size, "quality": tt.quality}).post(t, s)
			calls := s.Calls()
			if got := calls[len(calls)-1].Usage; got.Output != tt.tokens || got.Images != 1 || got.ImageInput <= 0 || got.Input <= got.ImageInput {
				t.Errorf("usage %+v, want %d output tokens", got, tt.tokens)
			}
		})
	}
}

func TestModelOfTheLaptopIsShutDownByTheRealClock(t *testing.T) {
	s, err := openaitest.Start(openaitest.Options{Models: map[string]openaitest.Model{
		"yesterday": {Shutdown: time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)},
		"next week": {Shutdown: time.Now().UTC().AddDate(0, 0, 7).Format(time.DateOnly)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for model, status := range map[string]int{"yesterday": 404, "next week": 200} {
		if a := postJSON(t, s, ask(oneText, map[string]any{"model": model})); a.status != status {
			t.Errorf("%s: status %d", model, a.status)
		}
	}
}
