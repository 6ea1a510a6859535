package cost_test

import (
	"errors"
	"testing"

	"github.com/full-turner/full-turner/cost"
)

func TestExpectImage(t *testing.T) {
	own, documented := catalog(t, tiered), cost.DefaultCatalog()
	image := func(model, size, quality string) cost.ImageCall {
		return cost.ImageCall{Model: model, Size: size, Quality: quality, Prompt: 1000, SourceWidth: 800, SourceHeight: 800}
	}
	shaped := func(width, height int) cost.ImageCall {
		c := image("picture", "1024x1024", "high")
		c.SourceWidth, c.SourceHeight = width, height
		return c
	}
	tier := func(tier string, c cost.ImageCall) cost.ImageCall { c.Tier = tier; return c }
	prompt := image("picture", "1024x1024", "high")
	prompt.LikelyPrompt = 400
	for name, tt := range map[string]struct {
		catalog      *cost.Catalog
		call         cost.ImageCall
		likely, most string
	}{
		"by the image":                   {documented, image("gpt-image-1", "1536x1024", "low"), "0.04", "0.04"},
		"by the image, high":             {documented, image("gpt-image-1", "1536x1024", "high"), "0.08", "0.08"},
		"by the image, OpenAI's choice":  {documented, image("gpt-image-1", "auto", "auto"), "0.04", "0.08"},
		"by the image, in a batch":       {documented, tier("batch", image("gpt-image-1", "1536x1024", "high")), "0.04", "0.04"},
		"in a batch":                     {own, tier("batch", image("picture", "1024x1024", "high")), "0.069336", "0.094296"},
		"asked on a cheaper tier":        {own, tier("flex", image("picture", "1024x1024", "high")), "0.08667", "0.23574"},
		"asked on a dearer tier":         {own, tier("priority", image("picture", "1024x1024", "high")), "0.34668", "0.47148"},
		"a likely prompt":                {own, prompt, "0.17034", "0.23574"},
		"a known size":                   {own, image("picture", "1024x1024", "high"), "0.17334", "0.23574"},
		"unstated quality is dearest":    {own, image("picture", "1024x1024", ""), "0.17334", "0.23574"},
		"unlisted quality is dearest":    {own, image("picture", "1024x1024", "low"), "0.17334", "0.23574"},
		"unstated size is dearest":       {own, image("picture", "", "high"), "0.25526", "0.31766"},
		"twice the largest":              {own, image("picture", "3072x1024", "high"), "0.50358", "0.56598"},
		"scaling rounds up":              {own, image("picture", "16x16", "high"), "0.00702", "0.06942"}, // 1.01 tokens are 2
		"wide original":                  {own, shaped(1201, 400), "0.17721", "0.23961"},
		"original of unknown shape":      {own, shaped(0, 0), "0.17721", "0.23961"},
		"listed by model":                {documented, image("gpt-image-1.5", "1536x1024", "medium"), "0.056728", "0.106648"},
		"gpt-image-1.5, OpenAI's choice": {documented, image("gpt-image-1.5", "auto", "auto"), "0.05724", "0.256152"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.catalog.ExpectImage(tt.call)
			if want := (cost.Expected{Likely: amount(t, tt.likely), Most: amount(t, tt.most)}); err != nil || got != want {
				t.Errorf("ExpectImage = %+v, %v; want %+v", got, err, want)
			}
		})
	}
	for _, size := range []string{"large", "1024", "0x10", "-1x10", "1024x", "99999x10", "1024x1024x3"} {
		if got, err := own.ExpectImage(image("picture", size, "high")); err == nil {
			t.Errorf("size %q: %v; want an error", size, got)
		}
	}
	if _, err := own.ExpectImage(image("text", "1024x1024", "high")); err == nil {
		t.Error("an agent model makes an image")
	}
	if _, err := own.ExpectImage(image("nothing", "1024x1024", "high")); !errors.Is(err, cost.ErrNoRates) {
		t.Errorf("unknown model: %v is not ErrNoRates", err)
	}
	if _, err := own.ExpectImage(tier("scale", image("picture", "1024x1024", "high"))); !errors.Is(err, cost.ErrUnpriced) {
		t.Errorf("unknown tier: %v is not ErrUnpriced", err)
	}
}

