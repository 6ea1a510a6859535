package funnel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// known are the keys of an element that have a meaning here. All others are
// carried along unread.
var known = slices.Concat([]string{
	"element_id", "id", "type", "elType", "widgetType", "page", "pageId", "step", "locked",
	"text", "width", "height", "transparent_bg",
}, otherTexts, altTexts, addresses)

// An element is one object of the array: its id, and what of it has a meaning
// here.
type element struct {
	id     string
	fields map[string]json.RawMessage
	places map[string]span // in the funnel
}

// parseElement reads one element, which stands at offset in the funnel. The id
// is set, where there is one, even if there is an error.
func parseElement(value json.RawMessage, offset int) (element, error) {
	var e element
	if value[0] != '{' {
		return e, fmt.Errorf("is %s: each element must be an object", kindOf(value))
	}
	fields, places, err := parseFields(value)
	raw := fields["element_id"]
	if alias, ok := text(fields["id"]); raw == nil && ok && strings.TrimSpace(alias) != "" {
		raw = fields["id"]
	}
	if id, ok := text(raw); ok && len(id) <= MaxID {
		e.id = id
	}
	if err != nil {
		return e, err
	}
	for key, at := range places {
		places[key] = span{offset + at.start, offset + at.end}
	}
	e.fields, e.places = fields, places
	return e, checkID(raw)
}

// parseFields returns the known fields of an object and where their values
// stand in it.
func parseFields(object json.RawMessage) (map[string]json.RawMessage, map[string]span, error) {
	fields := make(map[string]json.RawMessage, len(known))
	places := make(map[string]span, len(known))
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil { // the object's brace
		return nil, nil, err
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return fields, nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return fields, nil, err
		}
		key, _ := token.(string)
		if !slices.Contains(known, key) {
			continue
		}
		if _, ok := fields[key]; ok {
			return fields, nil, fmt.Errorf("%s stands there twice: keep one", key)
		}
		end := int(dec.InputOffset())
		fields[key], places[key] = value, span{end - len(value), end}
	}
	return fields, places, nil
}

// checkID says what is wrong with an element's id.
func checkID(raw json.RawMessage) error {
	id, ok := text(raw)
	switch {
	case raw == nil:
		return errors.New("element_id is missing: give each element one of its own")
	case !ok:
		return fmt.Errorf("element_id is %s: give a string", kindOf(raw))
	case strings.TrimSpace(id) == "":
		return errors.New("element_id is empty: give each element one of its own")
	case len(id) > MaxID:
		return fmt.Errorf("element_id is %d bytes long: at most %d are accepted", len(id), MaxID)
	}
	return nil
}

// text decodes a JSON string. It is false for every other value, and for none.
func text(raw json.RawMessage) (string, bool) {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return "", false
	}
	return s, true
}

// maxSide is the most pixels that a width or height can say; more is garbage.
const maxSide = 1_000_000

// pixels reads a width or height: a number or a string of one, rounded.
func pixels(raw json.RawMessage) int {
	spelled := string(raw)
	if s, ok := text(raw); ok {
		spelled = strings.TrimSuffix(strings.TrimSpace(s), "px")
	}
	n, err := strconv.ParseFloat(spelled, 64)
	if err != nil || !(n >= 1 && n <= maxSide) {
		return 0
	}
	return int(math.Round(n))
}

// yes reads transparent_bg, which funnel builders write as a boolean, a string
// or a number.
func yes(raw json.RawMessage) bool {
	spelled := string(raw)
	if s, ok := text(raw); ok {
		spelled = strings.ToLower(strings.TrimSpace(s))
	}
	return spelled == "true" || spelled == "1" || spelled == "yes"
}

// kindOf names the kind of a JSON value, with its article.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
