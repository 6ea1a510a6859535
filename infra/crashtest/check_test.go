package crashtest

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// row is a ledger row as it is stored.
type row struct {
	Kind            cost.Kind
	State           string
	ElementID       string
	ResponseID      string
	Error           string
	Usage           *cost.Usage
	Cost            cost.Amount
	PossiblyCharged *cost.Possibly
}

// possibly is what the row may have cost besides Cost.
func (r row) possibly() cost.Possibly {
	if r.PossiblyCharged == nil {
		return cost.Possibly{}
	}
	return *r.PossiblyCharged
}

// check holds a run that has ended against everything that must be true of it, and returns its ledger.
func (h *harness) check(ctx context.Context, r *run) map[string]row {
	if len(r.faults) > 0 {
		return nil // it did not end
	}
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	stored, err := h.store.Run(ctx, r.id)
	if err != nil {
		r.wrong(unfinished, "%v; it said %s", err, r.said)
		return nil
	}
	if stored.Status != store.Completed || r.summary.Status != store.Completed {
		r.wrong(unfinished, "status %s, error %+v; it said %s", stored.Status, stored.Error, r.said)
	} else if want := (pipeline.ImageCounts{Total: images, Succeeded: images, Reused: r.summary.Images.Reused}); r.summary.Images != want {
		r.wrong(wrongFunnel, "images %+v", r.summary.Images)
	} else if err := h.document(ctx, r).check(r.id, func(key string) ([]byte, error) { return h.objects.Get(ctx, key) }); err != nil {
		r.wrong(wrongFunnel, "%v", err)
	}
	logs, err := h.store.Logs(ctx, r.id, ledgerPrefix)
	if err != nil {
		r.wrong(harnessFault, "%v", err)
		return nil
	}
	rows := map[string]row{}
	for _, l := range logs {
		var c row
		if err := json.Unmarshal(l.Data, &c); err != nil {
			r.wrong(wrongSum, "row %s: %v", l.LogType, err)
		}
		rows[l.LogType] = c
	}
	for name, w := range r.ledger {
		if c, ok := rows[name]; !ok || c.State != w.State.S || c.ResponseID != w.ResponseID.S {
			r.wrong(lostRow, "%s was written as %s %s and is %s %s", name, w.State.S, w.ResponseID.S, c.State, c.ResponseID)
		}
	}
	r.checkSum(rows, stored.Cost)
	r.checkBill(rows, stored.Cost)
	r.checkRepeats(rows)
	r.checkMarks(rows)
	return rows
}

// document is the output document. That of a run of this size is too large for its response.
func (h *harness) document(ctx context.Context, r *run) (d document) {
	if r.summary.Output == nil {
		return d
	}
	raw := []byte(r.summary.Output.Document)
	if len(raw) == 0 {
		_, key, _ := strings.Cut(strings.TrimPrefix(r.summary.Output.Location, "s3://"), "/")
		raw, _ = h.objects.Get(ctx, key)
	}
	_ = json.Unmarshal(raw, &d) // checked by what it then holds
	return d
}

// checkSum compares the run's cost with the sum of its ledger.
func (r *run) checkSum(rows map[string]row, c cost.Breakdown) {
	var sum, possibly cost.Possibly
	for name, row := range rows {
		if row.State == "started" {
			r.wrong(openRow, "%s", name)
		}
		if row.Usage != nil {
			sum.Calls++
		}
		sum.Cost += row.Cost
		possibly.Calls += row.possibly().Calls
		possibly.Cost += row.possibly().Cost
	}
	if calls := c.Details.Agent.Calls + c.Details.Images.Calls; sum.Cost != c.Total || sum.Calls != calls || c.Agent+c.Image != c.Total {
		r.wrong(wrongSum, "%d rows say %v; the run says %d calls, %v", sum.Calls, sum.Cost, calls, c.Total)
	}
	var said cost.Possibly
	if c.PossiblyCharged != nil {
		said = *c.PossiblyCharged
	}
	if possibly != said {
		r.wrong(wrongSum, "possibly charged: the rows say %+v, the run %+v", possibly, said)
	}
	if r.summary.Cost.Total != c.Total {
		r.wrong(wrongSum, "the summary says %v, the record %v", r.summary.Cost.Total, c.Total)
	}
}

// checkBill compares the run's cost with what OpenAI charged, in sum and call by call.
func (r *run) checkBill(rows map[string]row, c cost.Breakdown) {
	bill, most := cost.Amount(r.fake.Bill().Total), c.Total
	if c.PossiblyCharged != nil {
		most += c.PossiblyCharged.Cost
	}
	if bill < c.Total || bill > most {
		r.wrong(wrongBill, "OpenAI charged %v; total %v, with what is possibly charged %v", bill, c.Total, most)
	}
	type account struct {
		charged, known, possibly int64 // calls
		bill, cost, most         cost.Amount
	}
	accounts := map[string]*account{}
	of := func(subject string) *account {
		if accounts[subject] == nil {
			accounts[subject] = &account{}
		}
		return accounts[subject]
	}
	for _, charge := range r.fake.Bill().Charges {
		subject := "image " + shownIn(charge.Prompt)
		if charge.Kind == openaitest.KindAgent {
			subject = charge.Metadata["call"]
		}
		of(subject).charged++
		of(subject).bill += cost.Amount(charge.Nano)
	}
	for name, row := range rows {
		subject := name
		if row.Kind == cost.Image {
			subject = "image " + row.ElementID
		}
		a := of(subject)
		if row.Usage != nil {
			a.known++
		}
		a.possibly += row.possibly().Calls
		a.cost += row.Cost
		a.most += row.Cost + row.possibly().Cost
	}
	for subject, a := range accounts {
		if a.charged < a.known || a.charged > a.known+a.possibly || a.bill < a.cost || a.bill > a.most {
			r.wrong(unnamed, "%s was charged %d times, %v; the ledger has %d answers, %v, and %d possible charges, at most %v", subject, a.charged, a.bill, a.known, a.cost, a.possibly, a.most)
		}
	}
}
