package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/funnel"
	"github.com/full-turner/full-turner/store"
)

// The copy goes to the agent in calls of at most this many texts and bytes: few enough that one answer stays well
// inside a model's output, many enough that a usual funnel is one call.
const (
	callTexts = 250
	callBytes = 40_000
)

// repairs is how many further calls an attempt makes about a batch whose rewrites were no use, in part or in whole.
// It bounds what a model that never answers as asked can cost.
const repairs = 2

// reasoningTokens is what an answer may spend on reasoning besides its text, by effort. An answer that was cut short
// is asked for again with twice as much.
var reasoningTokens = map[string]int64{
	"none": 1_000, "minimal": 2_000, "low": 6_000, "medium": 12_000, "high": 30_000, "xhigh": 60_000,
}

// rewrite is the copy of a funnel after the agent.
type rewrite struct {
	texts    map[string]string // the new text by element id; absent: it keeps its own
	notes    []string          // the agent's
	problems []string
}

// ExecuteAgent has the copy rewritten. The model sees ids and texts and returns ids and texts; each rewrite is
// checked before it is taken, and what fails the check is asked for again with the reason. A text that cannot be
// rewritten keeps its original, and the problems say so.
//
// It fails with AgentRefused, AgentFailed (nothing that the model returned could be used), OpenAIUnauthorized,
// QuotaExhausted, ModelRetired or BudgetExceeded. It needs nothing of the images.
func (p *Pipeline) ExecuteAgent(ctx context.Context, h *hold, t template) (result rewrite, err error) {
	defer h.step(ctx, "ExecuteAgent")(&err)
	copies := t.funnel.Texts()
	result.texts = map[string]string{}
	w := &rewriter{p: p, h: h, guide: t.guide, result: &result, progress: progress{h: h, step: "ExecuteAgent", total: len(copies)}}
	for _, batch := range batches(copies) {
		if err := w.rewrite(ctx, batch); err != nil {
			return rewrite{}, err
		}
		if !w.readable { // the next batch would cost as much and come to as little
			break
		}
	}
	if len(copies) > 0 && len(result.texts) == 0 {
		return rewrite{}, failure(AgentFailed, "the agent returned no usable rewrite of any text: %s", strings.Join(firstOf(result.problems, 3), "; "))
	}
	return result, nil
}

// batches cuts the copy into the calls to make. The cut depends on the copy alone, so that a resumed run makes the
// same calls.
func batches(copies []funnel.Text) [][]piece {
	var all [][]piece
	var batch []piece
	size := 0
	for _, c := range copies {
		if len(batch) > 0 && (len(batch) == callTexts || size+len(c.Text) > callBytes) {
			all, batch, size = append(all, batch), nil, 0
		}
		batch = append(batch, piece{ID: c.ElementID, Text: c.Text})
		size += len(c.Text)
	}
	if len(batch) > 0 {
		all = append(all, batch)
	}
	return all
}

// rewriter makes the agent's calls of one ExecuteAgent.
type rewriter struct {
	p        *Pipeline
	h        *hold
	guide    brandGuide
	result   *rewrite
	readable bool // an answer could be read, whatever its rewrites were worth
	progress progress
}

// rewrite has a batch rewritten, in as many rounds as it takes and is allowed. Rounds that an earlier attempt paid
// for are read from the ledger. Where all of them came to nothing, somebody who invokes the run again gets new ones.
func (w *rewriter) rewrite(ctx context.Context, open []piece) error {
	all, paid, short := len(open), 0, 0
	for round := 0; len(open) > 0; round++ {
		asked := askedOf(open, round)
		answer, err := w.recorded(ctx, asked)
		if errors.Is(err, errNotRecorded) {
			if paid > repairs || (round > repairs && len(open) < all) {
				break
			}
			paid++
			answer, err = w.ask(ctx, open, asked, short)
		}
		switch {
		case errors.Is(err, openai.ErrIncomplete), errors.Is(err, openai.ErrMalformed):
			if errors.Is(err, openai.ErrIncomplete) {
				short++
			}
			for i := range open {
				open[i].Problem = "the last answer could not be read; return JSON as asked, and keep each text short"
			}
			continue
		case err != nil:
			return err
		}
		open = w.take(answer, open)
	}
	for _, left := range open {
		w.result.problems = append(w.result.problems, fmt.Sprintf("text %s keeps its original: %s", left.ID, left.Problem))
	}
	return nil
}

