package cost_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
)

// tiered is a catalogue whose figures tell every rate from every other.
const tiered = `{"date":"2026-01-02","serviceTiers":{"flex":0.5,"batch":0.4,"priority":2},"models":{
	"text":{"kind":"agent","rates":{"input":1,"cachedInput":0.1,"cacheWrite":1.25,"cacheWriteLong":2.5,"output":10},
		"longContext":{"above":1000,"inputTimes":2,"outputTimes":1.5},
		"tiers":{"priority":{"input":3,"cachedInput":0.3,"cacheWrite":4,"cacheWriteLong":5,"output":30}}},
	"short":{"kind":"agent","rates":{"input":1,"cachedInput":0.1,"cacheWrite":1.25,"output":10}},
	"picture":{"kind":"image","rates":{"input":5,"cachedInput":1,"imageInput":10,"cachedImageInput":2,"output":40},
		"outputTokens":{"high":{"1024x1024":4160,"1536x1024":6208}}},
	"gold":{"kind":"agent","rates":{"input":9000000000,"cachedInput":9000000000,"output":9000000000}},
	"tiny":{"kind":"agent","rates":{"input":0.000000001,"cachedInput":0.000000001,"output":0.000000001}}}}`

func catalog(t testing.TB, text string) *cost.Catalog {
	t.Helper()
	c, err := cost.ParseCatalog([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func amount(t testing.TB, dollars string) cost.Amount {
	t.Helper()
	a, err := cost.Parse(dollars)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPrice(t *testing.T) {
	own, documented := catalog(t, tiered), cost.DefaultCatalog()
	for name, tt := range map[string]struct {
		catalog *cost.Catalog
		model   string
		usage   cost.Usage
		want    string
	}{
		"documented agent call":       {documented, "gpt-5", cost.Usage{Input: 1000, Output: 500, Reasoning: 200}, "0.09"},
		"cached input of gpt-5":       {documented, "gpt-5", cost.Usage{Input: 1000, Cached: 1000}, "0.003"},
		"three standard images":       {documented, "gpt-image-1", cost.Usage{Images: 3, Quality: "medium"}, "0.12"},
		"an HD image":                 {documented, "gpt-image-1", cost.Usage{Images: 1, Quality: "high"}, "0.08"},
		"image of unstated quality":   {documented, "gpt-image-1", cost.Usage{Images: 1}, "0.04"},
		"image of automatic quality":  {documented, "gpt-image-1", cost.Usage{Images: 1, Quality: "auto"}, "0.04"},
		"image of unheard-of quality": {documented, "gpt-image-1", cost.Usage{Images: 1, Quality: "ultra"}, "0.08"},
		"per image, tokens recorded":  {documented, "gpt-image-1", cost.Usage{Images: 1, Quality: "low", Input: 900, ImageInput: 800, Output: 272}, "0.04"},
		"an image and its carrier": {documented, "gpt-image-2.6-sunburst", cost.Usage{Images: 1, Input: 300, ImageInput: 200, Output: 1000,
			Carrier: &cost.Carrier{Model: "gpt-6-luna", Usage: cost.Usage{Input: 2000, CacheWrite: 1000, Output: 100}}}, "0.032375"},
		"a carrier that had nothing made": {documented, "gpt-image-2.6-sunburst", cost.Usage{
			Carrier: &cost.Carrier{Model: "gpt-6-luna", Usage: cost.Usage{Input: 2000, Output: 100}}}, "0.00025"},
		"no image made":             {documented, "gpt-image-1", cost.Usage{Input: 900}, "0"},
		"gpt-6.1-sol at the border": {documented, "gpt-6.1-sol", cost.Usage{Input: 272_000, Output: 1000}, "0.554"},
		"gpt-6.1-sol past it":       {documented, "gpt-6.1-sol", cost.Usage{Input: 272_001, Output: 1000}, "1.103004"},
		"gpt-image-2.6-sunburst":    {documented, "gpt-image-2.6-sunburst", cost.Usage{Input: 1500, ImageInput: 1000, Output: 1756, Images: 1}, "0.06318"},

		"gpt-6.1-sol, three rates":    {documented, "gpt-6.1-sol", cost.Usage{Input: 10_000, Cached: 4000, CacheWrite: 5000, Output: 100}, "0.0159"},
		"gpt-6.1-sol, past it, flex":  {documented, "gpt-6.1-sol", cost.Usage{Input: 300_000, CacheWrite: 100_000, CacheWriteLong: 40_000, Output: 1000, ServiceTier: "flex"}, "0.7575"},
		"gpt-6.1-sol, past it, fast":  {documented, "gpt-6.1-sol", cost.Usage{Input: 300_000, Cached: 100_000, Output: 1000, ServiceTier: "priority"}, "1.67"},
		"documented rate on flex":     {documented, "gpt-5", cost.Usage{Input: 1000, Output: 500, ServiceTier: "flex"}, "0.045"},
		"documented image in a batch": {documented, "gpt-image-1", cost.Usage{Images: 3, Quality: "medium", ServiceTier: "batch"}, "0.06"},
		"an HD image at priority":     {documented, "gpt-image-1", cost.Usage{Images: 1, Quality: "high", ServiceTier: "priority"}, "0.16"},
		"image of max quality":        {documented, "gpt-image-1", cost.Usage{Images: 1, Quality: "max"}, "0.08"},
		"sunburst in a batch":         {documented, "gpt-image-2.6-sunburst", cost.Usage{Input: 1500, ImageInput: 1000, Output: 1756, Images: 1, ServiceTier: "batch"}, "0.03159"},

		"nothing used":                {own, "text", cost.Usage{}, "0"},
		"reasoning is in output":      {own, "text", cost.Usage{Output: 100, Reasoning: 100}, "0.001"},
		"written at its own rate":     {own, "text", cost.Usage{Input: 100, CacheWrite: 100}, "0.000125"},
		"written for longer":          {own, "text", cost.Usage{Input: 100, CacheWrite: 80, CacheWriteLong: 30}, "0.0001575"},
		"cached at its own rate":      {own, "text", cost.Usage{Input: 1000, Cached: 400}, "0.00064"},
		"long context, whole call":    {own, "text", cost.Usage{Input: 1001, Cached: 1, Output: 1}, "0.0020152"},
		"long context, written":       {own, "text", cost.Usage{Input: 2000, Cached: 500, CacheWrite: 1000, CacheWriteLong: 400, Output: 2}, "0.00463"},
		"default tier":                {own, "text", cost.Usage{Input: 100, ServiceTier: "default"}, "0.0001"},
		"automatic tier":              {own, "text", cost.Usage{Input: 100, ServiceTier: "auto"}, "0.0001"},
		"tier of the catalogue":       {own, "text", cost.Usage{Input: 100, Cached: 50, CacheWrite: 20, Output: 1, ServiceTier: "flex"}, "0.000035"},
		"tier of the model's own":     {own, "text", cost.Usage{Input: 100, Cached: 50, CacheWrite: 20, Output: 1, ServiceTier: "priority"}, "0.000215"},
		"own tier at length":          {own, "text", cost.Usage{Input: 2000, Output: 1, ServiceTier: "priority"}, "0.012045"},
		"named tier at length":        {own, "text", cost.Usage{Input: 2000, Output: 2, ServiceTier: "batch"}, "0.001612"},
		"image input on a text model": {own, "text", cost.Usage{Input: 100, ImageInput: 60, Cached: 10, CachedImage: 10}, "0.000091"},
		"every image rate":            {own, "picture", cost.Usage{Input: 100, ImageInput: 60, Cached: 30, CachedImage: 20, Output: 7}, "0.00088"},
		"half a nano rounds up":       {own, "tiny", cost.Usage{Input: 500_000}, "0.000000001"},
		"under half rounds down":      {own, "tiny", cost.Usage{Input: 499_999}, "0"},
		"rounded once":                {own, "tiny", cost.Usage{Input: 400_000, Output: 400_000}, "0.000000001"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.catalog.Price(tt.model, tt.usage)
			if err != nil || got != amount(t, tt.want) {
				t.Errorf("Price(%s, %+v) = %v, %v; want $%s", tt.model, tt.usage, got, err, tt.want)
			}
		})
	}
}

func TestPriceRefuses(t *testing.T) {
	own := catalog(t, tiered)
	for name, tt := range map[string]struct {
		model string
		usage cost.Usage
		want  string
	}{
		"unknown model":           {"gpt-7", cost.Usage{Input: 1}, `model "gpt-7": no rates (the catalogue has gold, picture, short, text, tiny)`},
		"no model":                {"", cost.Usage{Input: 1}, "no rates"},
		"negative count":          {"text", cost.Usage{Input: -1}, "input is -1"},
		"more cached than input":  {"text", cost.Usage{Input: 1, Cached: 2}, "cached is 2"},
		"more written than read":  {"text", cost.Usage{Input: 3, Cached: 2, CacheWrite: 2}, "cached and cacheWrite is 4"},
		"absurd count":            {"text", cost.Usage{Output: math.MaxInt64}, "output is 9223372036854775807"},
		"overflow":                {"gold", cost.Usage{Input: 1_000_000_000, Output: 1_000_000_000}, "more than an amount can hold"},
		"a carrier without rates": {"picture", cost.Usage{Images: 1, Carrier: &cost.Carrier{Model: "gpt-7", Usage: cost.Usage{Input: 1}}}, `carrier of the picture call: cost: model "gpt-7": no rates`},
		"an impossible carrier":   {"picture", cost.Usage{Images: 1, Carrier: &cost.Carrier{Model: "text", Usage: cost.Usage{Input: -1}}}, "carrier: cost: usage: input is -1"},
		"carrier beside much":     {"gold", cost.Usage{Input: 1_000_000, Carrier: &cost.Carrier{Model: "gold", Usage: cost.Usage{Input: 1_000_000}}}, "more than an amount can hold"},
		"overflow of the sum":     {"gold", cost.Usage{Input: 600_000, Output: 600_000}, "more than an amount can hold"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := own.Price(tt.model, tt.usage)
			if err == nil || got != 0 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Price = %v, %v; want an error with %q", got, err, tt.want)
			}
		})
	}
	if _, err := own.Price("gpt-7", cost.Usage{}); !errors.Is(err, cost.ErrNoRates) {
		t.Errorf("unknown model: %v is not ErrNoRates", err)
	}
}

// TestNothingIsPricedWithoutARate wants the field named: the log of a call that is possibly charged says it.
func TestNothingIsPricedWithoutARate(t *testing.T) {
	own, documented := catalog(t, tiered), cost.DefaultCatalog()
	for name, tt := range map[string]struct {
		catalog *cost.Catalog
		model   string
		usage   cost.Usage
		want    string
	}{
		"write on a model before gpt-5.6":      {documented, "gpt-5", cost.Usage{Input: 10, CacheWrite: 4}, "cacheWrite is 4: "},
		"write on an image model":              {documented, "gpt-image-2.6-sunburst", cost.Usage{Input: 10, CacheWrite: 4}, "cacheWrite is 4: "},
		"write on a model priced by the image": {documented, "gpt-image-1", cost.Usage{Images: 1, Input: 10, CacheWrite: 4}, "cacheWrite is 4: "},
		"long write without a rate":            {own, "short", cost.Usage{Input: 10, CacheWrite: 4, CacheWriteLong: 4}, "cacheWriteLong is 4: "},
		"unknown field":                        {documented, "gpt-6.1-sol", cost.Usage{Input: 10, Unknown: "input_tokens_details.audio_tokens 3"}, "input_tokens_details.audio_tokens 3: "},
		"unknown field, priced by the image":   {documented, "gpt-image-1", cost.Usage{Images: 1, Unknown: "video_tokens 3"}, "video_tokens 3: "},
		"unknown tier":                         {documented, "gpt-5.6-sol", cost.Usage{Input: 10, ServiceTier: "ultrafast"}, `serviceTier is "ultrafast": `},
		"tier in capitals":                     {documented, "gpt-6.1-sol", cost.Usage{Input: 10, ServiceTier: "Flex"}, `serviceTier is "Flex": `},
		"unknown tier, priced by the image":    {documented, "gpt-image-1", cost.Usage{Images: 1, ServiceTier: "scale"}, `serviceTier is "scale": `},
		"no tiers in the catalogue":            {catalog(t, `{"date":"2026-01-01","models":{"m":{"kind":"agent","rates":{"input":1,"cachedInput":1,"output":1}}}}`), "m", cost.Usage{Input: 1, ServiceTier: "flex"}, `serviceTier is "flex": `},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.catalog.Price(tt.model, tt.usage)
			if got != 0 || !errors.Is(err, cost.ErrUnpriced) || !strings.Contains(err.Error(), tt.model+" call: "+tt.want) {
				t.Errorf("Price = %v, %v; want ErrUnpriced with %q", got, err, tt.want)
			}
		})
	}
}

