package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
)

// response is what is made in the background for whoever asked.
type response struct {
	outcome
	flying int // how often it is found still being made
	gone   bool
	missed bool // it was looked for since
}

// player plays a run, both sides of it.
type player struct {
	t         *testing.T
	memory    *memory
	limit     *cost.Amount
	ledger    *ledger.Ledger
	bill      cost.Amount          // what was charged, whoever knows of it
	responses map[string]*response // by id
	final     map[string]bool      // the questions that have an answer, or a fault
	unheard   map[int]int64        // tries that nobody heard of, by question

	fault  *fault
	writes int // until the fault
}

// open begins an attempt, in a process whose store works.
func (p *player) open() {
	p.t.Helper()
	p.fault = nil
	p.memory.taken()
	config := p.memory.config()
	config.Limit = p.limit
	front := &front{Rows: p.memory, Answers: p.memory, strike: p.strike}
	config.Rows, config.Answers = front, front
	var err error
	if p.ledger, err = ledger.Open(p.t.Context(), config); err != nil {
		p.t.Fatal(err)
	}
}

// breaks has one of the next writes fail: with the process, or for a time with the store.
func (p *player) breaks(which, how byte) {
	p.fault = nil
	if which == 0 {
		return
	}
	p.writes = int(which-1) % 6
	p.fault = &fault{applied: how&2 != 0, err: errKilled, times: 1}
	if how&4 != 0 {
		p.fault.err, p.fault.times = errDown, 1+int(how>>3)
	}
}

func (p *player) strike(of string) *fault {
	if p.fault == nil || of == "get" || of == "logs" {
		return nil
	}
	if p.writes--; p.writes >= 0 {
		return nil
	}
	if p.fault.times--; p.fault.times < 0 {
		return nil
	}
	return p.fault
}

// asks asks a question, and says whether the attempt is over: the process was killed, or gives up because it could not
// write.
func (p *player) asks(n int, how byte) (over bool) {
	defer func() {
		if r := recover(); r != nil {
			if r != errKilled {
				panic(r)
			}
			over = true
		}
	}()
	attempt := p.memory.attempt
	q := ledger.Question{}
	q = ledger.Question{
		Kind: cost.Agent, Row: "call#agent#", Asked: fmt.Sprint(n), Model: "scribe", Ceiling: ceiling, MaxUnknown: maxUnknown,
		Key: fmt.Sprintf("runs/%d-%d", n, attempt), Judge: judge,
		Ask: func(_ context.Context, c ledger.Call) (ledger.Reply, error) {
			if p.final[q.Asked] {
				p.t.Errorf("question %d is asked again", n)
			}
			return p.call(n, c, how)
		},
		Fetch: func(_ context.Context, c ledger.Call) (ledger.Reply, error) { return p.found(n, c) },
	}
	if n >= 2 {
		q.Kind, q.Model, q.Row, q.Fetch = cost.Image, "painter", fmt.Sprintf("call#image#%d", n), nil
	}
	answer, err := p.ledger.Once(p.t.Context(), q)
	switch {
	case err == nil:
		p.final[q.Asked] = true
		if _, reading := p.ledger.Content(p.t.Context(), answer); reading != nil {
			p.t.Errorf("the answer of question %d: %v", n, reading)
		}
	case errors.Is(err, ledger.ErrUnheard):
		tries := int64(0) // that may have been made
		for _, r := range p.holds() {
			if r.Asked == q.Asked && r.PossiblyCharged != nil {
				tries += r.PossiblyCharged.Calls
			}
		}
		if tries < maxUnknown {
			p.t.Errorf("question %d: %v after %d tries", n, err, tries)
		}
	}
	return errors.Is(err, ledger.ErrUnwritten)
}

// call is a call at the other end of the line.
func (p *player) call(n int, c ledger.Call, how byte) (ledger.Reply, error) {
	used := &cost.Usage{Input: 2000, Images: 1} // a price, of either model
	silence := func(charged cost.Amount) error {
		p.charge(charged)
		p.unheard[n]++
		return c.MaybeCharged(errSilence)
	}
	o := outcome{text: "fine", usage: used}
	switch how % 12 {
	case 1:
		o = outcome{usage: used, err: errRefused}
	case 2:
		o = outcome{text: "rubbish", usage: used}
	case 3:
		o = outcome{usage: used, err: errElse}
	case 4:
		o = outcome{err: errElse}
	case 5:
		p.charge(ceiling)
		return ledger.Reply{Content: []byte("fine"), Usage: priceless}, nil
	case 6: // killed while it waits, charged or not
		p.charge(ceiling * cost.Amount(how>>7))
		p.unheard[n]++
		panic(errKilled)
	case 7: // unheard, and then never heard of or answered
		for range 1 + how>>6 {
			if err := silence(ceiling * cost.Amount(how>>5&1)); err != nil {
				return ledger.Reply{}, err
			}
		}
		if how&16 != 0 {
			return ledger.Reply{}, errElse
		}
	case 8, 9, 10, 11:
		if n < 2 {
			return p.begins(n, c, how)
		}
		if how&1 != 0 {
			return ledger.Reply{Content: []byte("fine")}, silence(ceiling)
		}
	}
	if o.usage != nil {
		p.charge(price)
	}
	return ledger.Reply{Content: []byte(o.text), Usage: o.usage}, o.err
}

// begins makes a response in the background, and leaves it when it is still being made.
func (p *player) begins(n int, c ledger.Call, how byte) (ledger.Reply, error) {
	id := fmt.Sprintf("resp_%d", len(p.responses))
	r := &response{outcome: good, flying: int(how >> 4 & 3), gone: how%12 == 9}
	switch how % 12 {
	case 10:
		r.outcome = outcome{usage: tokens(price), err: errRefused}
	case 11:
		r.outcome = outcome{err: errElse} // it fails at the other end, for nothing
	}
	p.responses[id] = r
	if r.usage != nil {
		p.charge(price)
	}
	if err := c.Started(id); err != nil {
		return ledger.Reply{InFlight: true}, err
	}
	c.ResponseID = id
	return p.found(n, c)
}

// found looks at a response.
func (p *player) found(n int, c ledger.Call) (ledger.Reply, error) {
	r := p.responses[c.ResponseID]
	switch {
	case r == nil:
		p.t.Fatalf("there is no response %q", c.ResponseID)
	case r.flying > 0:
		r.flying--
		return ledger.Reply{InFlight: true}, errInFlight
	case r.gone:
		if !r.missed { // else a process was killed while it wrote this down
			r.missed, p.unheard[n] = true, p.unheard[n]+1
		}
		if err := c.MaybeCharged(errGone); err != nil {
			return ledger.Reply{}, err
		}
		return ledger.Reply{}, errGone
	}
	return ledger.Reply{Content: []byte(r.text), Usage: r.usage}, r.err
}

func (p *player) charge(a cost.Amount) {
	if p.bill += a; p.limit != nil && p.bill > *p.limit {
		p.t.Errorf("the bill is %s of %s", p.bill, *p.limit)
	}
}
