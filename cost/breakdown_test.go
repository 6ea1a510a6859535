package cost_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
)

func TestBreakdownJSON(t *testing.T) {
	for name, tt := range map[string]struct {
		count func(*cost.Breakdown)
		want  string
	}{
		"nothing": {func(*cost.Breakdown) {}, `{
  "total": 0,
  "agent": 0,
  "image": 0,
  "details": {
    "agent": {
      "calls": 0,
      "tokens": {
        "input": 0,
        "output": 0,
        "reasoning": 0
      },
      "cost": 0
    },
    "images": {
      "calls": 0,
      "imagesGenerated": 0,
      "cost": 0
    }
  }
}`},
		"documented shape": {func(b *cost.Breakdown) {
			b.Add(cost.Agent, "writer", cost.Usage{Input: 1000, Output: 500, Reasoning: 200}, 90_000_000)
			for range 3 {
				b.Add(cost.Image, "painter", cost.Usage{Images: 1}, 40_000_000)
			}
		}, `{
  "total": 0.21,
  "agent": 0.09,
  "image": 0.12,
  "details": {
    "agent": {
      "calls": 1,
      "tokens": {
        "input": 1000,
        "output": 500,
        "reasoning": 200
      },
      "cost": 0.09
    },
    "images": {
      "calls": 3,
      "imagesGenerated": 3,
      "cost": 0.12
    }
  },
  "models": {
    "painter": {
      "calls": 3,
      "cost": 0.12
    },
    "writer": {
      "calls": 1,
      "cost": 0.09
    }
  }
}`},
		"everything": {func(b *cost.Breakdown) {
			b.Add(cost.Agent, "writer", cost.Usage{Input: 10, Cached: 4, CacheWrite: 3, Output: 5}, 1)
			b.Add(cost.Image, "painter", cost.Usage{Input: 7, Output: 8}, 2)
			b.AddPossibly("painter", 2, 40_000_000)
			b.AddPossibly("painter", 1, 14_000_000)
		}, `{
  "total": 0.000000003,
  "agent": 0.000000001,
  "image": 0.000000002,
  "details": {
    "agent": {
      "calls": 1,
      "tokens": {
        "input": 10,
        "output": 5,
        "reasoning": 0,
        "cached": 4,
        "cacheWrite": 3
      },
      "cost": 0.000000001
    },
    "images": {
      "calls": 1,
      "imagesGenerated": 0,
      "cost": 0.000000002,
      "tokens": {
        "input": 7,
        "output": 8
      }
    }
  },
  "models": {
    "painter": {
      "calls": 1,
      "cost": 0.000000002,
      "possiblyCharged": {
        "calls": 3,
        "cost": 0.054
      }
    },
    "writer": {
      "calls": 1,
      "cost": 0.000000001
    }
  },
  "possiblyCharged": {
    "calls": 3,
    "cost": 0.054
  },
  "catalog": "2026-11-23"
}`},
	} {
		t.Run(name, func(t *testing.T) {
			var b cost.Breakdown
			tt.count(&b)
			if name == "everything" {
				b.Catalog = "2026-11-23"
			}
			got, err := json.MarshalIndent(b, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("breakdown (-want +got):\n%s", diff)
			}
			var back cost.Breakdown
			if err := json.Unmarshal(got, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(b, back); diff != "" {
				t.Errorf("round trip (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABreakdownNeverWraps(t *testing.T) {
	var b cost.Breakdown
	for range 3 {
		b.Add(cost.Agent, "writer", cost.Usage{Input: math.MaxInt64}, math.MaxInt64)
		b.AddPossibly("painter", math.MaxInt64, math.MaxInt64)
	}
	if b.Total != math.MaxInt64 || b.Details.Agent.Tokens.Input != math.MaxInt64 || b.PossiblyCharged.Cost != math.MaxInt64 {
		t.Errorf("breakdown %+v", b)
	}
}

func TestACopyOfABreakdownStaysAsItIs(t *testing.T) {
	var b cost.Breakdown
	b.Add(cost.Image, "painter", cost.Usage{Input: 1}, 1)
	b.AddPossibly("painter", 1, 1)
	earlier := b
	b.Add(cost.Image, "painter", cost.Usage{Input: 98}, 1)
	b.AddPossibly("painter", 98, 1)
	if earlier.PossiblyCharged.Calls != 1 || earlier.Details.Images.Tokens.Input != 1 ||
		earlier.Models["painter"].Calls != 1 || earlier.Models["painter"].PossiblyCharged.Calls != 1 {
		t.Errorf("adding reached into a copy: %+v", earlier)
	}
}
