package stacktest

import (
	"encoding/json"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

func TestInsights(t *testing.T) {
	lines := []lambdatest.Line{}
	for _, text := range []string{
		`{"timestamp":"2026-11-22T23:59:59Z","level":"INFO","message":"a","data":{"cost":0.5,"error":{"name":"X"}},"duration":30}`,
		`{"timestamp":"2026-11-23T00:00:01Z","level":"WARN","message":"a","data":{"cost":0.25},"duration":10}`,
		`{"timestamp":"2026-11-23T12:00:00Z","level":"INFO","message":"b","duration":20,"list":[{"x":7}]}`,
		`not JSON`,
	} {
		line := lambdatest.Line{Text: text}
		_ = json.Unmarshal([]byte(text), &line.Fields)
		lines = append(lines, line)
	}
	tests := map[string]struct{ query, rows string }{
		"Filter":         {`filter message = "a" and level != "WARN" | stats count(*) as n`, `[{"n":1}]`},
		"MissingIsFalse": {`filter data.cost < 1 or data.cost >= 1 | stats count(*) as n`, `[{"n":2}]`},
		"NotPresent":     {`filter not ispresent(data.cost) | stats count(*) as n`, `[{"n":2}]`},
		"In":             {`filter message in ["b", "c"] | stats count(*) as n`, `[{"n":1}]`},
		"Brackets":       {`filter message = "b" or (message = "a" and level = "WARN") | stats count(*) as n`, `[{"n":2}]`},
		"Nested":         {`filter data.error.name = "X" or list.0.x = 7 | stats count(*) as n`, `[{"n":2}]`},
		"Groups":         {`filter ispresent(message) | stats sum(data.cost) as usd, max(duration) as most by message as m | sort usd desc`, `[{"m":"a","most":30,"usd":0.75},{"m":"b","most":20,"usd":null}]`},
		"Days":           {`fields datefloor(@timestamp, 1d) as day | filter ispresent(day) | stats count(*) as n by day | sort day desc`, `[{"day":"2026-11-23T00:00:00Z","n":2},{"day":"2026-11-22T00:00:00Z","n":1}]`},
		"Latest":         {`stats latest(level) as last, latest(data.cost) as cost, count_distinct(level) as levels`, `[{"cost":0.25,"last":"INFO","levels":2}]`},
		"Means":          {`stats avg(duration) as mean, pct(duration, 50) as half, min(duration) as least`, `[{"half":20,"least":10,"mean":20}]`},
		"Limit":          {`sort duration desc | limit 1 | stats max(duration) as d # the longest`, `[{"d":30}]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			q, err := parseQuery(test.query)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := q.run(discovered(lines))
			if got, _ := json.Marshal(rows); err != nil || string(got) != test.rows {
				t.Errorf("%s, %v; want %s", got, err, test.rows)
			}
		})
	}
	for _, unknown := range []string{`parse x "*"`, `stats median(x)`, `filter strlen(x) > 2`, `filter x like "y"`, `sort`, `filter (x = 1`} {
		if _, err := parseQuery(unknown); err == nil {
			t.Errorf("%s was taken", unknown)
		}
	}
}
