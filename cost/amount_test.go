package cost_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want cost.Amount
	}{
		{"0", 0},
		{"-0", 0},
		{"0.000", 0},
		{"0e999999999999999999999", 0},
		{"2.5", 2_500_000_000},
		{"0.114", 114_000_000},
		{"1e-3", 1_000_000},
		{"1E+2", 100 * cost.Dollar},
		{"0.000000001", 1},
		{"0.0000000010000", 1},
		{"10000000000e-19", 1},
		{"-2", -2 * cost.Dollar},
		{"9223372036.854775807", math.MaxInt64},
		{"-9223372036.854775808", math.MinInt64},
		{strings.Repeat("1", 1) + "." + strings.Repeat("0", 5000), cost.Dollar},
	} {
		got, err := cost.Parse(tt.in)
		if err != nil || got != tt.want {
			t.Errorf("Parse(%.40q) = %d, %v; want %d", tt.in, got, err, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"empty":               {"", "want a number"},
		"blank":               {" 1", "want a number"},
		"words":               {"ten", "want a number"},
		"dollar sign":         {"$2.50", "want a number"},
		"thousands":           {"1,000", "want a number"},
		"plus":                {"+1", "want a number"},
		"no whole part":       {".5", "want a number"},
		"no fraction":         {"1.", "want a number"},
		"leading zero":        {"01", "want a number"},
		"two points":          {"1.2.3", "want a number"},
		"no exponent":         {"1e", "want a number"},
		"signed nothing":      {"1e-", "want a number"},
		"trailing":            {"1e3x", "want a number"},
		"hex":                 {"0x10", "want a number"},
		"infinity":            {"Inf", "want a number"},
		"finer than a nano":   {"0.0000000001", "finer than a nano-dollar"},
		"far finer":           {"1e-999999999999999999999999", "finer than a nano-dollar"},
		"one past the end":    {"9223372036.854775808", "too large"},
		"far past the end":    {"1e999999999999999999999999", "too large"},
		"many digits":         {strings.Repeat("9", 1<<16), "too large"},
		"float noise is kept": {"0.11399999999999999", "finer than a nano-dollar"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := cost.Parse(tt.in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("Parse = %v, %v; want an error with %q", got, err, tt.want)
			}
			if len(err.Error()) > 200 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
		})
	}
}

func TestAmountText(t *testing.T) {
	for _, tt := range []struct {
		amount          cost.Amount
		decimal, string string
	}{
		{0, "0", "$0"},
		{1, "0.000000001", "$0.000000001"},
		{114_000_000, "0.114", "$0.114"},
		{30 * cost.Dollar, "30", "$30"},
		{1_500_000_000, "1.5", "$1.5"},
		{-1_500_000_000, "-1.5", "-$1.5"},
		{-1, "-0.000000001", "-$0.000000001"},
		{math.MaxInt64, "9223372036.854775807", "$9223372036.854775807"},
		{math.MinInt64, "-9223372036.854775808", "-$9223372036.854775808"},
	} {
		if got := tt.amount.Decimal(); got != tt.decimal {
			t.Errorf("Decimal of %d = %q; want %q", int64(tt.amount), got, tt.decimal)
		}
		if got := tt.amount.String(); got != tt.string {
			t.Errorf("String of %d = %q; want %q", int64(tt.amount), got, tt.string)
		}
	}
}

func TestAmountJSON(t *testing.T) {
	// 0.1 + 0.014 is 0.11399999999999999 in floats.
	data, err := json.Marshal(map[string]cost.Amount{"a": 100_000_000 + 14_000_000})
	if err != nil || string(data) != `{"a":0.114}` {
		t.Errorf("Marshal = %s, %v", data, err)
	}

	var v struct {
		Amount  cost.Amount
		Pointer *cost.Amount
	}
	if err := json.Unmarshal([]byte(`{"Amount":2.5e0,"Pointer":0.04}`), &v); err != nil {
		t.Fatal(err)
	}
	if v.Amount != 2_500_000_000 || *v.Pointer != 40_000_000 {
		t.Errorf("got %v, %v", v.Amount, v.Pointer)
	}
	if err := json.Unmarshal([]byte(`{"Amount":null,"Pointer":null}`), &v); err != nil || v.Pointer != nil {
		t.Errorf("null: %v, %v", v.Pointer, err)
	}
	for _, bad := range []string{`"0.04"`, `""`, `true`, `{}`, `[]`, `1e-10`, `1e30`} {
		var a cost.Amount
		err := json.Unmarshal([]byte(bad), &a)
		if err == nil || a != 0 {
			t.Errorf("Unmarshal(%s) = %v, %v; want an error", bad, a, err)
		}
		if strings.HasPrefix(bad, `"`) && !strings.Contains(err.Error(), "want a JSON number of dollars") {
			t.Errorf("Unmarshal(%s) = %v; want it to name what is wanted", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0", "2.5", "1e-3", "-0.114", "9223372036.854775807", "1e999", "01", ".5", "1E+2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := cost.Parse(text)
		if err != nil {
			return
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("Parse took %q, which is no JSON number", text)
		}
		var back cost.Amount
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != a {
			t.Fatalf("Unmarshal(%s) = %v, %v; Parse says %v", text, back, err, a)
		}
	})
}

func FuzzAmountRoundTrip(f *testing.F) {
	for _, seed := range []int64{0, 1, -1, 114_000_000, math.MaxInt64, math.MinInt64} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, nanos int64) {
		a := cost.Amount(nanos)
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var fromJSON cost.Amount
		if err := json.Unmarshal(data, &fromJSON); err != nil || fromJSON != a {
			t.Fatalf("%d went out as %s and came back as %d, %v", nanos, data, fromJSON, err)
		}
		if fromText, err := cost.Parse(a.Decimal()); err != nil || fromText != a {
			t.Fatalf("%d went out as %s and came back as %d, %v", nanos, a.Decimal(), fromText, err)
		}
	})
}
