package openai_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/openai"
)

func TestErrorsShowNoKey(t *testing.T) {
	for name, tt := range map[string]struct{ message, leak string }{
		"the key itself":     {"you sent " + testKey + ".", testKey},
		"masked by OpenAI":   {"Incorrect API key provided: sk-proj-********wxyz. You can find your key at …", "wxyz"},
		"of another shape":   {"Incorrect API key provided: org_abc***wxyz. You can…", "wxyz"},
		"in a header":        {"Authorization: Bearer eyJhbGciOi.abc is wrong", "eyJhbGciOi"},
		"on a line of log":   {"bad\nkey\x00 sk-live-abcdefgh", "abcdefgh"},
		"in a long message":  {strings.Repeat("é", 5000) + " sk-live-abcdefgh", "abcdefgh"},
		"that is not UTF-8":  {"\xff\xfe sk-live-abcdefgh", "abcdefgh"},
		"in a gateway's box": {"sk-admin-abcdefgh-", "abcdefgh"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			w, ch := serve(t, failure(500, "server_error", tt.message)), &charges{}
			err := ask(t.Context(), w.client(func(cfg *openai.Config) {
				cfg.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			}), ch)
			if !errors.Is(err, openai.ErrUnavailable) {
				t.Fatal(err)
			}
			for where, text := range map[string]string{"error": err.Error(), "log": log.String()} {
				if strings.Contains(text, tt.leak) {
					t.Errorf("the %s holds %q: %s", where, tt.leak, text)
				}
			}
			if strings.ContainsAny(err.Error(), "\n\x00") || len(err.Error()) > 2000 {
				t.Errorf("an error of %d bytes: %q", len(err.Error()), err)
			}
		})
	}
}
