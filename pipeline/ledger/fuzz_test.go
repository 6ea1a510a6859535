package ledger_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline/ledger"
)

// FuzzLedger has a run's questions asked in any order, each call end in any way, the process die at any write, and the
// store be away at any. However that goes: what is answered is not asked again, the bill is what the rows say, it stays
// within the budget, and in the end no call is left open.
func FuzzLedger(f *testing.F) {
	for _, seed := range [][]byte{
		{},
		{0, 0, 0, 0, 1, 1, 0, 0, 2, 2, 0, 0, 3, 3, 0, 0},
		{0, 8, 0, 0, 0, 8, 0, 1, 0, 0, 0, 0},           // in flight, and fetched
		{1, 9, 0, 0, 1, 0, 0, 0, 1, 0, 3, 0},           // gone, and asked again
		{0, 0, 6, 0, 0, 0, 0, 0},                       // killed between the answer and the row
		{0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 0, 0},           // killed at the id
		{2, 7, 0, 0, 2, 7, 0, 1, 2, 7, 0, 0},           // unheard
		{64, 7, 0, 0, 65, 7, 0, 0, 66, 0, 0, 0},        // with a budget
		{0, 0, 1, 2, 1, 1, 9, 3, 2, 5, 4, 6, 3, 4, 10}, // a store that is away
		{67, 6, 0, 0, 3, 0, 0, 0, 3, 3, 0, 0},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		synctest.Test(t, func(t *testing.T) { play(t, script) })
	})
}

// TestRunsAtRandom plays scripts that nobody wrote, the same each time.
func TestRunsAtRandom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.NewChaCha8([32]byte{})
		for n := range 100 {
			script := make([]byte, 4*(1+n%20))
			_, _ = random.Read(script)
			if play(t, script); t.Failed() {
				t.Fatalf("with the script %q", script)
			}
		}
	})
}

// play runs a script: four bytes are a question, an outcome, a fault and what comes after.
func play(t *testing.T, script []byte) {
	p := &player{t: t, memory: newMemory(), responses: map[string]*response{}, final: map[string]bool{}, unheard: map[int]int64{}}
	if len(script) > 0 && script[0]&64 != 0 {
		limit := ceiling*cost.Amount(1+script[0]%5) + price
		p.limit = &limit
	}
	p.open()
	for step := 0; len(script) >= 4 && step < 40; step, script = step+1, script[4:] {
		p.breaks(script[2], script[3])
		over := p.asks(int(script[0]%questions), script[1])
		p.holds()
		if over || script[3]&1 != 0 {
			p.open()
		}
	}
	p.ends()
}

const (
	questions  = 4 // the first two are fetchable copy, the others are images
	maxUnknown = 4
)

// holds holds what is true whenever nobody is at work.
func (p *player) holds() (rows []row) {
	p.t.Helper()
	logs, _ := p.memory.Logs(context.Background(), runID, ledger.Prefix)
	names, rows := parsed(p.t, logs)
	for i, r := range rows {
		if wrong := r.wrong(); wrong != "" {
			p.t.Errorf("row %s: %s: %+v", names[i], wrong, r)
		}
		if r.State == "answered" || r.State == "failed" {
			p.final[r.Asked] = true
		}
	}
	stored, err := ledger.Cost(context.Background(), p.memory, runID, catalog)
	if err != nil || money(stored) != added(rows) {
		p.t.Errorf("it cost %s, %v; the rows say %s", money(stored), err, added(rows))
	}
	if p.bill < stored.Total || p.bill > spent(stored) {
		p.t.Errorf("the bill is %s; it cost %s", p.bill, money(stored))
	}
	return rows
}

// ends has every question asked until it is settled, by attempts that nothing befalls.
func (p *player) ends() {
	p.t.Helper()
	for range 4 { // a response is found in flight three times at the most
		p.open()
		for n := range questions {
			p.asks(n, 0)
		}
		p.holds()
	}
	for _, r := range p.holds() {
		if r.State == "started" {
			p.t.Errorf("it is left open: %+v", r)
		}
	}
	for n := range questions {
		if p.unheard[n] > maxUnknown {
			p.t.Errorf("question %d was sent %d times and never heard of", n, p.unheard[n])
		}
	}
}
