package funnel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// Options are what a template says about its funnel. The zero Options say
// nothing.
type Options struct {
	Lock         []string         // elements to keep as they are: ids, or shell patterns of ids ("email_*")
	Placeholders []*regexp.Regexp // placeholders beyond those of known tools
	Colours      []string         // elements that hold a colour, as Lock names them
}

// Parse is ParseWith without options.
func Parse(data []byte) (*Funnel, error) { return ParseWith(data, Options{}) }

// ParseWith reads a funnel: a JSON array of elements, or a JSON string that
// holds one. A byte order mark is dropped. The error says which element, by its
// index from 0 and its id, which field, and what to do about it.
//
// Every element must be an object with an element_id, or an id. Two may share
// one: see Text.Key. An image's url must be a string, null or absent; the two
// latter, like a blank one, make it no image. A width or height that is not a
// positive number, or a string of one, counts as 0.
func ParseWith(data []byte, options Options) (*Funnel, error) {
	if len(data) > MaxFunnel {
		return nil, fmt.Errorf("the funnel is %d bytes long: at most %d are accepted", len(data), MaxFunnel)
	}
	if err := checkPatterns(options); err != nil {
		return nil, err
	}
	raw, err := array(data)
	if err != nil {
		return nil, err
	}
	elements, err := parseElements(raw)
	if err != nil {
		return nil, err
	}
	r := newReader(raw, elements, options)
	for i, e := range elements {
		if err := r.read(e); err != nil {
			return nil, fmt.Errorf("funnel[%d]%s: %w", i, naming(e.id), err)
		}
	}
	return r.funnel, nil
}

// parseElements reads the array.
func parseElements(raw []byte) ([]element, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil { // the array's bracket
		return nil, fmt.Errorf("the funnel is not JSON: %w", err)
	}
	var elements []element
	for i := 0; dec.More(); i++ {
		if i == MaxElements {
			return nil, fmt.Errorf("the funnel has more than %d elements: split it", MaxElements)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, fmt.Errorf("funnel[%d] is not JSON: %w", i, err)
		}
		e, err := parseElement(value, int(dec.InputOffset())-len(value))
		if err != nil {
			return nil, fmt.Errorf("funnel[%d]%s: %w", i, naming(e.id), err)
		}
		elements = append(elements, e)
	}
	if len(elements) == 0 {
		return nil, errors.New("the funnel is an empty array: it has no elements to work on")
	}
	return elements, nil
}

// naming puts an element's id, where it is known, behind its index.
func naming(id string) string {
	if id == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", id)
}

// array returns a copy of the JSON array in data, which is valid UTF-8 and
// valid JSON, or the one in the JSON string that data is.
func array(data []byte) ([]byte, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	value, err := document(data, "the funnel")
	if err != nil {
		return nil, err
	}
	if value[0] == '"' {
		var held string
		if err := json.Unmarshal(value, &held); err != nil {
			return nil, fmt.Errorf("the funnel is not JSON: %w", err)
		}
		data = bytes.TrimPrefix([]byte(held), []byte("\ufeff"))
		if value, err = document(data, "the string that should hold the funnel"); err != nil {
			return nil, err
		}
	}
	switch {
	case value[0] == '[':
		return bytes.Clone(data), nil
	case value[0] == '{':
		return nil, errors.New("the funnel is an object: give the array of its elements" + hint(value))
	default:
		return nil, fmt.Errorf("the funnel is %s: give the array of its elements", kindOf(value))
	}
}

// document returns data as one JSON value without the space around it, or says
// what is wrong with what, and where.
func document(data []byte, what string) (json.RawMessage, error) {
	if i := invalidUTF8(data); i >= 0 {
		return nil, fmt.Errorf("%s is not valid UTF-8 at %s: save it as UTF-8", what, position(data, i))
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, fmt.Errorf("%s is empty: give a JSON array of elements", what)
	}
	var value json.RawMessage
	if err := json.Unmarshal(data, &value); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("%s is not JSON at %s: %w", what, position(data, int(syntax.Offset)-1), err)
		}
		return nil, fmt.Errorf("%s is not JSON: %w", what, err)
	}
	return value, nil
}

// hint names the key of an object under which the array probably is.
func hint(object json.RawMessage) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(object, &fields) != nil {
		return ""
	}
	var keys []string
	for key, value := range fields {
		if value[0] == '[' && len(key) <= MaxID {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return fmt.Sprintf(", perhaps what is under %q", slices.Min(keys))
}

// invalidUTF8 returns where data stops being UTF-8, or -1.
func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// position returns an offset as the line and column an editor shows, both from
// 1, the column in bytes.
func position(data []byte, offset int) string {
	before := data[:max(0, min(offset, len(data)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d", line, column)
}
