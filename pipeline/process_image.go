package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/store"
)

// ImageResult is what became of one distinct image; the run's record keeps a list of them.
type ImageResult struct {
	ElementIDs  []string    `json:"elementIds"`
	Status      ImageStatus `json:"status"`
	OriginalURL string      `json:"originalUrl"`
	URL         string      `json:"url,omitempty"` // of the new image
	Key         string      `json:"key,omitempty"` // of the new image, in the object store
	Width       int         `json:"width,omitempty"`
	Height      int         `json:"height,omitempty"`
	Duration    int64       `json:"duration"`          // ms
	Problem     string      `json:"problem,omitempty"` // why there is no new image
	Notes       string      `json:"notes,omitempty"`   // how it was made
	ErrorName   ErrorName   `json:"errorName,omitempty"`

	err error
}

// ImageStatus says what became of an image.
type ImageStatus string

const (
	ImageMade   ImageStatus = "made"   // by this attempt
	ImageReused ImageStatus = "reused" // by an earlier attempt of the run
	ImageFailed ImageStatus = "failed" // it keeps its original URL
	// ImagePending is an image that the attempt did not come to: the run was suspended or stopped before.
	ImagePending ImageStatus = "pending"
)

// ProcessImage makes one image: it fetches the original, has it redesigned, checks the result and stores it. An
// image that an earlier attempt made is used as it is. It never fails the run by itself: the result carries the
// error, and AggregateImageResults judges it.
func (p *Pipeline) ProcessImage(ctx context.Context, h *hold, t template, task imageTask) (r ImageResult) {
	began := time.Now()
	r = ImageResult{ElementIDs: task.elementIDs, OriginalURL: abbreviate(task.url), Status: ImageFailed}
	if !strings.HasPrefix(task.url, "data:") {
		r.OriginalURL = task.url
	}
	defer func() {
		if panicked := recover(); panicked != nil {
			r.err = recovered(panicked)
		}
		r.err = h.cause(ctx, r.err)
		r.Duration = time.Since(began).Milliseconds()
		level := slog.LevelInfo
		if errors.Is(r.err, errSuspended) {
			r.Status = ImagePending
		} else if r.err != nil {
			r.Problem, level = abbreviateError(r.err), slog.LevelWarn
			if systemic(r.err) {
				r.ErrorName = failureOf(r.err).Name
			}
		}
		attrs := []any{"step", "ProcessImage", "elementId", task.name(), "status", r.Status}
		if r.Problem != "" {
			attrs = append(attrs, "problem", r.Problem)
		}
		took := time.Since(began)
		h.p.metric(ctx, h.log, level, "image processed", "step", "ProcessImage", map[string]any{"StepDuration": took.Milliseconds()}, duration(took), data(attrs...))
	}()
	prefix := imageCallPrefix + task.name()
	tries := int64(0)
	for _, e := range h.ledger.earlier(prefix, task.asked()) {
		if e.pending() {
			if r.err = p.settleLeftImage(ctx, e); r.err != nil {
				return r
			}
		}
		switch e.call.State {
		case callAnswered:
			r.Status, r.Key, r.URL = ImageReused, e.call.Result, p.Objects.URL(e.call.Result)
			r.Notes = fmt.Sprintf("made with %s by an earlier attempt of this run", e.call.Model)
			return r
		case callFailed:
			r.err = e.call.recordedFault()
			return r
		}
		if e.call.PossiblyCharged != nil {
			tries += e.call.PossiblyCharged.Calls
		}
	}
	if tries >= maxUnknown {
		r.err = fmt.Errorf("%w: it was asked for %d times and the outcome was never heard of; each may have been charged", errUnusable, tries)
		return r
	}
	r.err = p.makeImage(ctx, h, t, task, prefix, &r)
	return r
}

// settleLeftImage closes the row of a call that an ended attempt left open. Where the image was stored before the
// process ended, it is used; what it cost is then not known, so it stays possibly charged.
func (p *Pipeline) settleLeftImage(ctx context.Context, e *entry) error {
	e.adopt()
	stored, err := p.Objects.Get(ctx, e.call.Result)
	if err == nil {
		_, _, _, err = fitPicture(stored, 0, 0, false)
	}
	switch {
	case err == nil:
		e.possiblyCharged(ctx, errUnrecorded)
		return e.answered(ctx, nil, e.call.Result)
	case errors.Is(err, store.ErrUnavailable), ctx.Err() != nil:
		return fmt.Errorf("image of %s: %w", e.logType, err)
	}
	return e.abandon(ctx, errUnrecorded)
}

