package crashtest

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

// imageLatency is shorter than the time between two looks at a response, so that every process looks twice.
const imageLatency = 30 * time.Millisecond

// TestCrashesAboutImages kills runs at everything that they do about two of their images, the first and the last, and
// compares the two ways in which images are made.
func TestCrashesAboutImages(t *testing.T) {
	for _, calls := range []string{pipeline.ImageEdits, pipeline.ImageBackground} {
		t.Run(calls, func(t *testing.T) {
			h := newHarness(t, map[string]string{"OPENAI_IMAGE_CALLS": calls, "OPENAI_IMAGE_MODEL": "gpt-image-2.6-sunburst"}, imageLatency)
			count := newTally()
			var recorded, again atomic.Int64
			var plans []plan
			for _, p := range h.points(t, count) {
				if !strings.Contains(p.subject, "image_0_url") && !strings.Contains(p.subject, "image_4_url") {
					continue
				}
				for _, phase := range phases {
					plans = append(plans, plan{kills: []kill{{p, phase}}, ended: func(r *run) {
						sound(t, r)
						known, repeated := r.fetched()
						recorded.Add(int64(known))
						if again.Add(int64(len(repeated))); len(repeated) > 0 {
							t.Errorf("run %s, %s: asked for again, with an id on record: %v", r.id, r.kills(), repeated)
						}
					}})
				}
			}
			h.all(t, count, plans)
			if (recorded.Load() > 0) != (calls == pipeline.ImageBackground) {
				t.Errorf("%d images had an id on record when their process was killed", recorded.Load())
			}
			fmt.Printf("crash harness, images by %s: %d had an id on record when their process was killed, %d of them were asked for again; %s\n",
				calls, recorded.Load(), again.Load(), count)
		})
	}
}

// fetched counts the images whose id was on record when a process was killed, and names those of them that were asked
// for again. That nothing is possibly charged but what had no id then, checkMarks has seen.
func (r *run) fetched() (known int, again []string) {
	calls := r.fake.Calls()
	for _, a := range r.attempts {
		for name, w := range a.known {
			if !a.fired || w.ElementID.S == "" || w.ResponseID.S == "" {
				continue
			}
			known++
			if slices.ContainsFunc(calls[a.paid:], func(c openaitest.Record) bool { return asked(c.Call) == "image "+w.ElementID.S }) {
				again = append(again, name)
			}
		}
	}
	return known, again
}
