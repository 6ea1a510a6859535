package openaitest_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
)

func TestKeyIsChecked(t *testing.T) {
	const key = "sk-proj-abcdefghijklmnop1234"
	for name, tt := range map[string]struct {
		want, header string
		status       int
		code         string
	}{
		"right key":                 {key, "Bearer " + key, 404, ""},
		"any key where none is set": {"", "Bearer sk-anything", 404, ""},
		"no key":                    {"", "Bearer ", 401, ""},
		"another scheme":            {"", "Basic abc", 401, ""},
		"wrong key":                 {key, "Bearer sk-proj-wrongwrongwrong9876", 401, "invalid_api_key"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openaitest.NewServer(t, openaitest.Options{Key: tt.want, Fault: func(openaitest.Call) *openaitest.Fault { return &openaitest.Fault{Status: 404} }})
			req, err := http.NewRequest(http.MethodGet, s.URL()+"/responses/resp_1", nil)
			if err == nil {
				req.Header.Set("Authorization", tt.header)
			}
			a := do(t, req, err)
			p := a.problem(t)
			if a.status != tt.status || p.code() != tt.code {
				t.Errorf("status %d, code %q, message %q", a.status, p.code(), p.Message)
			}
			if tt.code != "" && (!strings.Contains(p.Message, "sk-proj-") || !strings.Contains(p.Message, "9876") || strings.Contains(p.Message, "wrongwrong")) {
				t.Errorf("message %q does not echo part of the key as OpenAI does", p.Message)
			}
		})
	}
}

func TestKeyCanBeRotated(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{Key: "sk-test"})
	if a := postJSON(t, s, ask(oneText, nil)); a.status != 200 {
		t.Errorf("before: status %d", a.status)
	}
	s.SetKey("sk-next")
	if a := postJSON(t, s, ask(oneText, nil)); a.status != 401 {
		t.Errorf("after: status %d", a.status)
	}
	if calls := s.Calls(); calls[1].Status != 401 || calls[1].N != 2 {
		t.Errorf("recorded %+v", calls[1])
	}
}

func TestUnknownPathIsNotFound(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	req, err := http.NewRequest(http.MethodPost, s.URL()+"/chat/completions", strings.NewReader("{}"))
	a := do(t, req, err)
	if p := a.problem(t); a.status != 404 || !strings.Contains(p.Message, "POST /v1/chat/completions") || len(s.Calls()) != 0 {
		t.Errorf("status %d, message %q, %d calls", a.status, p.Message, len(s.Calls()))
	}
}

func TestCloseEndsWhatIsHeld(t *testing.T) {
	gate := openaitest.NewGate()
	s, err := openaitest.Start(openaitest.Options{
		Now:   func() time.Time { return time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC) },
		Fault: func(openaitest.Call) *openaitest.Fault { return &openaitest.Fault{Hold: gate} },
	})
	if err != nil {
		t.Fatal(err)
	}
	postJSON(t, s, ask(oneText, nil)).response(t)
	<-gate.Arrived()
	var wg sync.WaitGroup
	wg.Go(func() {
		if a := edit(nil).post(t, s); a.err == nil {
			t.Errorf("the held edit was answered: %d", a.status)
		}
	})
	<-gate.Arrived()
	s.Close()
	s.Close()
	wg.Wait()
	if s.InFlight(openaitest.KindAgent)+s.InFlight(openaitest.KindImage) != 0 || s.Bill().Agent != 0 {
		t.Errorf("in flight %d and %d, agent billed %d", s.InFlight(openaitest.KindAgent), s.InFlight(openaitest.KindImage), s.Bill().Agent)
	}
	if a := postJSON(t, s, ask(oneText, nil)); a.err == nil {
		t.Errorf("answered after Close: %d", a.status)
	}
}

