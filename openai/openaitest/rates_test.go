package openaitest_test

import (
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
)

// Every amount is worked out by hand from OpenAI's list, in nano-dollars.
func TestAgentCallsAreBilledByTheirTokens(t *testing.T) {
	usage := openaitest.Usage{Input: 10_000, Cached: 4_000, CacheWrite: 1_000, CacheWriteLong: 400, Output: 2_000, Reasoning: 512}
	long := openaitest.Usage{Input: 272_001, Cached: 72_001, CacheWrite: 50_000, CacheWriteLong: 20_000, Output: 1_000}
	const sol = 5_000*2_000 + 4_000*100 + 600*2_500 + 400*5_000 + 2_000*10_000
	const longSol = 150_000*4_000 + 72_001*200 + 30_000*5_000 + 20_000*10_000 + 1_000*15_000
	for name, tt := range map[string]struct {
		model, tier string
		usage       openaitest.Usage
		nano        int64
	}{
		"gpt-5 at its own rates":                 {"gpt-5", "", usage, 6_000*30_000 + 4_000*3_000 + 2_000*120_000},
		"gpt-5-mini":                             {"gpt-5-mini", "", usage, 6_000*250 + 4_000*25 + 2_000*2_000},
		"gpt-5-mini on flex, half a nano-dollar": {"gpt-5-mini", "flex", openaitest.Usage{Input: 1, Cached: 1}, 13},
		"gpt-5 at priority":                      {"gpt-5", "priority", usage, 2 * (6_000*30_000 + 4_000*3_000 + 2_000*120_000)},
		"gpt-6.1-sol":                            {"gpt-6.1-sol", "", usage, sol},
		"gpt-6.1-sol on flex":                    {"gpt-6.1-sol", "flex", usage, sol / 2},
		"gpt-6.1-sol in a batch":                 {"gpt-6.1-sol", "batch", usage, sol / 2},
		"gpt-6.1-sol at priority":                {"gpt-6.1-sol", "priority", usage, 2 * sol},
		"gpt-6.1-sol, dated":                     {"gpt-6.1-sol-2026-09-29", "default", usage, sol},
		"gpt-6.1-sol, long":                      {"gpt-6.1-sol", "", long, longSol},
		"gpt-6.1-sol, long, on flex":             {"gpt-6.1-sol", "flex", long, longSol / 2},
		"gpt-6.1-sol, one token short":           {"gpt-6.1-sol", "", openaitest.Usage{Input: 272_000}, 272_000 * 2_000},
		"gpt-6.1-terra":                          {"gpt-6.1-terra", "", usage, 5_000*1_000 + 4_000*50 + 600*1_250 + 400*2_500 + 2_000*5_000},
		"gpt-6-astra":                            {"gpt-6-astra", "", usage, 5_000*10_000 + 4_000*1_000 + 600*12_500 + 400*25_000 + 2_000*50_000},
		"gpt-6-sol":                              {"gpt-6-sol", "", usage, 5_000*2_000 + 4_000*200 + 600*2_500 + 400*5_000 + 2_000*10_000},
		"gpt-6-luna":                             {"gpt-6-luna", "", usage, 5_000*100 + 4_000*10 + 600*125 + 400*250 + 2_000*500},
		"gpt-5.6-sol":                            {"gpt-5.6-sol", "", usage, 5_000*4_000 + 4_000*400 + 600*5_000 + 400*10_000 + 2_000*20_000},
		"gpt-5.6-terra":                          {"gpt-5.6-terra", "", usage, 5_000*2_000 + 4_000*200 + 600*2_500 + 400*5_000 + 2_000*12_000},
		"gpt-5.6-luna":                           {"gpt-5.6-luna", "", usage, 5_000*200 + 4_000*20 + 600*250 + 400*500 + 2_000*1_200},
		"own model at its tier":                  {"house", "priority", usage, 6_000*9 + 4_000*8 + 2_000*7},
		"own model at a tier without rates of its own": {"house", "flex", usage, (6_000*3 + 4_000*2 + 2_000*1) / 2},
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
		"gpt-image-2.5-flare":    {"gpt-image-2.5-flare", "high", 300*5_000 + 100*1_250 + 400*8_000 + 200*2_000 + 4_000*30_000},
		"gpt-image-2.6-flare":    {"gpt-image-2.6-flare", "high", 300*5_000 + 100*1_250 + 400*8_000 + 200*2_000 + 4_000*30_000},
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

func TestOutputTokensFollowModelSizeAndQuality(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	for name, tt := range map[string]struct {
		model, size, quality string
		tokens               int64
	}{
		"1.5, square low":           {"gpt-image-1.5", "1024x1024", "low", 272},
		"1.5, square medium":        {"gpt-image-1.5", "1024x1024", "medium", 1056},
		"1.5, portrait high":        {"gpt-image-1.5", "1024x1536", "high", 6240},
		"1.5, landscape medium":     {"gpt-image-1.5", "1536x1024", "medium", 1568},
		"1.5, nothing is medium":    {"gpt-image-1.5", "1536x1024", "", 1568},
		"2.5, low":                  {"gpt-image-2.5-flare", "1024x1024", "low", 196},
		"2.5, medium":               {"gpt-image-2.5-flare", "1024x1024", "medium", 439},
		"2.5, high":                 {"gpt-image-2.5-sunburst", "1024x1024", "high", 1756},
		"2.5, xhigh":                {"gpt-image-2.5-sunburst", "1024x1024", "xhigh", 3122},
		"2.5, max":                  {"gpt-image-2.5-sunburst", "1024x1024", "max", 7024},
		"2.5, max, landscape":       {"gpt-image-2.5-sunburst", "1536x1024", "max", 5488},
		"2.5, max, large":           {"gpt-image-2.5-sunburst", "3584x2048", "max", 12329},
		"2.6, low, as measured":     {"gpt-image-2.6-sunburst", "1536x1024", "low", 664},
		"2.6, medium, as measured":  {"gpt-image-2.6-flare", "1536x1024", "medium", 1353},
		"2.6, low elsewhere":        {"gpt-image-2.6-flare", "1024x1024", "low", 686},
		"2.6, nothing is medium":    {"gpt-image-2.6-flare", "1024x1024", "", 1537},
		"2.6, high is that of 2.5":  {"gpt-image-2.6-sunburst", "1024x1024", "high", 1756},
		"2.6, wide, of other sizes": {"gpt-image-2.6-sunburst", "1536x560", "high", 618},
	} {
		t.Run(name, func(t *testing.T) {
			if a := edit(map[string]string{"model": tt.model, "size": tt.size, "quality": tt.quality}).post(t, s); a.status != 200 {
				t.Fatalf("status %d: %s", a.status, a.body)
			}
			calls := s.Calls()
			if got := calls[len(calls)-1].Usage; got.Output != tt.tokens || got.Images != 1 || got.ImageInput <= 0 || got.Input <= got.ImageInput {
				t.Errorf("usage %+v, want %d output tokens", got, tt.tokens)
			}
		})
	}
	for _, quality := range []string{"xhigh", "max"} {
		if a := edit(map[string]string{"model": "gpt-image-1.5", "quality": quality}).post(t, s); a.status != 400 {
			t.Errorf("gpt-image-1.5 at quality %s: status %d", quality, a.status)
		}
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
