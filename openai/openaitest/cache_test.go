package openaitest_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
)

// cacheable is an agent call whose input begins with so many bytes of a brand guide, and ends with a text of its own.
func cacheable(guide int, own string, change map[string]any) string {
	body := map[string]any{
		"prompt_cache_key": "one",
		"input": []any{
			map[string]any{"role": "user", "content": strings.Repeat("The brand speaks plainly. ", guide/26+1)[:guide]},
			map[string]any{"role": "user", "content": strings.Repeat(own, 600)},
		},
	}
	maps.Copy(body, change)
	return ask(nil, body)
}

// TestPromptCache sends two calls of which the first is held where it would begin to answer, and asks what the
// second had cached.
func TestPromptCache(t *testing.T) {
	for name, tt := range map[string]struct {
		first  openaitest.Fault // besides the hold
		early  bool             // the second is sent while the first is held
		guide  int              // bytes; 0 is 10,400
		change map[string]any   // to the second
		want   int64
	}{
		"sent with the first: nothing":             {early: true},
		"sent after the first answered: prefix":    {want: 2_688},
		"first cut short: prefix":                  {first: openaitest.Fault{Incomplete: "content_filter"}, want: 2_688},
		"first refused: prefix":                    {first: openaitest.Fault{Refusal: "No."}, want: 2_688},
		"first failed: nothing":                    {first: openaitest.Fault{ResponseStatus: "failed"}},
		"first charged behind an error: prefix":    {first: openaitest.Fault{Status: 502, Body: "<html>", Charge: true}, want: 2_688},
		"first lost before it was read: nothing":   {first: openaitest.Fault{Drop: openaitest.DropBefore}},
		"first lost on its way back: prefix":       {first: openaitest.Fault{Drop: openaitest.DropAfter}, want: 2_688},
		"another key: nothing":                     {change: map[string]any{"prompt_cache_key": "two"}},
		"no key: nothing":                          {change: map[string]any{"prompt_cache_key": nil}},
		"another model: nothing":                   {change: map[string]any{"model": "gpt-5-mini"}},
		"other instructions: nothing":              {change: map[string]any{"instructions": "You write haiku."}},
		"shorter than 1,024 tokens: nothing":       {guide: 3_400},
		"1,024 tokens and less than a step: 1,024": {guide: 3_900, want: 1_024},
	} {
		for _, background := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/background=%v", name, background), func(t *testing.T) {
				gate := openaitest.NewGate()
				s := openaitest.NewServer(t, openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
					if c.Kind != openaitest.KindAgent || c.N != 1 {
						return nil
					}
					f := tt.first
					f.Hold = gate
					return &f
				}})
				guide := cmp.Or(tt.guide, 10_400)
				change := map[string]any{"background": background}
				first := cacheable(guide, "first ", change)
				maps.Copy(change, tt.change)
				second := cacheable(guide, "second ", change)

				var posting sync.WaitGroup
				posting.Go(func() { postJSON(t, s, first) })
				<-gate.Arrived()
				if !tt.early {
					gate.Release()
					posting.Wait()
					s.Wait()
				}
				postJSON(t, s, second).response(t)
				gate.Release()
				posting.Wait()
				s.Wait()
				c := s.Calls()[1]
				if !c.Billed || c.Usage.Cached != tt.want {
					t.Errorf("%d of %d tokens cached; want %d", c.Usage.Cached, c.Usage.Input, tt.want)
				}
			})
		}
	}
}

func TestAnotherSchemaIsAnotherPrefix(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	instructions := strings.Repeat("You rewrite funnel copy. ", 400)
	post := func(own, schema string) int64 {
		format := map[string]any{"type": "json_schema", "name": "answer", "schema": json.RawMessage(schema)}
		body := cacheable(0, own, map[string]any{"background": false, "instructions": instructions, "text": map[string]any{"format": format}})
		return postJSON(t, s, body).response(t).Usage.InputTokensDetails.CachedTokens
	}
	const other = `{"type":"object","additionalProperties":false,"required":[],"properties":{}}`
	post("first ", rewritesSchema)
	if n := post("second ", other); n != 0 {
		t.Errorf("another schema before the same instructions: %d tokens cached", n)
	}
	if n := post("third ", rewritesSchema); n < 2_500 {
		t.Errorf("the same schema and instructions: %d tokens cached", n)
	}
}

func TestPromptOfACancelledResponseIsNotCached(t *testing.T) {
	gate := openaitest.NewGate()
	defer gate.Release()
	s := openaitest.NewServer(t, openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindAgent && c.N == 1 {
			return &openaitest.Fault{Hold: gate}
		}
		return nil
	}})
	cancel(t, s, postJSON(t, s, cacheable(10_400, "first ", nil)).response(t).ID).response(t)
	s.Wait()
	postJSON(t, s, cacheable(10_400, "second ", nil)).response(t)
	if c := s.Calls()[2]; !c.Billed || c.Usage.Cached != 0 {
		t.Errorf("%d of %d tokens cached", c.Usage.Cached, c.Usage.Input)
	}
}

// TestCallsSideBySidePayForTheirWholeInput is a fan-out: three calls at once, and one when they have answered.
func TestCallsSideBySidePayForTheirWholeInput(t *testing.T) {
	gate := openaitest.NewGate()
	s := openaitest.NewServer(t, openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
		return &openaitest.Fault{Hold: gate}
	}})
	for _, own := range []string{"first ", "second ", "third "} {
		postJSON(t, s, cacheable(10_400, own, nil)).response(t)
		<-gate.Arrived()
	}
	gate.Release()
	s.Wait()
	postJSON(t, s, cacheable(10_400, "fourth ", nil)).response(t)
	s.Wait()
	for i, c := range s.Bill().Charges {
		want := int64(0)
		if i == 3 {
			want = 2_688
		}
		price := (c.Usage.Input-want)*30_000 + want*3_000 + c.Usage.Output*120_000
		if c.Usage.Cached != want || c.Nano != price {
			t.Errorf("call %d: %d of %d tokens cached, billed %d; want %d and %d", i+1, c.Usage.Cached, c.Usage.Input, c.Nano, want, price)
		}
	}
	if n := len(s.Bill().Charges); n != 4 {
		t.Errorf("%d calls billed", n)
	}
}
