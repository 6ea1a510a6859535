package stacktest

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

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