func product(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }

func FuzzPrice(f *testing.F) {
	f.Add("gpt-6.1-sol", "flex", int64(300_000), int64(1000), int64(2000), int64(500), int64(100), int64(50), int64(40), int64(0), "")
	f.Add("gpt-image-1.5", "batch", int64(5000), int64(100), int64(0), int64(0), int64(4160), int64(0), int64(900), int64(1), "")
	f.Add("gpt-5-2025-08-07", "", int64(272_000), int64(9), int64(1), int64(0), int64(100), int64(50), int64(0), int64(-1), "x 1")
	c := cost.DefaultCatalog()
	f.Fuzz(func(t *testing.T, model, tier string, input, cached, write, long, output, reasoning, image, images int64, unknown string) {
		u := cost.Usage{
			Input: input, Cached: cached, CacheWrite: write, CacheWriteLong: long, ImageInput: image, Output: output,
			Reasoning: reasoning, Images: images, ServiceTier: tier, Unknown: unknown,
		}
		price, err := c.Price(model, u)
		switch {
		case err != nil && price != 0:
			t.Fatalf("%+v: %v beside %v", u, price, err)
		case err != nil:
			return
		case price < 0 || u.Valid() != nil || unknown != "":
			t.Fatalf("%+v costs %v", u, price)
		}
		m, err := c.Model(model)
		if err != nil {
			t.Fatal(err)
		}
		free := u.Input == 0 && u.Output == 0
		if m.PerImage != nil {
			free = u.Images == 0
		}
		if free != (price == 0) && (u.Input+u.Output > 50 || price > 2) { // less than half a nano-dollar is none
			t.Fatalf("%+v costs %v", u, price)
		}
		// The same on the standard tier, times the tier's factor: each is rounded by half a nano-dollar at the most.
		times := cost.Factor(cost.Dollar)
		if factor, found := c.ServiceTiers()[tier]; found {
			times = factor
		}
		u.ServiceTier = ""
		base, err := c.Price(model, u)
		off := new(big.Int).Sub(product(int64(price), int64(cost.Dollar)), product(int64(base), int64(times)))
		if err != nil || 2*off.Abs(off).Int64() > int64(times)+int64(cost.Dollar) {
			t.Fatalf("%+v costs %v on %q and %v, %v on the standard tier", u, price, tier, base, err)
		}
		if m.Kind == cost.Agent && u.ImageInput == 0 && u.Output > 0 {
			most, err := c.ExpectAgent(cost.AgentCall{Model: model, Tier: tier, Input: u.Input, Output: u.Output, LongRetention: true, Likely: u})
			if err != nil || most.Most < price || most.Likely > most.Most {
				t.Fatalf("%+v costs %v; expected were %+v, %v", u, price, most, err)
			}
		}
	})
}

