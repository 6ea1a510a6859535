package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// Costs is what the action costs returns: what the runs of a period cost, by template, by model or by day. A page has
// the sums of the runs that it read; Add adds pages up.
type Costs struct {
	By         string     `json:"by"`                   // template, model or day
	From       string     `json:"from"`                 // the first day, UTC
	To         string     `json:"to"`                   // the last day, UTC
	TemplateID string     `json:"templateId,omitempty"` // of one template; "": of all
	Groups     []CostLine `json:"groups"`
	Total      CostLine   `json:"total"`
	NextToken  string     `json:"nextToken,omitempty"`
}

// CostLine is what some runs cost together.
type CostLine struct {
	// TemplateID, Model or Day is what they have in common. The day is that of the run's creation, in UTC, whenever
	// its calls were made.
	TemplateID string `json:"templateId,omitempty"`
	Model      string `json:"model,omitempty"`
	Day        string `json:"day,omitempty"`

	Runs            int64          `json:"runs"`  // of a model, those that asked it
	Calls           int64          `json:"calls"` // that were answered
	Cost            cost.Amount    `json:"cost"`
	PossiblyCharged *cost.Possibly `json:"possiblyCharged,omitempty"` // beside, never in, Cost
}

// Add adds another page.
func (c *Costs) Add(page Costs) {
	for _, line := range page.Groups {
		c.line(line).add(line)
	}
	c.Total.add(page.Total)
	c.NextToken = page.NextToken
}

// line is the line of a group, made if need be. It is good until the next one is made.
func (c *Costs) line(of CostLine) *CostLine {
	i, found := slices.BinarySearchFunc(c.Groups, of, func(a, b CostLine) int {
		return cmp.Or(cmp.Compare(a.TemplateID, b.TemplateID), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Day, b.Day))
	})
	if !found {
		c.Groups = slices.Insert(c.Groups, i, CostLine{TemplateID: of.TemplateID, Model: of.Model, Day: of.Day})
	}
	return &c.Groups[i]
}

func (l *CostLine) add(more CostLine) {
	l.Runs += more.Runs
	l.Calls += more.Calls
	l.Cost = l.Cost.Plus(more.Cost)
	if p := more.PossiblyCharged; p != nil {
		var sum cost.Possibly
		if l.PossiblyCharged != nil {
			sum = *l.PossiblyCharged
		}
		sum.Add(p.Calls, p.Cost)
		l.PossiblyCharged = &sum
	}
}

// costs sums what the runs of a period cost, from their records. Without a template it goes through the runs without
// one and then through all templates; what was run with a template that is not listed any more is found by its id.
func (p *Pipeline) costs(ctx context.Context, fields object) (any, error) {
	c := Costs{By: "template", Groups: []CostLine{}}
	by, err := fields.text("by")
	if err != nil {
		return nil, err
	}
	if c.By = cmp.Or(by, "template"); !slices.Contains([]string{"template", "model", "day"}, c.By) {
		return nil, failure(InvalidRequest, "by %q must be template, model or day", abbreviate(by))
	}
	var d period
	today := p.today()
	if d.from, err = dayField(fields, "from", today.AddDate(0, 0, 1-today.Day())); err != nil {
		return nil, err
	}
	last, err := dayField(fields, "to", today)
	if err != nil {
		return nil, err
	}
	if last.Before(d.from) {
		return nil, failure(InvalidRequest, "to, %s, is before from, %s", last.Format(time.DateOnly), d.from.Format(time.DateOnly))
	}
	d.end = last.AddDate(0, 0, 1)
	c.From, c.To = d.from.Format(time.DateOnly), last.Format(time.DateOnly)
	if fields.has("templateId") {
		if c.TemplateID, err = templateID(fields); err != nil {
			return nil, err
		}
	}
	most, err := fields.count("limit", 500, 5000)
	if err != nil {
		return nil, err
	}
	token, err := fields.text("nextToken")
	if err != nil {
		return nil, err
	}
	asked := shortHash(fmt.Sprintf("%q", []string{c.By, c.From, c.To, c.TemplateID}))
	at := d.begin(c.TemplateID, asked)
	if token != "" {
		if at, err = parsePlace(token, asked); err != nil {
			return nil, err
		}
	}
	next, err := p.walk(ctx, d, at, most, func(run store.Run) error { return p.count(ctx, &c, run) })
	if err != nil {
		return nil, err
	}
	if next != nil {
		c.NextToken = next.String()
	}
	return c, nil
}

// count adds what a run cost. While it is at work its record does not say so yet, and its ledger does.
func (p *Pipeline) count(ctx context.Context, c *Costs, run store.Run) error {
	if run.Status == store.Running {
		var err error
		if run.Cost, err = ledger.Cost(ctx, p.Store, run.RunID, p.Catalog); err != nil {
			return err
		}
	}
	b := run.Cost
	whole := CostLine{Runs: 1, Calls: b.Details.Agent.Calls + b.Details.Images.Calls, Cost: b.Total, PossiblyCharged: b.PossiblyCharged}
	c.Total.add(whole)
	switch c.By {
	case "template":
		c.line(CostLine{TemplateID: run.TemplateID}).add(whole)
	case "day":
		c.line(CostLine{Day: run.Timestamp.UTC().Format(time.DateOnly)}).add(whole)
	case "model":
		for model, m := range modelCosts(run) {
			c.line(CostLine{Model: model}).add(CostLine{Runs: 1, Calls: m.Calls, Cost: m.Cost, PossiblyCharged: m.PossiblyCharged})
		}
	}
	return nil
}

// unknownModel stands for the model of money whose record does not say which it was.
const unknownModel = "unknown"

// modelCosts is what a run cost by model. A record from before there were costs by model has the models that the run
// began its last attempt with, and its money is theirs.
func modelCosts(run store.Run) map[string]cost.ModelCost {
	if len(run.Cost.Models) > 0 {
		return run.Cost.Models
	}
	models := map[string]cost.ModelCost{}
	add := func(kind string, more cost.ModelCost) {
		if more != (cost.ModelCost{}) {
			name := cmp.Or(run.Models[kind], unknownModel)
			models[name] = cost.ModelCost{Calls: models[name].Calls + more.Calls, Cost: models[name].Cost.Plus(more.Cost)}
		}
	}
	add("agent", cost.ModelCost{Calls: run.Cost.Details.Agent.Calls, Cost: run.Cost.Agent})
	add("image", cost.ModelCost{Calls: run.Cost.Details.Images.Calls, Cost: run.Cost.Image})
	if run.Cost.PossiblyCharged != nil {
		m := models[unknownModel]
		m.PossiblyCharged = run.Cost.PossiblyCharged
		models[unknownModel] = m
	}
	return models
}
