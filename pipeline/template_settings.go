package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

// templateSettings are what a template's metadata says of how it is rewritten. Everything in them may be empty.
type templateSettings struct {
	lock         []string          // ids of elements that stay as they are, or patterns of ids: "opt_legal_*"
	glossary     map[string]string // a term of the funnel to how it is rendered
	placeholders []*regexp.Regexp  // the operator's own placeholders, beside those that the grammar knows
	replace      map[string]string // what is the former owner's to what is the client's: addresses, phone numbers, names
	brand        brand.Brand       // overrides the guide
	colours      []string          // ids, or patterns of ids, of further elements that hold colours
	former       brand.Former      // whose funnel it was, beside what the funnel says
}

// The limits of the settings.
const (
	maxSettingEntries = 500 // of a list or map
	maxSettingText    = 500 // bytes of one of its texts
)

// settingKeys are the keys of metadata that are settings. All others are the operator's own and are left alone, but
// for those that are nearly one of these: a lock that is misspelt would lock nothing, and nobody would notice.
var settingKeys = []string{"lock", "glossary", "placeholders", "replace", "brand", "colours", "former"}

// parseSettings reads the settings in a template's metadata. The error names the field.
func parseSettings(metadata json.RawMessage) (s templateSettings, err error) {
	if len(metadata) == 0 || string(metadata) == "null" {
		return s, nil
	}
	fields, err := parseObject("metadata", metadata)
	if err != nil {
		return s, err
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if key := nearly(name); key != "" {
			return s, fmt.Errorf("metadata.%s is no setting; write %q, or give it a name that is less like it", abbreviate(name), key)
		}
	}
	var patterns []string
	for _, read := range []error{
		readIDs(fields, "lock", &s.lock), readIDs(fields, "colours", &s.colours), readTexts(fields, "placeholders", &patterns),
		readMap(fields, "glossary", &s.glossary), readMap(fields, "replace", &s.replace),
		readStrictly(fields, "brand", &s.brand), readStrictly(fields, "former", &s.former),
	} {
		if read != nil {
			return templateSettings{}, read
		}
	}
	for i, p := range patterns {
		re, err := regexp.Compile(p)
		switch {
		case err != nil:
			return templateSettings{}, fmt.Errorf("metadata.placeholders[%d] is no regular expression: %w", i, err)
		case re.MatchString(""):
			return templateSettings{}, fmt.Errorf("metadata.placeholders[%d] %q matches nothing at all, so it would protect everything", i, abbreviate(p))
		}
		s.placeholders = append(s.placeholders, re)
	}
	return s, nil
}

// nearly is the setting that a key is a misspelling of: another case, American English, singular or plural. "": none.
func nearly(name string) string {
	plain := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune(" _-.", r) {
				return -1
			}
			return r
		}, strings.ToLower(s))
		s = strings.ReplaceAll(s, "color", "colour")
		for _, end := range []string{"ments", "ment", "ies", "ed", "s", "d", "y"} {
			if cut, ok := strings.CutSuffix(s, end); ok && len(cut) > 3 {
				return cut
			}
		}
		return s
	}
	for _, key := range settingKeys {
		if name == key {
			return ""
		}
	}
	for _, key := range settingKeys {
		if plain(name) == plain(key) {
			return key
		}
	}
	return ""
}

// readTexts reads a list of texts, none of them blank.
func readTexts(fields object, name string, into *[]string) error {
	if !fields.has(name) {
		return nil
	}
	if err := json.Unmarshal(fields[name], into); err != nil {
		return fmt.Errorf("metadata.%s must be a list of strings", name)
	}
	if len(*into) > maxSettingEntries {
		return fmt.Errorf("metadata.%s has %d entries; the most is %d", name, len(*into), maxSettingEntries)
	}
	for i, text := range *into {
		if strings.TrimSpace(text) == "" || len(text) > maxSettingText {
			return fmt.Errorf("metadata.%s[%d] must be a text of at most %d bytes", name, i, maxSettingText)
		}
	}
	return nil
}

// readIDs reads a list of ids and patterns of ids.
func readIDs(fields object, name string, into *[]string) error {
	if err := readTexts(fields, name, into); err != nil {
		return err
	}
	for i, id := range *into {
		if _, err := path.Match(id, ""); err != nil {
			return fmt.Errorf("metadata.%s[%d] %q is neither an id nor a pattern such as opt_legal_*", name, i, abbreviate(id))
		}
	}
	return nil
}

// readMap reads an object of texts, none of them blank.
func readMap(fields object, name string, into *map[string]string) error {
	if !fields.has(name) {
		return nil
	}
	given, err := parseObject("metadata."+name, fields[name])
	if err != nil {
		return err
	}
	if len(given) > maxSettingEntries {
		return fmt.Errorf("metadata.%s has %d entries; the most is %d", name, len(given), maxSettingEntries)
	}
	*into = make(map[string]string, len(given))
	for _, was := range slices.Sorted(maps.Keys(given)) {
		now, err := given.text(was)
		if err != nil || strings.TrimSpace(was) == "" || strings.TrimSpace(now) == "" || len(was)+len(now) > 2*maxSettingText {
			return fmt.Errorf("metadata.%s: %q must have a text of at most %d bytes", name, abbreviate(was), maxSettingText)
		}
		(*into)[was] = now
	}
	return nil
}

// readStrictly reads an object that has the fields of into and no others.
func readStrictly(fields object, name string, into any) error {
	if !fields.has(name) {
		return nil
	}
	if fields[name][0] != '{' {
		return fmt.Errorf("metadata.%s must be an object, not %s", name, kindOf(fields[name]))
	}
	dec := json.NewDecoder(bytes.NewReader(fields[name]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("metadata.%s: %s", name, strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// reading is what the settings say of how the funnel is read.
func (s templateSettings) reading() funnel.Options {
	return funnel.Options{Lock: s.lock, Placeholders: s.placeholders, Colours: s.colours}
}
