package cost_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/cost"
)

func TestDefaultCatalog(t *testing.T) {
	c := cost.DefaultCatalog()
	if _, err := time.Parse(time.DateOnly, c.Date()); err != nil {
		t.Error(err)
	}
	for _, m := range c.Models() {
		if m.Source == "" || m.SourceDate == "" || m.Confidence == "" {
			t.Errorf("%s has no source, no date of it, or does not say how sure it is", m.Name)
		}
		if third := strings.HasPrefix(m.Source, "third-party") || strings.Contains(m.Source, "third-party for"); third != (m.Confidence == cost.ThirdParty) {
			t.Errorf("%s is from %q and is said to be %q", m.Name, m.Source, m.Confidence)
		}
		if m.Replacement == "" {
			continue
		}
		next, err := c.Model(m.Replacement)
		if err != nil || next.Kind != m.Kind || next.Shutdown != "" {
			t.Errorf("%s gives way to %s: %v, an %s model that is shut down on %q", m.Name, m.Replacement, err, next.Kind, next.Shutdown)
		}
	}
	for _, name := range []string{
		"gpt-5", "gpt-5-mini", "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-6-astra", "gpt-6-sol", "gpt-6-luna", "gpt-6.1-sol", "gpt-6.1-terra",
		"gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst", "gpt-image-2.6-flare",
	} {
		if _, err := c.Model(name); err != nil {
			t.Error(err)
		}
	}
}

// TestCacheWriteRates holds OpenAI's rule for its families that charge writes: 1.25 times the ordinary rate, and 2.5
// times to be kept for longer.
func TestCacheWriteRates(t *testing.T) {
	for _, m := range cost.DefaultCatalog().Models() {
		r, charges := m.Rates, strings.HasPrefix(m.Name, "gpt-5.6-") || strings.HasPrefix(m.Name, "gpt-6")
		if charges && (4*r.CacheWrite != 5*r.Input || 2*r.CacheWriteLong != 5*r.Input) || !charges && r.CacheWrite+r.CacheWriteLong != 0 {
			t.Errorf("%s: %v written, %v for longer, %v not", m.Name, r.CacheWrite, r.CacheWriteLong, r.Input)
		}
	}
}

