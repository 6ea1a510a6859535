package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/full-turner/full-turner/pipeline/funnel"
	"github.com/full-turner/full-turner/store"
)

// Asset is one image of the funnel in the output document: where it was and where it is now.
type Asset struct {
	ElementID      string   `json:"element_id"`
	OriginalURL    string   `json:"original_url"`
	S3URL          string   `json:"s3_url"` // the original URL where no new image could be made
	TransformNotes string   `json:"transform_notes"`
	Problems       []string `json:"problems"`
}

// aggregated is what the run made of the funnel's images.
type aggregated struct {
	urls    map[string]string // the new URL by the image's key in the funnel
	assets  []Asset           // in the funnel's order
	results []ImageResult
	kept    []funnel.Kept // the images that were left alone on purpose
}

// AggregateImageResults puts the results in the funnel's order, makes the asset map of them and keeps both on the
// run. It fails where an error would hit every image: OpenAIUnauthorized, QuotaExhausted, ModelRetired,
// BudgetExceeded, or a lost lease; and it suspends the run where an image did not fit before the deadline.
func AggregateImageResults(ctx context.Context, h *hold, t template, results []ImageResult) (made aggregated, err error) {
	defer h.step(ctx, StepAggregateImageResults).end(&err)
	made = aggregate(t.funnel, results)
	list, err := json.Marshal(results)
	if err != nil {
		return aggregated{}, fmt.Errorf("image results: %w", err)
	}
	if len(results) > 0 {
		if err := h.save(ctx, func(r *store.Run) { r.ImageProcessingResults = list }); err != nil {
			return aggregated{}, err
		}
	}
	if c := made.counts(); c.Total > 0 {
		values := metrics{MetricImagesMade: c.Succeeded - c.Reused, MetricImagesFailed: c.Failed, MetricImagesReused: c.Reused}
		h.metric(ctx, slog.LevelInfo, "images processed", values, data("images", c))
	}
	var pending error
	for _, r := range results {
		if stopsRun(r.err) {
			return aggregated{}, r.err
		}
		if errors.Is(r.err, errSuspended) || errors.Is(r.err, errStopped) {
			pending = r.err
		}
	}
	if pending != nil {
		return aggregated{}, pending
	}
	return made, nil
}

// aggregate is the asset map of a funnel and its image results.
func aggregate(f *funnel.Funnel, results []ImageResult) aggregated {
	made := aggregated{urls: map[string]string{}, results: results}
	byImage := map[string]ImageResult{}
	for _, r := range results {
		for _, key := range r.keys {
			byImage[key] = r
		}
	}
	for _, image := range f.Images() {
		r := byImage[image.Key]
		asset := Asset{ElementID: image.ElementID, OriginalURL: image.URL, S3URL: image.URL, TransformNotes: r.Notes, Problems: []string{}}
		if r.URL != "" {
			asset.S3URL, made.urls[image.Key] = r.URL, r.URL
		} else if r.Kept != nil {
			made.kept = append(made.kept, funnel.Kept{ElementID: image.ElementID, Code: r.Kept.Code, Message: r.Kept.Message})
		} else {
			asset.Problems = append(asset.Problems, r.Problem)
		}
		made.assets = append(made.assets, asset)
	}
	return made
}

// problems are the images that keep their original URL, each with its reason.
func (m aggregated) problems() []string {
	var list []string
	for _, a := range m.assets {
		if len(a.Problems) > 0 {
			list = append(list, fmt.Sprintf("image %s keeps its original URL: %s", a.ElementID, strings.Join(a.Problems, "; ")))
		}
	}
	return list
}

// counts are the image figures of a summary.
func (m aggregated) counts() ImageCounts {
	c := ImageCounts{Total: len(m.results)}
	for _, r := range m.results {
		c.Saved = c.Saved.Plus(r.Saved)
		switch r.Status {
		case ImageMade:
			c.Succeeded++
		case ImageReused:
			c.Succeeded++
			c.Reused++
		case ImageShared:
			c.Succeeded++
			c.Shared++
		case ImageKept:
			c.Kept++
		case ImageFailed:
			c.Failed++
		}
	}
	return c
}
