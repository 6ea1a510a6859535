package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// Statements is where OpenAI says what a day cost and used; *openai.Admin is one.
type Statements interface {
	Statement(ctx context.Context, day time.Time, projectID string) (openai.Statement, error)
}

// Reconciliation is what the action reconcile returns: a day in our books beside the same day in OpenAI's. Models are
// by their family: a dated version is with the others.
type Reconciliation struct {
	Day       string `json:"day"`                 // UTC
	ProjectID string `json:"projectId,omitempty"` // "": the whole organisation
	Agrees    bool   `json:"agrees"`              // to the cent and to the token

	Ours struct {
		Runs            int64          `json:"runs"`  // that had calls on the day
		Calls           int64          `json:"calls"` // begun on the day and answered
		Cost            cost.Amount    `json:"cost"`
		PossiblyCharged *cost.Possibly `json:"possiblyCharged,omitempty"`
	} `json:"ours"`
	OpenAI struct {
		Cost     cost.Amount            `json:"cost"`
		Projects map[string]cost.Amount `json:"projects"` // by project id
	} `json:"openai"`
	Models []ModelBooks `json:"models"`

	Costs []CostDifference  `json:"costDifferences"`
	Usage []UsageDifference `json:"usageDifferences"`
	// Unknown says what a difference can come from, or hide behind, that neither book tells.
	Unknown []string `json:"unknown"`
}

// ModelBooks is what a model cost in either book.
type ModelBooks struct {
	Model           string         `json:"model"`
	Ours            cost.Amount    `json:"ours"`
	OpenAI          cost.Amount    `json:"openai"`
	PossiblyCharged *cost.Possibly `json:"possiblyCharged,omitempty"` // beside Ours: what OpenAI has more may be of it
}

// CostDifference is money that one book has and the other has not: half a cent or more.
type CostDifference struct {
	Model string `json:"model,omitempty"` // "": OpenAI's line item is about none
	// LineItem is the part of a price, in OpenAI's words where it is none of ours. Of a difference that no line item
	// has alone it is RoundingItem.
	LineItem   string      `json:"lineItem"`
	Ours       cost.Amount `json:"ours"`
	OpenAI     cost.Amount `json:"openai"`
	Difference cost.Amount `json:"difference"` // OpenAI's less ours
}

// UsageDifference is tokens or images that one book has and the other has not.
type UsageDifference struct {
	Model      string `json:"model"`
	Counted    string `json:"counted"`
	Ours       int64  `json:"ours"`
	OpenAI     int64  `json:"openai"`
	Difference int64  `json:"difference"` // OpenAI's less ours
}

// RoundingItem is the line item of the differences under half a cent of a model's line items, where they are half a
// cent or more together.
const RoundingItem = "several, under half a cent each"

// repriced is the line item of what rows were priced at other than today's catalogue has it.
const repriced cost.Part = "priced by an earlier catalogue"

const (
	defaultLookback = 7
	maxLookback     = 400
	// maxReconciled bounds the records that a comparison reads. Half of a day's books would differ from all of them.
	maxReconciled = 20_000
	// halfCent is the smallest difference that is named.
	halfCent = cost.Dollar / 200
)

