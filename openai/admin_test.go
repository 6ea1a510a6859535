package openai_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
)

// admin is a client of an address, with an admin key.
func admin(url, key string) *openai.Admin {
	return openai.NewAdmin(openai.Config{
		Key: func(context.Context) (string, error) { return key, nil }, BaseURL: url, Backoff: time.Millisecond,
	})
}

var billDay = time.Date(2026, 11, 23, 17, 30, 0, 0, time.UTC)

func TestStatementIsWhatWasBilled(t *testing.T) {
	fake := openaitest.NewServer(t, openaitest.Options{
		Key: "sk-project", AdminKey: "sk-admin-1", Now: func() time.Time { return billDay },
		Statement: func(s *openaitest.Statement) {
			s.Costs = append(s.Costs,
				openaitest.CostLine{Project: "proj_other", LineItem: "gpt-5-2025-08-07, cached input", Nano: 12},
				openaitest.CostLine{Project: "proj_other", LineItem: "web search tool calls", Nano: -30_000_000})
			s.Images = append(s.Images, openaitest.UsageLine{Project: "proj_other", Model: "gpt-image-1.5", Requests: 2, Usage: openaitest.Usage{Images: 3}})
		},
	})
	client := openai.New(openai.Config{
		Key: func(context.Context) (string, error) { return "sk-project", nil }, BaseURL: fake.URL(), Foreground: true,
	})
	if _, err := client.Respond(t.Context(), openai.AgentRequest{Model: "gpt-6.1-sol", Instructions: "Be brief.", Input: []string{"Hello."}, SchemaName: "x", Schema: map[string]any{
		"type": "object", "properties": map[string]any{"notes": map[string]any{"type": "string"}}, "required": []string{"notes"}, "additionalProperties": false,
	}, MaxOutputTokens: 1000}); err != nil {
		t.Fatal(err)
	}
	bill := fake.Bill()
	used := bill.Charges[0].Usage
	own := openai.ModelUsage{Model: "gpt-6.1-sol", Requests: 1, Usage: cost.Usage{Input: used.Input, Output: used.Output, CacheWrite: used.CacheWrite}}

	s, err := admin(fake.URL(), "sk-admin-1").Statement(t.Context(), billDay, "")
	if err != nil {
		t.Fatal(err)
	}
	var sum cost.Amount
	for _, line := range s.Costs {
		if line.ProjectID == "proj_simulated" {
			sum += line.Cost
			if line.Model != "gpt-6.1-sol" || line.Part != cost.Input && line.Part != cost.Output {
				t.Errorf("line %+v", line)
			}
		}
	}
	if int64(sum) != bill.Total || sum == 0 {
		t.Errorf("the lines come to %s; the bill is %s", sum, cost.Amount(bill.Total))
	}
	if diff := cmp.Diff([]openai.CostLine{
		{ProjectID: "proj_other", LineItem: "gpt-5-2025-08-07, cached input", Model: "gpt-5-2025-08-07", Part: cost.CachedInput, Cost: 12},
		{ProjectID: "proj_other", LineItem: "web search tool calls", Part: "web search tool calls", Cost: -30_000_000},
	}, s.Costs[:2]); diff != "" {
		t.Errorf("the other project's lines (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]openai.ModelUsage{own}, s.Tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]openai.ModelUsage{{Model: "gpt-image-1.5", Requests: 2, Usage: cost.Usage{Images: 3}}}, s.Images); diff != "" {
		t.Errorf("images (-want +got):\n%s", diff)
	}

	s, err = admin(fake.URL(), "sk-admin-1").Statement(t.Context(), billDay, "proj_simulated")
	if err != nil || len(s.Images) > 0 || len(s.Tokens) != 1 || len(s.Costs) != 2 {
		t.Errorf("one project's statement: %+v, %v", s, err)
	}
	s, err = admin(fake.URL(), "sk-admin-1").Statement(t.Context(), billDay.AddDate(0, 0, -1), "proj_simulated")
	if err != nil || len(s.Images)+len(s.Tokens)+len(s.Costs) > 0 {
		t.Errorf("the day before: %+v, %v", s, err)
	}
}

func TestStatementNeedsAnAdminKey(t *testing.T) {
	fake := openaitest.NewServer(t, openaitest.Options{Key: "sk-project", AdminKey: "sk-admin-1"})
	for name, tt := range map[string]struct {
		key  string
		want error
	}{
		"None": {"", openai.ErrUnauthorized}, "Wrong": {"sk-admin-2", openai.ErrUnauthorized}, "OfAProject": {"sk-project", openai.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := admin(fake.URL(), tt.key).Statement(t.Context(), billDay, "")
			if !errors.Is(err, tt.want) || strings.Contains(err.Error(), "sk-") {
				t.Errorf("error %v; want %v", err, tt.want)
			}
		})
	}
}

