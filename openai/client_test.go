package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/full-turner/full-turner/openai"
)

func ask(ctx context.Context, c *openai.Client, ch *charges) error {
	_, err := c.Respond(ctx, openai.AgentRequest{Model: "gpt-5", Input: []string{"hi"}, MaybeCharged: ch.record})
	return err
}

// The SDK takes these from the environment, where it is asked for a client.
func TestEnvironmentIsIgnored(t *testing.T) {
	for name, value := range map[string]string{
		"OPENAI_API_KEY": "sk-of-the-environment", "OPENAI_ADMIN_KEY": "sk-of-the-environment", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1",
		"OPENAI_ORG_ID": "org-env", "OPENAI_PROJECT_ID": "proj-env", "OPENAI_CUSTOM_HEADERS": "X-Env: 1\nAuthorization: Bearer env",
	} {
		t.Setenv(name, value)
	}
	w := serve(t, completed("resp_1", "x"))
	if err := ask(t.Context(), w.client(), &charges{}); err != nil {
		t.Fatal(err)
	}
	got := w.seen()[0]
	if got.key != "Bearer "+testKey {
		t.Errorf("sent %q", got.key)
	}
	for _, name := range []string{"OpenAI-Organization", "OpenAI-Project", "X-Env"} {
		if v := got.header.Get(name); v != "" {
			t.Errorf("sent %s: %s", name, v)
		}
	}
}

// The caller's client may follow redirects; this one must not be made to.
func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, given := range []*http.Client{nil, {}, {CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}} {
		w, ch := serve(t, answer(308, "", "Location", "/v1/responses"), completed("resp_1", "x")), &charges{}
		err := ask(t.Context(), w.client(func(cfg *openai.Config) { cfg.HTTPClient = given }), ch)
		if !errors.Is(err, openai.ErrRejected) || len(w.seen()) != 1 {
			t.Errorf("%v after %d requests", err, len(w.seen()))
		}
	}
}

func TestConcurrentCalls(t *testing.T) {
	w := serve(t, completed("resp_1", "x"))
	c := w.client()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if err := ask(t.Context(), c, &charges{}); err != nil {
				t.Error(fmt.Errorf("call %d: %w", i, err))
			}
		})
	}
	wg.Wait()
	if n := len(w.seen()); n != 16 {
		t.Errorf("%d requests", n)
	}
}
