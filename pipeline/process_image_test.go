package pipeline_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
)

func TestAnImageWhoseOutcomeIsNeverHeardOfIsGivenUp(t *testing.T) {
	w := newWorld(t, faults(func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindImage {
			return &openaitest.Fault{Drop: openaitest.DropAfter}
		}
		return nil
	}))
	s := w.run(inline("run-1", testFunnel(1, 1)))
	if s.Images.Failed != 1 || s.Cost.PossiblyCharged.Calls != 3 {
		t.Errorf("%+v %+v", s.Images, s.Cost.PossiblyCharged)
	}
	w.billCovered(s.Cost)
}

func TestAnUploadThatFailsForAWhileDoesNotPayForTheImageAgain(t *testing.T) {
	var puts atomic.Int32
	w := newWorld(t, configured(func(c *pipeline.Config) {
		c.Objects = brokenObjects{c.Objects, func(key string) bool { return strings.HasPrefix(key, "images/") && puts.Add(1) <= 4 }}
	}))
	s := w.run(inline("run-1", testFunnel(1, 1)))
	if s.Images.Succeeded != 1 || w.openai.Count(openaitest.KindImage) != 1 {
		t.Errorf("%+v, asked %d times", s.Images, w.openai.Count(openaitest.KindImage))
	}
	w.billEqualsTotal(s.Cost)
}

func TestAnAnswerThatCouldNotBeRecordedAtOnceIsRecordedLater(t *testing.T) {
	flaky := new(flakyStore)
	flaky.fails.Store(5)
	w := newWorld(t, configured(func(c *pipeline.Config) { flaky.Store, c.Store = c.Store, flaky }))
	s := w.run(inline("run-1", testFunnel(2, 2)))
	if s.Status != "completed" || s.Cost.PossiblyCharged != nil {
		t.Errorf("%+v", s)
	}
	w.billEqualsTotal(s.Cost)
}
