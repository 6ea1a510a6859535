package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai/openaitest"
)

func TestCosts(t *testing.T) {
	dir := t.TempDir()
	ran := local(t, dir, sample(t, "run-1"), nil, "invoke", "-")
	var s struct{ Cost cost.Breakdown }
	if err := json.Unmarshal([]byte(ran.stdout), &s); err != nil || s.Cost.Total == 0 {
		t.Fatalf("%v: %s", err, ran.stderr)
	}
	for by, says := range map[string]string{"template": "inline", "model": "gpt-image-", "day": "20"} {
		r := local(t, dir, "", nil, "costs", "--by", by, "--from", "2026-01-01")
		if r.code != 0 || !strings.Contains(r.stdout, says) || !strings.Contains(r.stdout, " "+s.Cost.Total.Decimal()+" ") || strings.Contains(r.stderr, "SIMULATED") {
			t.Errorf("by %s, exit %d: %s%s", by, r.code, r.stdout, r.stderr)
		}
	}
	if r := local(t, dir, "", nil, "costs", "--template", "nobody", "--from", "2026-01-01"); r.code != 0 || strings.Contains(r.stdout, s.Cost.Total.Decimal()) {
		t.Errorf("of another template, exit %d: %s", r.code, r.stdout)
	}
	if r := local(t, dir, "", nil, "costs", "--from", "tomorrow"); r.code != 2 || !strings.Contains(r.stderr, "must be a day") {
		t.Errorf("of no day, exit %d: %s", r.code, r.stderr)
	}
}

func TestReconcile(t *testing.T) {
	differs := openaitest.NewServer(t, openaitest.Options{AdminKey: "sk-admin-1", Statement: func(s *openaitest.Statement) {
		s.Costs = append(s.Costs, openaitest.CostLine{Project: "proj_1", LineItem: "gpt-5, output", Nano: 1_230_000_000})
		s.Completions = append(s.Completions, openaitest.UsageLine{Project: "proj_1", Model: "gpt-5", Requests: 1, Usage: openaitest.Usage{Output: 10_250}})
	}})
	agrees := openaitest.NewServer(t, openaitest.Options{AdminKey: "sk-admin-1"})
	key := "OPENAI_ADMIN_KEY=sk-admin-1"
	for name, tt := range map[string]struct {
		env  []string
		code int
		says []string
	}{
		"Agrees":     {[]string{key, "OPENAI_BASE_URL=" + agrees.URL()}, 0, []string{"They agree", "What neither book tells"}},
		"Differs":    {[]string{key, "OPENAI_BASE_URL=" + differs.URL()}, 1, []string{"They differ", "gpt-5  output", "OpenAI $1.23", "difference +10250"}},
		"WithoutKey": {nil, 1, []string{"OPENAI_ADMIN_KEY"}},
		"RefusedKey": {[]string{"OPENAI_ADMIN_KEY=sk-admin-2", "OPENAI_BASE_URL=" + agrees.URL()}, 1, []string{"OpenAIUnauthorized"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := local(t, t.TempDir(), "", tt.env, "reconcile", "--day", "2026-11-20")
			if r.code != tt.code {
				t.Errorf("exit %d: %s%s", r.code, r.stdout, r.stderr)
			}
			for _, says := range tt.says {
				if !strings.Contains(r.stdout, says) {
					t.Errorf("it does not say %q: %s", says, r.stdout)
				}
			}
			if strings.Contains(r.stdout+r.stderr, "sk-admin") {
				t.Errorf("it shows the key: %s%s", r.stdout, r.stderr)
			}
		})
	}
}
