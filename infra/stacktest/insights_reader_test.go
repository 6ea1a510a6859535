package stacktest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A small evaluator of CloudWatch Logs Insights QL: the commands and functions that the saved queries use, with the
// meaning that its documentation gives them. What it does not know is an error, never a guess.

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