// askedOf tells a round of a batch apart from every other call of the run.
func askedOf(open []piece, round int) string {
	parts := []string{strconv.Itoa(round)}
	for _, piece := range open {
		parts = append(parts, piece.ID, piece.Text)
	}
	return shortHash(parts...)
}

// errNotRecorded says that the ledger has no answer to a call.
var errNotRecorded = errors.New("no answer is recorded")

// recorded gives the answer that an earlier attempt got to a call, fetching it from OpenAI where it was in flight.
// The error is errNotRecorded where there is none, or what the answer was no use for.
func (w *rewriter) recorded(ctx context.Context, asked string) (agentAnswer, error) {
	tries := int64(0)
	for _, e := range w.h.ledger.earlier(agentCallPrefix, asked) {
		if e.call.PossiblyCharged != nil {
			tries += e.call.PossiblyCharged.Calls
		}
		if e.pending() {
			e.adopt()
			if e.call.ResponseID == "" {
				if err := e.abandon(ctx, errUnrecorded); err != nil {
					return agentAnswer{}, err
				}
				continue
			}
			answer, err := w.finish(ctx, e, openai.AgentRequest{Model: e.call.Model, ResponseID: e.call.ResponseID})
			if err != nil && e.call.State != callFailed && !e.pending() {
				continue // it failed or expired meanwhile; the row says so, and the call is made again
			}
			return answer, err
		}
		switch e.call.State {
		case callAnswered:
			stored, err := w.p.Objects.Get(ctx, e.call.Result)
			if err != nil {
				return agentAnswer{}, fmt.Errorf("the recorded answer of %s: %w", e.logType, err)
			}
			return parseAnswer(string(stored))
		case callFailed:
			return agentAnswer{}, e.call.recordedFault()
		}
	}
	if tries >= maxUnknown*maxUnknown {
		return agentAnswer{}, failure(AgentFailed, "the same copy was sent %d times and the outcome was never heard of; each may have been charged", tries)
	}
	return agentAnswer{}, errNotRecorded
}

// ask pays for a rewrite of the open pieces, of which so many answers were cut short before.
func (w *rewriter) ask(ctx context.Context, open []piece, asked string, short int) (agentAnswer, error) {
	model := w.h.models.agent.Model
	input, most, expected, err := w.p.agentCeiling(model, w.guide, w.h.request.Input, open, short)
	if err != nil {
		return agentAnswer{}, err
	}
	needs := pause
	if w.p.ForegroundAgent {
		needs = w.p.CallTime
	}
	if ctx.Err() != nil || !w.h.room(needs) {
		return agentAnswer{}, errSuspended
	}
	e, err := w.h.ledger.begin(ctx, agentCallPrefix, call{
		Kind: cost.Agent, Model: model, Asked: asked, Elements: len(open), ExpectedCost: expected,
	})
	if err != nil {
		return agentAnswer{}, err
	}
	return w.finish(ctx, e, openai.AgentRequest{
		Model: model, Instructions: agentInstructions, Input: input,
		SchemaName: "rewrites", Schema: rewriteSchema, MaxOutputTokens: most, Effort: w.p.ReasoningEffort,
		Needs:    w.h.scaled(needs),
		CacheKey: "full-turner-" + shortHash(w.guide.text), Metadata: map[string]string{"runId": w.h.run.RunID, "call": e.logType},
	})
}

