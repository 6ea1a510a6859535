package pipeline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/full-turner/full-turner/openai"
)

// agentAnswer is what the agent returns, by rewriteSchema.
type agentAnswer struct {
	Rewrites []piece  `json:"rewrites"`
	Notes    []string `json:"notes"`
	Problems []string `json:"problems"`
}

// parseAnswer reads an agent's answer. A model that is not held to the schema may wrap or bend it, and some say the
// same twice: the answer is the one object in the text that has the schema's form, or several that are equal. What
// cannot be read so is openai.ErrMalformed.
func parseAnswer(text []byte) (agentAnswer, error) {
	var found *agentAnswer
	var unread error
	for rest := text; ; {
		i := bytes.IndexByte(rest, '{')
		if i < 0 {
			break
		}
		rest = rest[i:]
		answer, length, err := readAnswer(rest)
		switch {
		case err != nil:
			unread = cmp.Or(unread, err)
			rest = rest[1:]
			continue
		case found != nil && !reflect.DeepEqual(*found, answer):
			return agentAnswer{}, fmt.Errorf("%w: the agent's answer holds several objects that differ", openai.ErrMalformed)
		}
		found, rest = &answer, rest[length:]
	}
	if found == nil {
		return agentAnswer{}, fmt.Errorf("%w: the agent's answer is not the JSON that was asked for: %w", openai.ErrMalformed, cmp.Or(unread, errNoObject))
	}
	return *found, nil
}

// errNoObject says that there is no JSON object in an answer.
var errNoObject = errors.New("there is no object in it")

// readAnswer reads the object that a text begins with, and its length.
func readAnswer(text []byte) (answer agentAnswer, length int, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	var fields map[string]json.RawMessage
	if err := dec.Decode(&fields); err != nil {
		return answer, 0, err
	}
	length = int(dec.InputOffset())
	if _, has := fields["rewrites"]; !has {
		return answer, 0, errors.New("an object in it has no rewrites")
	}
	return answer, length, json.Unmarshal(text[:length], &answer)
}

// remarks keeps what the agent says beside its rewrites short, and free of what does not print.
func remarks(said []string) []string {
	var kept []string
	for _, s := range firstOf(said, 20) {
		s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
		if utf8.RuneCountInString(s) > 500 {
			s = string([]rune(s)[:500]) + "…"
		}
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// firstOf is at most the first n of a list.
func firstOf(list []string, n int) []string { return list[:min(n, len(list))] }
