// Package cost says what a call to OpenAI costs, and adds a run's calls up.
//
// Money is counted in whole nano-dollars. OpenAI's published rates are cents
// per million tokens, so a token costs a fraction of a micro-dollar; a float
// would be right for one call and wrong for a month of them, and the point of
// the records is that they explain the bill. Rates are data (models.json), never
// code, so that a price change is an edit and not a release.
package cost

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Amount is money in nano-dollars (10⁻⁹ USD), exact. The zero value is $0. The
// largest amount is about 9.2 billion dollars.
type Amount int64

// Dollar is one US dollar.
const Dollar Amount = 1_000_000_000

// decimals is how many digits after the point an Amount holds.
const decimals = 9

// Parse reads an amount of dollars written as a JSON number: "2.5", "0.114",
// "1e-3". Anything else is an error, and so is a number that is finer than a
// nano-dollar or larger than an Amount can hold: nothing is rounded.
func Parse(dollars string) (Amount, error) {
	a, err := parse(dollars)
	if err != nil {
		return 0, fmt.Errorf("cost: amount %s: %w", quoted(dollars), err)
	}
	return a, nil
}

var (
	errNotNumber = errors.New("want a number of dollars such as 2.5")
	errTooFine   = errors.New("finer than a nano-dollar (nine digits after the point)")
	errTooLarge  = errors.New("too large")
)

func parse(s string) (Amount, error) {
	sign, s := cutSign(s)
	whole, s := cutDigits(s)
	if whole == "" || len(whole) > 1 && whole[0] == '0' {
		return 0, errNotNumber
	}
	var fraction string
	if rest, found := strings.CutPrefix(s, "."); found {
		if fraction, s = cutDigits(rest); fraction == "" {
			return 0, errNotNumber
		}
	}
	exponent, err := cutExponent(s)
	if err != nil {
		return 0, err
	}

	// The number is digits × 10^zeros nano-dollars, with zeros ≥ 0 when it is exact.
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return 0, nil
	}
	zeros := exponent - len(fraction) + decimals
	significant := strings.TrimRight(digits, "0")
	zeros += len(digits) - len(significant)
	switch {
	case zeros < 0:
		return 0, errTooFine
	case len(significant)+zeros > len("9223372036854775807"):
		return 0, errTooLarge
	}
	nanos, err := strconv.ParseInt(sign+significant+strings.Repeat("0", zeros), 10, 64)
	if err != nil {
		return 0, errTooLarge
	}
	return Amount(nanos), nil
}

func cutSign(s string) (sign, rest string) {
	if rest, found := strings.CutPrefix(s, "-"); found {
		return "-", rest
	}
	return "", s
}

func cutDigits(s string) (digits, rest string) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}

// maxExponent bounds the exponents worth telling apart: with any longer
// number an Amount is out of reach, and small ones cannot overflow an int.
const maxExponent = 1 << 30

// cutExponent reads the exponent that may end a number. s must hold nothing else.
func cutExponent(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	if s[0] != 'e' && s[0] != 'E' {
		return 0, errNotNumber
	}
	s = s[1:]
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	digits, rest := cutDigits(s)
	if digits == "" || rest != "" {
		return 0, errNotNumber
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n > maxExponent {
		n = maxExponent
	}
	if negative {
		return -n, nil
	}
	return n, nil
}

// Decimal returns the amount in dollars as the shortest exact decimal: "0.114",
// "30", "0". It is a valid JSON number and never has an exponent.
func (a Amount) Decimal() string {
	sign, nanos := "", uint64(a)
	if a < 0 {
		sign, nanos = "-", -nanos
	}
	whole := strconv.FormatUint(nanos/uint64(Dollar), 10)
	fraction := nanos % uint64(Dollar)
	if fraction == 0 {
		return sign + whole
	}
	return sign + whole + "." + strings.TrimRight(fmt.Sprintf("%0*d", decimals, fraction), "0")
}

// String returns the amount for people: "$0.114", "-$2".
func (a Amount) String() string {
	sign, decimal := cutSign(a.Decimal())
	return sign + "$" + decimal
}

// MarshalJSON writes the amount as a JSON number of dollars, as Decimal does.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.Decimal()), nil }

// UnmarshalJSON reads a JSON number of dollars, exactly. A quoted number is an
// error, since whoever sent it may have meant something else by it; null leaves
// the amount alone, as encoding/json asks.
func (a *Amount) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		return nil
	}
	if strings.HasPrefix(text, `"`) {
		return fmt.Errorf("cost: amount %s: want a JSON number of dollars such as 0.114, not a string", clipped(text))
	}
	parsed, err := Parse(text)
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// Plus is the sum of two amounts, held at the largest and smallest Amount: a
// total must never wrap round into money the run did not spend.
func (a Amount) Plus(b Amount) Amount { return Amount(saturatingAdd(int64(a), int64(b))) }

func quoted(s string) string { return strconv.Quote(clipped(s)) }

// clipped keeps an error message short whatever was in the input.
func clipped(s string) string {
	const limit = 40
	if len(s) <= limit {
		return s
	}
	return s[:limit] + "…"
}
