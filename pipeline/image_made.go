package pipeline

// The same request is paid for once in all runs. What made an image is kept under the sum of the request, and a later run
// that would ask the same takes the image as it stands, at $0. It needs no row: an attempt that goes on finds the same.
// The key is private and cannot be a run's own, because no run id begins with an underscore.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/picture"
	"github.com/full-turner/full-turner/store"
)

// madeImage is an image that a request made. As an error it says that nothing is to be asked, because it is there.
type madeImage struct {
	RunID   string    `json:"runId"` // of the run that paid for it
	At      time.Time `json:"at"`
	Key     string    `json:"key"` // of the published image
	Model   string    `json:"model"`
	Size    string    `json:"size"` // that was asked for
	Quality string    `json:"quality"`
	Prompt  string    `json:"promptHash"`
	Width   int       `json:"width"`
	Height  int       `json:"height"`
	Bytes   int       `json:"bytes"`

	saved cost.Amount // about what a call would have cost
}

func (i *madeImage) Error() string { return "run " + i.RunID + " made it" }

// requestSum tells apart what the same image would be asked for with, and stored as. It is the same in every run.
func (m imageMaker) requestSum(r openai.ImageRequest, original picture.Source, want picture.Want) string {
	h := sha256.New()
	fmt.Fprintf(h, "1 %x %q %q %q %q %q %q %d %d %t", original.Sum, r.Prompt, r.Model, r.Size, r.Quality, r.Background, r.Format, want.Width, want.Height, m.simulated)
	for _, b := range r.Beside {
		fmt.Fprintf(h, " %x", sha256.Sum256(b.Body))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// earlier is the image that the same request made in an earlier run; nil where there is none or it is gone. What cannot
// be read is asked for again: an image is worth more than the call.
func (m imageMaker) earlier(ctx context.Context, requestSum string) *madeImage {
	if m.regenerate {
		return nil
	}
	made := new(madeImage)
	raw, err := m.get(ctx, madeKey(requestSum))
	if err == nil {
		err = json.Unmarshal(raw, made)
	}
	if err == nil {
		raw, err = m.get(ctx, made.Key)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		m.LogAttrs(ctx, slog.LevelWarn, "earlier image not read", data("key", madeKey(requestSum), "error", err.Error()))
		return nil
	case len(raw) != made.Bytes:
		return nil
	}
	return made
}

// remember keeps what an image was made with, for later runs. Without it they pay again, which is all that is lost.
func (m imageMaker) remember(ctx context.Context, r ImageResult, model string, made drawing) {
	if made.request == "" { // another attempt asked
		return
	}
	raw, _ := json.Marshal(madeImage{ // plain fields: it cannot fail
		RunID: m.runID, At: m.now().UTC(), Key: r.Key, Model: model, Size: r.Size, Quality: made.quality, Prompt: r.PromptHash, Width: r.Width, Height: r.Height, Bytes: r.Bytes,
	})
	err := store.Persist(ctx, saveTime, func(ctx context.Context) error { return m.put(ctx, madeKey(made.request), "application/json", raw) })
	if err != nil {
		m.LogAttrs(ctx, slog.LevelWarn, "image not remembered", data("key", madeKey(made.request), "error", err.Error()))
	}
}

// take makes an earlier run's image the result.
func (r *ImageResult) take(i *madeImage) {
	r.Status, r.Saved, r.Key = ImageReused, i.saved, i.Key
	r.Size, r.PromptHash, r.Width, r.Height, r.Bytes = i.Size, i.Prompt, i.Width, i.Height, i.Bytes
	r.Notes = fmt.Sprintf("made by run %s with %s at %s, %s quality; taken again, which saved about %s", i.RunID, i.Model, i.Size, i.Quality, i.saved)
}