// reconcile compares a day with what OpenAI says of it. Ours are the paid calls that were begun on the day, of the
// runs that were created on it or up to lookbackDays before.
func (p *Pipeline) reconcile(ctx context.Context, fields object) (any, error) {
	today := p.today()
	on, err := dayField(fields, "day", today.AddDate(0, 0, -1))
	if err != nil {
		return nil, err
	}
	if on.After(today) {
		return nil, failure(InvalidRequest, "day %s has not begun; in UTC it is %s", on.Format(time.DateOnly), today.Format(time.DateOnly))
	}
	project, err := fields.text("projectId")
	if err != nil {
		return nil, err
	}
	lookback, err := fields.count("lookbackDays", defaultLookback, maxLookback)
	if err != nil {
		return nil, err
	}
	if p.Statements == nil {
		return nil, failure(OpenAIUnauthorized, "reconcile needs an admin key of the OpenAI organisation, and none is set: on a laptop set OPENAI_ADMIN_KEY, on Lambda OPENAI_ADMIN_KEY_SECRET_NAME, the name of the secret that holds it")
	}
	b := newBooks(p.Catalog)
	read := 0
	d := period{from: on.AddDate(0, 0, -lookback), end: on.AddDate(0, 0, 1)}
	for at := new(d.begin("", "")); at != nil; {
		at, err = p.walk(ctx, d, *at, runsAtOnce*10, func(run store.Run) error {
			if read++; read > maxReconciled {
				return failure(InvalidRequest, "there are more than %d runs in the %d days up to %s: give a smaller lookbackDays", maxReconciled, lookback+1, on.Format(time.DateOnly))
			}
			if run.Status != store.Running && run.UpdatedAt.Before(on) {
				return nil // it has made no call since
			}
			spent, err := ledger.Spending(ctx, p.Store, run.RunID)
			if err != nil {
				return err
			}
			b.own(spent, on)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	theirs, err := p.Statements.Statement(ctx, on, project)
	if err != nil {
		return nil, fmt.Errorf("OpenAI's books of %s: %w", on.Format(time.DateOnly), err)
	}
	b.theirs(theirs)
	r := b.compare()
	r.Day, r.ProjectID = on.Format(time.DateOnly), project
	r.Unknown = b.unknown(on, today, project, lookback)
	return r, nil
}

// books are two sets of books of one day.
type books struct {
	catalog *cost.Catalog
	r       Reconciliation

	lines  map[line]*CostDifference
	counts map[line]*UsageDifference
	models map[string]*ModelBooks
	kinds  map[string]cost.Kind // of the models in our rows; an agent's where it is both
	late   int64                // our calls of the day that ended on a later one, or not yet
	early  int64                // our calls that ended on the day and were begun before
}

// line is a line of the books: a line item's, or a count's.
type line struct{ model, item string }

// What is counted of a model.
const (
	countInput  = "input tokens"
	countCached = "cached input tokens"
	countWrites = "cache write tokens"
	countOutput = "output tokens"
	countImages = "images"
)

func newBooks(catalog *cost.Catalog) *books {
	b := &books{
		catalog: catalog, lines: map[line]*CostDifference{}, counts: map[line]*UsageDifference{},
		models: map[string]*ModelBooks{}, kinds: map[string]cost.Kind{},
	}
	b.r.OpenAI.Projects = map[string]cost.Amount{}
	return b
}

// own takes the rows of one run into our books, as far as their calls were begun on the day.
func (b *books) own(spent []ledger.Spent, on time.Time) {
	end := on.AddDate(0, 0, 1)
	touched := false
	for _, s := range spent {
		switch {
		case s.Started.Before(on):
			if !s.Ended.Before(on) && s.Ended.Before(end) {
				b.early++
			}
			continue
		case !s.Started.Before(end):
			continue
		case s.Ended.IsZero() || !s.Ended.Before(end):
			b.late++
		}
		touched = true
		model := b.model(s.Model)
		if s.MaybeCharged > 0 {
			for _, sum := range []**cost.Possibly{&b.r.Ours.PossiblyCharged, &model.PossiblyCharged} {
				if *sum == nil {
					*sum = new(cost.Possibly)
				}
				(*sum).Add(s.MaybeCharged, s.MaybeChargedCost)
			}
		}
		if s.Usage == nil {
			continue
		}
		b.r.Ours.Calls++
		b.r.Ours.Cost = b.r.Ours.Cost.Plus(s.Cost)
		own, used := s.Cost, *s.Usage
		if carrier := used.Carrier; carrier != nil { // OpenAI bills the model that had an image made apart from it
			carried, _ := b.catalog.Price(carrier.Model, carrier.Usage)
			b.charged(cost.Agent, carrier.Model, carrier.Usage, carried)
			own, used.Carrier = own-carried, nil
		}
		b.charged(s.Kind, s.Model, used, own)
	}
	if touched {
		b.r.Ours.Runs++
	}
}

// charged takes what one model was used for into our books.
func (b *books) charged(kind cost.Kind, name string, used cost.Usage, amount cost.Amount) {
	model := b.model(name)
	model.Ours = model.Ours.Plus(amount)
	rest := amount
	parts, _ := b.catalog.Parts(name, used) // what it cannot price any more was priced all the same
	for part, amount := range parts {
		b.line(model.Model, part).Ours += amount
		rest -= amount
	}
	if rest != 0 {
		b.line(model.Model, repriced).Ours += rest
	}
	if b.kinds[model.Model] != cost.Agent {
		b.kinds[model.Model] = kind
	}
	b.used(model.Model, used, func(d *UsageDifference, n int64) { d.Ours += n })
}

// theirs takes what OpenAI says into its books.
func (b *books) theirs(s openai.Statement) {
	for _, l := range s.Costs {
		model := ""
		if l.Model != "" {
			m := b.model(l.Model)
			model, m.OpenAI = m.Model, m.OpenAI.Plus(l.Cost)
		}
		d := b.line(model, l.Part)
		d.OpenAI = d.OpenAI.Plus(l.Cost)
		b.r.OpenAI.Cost = b.r.OpenAI.Cost.Plus(l.Cost)
		b.r.OpenAI.Projects[l.ProjectID] = b.r.OpenAI.Projects[l.ProjectID].Plus(l.Cost)
	}
	listed := map[string]bool{} // whose tokens OpenAI lists
	for _, u := range s.Tokens {
		model := b.model(u.Model).Model
		listed[model] = true
		u.Images = 0
		b.used(model, u.Usage, func(d *UsageDifference, n int64) { d.OpenAI += n })
	}
	for _, u := range s.Images {
		b.used(b.model(u.Model).Model, cost.Usage{Images: u.Images}, func(d *UsageDifference, n int64) { d.OpenAI += n })
	}
	// The tokens of images are counted by image; where OpenAI has none of a model, there is nothing to compare ours to.
	maps.DeleteFunc(b.counts, func(l line, _ *UsageDifference) bool {
		return b.kinds[l.model] == cost.Image && l.item != countImages && !listed[l.model]
	})
}

// model is a model's entry, by its family.
func (b *books) model(name string) *ModelBooks {
	name = cost.Family(name)
	if b.models[name] == nil {
		b.models[name] = &ModelBooks{Model: name}
	}
	return b.models[name]
}

func (b *books) line(model string, part cost.Part) *CostDifference {
	at := line{model, string(part)}
	if b.lines[at] == nil {
		b.lines[at] = &CostDifference{Model: model, LineItem: string(part)}
	}
	return b.lines[at]
}

// used adds each count of a usage.
func (b *books) used(model string, u cost.Usage, add func(*UsageDifference, int64)) {
	for counted, n := range map[string]int64{
		countInput: u.Input, countCached: u.Cached, countWrites: u.CacheWrite, countOutput: u.Output, countImages: u.Images,
	} {
		at := line{model, counted}
		if b.counts[at] == nil {
			b.counts[at] = &UsageDifference{Model: model, Counted: counted}
		}
		add(b.counts[at], n)
	}
}

// compare names what differs.
func (b *books) compare() Reconciliation {
	r := b.r
	r.Models, r.Costs, r.Usage = []ModelBooks{}, []CostDifference{}, []UsageDifference{}
	for _, name := range slices.Sorted(maps.Keys(b.models)) {
		r.Models = append(r.Models, *b.models[name])
	}
	small := map[string]CostDifference{} // by model
	for _, d := range b.lines {
		if d.Difference = d.OpenAI - d.Ours; namedDifference(d.Difference) {
			r.Costs = append(r.Costs, *d)
			continue
		}
		sum := small[d.Model]
		small[d.Model] = CostDifference{d.Model, RoundingItem, sum.Ours + d.Ours, sum.OpenAI + d.OpenAI, sum.Difference + d.Difference}
	}
	for _, d := range small {
		if namedDifference(d.Difference) {
			r.Costs = append(r.Costs, d)
		}
	}
	for _, d := range b.counts {
		if d.Difference = d.OpenAI - d.Ours; d.Difference != 0 {
			r.Usage = append(r.Usage, *d)
		}
	}
	slices.SortFunc(r.Costs, func(a, b CostDifference) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.LineItem, b.LineItem))
	})
	slices.SortFunc(r.Usage, func(a, b UsageDifference) int {
		return cmp.Or(cmp.Compare(a.Model, b.Model), cmp.Compare(a.Counted, b.Counted))
	})
	r.Agrees = len(r.Costs)+len(r.Usage) == 0
	return r
}

