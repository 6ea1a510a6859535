package openaitest

import (
	"slices"
	"strings"
)

// The prompt cache of a model that charges writes, the GPT-5.6 family and later, works by breakpoints and not by what
// two prompts have in common (developers.openai.com/api/docs/guides/prompt-caching, and the fields of openai-go):
//
//   - A breakpoint ends a prefix of the prompt. The prefix is written to the cache, and read from it by a later call
//     that has a breakpoint at the end of the very same prefix. A shorter one in common is worth nothing.
//   - A request marks breakpoints in the texts of its messages, with prompt_cache_breakpoint. Besides those OpenAI puts
//     one at the end of the latest message, unless prompt_cache_options says mode explicit; with that and no mark of its
//     own a request neither reads nor writes.
//   - The latest four are written, and every one can be read. So calls that share a guide and differ in the text behind
//     it write all of their prompts and read nothing, until a mark stands behind the guide.
//   - A prefix of less than 1,024 tokens is not cached. Longer ones are, to the token.

// cacheOptions are the prompt_cache_options of a request.
type cacheOptions struct {
	Mode string `json:"mode"`
	TTL  string `json:"ttl"`
}

// mark is a prompt_cache_breakpoint of a request.
type mark struct {
	Mode string `json:"mode"`
	TTL  string `json:"ttl"`
	at   int    // bytes of the text before it
}

var (
	cacheModes = []string{"", "implicit", "explicit"}
	retentions = []string{"", "30m", "12h"}
)

// mostWrites is how many breakpoints of a request are written.
const mostWrites = 4

// caching is what the prompt cache does for one call.
type caching struct {
	cached, written, writtenLong int64    // tokens of the input
	prefixes                     []string // to remember when the call has begun to answer
}

// prompt is all that the model reads, as one text. The schema comes before the instructions, as at OpenAI, so
// another schema is another prefix. The marks are those of the request, by where they are in it, and ends where
// its messages end.
func (q *agentRequest) prompt() (text string, marks []mark, ends []int) {
	var b strings.Builder
	b.Write(encode(q.Text.Format.Schema))
	b.WriteString("\n" + q.Instructions)
	for _, m := range q.messages {
		b.WriteByte('\n')
		for _, k := range m.marks {
			k.at += b.Len()
			marks = append(marks, k)
		}
		b.WriteString(m.text)
		ends = append(ends, b.Len())
	}
	return b.String(), marks, ends
}

// cached is what the cache does for a call of a model.
func (s *Server) cached(q *agentRequest, model Model, prompt string, tokens int64) (caching, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if model.Write > 0 {
		return s.prompts.breakpoints(q, tokens), nil
	}
	if param := q.cacheControls(); param != "" {
		return caching{}, &apiError{param: param, code: "unsupported_parameter", message: "Unsupported parameter: '" + param + "' is not supported with this model."}
	}
	return caching{cached: s.prompts.read(q.cacheKey(), prompt, tokens), prefixes: []string{prompt}}, nil
}

// breakpoints is what the cache does for a call of a model that charges writes.
func (c promptCache) breakpoints(q *agentRequest, tokens int64) caching {
	prompt, marks, ends := q.prompt()
	var readable []int // where a prefix may end that is read
	for _, k := range marks {
		readable = append(readable, k.at)
	}
	if q.CacheOptions.Mode != "explicit" {
		readable = append(readable, ends...)
		if len(ends) > 0 {
			marks = append(marks, mark{at: ends[len(ends)-1]})
		}
	}
	longest := 0
	for _, earlier := range c[q.cacheKey()] {
		if slices.Contains(readable, len(earlier)) && strings.HasPrefix(prompt, earlier) {
			longest = max(longest, len(earlier))
		}
	}
	done := textTokens(prompt[:longest])
	r := caching{cached: min(done, max(0, tokens-1))} // there is always one left to read
	for _, k := range marks[max(0, len(marks)-mostWrites):] {
		upTo := textTokens(prompt[:k.at])
		if upTo < fewestCached {
			continue
		}
		r.prefixes = append(r.prefixes, prompt[:k.at])
		if upTo <= done {
			continue
		}
		r.written += upTo - done
		if k.TTL == "12h" || k.TTL == "" && q.CacheOptions.TTL == "12h" {
			r.writtenLong += upTo - done
		}
		done = upTo
	}
	return r
}

// checkCache holds what a request says about the cache against OpenAI's rules.
func (q *agentRequest) checkCache(oneOf func(param, value string, allowed []string) *apiError) *apiError {
	if p := oneOf("prompt_cache_options.mode", q.CacheOptions.Mode, cacheModes); p != nil {
		return p
	}
	if p := oneOf("prompt_cache_options.ttl", q.CacheOptions.TTL, retentions); p != nil {
		return p
	}
	for _, m := range q.messages {
		for _, k := range m.marks {
			if p := oneOf("prompt_cache_breakpoint.mode", k.Mode, []string{"", "explicit"}); p != nil {
				return p
			}
			if p := oneOf("prompt_cache_breakpoint.ttl", k.TTL, retentions); p != nil {
				return p
			}
		}
	}
	return nil
}

// cacheControls names the parameter with which a request controls the cache; "" is none.
func (q *agentRequest) cacheControls() string {
	if q.CacheOptions != (cacheOptions{}) {
		return "prompt_cache_options"
	}
	for _, m := range q.messages {
		if len(m.marks) > 0 {
			return "prompt_cache_breakpoint"
		}
	}
	return ""
}
