package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/guregu/dynamo/v2"
)

// claimLogType is the row of the logs table that fixes the timestamp of a run
// id. It never expires: without it the id could be used twice.
const claimLogType = "run#created"

var runAttributes = append(attributesOf(runRecord{}), attributeSpilled)

// CreateRun implements Store.
func (d *Dynamo) CreateRun(ctx context.Context, r Run) (Run, error) {
	op := fmt.Sprintf("create run %q", r.RunID)
	r, err := r.checked()
	if err != nil {
		return Run{}, wrap(op, err)
	}
	claim, err := insert(ctx, d.logs, AttributeRunID, AttributeLogType, dynamo.Item{
		AttributeRunID:     textValue(r.RunID),
		AttributeLogType:   textValue(claimLogType),
		AttributeTimestamp: textValue(stamp{r.Timestamp}.String()),
		"level":            textValue("INFO"),
		"message":          textValue("run created"),
	})
	if err != nil {
		return Run{}, failure(ctx, op, err)
	}
	if claim != nil {
		if r.Timestamp = parseStamp(text(claim, AttributeTimestamp)); r.Timestamp.IsZero() {
			return Run{}, fmt.Errorf("%s: row %q of its log holds no timestamp", op, claimLogType)
		}
		// Most often the run is there too, and its large fields need no upload.
		existing, err := get(ctx, d.runs, AttributeRunID, r.RunID, AttributeTimestamp, stamp{r.Timestamp}.String())
		if !errors.Is(err, dynamo.ErrNotFound) {
			return d.existing(ctx, op, existing, err)
		}
	}
	item, err := d.item(ctx, newRunRecord(r), spillRunOver)
	if err != nil {
		return Run{}, failure(ctx, op, err)
	}
	existing, err := insert(ctx, d.runs, AttributeRunID, AttributeTimestamp, item)
	if existing != nil || err != nil {
		return d.existing(ctx, op, existing, err)
	}
	return r, nil
}

// existing returns the run that has the id already, and ErrConflict.
func (d *Dynamo) existing(ctx context.Context, op string, item dynamo.Item, err error) (Run, error) {
	if err != nil {
		return Run{}, failure(ctx, op, err)
	}
	runs, err := d.readRuns(ctx, []dynamo.Item{item})
	if err != nil {
		return Run{}, failure(ctx, op, err)
	}
	return runs[0], fmt.Errorf("%s: %w: it exists, created %s", op, ErrConflict, stamp{runs[0].Timestamp})
}

// Run implements Store.
func (d *Dynamo) Run(ctx context.Context, id string) (Run, error) {
	op := fmt.Sprintf("run %q", id)
	item, err := d.runItem(ctx, id)
	if err != nil {
		return Run{}, failure(ctx, op, err)
	}
	runs, err := d.readRuns(ctx, []dynamo.Item{item})
	if err != nil {
		return Run{}, failure(ctx, op, err)
	}
	return runs[0], nil
}

// runItem reads the item of a run, as of now. The timestamp in its key is not
// known to those who have only the id, so it is a query.
func (d *Dynamo) runItem(ctx context.Context, id string) (dynamo.Item, error) {
	if err := checkID("runId", id, maxPartitionKey); err != nil {
		return nil, err
	}
	var item dynamo.Item
	err := d.runs.Get(AttributeRunID, id).Consistent(true).Limit(1).One(ctx, &item)
	return item, err
}

func (d *Dynamo) readRuns(ctx context.Context, items []dynamo.Item) ([]Run, error) {
	docs, err := d.documents(ctx, items)
	if err != nil {
		return nil, err
	}
	runs := make([]Run, len(docs))
	for i, doc := range docs {
		var r runRecord
		if err := doc.decode(&r); err != nil {
			return nil, err
		}
		runs[i] = r.run()
	}
	return runs, nil
}

// TakeLease implements Store.
func (d *Dynamo) TakeLease(ctx context.Context, seen, next Run) error {
	op := fmt.Sprintf("take lease of run %q", seen.RunID)
	next, err := next.checked()
	if err == nil {
		err = checkSuccessor(seen, next)
	}
	if err != nil {
		return wrap(op, err)
	}
	item, err := d.runWrite(ctx, next)
	if err != nil {
		return failure(ctx, op, err)
	}
	err = d.replaceRun(next, item).
		If("'attempt' = ? AND 'leaseUntil' = ? AND 'status' = ?", seen.Attempt, millis{instant(seen.LeaseUntil)}.number(), string(seen.Status)).
		Run(ctx)
	if !dynamo.IsCondCheckFailed(err) {
		return failure(ctx, op, err)
	}
	stored, err := d.runItem(ctx, seen.RunID)
	switch {
	case err != nil:
		return failure(ctx, op, err)
	case sameWrite(stored, item):
		return nil
	case text(stored, AttributeTimestamp) != text(item, AttributeTimestamp):
		return wrap(op, otherTimestamp(next.Timestamp, parseStamp(text(stored, AttributeTimestamp))))
	}
	return fmt.Errorf("%s: %w: it is at attempt %d now, %s", op, ErrConflict, number(stored, "attempt"), text(stored, "status"))
}

