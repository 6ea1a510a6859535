package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// object is a JSON object's fields, each still JSON. Field names count to the letter.
type object map[string]json.RawMessage

// parseObject reads one JSON object. Everything that is not exactly one object, a field named twice included, is
// an InvalidRequest that says where. what names the object in messages.
func parseObject(what string, data []byte) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	first, err := dec.Token()
	if err == nil && first != json.Delim('{') {
		return nil, failure(InvalidRequest, "%s is not a JSON object", what)
	}
	fields := object{}
	for err == nil && dec.More() {
		var key json.Token
		if key, err = dec.Token(); err != nil {
			break
		}
		name := key.(string)
		if _, twice := fields[name]; twice {
			return nil, failure(InvalidRequest, "%s: the field %q stands twice", what, name)
		}
		var value json.RawMessage
		if err = dec.Decode(&value); err == nil {
			fields[name] = value
		}
	}
	if err == nil {
		_, err = dec.Token() // the closing brace
	}
	if err == nil {
		if _, end := dec.Token(); end != io.EOF {
			return nil, failure(InvalidRequest, "%s: there is more after the JSON object", what)
		}
		return fields, nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, failure(InvalidRequest, "%s is not JSON: it ends too early", what)
	}
	return nil, failure(InvalidRequest, "%s is not JSON: %w (at byte %d)", what, err, dec.InputOffset())
}

// only refuses every field that is not among the known ones.
func (o object) only(what string, known ...string) error {
	var unknown []string
	for name := range o {
		if !slices.Contains(known, name) {
			unknown = append(unknown, fmt.Sprintf("%q", name))
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return failure(InvalidRequest, "%s: unknown field %s; the fields are %s", what, strings.Join(unknown, ", "), strings.Join(known, ", "))
}

// has says whether the field is there and not null.
func (o object) has(name string) bool {
	return len(o[name]) > 0 && string(o[name]) != "null"
}

// text is a field that is a JSON string; "" when it is absent or null.
func (o object) text(name string) (string, error) {
	if !o.has(name) {
		return "", nil
	}
	var s string
	if err := json.Unmarshal(o[name], &s); err != nil {
		return "", failure(InvalidRequest, "%s must be a string, not %s", name, kindOf(o[name]))
	}
	return s, nil
}

// textOrJSON is a field that is either text in a JSON string, or JSON itself, kept as its own bytes.
func (o object) textOrJSON(name string) (string, error) {
	if !o.has(name) {
		return "", nil
	}
	switch o[name][0] {
	case '"':
		return o.text(name)
	case '{', '[':
		return string(o[name]), nil
	}
	return "", failure(InvalidRequest, "%s must be a string or JSON, not %s", name, kindOf(o[name]))
}

// count is a field that is a whole number from 1 to most; otherwise is what an absent one counts as.
func (o object) count(name string, otherwise, most int) (int, error) {
	if !o.has(name) {
		return otherwise, nil
	}
	var n int
	if err := json.Unmarshal(o[name], &n); err != nil || n < 1 || n > most {
		return 0, failure(InvalidRequest, "%s must be a whole number from 1 to %d", name, most)
	}
	return n, nil
}

// kindOf names the kind of a JSON value for a message.
func kindOf(value json.RawMessage) string {
	switch value[0] {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
