package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// faultyStore is a database in front of which a test puts faults. Each is asked before the operation but update,
// which is asked after a write that went through: the fault then is its answer's.
type faultyStore struct {
	store.Store
	logs, renew func() error
	add         func(store.Log) error
	update      func(store.Run) error
}

func (s *faultyStore) Logs(ctx context.Context, id, prefix string) ([]store.Log, error) {
	if s.logs != nil {
		if err := s.logs(); err != nil {
			return nil, err
		}
	}
	return s.Store.Logs(ctx, id, prefix)
}

func (s *faultyStore) RenewLease(ctx context.Context, r store.Run, until time.Time) error {
	if s.renew != nil {
		if err := s.renew(); err != nil {
			return err
		}
	}
	return s.Store.RenewLease(ctx, r, until)
}

func (s *faultyStore) AddLog(ctx context.Context, l store.Log) error {
	if s.add != nil {
		if err := s.add(l); err != nil {
			return err
		}
	}
	return s.Store.AddLog(ctx, l)
}

func (s *faultyStore) UpdateRun(ctx context.Context, r store.Run) error {
	err := s.Store.UpdateRun(ctx, r)
	if err == nil && s.update != nil {
		return s.update(r)
	}
	return err
}

// faulty puts a faultyStore in front of a world's database.
func faulty(s *faultyStore) setting {
	return configured(func(c *pipeline.Config) { s.Store, c.Store = c.Store, s })
}

var errDown = fmt.Errorf("the database: %w", store.ErrUnavailable)

// brokenObjects is an object store that cannot be reached for some puts.
type brokenObjects struct {
	store.Objects
	broken func(key string) bool
}

func (o brokenObjects) Put(ctx context.Context, key, contentType string, body []byte) error {
	if o.broken(key) {
		return fmt.Errorf("put %s: %w", key, store.ErrUnavailable)
	}
	return o.Objects.Put(ctx, key, contentType, body)
}

// deniedObjects refuses some puts for good.
type deniedObjects struct {
	store.Objects
	denied func(key string) bool
}

func (o deniedObjects) Put(ctx context.Context, key, contentType string, body []byte) error {
	if o.denied(key) {
		return errors.New("access denied")
	}
	return o.Objects.Put(ctx, key, contentType, body)
}

// flakyStore is a database whose writes fail for a while.
type flakyStore struct {
	store.Store
	fails atomic.Int32
}

func (s *flakyStore) SetLog(ctx context.Context, l store.Log) error {
	if strings.HasPrefix(l.LogType, "call#") && s.fails.Add(-1) >= 0 {
		return fmt.Errorf("row %s: %w", l.LogType, store.ErrUnavailable)
	}
	return s.Store.SetLog(ctx, l)
}