func TestSumsDoNotDrift(t *testing.T) {
	price, err := cost.DefaultCatalog().Price("gpt-5", cost.Usage{Input: 1000, Output: 500, Reasoning: 200})
	if err != nil {
		t.Fatal(err)
	}
	var sum cost.Amount
	for range 10_000_000 {
		sum += price
	}
	if sum.String() != "$900000" {
		t.Errorf("ten million runs at %v come to %v; want $900000", price, sum)
	}
}

func TestUsageValid(t *testing.T) {
	for name, tt := range map[string]struct {
		usage cost.Usage
		want  string // "" is valid
	}{
		"zero":                      {cost.Usage{}, ""},
		"all parts at their whole":  {cost.Usage{Input: 9, Cached: 9, ImageInput: 9, CachedImage: 9, Output: 9, Reasoning: 9, Images: 1}, ""},
		"all written, and for long": {cost.Usage{Input: 9, CacheWrite: 9, CacheWriteLong: 9}, ""},
		"cached or written":         {cost.Usage{Input: 9, Cached: 5, CacheWrite: 4}, ""},
		"cached and written":        {cost.Usage{Input: 9, Cached: 5, CacheWrite: 5}, "cached and cacheWrite is 10, more than the input"},
		"longer than written":       {cost.Usage{Input: 9, CacheWrite: 2, CacheWriteLong: 3}, "cacheWriteLong is 3, more than the cacheWrite"},
		"written beyond text":       {cost.Usage{Input: 9, CacheWrite: 2, ImageInput: 8}, "cached and written text is 2"},
		"negative output":           {cost.Usage{Output: -5}, "output is -5"},
		"negative images":           {cost.Usage{Images: -1}, "images is -1"},
		"smallest integer":          {cost.Usage{Cached: math.MinInt64}, "cached is -9223372036854775808"},
		"beyond any call":           {cost.Usage{Input: 1_000_000_001}, "input is 1000000001"},
		"reasoning beyond output":   {cost.Usage{Output: 1, Reasoning: 2}, "reasoning is 2"},
		"cached beyond input":       {cost.Usage{Input: 1, Cached: 2}, "cached is 2"},
		"written beyond input":      {cost.Usage{Input: 1, CacheWrite: 2}, "cacheWrite is 2"},
		"image beyond input":        {cost.Usage{Input: 1, ImageInput: 2}, "imageInput is 2"},
		"cached image beyond image": {cost.Usage{Input: 9, Cached: 9, CachedImage: 2, ImageInput: 1}, "cachedImage is 2, more than the imageInput"},
		"cached image beyond cache": {cost.Usage{Input: 9, Cached: 1, CachedImage: 2, ImageInput: 5}, "cachedImage is 2, more than the cached"},
		"cached text beyond text":   {cost.Usage{Input: 9, Cached: 5, ImageInput: 8}, "cached and written text is 5"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.usage.Valid()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Valid = %v; want %q", err, tt.want)
			}
		})
	}
}
