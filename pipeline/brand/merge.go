package brand

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// With returns the brand with everything in its place that over gives: a field that over has replaces the brand's
// whole, lists too; a field that over leaves empty stays. Contact goes by its own fields.
func (b Brand) With(over Brand) Brand {
	overlay(reflect.ValueOf(&b).Elem(), reflect.ValueOf(over))
	return b
}

// Filled returns the brand with from's values where it has none. It never changes what is there.
func (b Brand) Filled(from Brand) Brand { return from.With(b) }

func overlay(to, from reflect.Value) {
	for i := range to.NumField() {
		switch f := from.Field(i); {
		case f.Kind() == reflect.Struct:
			overlay(to.Field(i), f)
		case f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0:
		default:
			to.Field(i).Set(f)
		}
	}
}

// ReadBrand reads a Brand from JSON, as a template's metadata.brand gives it. It is strict: a key that a Brand does
// not have, a value of another type and a colour that is none are errors that name the field.
func ReadBrand(data []byte) (Brand, error) {
	var b Brand
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return Brand{}, fmt.Errorf("brand: %s must not be a %s", wrong.Field, wrong.Value)
		}
		return Brand{}, fmt.Errorf("brand: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Brand{}, errors.New("brand: there is more than one JSON value")
	}
	for i, c := range b.Palette {
		read, ok := readColour(c.Hex, true)
		if !ok {
			return Brand{}, fmt.Errorf("brand: palette[%d].hex: %q is no colour", i, c.Hex)
		}
		if c.Role != "" && !knownRole(c.Role) {
			return Brand{}, fmt.Errorf("brand: palette[%d].role: %q is none of primary, secondary, accent, background, surface, text, muted", i, c.Role)
		}
		b.Palette[i].Hex = read.hex()
	}
	if b.ReadingGrade < 0 || b.ReadingGrade > 20 {
		return Brand{}, fmt.Errorf("brand: readingGrade must be from 0 to 20, not %g", b.ReadingGrade)
	}
	return b, nil
}

func knownRole(r Role) bool {
	switch r {
	case Primary, Secondary, Accent, Background, Surface, Ink, Muted:
		return true
	}
	return false
}
