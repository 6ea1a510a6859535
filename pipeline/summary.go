package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/store"
)

// Summary is what the action run returns.
type Summary struct {
	RunID           string          `json:"runId"`
	Timestamp       string          `json:"timestamp"` // when the run was created, RFC 3339
	Status          store.RunStatus `json:"status"`
	TemplateID      string          `json:"templateId"`
	TemplateVersion string          `json:"templateVersion"`
	Cost            cost.Breakdown  `json:"cost"`
	Images          ImageCounts     `json:"images"`
	Review          Review          `json:"review,omitempty"` // of a completed run
	Score           *int            `json:"score,omitempty"`  // 0 to 100; absent where there was no text
	Texts           *TextCounts     `json:"texts,omitempty"`
	Saved           cost.Amount     `json:"saved,omitempty"` // about what the reused texts would have cost
	Problems        Problems        `json:"problems"`
	Output          *Output         `json:"output,omitempty"`
	Error           *store.RunError `json:"error,omitempty"`
	Duration        int64           `json:"duration"` // ms of work, over all attempts
}

// ImageCounts are the distinct images of a run. Reused and shared ones are among the succeeded.
type ImageCounts struct {
	Total     int `json:"total"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Reused    int `json:"reused"`
	Shared    int `json:"shared"` // of the call for another one, in another size
	Kept      int `json:"kept"`   // left alone on purpose
	// Saved is about what the images would have cost that earlier runs made.
	Saved cost.Amount `json:"saved,omitempty"`
}

// Problems says how many problems a run had, and the first few. The output document has them all.
type Problems struct {
	Count int      `json:"count"`
	First []string `json:"first"`
}

// Output says where the output document is, and is the document itself where the response has room for it.
type Output struct {
	Location string          `json:"location"`
	Document json.RawMessage `json:"document,omitempty"`
}

// output is what a run's record keeps of its output.
type output struct {
	Location string      `json:"location"`
	Key      string      `json:"key"`
	Bytes    int         `json:"bytes"`
	Images   ImageCounts `json:"images"`
	Problems Problems    `json:"problems"`
	Review   Review      `json:"review,omitempty"`
	Score    *int        `json:"score,omitempty"`
	Texts    *TextCounts `json:"texts,omitempty"`
	Saved    cost.Amount `json:"saved,omitempty"`
	Basis    string      `json:"basis,omitempty"` // what the texts were rewritten by: see reuse.go
}

// summarize tells of a run from its record.
func summarize(run store.Run) (Summary, error) {
	s := Summary{
		RunID: run.RunID, Timestamp: stamp(run.Timestamp), Status: run.Status, TemplateID: run.TemplateID,
		TemplateVersion: run.TemplateVersion, Cost: run.Cost, Duration: run.Duration, Error: run.Error,
		Problems: Problems{First: []string{}},
	}
	if len(run.Output) > 0 {
		var out output
		if err := json.Unmarshal(run.Output, &out); err != nil {
			return Summary{}, fmt.Errorf("output of run %s: %w", run.RunID, err)
		}
		s.Images, s.Problems, s.Output = out.Images, out.Problems, &Output{Location: out.Location}
		s.Review, s.Score, s.Texts, s.Saved = out.Review, out.Score, out.Texts, out.Saved
		return s, nil
	}
	var results []ImageResult
	if len(run.ImageProcessingResults) > 0 {
		if err := json.Unmarshal(run.ImageProcessingResults, &results); err != nil {
			return Summary{}, fmt.Errorf("image results of run %s: %w", run.RunID, err)
		}
	}
	s.Images = aggregated{results: results}.counts()
	return s, nil
}

// completed tells of a run that was completed earlier, with its output document where it fits and is still there.
func (p *Pipeline) completed(ctx context.Context, run store.Run) (Summary, error) {
	s, err := summarize(run)
	if err != nil {
		return Summary{}, err
	}
	var out output
	if err := json.Unmarshal(run.Output, &out); err != nil || out.Bytes > maxDocument {
		return s, err
	}
	s.Output.Document, err = p.Objects.Get(ctx, out.Key)
	if errors.Is(err, store.ErrNotFound) {
		return s, nil
	}
	if err != nil {
		return Summary{}, fmt.Errorf("output of run %s: %w", run.RunID, err)
	}
	return s, nil
}

// maxDocument is how large an output document may be, in bytes, to be part of a response.
const maxDocument = maxResponse - 20_000

// stamp is a time as every record and response writes it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
