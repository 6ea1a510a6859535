package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/full-turner/full-turner/store"
)

func sameTemplate(t *testing.T, what string, got, want store.Template) {
	t.Helper()
	sameJSON(t, what+": metadata", got.Metadata, want.Metadata)
	got.Metadata, want.Metadata = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%.2000s", what, diff)
	}
}

func testTemplateRoundTrips(t *testing.T, s store.Store) {
	ctx := t.Context()
	put := func(t *testing.T, template store.Template, versions ...string) {
		t.Helper()
		stored, err := s.PutTemplate(ctx, template)
		ok(t, err)
		template.Version = "1"
		template.CreatedAt, template.UpdatedAt = kept(template.CreatedAt), kept(template.UpdatedAt)
		sameTemplate(t, "put", stored, template)
		if versions == nil {
			versions = []string{"", store.LatestVersion, "1"}
		}
		for _, version := range versions {
			read, err := s.Template(ctx, template.TemplateID, version)
			ok(t, err)
			sameTemplate(t, "version "+version, read, template)
		}
	}
	for i, id := range odd {
		t.Run("ID"+strconv.Itoa(i), func(t *testing.T) {
			put(t, store.Template{TemplateID: id, Name: id, Description: id, BrandGuideContent: id, TemplateFunnelJSON: id,
				Status: store.Draft, CreatedAt: clock, UpdatedAt: clock.Add(time.Hour)})
		})
	}
	for i, value := range values {
		t.Run("Metadata"+strconv.Itoa(i), func(t *testing.T) {
			put(t, store.Template{TemplateID: fmt.Sprint("m", i), Status: store.Archived, Metadata: json.RawMessage(value),
				BrandGuideContent: value, TemplateFunnelJSON: value, CreatedAt: clock, UpdatedAt: clock})
		})
	}
	t.Run("Large", func(t *testing.T) {
		guide := strings.Repeat("<guide>ü🙂 & \"quotes\"\n", 240_000) // 6 MB
		other := guide[:100_000]
		put(t, store.Template{TemplateID: "large", Status: store.Active, Name: other, Description: other[1:],
			BrandGuideContent: guide, TemplateFunnelJSON: other[2:], CreatedAt: clock, UpdatedAt: clock,
			Metadata: json.RawMessage(`["` + strings.Repeat("m", 100_000) + `"]`)}, "1")
	})
	t.Run("AroundTheLimits", func(t *testing.T) {
		for _, n := range []int{8<<10 - 3, 8 << 10, 32<<10 - 3, 32<<10 - 2, 32<<10 - 1, 32 << 10, 32<<10 + 1, 400 << 10} {
			put(t, store.Template{TemplateID: fmt.Sprint("n", n), Status: store.Active, CreatedAt: clock, UpdatedAt: clock,
				BrandGuideContent: strings.Repeat("g", n), TemplateFunnelJSON: strings.Repeat("\n", n)}, "")
		}
	})
	t.Run("Defaults", func(t *testing.T) {
		before := kept(time.Now())
		stored, err := s.PutTemplate(ctx, store.Template{TemplateID: "defaults", Version: "99"})
		ok(t, err)
		if stored.Status != store.Active || stored.Version != "1" {
			t.Errorf("status %q, version %q", stored.Status, stored.Version)
		}
		if stored.UpdatedAt.Before(before) || !stored.CreatedAt.Equal(stored.UpdatedAt) {
			t.Errorf("created %s, updated %s, want both from %s", stored.CreatedAt, stored.UpdatedAt, before)
		}
		again, err := s.PutTemplate(ctx, store.Template{TemplateID: "defaults", UpdatedAt: clock})
		ok(t, err)
		if !again.CreatedAt.Equal(stored.CreatedAt) || !again.UpdatedAt.Equal(kept(clock)) {
			t.Errorf("second version: created %s, updated %s", again.CreatedAt, again.UpdatedAt)
		}
	})
}

func testTemplateVersions(t *testing.T, s store.Store) {
	ctx := t.Context()
	for i := range 12 { // past 9, where text order and number order part
		_, err := s.PutTemplate(ctx, store.Template{TemplateID: "t", Name: fmt.Sprint("name ", i+1)})
		ok(t, err)
	}
	for i := range 12 {
		version := strconv.Itoa(i + 1)
		read, err := s.Template(ctx, "t", version)
		ok(t, err)
		if read.Name != "name "+version || read.Version != version {
			t.Errorf("version %s: name %q, version %q", version, read.Name, read.Version)
		}
	}
	latest, err := s.Template(ctx, "t", "")
	ok(t, err)
	if latest.Name != "name 12" || latest.Version != "12" {
		t.Errorf("latest: name %q, version %q", latest.Name, latest.Version)
	}
	for _, version := range []string{"13", "0", "01"} {
		_, err = s.Template(ctx, "t", version)
		wantErr(t, "version "+version, err, store.ErrNotFound)
	}
}