// finish makes or continues the call of an entry, keeps the answer, and closes the entry.
func (w *rewriter) finish(ctx context.Context, e *entry, request openai.AgentRequest) (agentAnswer, error) {
	request.Log = w.h.log
	request.Started = func(id string) error { return e.responding(ctx, id) }
	request.MaybeCharged = func(cause error) error { return e.unknown(ctx, cause) }
	got, err := w.p.OpenAI.Respond(ctx, request)
	var used *cost.Usage
	if got.Billed {
		used = &got.Usage
	}
	switch {
	case err != nil && e.call.ResponseID != "" && !got.Done:
		// It is in flight: the row stays open, with the id to fetch it by. A page where the response should be says
		// nothing of the response.
		if errors.Is(err, openai.ErrMalformed) || errors.Is(err, openai.ErrRejected) {
			err = failure(Transient, "response %s is not to be fetched: %v", e.call.ResponseID, err)
		}
		return agentAnswer{}, err
	case err != nil && got.Text == "":
		return agentAnswer{}, orWrite(err, e.failed(ctx, used, err))
	}
	answer, err := parseAnswer(got.Text)
	if err != nil {
		return agentAnswer{}, orWrite(err, e.failed(ctx, used, err))
	}
	key := fmt.Sprintf("%s%s/%s-%d.json", store.RunsPrefix, w.h.run.RunID, strings.ReplaceAll(e.logType, "#", "-"), w.h.run.Attempt)
	put := func(ctx context.Context) error {
		return w.p.Objects.Put(ctx, key, "application/json", []byte(got.Text))
	}
	if err := persist(ctx, saveTime, put); err != nil {
		if e.call.ResponseID != "" { // the row stays open: the answer can be fetched again, for nothing
			return agentAnswer{}, fmt.Errorf("store the agent's answer %s: %w", key, err)
		}
		return agentAnswer{}, orWrite(fmt.Errorf("store the agent's answer %s: %w", key, err), e.lost(ctx, used, err))
	}
	return answer, e.answered(ctx, used, key)
}

// agentAnswer is what the agent returns, by rewriteSchema.
type agentAnswer struct {
	Rewrites []piece  `json:"rewrites"`
	Notes    []string `json:"notes"`
	Problems []string `json:"problems"`
}

// parseAnswer reads an agent's answer. A model that is not held to the schema may wrap or bend it; what cannot be
// read is openai.ErrMalformed.
func parseAnswer(text string) (agentAnswer, error) {
	var answer agentAnswer
	dec := json.NewDecoder(strings.NewReader(text))
	if err := dec.Decode(&answer); err != nil {
		return agentAnswer{}, fmt.Errorf("%w: the agent's answer is not the JSON that was asked for: %w", openai.ErrMalformed, err)
	}
	if dec.More() {
		return agentAnswer{}, fmt.Errorf("%w: the agent's answer has more after its JSON", openai.ErrMalformed)
	}
	return answer, nil
}

// take checks an answer's rewrites, keeps the good ones and gives back the pieces that are still open, each with
// its problem. Rewrites of anything that was not asked for are left out.
func (w *rewriter) take(answer agentAnswer, open []piece) []piece {
	w.readable = true
	byID := map[string][]string{}
	for _, r := range answer.Rewrites {
		byID[r.ID] = append(byID[r.ID], r.Text)
	}
	var left []piece
	for _, piece := range open {
		texts := slices.Compact(byID[piece.ID])
		var text string
		switch len(texts) {
		case 0:
			piece.Problem = "there was no rewrite of it"
		case 1:
			text = funnel.Fit(piece.Text, texts[0])
			piece.Problem = ""
			if err := funnel.Check(piece.Text, text); err != nil {
				piece.Problem = err.Error()
			}
		default:
			piece.Problem = "there were several different rewrites of it"
		}
		if piece.Problem != "" {
			left = append(left, piece)
			continue
		}
		w.result.texts[piece.ID] = text
		w.progress.advance(piece.ID)
	}
	w.result.notes = append(w.result.notes, remarks(answer.Notes)...)
	w.result.problems = append(w.result.problems, remarks(answer.Problems)...)
	return left
}

// remarks keeps what the agent says beside its rewrites short, and free of what does not print.
func remarks(said []string) []string {
	var kept []string
	for _, s := range firstOf(said, 20) {
		s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
		if utf8.RuneCountInString(s) > 500 {
			s = string([]rune(s)[:500]) + "…"
		}
		if s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// firstOf is at most the first n of a list.
func firstOf(list []string, n int) []string { return list[:min(n, len(list))] }
