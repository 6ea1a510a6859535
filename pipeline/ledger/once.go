package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/full-turner/full-turner/store"
)

// Once answers a question that may be paid for only once.
//
// Where an earlier attempt of the run got the answer, it is used; where a response is in flight, it is fetched; and
// where the answer was of no use, the same fault comes back. Otherwise one call is made: priced, begun only where
// time and budget allow it, written down before and after. Where open calls of this attempt hold back money that the
// budget needs, Once waits for them to end.
//
// The answer is stored when Once returns it. Beside an error, the answer still says whether it is about an earlier
// attempt's call, and how many calls there were.
func (l *Ledger) Once(ctx context.Context, q Question) (Answer, error) {
	answer, err := l.once(ctx, q)
	answer.Calls = len(l.earlier(q))
	return answer, err
}

func (l *Ledger) once(ctx context.Context, q Question) (Answer, error) {
	answer, err := l.recorded(ctx, q)
	if !errors.Is(err, errNotRecorded) {
		return answer, err
	}
	if q.Prepare != nil {
		if err := q.Prepare(ctx, &q); err != nil {
			return Answer{}, err
		}
	}
	e, err := l.begin(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	defer e.letGo() // whatever becomes of the call, a panic included
	reply, err := q.Ask(ctx, e.call(ctx, q, q.Request))
	return e.settle(ctx, q, reply, err)
}

// Content is the answer itself.
func (l *Ledger) Content(ctx context.Context, a Answer) ([]byte, error) {
	if a.content != nil {
		return a.content, nil
	}
	content, err := l.cfg.Answers.Get(ctx, a.Key)
	if err != nil {
		return nil, fmt.Errorf("the recorded answer %s: %w", a.Key, err)
	}
	return content, nil
}

// errNotRecorded says that no earlier call has an answer to a question, so that it is to be asked.
var errNotRecorded = errors.New("no answer is recorded")

// recorded gives the answer that an earlier call got, after settling what a process that ended left open.
func (l *Ledger) recorded(ctx context.Context, q Question) (Answer, error) {
	for _, e := range l.earlier(q) {
		if e.row.State == started {
			err := e.settleLeft(ctx, q)
			if e.row.State == started || errors.Is(err, ErrUnwritten) {
				return Answer{Reused: true}, err
			}
		}
		switch e.row.State {
		case answered:
			return Answer{Key: e.row.Result, Model: e.row.Model, Reused: true, Attempt: e.row.Attempt}, nil
		case failed:
			if e.row.Attempt < l.cfg.RedoFrom {
				continue
			}
			return Answer{Reused: true, Attempt: e.row.Attempt}, l.recordedFault(e.row)
		}
	}
	if unheard := l.unheard(q); unheard > 0 && unheard >= q.MaxUnknown {
		return Answer{Reused: true}, fmt.Errorf("%w: it was sent %d times, and each may have been charged", ErrUnheard, unheard)
	}
	return Answer{}, errNotRecorded
}

// Settle closes the rows of a run that is closed, as far as nobody can hear of them any more: those that a process
// left open when it ended, and that have no response to fetch. What may have been charged is told of.
func (l *Ledger) Settle(ctx context.Context) error {
	l.mu.Lock()
	var left []*entry
	for name, r := range l.rows {
		if r.State == started && r.ResponseID == "" {
			left = append(left, &entry{ledger: l, name: name, row: r})
		}
	}
	l.mu.Unlock()
	for _, e := range left {
		if err := e.settleLeft(ctx, Question{}); e.row.State == started || errors.Is(err, ErrUnwritten) {
			return err
		}
	}
	return nil
}

// settleLeft closes the row of a call that a process left open when it ended. A response that can be fetched and is
// not done yet leaves it open, with the error that says so.
func (e *entry) settleLeft(ctx context.Context, q Question) error {
	stored, err := e.stored(ctx)
	if err != nil {
		return err
	}
	if e.row.ResponseID != "" && q.Fetch != nil {
		e.ledger.hold(e.name) // others may wait for what it turns out to have cost
		defer e.letGo()
		reply, err := q.Fetch(ctx, e.call(ctx, q, nil))
		if !stored || reply.InFlight || reply.Usage != nil {
			_, err = e.settle(ctx, q, reply, err)
			return err
		}
	} else {
		e.maybeCharged(ctx, errUnrecorded)
	}
	if stored {
		return e.answered(ctx, nil)
	}
	return e.noAnswer(ctx, nil, errUnrecorded)
}

// stored says whether the answer that was planned is stored: then it was judged good.
func (e *entry) stored(ctx context.Context) (bool, error) {
	if e.row.Result == "" {
		return false, nil
	}
	switch _, err := e.ledger.cfg.Answers.Get(ctx, e.row.Result); {
	case err == nil:
		return true, nil
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	default:
		return false, fmt.Errorf("the answer of %s: %w", e.name, err)
	}
}

// call is the entry as its question's Ask and Fetch see it.
func (e *entry) call(ctx context.Context, q Question, request any) Call {
	return Call{
		Row: e.name, Model: e.row.Model, Request: request, ResponseID: e.row.ResponseID, Age: e.ledger.cfg.Now().Sub(e.row.responded()),
		Started: func(id string) error {
			now := e.ledger.cfg.Now().UTC()
			e.row.ResponseID, e.row.RespondedAt = id, &now
			err := e.write(ctx, saveTime)
			if errors.Is(err, store.ErrUnavailable) {
				return nil // the response is being made all the same: its row is written when it is done
			}
			return err
		},
		MaybeCharged: func(cause error) error { return e.unheard(ctx, q, cause) },
	}
}

// triesOfACall is how many tries of one call may end with nobody knowing their outcome before it is given up.
const triesOfACall = 3

// unheard writes down that a try of the call went out and that nobody knows its outcome. It returns an error where
// the call must not be tried again: the budget does not allow it, or it was tried too often.
func (e *entry) unheard(ctx context.Context, q Question, cause error) error {
	e.maybeCharged(ctx, cause)
	if err := e.write(ctx, saveTime); err != nil {
		return err
	}
	l := e.ledger
	if tries := l.unheard(q); tries >= q.MaxUnknown {
		return fmt.Errorf("%w: tried %d times: %v", ErrUnheard, tries, cause)
	}
	if tries := e.row.PossiblyCharged.Calls; tries >= triesOfACall {
		return fmt.Errorf("tried %d times and never heard how it ended: %w", tries, cause)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.affords(0) // the row is open, and holds the next try's money back; two that waited would wait for each other
	return err
}

// begin writes down that a call is about to be made. It fails with a *cost.BudgetError where the call could pass the
// run's budget, or with the error of Room where the time is too short; then nothing is written.
func (l *Ledger) begin(ctx context.Context, q Question) (*entry, error) {
	for tries := 1; ; tries++ {
		e, err := l.claim(ctx, q)
		if err != nil {
			return nil, err
		}
		err = l.cfg.Rows.AddLog(ctx, e.log())
		if err == nil {
			return e, nil
		}
		switch { // no call was made
		case errors.Is(err, store.ErrConflict): // an attempt that was losing its lease took the name just before
			l.forget(e)
			if reading := l.Reread(ctx); reading == nil && tries < 3 {
				continue
			}
		case errors.Is(err, store.ErrUnavailable), ctx.Err() != nil:
			// The row may be there all the same, if only the store's answer was lost: then it says that there was no
			// call. If this fails too, the next attempt finds an open row and counts it, which is the safe side.
			_ = e.noAnswer(ctx, nil, err)
		default:
			l.forget(e)
		}
		return nil, fmt.Errorf("%w: row %s: %w", ErrUnwritten, e.name, err)
	}
}

// claim takes a name for a call and holds its ceiling back, once time and budget allow it.
func (l *Ledger) claim(ctx context.Context, q Question) (*entry, error) {
	for {
		if err := l.cfg.Room(q.Needs); err != nil {
			return nil, err
		}
		e, wait, err := l.tryClaim(q)
		if wait == nil {
			return e, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// tryClaim claims a row where the budget allows it now.
func (l *Ledger) tryClaim(q Question) (*entry, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := l.raised(q.Kind, q.Ceiling)
	if wait, err := l.affords(most); err != nil {
		return nil, wait, err
	}
	e := &entry{ledger: l, row: row{
		Kind: q.Kind, State: started, Model: q.Model, Asked: q.Asked, Subject: q.Subject,
		Attempt: l.cfg.Attempt, StartedAt: l.cfg.Now().UTC(), ExpectedCost: most, Result: q.Key,
	}}
	if most != q.Ceiling {
		e.row.Ceiling = q.Ceiling
	}
	for n := 0; ; n++ {
		e.name = numbered(q.Row, n)
		if _, taken := l.rows[e.name]; !taken {
			break
		}
	}
	l.rows[e.name], l.held[e.name] = e.row, struct{}{}
	return e, nil, nil
}

// forget gives up a name that no call was made under.
func (l *Ledger) forget(e *entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.rows, e.name)
	l.letGo(e.name)
}

// hold counts an earlier attempt's open row as one of this attempt's, while its response is fetched.
func (l *Ledger) hold(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[name] = struct{}{}
}

// letGo leaves a row that is still open to whoever comes next: it holds no money back for this attempt any more, and
// stays in the sum as what it may cost.
func (e *entry) letGo() {
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	e.ledger.letGo(e.name)
}

// settle judges what a call came to, keeps the answer, and closes the row. The row stays open where the answer can
// still be fetched.
func (e *entry) settle(ctx context.Context, q Question, reply Reply, err error) (Answer, error) {
	if err != nil && reply.InFlight {
		return Answer{}, err
	}
	if err != nil && len(reply.Content) == 0 {
		return Answer{}, e.noAnswer(ctx, reply.Usage, err)
	}
	content, err := q.Judge(reply.Content)
	if err != nil {
		return Answer{}, e.noAnswer(ctx, reply.Usage, err)
	}
	if err := e.keep(ctx, q, content); err != nil {
		err = fmt.Errorf("%w: the answer %s: %w", ErrUnwritten, q.Key, err)
		if e.row.ResponseID != "" { // it can be fetched again, for nothing
			return Answer{}, err
		}
		return Answer{}, e.noAnswer(ctx, reply.Usage, err)
	}
	e.row.Result = q.Key
	if err := e.answered(ctx, reply.Usage); err != nil {
		return Answer{}, err
	}
	return Answer{Key: q.Key, Model: e.row.Model, content: content}, nil
}

// keep stores an answer, whatever became of ctx. One that can be fetched again is worth less patience.
func (e *entry) keep(ctx context.Context, q Question, content []byte) error {
	patience := longer(ctx)
	if e.row.ResponseID != "" {
		patience = saveTime
	}
	return store.Persist(ctx, patience, func(ctx context.Context) error {
		return e.ledger.cfg.Answers.Put(ctx, q.Key, q.ContentType, content)
	})
}
