package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline"
)

// models prints what every model costs, which ones are near their end, and which ones today's settings come to.
func (o options) models(now time.Time) int {
	env, err := pipeline.ReadEnvironment(o.getenv, pipeline.Laptop)
	if err != nil {
		fmt.Fprintln(o.stderr, "full-turner:", err)
		return exitWrong
	}
	if env.Catalog == nil {
		env.Catalog = cost.DefaultCatalog()
	}
	if !printModels(o.stdout, env.Config, now) {
		return exitWrong
	}
	return exitCompleted
}

// printModels reports whether there is a model to use for every kind of call.
func printModels(out io.Writer, cfg pipeline.Config, now time.Time) bool {
	fmt.Fprintf(out, "Rates of %s, in US dollars per million tokens.\n\n", cfg.Catalog.Date())
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MODEL\tKIND\tINPUT\tCACHED\tWRITTEN\tWRITTEN 12H\tIMAGE INPUT\tCACHED\tOUTPUT\tSURE\t")
	for _, m := range cfg.Catalog.Models() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", m.Name, m.Kind, rates(m), dash(string(m.Confidence)), remarks(m, now))
	}
	_ = table.Flush() // what cannot be printed is seen

	var tiers []string
	factors := cfg.Catalog.ServiceTiers()
	for _, tier := range slices.Sorted(maps.Keys(factors)) {
		tiers = append(tiers, fmt.Sprintf("%s × %s", tier, factors[tier]))
	}
	fmt.Fprintf(out, "\nService tiers: %s.\n\nIn use with today's settings:\n", strings.Join(tiers, ", "))
	agent := printChoice(out, cfg.Catalog, "agent", cost.Agent, cfg.AgentModel, pipeline.DefaultAgentModel, now)
	image := printChoice(out, cfg.Catalog, "image", cost.Image, cfg.ImageModel, pipeline.DefaultImageModel, now)
	carrier := true
	if cfg.ImageCalls == pipeline.ImageBackground {
		carrier = printChoice(out, cfg.Catalog, "carrier of images", cost.Agent, cfg.ImageCarrierModel, pipeline.DefaultCarrierModel, now)
	}
	return agent && image && carrier
}

// rates are a model's, a column each.
func rates(m cost.Model) string {
	r := m.Rates
	columns := make([]string, 0, 7)
	for _, rate := range []cost.Amount{r.Input, r.CachedInput, r.CacheWrite, r.CacheWriteLong, r.ImageInput, r.CachedImageInput, r.Output} {
		if rate == 0 || m.PerImage != nil {
			columns = append(columns, "-")
			continue
		}
		columns = append(columns, rate.Decimal())
	}
	return strings.Join(columns, "\t")
}

// near is how long before its end a model is said to be near it.
const near = 60 * 24 * time.Hour

// remarks are what a model's rates do not say.
func remarks(m cost.Model, now time.Time) string {
	var says []string
	if m.PerImage != nil {
		says = append(says, fmt.Sprintf("%s an image, %s of high quality", m.PerImage["standard"], m.PerImage["high"]))
	}
	if l := m.LongContext; l != nil {
		says = append(says, fmt.Sprintf("above %d of input: input × %s, output × %s", l.Above, l.InputTimes, l.OutputTimes))
	}
	if end, err := time.Parse(time.DateOnly, m.Shutdown); err == nil {
		instead := ""
		if m.Replacement != "" {
			instead = ", use " + m.Replacement
		}
		switch left := end.Sub(now); {
		case left <= 0:
			says = append(says, "SHUT DOWN since "+m.Shutdown+instead)
		case left <= near:
			says = append(says, fmt.Sprintf("ENDS on %s, in %s%s", m.Shutdown, days(left), instead))
		default:
			says = append(says, "until "+m.Shutdown)
		}
	}
	return strings.Join(says, "; ")
}

// days is a time in days, of which the last may be a part.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	if d <= day {
		return "a day"
	}
	return fmt.Sprintf("%d days", (d+day-1)/day)
}

// printChoice says which model the settings come to, and reports whether there is one.
func printChoice(out io.Writer, catalog *cost.Catalog, what string, kind cost.Kind, configured, fallback string, now time.Time) bool {
	choice, err := catalog.Choose(kind, configured, fallback, now)
	if err != nil {
		fmt.Fprintf(out, "  %s: none: %v\n", what, err)
		return false
	}
	how := "as set"
	switch {
	case choice.Replaces != "":
		how = fmt.Sprintf("in the place of the default %s, which is shut down since %s", choice.Replaces, choice.Shutdown)
	case configured == "":
		how = "the default"
	}
	says := ""
	if m, err := catalog.Model(choice.Model); err == nil { // it was chosen from there
		says = remarks(m, now)
	}
	if says != "" {
		says = "; " + says
	}
	fmt.Fprintf(out, "  %s: %s, %s%s\n", what, choice.Model, how, says)
	return true
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