func TestInFlightIsCountedByKind(t *testing.T) {
	gate := openaitest.NewGate()
	s := openaitest.NewServer(t, openaitest.Options{Fault: func(c openaitest.Call) *openaitest.Fault {
		if c.Kind == openaitest.KindRetrieve {
			return nil
		}
		return &openaitest.Fault{Hold: gate}
	}})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { edit(nil).post(t, s) })
		<-gate.Arrived()
	}
	for range 2 {
		r := postJSON(t, s, ask(oneText, nil)).response(t)
		<-gate.Arrived()
		get(t, s, r.ID)
	}
	if s.InFlight(openaitest.KindImage) != 3 || s.InFlight(openaitest.KindAgent) != 2 {
		t.Errorf("%d images and %d responses in flight", s.InFlight(openaitest.KindImage), s.InFlight(openaitest.KindAgent))
	}
	gate.Release()
	wg.Wait()
	s.Wait()
	for kind, want := range map[string]int{openaitest.KindImage: 3, openaitest.KindAgent: 2, openaitest.KindRetrieve: 1, openaitest.KindCancel: 0} {
		if got := s.MaxInFlight(kind); got != want || s.InFlight(kind) != 0 {
			t.Errorf("%s: at most %d, want %d; now %d", kind, got, want, s.InFlight(kind))
		}
	}
	if s.Count(openaitest.KindImage) != 3 || s.Count(openaitest.KindRetrieve) != 2 {
		t.Errorf("%d images, %d retrieves", s.Count(openaitest.KindImage), s.Count(openaitest.KindRetrieve))
	}
}

// A client that does three things at once, each as soon as the last is answered, is never counted with four.
func TestClientThatDoesThreeAtOnceIsCountedWithThree(t *testing.T) {
	s := openaitest.NewServer(t, openaitest.Options{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 10 {
				postJSON(t, s, ask(oneText, map[string]any{"background": false}))
			}
		})
	}
	wg.Wait()
	if n := s.MaxInFlight(openaitest.KindAgent); n > 3 {
		t.Errorf("at most %d in flight", n)
	}
}

func TestClientThatHangsUpPaysForItsImage(t *testing.T) {
	gate := openaitest.NewGate()
	s := openaitest.NewServer(t, openaitest.Options{Fault: func(openaitest.Call) *openaitest.Fault { return &openaitest.Fault{Hold: gate} }})
	ctx, hangUp := context.WithCancel(t.Context())
	req, err := edit(nil).request(t, s)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan answer)
	go func() { done <- do(t, req.WithContext(ctx), nil) }()
	<-gate.Arrived()
	hangUp()
	if a := <-done; a.err == nil {
		t.Errorf("answered with %d", a.status)
	}
	s.Wait()
	c := s.Calls()[0]
	if !c.Billed || c.Nano != 40_000_000 || c.Status != 0 || c.Ended.IsZero() || s.Bill().Image != 40_000_000 {
		t.Errorf("recorded %+v", c)
	}
}

func TestLatencyIsTheTimeThatAnAnswerTakes(t *testing.T) {
	const latency = 30 * time.Millisecond
	s := openaitest.NewServer(t, openaitest.Options{ImageLatency: latency, AgentLatency: latency})
	edit(nil).post(t, s)
	postJSON(t, s, ask(oneText, map[string]any{"background": false}))
	for _, c := range s.Calls() {
		if took := c.Ended.Sub(c.Started); took < latency {
			t.Errorf("%s took %v", c.Kind, took)
		}
	}
	r := postJSON(t, s, ask(oneText, nil)).response(t)
	s.Wait()
	if again := get(t, s, r.ID).response(t); again.Status != "completed" {
		t.Errorf("after its time the response is %s", again.Status)
	}
}

func TestEachKindHasALatencyOfItsOwn(t *testing.T) {
	slowAgent := openaitest.NewServer(t, openaitest.Options{AgentLatency: time.Hour})
	if a := edit(nil).post(t, slowAgent); a.status != http.StatusOK {
		t.Errorf("an image took the agent's time: status %d, %v", a.status, a.err)
	}
	r := postJSON(t, slowAgent, ask(oneText, nil)).response(t)
	if again := get(t, slowAgent, r.ID).response(t); again.Status != "in_progress" {
		t.Errorf("the response is %s", again.Status)
	}
	slowImages := openaitest.NewServer(t, openaitest.Options{ImageLatency: time.Hour})
	r = postJSON(t, slowImages, ask(oneText, nil)).response(t)
	if again := get(t, slowImages, r.ID).response(t); again.Status != "completed" {
		t.Errorf("a response took the images' time: it is %s", again.Status)
	}
}
