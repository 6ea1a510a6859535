package pipeline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
)

// checker is what code holds every rewrite of a run to. It never changes, so it is safe for concurrent use.
type checker struct {
	placeholders []*regexp.Regexp
	rules        *brand.Rules
	products     []product
	marks        markedNames
}

// product is one whose price the guide gives: the price may take the former one's place where the product is named.
type product struct {
	name   string // in lower case
	prices []funnel.Fact
}

func newChecker(s templateSettings, placeholders []*regexp.Regexp, b brand.Brand, former brand.Former) *checker {
	c := &checker{placeholders: placeholders, rules: brand.NewRules(brand.Config{Brand: b, Former: former, Glossary: s.glossary}), marks: newMarkedNames(b, former)}
	for _, p := range b.Products {
		if prices := funnel.Facts(p.Price); p.Name != "" && len(prices) > 0 {
			c.products = append(c.products, product{strings.ToLower(p.Name), prices})
		}
	}
	return c
}

// verdict is what code says of a rewrite.
type verdict struct {
	text     string
	findings []funnel.Finding
	tried    []string
	notes    []string // facts that the guide gave new values for
}

// failed says that the rewrite must not be taken.
func (v verdict) failed() bool { return failed(v.findings) }

func failed(findings []funnel.Finding) bool {
	return slices.ContainsFunc(findings, func(f funnel.Finding) bool { return f.Severity != funnel.Warning })
}

func (v verdict) score() int { return brand.Score(v.findings, v.tried) }

// verify holds a rewrite to every rule.
func (c *checker) verify(t funnel.Text, rewrite string) verdict {
	v := verdict{text: rewrite, tried: triedOf(t.Text)}
	said := strings.ToLower(rewrite)
	mark := c.marks.allows(t.Text, rewrite)
	structure := funnel.Rules{Placeholders: c.placeholders, NewFact: func(was, now funnel.Fact) bool {
		if mark(was, now) {
			return true
		}
		name := c.priced(said, was, now)
		if name != "" && len(v.notes) < 5 {
			v.notes = append(v.notes, fmt.Sprintf("text %s: the price %s became %s, which the guide gives for %s", t.Key, was.Text, now.Text, name))
		}
		return name != ""
	}}
	found, tried := c.rules.Check(t, rewrite)
	v.findings = append(structure.Check(t.Text, rewrite), found...)
	v.tried = append(v.tried, tried...)
	return v
}

// priced is the product in a rewrite whose price, by the guide, stands in place of another price; "" where there is none.
func (c *checker) priced(rewrite string, was, now funnel.Fact) string {
	if was.Kind != "price" || now.Kind != "price" {
		return ""
	}
	for _, p := range c.products {
		if strings.Contains(rewrite, p.name) && slices.ContainsFunc(p.prices, func(f funnel.Fact) bool { return f.Value == now.Value }) {
			return p.name
		}
	}
	return ""
}

// triedOf names the rules of structure and of facts that a text gives a reason for.
func triedOf(text string) []string {
	tried := []string{"structure.characters", "structure.markup", "structure.length"}
	for _, r := range []struct {
		rule string
		some bool
	}{
		{"structure.placeholder", strings.ContainsAny(text, "{}[]%|$")},
		{"structure.tag", strings.Contains(text, "<")},
		{"structure.link", len(funnel.Links(text)) > 0},
		{"structure.paragraphs", strings.Contains(strings.TrimSpace(text), "\n")},
	} {
		if r.some {
			tried = append(tried, r.rule)
		}
	}
	for _, f := range funnel.Facts(text) {
		if rule := "fact." + f.Kind; !slices.Contains(tried, rule) {
			tried = append(tried, rule)
		}
	}
	return tried
}

// reasons are findings in words, for the agent: the message of each, once.
func reasons(findings []funnel.Finding) string {
	var said []string
	for _, f := range findings {
		if m := strings.TrimSuffix(f.Message, "."); !slices.Contains(said, m) {
			said = append(said, m)
		}
	}
	return truncate(strings.Join(said, "; "), 1500)
}

// ruled are findings as a problem tells of them: each with its rule.
func ruled(findings []funnel.Finding) string {
	var said []string
	for _, f := range findings {
		if f.Severity != funnel.Warning {
			said = append(said, fmt.Sprintf("[%s] %s", f.Rule, strings.TrimSuffix(f.Message, ".")))
		}
	}
	return truncate(strings.Join(said, "; "), 1500)
}

// placeOf is where a text stands, in a few words: its page and its role.
func placeOf(t funnel.Text) string {
	role := string(t.Role)
	if t.Role == funnel.RoleBody {
		role = ""
	}
	return strings.TrimSpace(t.Page + " " + role)
}
