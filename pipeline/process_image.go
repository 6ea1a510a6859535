package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/internal/fetch"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/pipeline/picture"
)

// ImageResult is what became of one distinct image; the run's record keeps a list of them.
type ImageResult struct {
	ElementIDs  []string    `json:"elementIds"`
	Status      ImageStatus `json:"status"`
	OriginalURL string      `json:"originalUrl"`
	URL         string      `json:"url,omitempty"` // of the new image
	Key         string      `json:"key,omitempty"` // of the new image, in the object store
	Role        ImageRole   `json:"role,omitempty"`
	Size        string      `json:"size,omitempty"`       // that was asked for
	Bytes       int         `json:"bytes,omitempty"`      // of the new image
	PromptHash  string      `json:"promptHash,omitempty"` // tells prompts apart
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

// imageMaker is what ProcessImage works with.
type imageMaker struct {
	*work
	terms terms
	brief imageBrief
	// alt is the new alternative text of the image with this key and alternative text; it may wait until that is decided.
	alt func(ctx context.Context, key, original string) string
	// logo is the client's real logo, fetched once; the error says why there is none.
	logo   func() (fetch.Image, error)
	ledger *ledger.Ledger
	fetch  func(ctx context.Context, address string) (fetch.Image, error)
	edit   func(ctx context.Context, r openai.ImageRequest) (openai.ImageResult, error)
	url    func(key string) string // where a browser finds a stored image
	needs  time.Duration           // before the deadline, for a call
}

func (p *Pipeline) imageMaker(h *hold, t template) imageMaker {
	m := imageMaker{
		work: h.work, terms: p.terms(h.models), brief: brief{guide: t.guide, request: h.request.Input}.forImages(), ledger: h.ledger,
		fetch: p.fetcher.Image, edit: p.OpenAI.EditImage, url: p.Objects.URL, needs: p.CallTime,
	}
	m.alt = func(_ context.Context, _, original string) string { return original }
	if m.terms.models.carrier.Model != "" { // it is answered at once, and fetched by its id
		m.needs = fetchTime
	}
	return m
}

// imageConcurrency is how many images are in work at once.
const imageConcurrency = 3

// all makes the images, three at once. One bad image is data. After an error that would hit every image, no further
// call is begun; those in work are finished, because they are being paid for, unless they can be fetched later.
func (m imageMaker) all(ctx context.Context, tasks []imageTask) []ImageResult {
	results := make([]ImageResult, len(tasks)) // the index is the order
	m.logo = sync.OnceValues(func() (fetch.Image, error) { return m.realLogo(ctx) })
	seen := progress{work: m.work, step: StepProcessImage, total: len(tasks)}
	seen.begin()
	var g errgroup.Group
	g.SetLimit(imageConcurrency)
	for i, task := range tasks {
		g.Go(func() error {
			if err := m.room(0); err != nil { // the run is ending: nothing is told of the images that it did not come to
				results[i] = ImageResult{ElementIDs: task.elementIDs, Status: ImagePending, err: err}
				return nil
			}
			results[i] = m.ProcessImage(ctx, task)
			seen.advance(task.name() + " " + string(results[i].Status))
			if stopsRun(results[i].err) {
				m.stopIf(results[i].err)
			}
			return nil
		})
	}
	_ = g.Wait() // AggregateImageResults judges the results
	return results
}

// ProcessImage makes one image: it fetches the original, has it redesigned, checks the result and stores it. An
// image that an earlier attempt made is used as it is. It never fails the run by itself: the result carries the
// error, and AggregateImageResults judges it.
func (m imageMaker) ProcessImage(ctx context.Context, task imageTask) (r ImageResult) {
	r = ImageResult{ElementIDs: task.elementIDs, Role: task.role(), OriginalURL: abbreviate(task.url), Status: ImageFailed}
	if !strings.HasPrefix(task.url, "data:") {
		r.OriginalURL = task.url
	}
	defer m.image(ctx).endImage(&r)
	var made drawing
	answer, err := m.answer(ctx, m.question(task, &made))
	switch {
	case errors.Is(err, openai.ErrUnavailable) && answer.Calls >= imageCalls:
		r.err = fmt.Errorf("OpenAI could not make it in %d calls, each tried several times: %v", answer.Calls, err)
		return r
	case errors.Is(err, openai.ErrUnavailable), errors.Is(err, openai.ErrExpired): // for now: the image is made when the run goes on
		r.err = fmt.Errorf("%w: %w", errSuspended, err)
		return r
	case err != nil:
		r.err = err
		return r
	case answer.Reused:
		r.Status, r.Notes = ImageReused, fmt.Sprintf("made with %s by an earlier attempt of this run", answer.Model)
	default:
		r.Status, r.Width, r.Height = ImageMade, made.width, made.height
		r.Size, r.Bytes, r.PromptHash = made.size, made.bytes, made.prompt
		r.Notes = fmt.Sprintf("redesigned with %s at %s, %s quality, stored at %dx%d", answer.Model, made.size, made.quality, made.width, made.height)
		for _, note := range made.notes {
			r.Notes += "; " + note
		}
	}
	r.Key, r.URL = answer.Key, m.url(answer.Key)
	return r
}

// drawing is what a call for an image asked for, and what is stored of it.
type drawing struct {
	size    string // that was asked for
	quality string // likewise
	prompt  string // its hash
	wanted  shape
	shape   // of the stored image
	bytes   int
	notes   []string // of what is worth knowing and no problem
}

// imageUnknown is how many calls for one image may end with nobody knowing their outcome: each may have been charged.
const imageUnknown = 3

// imageCalls is how many calls for one image may come to nothing for a reason that should have passed, one in an
// execution, before it is the image's own failure.
const imageCalls = 5

// question is an image, asked of the ledger.
func (m imageMaker) question(task imageTask, made *drawing) ledger.Question {
	return ledger.Question{
		Kind: cost.Image, Row: imageCall(task.name()), Asked: task.asked(), Model: m.terms.models.image.Model,
		Needs: m.needs, MaxUnknown: imageUnknown, Key: imageKey(m.runID, task.name(), m.attempt), ContentType: "image/png",
		Prepare: func(ctx context.Context, q *ledger.Question) error { return m.prepare(ctx, q, task, made) },
		Ask:     m.ask,
		Fetch:   m.collect,
		Judge: func(answer []byte) (fitted []byte, err error) {
			f, err := picture.Fit(answer, picture.Want{Width: made.wanted.width, Height: made.wanted.height, Transparent: task.transparent, Format: "png"})
			made.width, made.height, made.bytes = f.Width, f.Height, len(f.Body)
			return f.Body, err
		},
	}
}

// prepare fetches the original and makes the request of it.
func (m imageMaker) prepare(ctx context.Context, q *ledger.Question, task imageTask, made *drawing) error {
	original, err := m.fetch(ctx, task.url)
	if err != nil {
		return fmt.Errorf("fetch the original: %w", err)
	}
	made.wanted.width, made.wanted.height = picture.Shape(task.width, task.height, original.Width, original.Height)
	logo := m.beside(task, made)
	prompt := m.brief.prompt(task, m.alt(ctx, task.key, task.alt), len(logo) > 0)
	made.quality, made.prompt = m.terms.qualityOf(task.role()), shortHash(prompt)
	size, expected, err := m.terms.image(prompt, made.quality, len(logo), made.wanted, shape{original.Width, original.Height})
	if err != nil {
		return err
	}
	made.size, q.Ceiling = size, expected.Most
	q.Subject = ledger.Subject{ElementID: task.name(), Size: made.size, Quality: made.quality, Background: task.background()}
	q.Request = openai.ImageRequest{
		Model: q.Model, Prompt: prompt, Size: made.size, Quality: made.quality, Background: task.background(),
		Image: original.Body, MediaType: original.MediaType, Beside: logo,
	}
	return nil
}

// beside is the client's real logo, for an image that shows one. Without it the image is made all the same, and says so.
func (m imageMaker) beside(task imageTask, made *drawing) []openai.Picture {
	if !m.brief.sendsLogo(task) {
		return nil
	}
	logo, err := m.logo()
	if err != nil {
		made.notes = append(made.notes, "the brand's real logo could not be sent along: "+abbreviateError(err))
		return nil
	}
	return []openai.Picture{{Body: logo.Body, MediaType: logo.MediaType}}
}

// realLogo fetches the client's logo from the first of its addresses that has one.
func (m imageMaker) realLogo(ctx context.Context) (logo fetch.Image, err error) {
	for _, address := range m.brief.brand.Logo {
		if logo, err = m.fetch(ctx, address); err == nil {
			return logo, nil
		}
	}
	return fetch.Image{}, err
}

// answer asks the ledger. A response that is gone, or was given up because it was stuck, is asked for again: its row says
// so, and bounds how often.
func (m imageMaker) answer(ctx context.Context, q ledger.Question) (ledger.Answer, error) {
	answer, err := m.ledger.Once(ctx, q)
	for errors.Is(err, openai.ErrExpired) && m.room(m.needs) == nil {
		answer, err = m.ledger.Once(ctx, q)
	}
	return answer, err
}

// ask makes an image call.
func (m imageMaker) ask(ctx context.Context, c ledger.Call) (ledger.Reply, error) {
	r := c.Request.(openai.ImageRequest)
	r.Needs = m.scaled(m.needs)
	if model := m.terms.models.carrier.Model; model != "" {
		r.Carrier = &openai.Carrier{Model: model, Instructions: carrierInstructions, MaxOutputTokens: carrierSays(r.Prompt), Effort: "low", Cache: m.terms.uncached(model)}
		r.Metadata = map[string]string{"runId": m.runID, "call": c.Row}
	}
	return m.send(ctx, c, r)
}

// collect gets an image in flight, however images are asked for now.
func (m imageMaker) collect(ctx context.Context, c ledger.Call) (ledger.Reply, error) {
	return m.send(ctx, c, openai.ImageRequest{Model: c.Model, ResponseID: c.ResponseID, Age: c.Age})
}

// send makes or continues a call. When the run is stopped, no further try begins, and an image that can be fetched later
// is not waited for.
func (m imageMaker) send(ctx context.Context, c ledger.Call, r openai.ImageRequest) (ledger.Reply, error) {
	id := r.ResponseID
	r.Log, r.MaybeCharged, r.Going = m.Logger, c.MaybeCharged, m.going
	r.Started = func(started string) error {
		id = started
		return c.Started(started)
	}
	got, err := m.edit(ctx, r)
	reply := ledger.Reply{Content: got.Image, Usage: used(got.Billed, got.Usage), InFlight: id != "" && !got.Done}
	// A page where the response should be says nothing of the response.
	if reply.InFlight && (errors.Is(err, openai.ErrMalformed) || errors.Is(err, openai.ErrRejected)) {
		err = fmt.Errorf("%w: response %s is not to be fetched: %v", openai.ErrUnavailable, id, err)
	}
	return reply, err
}

// used is what a billed answer used; nil where it does not say.
func used(billed bool, u cost.Usage) *cost.Usage {
	if !billed {
		return nil
	}
	return &u
}
