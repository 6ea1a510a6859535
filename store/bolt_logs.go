package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// AddLog implements Store.
func (b *Bolt) AddLog(ctx context.Context, l Log) error {
	op := fmt.Sprintf("add log %q of run %q", l.LogType, l.RunID)
	return b.putLog(ctx, op, l, func(existing Log) error {
		return fmt.Errorf("%w: it exists, written by attempt %d", ErrConflict, existing.Attempt)
	})
}

// SetLog implements Store.
func (b *Bolt) SetLog(ctx context.Context, l Log) error {
	op := fmt.Sprintf("set log %q of run %q", l.LogType, l.RunID)
	return b.putLog(ctx, op, l, func(existing Log) error {
		if existing.Attempt > l.Attempt {
			return fmt.Errorf("%w: a later attempt than %d wrote it", ErrFenced, l.Attempt)
		}
		return nil
	})
}

// putLog writes a row of a run that l's attempt holds. Where there is one
// already, replace says whether it may be.
func (b *Bolt) putLog(ctx context.Context, op string, l Log, replace func(existing Log) error) error {
	l, err := l.checked()
	if err != nil {
		return wrap(op, err)
	}
	return b.write(ctx, op, func(tx *bbolt.Tx) error {
		run, err := loadLease(tx, l.RunID)
		if err != nil {
			return err
		}
		if err := holds(Run{Timestamp: run.Timestamp, Attempt: l.Attempt}, run); err != nil {
			return err
		}
		rows, err := tx.Bucket(bucketLogs).CreateBucketIfNotExists([]byte(l.RunID))
		if err != nil {
			return err
		}
		var existing logRecord
		switch err := load(rows, l.LogType, &existing); {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		default:
			if err := replace(existing.log()); err != nil {
				return err
			}
		}
		return put(rows, l.LogType, newLogRecord(l))
	})
}

// Logs implements Store.
func (b *Bolt) Logs(ctx context.Context, runID, prefix string) ([]Log, error) {
	op := fmt.Sprintf("logs %q of run %q", prefix, runID)
	if err := checkLogs(runID, prefix); err != nil {
		return nil, wrap(op, err)
	}
	logs := []Log{}
	err := b.read(ctx, op, func(tx *bbolt.Tx) error {
		rows := tx.Bucket(bucketLogs).Bucket([]byte(runID))
		if rows == nil {
			return nil
		}
		c := rows.Cursor()
		for k, v := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
			var r logRecord
			if err := json.Unmarshal(v, &r); err != nil {
				return err
			}
			logs = append(logs, r.log())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return logs, nil
}
