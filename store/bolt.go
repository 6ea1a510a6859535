package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Buckets of the file. Those of the records hold their JSON, in a bucket a
// template or run where one has many.
var (
	bucketTemplates = []byte("templates")      // templateId / version
	bucketRuns      = []byte("runs")           // runId
	bucketLeases    = []byte("leases")         // runId: the part of a run that conditions look at
	bucketIndex     = []byte("runsByTemplate") // templateId / timestamp and runId, no value
	bucketLogs      = []byte("logs")           // runId / logType
)

// How processes take turns with the file. bbolt locks it for as long as it is
// open, so a process keeps it open only while it has something to do, and not
// for long when others may be waiting.
const (
	idleRelease = 10 * time.Millisecond // the file is closed when unused for this long
	longestTurn = 50 * time.Millisecond // a busy process lets others in after this long
	lockPoll    = 2 * time.Millisecond  // how often a waiting process tries, on average
	lockTimeout = 30 * time.Second      // then it is ErrUnavailable
)

// Bolt is the Store in one file, for a laptop. Any number of goroutines and
// processes may use the file at once: they take turns of some milliseconds. A
// write is on disk when the call returns, and a process that is killed leaves
// the file whole.
type Bolt struct {
	path string

	gate   chan struct{} // holding it guards the fields below
	db     *bbolt.DB     // nil while others may have the file
	since  time.Time     // when db was opened
	used   time.Time     // when db was last handed out
	idle   *time.Timer   // closes db when it is not used
	closed bool

	users sync.WaitGroup // operations that use db
	busy  atomic.Int64   // how many they are
}

// OpenBolt returns the store in the file at path, which it creates, with its
// folder, when it is not there.
func OpenBolt(path string) (*Bolt, error) {
	b := &Bolt{path: path, gate: make(chan struct{}, 1)}
	b.idle = time.AfterFunc(time.Hour, b.rest)
	if err := create(path); err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	if _, err := b.acquire(context.Background()); err != nil {
		b.idle.Stop()
		return nil, fmt.Errorf("open store: %w", err)
	}
	b.release()
	return b, nil
}

// Close releases the file. What was written stays written whether or not Close
// is called; every later call fails.
func (b *Bolt) Close() error {
	b.gate <- struct{}{}
	defer func() { <-b.gate }()
	b.closed = true
	b.idle.Stop()
	return b.letGo()
}

// create makes the file under another name first: bbolt could not open one that
// a killed process left half made.
func create(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, ".new-store-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	db, err := bbolt.Open(filepath.Join(tmp, "db"), 0o600, nil)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	// A link, unlike a rename, never replaces what another process made. Where
	// the file system has no links, bbolt makes the file when it opens it.
	_ = os.Link(filepath.Join(tmp, "db"), path)
	return nil
}

// acquire returns the open file. The caller must release it.
func (b *Bolt) acquire(ctx context.Context) (*bbolt.DB, error) {
	select {
	case b.gate <- struct{}{}:
		defer func() { <-b.gate }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if b.closed {
		return nil, fmt.Errorf("%s: %w", b.path, fs.ErrClosed)
	}
	if b.db != nil && time.Since(b.since) > longestTurn {
		if err := b.letGo(); err != nil {
			return nil, err
		}
		if err := sleep(ctx, 3*lockPoll); err != nil { // longer than the others sleep
			return nil, err
		}
	}
	if b.db == nil {
		if err := b.open(ctx); err != nil {
			return nil, err
		}
	}
	b.used = time.Now()
	b.idle.Reset(idleRelease)
	b.users.Add(1)
	b.busy.Add(1)
	return b.db, nil
}

func (b *Bolt) release() {
	b.busy.Add(-1)
	b.users.Done()
}

// rest closes the file when nobody used it for a while.
func (b *Bolt) rest() {
	b.gate <- struct{}{}
	defer func() { <-b.gate }()
	if b.closed {
		return
	}
	if left := idleRelease - time.Since(b.used); left > 0 {
		b.idle.Reset(left)
		return
	}
	// An error of closing concerns no write: each was on disk before it returned.
	_ = b.letGo()
}

// letGo waits for the operations that use the file and closes it. The caller
// holds the gate.
func (b *Bolt) letGo() error {
	b.users.Wait()
	if b.db == nil {
		return nil
	}
	err := b.db.Close()
	b.db = nil
	return err
}

// open opens the file, once no other process has it. The caller holds the gate.
func (b *Bolt) open(ctx context.Context) error {
	for start := time.Now(); ; {
		// A timeout this short is one try; bbolt itself would try every 50 ms.
		db, err := bbolt.Open(b.path, 0o600, &bbolt.Options{Timeout: 1, FreelistType: bbolt.FreelistMapType})
		switch {
		case err == nil:
			b.db, b.since = db, time.Now()
			db.MaxBatchDelay = time.Millisecond
			return b.prepare()
		case !errors.Is(err, berrors.ErrTimeout):
			return fmt.Errorf("%s: %w", b.path, err)
		case time.Since(start) > lockTimeout:
			return fmt.Errorf("%w: another process has had %s open for %s", ErrUnavailable, b.path, lockTimeout)
		}
		if err := sleep(ctx, lockPoll/2+rand.N(lockPoll)); err != nil {
			return fmt.Errorf("waiting for %s: %w", b.path, err)
		}
	}
}

// prepare makes the buckets of a new file.
func (b *Bolt) prepare() error {
	buckets := [][]byte{bucketTemplates, bucketRuns, bucketLeases, bucketIndex, bucketLogs}
	missing := false
	err := b.db.View(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			missing = missing || tx.Bucket(name) == nil
		}
		return nil
	})
	if err != nil || !missing {
		return err
	}
	return b.db.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// read runs fn in a transaction that sees one state of the file.
func (b *Bolt) read(ctx context.Context, op string, fn func(tx *bbolt.Tx) error) error {
	db, err := b.acquire(ctx)
	if err == nil {
		err = db.View(fn)
		b.release()
	}
	return wrap(op, err)
}

// write runs fn in a transaction, which is on disk when write returns nil and
// never happened when it returns an error. fn may run more than once. Writes at
// the same time share a transaction, and so the wait for the disk.
func (b *Bolt) write(ctx context.Context, op string, fn func(tx *bbolt.Tx) error) error {
	db, err := b.acquire(ctx)
	if err == nil {
		if b.busy.Load() > 1 {
			err = db.Batch(fn)
		} else {
			err = db.Update(fn)
		}
		b.release()
	}
	return wrap(op, err)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// put stores a record as JSON.
func put(bucket *bbolt.Bucket, key string, record any) error {
	data, err := encode(record)
	if err != nil {
		return err
	}
	return bucket.Put([]byte(key), data)
}

// load reads a record, or ErrNotFound when it, or its bucket, is not there.
func load(bucket *bbolt.Bucket, key string, record any) error {
	if bucket == nil {
		return ErrNotFound
	}
	data := bucket.Get([]byte(key))
	if data == nil {
		return ErrNotFound
	}
	return json.Unmarshal(data, record)
}
