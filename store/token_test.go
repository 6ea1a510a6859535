package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/store"
)

func testBadToken(t *testing.T, s store.Store) {
	ctx := t.Context()
	for i := range 3 {
		_, err := s.CreateRun(ctx, store.Run{RunID: fmt.Sprint("r", i), TemplateID: "t", Status: store.Running})
		ok(t, err)
		_, err = s.PutTemplate(ctx, store.Template{TemplateID: fmt.Sprint("t", i)})
		ok(t, err)
	}
	_, runToken, err := s.Runs(ctx, "t", 1, "")
	ok(t, err)
	_, templateToken, err := s.Templates(ctx, store.Active, 1, "")
	ok(t, err)
	for _, token := range []string{runToken, templateToken} {
		if token == "" || strings.ContainsFunc(token, func(r rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
		}) {
			t.Errorf("token %q is not safe in a URL", token)
		}
	}
	garbage := []string{"x", "!!", "e30", "bnVsbA", "W10", " ", runToken + "A", runToken[:len(runToken)-1], runToken[4:], "\x00", "eyJsIjoicnVucyIsImYiOiJ0IiwiYSI6WyJ4IiwieSJdfQ"}
	for _, token := range append(garbage, templateToken) {
		_, _, err := s.Runs(ctx, "t", 1, token)
		wantErr(t, fmt.Sprintf("runs after %q", token), err, store.ErrBadToken)
		if err != nil && !strings.Contains(err.Error(), "none for the first page") {
			t.Errorf("error %q does not say what to do", err)
		}
	}
	for _, token := range append(garbage, runToken) {
		_, _, err := s.Templates(ctx, store.Active, 1, token)
		wantErr(t, fmt.Sprintf("templates after %q", token), err, store.ErrBadToken)
	}
	_, _, err = s.Runs(ctx, "other", 1, runToken)
	wantErr(t, "runs of another template", err, store.ErrBadToken)
	_, _, err = s.Templates(ctx, store.Draft, 1, templateToken)
	wantErr(t, "templates of another status", err, store.ErrBadToken)
}

func FuzzToken(f *testing.F) {
	s := openBolt(f, f.TempDir()+"/store.db")
	_, err := s.CreateRun(f.Context(), store.Run{RunID: "r", TemplateID: "t", Status: store.Running})
	ok(f, err)
	_, err = s.CreateRun(f.Context(), store.Run{RunID: "r2", TemplateID: "t", Status: store.Running})
	ok(f, err)
	_, token, err := s.Runs(f.Context(), "t", 1, "")
	ok(f, err)
	f.Add(token)
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		if _, _, err := s.Runs(t.Context(), "t", 1, token); err != nil && !errors.Is(err, store.ErrBadToken) {
			t.Errorf("token %q: %v", token, err)
		}
	})
}