func TestStatementFollowsPages(t *testing.T) {
	var asked []string
	costs := func(body func(page string) string) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", "application/json")
			if !strings.HasSuffix(r.URL.Path, "/costs") {
				fmt.Fprint(rw, `{"object":"page","data":[],"has_more":false,"next_page":null}`)
				return
			}
			asked = append(asked, r.URL.RawQuery)
			fmt.Fprint(rw, body(r.URL.Query().Get("page")))
		}
	}
	bucket := func(item, value, rest string) string {
		return fmt.Sprintf(`{"object":"page","data":[{"object":"bucket","start_time":1,"end_time":2,"results":[{"object":"organization.costs.result","amount":{"value":%s,"currency":"usd"},"line_item":%q,"project_id":"p"}]}],%s}`, value, item, rest)
	}
	end := `"has_more":false,"next_page":null`
	for name, tt := range map[string]struct {
		body func(page string) string
		want []cost.Amount
		err  string
	}{
		"TwoPages": {func(page string) string {
			if page == "" {
				return bucket("gpt-5, input", "0.1", `"has_more":true,"next_page":"second"`)
			}
			return bucket("gpt-5, input", "6.0000000004e-9", end)
		}, []cost.Amount{100_000_000, 6}, ""},
		"AString":     {func(string) string { return bucket("gpt-5, input", `"0.13080000000000003"`, end) }, []cost.Amount{130_800_000}, ""},
		"NoAmount":    {func(string) string { return bucket("gpt-5, input", "null", end) }, nil, "no amount"},
		"NoNumber":    {func(string) string { return bucket("gpt-5, input", `"1/3"`, end) }, nil, "not a number"},
		"Endless":     {func(string) string { return bucket("gpt-5, input", "1e99999999", end) }, nil, "not a number"},
		"MoreNowhere": {func(string) string { return bucket("gpt-5, input", "1", `"has_more":true,"next_page":null`) }, nil, "does not say where"},
		"NoPage":      {func(string) string { return `{"object":"list"}` }, nil, "no page"},
		"HTML":        {func(string) string { return "<html>" }, nil, "page and not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			asked = nil
			w := serve(t, costs(tt.body))
			s, err := admin(w.URL+"/v1", "sk-admin-1").Statement(t.Context(), billDay, "")
			if tt.err != "" {
				if !errors.Is(err, openai.ErrMalformed) || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v; want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []cost.Amount
			for _, line := range s.Costs {
				got = append(got, line.Cost)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("amounts (-want +got):\n%s", diff)
			}
			for _, q := range asked {
				if !strings.Contains(q, "start_time=1795392000") || !strings.Contains(q, "end_time=1795478400") || !strings.Contains(q, "bucket_width=1d") {
					t.Errorf("asked %s", q)
				}
			}
		})
	}
}

func TestLineItems(t *testing.T) {
	items := map[string]openai.CostLine{
		"gpt-6-astra, input_tokens":                   {Model: "gpt-6-astra", Part: cost.Input},
		"gpt-5-2025-08-07, cached input":              {Model: "gpt-5-2025-08-07", Part: cost.CachedInput},
		"gpt-6.1-sol, input_cached_tokens":            {Model: "gpt-6.1-sol", Part: cost.CachedInput},
		"gpt-6.1-sol, cache_write_12h_tokens":         {Model: "gpt-6.1-sol", Part: cost.CacheWriteLong},
		"gpt-6.1-sol, input_cache_write_30m_tokens":   {Model: "gpt-6.1-sol", Part: cost.CacheWrite},
		"gpt-6.1-sol, flex output":                    {Model: "gpt-6.1-sol", Part: cost.Output},
		"gpt-image-2.6-sunburst, image input":         {Model: "gpt-image-2.6-sunburst", Part: cost.ImageInput},
		"gpt-image-2.6-sunburst, cached_image_tokens": {Model: "gpt-image-2.6-sunburst", Part: "cached_image_tokens"},
		"gpt-image-1, images":                         {Model: "gpt-image-1", Part: cost.Images},
		"gpt-5, sorcery":                              {Model: "gpt-5", Part: "sorcery"},
		"vector storage":                              {Part: "vector storage"},
		"code interpreter, sessions":                  {Part: "code interpreter, sessions"},
		"":                                            {},
	}
	fake := openaitest.NewServer(t, openaitest.Options{Statement: func(s *openaitest.Statement) {
		for item := range items {
			s.Costs = append(s.Costs, openaitest.CostLine{Project: "p", LineItem: item, Nano: 1})
		}
	}})
	s, err := admin(fake.URL(), "sk-admin-1").Statement(t.Context(), billDay, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range s.Costs {
		want := items[line.LineItem]
		if line.Model != want.Model || line.Part != want.Part {
			t.Errorf("line item %q is %q of %q; want %q of %q", line.LineItem, line.Part, line.Model, want.Part, want.Model)
		}
	}
	if len(s.Costs) != len(items) {
		t.Errorf("%d lines of %d", len(s.Costs), len(items))
	}
}
