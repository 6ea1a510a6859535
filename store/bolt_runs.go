package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// lease is the part of a run that conditions look at, apart from the rest so
// that renewing it does not rewrite the run, and fencing does not read it.
type lease struct {
	Timestamp  stamp     `json:"timestamp"`
	TemplateID string    `json:"templateId"`
	Attempt    int       `json:"attempt"`
	Status     RunStatus `json:"status"`
	LeaseUntil millis    `json:"leaseUntil"`
}

// run returns the run as far as the lease tells.
func (l lease) run() Run {
	return Run{Timestamp: l.Timestamp.Time, TemplateID: l.TemplateID, Attempt: l.Attempt, Status: l.Status, LeaseUntil: l.LeaseUntil.Time}
}

func putLease(tx *bbolt.Tx, r Run) error {
	return put(tx.Bucket(bucketLeases), r.RunID, lease{stamp{r.Timestamp}, r.TemplateID, r.Attempt, r.Status, millis{r.LeaseUntil}})
}

func loadLease(tx *bbolt.Tx, id string) (Run, error) {
	var l lease
	err := load(tx.Bucket(bucketLeases), id, &l)
	return l.run(), err
}

// putRun writes r in place of the run that stored tells of, the zero Run for
// none.
func putRun(tx *bbolt.Tx, stored, r Run) error {
	if stored.TemplateID != r.TemplateID {
		key := indexKey(stamp{r.Timestamp}.String(), r.RunID)
		if stored.TemplateID != "" {
			if err := tx.Bucket(bucketIndex).Bucket([]byte(stored.TemplateID)).Delete(key); err != nil {
				return err
			}
		}
		index, err := tx.Bucket(bucketIndex).CreateBucketIfNotExists([]byte(r.TemplateID))
		if err != nil {
			return err
		}
		if err := index.Put(key, nil); err != nil {
			return err
		}
	}
	if err := putLease(tx, r); err != nil {
		return err
	}
	return put(tx.Bucket(bucketRuns), r.RunID, newRunRecord(r))
}

func loadRun(tx *bbolt.Tx, id string) (Run, error) {
	var record runRecord
	if err := load(tx.Bucket(bucketRuns), id, &record); err != nil {
		return Run{}, err
	}
	held, err := loadLease(tx, id)
	r := record.run()
	r.LeaseUntil = held.LeaseUntil
	return r, err
}

// CreateRun implements Store.
func (b *Bolt) CreateRun(ctx context.Context, r Run) (Run, error) {
	op := fmt.Sprintf("create run %q", r.RunID)
	r, err := r.checked()
	if err != nil {
		return Run{}, wrap(op, err)
	}
	var existing Run
	err = b.write(ctx, op, func(tx *bbolt.Tx) error {
		var err error
		switch existing, err = loadRun(tx, r.RunID); {
		case err == nil:
			return fmt.Errorf("%w: it exists, created %s", ErrConflict, stamp{existing.Timestamp})
		case !errors.Is(err, ErrNotFound):
			return err
		}
		return putRun(tx, Run{}, r)
	})
	if errors.Is(err, ErrConflict) {
		return existing, err
	}
	if err != nil {
		return Run{}, err
	}
	return r, nil
}

// Run implements Store.
func (b *Bolt) Run(ctx context.Context, id string) (Run, error) {
	op := fmt.Sprintf("run %q", id)
	if err := checkID("runId", id, maxPartitionKey); err != nil {
		return Run{}, wrap(op, err)
	}
	var r Run
	err := b.read(ctx, op, func(tx *bbolt.Tx) (err error) {
		r, err = loadRun(tx, id)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	return r, nil
}

// TakeLease implements Store.
func (b *Bolt) TakeLease(ctx context.Context, seen, next Run) error {
	op := fmt.Sprintf("take lease of run %q", seen.RunID)
	next, err := next.checked()
	if err == nil {
		err = checkSuccessor(seen, next)
	}
	if err != nil {
		return wrap(op, err)
	}
	return b.write(ctx, op, func(tx *bbolt.Tx) error {
		stored, err := loadLease(tx, seen.RunID)
		switch {
		case err != nil:
			return err
		case !stored.Timestamp.Equal(next.Timestamp):
			return otherTimestamp(next.Timestamp, stored.Timestamp)
		case stored.Attempt != seen.Attempt || stored.Status != seen.Status || !stored.LeaseUntil.Equal(instant(seen.LeaseUntil)):
			return fmt.Errorf("%w: it is at attempt %d now, %s", ErrConflict, stored.Attempt, stored.Status)
		}
		return putRun(tx, stored, next)
	})
}

// RenewLease implements Store.
func (b *Bolt) RenewLease(ctx context.Context, r Run, until time.Time) error {
	op := fmt.Sprintf("renew lease of run %q", r.RunID)
	if err := firstError(checkID("runId", r.RunID, maxPartitionKey), checkTime("leaseUntil", until)); err != nil {
		return wrap(op, err)
	}
	return b.write(ctx, op, func(tx *bbolt.Tx) error {
		stored, err := loadHeld(tx, r)
		if err != nil {
			return err
		}
		stored.RunID, stored.LeaseUntil = r.RunID, instant(until)
		return putLease(tx, stored)
	})
}

// UpdateRun implements Store.
func (b *Bolt) UpdateRun(ctx context.Context, r Run) error {
	op := fmt.Sprintf("update run %q", r.RunID)
	r, err := r.checked()
	if err != nil {
		return wrap(op, err)
	}
	return b.write(ctx, op, func(tx *bbolt.Tx) error {
		stored, err := loadHeld(tx, r)
		if err != nil {
			return err
		}
		next := r
		if stored.LeaseUntil.After(next.LeaseUntil) {
			next.LeaseUntil = stored.LeaseUntil
		}
		return putRun(tx, stored, next)
	})
}

// loadHeld returns the lease of a run that r may write to.
func loadHeld(tx *bbolt.Tx, r Run) (Run, error) {
	stored, err := loadLease(tx, r.RunID)
	if err != nil {
		return Run{}, err
	}
	return stored, holds(r, stored)
}

// Runs implements Store.
func (b *Bolt) Runs(ctx context.Context, templateID string, limit int, pageToken string) ([]Run, string, error) {
	op := fmt.Sprintf("list runs of template %q", templateID)
	if err := checkID("templateId", templateID, maxPartitionKey); err != nil {
		return nil, "", wrap(op, err)
	}
	created, id, err := parseRunsToken(pageToken, templateID)
	if err != nil {
		return nil, "", wrap(op, err)
	}
	limit = pageSize(limit)
	var runs []Run
	err = b.read(ctx, op, func(tx *bbolt.Tx) error {
		index := tx.Bucket(bucketIndex).Bucket([]byte(templateID))
		if index == nil {
			return nil
		}
		c := index.Cursor()
		key, _ := c.Last()
		if id != "" {
			after := indexKey(created, id)
			if key, _ = c.Seek(after); key == nil {
				key, _ = c.Last()
			}
			for key != nil && bytes.Compare(key, after) >= 0 {
				key, _ = c.Prev()
			}
		}
		for ; key != nil && len(runs) <= limit; key, _ = c.Prev() {
			r, err := loadRun(tx, string(key[len(stampLayout):]))
			if err != nil {
				return err
			}
			runs = append(runs, r)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	runs, next := page(runs, limit, runsAfter(templateID))
	return runs, next, nil
}

// indexKey sorts by time: a timestamp has a fixed width.
func indexKey(timestamp, runID string) []byte { return []byte(timestamp + runID) }
