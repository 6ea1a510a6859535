package stacktest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

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
