package openai

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/full-turner/full-turner/cost"
)

// ImageRequest asks for one image, redrawn from another. What is empty is left
// to OpenAI, except Model, Prompt and Image, which are needed.
type ImageRequest struct {
	Model  string
	Prompt string // up to 32,000 characters

	Size       string // "1536x1024"; which ones a model takes differs
	Quality    string // low, medium or high
	Background string // transparent, opaque or auto
	Format     string // of the answer: png, jpeg or webp; "" is png. Transparent pictures are no jpeg

	Image     []byte // under 50 MB
	MediaType string // of Image: image/png, image/jpeg or image/webp
	// Beside are further pictures that the prompt speaks of, such as a logo: 15 at the most.
	Beside []Picture

	// MaybeCharged is called for every attempt that went out whole and whose
	// outcome nobody knows: the connection was lost, the attempt timed out or was
	// cancelled, the answer cannot be read or does not say what it used, or a
	// gateway's page stands where OpenAI's answer should. It is called before
	// anything is tried again. Its error ends the call. It may be nil.
	MaybeCharged func(cause error) error

	// Needs is how much time before the deadline of ctx an attempt needs, to be
	// worth beginning again; 0 is none.
	Needs time.Duration

	// Carrier is the model that has the image made, by a tool of its response, which
	// is made in the background and can be fetched. nil: an edit, whose answer cannot
	// be fetched again. The next four are for the response, and are as those of an
	// AgentRequest; of a ResponseID nothing else is used but MaybeCharged.
	Carrier    *Carrier
	Metadata   map[string]string
	Started    func(id string) error
	ResponseID string
	Age        time.Duration

	// Going ends when no new try may begin and no wait is worth it. A try that is on
	// its way is finished all the same, because it is being paid for; a response in
	// flight is left to be fetched. The error is then the cause of its end. nil: it
	// goes on.
	Going context.Context

	Log *slog.Logger // of this call; nil is the client's
}

// Picture is an image that goes out with a request.
type Picture struct {
	Body      []byte // under 50 MB
	MediaType string // image/png, image/jpeg or image/webp
}

// pictures are all that go out, the one to be redrawn first.
func (r ImageRequest) pictures() []Picture {
	return append([]Picture{{r.Image, r.MediaType}}, r.Beside...)
}

// format is what the answer is asked for as.
func (r ImageRequest) format() string { return cmp.Or(r.Format, "png") }

// Carrier is a model that is asked for an image, and has it made by its image
// tool. It is paid for what it reads and says, besides the image.
type Carrier struct {
	Model           string // of an agent; needed
	Instructions    string // how to use the tool
	MaxOutputTokens int64  // of what it says; 0 is the model's own
	Effort          string // of reasoning; "" is the model's own
	Cache           *Cache // what is written to the prompt cache; nil leaves it to OpenAI
}

// ImageResult is a redrawn image and what it used.
type ImageResult struct {
	Image  []byte     // as OpenAI sent it, in the Format that was asked for or another: not decoded here
	Usage  cost.Usage // what the answer says it used; zero unless Billed
	Billed bool       // the answer was charged, and Usage is what it used
	Model  string     // the one asked: an image's answer names none

	Size      string // as the answer says, else as asked
	RequestID string // OpenAI's, for its support

	// ID is that of the response that holds the image, "" of an edit; and Done says
	// that it has ended. One that has not can still be fetched.
	ID   string
	Done bool
}

// EditImage has one image redrawn. Without a Carrier the answer cannot be fetched
// again: a lost one is asked for once more, and MaybeCharged knows. With one it is
// waited for as Respond waits for a text, and fetched by its ID.
//
// A result beside an error holds what is known: Usage and Billed of an answer
// that was charged and cannot be used, and RequestID. The errors are the
// package's, wrapped; that of ctx; and that of MaybeCharged.
func (c *Client) EditImage(ctx context.Context, r ImageRequest) (ImageResult, error) {
	if r.Carrier != nil || r.ResponseID != "" {
		return c.carriedImage(ctx, r)
	}
	const op = "image edit"
	result := ImageResult{Model: r.Model, Size: r.Size}
	if err := sendable(r); err != nil {
		return result, fmt.Errorf("openai: %s: %w: %w", op, ErrRejected, err)
	}

	var got images
	a, err := c.do(ctx, call{
		op:       op,
		timeout:  c.cfg.ImageTimeout,
		throttle: &c.imageGate, share: perMinute(1, c.cfg.ImagesPerMinute),
		log:     r.Log,
		needs:   r.Needs,
		going:   r.Going,
		charged: r.MaybeCharged,
		send: func(ctx context.Context, opts ...option.RequestOption) error {
			_, err := c.images.Edit(ctx, sdk.ImageEditParams{
				Image:        files(r.pictures()),
				Prompt:       r.Prompt,
				Model:        r.Model,
				Size:         sdk.ImageEditParamsSize(r.Size),
				Quality:      sdk.ImageEditParamsQuality(r.Quality),
				Background:   sdk.ImageEditParamsBackground(r.Background),
				OutputFormat: sdk.ImageEditParamsOutputFormat(r.format()),
				N:            sdk.Int(1),
			}, opts...)
			return err
		},
		read: func(body []byte) error {
			got = images{}
			return json.Unmarshal(body, &got)
		},
	})
	result.RequestID = a.requestID()
	if err != nil {
		return result, err
	}

	result.Size = cmp.Or(got.Size, r.Size)
	used, noUsage := usageOfImages(got.Usage, got.made())
	if noUsage == nil {
		used.Quality = cmp.Or(got.Quality, r.Quality)
		result.Usage, result.Billed = used, true
	}
	if result.Image, err = got.image(); err != nil {
		err = fmt.Errorf("openai: %s: %w: %w%s", op, ErrMalformed, err, a.reference())
	}
	if noUsage == nil {
		return result, err
	}
	if told := tell(r.MaybeCharged, op, cmp.Or(err, fmt.Errorf("openai: %s: %w%s", op, noUsage, a.reference()))); told != nil {
		return result, told
	}
	return result, err
}