// makeImage pays for an image and stores it.
func (p *Pipeline) makeImage(ctx context.Context, h *hold, t template, task imageTask, prefix string, r *ImageResult) error {
	original, err := p.images.Image(ctx, task.url)
	if err != nil {
		return fmt.Errorf("fetch the original: %w", err)
	}
	width, height := shape(task, original.Width, original.Height)
	model := h.models.image.Model
	prompt, size, expected, err := p.imageCeiling(model, t.guide, task, h.request.Input, width, height, original.Width, original.Height)
	if err != nil {
		return err
	}
	if !h.room(p.CallTime) {
		return errSuspended
	}
	key := fmt.Sprintf("%s%s/%s-%d.png", store.ImagesPrefix, h.run.RunID, slug(task.name()), h.run.Attempt)
	e, err := h.ledger.begin(ctx, prefix, call{
		Kind: cost.Image, Model: model, Asked: task.asked(), ElementID: task.name(), Size: size,
		Quality: p.ImageQuality, Background: task.background(), ExpectedCost: expected, Result: key,
	})
	if err != nil {
		return err
	}
	answer, err := p.OpenAI.EditImage(ctx, openai.ImageRequest{
		Model: model, Prompt: prompt, Size: size, Quality: p.ImageQuality, Background: task.background(),
		Image: original.Body, MediaType: original.MediaType,
		MaybeCharged: func(cause error) error { return e.unknown(ctx, cause) },
		Needs:        h.scaled(p.CallTime), Log: h.log,
	})
	var used *cost.Usage
	if answer.Billed {
		used = &answer.Usage
	}
	if err != nil && len(answer.Image) == 0 {
		err = orWrite(err, e.failed(ctx, used, err))
		if errors.Is(err, openai.ErrUnavailable) && !h.room(p.CallTime) {
			return errors.Join(errSuspended, err) // it may be to be reached again when the run goes on
		}
		return err
	}
	picture, w, ht, err := fitPicture(answer.Image, width, height, task.transparent)
	if err != nil {
		return orWrite(err, e.failed(ctx, used, err))
	}
	if err := p.upload(ctx, key, picture); err != nil {
		return failureOf(orWrite(fmt.Errorf("store the image %s: %w", key, err), e.lost(ctx, used, err)))
	}
	if err := e.answered(ctx, used, key); err != nil {
		return err
	}
	r.Status, r.Key, r.URL, r.Width, r.Height = ImageMade, key, p.Objects.URL(key), w, ht
	r.Notes = fmt.Sprintf("redesigned with %s at %s, %s quality, stored at %dx%d", model, size, p.ImageQuality, w, ht)
	return nil
}

// uploadTime is how long the upload of a paid image is tried: it is worth more patience than any other write.
const uploadTime = 60 * time.Second

// upload stores an image, whatever became of ctx, and tries for a while when the store is not to be reached: the
// image is paid for.
func (p *Pipeline) upload(ctx context.Context, key string, picture []byte) error {
	patience := uploadTime
	if end, ok := ctx.Deadline(); ok {
		patience = max(saveTime, min(patience, time.Until(end)))
	}
	return persist(ctx, patience, func(ctx context.Context) error { return p.Objects.Put(ctx, key, "image/png", picture) })
}

// shape is the size that the new image has: what the element declares, completed from the original.
func shape(task imageTask, originalWidth, originalHeight int) (width, height int) {
	switch width, height = task.width, task.height; {
	case width > 0 && height > 0:
		return width, height
	case width > 0:
		return width, max(1, width*originalHeight/originalWidth)
	case height > 0:
		return max(1, height*originalWidth/originalHeight), height
	}
	return originalWidth, originalHeight
}

var unsafeInKey = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// slug is an element's id as part of an object's key. Two ids that differ give two slugs.
func slug(id string) string {
	s := unsafeInKey.ReplaceAllString(id, "-")
	if s != id || len(s) > 100 {
		s = fmt.Sprintf("%s-%s", truncate(s, 80), shortHash(id))
	}
	return s
}
