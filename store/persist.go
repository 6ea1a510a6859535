package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The pauses of Persist: the first, and the longest that they double to.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// Persist makes a write that must not be lost: write gets a context that goes on
// when ctx has ended, for as long as patience, and is called again within that
// time, after pauses that grow, while its error is ErrUnavailable. Any other
// error is returned at once; when the time is up, the last one is.
//
// A write whose answer was lost may have gone through, so write must bear being
// made twice.
func Persist(ctx context.Context, patience time.Duration, write func(context.Context) error) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	pause := firstPause
	for {
		err := write(ctx)
		if err != nil && ctx.Err() != nil && !errors.Is(err, ErrUnavailable) {
			return fmt.Errorf("%w: %w", ErrUnavailable, err) // patience ended in the middle of a write
		}
		if err == nil || !errors.Is(err, ErrUnavailable) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
			pause = min(2*pause, longestPause)
		}
	}
}
