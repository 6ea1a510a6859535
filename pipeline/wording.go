package pipeline

import (
	"context"
	"fmt"
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

// keep says that whatever is not decided stays as it is.
func (w *wordings) keep() {
	for key, t := range w.texts {
		w.settle(key, t.original)
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

// wording waits until it is decided what a text becomes, and returns that; a text that is no copy stays. Where the copy
// ends before, so does the run, and the image is not asked for by words that it may not keep.
func (w *rewriter) wording(ctx context.Context, key, original string) (string, error) {
	t := w.words.texts[key]
	if t == nil {
		return original, nil
	}
	select {
	case <-t.done:
	case <-w.words.ended:
	case <-ctx.Done():
	}
	w.words.mu.Lock()
	defer w.words.mu.Unlock()
	if !t.decided {
		return "", fmt.Errorf("%w: its alternative text is not decided", errSuspended)
	}
	return t.now, nil
}