// sendable says why a request's pictures cannot go out.
func sendable(r ImageRequest) error {
	for i, p := range r.pictures() {
		if len(p.Body) == 0 {
			return errors.New("there is no image to redraw")
		}
		if _, known := extensions[p.MediaType]; !known {
			return fmt.Errorf("media type %q of image %d; want image/png, image/jpeg or image/webp", p.MediaType, i+1)
		}
	}
	return nil
}

// extensions are those of the types that OpenAI takes.
var extensions = map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}

// files are pictures as an upload. OpenAI goes by the name and type of each: with a plain reader it would be an
// octet-stream, which is refused.
func files(pictures []Picture) (u sdk.ImageEditParamsImageUnion) {
	var all []io.Reader
	for i, p := range pictures {
		name := "image" + extensions[p.MediaType]
		if i > 0 {
			name = fmt.Sprintf("image-%d%s", i+1, extensions[p.MediaType])
		}
		all = append(all, sdk.File(bytes.NewReader(p.Body), name, p.MediaType))
	}
	if len(all) == 1 {
		u.OfFile = all[0]
	} else {
		u.OfFileArray = all
	}
	return u
}

// images is the answer to an edit. It is read here and not with the SDK's types,
// which take a count that is no number for 0, and copy the image several times.
type images struct {
	Data []struct {
		B64JSON string `json:"b64_json"`
	} `json:"data"`
	Size    string          `json:"size"`
	Quality string          `json:"quality"`
	Usage   json.RawMessage `json:"usage"`
}

func (i images) image() ([]byte, error) {
	for _, d := range i.Data {
		if d.B64JSON != "" {
			return decoded(d.B64JSON)
		}
	}
	return nil, errNoImage
}

var errNoImage = errors.New("it holds no image")

func decoded(image string) ([]byte, error) {
	decoded, err := base64.StdEncoding.DecodeString(image)
	if err != nil {
		return nil, fmt.Errorf("its image is not base64: %w", err)
	}
	return decoded, nil
}

// made returns how many images the answer holds.
func (i images) made() int64 {
	var n int64
	for _, d := range i.Data {
		if d.B64JSON != "" {
			n++
		}
	}
	return n
}

// imageUsage is the usage of an image.
type imageUsage struct {
	counts
	Details struct {
		Image  int64       `json:"image_tokens"`
		Write  int64       `json:"cache_write_tokens"`
		Cached int64       `json:"cached_tokens"`
		Split  cachedSplit `json:"cached_tokens_details"`
	} `json:"input_tokens_details"`
	// OpenAI's types have what is cached beside the details, where they have it.
	Cached int64       `json:"cached_tokens"`
	Split  cachedSplit `json:"cached_tokens_details"`
}

// cachedSplit is how much of what is cached is image, by the two names that it goes by.
type cachedSplit struct {
	Cached int64 `json:"cached_image_tokens"`
	Image  int64 `json:"image_tokens"`
}

// imageFields are the fields of an image's usage that cost.Usage has a place for.
var imageFields = []string{
	"input_tokens", "output_tokens", "total_tokens",
	"input_tokens_details.text_tokens", "input_tokens_details.image_tokens", "input_tokens_details.cache_write_tokens",
	"input_tokens_details.cached_tokens",
	"input_tokens_details.cached_tokens_details.text_tokens", "input_tokens_details.cached_tokens_details.image_tokens",
	"input_tokens_details.cached_tokens_details.cached_text_tokens", "input_tokens_details.cached_tokens_details.cached_image_tokens",
	"cached_tokens", "cached_tokens_details.cached_text_tokens", "cached_tokens_details.cached_image_tokens",
	"output_tokens_details.text_tokens", "output_tokens_details.image_tokens", "output_tokens_details.reasoning_tokens",
}

// usageOfImages returns what an answer used that made so many images; the error
// says why that is not known.
func usageOfImages(raw json.RawMessage, made int64) (cost.Usage, error) {
	var u imageUsage
	if err := readUsage(raw, &u, &u.counts); err != nil {
		return cost.Usage{}, err
	}
	d := u.Details
	used := cost.Usage{
		Input:       *u.Input,
		Cached:      cmp.Or(d.Cached, u.Cached),
		CacheWrite:  d.Write,
		ImageInput:  d.Image,
		CachedImage: cmp.Or(d.Split.Image, d.Split.Cached, u.Split.Cached),
		Output:      *u.Output,
		Images:      made,
		Unknown:     unknownTokens(raw, imageFields),
	}
	// Where the cached tokens are not split, those beyond the text are the image's.
	if text := used.Input - used.ImageInput; used.CachedImage == 0 && used.Cached > text {
		used.CachedImage = used.Cached - text
	}
	return used, impossible(used)
}