func testPutTemplateAtOnce(t *testing.T, s store.Store) {
	ctx := t.Context()
	const n = 20
	versions := make([]string, n)
	for _, err := range atOnce(n, func(i int) error {
		stored, err := s.PutTemplate(ctx, store.Template{TemplateID: "t", Name: strconv.Itoa(i)})
		versions[i] = stored.Version
		return err
	}) {
		ok(t, err)
	}
	want := make([]string, n)
	for i := range want {
		want[i] = strconv.Itoa(i + 1)
	}
	if got := slices.Sorted(slices.Values(versions)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("versions %q, want 1 to %d", got, n)
	}
	for i, version := range versions {
		read, err := s.Template(ctx, "t", version)
		ok(t, err)
		if read.Name != strconv.Itoa(i) {
			t.Errorf("version %s is put %s, want %d", version, read.Name, i)
		}
	}
	latest, err := s.Template(ctx, "t", store.LatestVersion)
	ok(t, err)
	if latest.Version != strconv.Itoa(n) || versions[atoi(t, latest.Name)] != latest.Version {
		t.Errorf("latest is version %s, put %s", latest.Version, latest.Name)
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	ok(t, err)
	return n
}

func testTemplates(t *testing.T, s store.Store) {
	ctx := t.Context()
	want := store.Template{TemplateID: "a", Version: "3", Name: "name", Description: "description", Status: store.Active,
		Metadata: json.RawMessage(`{"k":["` + strings.Repeat("m", 40<<10) + `"]}`), CreatedAt: kept(clock), UpdatedAt: kept(clock)}
	for range 3 {
		put := want
		put.BrandGuideContent, put.TemplateFunnelJSON = "small guide", strings.Repeat("funnel", 10_000)
		_, err := s.PutTemplate(ctx, put)
		ok(t, err)
	}
	for id, status := range map[string]store.TemplateStatus{"b": store.Draft, "c": store.Archived, "d": store.Active} {
		_, err := s.PutTemplate(ctx, store.Template{TemplateID: id, Status: store.Active})
		ok(t, err)
		_, err = s.PutTemplate(ctx, store.Template{TemplateID: id, Status: status})
		ok(t, err)
	}
	for status, ids := range map[store.TemplateStatus]string{"": "abcd", store.Active: "ad", store.Draft: "b", store.Archived: "c", "unknown": ""} {
		list, next, err := s.Templates(ctx, status, 0, "")
		ok(t, err)
		got := strings.Join(sorted(list, func(t store.Template) string { return t.TemplateID }), "")
		if got != ids || next != "" {
			t.Errorf("templates %q: %q and token %q, want %q", status, got, next, ids)
		}
		for _, template := range list {
			if template.TemplateID == "a" {
				sameTemplate(t, "listed", template, want)
			}
		}
	}
}

func testTemplatesPages(t *testing.T, s store.Store) {
	ctx := t.Context()
	const n = 60
	for _, err := range atOnce(n, func(i int) error {
		status := store.Draft
		if i%3 == 0 {
			status = store.Active
		}
		_, err := s.PutTemplate(ctx, store.Template{TemplateID: fmt.Sprintf("t%02d", i), Status: status})
		return err
	}) {
		ok(t, err)
	}
	for _, test := range []struct {
		status store.TemplateStatus
		limit  int
		pages  []int
	}{
		{"", 0, []int{20, 20, 20}}, {"", 7, []int{7, 7, 7, 7, 7, 7, 7, 7, 4}}, {"", 1000, []int{60}}, {"", -1, []int{20, 20, 20}},
		{store.Active, 7, []int{7, 7, 6}}, {store.Active, 20, []int{20}}, {store.Draft, 13, []int{13, 13, 13, 1}}, {store.Archived, 5, []int{0}},
	} {
		var pages []int
		seen := make(map[string]bool)
		for token := ""; ; {
			list, next, err := s.Templates(ctx, test.status, test.limit, token)
			ok(t, err)
			pages = append(pages, len(list))
			for _, template := range list {
				if seen[template.TemplateID] || test.status != "" && template.Status != test.status {
					t.Errorf("%q by %d: %s (%s) again or wrong", test.status, test.limit, template.TemplateID, template.Status)
				}
				seen[template.TemplateID] = true
			}
			if token = next; token == "" {
				break
			}
		}
		if !slices.Equal(pages, test.pages) {
			t.Errorf("%q by %d: pages of %v, want %v", test.status, test.limit, pages, test.pages)
		}
	}
}
