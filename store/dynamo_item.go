package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/guregu/dynamo/v2"
)

// document is a record as JSON, attribute by attribute.
type document map[string]json.RawMessage

// newDocument returns a record, attribute by attribute.
func newDocument(record any) (document, error) {
	data, err := encode(record)
	if err != nil {
		return nil, err
	}
	var doc document
	return doc, json.Unmarshal(data, &doc)
}

// decode sets record, a pointer, to what doc says. Unknown attributes are
// ignored.
func (doc document) decode(record any) error {
	data, err := encode(doc)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, record)
}

// attributesOf returns the attribute names of a record.
func attributesOf(record any) []string {
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeOf(record)) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// errUnfit says that DynamoDB cannot hold a JSON value as a native one.
var errUnfit = errors.New("no native form")

// maxDepth is how deep a value may nest: DynamoDB allows 32 levels.
const maxDepth = 30

// attributeValue returns the native form of a JSON value, or errUnfit when
// there is none that keeps it exactly.
func attributeValue(raw json.RawMessage) (types.AttributeValue, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return native(v, 0)
}

func native(v any, depth int) (types.AttributeValue, error) {
	if depth > maxDepth {
		return nil, errUnfit
	}
	switch v := v.(type) {
	case nil:
		return &types.AttributeValueMemberNULL{Value: true}, nil
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}, nil
	case string:
		return &types.AttributeValueMemberS{Value: v}, nil
	case json.Number:
		if !fitsNumber(v.String()) {
			return nil, errUnfit
		}
		return &types.AttributeValueMemberN{Value: v.String()}, nil
	case []any:
		list := make([]types.AttributeValue, len(v))
		for i := range v {
			var err error
			if list[i], err = native(v[i], depth+1); err != nil {
				return nil, err
			}
		}
		return &types.AttributeValueMemberL{Value: list}, nil
	case map[string]any:
		m := make(map[string]types.AttributeValue, len(v))
		for k := range v {
			if k == "" { // an attribute name has at least one character
				return nil, errUnfit
			}
			var err error
			if m[k], err = native(v[k], depth+1); err != nil {
				return nil, err
			}
		}
		return &types.AttributeValueMemberM{Value: m}, nil
	}
	return nil, fmt.Errorf("a JSON value of type %T", v)
}

// fitsNumber says whether a DynamoDB number keeps the JSON number s exactly: up
// to 38 significant digits, magnitude from 1e-130 to below 1e126.
func fitsNumber(s string) bool {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(s, "-")), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	e := 0
	if exponent != "" {
		var err error
		if e, err = strconv.Atoi(exponent); err != nil {
			return false
		}
	}
	if digits == "" { // zero, however it is spelled
		return -130 <= e && e <= 125
	}
	// The power of ten of the first digit that is not zero.
	e += len(digits) - len(fraction) - 1
	return len(strings.TrimRight(digits, "0")) <= 38 && -130 <= e && e <= 125
}

// appendJSON appends the JSON of a native value to dst. Sets become arrays and
// binary becomes base64 text: this package writes neither, but a hand may.
func appendJSON(dst []byte, av types.AttributeValue) ([]byte, error) {
	switch av := av.(type) {
	case *types.AttributeValueMemberNULL:
		return append(dst, "null"...), nil
	case *types.AttributeValueMemberBOOL:
		return strconv.AppendBool(dst, av.Value), nil
	case *types.AttributeValueMemberN:
		return appendNumbers(dst, av.Value)
	case *types.AttributeValueMemberS:
		return appendText(dst, av.Value)
	case *types.AttributeValueMemberB:
		return appendText(dst, av.Value)
	case *types.AttributeValueMemberSS:
		return appendText(dst, av.Value)
	case *types.AttributeValueMemberBS:
		return appendText(dst, av.Value)
	case *types.AttributeValueMemberNS:
		dst, err := appendNumbers(append(dst, '['), av.Value...)
		return append(dst, ']'), err
	case *types.AttributeValueMemberL:
		dst = append(dst, '[')
		for i, v := range av.Value {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = appendJSON(dst, v); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	case *types.AttributeValueMemberM:
		dst = append(dst, '{')
		for i, k := range slices.Sorted(maps.Keys(av.Value)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = appendText(dst, k); err != nil {
				return nil, err
			}
			if dst, err = appendJSON(append(dst, ':'), av.Value[k]); err != nil {
				return nil, err
			}
		}
		return append(dst, '}'), nil
	}
	return nil, fmt.Errorf("an attribute of type %T", av)
}

func appendText(dst []byte, v any) ([]byte, error) {
	data, err := encode(v)
	return append(dst, data...), err
}

func appendNumbers(dst []byte, numbers ...string) ([]byte, error) {
	for i, n := range numbers {
		if !json.Valid([]byte(n)) {
			return nil, fmt.Errorf("a number spelled %q", n)
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, n...)
	}
	return dst, nil
}

// text returns the string attribute name of an item, "" when there is none.
func text(item dynamo.Item, name string) string {
	if s, ok := item[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// number returns the whole-number attribute name of an item, 0 when there is
// none.
func number(item dynamo.Item, name string) int64 {
	if n, ok := item[name].(*types.AttributeValueMemberN); ok {
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return i
		}
	}
	return 0
}

func textValue(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func numberValue(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
