package store_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"strings"
	"testing"
)

// odd are identifiers that are legal and inconvenient.
var odd = []string{
	"plain", "with space", "a#b#c", "ünïcode-日本語-🙂", "slash/../and\\back", "quote'\"`", "tab\tnew\nline", "\x00zero", "%2F+&?=", "a", "a\x00",
	"latest", "run#", "__proto__", "constructor",
	strings.Repeat("l", 1024),
}

// values are JSON values that must come back as they were.
var values = []string{
	`null`, `true`, `false`, `""`, `" "`, `{}`, `[]`, `0`, `-0`, `1.10`, `1e3`, `-2.5E-7`, `12345678901234567890`,
	`99999999999999999999999999999999999999`, `0.1`, `1e-130`, `9.9e125`,
	`123456789012345678901234567890123456789012345678901234567890`, `1e126`, `1e-400`, `1e400`, // more than DynamoDB has
	`"ünï日本🙂 \u0000 <b>&amp;</b> \" \\ \n"`,
	`{"":"empty key"}`, `{"a":{"b":[1,[2,{"c":null}],{}],"":0}}`, `{"$ref":"spill/x","spilled":{"data":"spill/y"},"S":"x","N":"1"}`,
	`[null,"",{},[],0]`,
	strings.Repeat("[", 60) + strings.Repeat("]", 60),
	`{"name":1,"status":2,"timestamp":3,"data":4}`,
}

func sameJSON(t *testing.T, what string, got, want json.RawMessage) {
	t.Helper()
	if bytes.Equal(got, want) && (got == nil) == (want == nil) {
		return
	}
	if !reflect.DeepEqual(parseJSON(t, what, got), parseJSON(t, what, want)) { // cmp.Diff is exponential in depth
		t.Errorf("%s is %.1000s, want %.1000s", what, got, want)
	}
}

// parseJSON returns a JSON value in which equal numbers are equal, and an
// absent one is not null.
func parseJSON(t *testing.T, what string, raw json.RawMessage) any {
	t.Helper()
	if raw == nil {
		return "absent"
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v in %.200q", what, err, raw)
	}
	var plain func(v any) any
	plain = func(v any) any {
		switch v := v.(type) {
		case json.Number:
			r, ok := new(big.Rat).SetString(v.String())
			if !ok {
				t.Fatalf("%s: number %q", what, v)
			}
			return "number " + r.String()
		case []any:
			for i := range v {
				v[i] = plain(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = plain(v[k])
			}
		}
		return v
	}
	return plain(v)
}
