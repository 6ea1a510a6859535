package crashtest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

// lanes is how many runs are made at once. They spend much of their time waiting for processes to start and to end.
const lanes = 4

// harness makes runs, several at once, and checks each.
type harness struct {
	store   store.Store
	objects store.Objects
	idle    chan *lane
	number  atomic.Int64
}

// newHarness starts one whose runs have more of an environment, and whose OpenAI takes so long for an image.
func newHarness(t *testing.T, env map[string]string, image time.Duration) *harness {
	db := storetest.Dynalite(t)
	endpoint, bucket := storetest.S3(t)
	objects := store.NewS3(storetest.S3Client(endpoint), bucket, lambdatest.ImageBaseURL)
	tables := store.DynamoConfig{Templates: "templates", Runs: "processingRuns", Logs: "outputLogs", Objects: objects}
	storetest.CreateTables(t, db, tables)
	h := &harness{store: store.NewDynamo(db, tables), objects: objects, idle: make(chan *lane, lanes)}
	for range lanes {
		l := newLane(t, map[string]string{dynamoDB: *db.BaseEndpoint, s3: endpoint}, env)
		l.image = image
		h.idle <- l
	}
	return h
}

// plan is one run to be made.
type plan struct {
	kills     []kill     // the nth is the end of the nth process
	forgetful bool       // DynamoDB acknowledges ledger rows and forgets them
	ended     func(*run) // is called, from a goroutine of its own, when the run has ended and is checked
}

// maxFaulty is how many runs may be wrong before no more are made.
const maxFaulty = 20

// all makes a run of every plan. A run that hangs ends all of it.
func (h *harness) all(t *testing.T, count *tally, plans []plan) {
	g, ctx := errgroup.WithContext(t.Context())
	g.SetLimit(lanes)
	var faulty atomic.Int64
	for _, p := range plans {
		g.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			l := <-h.idle
			defer func() { h.idle <- l }()
			r := l.do(ctx, fmt.Sprintf("crash-%04d", h.number.Add(1)), p)
			rows := h.check(ctx, r)
			if ctx.Err() != nil {
				return ctx.Err() // the run was cut short, and is nothing to go by
			}
			if count != nil {
				count.add(r, p.kills, rows)
			}
			switch p.ended(r); {
			case r.has(hung), r.has(harnessFault):
				return fmt.Errorf("run %s has no end; no more are made", r.id)
			case r.report() != "" && !p.forgetful && faulty.Add(1) == maxFaulty:
				return fmt.Errorf("%d runs are wrong; no more are made", maxFaulty)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}