// RenewLease implements Store.
func (d *Dynamo) RenewLease(ctx context.Context, r Run, until time.Time) error {
	op := fmt.Sprintf("renew lease of run %q", r.RunID)
	if err := firstError(checkID("runId", r.RunID, maxPartitionKey), checkTime("leaseUntil", until)); err != nil {
		return wrap(op, err)
	}
	for {
		err := d.updateRun(r).Set("leaseUntil", millis{instant(until)}.number()).
			If("'attempt' = ? AND 'status' = ?", r.Attempt, string(Running)).
			Run(ctx)
		if !dynamo.IsCondCheckFailed(err) {
			return failure(ctx, op, err)
		}
		stored, err := d.runItem(ctx, r.RunID)
		if err == nil {
			err = fenced(r, stored)
		}
		if err != nil {
			return failure(ctx, op, err)
		}
		// The attempt took the run between the two: again.
	}
}

// UpdateRun implements Store.
func (d *Dynamo) UpdateRun(ctx context.Context, r Run) error {
	op := fmt.Sprintf("update run %q", r.RunID)
	r, err := r.checked()
	if err != nil {
		return wrap(op, err)
	}
	item, err := d.runWrite(ctx, r)
	if err != nil {
		return failure(ctx, op, err)
	}
	// An update cannot take the later of two times, so it is tried with the
	// stored lease, usually the later, and then with r's.
	lease := millis{r.LeaseUntil}.number()
	for {
		err := d.replaceRun(r, item, "leaseUntil").
			If("'attempt' = ? AND 'status' = ? AND 'leaseUntil' >= ?", r.Attempt, string(Running), lease).
			Run(ctx)
		if dynamo.IsCondCheckFailed(err) {
			err = d.replaceRun(r, item).
				If("'attempt' = ? AND 'status' = ? AND 'leaseUntil' < ?", r.Attempt, string(Running), lease).
				Run(ctx)
		}
		if !dynamo.IsCondCheckFailed(err) {
			return failure(ctx, op, err)
		}
		stored, err := d.runItem(ctx, r.RunID)
		switch {
		case err != nil:
			return failure(ctx, op, err)
		case sameWrite(stored, item):
			return nil
		}
		if err := fenced(r, stored); err != nil {
			return wrap(op, err)
		}
		// The lease moved between the two writes: again.
	}
}

// runWrite returns r as an item to be written, with a write id of its own.
func (d *Dynamo) runWrite(ctx context.Context, r Run) (dynamo.Item, error) {
	item, err := d.item(ctx, newRunRecord(r), spillRunOver)
	if err != nil {
		return nil, err
	}
	item[attributeWriteID] = textValue(rand.Text())
	return item, nil
}

func sameWrite(a, b dynamo.Item) bool {
	return text(a, attributeWriteID) == text(b, attributeWriteID)
}

func (d *Dynamo) updateRun(r Run) *dynamo.Update {
	return d.runs.Update(AttributeRunID, r.RunID).Range(AttributeTimestamp, stamp{r.Timestamp}.String())
}

// replaceRun sets every attribute of a run to what item holds, those it does
// not hold removed, and leaves alone the attributes named in except and any
// that this package does not know.
func (d *Dynamo) replaceRun(r Run, item dynamo.Item, except ...string) *dynamo.Update {
	u := d.updateRun(r).SetNullable(attributeWriteID, item[attributeWriteID])
	for _, name := range runAttributes {
		if name == AttributeRunID || name == AttributeTimestamp || slices.Contains(except, name) {
			continue
		}
		if av, ok := item[name]; ok {
			u.SetNullable(name, av)
		} else {
			u.Remove(name)
		}
	}
	return u
}

// fenced says why r may not write to the run as it is stored, nil when it may.
func fenced(r Run, stored dynamo.Item) error {
	return holds(r, Run{
		Timestamp: parseStamp(text(stored, AttributeTimestamp)),
		Attempt:   int(number(stored, "attempt")),
		Status:    RunStatus(text(stored, "status")),
	})
}

// Runs implements Store.
func (d *Dynamo) Runs(ctx context.Context, templateID string, limit int, pageToken string) ([]Run, string, error) {
	op := fmt.Sprintf("list runs of template %q", templateID)
	if err := checkID("templateId", templateID, maxPartitionKey); err != nil {
		return nil, "", wrap(op, err)
	}
	created, id, err := parseRunsToken(pageToken, templateID)
	if err != nil {
		return nil, "", wrap(op, err)
	}
	var start dynamo.PagingKey
	if id != "" {
		start = dynamo.PagingKey{
			AttributeTemplateID: textValue(templateID),
			AttributeTimestamp:  textValue(created),
			AttributeRunID:      textValue(id),
		}
	}
	limit = pageSize(limit)
	var items []dynamo.Item
	for len(items) <= limit { // a request also ends at 1 MB
		var some []dynamo.Item
		start, err = d.runs.Get(AttributeTemplateID, templateID).Index(IndexName).Order(dynamo.Descending).
			SearchLimit(limit+1-len(items)).StartFrom(start).AllWithLastEvaluatedKey(ctx, &some)
		if err != nil {
			return nil, "", failure(ctx, op, err)
		}
		items = append(items, some...)
		if start == nil {
			break
		}
	}
	runs, err := d.readRuns(ctx, items)
	if err != nil {
		return nil, "", failure(ctx, op, err)
	}
	runs, next := page(runs, limit, runsAfter(templateID))
	return runs, next, nil
}
