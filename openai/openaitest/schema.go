package openaitest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The limits of a strict schema (OpenAI, structured outputs).
const (
	maxSchemaProperties = 5_000
	maxSchemaDepth      = 10
	maxSchemaCharacters = 120_000
	maxSchemaEnums      = 1_000
)

// notPermitted are keywords that a strict schema may not use.
var notPermitted = []string{"allOf", "oneOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else", "patternProperties", "prefixItems"}

// schemaCheck adds up what a schema holds while it is walked.
type schemaCheck struct {
	root                          map[string]any
	properties, characters, enums int
}

// checkSchema holds a schema against the rules of strict mode.
func checkSchema(name string, schema map[string]any) *apiError {
	c := &schemaCheck{root: schema}
	var wrong string
	if _, isUnion := schema["anyOf"]; isUnion || schema["type"] != "object" {
		kind, _ := json.Marshal(schema["type"])
		wrong = fmt.Sprintf("schema must be a JSON Schema of 'type: \"object\"', got 'type: %s'.", strings.ReplaceAll(string(kind), "null", `"None"`))
	} else {
		wrong = c.node(schema, nil, 0)
	}
	switch {
	case wrong != "":
	case c.properties > maxSchemaProperties:
		wrong = fmt.Sprintf("schema has %d properties, more than %d.", c.properties, maxSchemaProperties)
	case c.characters > maxSchemaCharacters:
		wrong = fmt.Sprintf("schema has %d characters of names and values, more than %d.", c.characters, maxSchemaCharacters)
	case c.enums > maxSchemaEnums:
		wrong = fmt.Sprintf("schema has %d enum values, more than %d.", c.enums, maxSchemaEnums)
	default:
		return nil
	}
	return &apiError{param: "text.format.schema", code: "invalid_json_schema", message: fmt.Sprintf("Invalid schema for response_format '%s': %s", name, wrong)}
}

// node says what is wrong with one schema inside the root, "" for nothing. Depth is how many objects it is in.
func (c *schemaCheck) node(v any, path []string, depth int) string {
	context := "In context=(" + strings.Join(path, ", ") + "), "
	schema, ok := v.(map[string]any)
	if !ok {
		return context + "schema must be an object."
	}
	inside := func(steps ...string) []string {
		out := slices.Clone(path)
		for _, step := range steps {
			out = append(out, "'"+step+"'")
		}
		return out
	}
	for _, keyword := range notPermitted {
		if _, ok := schema[keyword]; ok {
			return context + "'" + keyword + "' is not permitted."
		}
	}
	for _, defs := range []string{"$defs", "definitions"} {
		named, _ := schema[defs].(map[string]any)
		for name, def := range named {
			c.characters += len(name)
			if wrong := c.node(def, inside(defs, name), depth); wrong != "" {
				return wrong
			}
		}
	}
	if ref, ok := schema["$ref"].(string); ok {
		if c.resolve(ref) == nil {
			return context + "reference '" + ref + "' cannot be found."
		}
		return ""
	}
	if union, ok := schema["anyOf"].([]any); ok {
		for i, option := range union {
			if wrong := c.node(option, inside("anyOf", fmt.Sprint(i)), depth); wrong != "" {
				return wrong
			}
		}
		return ""
	}
	values, _ := schema["enum"].([]any)
	c.enums += len(values)
	for _, value := range append(values, schema["const"]) {
		if text, ok := value.(string); ok {
			c.characters += len(text)
		}
	}
	types := typesOf(schema)
	if len(types) == 0 {
		return context + "schema must have a 'type' key."
	}
	if slices.Contains(types, "array") {
		if _, ok := schema["items"]; !ok {
			return context + "array schema missing items."
		}
		if wrong := c.node(schema["items"], inside("items"), depth); wrong != "" {
			return wrong
		}
	}
	if slices.Contains(types, "object") {
		return c.object(schema, context, inside, depth+1)
	}
	return ""
}

func (c *schemaCheck) object(schema map[string]any, context string, inside func(...string) []string, depth int) string {
	if depth > maxSchemaDepth {
		return fmt.Sprintf("%sschema is nested more than %d levels deep.", context, maxSchemaDepth)
	}
	if schema["additionalProperties"] != false {
		return context + "'additionalProperties' is required to be supplied and to be false."
	}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for name, property := range properties {
		c.properties++
		c.characters += len(name)
		if !slices.Contains(required, any(name)) {
			return context + "'required' is required to be supplied and to be an array including every key in properties. Missing '" + name + "'."
		}
		if wrong := c.node(property, inside("properties", name), depth); wrong != "" {
			return wrong
		}
	}
	for _, name := range required {
		if _, ok := properties[fmt.Sprint(name)]; !ok {
			return fmt.Sprintf("%s'required' is required to be supplied and to be an array including every key in properties. Extra required key '%v' supplied.", context, name)
		}
	}
	return ""
}

func (c *schemaCheck) resolve(ref string) any {
	var v any = c.root
	for _, step := range strings.Split(strings.TrimPrefix(ref, "#"), "/") {
		if step != "" {
			m, _ := v.(map[string]any)
			v = m[step]
		}
	}
	return v
}

func typesOf(schema map[string]any) []string {
	switch t := schema["type"].(type) {
	case string:
		return []string{t}
	case []any:
		var types []string
		for _, one := range t {
			types = append(types, fmt.Sprint(one))
		}
		return types
	}
	return nil
}

// conform returns a value that obeys the schema: what is given where the schema has room for it, and zero
// values for the rest. A nil schema takes what is given.
func conform(schema map[string]any, given any) any {
	if schema == nil {
		return given
	}
	return (&schemaCheck{root: schema}).conform(schema, given, 0)
}

func (c *schemaCheck) conform(v any, given any, depth int) any {
	schema, _ := v.(map[string]any)
	if ref, ok := schema["$ref"].(string); ok && depth < maxSchemaDepth {
		return c.conform(c.resolve(ref), given, depth+1)
	}
	if union, ok := schema["anyOf"].([]any); ok && len(union) > 0 {
		return c.conform(union[0], given, depth+1)
	}
	if fixed, ok := schema["const"]; ok {
		return fixed
	}
	if values, ok := schema["enum"].([]any); ok && len(values) > 0 {
		if text, ok := given.(string); ok && slices.Contains(values, given) {
			return text
		}
		return values[0]
	}
	types := append(typesOf(schema), "null")
	if given == nil && len(types) > 2 && slices.Contains(types[:len(types)-1], "null") { // it may say nothing, and has nothing to say
		return nil
	}
	switch types[0] {
	case "object":
		fields, _ := given.(map[string]any)
		properties, _ := schema["properties"].(map[string]any)
		object := make(map[string]any, len(properties))
		for name, property := range properties {
			object[name] = c.conform(property, fields[name], depth+1)
		}
		return object
	case "array":
		items, _ := given.([]any)
		list := make([]any, len(items))
		for i, item := range items {
			list[i] = c.conform(schema["items"], item, depth+1)
		}
		return list
	case "string":
		text, _ := given.(string)
		return text
	case "boolean":
		return given == true
	case "integer", "number":
		return 0
	}
	return nil
}
