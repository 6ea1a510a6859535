package openaitest

// Rates are nano-dollars a token: a dollar per million tokens is 1,000 of them.
type Rates struct {
	Input, Cached      int64 // text in, and the part of it that came from the prompt cache
	Write, WriteLong   int64 // text in that was written to the prompt cache, for 30 minutes and for 12 hours; 0 is a model that charges no writes
	Image, CachedImage int64 // image in, and its cached part; of image models
	Output             int64
}

// Model is one model that the server serves, and what it charges for it.
type Model struct {
	Kind string // KindAgent or KindImage; "" is KindAgent
	Rates
	LongAbove int64            // input tokens above which Long applies to the whole call; 0 is never
	Long      Rates            // rates of a long context
	Tiers     map[string]Rates // rates of service tiers that have their own, at any length
	// PerImage and PerImageHigh, where set, are nano-dollars for one image, and for one of high quality;
	// the tokens of an edit then cost nothing.
	PerImage, PerImageHigh int64
	Opaque                 bool   // refuses a transparent background
	FlexibleSizes          bool   // takes WIDTHxHEIGHT, not only the three classic sizes, and counts images as gpt-image-2 and later do
	Denser                 bool   // with FlexibleSizes: counts images of low and medium quality as gpt-image-2.6 does
	Shutdown               string // first day (UTC, 2006-01-02) on which it is not served; "" is none announced
	Window                 int64  // most input tokens; 0 is no limit
}

// rateTable is the server's own. gpt-5 and gpt-image-1 are at the rates that Full Turner counts them at until
// an operator names others: $30 and $120 per million tokens, $0.04 and $0.08 an image, and for cached input a
// tenth, the ratio of OpenAI's list. The rest is that list (model pages of developers.openai.com, read
// 2026-11-25), or what others report of it.
var rateTable = map[string]Model{
	"gpt-5":      {Rates: Rates{Input: 30_000, Cached: 3_000, Output: 120_000}, Shutdown: "2026-12-11", Window: 272_000},
	"gpt-5-mini": {Rates: Rates{Input: 250, Cached: 25, Output: 2_000}, Shutdown: "2026-12-11", Window: 272_000},

	"gpt-5.6-sol":   since56(4_000, 400, 20_000),
	"gpt-5.6-terra": since56(2_000, 200, 12_000),
	"gpt-5.6-luna":  since56(200, 20, 1_200),
	"gpt-6-astra":   since56(10_000, 1_000, 50_000),
	"gpt-6-sol":     since56(2_000, 200, 10_000),
	"gpt-6-luna":    since56(100, 10, 500),
	"gpt-6.1-sol":   since56(2_000, 100, 10_000),
	"gpt-6.1-terra": since56(1_000, 50, 5_000),

	"gpt-image-1":            {Kind: KindImage, PerImage: 40_000_000, PerImageHigh: 80_000_000, Shutdown: "2026-10-23"},
	"gpt-image-1-mini":       {Kind: KindImage, Rates: Rates{Input: 2_000, Cached: 200, Image: 2_500, CachedImage: 250, Output: 8_000}, Shutdown: "2026-12-01"},
	"gpt-image-1.5":          {Kind: KindImage, Rates: Rates{Input: 5_000, Cached: 1_250, Image: 8_000, CachedImage: 2_000, Output: 32_000}, Shutdown: "2026-12-01"},
	"gpt-image-2.5-sunburst": {Kind: KindImage, Rates: image2, FlexibleSizes: true},
	"gpt-image-2.5-flare":    {Kind: KindImage, Rates: image2, FlexibleSizes: true},
	"gpt-image-2.6-sunburst": {Kind: KindImage, Rates: image2, FlexibleSizes: true, Denser: true},
	"gpt-image-2.6-flare":    {Kind: KindImage, Rates: image2, FlexibleSizes: true, Denser: true},
}

var image2 = Rates{Input: 5_000, Cached: 1_250, Image: 8_000, CachedImage: 2_000, Output: 30_000}

// since56 is a model of the GPT-5.6 family or a later one, by its short rates. What is written to the cache
// costs 1.25 times uncached input, and 2.5 times to be kept for 12 hours; above 272,000 tokens of input all of
// it costs twice as much and the output half as much again.
func since56(input, cached, output int64) Model {
	r := Rates{Input: input, Cached: cached, Write: input * 5 / 4, WriteLong: input * 5 / 2, Output: output}
	return Model{
		Rates: r, LongAbove: 272_000, Window: 922_000,
		Long: Rates{Input: 2 * r.Input, Cached: 2 * r.Cached, Write: 2 * r.Write, WriteLong: 2 * r.WriteLong, Output: r.Output * 3 / 2},
	}
}

// Usage is what one call used, in tokens.
type Usage struct {
	Input          int64 // all of the input
	Cached         int64 // part of Input that came from the prompt cache
	CacheWrite     int64 // part of Input that was written to it, and none of Cached; charged as input on a model that charges no writes
	CacheWriteLong int64 // part of CacheWrite that is kept for 12 hours
	ImageInput     int64 // part of Input that is image; of image models
	CachedImage    int64 // part of ImageInput and of Cached
	Output         int64
	Reasoning      int64 // part of Output
	Images         int64 // images made
}

// possible is false for counts that cannot be: negative, or parts larger than their whole.
func (u Usage) possible() bool {
	return min(u.Input, u.Cached, u.CacheWrite, u.CacheWriteLong, u.ImageInput, u.CachedImage, u.Output, u.Reasoning, u.Images) >= 0 &&
		u.Cached+u.CacheWrite <= u.Input && u.CacheWriteLong <= u.CacheWrite && u.ImageInput <= u.Input &&
		u.CachedImage <= u.ImageInput && u.CachedImage <= u.Cached && u.Reasoning <= u.Output
}

// price is what the model charges for one call, in nano-dollars; half a one counts as one.
func (m Model) price(u Usage, quality, tier string) int64 {
	r := m.Rates
	if m.LongAbove > 0 && u.Input > m.LongAbove {
		r = m.Long
	}
	if own, ok := m.Tiers[tier]; ok {
		r, tier = own, ""
	}
	nano := u.Images * m.PerImage
	switch {
	case m.PerImage == 0:
		nano = r.charge(u)
	case quality == "high":
		nano = u.Images * m.PerImageHigh
	}
	switch tier {
	case "flex", "batch":
		return (nano + 1) / 2
	case "priority":
		return nano * 2
	}
	return nano
}

// charge is what the tokens of one call cost. Each is charged at one rate.
func (r Rates) charge(u Usage) int64 {
	if r.Write == 0 {
		u.CacheWrite, u.CacheWriteLong = 0, 0
	}
	text := u.Input - u.ImageInput
	cachedText := u.Cached - u.CachedImage
	return (text-cachedText-u.CacheWrite)*r.Input + cachedText*r.Cached +
		(u.CacheWrite-u.CacheWriteLong)*r.Write + u.CacheWriteLong*r.WriteLong +
		(u.ImageInput-u.CachedImage)*r.Image + u.CachedImage*r.CachedImage + u.Output*r.Output
}

// bytesPerToken is what a token of English averages.
const bytesPerToken = 4

// textTokens guesses tokens from text.
func textTokens(text string) int64 { return int64(len(text)+bytesPerToken-1) / bytesPerToken }
