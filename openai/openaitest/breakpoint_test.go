package openaitest_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
)

// object is a JSON object.
type object = map[string]any

// spoken is a message of so many bytes that begins with a word, and ends with a breakpoint where one is given.
func spoken(word string, size int, breakpoint ...object) object {
	part := object{"type": "input_text", "text": strings.Repeat(word+" ", size/len(word)+1)[:size]}
	if breakpoint != nil {
		part["prompt_cache_breakpoint"] = breakpoint[0]
	}
	return object{"role": "user", "content": []any{part}}
}

func TestBreakpoints(t *testing.T) {
	here, kept := object{"mode": "explicit"}, object{"mode": "explicit", "ttl": "12h"}
	explicit := object{"mode": "explicit"}
	call := func(options object, messages ...any) object {
		return object{"input": messages, "prompt_cache_options": options}
	}
	// Every request begins with the schema and the instructions, four tokens; a message of 8,000 bytes and the line
	// before it are 2,000 more, and one of 4,000 bytes 1,000.
	const head, guide, tail = 4, 2_000, 1_000
	type used struct{ cached, written, long int64 }
	for name, tt := range map[string]struct {
		calls []object
		want  []used
	}{
		"another text behind the same guide": {
			[]object{call(nil, spoken("guide", 7_999), spoken("one", 3_999)), call(nil, spoken("guide", 7_999), spoken("two", 3_999))},
			[]used{{written: head + guide + tail}, {written: head + guide + tail}},
		},
		"a mark behind the guide": {
			[]object{call(nil, spoken("guide", 7_999, here), spoken("one", 3_999)), call(nil, spoken("guide", 7_999, here), spoken("two", 3_999))},
			[]used{{written: head + guide + tail}, {cached: head + guide, written: tail}},
		},
		"that mark alone": {
			[]object{call(explicit, spoken("guide", 7_999, here), spoken("one", 3_999)), call(explicit, spoken("guide", 7_999, here), spoken("two", 3_999)), call(explicit, spoken("guide", 7_999, here), spoken("three", 3_999))},
			[]used{{written: head + guide}, {cached: head + guide}, {cached: head + guide}},
		},
		"another guide before the mark": {
			[]object{call(explicit, spoken("guide", 7_999, here), spoken("one", 3_999)), call(explicit, spoken("other", 7_999, here), spoken("one", 3_999))},
			[]used{{written: head + guide}, {written: head + guide}},
		},
		"explicit without a mark": {
			[]object{call(explicit, spoken("guide", 7_999)), call(explicit, spoken("guide", 7_999))},
			[]used{{}, {}},
		},
		"explicit without a mark, after a write": {
			[]object{call(nil, spoken("guide", 7_999)), call(explicit, spoken("guide", 7_999))},
			[]used{{written: head + guide}, {}},
		},
		"the very same": {
			[]object{call(nil, spoken("guide", 7_999)), call(object{"ttl": "30m"}, spoken("guide", 7_999))},
			[]used{{written: head + guide}, {cached: head + guide - 1}},
		},
		"a conversation that goes on": {
			[]object{call(nil, spoken("guide", 7_999)), call(nil, spoken("guide", 7_999), spoken("more", 3_999)), call(nil, spoken("guide", 7_999), spoken("more", 3_999), spoken("yet", 3_999))},
			[]used{{written: head + guide}, {cached: head + guide, written: tail}, {cached: head + guide + tail, written: tail}},
		},
		"too short": {
			[]object{call(nil, spoken("guide", 3_999)), call(nil, spoken("guide", 3_999))},
			[]used{{}, {}},
		},
		"a short mark before a long text": {
			[]object{call(nil, spoken("guide", 3_999, here), spoken("one", 3_999)), call(nil, spoken("guide", 3_999, here), spoken("two", 3_999))},
			[]used{{written: head + 2*tail}, {written: head + 2*tail}},
		},
		"kept for 12 hours": {
			[]object{call(object{"ttl": "12h"}, spoken("guide", 7_999))},
			[]used{{written: head + guide, long: head + guide}},
		},
		"the guide kept for 12 hours": {
			[]object{call(nil, spoken("guide", 7_999, kept), spoken("one", 3_999))},
			[]used{{written: head + guide + tail, long: head + guide}},
		},
		"all but the guide kept for 12 hours": {
			[]object{call(object{"ttl": "12h"}, spoken("guide", 7_999, object{"mode": "explicit", "ttl": "30m"}), spoken("one", 3_999))},
			[]used{{written: head + guide + tail, long: tail}},
		},
		"five marks, of which four are written": {
			[]object{
				call(explicit, spoken("a", 7_999, here), spoken("b", 3_999, here), spoken("c", 3_999, here), spoken("d", 3_999, here), spoken("e", 3_999, here)),
				call(explicit, spoken("a", 7_999, here), spoken("z", 3_999, here)),
				call(explicit, spoken("a", 7_999, here), spoken("b", 3_999, here), spoken("z", 3_999)),
			},
			[]used{{written: head + guide + 4*tail}, {written: head + guide + tail}, {cached: head + guide + tail}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Options{})
			for i, c := range tt.calls {
				body := object{"model": "gpt-6.1-sol", "prompt_cache_key": "one", "background": false, "instructions": "Rewrite", "text": object{}}
				maps.Copy(body, c)
				if c["prompt_cache_options"] == nil {
					delete(body, "prompt_cache_options")
				}
				u := postJSON(t, s, ask(nil, body)).response(t).Usage
				billed := s.Calls()[i].Usage
				d := u.InputTokensDetails
				got := used{d.CachedTokens, d.CacheWriteTokens, d.CacheWriteTokensDetails.Ttl12hTokens}
				if got != tt.want[i] || billed.Cached != got.cached || billed.CacheWrite != got.written || billed.CacheWriteLong != got.long {
					t.Errorf("call %d of %d tokens: %+v, billed for %+v; want %+v", i+1, u.InputTokens, got, billed, tt.want[i])
				}
			}
		})
	}
}

