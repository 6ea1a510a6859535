package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai"
)

func TestKey(t *testing.T) {
	broken := errors.New("no secret of that name")
	for name, tt := range map[string]struct {
		key  func(context.Context) (string, error)
		err  error
		text string
	}{
		"with a line end":  {func(context.Context) (string, error) { return " " + testKey + "\r\n", nil }, nil, ""},
		"none configured":  {nil, openai.ErrUnauthorized, "no key is configured"},
		"empty":            {func(context.Context) (string, error) { return " \n", nil }, openai.ErrUnauthorized, "the key is empty"},
		"two lines":        {func(context.Context) (string, error) { return testKey + "\n" + testKey, nil }, openai.ErrUnauthorized, "no key has"},
		"not in ASCII":     {func(context.Context) (string, error) { return testKey + "é", nil }, openai.ErrUnauthorized, "no key has"},
		"cannot be read":   {func(context.Context) (string, error) { return "", broken }, broken, "no secret of that name"},
		"out of reach":     {func(context.Context) (string, error) { return "", fmt.Errorf("secret: %w", openai.ErrUnavailable) }, openai.ErrUnavailable, "read key"},
		"that, as refused": {func(context.Context) (string, error) { return "", broken }, openai.ErrUnauthorized, "read key"},
	} {
		t.Run(name, func(t *testing.T) {
			w, ch := serve(t, completed("resp_1", "x")), &charges{}
			err := ask(t.Context(), w.client(func(cfg *openai.Config) { cfg.Key = tt.key }), ch)
			if !errors.Is(err, tt.err) || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v; want %v with %q", err, tt.err, tt.text)
			}
			if err != nil && (strings.Contains(err.Error(), testKey) || len(w.seen()) > 0 || len(ch.causes) > 0) {
				t.Errorf("%v after %d requests, charges %v", err, len(w.seen()), ch.causes)
			}
			if errors.Is(tt.err, openai.ErrUnavailable) && errors.Is(err, openai.ErrUnauthorized) {
				t.Errorf("a key that cannot be read just now is said to be refused: %v", err)
			}
			if err == nil && w.seen()[0].key != "Bearer "+testKey {
				t.Errorf("sent %q", w.seen()[0].key)
			}
		})
	}
}

// rotating is a server that takes one key, and a client of it that reads keys in
// turn, the last one again and again.
func rotating(t *testing.T, taken string, keys ...string) (*openai.Client, *wire, *atomic.Int32) {
	w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+taken {
			failure(401, "invalid_api_key", "Incorrect API key provided: "+keys[0])(rw, r)
			return
		}
		completed("resp_1", "x")(rw, r)
	})
	var reads atomic.Int32
	return w.client(func(cfg *openai.Config) {
		cfg.Key = func(context.Context) (string, error) {
			n := int(reads.Add(1))
			return keys[min(n, len(keys))-1], nil
		}
	}), w, &reads
}

func TestKeyIsReadOnceAndAgainWhenRefused(t *testing.T) {
	const old, current = "sk-old-000000000000", "sk-new-111111111111"
	c, w, reads := rotating(t, current, old, current)
	for range 3 {
		if err := ask(t.Context(), c, &charges{}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.seen()); reads.Load() != 2 || n != 4 {
		t.Errorf("%d reads for %d requests; want 2 for 4", reads.Load(), n)
	}
}

func TestKeyRefusedTwice(t *testing.T) {
	c, w, reads := rotating(t, "sk-other-2222222222", "sk-old-000000000000")
	ch := &charges{}
	for call := int32(1); call <= 2; call++ {
		err := ask(t.Context(), c, ch)
		if !errors.Is(err, openai.ErrUnauthorized) || strings.Contains(err.Error(), "sk-old") {
			t.Errorf("error %v", err)
		}
		// One reading at first use, and one for each refusal that ends a call.
		if reads.Load() != call+1 {
			t.Errorf("call %d: %d reads", call, reads.Load())
		}
	}
	if n := len(w.seen()); n != 4 || len(ch.causes) != 0 {
		t.Errorf("%d requests, charges %v", n, ch.causes)
	}
}

func TestKeyIsReadOnceByMany(t *testing.T) {
	const old, current = "sk-old-000000000000", "sk-new-111111111111"
	c, _, reads := rotating(t, current, old, current)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := ask(t.Context(), c, &charges{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if reads.Load() != 2 {
		t.Errorf("%d reads; want 2", reads.Load())
	}
}

func TestWaitingForTheKeyEndsWithTheContext(t *testing.T) {
	w := serve(t, completed("resp_1", "x"))
	reading, release := make(chan struct{}), make(chan struct{})
	c := w.client(func(cfg *openai.Config) {
		cfg.Key = func(context.Context) (string, error) {
			close(reading)
			<-release
			return testKey, nil
		}
	})
	first := make(chan error)
	go func() { first <- ask(context.Background(), c, &charges{}) }()
	<-reading
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if err := ask(ctx, c, &charges{}); !errors.Is(err, context.Canceled) || errors.Is(err, openai.ErrUnauthorized) {
		t.Errorf("error %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
}
