package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/full-turner/full-turner/store"
)

// TestPersist runs in a bubble whose clock moves on when everything in it waits.
func TestPersist(t *testing.T) {
	down := fmt.Errorf("put run 7: %w", store.ErrUnavailable)
	fenced := fmt.Errorf("put run 7: %w", store.ErrFenced)
	const patience = 10 * time.Second
	for _, test := range []struct {
		name    string
		answers []error // of the writes, in order; the last is given again
		want    error
		at      []time.Duration // when each write was made
	}{
		{"WrittenAtOnce", []error{nil}, nil, ms(0)},
		{"WrittenWhenTheServiceIsBack", []error{down, down, down, nil}, nil, ms(0, 50, 150, 350)},
		{"AnotherErrorIsFinal", []error{fenced}, fenced, ms(0)},
		{"AnotherErrorIsFinalAfterAPause", []error{down, fenced}, fenced, ms(0, 50)},
		{"GivenUpWhenPatienceEnds", []error{down}, down, ms(0, 50, 150, 350, 750, 1550, 3150, 5150, 7150, 9150)},
	} {
		for _, ended := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/CallerGone=%v", test.name, ended), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if ended {
						cancel()
					}
					began := time.Now()
					var at []time.Duration
					err := store.Persist(ctx, patience, func(ctx context.Context) error {
						if ctx.Err() != nil {
							t.Errorf("write %d was given a context that has ended", len(at))
						}
						if until, ok := ctx.Deadline(); !ok || !until.Equal(began.Add(patience)) {
							t.Errorf("write %d may go on until %v, %v; want %v after the call", len(at), until, ok, patience)
						}
						at = append(at, time.Since(began))
						return test.answers[min(len(at), len(test.answers))-1]
					})
					if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
						t.Errorf("Persist: %v; want %v", err, test.want)
					}
					if !slices.Equal(at, test.at) {
						t.Errorf("written at %v; want %v", at, test.at)
					}
					if took := time.Since(began); took > patience {
						t.Errorf("it took %v; want at most %v", took, patience)
					}
				})
			})
		}
	}
}

// TestPersistKeepsValues proves that what the caller put in its context reaches the write.
func TestPersistKeepsValues(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "trace")
	err := store.Persist(ctx, time.Minute, func(ctx context.Context) error {
		if got := ctx.Value(key{}); got != "trace" {
			t.Errorf("the write's context holds %v", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ms(n ...int) []time.Duration {
	out := make([]time.Duration, len(n))
	for i, n := range n {
		out[i] = time.Duration(n) * time.Millisecond
	}
	return out
}

func TestPersist_OfAWriteThatHangsIsUnavailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := store.Persist(t.Context(), time.Minute, func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	})
}