func TestModelByDatedName(t *testing.T) {
	c := catalog(t, `{"date":"2026-01-02","models":{
		"gpt-5":{"kind":"agent","rates":{"input":1,"cachedInput":1,"output":1},"shutdown":"2026-12-11"},
		"gpt-5-mini":{"kind":"agent","rates":{"input":2,"cachedInput":2,"output":2}},
		"gpt-5-mini-2026-01-01":{"kind":"agent","rates":{"input":3,"cachedInput":3,"output":3}},
		"2025-08-07":{"kind":"agent","rates":{"input":4,"cachedInput":4,"output":4}}}}`)
	for name, want := range map[string]string{ // rate of input; "" is unknown
		"gpt-5": "1", "gpt-5-2025-08-07": "1", "gpt-5-mini-2025-08-07": "2", "gpt-5-mini-2026-01-01": "3",
		"gpt-5-codex": "", "gpt-5-codex-2025-08-07": "", "gpt-5-": "", "gpt-5-2025-8-7": "", "gpt-5-20250807": "",
		"gpt-5-2025-13-07": "", "gpt-5-2025-08-07-preview": "", "gpt-52025-08-07": "", "-2025-08-07": "", "2025-08-07": "4",
		"gpt-5-2025-08-07-2026-01-01": "",
	} {
		m, err := c.Model(name)
		if want == "" {
			if !errors.Is(err, cost.ErrNoRates) {
				t.Errorf("%s is %+v, %v; want ErrNoRates", name, m, err)
			}
			continue
		}
		if err != nil || m.Name != name || m.Rates.Input != amount(t, want) {
			t.Errorf("%s is %s at %v, %v; want its own name at $%s", name, m.Name, m.Rates.Input, err, want)
		}
	}
	price, err := c.Price("gpt-5-2025-08-07", cost.Usage{Input: 1000})
	if err != nil || price != amount(t, "0.001") {
		t.Errorf("price of a dated version: %v, %v", price, err)
	}
	choice, err := c.Choose(cost.Agent, "gpt-5-2025-08-07", "", time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || choice.Model != "gpt-5-2025-08-07" || choice.Shutdown != "2026-12-11" {
		t.Errorf("Choose = %+v, %v; want the version that was asked for, and its family's end", choice, err)
	}
	if _, err := c.Choose(cost.Agent, "gpt-5-2025-08-07", "", time.Date(2026, 12, 11, 0, 0, 0, 0, time.UTC)); !errors.Is(err, cost.ErrRetired) {
		t.Errorf("Choose = %v; want ErrRetired with its family", err)
	}
}

func TestParseCatalogNamesEveryBadField(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want []string
	}{
		"not JSON":      {`{"date":`, []string{"not JSON"}},
		"not an object": {`[]`, []string{"not a JSON object"}},
		"null":          {`null`, []string{"not a JSON object"}},
		"no models":     {`{"date":"2026-01-01"}`, []string{"models is missing"}},
		"no date":       {`{"models":{}}`, []string{"date is missing"}},
		"bad date":      {`{"date":"1/1/2026","models":{}}`, []string{`date is "1/1/2026"`}},
		"bad tier": {`{"date":"2026-01-01","models":{},"serviceTiers":{"flex":"half","priority":0,"default":1,"":1,"batch":null}}`, []string{
			`serviceTiers: flex is wrong`, `serviceTiers: priority is 0; want more than 0`, `serviceTiers: default is the tier that the rates are for`,
			`serviceTiers: batch is null`,
		}},
		"tiers of a list": {`{"date":"2026-01-01","models":{},"serviceTiers":[]}`, []string{"serviceTiers is not a JSON object"}},
		"unknown key":     {`{"date":"2026-01-01","models":{},"modles":{}}`, []string{"modles is not a known field"}},
		"model of a list": {`{"date":"2026-01-01","models":{"m":[]}}`, []string{`model "m" is not a JSON object`}},
		"all at once": {`{"date":"2026-01-01","models":{
			"a":{"kind":"agent","rates":{"input":"1","cachedInput":0,"outptu":3}},
			"b":{"kind":"video","rates":{"input":1,"cachedInput":1,"output":null}},
			"c":{"kind":"image","rates":{"input":1,"cachedInput":-1,"output":1}},
			"d":{"kind":"image","perImage":{"standard":1,"hd":2}},
			"e":{"kind":"agent","perImage":{"standard":1,"high":2},"shutdown":"soon","flexibleSizes":"yes"},
			"f":{"kind":"agent","rates":{"input":1,"cachedInput":1,"output":1},"longContext":{"input":1,"inputTimes":0,"outputTimes":1001},"tiers":{"flex":{"input":1}}},
			"g":{"kind":"image","rates":{"input":1,"cachedInput":1,"imageInput":1,"cachedImageInput":1,"output":1},"outputTokens":{"low":{"large":1}}},
			"i":{"kind":"agent","rates":{"input":1,"cachedInput":1,"cacheWrite":1,"cacheWriteLong":0,"output":1},"tiers":{"flex":{"input":1,"cachedInput":1,"output":1}},"confidence":"certain"},
			"j":{"kind":"image","rates":{"input":1,"cachedInput":1,"imageInput":1,"cachedImageInput":1,"output":1},"outputTokenFactors":{"high":0},
				"outputTokenTimes":{"high":{"likely":2,"most":1},"low":{"likely":1,"most":1,"least":1},"medium":2},"inputPatches":0},
			"h":{}}}`, []string{
			`model "a": rates: input is wrong: cost: amount "1": want a JSON number`,
			`model "a": rates: cachedInput is 0; want more than 0`,
			`model "a": rates: output is missing`,
			`model "a": rates: outptu is not a known field`,
			`model "b": kind is "video"`,
			`model "b": rates: output is null`,
			`model "c": rates: cachedInput is -1`,
			`model "c": rates: imageInput is missing`,
			`model "c": outputTokens says nothing of quality "high"`,
			`model "d": perImage.high is missing`,
			`model "d": perImage.hd is not one of`,
			`model "e": perImage is for image models only`,
			`model "e": shutdown is "soon"`,
			`model "e": flexibleSizes is "yes"; want true or false`,
			`model "f": longContext: above is missing`,
			`model "f": longContext: inputTimes is 0; want more than 0`,
			`model "f": longContext: outputTimes is 1001; want more than 0, and at most 1000`,
			`model "f": longContext: input is not a known field`,
			`model "f": tiers.flex: output is missing`,
			`model "g": outputTokens.low.large is 1`,
			`model "i": rates: cacheWriteLong is 0; want more than 0`,
			`model "i": tiers.flex: cacheWrite is missing; want a number of dollars, as the model's rates have`,
			`model "i": confidence is "certain"`,
			`model "j": outputTokenFactors.high is 0`,
			`model "j": outputTokenTimes: high: most is 1, less than likely`,
			`model "j": outputTokenTimes: low is not among outputTokenFactors`,
			`model "j": outputTokenTimes: low: least is not a known field`,
			`model "j": outputTokenTimes: medium is not a JSON object`,
			`model "j": inputPatches is 0`,
			`model "h": kind is missing`,
			`model "h": rates is missing`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cost.ParseCatalog([]byte(tt.in))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestOverride(t *testing.T) {
	base := cost.DefaultCatalog()
	c, err := base.Override([]byte(`{"models":{
		"gpt-5":{"kind":"agent","rates":{"input":1.25,"cachedInput":0.125,"output":10}},
		"gpt-image-3":{"kind":"image","rates":{"input":1,"cachedInput":0.1,"imageInput":2,"cachedImageInput":0.2,"output":6}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Price("gpt-5", cost.Usage{Input: 1000, Output: 1000}); err != nil || got != amount(t, "0.01125") {
		t.Errorf("overridden price = %v, %v", got, err)
	}
	if m, err := c.Model("gpt-5"); err != nil || m.Shutdown != "" || m.MaxOutputTokens != 0 {
		t.Errorf("the override kept parts of the model it replaced: %+v, %v", m, err)
	}
	if _, err := c.ExpectImage(cost.ImageCall{Model: "gpt-image-3", Size: "1024x1024", Quality: "high"}); err != nil {
		t.Errorf("added model: %v", err)
	}
	if got, err := c.Price("gpt-5", cost.Usage{Input: 1000, Output: 1000, ServiceTier: "flex"}); err != nil || got != amount(t, "0.005625") {
		t.Errorf("overridden price on the base's tier = %v, %v", got, err)
	}
	if _, err := c.Model("gpt-6.1-sol"); err != nil {
		t.Errorf("kept model: %v", err)
	}
	if c.Date() != base.Date() {
		t.Errorf("date %q; want the base's, %q", c.Date(), base.Date())
	}
	if got, _ := base.Price("gpt-5", cost.Usage{Input: 1000}); got != amount(t, "0.03") {
		t.Errorf("the base changed: %v", got)
	}

	dated, err := base.Override([]byte(`{"date":"2027-01-01","models":{},"serviceTiers":{"ultrafast":5}}`))
	if err != nil || dated.Date() != "2027-01-01" || len(dated.ServiceTiers()) != 1 || len(base.ServiceTiers()) != 3 {
		t.Errorf("Override = %v, %v; want its own date and tiers", dated, err)
	}
	if _, err := base.Override([]byte(`{"models":{"x":{"kind":"agent"}}}`)); err == nil || !strings.Contains(err.Error(), `model "x": rates is missing`) {
		t.Errorf("Override = %v; want the field named", err)
	}
}

func TestChoose(t *testing.T) {
	const rates = `"rates":{"input":1,"cachedInput":1,"output":1}`
	own := catalog(t, `{"date":"2026-01-01","models":{
		"a":{"kind":"agent",`+rates+`,"shutdown":"2026-03-01","replacement":"b"},
		"b":{"kind":"agent",`+rates+`,"shutdown":"2026-06-01","replacement":"c"},
		"c":{"kind":"agent",`+rates+`},
		"loop1":{"kind":"agent",`+rates+`,"shutdown":"2026-03-01","replacement":"loop2"},
		"loop2":{"kind":"agent",`+rates+`,"shutdown":"2026-03-01","replacement":"loop1"},
		"self":{"kind":"agent",`+rates+`,"shutdown":"2026-03-01","replacement":"self"},
		"orphan":{"kind":"agent",`+rates+`,"shutdown":"2026-03-01","replacement":"gone"},
		"last":{"kind":"agent",`+rates+`,"shutdown":"2026-03-01"},
		"turncoat":{"kind":"agent",`+rates+`,"shutdown":"2026-03-01","replacement":"picture"},
		"picture":{"kind":"image","perImage":{"standard":1,"high":2}}}}`)
	day := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	noon := day("2026-04-01T12:00:00Z")
	for name, tt := range map[string]struct {
		kind                 cost.Kind
		configured, fallback string
		now                  time.Time
		want                 cost.Choice
		err                  error  // nil with text "" is success
		text                 string // in the error
	}{
		"configured and current":        {cost.Agent, "c", "a", noon, cost.Choice{Model: "c"}, nil, ""},
		"configured, not yet shut down": {cost.Agent, "b", "a", noon, cost.Choice{Model: "b", Shutdown: "2026-06-01"}, nil, ""},
		"configured and shut down":      {cost.Agent, "a", "c", noon, cost.Choice{}, cost.ErrRetired, "since 2026-03-01; its replacement is b"},
		"configured, none follows":      {cost.Agent, "last", "c", noon, cost.Choice{}, cost.ErrRetired, "no replacement is recorded"},
		"configured and unknown":        {cost.Agent, "x", "c", noon, cost.Choice{}, cost.ErrNoRates, `"x"`},
		"configured of the other kind":  {cost.Agent, "picture", "c", noon, cost.Choice{}, nil, "image calls and cannot make agent calls"},
		"default a moment before":       {cost.Agent, "", "a", day("2026-02-28T23:59:59Z"), cost.Choice{Model: "a", Shutdown: "2026-03-01"}, nil, ""},
		"default at midnight":           {cost.Agent, "", "a", day("2026-03-01T00:00:00Z"), cost.Choice{Model: "b", Replaces: "a", Shutdown: "2026-03-01"}, nil, ""},
		"midnight is UTC":               {cost.Agent, "", "a", day("2026-03-01T00:30:00+01:00"), cost.Choice{Model: "a", Shutdown: "2026-03-01"}, nil, ""},
		"default, chain of two":         {cost.Agent, "", "a", day("2026-06-01T00:00:00Z"), cost.Choice{Model: "c", Replaces: "a", Shutdown: "2026-03-01"}, nil, ""},
		"default, none follows":         {cost.Agent, "", "last", noon, cost.Choice{}, cost.ErrRetired, "no replacement is recorded"},
		"default, replacement no rates": {cost.Agent, "", "orphan", noon, cost.Choice{}, cost.ErrNoRates, `replacement of orphan`},
		"default, chain loops":          {cost.Agent, "", "loop1", noon, cost.Choice{}, cost.ErrRetired, "loop"},
		"default replaced by itself":    {cost.Agent, "", "self", noon, cost.Choice{}, cost.ErrRetired, "self"},
		"default, kind changes":         {cost.Agent, "", "turncoat", noon, cost.Choice{}, nil, "cannot make agent calls"},
		"no model at all":               {cost.Agent, "", "", noon, cost.Choice{}, cost.ErrNoRates, `model ""`},
		"image model":                   {cost.Image, "", "picture", noon, cost.Choice{Model: "picture"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := own.Choose(tt.kind, tt.configured, tt.fallback, tt.now)
			if got != tt.want {
				t.Errorf("Choose = %+v, %v; want %+v", got, err, tt.want)
			}
			if (err == nil) != (tt.text == "") || tt.err != nil && !errors.Is(err, tt.err) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v; want %v with %q", err, tt.err, tt.text)
			}
		})
	}
}

func TestChooseDocumentedDefaults(t *testing.T) {
	c := cost.DefaultCatalog()
	for _, tt := range []struct {
		kind     cost.Kind
		fallback string
		now      time.Time
		want     cost.Choice
	}{
		{cost.Image, "gpt-image-1", time.Date(2026, 10, 22, 23, 0, 0, 0, time.UTC), cost.Choice{Model: "gpt-image-1", Shutdown: "2026-10-23"}},
		{cost.Image, "gpt-image-1", time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), cost.Choice{Model: "gpt-image-2.6-sunburst", Replaces: "gpt-image-1", Shutdown: "2026-10-23"}},
		{cost.Agent, "gpt-5", time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), cost.Choice{Model: "gpt-5", Shutdown: "2026-12-11"}},
		{cost.Agent, "gpt-5", time.Date(2026, 12, 11, 0, 0, 0, 0, time.UTC), cost.Choice{Model: "gpt-6.1-sol", Replaces: "gpt-5", Shutdown: "2026-12-11"}},
	} {
		if got, err := c.Choose(tt.kind, "", tt.fallback, tt.now); err != nil || got != tt.want {
			t.Errorf("Choose(%s, %s) on %s = %+v, %v; want %+v", tt.kind, tt.fallback, tt.now.Format(time.DateOnly), got, err, tt.want)
		}
	}
}

func FuzzParseCatalog(f *testing.F) {
	f.Add([]byte(tiered))
	f.Add([]byte(`{"date":"2026-01-01","models":{"m":{"kind":"agent","rates":{"input":1,"cachedInput":1,"output":1}}}}`))
	f.Add([]byte(`{"models":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := cost.ParseCatalog(data); (c == nil) == (err == nil) {
			t.Fatalf("ParseCatalog = %v, %v", c, err)
		}
	})
}