func TestCacheControlsAreChecked(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	for name, tt := range map[string]struct {
		body        object
		code, param string
	}{
		"unknown mode":              {object{"prompt_cache_options": object{"mode": "off"}}, "invalid_value", "prompt_cache_options.mode"},
		"unknown retention":         {object{"prompt_cache_options": object{"ttl": "24h"}}, "invalid_value", "prompt_cache_options.ttl"},
		"unknown mode of a mark":    {object{"input": []any{spoken("guide", 10, object{"mode": "implicit"})}}, "invalid_value", "prompt_cache_breakpoint.mode"},
		"unknown time of a mark":    {object{"input": []any{spoken("guide", 10, object{"mode": "explicit", "ttl": "1h"})}}, "invalid_value", "prompt_cache_breakpoint.ttl"},
		"options on an older model": {object{"model": "gpt-5", "prompt_cache_options": object{"mode": "explicit"}}, "unsupported_parameter", "prompt_cache_options"},
		"a mark on an older model":  {object{"model": "gpt-5", "input": []any{spoken("guide", 10, object{"mode": "explicit"})}}, "unsupported_parameter", "prompt_cache_breakpoint"},
	} {
		body := object{"model": "gpt-6.1-sol"}
		maps.Copy(body, tt.body)
		a := postJSON(t, s, ask(nil, body))
		if e := a.problem(t); a.status != 400 || e.code() != tt.code || e.param() != tt.param {
			t.Errorf("%s: %d %s; want 400 %s of %s", name, a.status, a.body, tt.code, tt.param)
		}
	}
	if bill := s.Bill(); bill.Total != 0 {
		t.Errorf("billed %d", bill.Total)
	}
}

// TestAWriteIsReadOnceItsCallAnswers sends five batches behind one guide: the first alone, the others side by side. One
// write and four reads are what they cost.
func TestAWriteIsReadOnceItsCallAnswers(t *testing.T) {
	gate := openaitest.NewGate()
	s := openaitest.NewServer(t, openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindAgent && c.N > 1 {
			return &openaitest.Fault{Hold: gate}
		}
		return nil
	}})
	for i, batch := range []string{"one", "two", "three", "four", "five"} {
		body := object{
			"model": "gpt-6.1-sol", "prompt_cache_key": "one", "background": true, "instructions": "Rewrite", "text": object{}, "prompt_cache_options": object{"mode": "explicit"},
			"input": []any{spoken("guide", 7_999, object{"mode": "explicit"}), spoken(batch, 3_999)},
		}
		postJSON(t, s, ask(nil, body)).response(t)
		if i > 0 {
			<-gate.Arrived()
		}
	}
	gate.Release()
	s.Wait()
	var written, read int64
	for _, c := range s.Bill().Charges {
		written, read = written+c.Usage.CacheWrite, read+c.Usage.Cached
	}
	if written != 2_004 || read != 4*2_004 {
		t.Errorf("%d tokens written and %d read; want 2,004 and four times as many", written, read)
	}
}
