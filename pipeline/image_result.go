package pipeline

import (
	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/picture"
)

// ImageResult is what became of one distinct image; the run's record keeps a list of them.
type ImageResult struct {
	ElementIDs  []string    `json:"elementIds"`
	Status      ImageStatus `json:"status"`
	OriginalURL string      `json:"originalUrl"`   // where the picture was fetched; its elements may have it from elsewhere too
	URL         string      `json:"url,omitempty"` // of the new image
	Key         string      `json:"key,omitempty"` // of the new image, in the object store
	Role        ImageRole   `json:"role,omitempty"`
	Size        string      `json:"size,omitempty"`       // that was asked for
	Bytes       int         `json:"bytes,omitempty"`      // of the new image
	AnswerKey   string      `json:"answerKey,omitempty"`  // of the model's untouched answer, where it is kept
	Saved       cost.Amount `json:"saved,omitempty"`      // about what the call would have cost that an earlier run made
	PromptHash  string      `json:"promptHash,omitempty"` // tells prompts apart
	Width       int         `json:"width,omitempty"`
	Height      int         `json:"height,omitempty"`
	Duration    int64       `json:"duration"`          // ms
	Problem     string      `json:"problem,omitempty"` // why there is no new image
	Notes       string      `json:"notes,omitempty"`   // how it was made
	ErrorName   ErrorName   `json:"errorName,omitempty"`
	// Kept says why it was left alone.
	Kept *KeptImage `json:"kept,omitempty"`

	keys []string // of the funnel's images
	err  error
}

// KeptImage is why an image was left alone.
type KeptImage struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// ImageStatus says what became of an image.
type ImageStatus string

const (
	ImageMade   ImageStatus = "made"   // by this attempt
	ImageReused ImageStatus = "reused" // by an earlier attempt of the run, or for the same request by an earlier run
	ImageShared ImageStatus = "shared" // made of the same call as another one, in another size
	ImageKept   ImageStatus = "kept"   // left alone on purpose, and free: see Kept
	ImageFailed ImageStatus = "failed" // it keeps its original URL
	// ImagePending is an image that the attempt did not come to: the run was suspended or stopped before.
	ImagePending ImageStatus = "pending"
)

// leave says that an image is left alone.
func (r *ImageResult) leave(left *picture.Left) {
	r.Status, r.Kept, r.Notes = ImageKept, &KeptImage{left.Code, left.Message}, left.Message
}
