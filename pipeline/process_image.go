package pipeline

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/internal/fetch"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/pipeline/picture"
	"github.com/full-turner/full-turner/store"
)

// imageMaker is what ProcessImage works with.
type imageMaker struct {
	*work
	terms terms
	brief imageBrief
	// alt is the new alternative text of an image, by the key of its alternative text; it waits until that is decided.
	alt func(ctx context.Context, key, original string) (string, error)
	// logo is the client's real logo, fetched once; the error says why there is none.
	logo   func() (picture.Source, error)
	ledger *ledger.Ledger
	fetch  func(ctx context.Context, address string) (fetch.Image, error)
	memory *picture.Memory // for what is decoded
	put    func(ctx context.Context, key, contentType string, body []byte) error
	get    func(ctx context.Context, key string) ([]byte, error)
	calls  chan struct{} // holds a token while a call is made
	edit   func(ctx context.Context, r openai.ImageRequest) (openai.ImageResult, error)
	url    func(key string) string // where a browser finds a stored image
	format string                  // of stored images: png, or whichever suits
	needs  time.Duration           // before the deadline, for a call

	keep       bool // untouched answers are stored too
	regenerate bool // nothing is taken from an earlier run
	simulated  bool // no model is asked
}

func (p *Pipeline) imageMaker(h *hold, t template, alt func(ctx context.Context, key, original string) (string, error)) imageMaker {
	m := imageMaker{
		work: h.work, alt: alt, terms: p.terms(h.models), brief: imagesOf(t, h.request.Input), ledger: h.ledger,
		fetch: p.fetcher.Image, memory: p.memory, put: p.Objects.Put, calls: make(chan struct{}, imageConcurrency), format: p.ImageFormat, edit: p.OpenAI.EditImage, url: p.Objects.URL, needs: p.CallTime,
		get: p.Objects.Get, keep: p.KeepOriginals, regenerate: h.request.RegenerateImages, simulated: p.Simulated,
	}
	if m.terms.models.carrier.Model != "" { // it is answered at once, and fetched by its id
		m.needs = fetchTime
	}
	return m
}

// imageConcurrency is how many images are asked for at once. As many again may be fetched, fitted and stored beside them.
const imageConcurrency = 3

// all makes the images, three calls at once. One bad image is data. After an error that would hit every image, no further
// call is begun; those in work are finished, because they are being paid for, unless they can be fetched later.
func (m imageMaker) all(ctx context.Context, tasks []imageTask) []ImageResult {
	tasks = m.oneOfEach(ctx, tasks)
	results := make([][]ImageResult, len(tasks)) // the index is the order
	m.logo = sync.OnceValues(func() (picture.Source, error) { return m.realLogo(ctx) })
	seen := progress{work: m.work, step: StepProcessImage, total: len(tasks)}
	seen.begin()
	var g errgroup.Group
	g.SetLimit(2 * imageConcurrency)
	for i, task := range tasks {
		g.Go(func() error {
			if err := m.room(0); err != nil { // the run is ending: nothing is told of the images that it did not come to
				results[i] = task.results(ImageResult{Status: ImagePending, err: err})
				return nil
			}
			results[i] = m.ProcessImage(ctx, task)
			seen.advance(task.name() + " " + string(results[i][0].Status))
			if err := results[i][0].err; stopsRun(err) {
				m.stopIf(err)
			}
			return nil
		})
	}
	_ = g.Wait() // AggregateImageResults judges the results
	return slices.Concat(results...)
}

// ProcessImage makes one image, in every size that the funnel has it in; the first result is that of the largest. An
// image that must not be redrawn is left alone.
func (m imageMaker) ProcessImage(ctx context.Context, task imageTask) []ImageResult {
	r, answer := m.largest(ctx, task)
	results := task.results(r)
	if r.URL == "" {
		return results
	}
	for i, p := range task.smaller {
		results[i+1] = m.shared(ctx, task, p, r, answer)
	}
	return results
}

// shared makes of an answer the image in another size.
func (m imageMaker) shared(ctx context.Context, task imageTask, p spot, r ImageResult, answer ledger.Answer) ImageResult {
	r.ElementIDs, r.keys, r.Status, r.Key, r.URL, r.AnswerKey, r.Duration, r.Saved = p.elementIDs, p.keys, ImageShared, "", "", "", 0, 0
	fitted, err := m.fitted(ctx, picture.Want{Width: p.width, Height: p.height, Transparent: task.transparent, Format: m.formatOf(task)}, answer)
	key := imageKey(m.runID, p.keys[0], m.attempt, m.formatOf(task))
	if err == nil {
		err = store.Persist(ctx, saveTime, func(ctx context.Context) error { return m.put(ctx, key, fitted.MediaType, fitted.Body) })
	}
	if err != nil {
		r.Status, r.Notes, r.Problem = ImageFailed, "", abbreviateError(fmt.Errorf("the size of %dx%d could not be made: %w", p.width, p.height, err))
		return r
	}
	r.Key, r.URL, r.Width, r.Height, r.Bytes = key, m.url(key), fitted.Width, fitted.Height, len(fitted.Body)
	r.Notes = fmt.Sprintf("of the same call as %s, stored at %dx%d", task.elementIDs[0], fitted.Width, fitted.Height)
	return r
}

