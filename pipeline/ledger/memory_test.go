package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/full-turner/full-turner/store"
)

// memory is a run's rows and answers where many are wanted and none need be kept, with the store's rules.
type memory struct {
	mu      sync.Mutex
	attempt int // that holds the run
	logs    map[string]store.Log
	answers map[string][]byte
}

func newMemory() *memory {
	return &memory{attempt: 1, logs: map[string]store.Log{}, answers: map[string][]byte{}}
}

// taken has the next attempt hold the run.
func (m *memory) taken() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attempt++
	return m.attempt
}

func (m *memory) write(ctx context.Context, l store.Log, anew bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, there := m.logs[l.LogType]
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case l.Attempt != m.attempt:
		return fmt.Errorf("%w: attempt %d holds the run", store.ErrFenced, m.attempt)
	case there && anew:
		return fmt.Errorf("%w: %s is there", store.ErrConflict, l.LogType)
	}
	m.logs[l.LogType] = l
	return nil
}

func (m *memory) AddLog(ctx context.Context, l store.Log) error { return m.write(ctx, l, true) }

func (m *memory) SetLog(ctx context.Context, l store.Log) error { return m.write(ctx, l, false) }

func (m *memory) Logs(_ context.Context, _, prefix string) ([]store.Log, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []store.Log
	for _, name := range slices.Sorted(maps.Keys(m.logs)) {
		if strings.HasPrefix(name, prefix) {
			found = append(found, m.logs[name])
		}
	}
	return found, nil
}

func (m *memory) Put(ctx context.Context, key, _ string, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers[key] = bytes.Clone(body)
	return ctx.Err()
}

func (m *memory) Get(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	body, there := m.answers[key]
	if !there {
		return nil, fmt.Errorf("get %s: %w", key, store.ErrNotFound)
	}
	return body, nil
}
