package pipeline

import (
	"context"
	"sync"

	"github.com/full-turner/full-turner/pipeline/funnel"
)

// wordings tell each text's new wording to whoever waits for it. They are safe for concurrent use.
type wordings struct {
	ended chan struct{}

	mu    sync.Mutex
	texts map[string]*wording // by key; it does not change
	over  bool
}

type wording struct {
	original, now string
	decided       bool
	done          chan struct{} // closed when it is decided
}

func newWordings(texts []funnel.Text) *wordings {
	w := &wordings{ended: make(chan struct{}), texts: make(map[string]*wording, len(texts))}
	for _, t := range texts {
		w.texts[t.Key] = &wording{original: t.Text, done: make(chan struct{})}
	}
	return w
}

// settle says what a text becomes, once.
func (w *wordings) settle(key, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.texts[key]; t != nil && !t.decided {
		t.now, t.decided = text, true
		close(t.done)
	}
}

// end says that nothing more is decided.
func (w *wordings) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		close(w.ended)
	}
}

// settled is what a text became, where that is decided.
func (w *rewriter) settled(key string) (text string, ok bool) {
	w.words.mu.Lock()
	defer w.words.mu.Unlock()
	if t := w.words.texts[key]; t != nil && t.decided {
		return t.now, true
	}
	return "", false
}

// wording waits until it is decided what a text becomes, and returns that. Where ExecuteAgent or ctx ends before, it is
// the original; settled tells the two apart. It is "" for a key that no copy has.
func (w *rewriter) wording(ctx context.Context, key string) string {
	t := w.words.texts[key]
	if t == nil {
		return ""
	}
	select {
	case <-t.done:
	case <-w.words.ended:
	case <-ctx.Done():
	}
	if text, ok := w.settled(key); ok {
		return text
	}
	return t.original
}