// fitted is an answer as it is wanted elsewhere.
func (m imageMaker) fitted(ctx context.Context, want picture.Want, answer ledger.Answer) (picture.Fitted, error) {
	content, err := m.ledger.Content(ctx, answer)
	if err != nil {
		return picture.Fitted{}, err
	}
	return picture.Fit(content, want)
}

// largest makes an image in its largest size: it fetches the original, has it redesigned, checks the result and stores it. An
// image that an earlier attempt made is used as it is. It never fails the run by itself: the result carries the
// error, and AggregateImageResults judges it.
func (m imageMaker) largest(ctx context.Context, task imageTask) (r ImageResult, answer ledger.Answer) {
	r = ImageResult{ElementIDs: task.elementIDs, keys: task.keys, Role: task.role(), OriginalURL: abbreviate(task.url), Status: ImageFailed}
	if !strings.HasPrefix(task.url, "data:") {
		r.OriginalURL = task.url
	}
	defer m.image(ctx).endImage(&r)
	if left := picture.LeaveAlone(task.url, task.width, task.height); left != nil {
		r.leave(left)
		return r, answer
	}
	made := drawing{format: m.formatOf(task)}
	defer m.endCall(&made)
	answer, err := m.answer(ctx, m.question(ctx, task, &made))
	var left *picture.Left
	var earlier *madeImage
	switch {
	case errors.As(err, &left):
		r.leave(left)
		return r, answer
	case errors.As(err, &earlier):
		r.take(earlier)
		answer = ledger.Answer{Key: earlier.Key, Model: earlier.Model}
	case errors.Is(err, openai.ErrUnavailable) && answer.Calls >= imageCalls:
		r.err = fmt.Errorf("OpenAI could not make it in %d calls, each tried several times: %v", answer.Calls, err)
		return r, answer
	case errors.Is(err, openai.ErrUnavailable), errors.Is(err, openai.ErrExpired): // for now: the image is made when the run goes on
		r.err = fmt.Errorf("%w: %w", errSuspended, err)
		return r, answer
	case err != nil:
		r.err = err
		return r, answer
	case answer.Reused:
		r.Status, r.Notes = ImageReused, fmt.Sprintf("made with %s by an earlier attempt of this run", answer.Model)
	default:
		r.Status, r.Width, r.Height = ImageMade, made.width, made.height
		r.Size, r.Bytes, r.PromptHash = made.size, made.bytes, made.prompt
		r.Notes = fmt.Sprintf("redesigned with %s at %s, %s quality, stored at %dx%d", answer.Model, made.size, made.quality, made.width, made.height)
		for _, note := range made.notes {
			r.Notes += "; " + note
		}
		r.Key, r.AnswerKey = answer.Key, made.answer
		m.remember(ctx, r, answer.Model, made)
	}
	r.Key, r.URL = answer.Key, m.url(answer.Key)
	return r, answer
}

// formatOf is the format that an image is asked for and stored in. A transparent one is no jpeg.
func (m imageMaker) formatOf(task imageTask) string {
	if task.transparent || m.format == "png" {
		return "png"
	}
	return "jpeg"
}

