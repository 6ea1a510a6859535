package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/full-turner/full-turner/cost"
)

// counts are the two figures that every usage has.
type counts struct {
	Input  *int64 `json:"input_tokens"`
	Output *int64 `json:"output_tokens"`
}

// readUsage reads a usage object into dst, whose counts are c.
func readUsage(raw json.RawMessage, dst any, c *counts) error {
	if len(raw) == 0 || string(raw) == "null" {
		return errors.New("the answer does not say what it used")
	}
	if err := json.Unmarshal(raw, dst); err != nil {
		return fmt.Errorf("what the answer used cannot be read: %s", redacted(err.Error(), apiKey{}))
	}
	if c.Input == nil || c.Output == nil || *c.Input == 0 && *c.Output == 0 {
		return errors.New("the answer does not say what it used")
	}
	return nil
}

func impossible(u cost.Usage) error {
	if err := u.Valid(); err != nil {
		return fmt.Errorf("what the answer used is impossible: %w", err)
	}
	return nil
}

// unknownTokens names the fields of a usage object that count tokens and are not known, with their counts; "" is
// none. A count of 0 is no use of anything.
func unknownTokens(raw json.RawMessage, known []string) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var usage map[string]any
	if d.Decode(&usage) != nil {
		return "" // it has been read already
	}
	var unknown []string
	var look func(path string, fields map[string]any)
	look = func(path string, fields map[string]any) {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			switch value := fields[name].(type) {
			case map[string]any:
				look(path+name+".", value)
			case json.Number:
				counts := strings.HasSuffix(name, "tokens") || strings.Contains(path, "tokens_details.")
				if counts && !slices.Contains(known, path+name) && !zero(value) {
					unknown = append(unknown, path+name+" "+value.String())
				}
			}
		}
	}
	look("", usage)
	return redacted(strings.Join(unknown, ", "), apiKey{})
}

func zero(n json.Number) bool {
	f, err := n.Float64()
	return err == nil && f == 0
}
