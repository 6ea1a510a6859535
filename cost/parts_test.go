package cost_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
)

func TestPartsAreThePrice(t *testing.T) {
	catalog := cost.DefaultCatalog()
	for name, tt := range map[string]struct {
		model string
		usage cost.Usage
		want  map[cost.Part]cost.Amount
	}{
		"Nothing": {"gpt-6.1-sol", cost.Usage{}, map[cost.Part]cost.Amount{}},
		"CacheReadAndWritten": {"gpt-6.1-sol", cost.Usage{Input: 10_000, Cached: 2000, CacheWrite: 3000, CacheWriteLong: 1000, Output: 400, Reasoning: 100},
			map[cost.Part]cost.Amount{cost.Input: 10_000_000, cost.CachedInput: 200_000, cost.CacheWrite: 5_000_000, cost.CacheWriteLong: 5_000_000, cost.Output: 4_000_000}},
		"LongOnAHalfTier": {"gpt-6.1-sol", cost.Usage{Input: 300_000, Output: 400, ServiceTier: "flex"},
			map[cost.Part]cost.Amount{cost.Input: 600_000_000, cost.Output: 3_000_000}},
		"HalvesOfANano": {"gpt-6-luna", cost.Usage{Input: 4, Cached: 1, Output: 1, ServiceTier: "flex"},
			map[cost.Part]cost.Amount{cost.Input: 150, cost.CachedInput: 5, cost.Output: 250}},
		"Image": {"gpt-image-2.6-sunburst", cost.Usage{Input: 1000, Cached: 300, ImageInput: 800, CachedImage: 200, Output: 10, Images: 1},
			map[cost.Part]cost.Amount{cost.Input: 500_000, cost.CachedInput: 125_000, cost.ImageInput: 4_800_000, cost.CachedImageInput: 400_000, cost.Output: 300_000}},
		"PerImage": {"gpt-image-1", cost.Usage{Input: 1000, Output: 10, Images: 2, Quality: "high"},
			map[cost.Part]cost.Amount{cost.Images: 160_000_000}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := catalog.Parts(tt.model, tt.usage)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			price, err := catalog.Price(tt.model, tt.usage)
			if err != nil {
				t.Fatal(err)
			}
			for _, amount := range got {
				price -= amount
			}
			if price != 0 {
				t.Errorf("the parts are %s less than the price", price)
			}
		})
	}
	if _, err := catalog.Parts("gpt-5", cost.Usage{Input: 1, ServiceTier: "ultra"}); !errors.Is(err, cost.ErrUnpriced) {
		t.Errorf("parts of what has no price: %v", err)
	}
}

func TestPartsOfHalvesAddUp(t *testing.T) {
	catalog, err := cost.DefaultCatalog().Override([]byte(`{"date":"2026-11-23","models":{"odd":{"kind":"agent","rates":{"input":0.001,"cachedInput":0.003,"output":0.005}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for input := range int64(9) {
		for cached := range input + 1 {
			for output := range int64(4) {
				u := cost.Usage{Input: input, Cached: cached, Output: output, ServiceTier: "flex"}
				price, err := catalog.Price("odd", u)
				if err != nil {
					t.Fatal(err)
				}
				parts, err := catalog.Parts("odd", u)
				if err != nil {
					t.Fatal(err)
				}
				var sum cost.Amount
				for _, amount := range parts {
					sum += amount
				}
				if sum != price {
					t.Errorf("%+v: parts of %s; the price is %s", u, sum, price)
				}
			}
		}
	}
}

func TestFamily(t *testing.T) {
	for name, want := range map[string]string{
		"gpt-5": "gpt-5", "gpt-5-2025-08-07": "gpt-5", "gpt-5-mini-2025-08-07": "gpt-5-mini", "gpt-5-2025-18-07": "gpt-5-2025-18-07", "": "",
	} {
		if got := cost.Family(name); got != want {
			t.Errorf("Family(%q) = %q, want %q", name, got, want)
		}
	}
}