// beginCall waits until one more call may be made.
func (m imageMaker) beginCall(ctx context.Context, made *drawing) error {
	if made.calling { // a response that is gone is asked for again
		return nil
	}
	select {
	case m.calls <- struct{}{}:
		made.calling = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endCall lets others make their calls: what is done with an answer keeps nobody from asking.
func (m imageMaker) endCall(made *drawing) {
	if made.calling {
		<-m.calls
		made.calling = false
	}
}

// drawing is what a call for an image asked for, and what is stored of it.
type drawing struct {
	size    string // that was asked for
	quality string // likewise
	prompt  string // its hash
	format  string // likewise: png or jpeg
	want    picture.Want
	request string // the sum of the request
	answer  string // key of the untouched answer, where it is kept
	calling bool   // it holds one of the calls
	shape          // of the stored image
	bytes   int
	notes   []string // of what is worth knowing and no problem
}

// imageUnknown is how many calls for one image may end with nobody knowing their outcome: each may have been charged.
const imageUnknown = 3

// imageCalls is how many calls for one image may come to nothing for a reason that should have passed, one in an
// execution, before it is the image's own failure.
const imageCalls = 5

// question is an image, asked of the ledger.
func (m imageMaker) question(ctx context.Context, task imageTask, made *drawing) ledger.Question {
	return ledger.Question{
		Kind: cost.Image, Row: imageCall(task.name()), Asked: task.asked(), Model: m.terms.models.image.Model,
		Needs: m.needs, MaxUnknown: imageUnknown, Key: imageKey(m.runID, task.name(), m.attempt, made.format), ContentType: "image/" + made.format,
		Prepare: func(ctx context.Context, q *ledger.Question) error { return m.prepare(ctx, q, task, made) },
		Ask: func(ctx context.Context, c ledger.Call) (ledger.Reply, error) {
			defer m.endCall(made)
			reply, err := m.ask(ctx, c)
			if stopsRun(err) { // before the next call begins
				m.stopIf(err)
			}
			return reply, err
		},
		Fetch: func(ctx context.Context, c ledger.Call) (ledger.Reply, error) {
			made.want = picture.Want{Width: task.width, Height: task.height, Transparent: task.transparent, Format: made.format}
			if err := m.beginCall(ctx, made); err != nil {
				return ledger.Reply{InFlight: true}, err
			}
			defer m.endCall(made)
			return m.collect(ctx, c)
		},
		Judge: func(answer []byte) (fitted []byte, err error) {
			f, err := picture.Fit(answer, made.want)
			if made.width, made.height, made.bytes = f.Width, f.Height, len(f.Body); err == nil && m.keep {
				m.keepAnswer(ctx, task, made, answer)
			}
			return f.Body, err
		},
	}
}

// prepare fetches the original and makes the request of it.
func (m imageMaker) prepare(ctx context.Context, q *ledger.Question, task imageTask, made *drawing) error {
	if err := m.refuses(task); err != nil {
		return err
	}
	fetched, err := fetch.Image{}, task.unread
	if err == nil {
		fetched, err = m.fetch(ctx, task.url)
	}
	if err != nil {
		return fmt.Errorf("fetch the original: %w", err)
	}
	original, err := picture.Prepare(ctx, fetched.Body, m.memory)
	if err != nil {
		return fmt.Errorf("prepare the original: %w", err)
	}
	var wanted shape
	wanted.width, wanted.height = picture.Shape(task.width, task.height, original.Width, original.Height)
	made.want = picture.Want{Width: wanted.width, Height: wanted.height, Transparent: task.transparent, Format: made.format}
	logo := m.beside(task, made)
	alt, err := m.alt(ctx, task.altKey, task.alt)
	if err != nil {
		return err
	}
	prompt := m.brief.prompt(task, alt, len(logo) > 0)
	made.quality, made.prompt = m.terms.qualityOf(task.role()), shortHash(prompt)
	size, expected, err := m.terms.image(prompt, made.quality, len(logo), wanted, shape{original.SentWidth, original.SentHeight})
	if err != nil {
		return err
	}
	made.size, q.Ceiling = size, expected.Most
	q.Subject = ledger.Subject{ElementID: task.elementIDs[0], Size: made.size, Quality: made.quality, Background: task.background(), Source: hex.EncodeToString(original.Sum[:])}
	request := openai.ImageRequest{
		Model: q.Model, Prompt: prompt, Size: made.size, Quality: made.quality, Background: task.background(), Format: made.format,
		Image: original.Body, MediaType: original.MediaType, Beside: logo,
	}
	made.request, q.Request = m.requestSum(request, original, made.want), request
	if earlier := m.earlier(ctx, made.request); earlier != nil {
		earlier.saved = expected.Likely
		return earlier
	}
	return m.beginCall(ctx, made)
}

// keepAnswer stores an answer as the model gave it, beside the image that is made of it. Without it the image is still
// good, and says so.
func (m imageMaker) keepAnswer(ctx context.Context, task imageTask, made *drawing, answer []byte) {
	mediaType := http.DetectContentType(answer)
	key := untouchedKey(m.runID, task.name(), m.attempt, strings.TrimPrefix(mediaType, "image/"))
	if err := store.Persist(ctx, saveTime, func(ctx context.Context) error { return m.put(ctx, key, mediaType, answer) }); err != nil {
		made.notes = append(made.notes, "the untouched answer could not be kept: "+abbreviateError(err))
		return
	}
	made.answer = key
}

// refuses says why the model cannot make an image, where the catalogue knows that before the call.
func (m imageMaker) refuses(task imageTask) error {
	known, err := m.terms.catalog.Model(m.terms.models.image.Model)
	if err == nil && task.transparent && known.Transparent != nil && !*known.Transparent {
		return fmt.Errorf("%s makes no transparent background: name another model in OPENAI_IMAGE_MODEL, or give the element an opaque one", known.Name)
	}
	return err
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
func (m imageMaker) realLogo(ctx context.Context) (logo picture.Source, err error) {
	for _, address := range m.brief.brand.Logo {
		fetched, failed := m.fetch(ctx, address)
		if err = failed; err != nil {
			continue
		}
		if logo, err = picture.Prepare(ctx, fetched.Body, m.memory); err == nil {
			return logo, nil
		}
	}
	return picture.Source{}, err
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
