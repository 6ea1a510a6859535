package pipeline_test

import (
	"context"
	"fmt"
	"image/color"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// countingStore counts the writes that a run makes, and those of the ledger with the time that they take.
type countingStore struct {
	store.Store
	writes, ledger, ledgerTime atomic.Int64
}

func (s *countingStore) CreateRun(ctx context.Context, r store.Run) (store.Run, error) {
	s.writes.Add(1)
	return s.Store.CreateRun(ctx, r)
}

func (s *countingStore) TakeLease(ctx context.Context, seen, next store.Run) error {
	s.writes.Add(1)
	return s.Store.TakeLease(ctx, seen, next)
}

func (s *countingStore) RenewLease(ctx context.Context, r store.Run, until time.Time) error {
	s.writes.Add(1)
	return s.Store.RenewLease(ctx, r, until)
}

func (s *countingStore) UpdateRun(ctx context.Context, r store.Run) error {
	s.writes.Add(1)
	return s.Store.UpdateRun(ctx, r)
}

func (s *countingStore) AddLog(ctx context.Context, l store.Log) error {
	defer s.row(l, time.Now())
	return s.Store.AddLog(ctx, l)
}

func (s *countingStore) SetLog(ctx context.Context, l store.Log) error {
	defer s.row(l, time.Now())
	return s.Store.SetLog(ctx, l)
}

func (s *countingStore) row(l store.Log, began time.Time) {
	s.writes.Add(1)
	if strings.HasPrefix(l.LogType, "call#") {
		s.ledger.Add(1)
		s.ledgerTime.Add(int64(time.Since(began)))
	}
}

// perImage is the time that the run of 60 elements took for each of its images.
var perImage time.Duration

// BenchmarkRun is the time and memory that the pipeline itself takes: OpenAI answers at once, with an image of the
// usual 1536x1024 pixels. Images take nearly all of it, so x-proportion is the time for each image, measured by that
// of the smaller run: 1 is in proportion.
func BenchmarkRun(b *testing.B) {
	for _, size := range []struct{ elements, images int }{{60, 3}, {2000, 200}} {
		b.Run(fmt.Sprintf("%d-elements-%d-images", size.elements, size.images), func(b *testing.B) {
			answer := picture(1536, 1024, color.NRGBA{31, 78, 95, 255})
			counted := new(countingStore)
			w := newWorld(b, configured(func(c *pipeline.Config) {
				counted.Store, c.Store, c.Log = c.Store, counted, slog.New(slog.DiscardHandler)
			}), faults(func(c openaitest.Call) *openaitest.Fault {
				if c.Kind == openaitest.KindImage {
					return &openaitest.Fault{Image: answer}
				}
				return nil
			}))
			funnelJSON := testFunnel(size.images, size.elements-size.images-4)
			peak := peakHeap()
			b.ResetTimer()
			for i := range b.N {
				if s := w.run(with(inline(fmt.Sprintf("run-%d", i), funnelJSON), "regenerateImages", true)); s.Images.Succeeded != size.images {
					b.Fatalf("%+v", s)
				}
			}
			b.StopTimer()
			most := peak()
			each := b.Elapsed() / time.Duration(b.N*size.images)
			if size.images == 3 {
				perImage = each
			}
			b.ReportMetric(float64(each)/float64(perImage), "x-proportion")
			b.ReportMetric(float64(most)/(1<<20), "peak-heap-MB")
			b.ReportMetric(float64(counted.writes.Load())/float64(b.N), "writes/run")
			b.ReportMetric(float64(counted.ledger.Load())/float64(b.N), "ledger-writes/run")
			b.ReportMetric(float64(counted.ledgerTime.Load())/1e6/float64(b.N), "ledger-ms/run")
		})
	}
}

// BenchmarkBatches gives what OpenAI bills for the copy of a funnel of 2,000 texts and a guide of 12 KB, and how long it
// takes: its batches one after the other, and side by side. Each call takes 200 ms.
func BenchmarkBatches(b *testing.B) {
	long := strings.Repeat("Lanternfen teaches ceramics to people who have never touched clay. Plain, warm and exact. ", 130)
	for _, atOnce := range []int{1, 4} {
		b.Run(fmt.Sprintf("%d-at-once", atOnce), func(b *testing.B) {
			w := newWorld(b, configured(func(c *pipeline.Config) {
				c.AgentConcurrency, c.Log = atOnce, slog.New(slog.DiscardHandler)
			}), func(_ *pipeline.Config, o *openaitest.Options) { o.AgentLatency = 200 * time.Millisecond })
			for i := range b.N {
				payload := inline(fmt.Sprintf("run-%d", i), testFunnel(0, 2000))
				w.run(with(payload, "brandGuide", fmt.Sprintf("Guide %d of %d. %s", i, atOnce, long))) // no guide is in the cache yet
			}
			bill := w.openai.Bill()
			b.ReportMetric(float64(bill.Total)/1e9/float64(b.N), "USD/run")
			b.ReportMetric(float64(w.openai.Count(openaitest.KindAgent))/float64(b.N), "calls/run")
		})
	}
}

// peakHeap looks at the heap until it is asked for the most that was in use, in bytes.
func peakHeap() (most func() uint64) {
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		var m runtime.MemStats
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(20 * time.Millisecond):
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-peak
	}
}
