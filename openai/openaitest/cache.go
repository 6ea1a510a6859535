package openaitest

// promptCache is what OpenAI remembers of the prompts that it has read. A call whose prompt begins as a
// remembered one does, of the same model and prompt_cache_key, has that much of its input at the cached
// rate: from 1,024 tokens on, in steps of 128 (developers.openai.com/api/docs/guides/prompt-caching).
// A model that charges for writing to it goes by breakpoints instead; see breakpoint.go.
//
// What a call has cached is settled when it is accepted. Its own prompt is remembered only when it has begun
// to answer, since what is cached is what reading the input leaves behind: of calls that are sent side by
// side each pays for its whole input, and one that is sent after the first has begun to answer does not.
//
// Here a call has begun to answer when its generation has taken its time (AgentLatency, and the fault's Hold
// and Delay): a background response when it is completed or incomplete, a response in the foreground when its
// answer is ready, whether or not HoldAnswer keeps that back. OpenAI's guide names no moment; there it can be
// no earlier than the first token and is seen only by who streams, so a caller that waits for the answer is
// right both here and there. A response that was cancelled or has failed before, and a call in the foreground
// whose client has left before, leave nothing.
//
// It forgets only what is old: the eight latest prompts of a key are kept, and for good. OpenAI promises less,
// and may send calls that come faster than about 15 a minute to a machine that knows nothing of the others.
type promptCache map[cacheKey][]string

type cacheKey struct{ model, key string }

const (
	fewestCached = 1024 // tokens
	cacheStep    = 128  // tokens
	keptPrompts  = 8    // of one key
)

// read returns how many of a prompt's tokens are cached. The last one never is: there is always one left to read.
func (c promptCache) read(key cacheKey, prompt string, tokens int64) int64 {
	longest := 0
	for _, earlier := range c[key] {
		longest = max(longest, common(prompt, earlier))
	}
	cached := min(int64(longest)/bytesPerToken, tokens-1) / cacheStep * cacheStep
	if cached < fewestCached {
		return 0
	}
	return cached
}

// write remembers prompts, or what they begin with.
func (c promptCache) write(key cacheKey, prompts ...string) {
	kept := append(c[key], prompts...)
	c[key] = kept[max(0, len(kept)-keptPrompts):]
}

// common returns how many bytes two texts begin with in common.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
