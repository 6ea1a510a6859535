package pipeline

// The same picture under several addresses is found by its bytes, before any of them is asked for. Which of its tasks
// asks is the largest; in a later attempt it is the one that asked before, so that what was paid for is found again. Its
// row names the bytes: a later attempt needs neither the original nor its host to know them.

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/internal/fetch"
	"github.com/full-turner/full-turner/pipeline/picture"
)

// sourced is a task and what is known of its original.
type sourced struct {
	imageTask
	place int    // among the tasks
	sum   string // of the original, in hexadecimal; "": it is not known, or nothing could share it
	asked bool   // by an earlier attempt
}

// oneOfEach joins the tasks whose originals are the same bytes, as far as their transparency and shape are the same too.
// The tasks stay in their order.
func (m imageMaker) oneOfEach(ctx context.Context, tasks []imageTask) []imageTask {
	all := m.sourced(ctx, tasks)
	byClaim := slices.Clone(all)
	slices.SortStableFunc(byClaim, func(a, b sourced) int {
		if a.asked != b.asked {
			if a.asked {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.width*b.height, a.width*a.height)
	})
	owners := map[string][]int{} // by the original's sum; indices of all
	joined := make([]bool, len(all))
tasks:
	for _, t := range byClaim {
		if t.sum == "" {
			continue
		}
		for _, i := range owners[t.sum] {
			if owner := &all[i]; !t.asked && owner.shares(t.imageTask) { // one that was asked for has an answer of its own
				for _, p := range append([]spot{t.spot}, t.smaller...) {
					owner.imageTask.place(p)
				}
				joined[t.place] = true
				continue tasks
			}
		}
		owners[t.sum] = append(owners[t.sum], t.place)
	}
	var left []imageTask
	for _, t := range all {
		if !joined[t.place] {
			left = append(left, t.imageTask)
		}
	}
	return left
}

// shares says that an image of the same original can be made of this one.
func (t imageTask) shares(other imageTask) bool {
	return t.transparent == other.transparent && t.shaped(other.spot) && !slices.ContainsFunc(other.smaller, func(p spot) bool { return !t.shaped(p) })
}

// sourcing is how long it may take to find out which originals are the same, and never more than a quarter of what is
// left before the deadline: slow hosts must not keep the images from being made.
const sourcing = time.Minute

// sourced finds out what the originals are that several tasks may have in common. An original that cannot be fetched is
// not tried again in this attempt; one that does not come in time stands alone. Nothing of a body is kept.
func (m imageMaker) sourced(ctx context.Context, tasks []imageTask) []sourced {
	limit := sourcing
	if !m.deadline.IsZero() {
		limit = min(limit, m.deadline.Sub(m.now())/4)
	}
	ctx, done := context.WithTimeout(ctx, limit)
	defer done()
	all := make([]sourced, len(tasks))
	var g errgroup.Group
	g.SetLimit(2 * imageConcurrency)
	for i, t := range tasks {
		s := &all[i]
		about, asked := m.ledger.About(cost.Image, t.asked())
		*s = sourced{imageTask: t, place: i, sum: about.Source, asked: asked}
		if s.sum != "" || picture.LeaveAlone(t.url, t.width, t.height) != nil || !m.mayShare(tasks, i) {
			continue
		}
		g.Go(func() error {
			if ctx.Err() != nil || m.room(0) != nil {
				return nil
			}
			var original fetch.Image
			err := guarded(func() (err error) {
				original, err = m.fetch(ctx, t.url)
				return err
			})
			if err == nil {
				sum := sha256.Sum256(original.Body)
				s.sum = hex.EncodeToString(sum[:])
			} else if ctx.Err() == nil {
				s.unread = err
			}
			return nil
		})
	}
	_ = g.Wait()
	return all
}

// mayShare says that another task could share a call with this one, if their originals were the same.
func (m imageMaker) mayShare(tasks []imageTask, i int) bool {
	for j, other := range tasks {
		if i != j && (tasks[i].shares(other) || other.shares(tasks[i])) {
			return true
		}
	}
	return false
}
