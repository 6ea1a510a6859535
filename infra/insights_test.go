package main_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

// A small evaluator of CloudWatch Logs Insights QL: the commands and functions that the saved queries use, with the
// meaning that its documentation gives them. What it does not know is an error, never a guess.

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

// query is a query that was parsed: its commands in order, and the fields of the log that it names.
type query struct {
	commands []func([]event) ([]event, error)
	fields   []string
}

// run gives the rows of the query over events.
func (q query) run(events []event) (rows []event, err error) {
	rows = events
	for _, command := range q.commands {
		if rows, err = command(rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// expression gives a value of an event; nil: there is none.
type expression func(event) any

var tokens = regexp.MustCompile(`"[^"]*"|[@A-Za-z_][\w.@]*|\d+(?:\.\d+)?[a-z]*|!=|<=|>=|[=<>()\[\],|*]`)

// queryReader reads a query.
type queryReader struct {
	tokens  []string
	q       query
	aliases []string
}

// parseQuery reads a query.
func parseQuery(text string) (q query, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("query: %v", r)
		}
	}()
	p := &queryReader{}
	for line := range strings.Lines(text) {
		code, _, _ := strings.Cut(line, "#")
		p.tokens = append(p.tokens, tokens.FindAllString(code, -1)...)
		if rest := strings.TrimSpace(tokens.ReplaceAllString(code, "")); rest != "" {
			panic("cannot read " + rest)
		}
	}
	for {
		p.command()
		if len(p.tokens) == 0 {
			return p.q, nil
		}
		p.expect("|")
	}
}

func (p *queryReader) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *queryReader) next() string {
	if len(p.tokens) == 0 {
		panic("it ends too early")
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *queryReader) take(word string) bool {
	if p.peek() != word {
		return false
	}
	p.next()
	return true
}

func (p *queryReader) expect(word string) {
	if got := p.next(); got != word {
		panic(fmt.Sprintf("%q where %q is expected", got, word))
	}
}

func (p *queryReader) add(command func([]event) ([]event, error)) {
	p.q.commands = append(p.q.commands, command)
}

func (p *queryReader) command() {
	switch name := p.next(); name {
	case "fields":
		columns := p.columns(p.expression)
		p.add(func(in []event) ([]event, error) {
			for _, e := range in { // later commands still see the other fields
				for _, c := range columns {
					if v := c.value(e); v != nil {
						e[c.name] = v
					}
				}
			}
			return in, nil
		})
	case "filter":
		condition := p.expression()
		p.add(func(in []event) (out []event, err error) {
			for _, e := range in {
				if condition(e) == true {
					out = append(out, e)
				}
			}
			return out, nil
		})
	case "sort":
		by, descending := p.reference(p.next()), p.take("desc")
		if !descending {
			p.take("asc")
		}
		p.add(func(in []event) ([]event, error) {
			out := slices.Clone(in)
			slices.SortStableFunc(out, func(a, b event) int {
				if descending {
					a, b = b, a
				}
				return compare(by(a), by(b))
			})
			return out, nil
		})
	case "limit":
		n, err := strconv.Atoi(p.next())
		if err != nil {
			panic(err)
		}
		p.add(func(in []event) ([]event, error) { return in[:min(n, len(in))], nil })
	case "stats":
		p.stats()
	default:
		panic("unknown command " + name)
	}
}

// column is an expression with the name of its value.
type column struct {
	name  string
	value expression
}

func (p *queryReader) columns(read func() expression) (columns []column) {
	for {
		from := slices.Clone(p.tokens)
		c := column{value: read()}
		c.name = strings.Join(from[:len(from)-len(p.tokens)], "")
		if p.take("as") {
			c.name = p.next()
			p.aliases = append(p.aliases, c.name)
		}
		columns = append(columns, c)
		if !p.take(",") {
			return columns
		}
	}
}

// stats groups events and aggregates each group into a row.
func (p *queryReader) stats() {
	type total struct {
		name  string
		value func([]event) any
	}
	var totals []total
	for {
		from := slices.Clone(p.tokens)
		t := total{value: p.aggregate()}
		t.name = strings.Join(from[:len(from)-len(p.tokens)], "")
		if p.take("as") {
			t.name = p.next()
			p.aliases = append(p.aliases, t.name)
		}
		totals = append(totals, t)
		if !p.take(",") {
			break
		}
	}
	var groups []column
	if p.take("by") {
		groups = p.columns(p.expression)
	}
	p.add(func(in []event) ([]event, error) {
		var order []string
		members := map[string][]event{}
		for _, e := range in {
			var key []any
			for _, g := range groups {
				key = append(key, g.value(e))
			}
			k, err := json.Marshal(key)
			if err != nil {
				return nil, err
			}
			if members[string(k)] == nil {
				order = append(order, string(k))
			}
			members[string(k)] = append(members[string(k)], e)
		}
		var rows []event
		for _, k := range order {
			row := event{}
			for _, g := range groups {
				row[g.name] = g.value(members[k][0])
			}
			for _, t := range totals {
				row[t.name] = t.value(members[k])
			}
			rows = append(rows, row)
		}
		return rows, nil
	})
}

// aggregate reads one of the functions of stats.
func (p *queryReader) aggregate() func([]event) any {
	name := p.next()
	p.expect("(")
	if name == "count" {
		p.expect("*")
		p.expect(")")
		return func(group []event) any { return float64(len(group)) }
	}
	of := p.expression()
	percentile := 0.0
	if name == "pct" {
		p.expect(",")
		percentile, _ = strconv.ParseFloat(p.next(), 64)
	}
	p.expect(")")
	numbers := func(group []event) (all []float64) {
		for _, e := range group {
			if n, ok := of(e).(float64); ok {
				all = append(all, n)
			}
		}
		slices.Sort(all)
		return all
	}
	sum := func(all []float64) (s float64) {
		for _, n := range all {
			s += n
		}
		return s
	}
	overNumbers := map[string]func([]float64) any{
		"sum": func(all []float64) any { return sum(all) },
		"avg": func(all []float64) any { return sum(all) / float64(len(all)) },
		"min": func(all []float64) any { return all[0] },
		"max": func(all []float64) any { return all[len(all)-1] },
		"pct": func(all []float64) any { return all[max(0, int(math.Ceil(percentile/100*float64(len(all))))-1)] },
	}
	if aggregate, ok := overNumbers[name]; ok {
		return func(group []event) any {
			if all := numbers(group); len(all) > 0 {
				return aggregate(all)
			}
			return nil
		}
	}
	switch name {
	case "count_distinct":
		return func(group []event) any {
			seen := map[any]bool{}
			for _, e := range group {
				if v := of(e); v != nil {
					seen[v] = true
				}
			}
			return float64(len(seen))
		}
	case "latest":
		return func(group []event) any {
			var last event
			for _, e := range group {
				if of(e) != nil && (last == nil || compare(e["@timestamp"], last["@timestamp"]) >= 0) {
					last = e
				}
			}
			if last == nil {
				return nil
			}
			return of(last)
		}
	}
	panic("unknown function " + name)
}

// expression reads conditions joined by or, and, not.
func (p *queryReader) expression() expression {
	left := p.conjunction()
	for p.take("or") {
		a, b := left, p.conjunction()
		left = func(e event) any { return a(e) == true || b(e) == true }
	}
	return left
}

func (p *queryReader) conjunction() expression {
	left := p.negation()
	for p.take("and") {
		a, b := left, p.negation()
		left = func(e event) any { return a(e) == true && b(e) == true }
	}
	return left
}

func (p *queryReader) negation() expression {
	if p.take("not") {
		of := p.negation()
		return func(e event) any { return of(e) != true }
	}
	return p.comparison()
}

// comparison reads a value, alone or compared. A field that is not there compares as false with everything.
func (p *queryReader) comparison() expression {
	left := p.value()
	switch operator := p.peek(); operator {
	case "=", "!=", "<", "<=", ">", ">=":
		p.next()
		right := p.value()
		return func(e event) any {
			a, b := left(e), right(e)
			if a == nil || b == nil {
				return false
			}
			c := compare(a, b)
			return map[string]bool{"=": c == 0, "!=": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[operator]
		}
	case "in":
		p.next()
		p.expect("[")
		var list []expression
		for {
			list = append(list, p.value())
			if !p.take(",") {
				break
			}
		}
		p.expect("]")
		return func(e event) any {
			return slices.ContainsFunc(list, func(one expression) bool { return left(e) == one(e) })
		}
	}
	return left
}

// value reads a literal, a field, a function or something in parentheses.
func (p *queryReader) value() expression {
	t := p.next()
	switch {
	case t == "(":
		inner := p.expression()
		p.expect(")")
		return inner
	case t[0] == '"':
		return func(event) any { return strings.Trim(t, `"`) }
	case t[0] >= '0' && t[0] <= '9':
		n, err := strconv.ParseFloat(t, 64)
		if err != nil {
			panic(err)
		}
		return func(event) any { return n }
	case p.peek() != "(":
		return p.reference(t)
	}
	p.expect("(")
	of := p.reference(p.next())
	switch t {
	case "ispresent":
		p.expect(")")
		return func(e event) any { return of(e) != nil }
	case "datefloor":
		p.expect(",")
		if period := p.next(); period != "1d" {
			panic("unknown period " + period)
		}
		p.expect(")")
		return func(e event) any {
			if at, ok := of(e).(time.Time); ok {
				return at.UTC().Truncate(24 * time.Hour)
			}
			return nil
		}
	}
	panic("unknown function " + t)
}

// reference is a field of an event, or a column of a row.
func (p *queryReader) reference(name string) expression {
	if !slices.Contains(p.aliases, name) && !slices.Contains(p.q.fields, name) {
		p.q.fields = append(p.q.fields, name)
	}
	return func(e event) any { return e[name] }
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
