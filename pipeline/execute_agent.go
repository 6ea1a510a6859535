package pipeline

import (
	"cmp"
	"context"
	"errors"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/brand"
	"github.com/full-turner/full-turner/pipeline/funnel"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// The copy goes to the agent in batches of at most this many texts and bytes: few enough that one answer stays well
// inside a model's output, many enough that a usual funnel is one batch.
const (
	batchTexts = 250
	batchBytes = 40_000
)

// leadFrom is how many batches there must be for the first to go alone. The others then find the guide in OpenAI's
// prompt cache, where it is charged at a tenth; and a model that answers nothing of use has cost one batch, not all.
const leadFrom = 3

// repairs is how many further calls an attempt makes about a batch whose rewrites were no use, in part or in whole.
// It bounds what a model that never answers as asked can cost.
const repairs = 2

// agentUnknown is how many calls about the same copy may end with nobody knowing their outcome: each may have been
// charged. It is more than for an image, because without the copy there is no run.
const agentUnknown = 9

// rewrite is the copy of a funnel after the agent, and what code changed besides.
type rewrite struct {
	texts    map[string]string // the new text by key, of copy and of what is held; absent: it keeps its own
	notes    []string
	problems []string
	kept     []funnel.Kept // what was left alone on purpose
	checks   []Check       // of the copy, in funnel order
	saved    cost.Amount   // about what the texts would have cost that an earlier run's rewrites were taken for
	basis    string        // what the rewrites were made by: see reuse.go
}

// batch is what became of some texts.
type batch struct {
	jobs     []job // each with its outcome
	notes    []string
	problems []string // the agent's own
	refusal  error    // why the model declined texts, if it did
}

func (b *batch) join(more batch) {
	b.jobs, b.notes, b.problems = append(b.jobs, more.jobs...), append(b.notes, more.notes...), append(b.problems, more.problems...)
	b.refusal = cmp.Or(b.refusal, more.refusal)
}

// rewriter is what ExecuteAgent works with.
type rewriter struct {
	*work
	terms     terms
	brief     brief
	template  template
	ledger    *ledger.Ledger
	respond   func(ctx context.Context, r openai.AgentRequest) (openai.AgentResult, error)
	objects   store.Objects // where the rules of a guide are kept
	simulated bool          // OpenAI is the simulator
	needs     time.Duration // before the deadline, for a call
	atOnce    int           // batches in work
	decidedAt int           // the attempt since which rounds are counted: somebody decided to try again
	redo      bool          // texts that kept their original after as many rounds as are allowed get new ones
	copies    []funnel.Text
	cache     *openai.Cache // what the calls ask of OpenAI's prompt cache
	// earlier finds the run whose rewrites are taken where they still fit; nil: there is none.
	earlier func(ctx context.Context) (*earlierRun, error)

	client  brand.Brand  // as the guide, the rules found in it and the template have it
	former  brand.Former // whose funnel it was
	checker *checker
	replace *brand.Replacement
	words   *wordings

	progress progress
	readable atomic.Bool // an answer could be read, whatever its rewrites were worth
}

func (p *Pipeline) rewriter(h *hold, t template) *rewriter {
	w := &rewriter{
		work: h.work, terms: p.terms(h.models), brief: brief{guide: t.guide, request: h.request.Input}, template: t, ledger: h.ledger,
		respond: p.OpenAI.Respond, objects: p.Objects, simulated: p.Simulated, needs: fetchTime, atOnce: p.AgentConcurrency, decidedAt: h.record().DecidedAt, redo: h.record().RedoFrom > 0, copies: t.funnel.Texts(),
	}
	w.words = newWordings(w.copies)
	w.earlier = func(ctx context.Context) (*earlierRun, error) { return p.findEarlier(ctx, h, t) }
	if p.ForegroundAgent {
		w.needs = p.CallTime
	}
	w.progress.work, w.progress.step, w.progress.total = h.work, StepExecuteAgent, len(w.copies)
	return w
}

// know has every rewrite held to what is known of the client, and of the former owner.
func (w *rewriter) know(found brand.Brand) {
	t := w.template
	w.client, w.former = t.owners(found)
	w.checker = newChecker(t.settings, t.funnel.Placeholders(), w.client, w.former)
	w.replace = brand.NewReplacement(t.settings.replace, w.former, w.client)
	w.brief.rules = rulesFor(t, w.former)
}

// ExecuteAgent has the copy rewritten. The model sees ids and texts and returns ids and texts; each rewrite is
// checked before it is taken, and what fails the check is asked for again with the reason. A text that cannot be
// rewritten keeps its original, and the problems say so. What is the brand's and no copy is changed by code after it.
//
// It fails with AgentRefused, AgentFailed (nothing that the model returned could be used), OpenAIUnauthorized,
// QuotaExhausted, ModelRetired or BudgetExceeded. It needs nothing of the images.
func (w *rewriter) ExecuteAgent(ctx context.Context) (result rewrite, err error) {
	defer w.step(ctx, StepExecuteAgent).end(&err)
	defer w.words.end()
	w.progress.begin()
	found, err := w.extract(ctx, &result)
	if err != nil {
		return rewrite{}, err
	}
	w.know(found)
	earlier, err := w.earlier(ctx)
	if err != nil {
		return rewrite{}, err
	}
	reused := w.reuse(&result, earlier)
	all := batches(w.jobs(reused))
	w.cache = w.terms.caching(len(all))
	results, err := w.all(ctx, all)
	if err != nil {
		return rewrite{}, err
	}
	made := batch{jobs: reused}
	for _, r := range results {
		made.join(r)
	}
	w.assemble(&result, made)
	taken := slices.ContainsFunc(result.checks, func(c Check) bool { return !c.Kept })
	if !taken && made.refusal != nil {
		return rewrite{}, made.refusal
	}
	if len(w.copies) > 0 && !taken {
		return rewrite{}, failure(AgentFailed, "the agent returned no usable rewrite of any text: %s", strings.Join(firstOf(result.problems, 3), "; "))
	}
	w.finish(&result)
	w.words.keep()
	return result, nil
}

// batches cuts the copy into batches. The cut depends on the copy alone, so that a resumed run makes the same calls.
func batches(jobs []job) [][]job {
	var all [][]job
	var batch []job
	size := 0
	for _, j := range jobs {
		if len(batch) > 0 && (len(batch) == batchTexts || size+len(j.Text) > batchBytes) {
			all, batch, size = append(all, batch), nil, 0
		}
		batch = append(batch, j)
		size += len(j.Text)
	}
	if len(batch) > 0 {
		all = append(all, batch)
	}
	return all
}

// all has the batches rewritten, several at once. While no answer could be read, no further batch is begun after one
// that has ended: it would cost as much and come to as little.
func (w *rewriter) all(ctx context.Context, batches [][]job) ([]batch, error) {
	results := make([]batch, len(batches)) // the index is the order
	errs := make([]error, len(batches))
	var ended atomic.Bool
	one := func(i int) {
		errs[i] = guarded(func() (err error) {
			results[i], err = w.rewrite(ctx, batches[i], refusals(len(batches[i])))
			return err
		})
		w.stopIf(errs[i])
		ended.Store(true)
	}
	var left []int
	for i := range batches {
		left = append(left, i)
	}
	if len(batches) >= leadFrom {
		one(0)
		left = left[1:]
	}
	for len(left) > 0 && firstError(errs) == nil && (w.readable.Load() || !ended.Load()) {
		var g errgroup.Group
		g.SetLimit(w.atOnce)
		notBegun := make([]bool, len(batches))
		for _, i := range left {
			g.Go(func() error {
				if notBegun[i] = ended.Load() && !w.readable.Load(); !notBegun[i] {
					one(i)
				}
				return nil
			})
		}
		_ = g.Wait() // the errors are in errs
		left = slices.DeleteFunc(left, func(i int) bool { return !notBegun[i] })
	}
	for _, i := range left {
		for k := range batches[i] {
			batches[i][k].sentBack(ruleUnreadable, "it was not asked for, because no answer about the texts before it could be read")
		}
		results[i] = w.ending(batch{}, batches[i])
	}
	return results, firstError(errs)
}

// rewrite has a batch rewritten, in as many rounds as it takes and is allowed. Rounds that an earlier attempt paid
// for are read from the ledger. Where all of them came to nothing, somebody who invokes the run again gets new ones.
//
// A batch that the model declines is halved until the text is found that it declines; mayRefuse counts down the
// refusals that are paid for on the way.
func (w *rewriter) rewrite(ctx context.Context, open []job, mayRefuse *int) (result batch, err error) {
	all, paid, cutShort := len(open), 0, 0
	for round := 0; without(open) > 0; round++ {
		q := w.question(open, round)
		q.Prepare = func(_ context.Context, q *ledger.Question) error {
			if paid > repairs || (round > repairs && without(open) < all && !w.redo) {
				return errEnough
			}
			paid++
			return w.prepare(q, open, cutShort)
		}
		answer, recorded, err := w.answer(ctx, q)
		if recorded.Reused && recorded.Attempt >= w.decidedAt {
			paid++ // by an attempt that this one is a retry or a continuation of
		}
		switch {
		case errors.Is(err, errEnough):
			return w.ending(result, open), nil
		case errors.Is(err, openai.ErrIncomplete), errors.Is(err, openai.ErrMalformed):
			if errors.Is(err, openai.ErrIncomplete) {
				cutShort++
			}
			for i := range open {
				open[i].sentBack(ruleUnreadable, "the last answer could not be read; return JSON as asked, and keep each text short")
			}
			continue
		case errors.Is(err, openai.ErrRefused):
			w.readable.Store(true) // it answers, if not about this
			return w.halve(ctx, result, open, mayRefuse, err)
		case err != nil:
			return batch{}, err
		}
		w.readable.Store(true)
		open = w.take(&result, answer, open)
	}
	return w.ending(result, open), nil
}

// refusals is how many refusals it takes to find one text among so many.
func refusals(texts int) *int {
	n := 2*bits.Len(uint(texts)) + 2
	return &n
}

// halve has the two halves of what the model declined rewritten apart. One text that it declines keeps its original;
// so does the rest when enough refusals were paid for.
func (w *rewriter) halve(ctx context.Context, result batch, open []job, mayRefuse *int, refusal error) (batch, error) {
	result.refusal = refusal
	*mayRefuse--
	if len(open) == 1 || *mayRefuse <= 0 {
		for i := range open {
			open[i].sentBack(ruleDeclined, "the model declined to rewrite it: "+abbreviateError(refusal))
		}
		return w.ending(result, open), nil
	}
	for _, half := range [][]job{open[:len(open)/2], open[len(open)/2:]} {
		r, err := w.rewrite(ctx, slices.Clone(half), mayRefuse)
		if err != nil {
			return batch{}, err
		}
		refusal := result.refusal
		result.join(r)
		result.refusal = refusal
	}
	return result, nil
}

// errEnough says that no further call about a batch is to be paid for.
var errEnough = errors.New("the copy was asked for often enough")

// question is a round of a batch, asked of the ledger.
func (w *rewriter) question(open []job, round int) ledger.Question {
	asked := askedOf(open, round)
	return ledger.Question{
		Kind: cost.Agent, Row: agentCalls, Asked: asked, Subject: ledger.Subject{Elements: len(open)}, Model: w.terms.models.agent.Model,
		Needs: w.needs, MaxUnknown: agentUnknown, Key: answerKey(w.runID, asked, w.attempt), ContentType: "application/json",
		Ask: w.ask, Fetch: w.fetch,
		Judge: func(answer []byte) ([]byte, error) {
			_, err := parseAnswer(answer)
			return answer, err
		},
	}
}

// askedOf tells a round of a batch apart from every other call of the run.
func askedOf(open []job, round int) string {
	parts := []string{strconv.Itoa(round)}
	for _, p := range open {
		parts = append(parts, p.ID, p.Text)
	}
	return shortHash(parts...)
}

// prepare makes the request for the open pieces, of which so many answers were cut short before.
func (w *rewriter) prepare(q *ledger.Question, open []job, cutShort int) error {
	request := openai.AgentRequest{
		Model: q.Model, Instructions: agentInstructions, Input: w.brief.forAgent(pieces(open)),
		SchemaName: "rewrites", Schema: rewriteSchema, Effort: w.terms.effort,
		CacheKey: "full-turner-" + shortHash(w.brief.guide.Text), Cache: w.cache,
		ServiceTier: w.terms.tier, FallBack: !w.terms.wait,
	}
	output, expected, err := w.terms.agent(request.Input, cutShort)
	request.MaxOutputTokens = output
	q.Request, q.Ceiling = request, expected.Most
	return err
}

// answer asks the ledger and reads the answer.
func (w *rewriter) answer(ctx context.Context, q ledger.Question) (agentAnswer, ledger.Answer, error) {
	content, a, err := w.once(ctx, q)
	if err != nil {
		return agentAnswer{}, a, err
	}
	answer, err := parseAnswer(content)
	return answer, a, err
}

// once asks the ledger. A response that is gone, or was given up because it was stuck, is asked for again: its row says
// so, and bounds how often.
func (w *rewriter) once(ctx context.Context, q ledger.Question) ([]byte, ledger.Answer, error) {
	a, err := w.ledger.Once(ctx, q)
	for errors.Is(err, openai.ErrExpired) && w.room(w.needs) == nil {
		a, err = w.ledger.Once(ctx, q)
	}
	if err != nil {
		return nil, a, err
	}
	content, err := w.ledger.Content(ctx, a)
	return content, a, err
}

// ask makes an agent call.
func (w *rewriter) ask(ctx context.Context, c ledger.Call) (ledger.Reply, error) {
	r := c.Request.(openai.AgentRequest)
	r.Metadata = map[string]string{"runId": w.runID, "call": c.Row}
	r.Needs = w.scaled(w.needs)
	return w.send(ctx, c, r)
}

// fetch gets a response in flight.
func (w *rewriter) fetch(ctx context.Context, c ledger.Call) (ledger.Reply, error) {
	return w.send(ctx, c, openai.AgentRequest{Model: c.Model, ResponseID: c.ResponseID, Age: c.Age})
}

func (w *rewriter) send(ctx context.Context, c ledger.Call, r openai.AgentRequest) (ledger.Reply, error) {
	id := r.ResponseID
	r.Log, r.MaybeCharged, r.Going = w.Logger, c.MaybeCharged, w.going
	r.Started = func(started string) error {
		id = started
		return c.Started(started)
	}
	got, err := w.respond(ctx, r)
	reply := ledger.Reply{Content: []byte(got.Text), Usage: used(got.Billed, got.Usage), InFlight: id != "" && !got.Done}
	// A page where the response should be says nothing of the response.
	if reply.InFlight && (errors.Is(err, openai.ErrMalformed) || errors.Is(err, openai.ErrRejected)) {
		err = failure(Transient, "response %s is not to be fetched: %v", id, err)
	}
	return reply, err
}