// TestImageTokens holds what is known of the later models' images, in tokens: at $30 per million tokens of output, and
// with nothing read.
func TestImageTokens(t *testing.T) {
	c := cost.DefaultCatalog()
	for _, tt := range []struct {
		models        []string
		size, quality string
		likely, most  int64
	}{
		{[]string{"gpt-image-2.5-sunburst", "gpt-image-2.5-flare"}, "1024x1024", "low", 196, 196},
		{[]string{"gpt-image-2.5-sunburst", "gpt-image-2.5-flare"}, "1024x1024", "medium", 439, 439},
		{[]string{"gpt-image-2.5-sunburst", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst", "gpt-image-2.6-flare"}, "1024x1024", "high", 1756, 1756},
		{[]string{"gpt-image-2.5-sunburst", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst", "gpt-image-2.6-flare"}, "1024x1024", "xhigh", 3122, 3122},
		{[]string{"gpt-image-2.5-sunburst", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst", "gpt-image-2.6-flare"}, "1024x1024", "max", 7024, 7024},
		{[]string{"gpt-image-2.5-sunburst", "gpt-image-2.6-flare"}, "1536x1024", "max", 5488, 5488},
		{[]string{"gpt-image-2.5-sunburst", "gpt-image-2.6-flare"}, "3584x2048", "max", 12329, 12329},
		{[]string{"gpt-image-2.6-sunburst", "gpt-image-2.6-flare"}, "1536x1024", "low", 664, 664},
		{[]string{"gpt-image-2.6-sunburst", "gpt-image-2.6-flare"}, "1536x1024", "medium", 1353, 1353},
		{[]string{"gpt-image-2.6-sunburst", "gpt-image-2.6-flare"}, "1024x1536", "low", 553, 672}, // of 158
		{[]string{"gpt-image-2.6-sunburst", "gpt-image-2.6-flare"}, "1024x1024", "low", 686, 833},
		{[]string{"gpt-image-2.6-sunburst", "gpt-image-2.6-flare"}, "1024x1024", "medium", 1537, 1756},
		{[]string{"gpt-image-2.6-sunburst"}, "auto", "low", 686, 833},
		{[]string{"gpt-image-2.6-sunburst"}, "1024x1024", "auto", 1537, 7024},
		{[]string{"gpt-image-2.6-sunburst"}, "1024x1024", "ultra", 7024, 7024},
	} {
		for _, model := range tt.models {
			got, err := c.ExpectImage(cost.ImageCall{Model: model, Size: tt.size, Quality: tt.quality, SourceWidth: 1024, SourceHeight: 1024})
			const token, read = 30_000, 1024 * 8_000
			got.Most -= 512 * 8_000 // an original is bounded by 1,536 patches, and this one has 1,024
			if err != nil || got.Likely != cost.Amount(tt.likely*token+read) || got.Most != cost.Amount(tt.most*token+read) {
				t.Errorf("%s, %s, %s: %v likely and %v at the most, %v; want %d and %d", model, tt.size, tt.quality,
					(got.Likely-read)/token, (got.Most-read)/token, err, tt.likely, tt.most)
			}
		}
	}
}

func TestTokensOfAnOriginal(t *testing.T) {
	for name, tt := range map[string]struct {
		width, height int
		patches       int64
	}{
		"unknown":                   {0, 0, 1536},
		"square":                    {1024, 1024, 1024},
		"at the bound":              {1536, 1024, 1536},
		"large":                     {4000, 3000, 1536},
		"small is made larger":      {512, 512, 1024},
		"tiny is twice as large":    {64, 32, 8},
		"wide, to 1,024 pixels":     {800, 100, 128},
		"a pixel more is one patch": {1025, 32, 33},
	} {
		got, err := cost.DefaultCatalog().ExpectImage(cost.ImageCall{Model: "gpt-image-2.6-flare", Size: "1536x1024", Quality: "low", SourceWidth: tt.width, SourceHeight: tt.height})
		if err != nil || got.Likely != cost.Amount(664*30_000+tt.patches*8_000) || got.Most != 664*30_000+1536*8_000 {
			t.Errorf("%s: %+v, %v; want %d patches", name, got, err, tt.patches)
		}
	}
}

func TestExpectAgent(t *testing.T) {
	own, documented := catalog(t, tiered), cost.DefaultCatalog()
	for name, tt := range map[string]struct {
		catalog      *cost.Catalog
		call         cost.AgentCall
		likely, most string
	}{
		"as asked":               {documented, cost.AgentCall{Model: "gpt-5", Input: 1000, Output: 500}, "0.09", "0.09"},
		"model's own limit":      {documented, cost.AgentCall{Model: "gpt-5"}, "15.36", "15.36"},
		"all of it written":      {documented, cost.AgentCall{Model: "gpt-6.1-sol", Input: 100_000, Output: 1000}, "0.21", "0.26"},
		"written to be kept":     {documented, cost.AgentCall{Model: "gpt-6.1-sol", Input: 100_000, Output: 1000, LongRetention: true}, "0.21", "0.51"},
		"long context":           {documented, cost.AgentCall{Model: "gpt-6.1-sol", Input: 300_000, Output: 1000}, "1.215", "1.515"},
		"flex may be standard":   {documented, cost.AgentCall{Model: "gpt-6.1-sol", Tier: "flex", Input: 100_000, Output: 1000}, "0.105", "0.26"},
		"priority":               {documented, cost.AgentCall{Model: "gpt-6.1-sol", Tier: "priority", Input: 100_000, Output: 1000}, "0.42", "0.52"},
		"a batch is a batch":     {documented, cost.AgentCall{Model: "gpt-6.1-sol", Tier: "batch", Input: 100_000, Output: 1000}, "0.105", "0.13"},
		"dated version":          {documented, cost.AgentCall{Model: "gpt-6.1-sol-2026-10-01", Input: 100_000, Output: 1000}, "0.21", "0.26"},
		"what is likely":         {documented, cost.AgentCall{Model: "gpt-6.1-sol", Input: 100_000, Output: 9000, Likely: cost.Usage{Input: 50_000, Cached: 40_000, Output: 2000, ServiceTier: "priority"}}, "0.044", "0.34"},
		"likely above the most":  {documented, cost.AgentCall{Model: "gpt-6.1-sol", Input: 1000, Output: 100, Likely: cost.Usage{Input: 9000, Output: 9000}}, "0.0035", "0.0035"},
		"model's own tier":       {own, cost.AgentCall{Model: "text", Tier: "priority", Input: 100, Output: 1}, "0.00033", "0.00043"},
		"without a rate to keep": {own, cost.AgentCall{Model: "short", Input: 100, Output: 1, LongRetention: true}, "0.00011", "0.000135"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.catalog.ExpectAgent(tt.call)
			if want := (cost.Expected{Likely: amount(t, tt.likely), Most: amount(t, tt.most)}); err != nil || got != want {
				t.Errorf("ExpectAgent = %+v, %v; want %+v", got, err, want)
			}
		})
	}
	for name, call := range map[string]cost.AgentCall{
		"no limit known":  {Model: "text", Input: 1},
		"negative output": {Model: "text", Input: 1, Output: -1},
		"image model":     {Model: "picture", Input: 1, Output: 1},
		"unknown tier":    {Model: "text", Tier: "scale", Input: 1, Output: 1},
	} {
		if got, err := own.ExpectAgent(call); err == nil {
			t.Errorf("%s: %v; want an error", name, got)
		}
	}
}

func TestExpectedPlus(t *testing.T) {
	if got := (cost.Expected{Likely: 1, Most: 2}).Plus(cost.Expected{Likely: 10, Most: 20}); got != (cost.Expected{Likely: 11, Most: 22}) {
		t.Errorf("sum %+v", got)
	}
}
