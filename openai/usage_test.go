package openai_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
)

func TestEditImageUsage(t *testing.T) {
	for name, tt := range map[string]struct {
		usage string
		want  cost.Usage
	}{
		"text alone":               {`{"input_tokens":10,"output_tokens":5}`, cost.Usage{Input: 10, Output: 5}},
		"cached and split":         {`{"input_tokens":100,"output_tokens":5,"input_tokens_details":{"image_tokens":60,"text_tokens":40,"cached_tokens":50,"cached_tokens_details":{"image_tokens":20,"text_tokens":30}}}`, cost.Usage{Input: 100, ImageInput: 60, Cached: 50, CachedImage: 20, Output: 5}},
		"cached beside":            {`{"input_tokens":100,"output_tokens":5,"input_tokens_details":{"image_tokens":60,"text_tokens":40},"cached_tokens":50,"cached_tokens_details":{"cached_image_tokens":20,"cached_text_tokens":30}}`, cost.Usage{Input: 100, ImageInput: 60, Cached: 50, CachedImage: 20, Output: 5}},
		"cached within text":       {`{"input_tokens":100,"output_tokens":5,"input_tokens_details":{"image_tokens":60,"text_tokens":40,"cached_tokens":40}}`, cost.Usage{Input: 100, ImageInput: 60, Cached: 40, Output: 5}},
		"cached beyond text":       {`{"input_tokens":100,"output_tokens":5,"input_tokens_details":{"image_tokens":60,"text_tokens":40,"cached_tokens":50}}`, cost.Usage{Input: 100, ImageInput: 60, Cached: 50, CachedImage: 10, Output: 5}},
		"details that are null":    {`{"input_tokens":10,"output_tokens":5,"input_tokens_details":null}`, cost.Usage{Input: 10, Output: 5}},
		"written to the cache":     {`{"input_tokens":10,"output_tokens":5,"input_tokens_details":{"cache_write_tokens":3}}`, cost.Usage{Input: 10, CacheWrite: 3, Output: 5}},
		"output split":             {`{"input_tokens":10,"output_tokens":5,"output_tokens_details":{"text_tokens":2,"image_tokens":3}}`, cost.Usage{Input: 10, Output: 5}},
		"a field nobody knows":     {`{"input_tokens":10,"output_tokens":5,"input_tokens_details":{"mask_tokens":7,"text_tokens":3}}`, cost.Usage{Input: 10, Output: 5, Unknown: "input_tokens_details.mask_tokens 7"}},
		"unknown fields of nought": {`{"input_tokens":10,"output_tokens":5,"video_tokens":0,"input_tokens_details":{"mask_tokens":0.0}}`, cost.Usage{Input: 10, Output: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			w, ch := serve(t, answer(200, imageAnswer(`,"usage":`+tt.usage))), &charges{}
			got, err := w.client().EditImage(t.Context(), imageRequest(ch))
			tt.want.Images, tt.want.Quality = 1, "medium"
			if diff := cmp.Diff(tt.want, got.Usage); err != nil || diff != "" || !got.Billed || len(ch.causes) != 0 {
				t.Errorf("%v, billed %v, charges %v, usage (-want +got):\n%s", err, got.Billed, ch.causes, diff)
			}
		})
	}
}

func TestRespondUsage(t *testing.T) {
	const counts = `"input_tokens":100,"output_tokens":5`
	for name, tt := range map[string]struct {
		usage string
		want  cost.Usage // zero is not billed, and possibly charged
	}{
		"written, no retention named": {`{` + counts + `,"input_tokens_details":{"cached_tokens":20,"cache_write_tokens":70}}`, cost.Usage{Input: 100, Cached: 20, CacheWrite: 70, Output: 5}},
		"written for 30 minutes":      {`{` + counts + `,"input_tokens_details":{"cache_write_tokens":70,"cache_write_tokens_details":{"ttl_30m_tokens":70,"ttl_12h_tokens":0}}}`, cost.Usage{Input: 100, CacheWrite: 70, Output: 5}},
		"written for both":            {`{` + counts + `,"input_tokens_details":{"cache_write_tokens":70,"cache_write_tokens_details":{"ttl_30m_tokens":30,"ttl_12h_tokens":40}}}`, cost.Usage{Input: 100, CacheWrite: 70, CacheWriteLong: 40, Output: 5}},
		"written for 12 hours alone":  {`{` + counts + `,"input_tokens_details":{"cache_write_tokens":70,"cache_write_tokens_details":{"ttl_12h_tokens":70}}}`, cost.Usage{Input: 100, CacheWrite: 70, CacheWriteLong: 70, Output: 5}},
		"retention left empty":        {`{` + counts + `,"input_tokens_details":{"cache_write_tokens":70,"cache_write_tokens_details":{}}}`, cost.Usage{Input: 100, CacheWrite: 70, Output: 5}},
		"retention of something else": {`{` + counts + `,"input_tokens_details":{"cache_write_tokens":70,"cache_write_tokens_details":{"ttl_30m_tokens":30,"ttl_12h_tokens":0}}}`, cost.Usage{}},
		"retention without a write":   {`{` + counts + `,"input_tokens_details":{"cache_write_tokens_details":{"ttl_30m_tokens":0,"ttl_12h_tokens":9}}}`, cost.Usage{}},
		"retention nobody knows":      {`{` + counts + `,"input_tokens_details":{"cache_write_tokens":70,"cache_write_tokens_details":{"ttl_30m_tokens":30,"ttl_7d_tokens":40}}}`, cost.Usage{Input: 100, CacheWrite: 70, Output: 5, Unknown: "input_tokens_details.cache_write_tokens_details.ttl_7d_tokens 40"}},
		"cached and written twice":    {`{` + counts + `,"input_tokens_details":{"cached_tokens":60,"cache_write_tokens":70}}`, cost.Usage{}},
		"fields nobody knows":         {`{` + counts + `,"input_tokens_details":{"audio_tokens":12,"image":3},"reasoning_tokens":1,"requests":4,"cost":0.1}`, cost.Usage{Input: 100, Output: 5, Unknown: "input_tokens_details.audio_tokens 12, input_tokens_details.image 3, reasoning_tokens 1"}},
		"text is known":               {`{` + counts + `,"input_tokens_details":{"text_tokens":100},"output_tokens_details":{"text_tokens":5},"total_tokens":105}`, cost.Usage{Input: 100, Output: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			w, ch := serve(t, answer(200, agentAnswer("resp_1", "completed", "hi", `,"usage":`+tt.usage))), &charges{}
			got, err := w.client().Respond(t.Context(), openai.AgentRequest{Model: "gpt-6.1-sol", Input: []string{"hi"}, MaybeCharged: ch.record})
			billed := tt.want != cost.Usage{}
			if billed {
				tt.want.ServiceTier = "default"
			}
			if diff := cmp.Diff(tt.want, got.Usage); err != nil || diff != "" || got.Billed != billed || (len(ch.causes) == 0) != billed {
				t.Errorf("%v, billed %v, charges %v, usage (-want +got):\n%s", err, got.Billed, ch.causes, diff)
			}
		})
	}
}