// namedDifference says whether a difference is one to the cent.
func namedDifference(d cost.Amount) bool { return d >= halfCent || d <= -halfCent }

// unknown is what the two books do not tell.
func (b *books) unknown(on, today time.Time, project string, lookback int) []string {
	var says []string
	say := func(format string, args ...any) { says = append(says, fmt.Sprintf(format, args...)) }
	if on.Equal(today) {
		say("the day is not over: both books still grow")
	}
	if today.Sub(on) <= day {
		say("OpenAI's figures of a day can be some hours late")
	}
	if project == "" {
		say("OpenAI's figures are those of the whole organisation: what its other projects and keys used is among them (projectId narrows it to one)")
	} else {
		say("OpenAI's figures are those of project %s: what else uses it is among them, and what our key used in another is not", project)
	}
	say("ours are of the day on which a call was begun; by which moment OpenAI books it is not documented: %d calls of the day ended after it or not yet, and %d that were begun before ended on it", b.late, b.early)
	if p := b.r.Ours.PossiblyCharged; p != nil {
		say("%d calls have an outcome that nobody knows: up to %s that OpenAI has more may be theirs", p.Calls, p.Cost)
	}
	say("calls of runs that were created more than %d days before (continued or asked again since) are not among ours, nor those of templates that are no longer listed", lookback)
	return says
}
