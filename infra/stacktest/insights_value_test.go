package stacktest

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

// event is one log event as Insights sees it: the fields of its JSON, nested ones joined by dots.
type event map[string]any

// discovered are the events of log lines. A line that is no JSON object has no fields of its own.
func discovered(lines []lambdatest.Line) (events []event) {
	for _, line := range lines {
		e := event{"@message": line.Text}
		flatten(e, "", line.Fields)
		if at, err := time.Parse(time.RFC3339, line.Field("timestamp")); err == nil {
			e["@timestamp"] = at
		}
		events = append(events, e)
	}
	return events
}

func flatten(into event, prefix string, fields map[string]any) {
	for name, value := range fields {
		switch v := value.(type) {
		case map[string]any:
			flatten(into, prefix+name+".", v)
		case []any:
			for i, element := range v {
				flatten(into, prefix, map[string]any{fmt.Sprintf("%s.%d", name, i): element})
			}
		case nil:
		default:
			into[prefix+name] = v
		}
	}
}

// compare orders values: numbers and times by size, texts by their bytes, and what is not there first.
func compare(a, b any) int {
	switch x := a.(type) {
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y)
		}
	}
	text := func(v any) string {
		if v == nil {
			return ""
		}
		return fmt.Sprint(v)
	}
	return strings.Compare(text(a), text(b))
}
