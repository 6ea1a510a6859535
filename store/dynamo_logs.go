package store

import (
	"context"
	"fmt"

	"github.com/guregu/dynamo/v2"
)

// AddLog implements Store.
func (d *Dynamo) AddLog(ctx context.Context, l Log) error {
	op := fmt.Sprintf("add log %q of run %q", l.LogType, l.RunID)
	item, err := d.logItem(ctx, op, l)
	if err != nil {
		return err
	}
	existing, err := insert(ctx, d.logs, AttributeRunID, AttributeLogType, item)
	if err != nil {
		return failure(ctx, op, err)
	}
	if existing != nil {
		return fmt.Errorf("%s: %w: it exists, written by attempt %d", op, ErrConflict, number(existing, "attempt"))
	}
	return nil
}

// SetLog implements Store.
func (d *Dynamo) SetLog(ctx context.Context, l Log) error {
	op := fmt.Sprintf("set log %q of run %q", l.LogType, l.RunID)
	item, err := d.logItem(ctx, op, l)
	if err != nil {
		return err
	}
	err = d.logs.Put(item).If("attribute_not_exists('runId') OR 'attempt' <= ?", l.Attempt).Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return fmt.Errorf("%s: %w: a later attempt than %d wrote it", op, ErrFenced, l.Attempt)
	}
	return failure(ctx, op, err)
}

// logItem returns l as an item, once its attempt is seen to hold the run.
func (d *Dynamo) logItem(ctx context.Context, op string, l Log) (dynamo.Item, error) {
	l, err := l.checked()
	if err != nil {
		return nil, wrap(op, err)
	}
	run, err := d.runItem(ctx, l.RunID)
	if err != nil {
		return nil, failure(ctx, op, err)
	}
	writer := Run{Timestamp: parseStamp(text(run, AttributeTimestamp)), Attempt: l.Attempt}
	if err := fenced(writer, run); err != nil {
		return nil, wrap(op, err)
	}
	item, err := d.item(ctx, newLogRecord(l), spillOver)
	if err != nil {
		return nil, failure(ctx, op, err)
	}
	if d.logTTL > 0 {
		item[AttributeExpiresAt] = numberValue(l.Timestamp.Add(d.logTTL).Unix())
	}
	return item, nil
}

// Logs implements Store.
func (d *Dynamo) Logs(ctx context.Context, runID, prefix string) ([]Log, error) {
	op := fmt.Sprintf("logs %q of run %q", prefix, runID)
	if err := checkLogs(runID, prefix); err != nil {
		return nil, wrap(op, err)
	}
	query := d.logs.Get(AttributeRunID, runID).Consistent(true)
	if prefix != "" {
		query.Range(AttributeLogType, dynamo.BeginsWith, prefix)
	}
	var items []dynamo.Item
	if err := query.All(ctx, &items); err != nil {
		return nil, failure(ctx, op, err)
	}
	docs, err := d.documents(ctx, items)
	if err != nil {
		return nil, failure(ctx, op, err)
	}
	logs := make([]Log, 0, len(docs))
	for _, doc := range docs {
		var r logRecord
		if err := doc.decode(&r); err != nil {
			return nil, failure(ctx, op, err)
		}
		if r.LogType != claimLogType {
			logs = append(logs, r.log())
		}
	}
	return logs, nil
}
