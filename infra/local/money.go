package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline"
)

// money are the arguments of costs and reconcile. What is "" or 0 is left out.
type money struct {
	from, to, by, template string // of costs
	day, project           string // of reconcile
	lookback               int
}

// ask invokes an action with the arguments that are given.
func (w *world) ask(ctx context.Context, action string, args map[string]any) (json.RawMessage, error) {
	payload := map[string]any{"action": action}
	for name, value := range args {
		if value != "" && value != 0 {
			payload[name] = value
		}
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	return w.pipeline.Handle(ctx, requestID(), body)
}

// costs prints what the runs of a period cost, all pages of it together.
func (w *world) costs(ctx context.Context) int {
	args := map[string]any{"from": w.money.from, "to": w.money.to, "by": w.money.by, "templateId": w.money.template}
	var sum pipeline.Costs
	for first := true; first || sum.NextToken != ""; first = false {
		args["nextToken"] = sum.NextToken
		response, err := w.ask(ctx, "costs", args)
		if err != nil {
			return w.answer(nil, err)
		}
		var page pipeline.Costs
		if err := json.Unmarshal(response, &page); err != nil {
			return w.answer(nil, err)
		}
		if page.By == "" { // a page that was too large is stored, and the response says where
			fmt.Fprintf(w.stdout, "%s\n", response)
			return exitFailed
		}
		sum.By, sum.From, sum.To = page.By, page.From, page.To
		sum.Add(page)
	}
	printCosts(w.stdout, sum)
	return exitCompleted
}

func printCosts(out io.Writer, c pipeline.Costs) {
	fmt.Fprintf(out, "Runs created from %s to %s (UTC), in US dollars.\n\n", c.From, c.To)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := map[string]string{"template": "TEMPLATE", "model": "MODEL", "day": "DAY"}[c.By]
	fmt.Fprintf(table, "%s\tRUNS\tCALLS\tCOST\tPOSSIBLY CHARGED BESIDE\t\n", head)
	row := func(name string, l pipeline.CostLine) {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\t%s\t\n", name, l.Runs, l.Calls, l.Cost.Decimal(), possibly(l.PossiblyCharged))
	}
	for _, l := range c.Groups {
		row(l.TemplateID+l.Model+l.Day, l) // it has one of them
	}
	row("in all", c.Total)
	_ = table.Flush() // what cannot be printed is seen
}

// reconcile prints a day in our books and in OpenAI's. It fails where they differ.
func (w *world) reconcile(ctx context.Context) int {
	response, err := w.ask(ctx, "reconcile", map[string]any{"day": w.money.day, "projectId": w.money.project, "lookbackDays": w.money.lookback})
	if err != nil {
		return w.answer(nil, err)
	}
	var r pipeline.Reconciliation
	if err := json.Unmarshal(response, &r); err != nil {
		return w.answer(nil, err)
	}
	if r.Day == "" {
		fmt.Fprintf(w.stdout, "%s\n", response)
		return exitFailed
	}
	printReconciliation(w.stdout, r)
	if !r.Agrees {
		return exitFailed
	}
	return exitCompleted
}

func printReconciliation(out io.Writer, r pipeline.Reconciliation) {
	whose := "the organisation"
	if r.ProjectID != "" {
		whose = "project " + r.ProjectID
	}
	fmt.Fprintf(out, "%s (UTC), our calls beside those of %s, in US dollars.\n\n", r.Day, whose)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "MODEL\tOURS\tOPENAI\tPOSSIBLY CHARGED BESIDE OURS\t")
	for _, m := range r.Models {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t\n", m.Model, m.Ours.Decimal(), m.OpenAI.Decimal(), possibly(m.PossiblyCharged))
	}
	fmt.Fprintf(table, "in all\t%s\t%s\t%s\t\n", r.Ours.Cost.Decimal(), r.OpenAI.Cost.Decimal(), possibly(r.Ours.PossiblyCharged))
	_ = table.Flush()
	if r.Agrees {
		fmt.Fprintln(out, "\nThey agree, to the cent and to the token.")
	} else {
		fmt.Fprintln(out, "\nThey differ:")
		table = tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, d := range r.Costs {
			fmt.Fprintf(table, "  %s\t%s\tours %s\tOpenAI %s\tdifference %s\n", dash(d.Model), d.LineItem, d.Ours, d.OpenAI, d.Difference)
		}
		for _, d := range r.Usage {
			fmt.Fprintf(table, "  %s\t%s\tours %d\tOpenAI %d\tdifference %+d\n", dash(d.Model), d.Counted, d.Ours, d.OpenAI, d.Difference)
		}
		_ = table.Flush()
	}
	fmt.Fprintln(out, "\nWhat neither book tells:")
	for _, u := range r.Unknown {
		fmt.Fprintf(out, "- %s\n", u)
	}
}

// possibly is what may have been charged, in a column.
func possibly(p *cost.Possibly) string {
	if p == nil {
		return "-"
	}
	return fmt.Sprintf("%s in %d", p.Cost.Decimal(), p.Calls)
}
