package store_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/store"
)

func FuzzNativeValues(f *testing.F) {
	for _, value := range values {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, s string) {
		raw := json.RawMessage(s)
		if !json.Valid(raw) {
			return
		}
		back, native, err := store.ThroughDynamo(raw)
		if !native {
			return
		}
		ok(t, err)
		if hugeNumber(s) {
			return // big.Rat would write it out
		}
		sameJSON(t, "value", back, raw)
	})
}

// hugeNumber says whether some number of s may have an exponent of more than
// three digits.
func hugeNumber(s string) bool {
	digits := 0
	exponent := false
	for _, r := range s {
		switch {
		case r == 'e' || r == 'E':
			exponent, digits = true, 0
		case exponent && '0' <= r && r <= '9':
			if digits++; digits > 3 {
				return true
			}
		case r != '+' && r != '-':
			exponent = false
		}
	}
	return false
}

func TestFitsNumber(t *testing.T) {
	for s, want := range map[string]bool{
		"0": true, "-0": true, "0.000": true, "0e125": true, "0e400": false, "1": true, "-1.5E+3": true,
		"1e125": true, "9.9e125": true, "10e125": false, "1e126": false, "0.1e126": true, "1e-130": true, "0.1e-130": false, "1e-131": false,
		strings.Repeat("9", 38): true, strings.Repeat("9", 39): false, "1" + strings.Repeat("0", 125): true, "1" + strings.Repeat("0", 126): false,
		"0." + strings.Repeat("0", 129) + "1": true, "0." + strings.Repeat("0", 130) + "1": false,
		"1." + strings.Repeat("0", 200): true, "1e99999999999999999999": false,
	} {
		if got := store.FitsNumber(s); got != want {
			t.Errorf("%.50s fits: %t, want %t", s, got, want)
		}
	}
}

func FuzzToken(f *testing.F) {
	s := openBolt(f, f.TempDir()+"/store.db")
	_, err := s.CreateRun(f.Context(), store.Run{RunID: "r", TemplateID: "t", Status: store.Running})
	ok(f, err)
	_, err = s.CreateRun(f.Context(), store.Run{RunID: "r2", TemplateID: "t", Status: store.Running})
	ok(f, err)
	_, token, err := s.Runs(f.Context(), "t", 1, "")
	ok(f, err)
	f.Add(token)
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if _, _, err := s.Runs(t.Context(), "t", 1, token); err != nil && !errors.Is(err, store.ErrBadToken) {
			t.Errorf("token %q: %v", token, err)
		}
	})
}
