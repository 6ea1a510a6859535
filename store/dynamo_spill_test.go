package store_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

func TestDynamoSpilledContent(t *testing.T) {
	cfg := storetest.Dynalite(t)
	endpoint, bucket := storetest.S3(t)
	client := storetest.S3Client(endpoint)
	c := newTables(t, cfg)
	c.Objects = store.NewS3(client, bucket, "")
	s := store.NewDynamo(cfg, c)
	guide := strings.Repeat("guide", 200_000)
	_, err := s.PutTemplate(t.Context(), store.Template{TemplateID: "t", BrandGuideContent: guide})
	ok(t, err)
	got, err := s.Template(t.Context(), "t", "1")
	ok(t, err)
	if got.BrandGuideContent != guide {
		t.Errorf("guide of %d bytes, want %d", len(got.BrandGuideContent), len(guide))
	}

	var key string
	for _, item := range items(t, cfg, c.Templates) {
		spilled := item["spilled"].(*types.AttributeValueMemberM).Value["brandGuideContent"].(*types.AttributeValueMemberS).Value
		if key != "" && key != spilled {
			t.Errorf("the same content has keys %s and %s", key, spilled)
		}
		key = spilled
		if item["brandGuideContent"] != nil {
			t.Error("the guide is in the item too")
		}
	}
	if !strings.HasPrefix(key, store.SpillPrefix) {
		t.Errorf("key %q", key)
	}
	ok(t, c.Objects.Put(t.Context(), key, "application/json", []byte(`"another"`)))
	_, err = s.Template(t.Context(), "t", "")
	wantErr(t, "damaged", err, nil)
	if err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("damaged: error %v does not name %s", err, key)
	}

	missing := store.NewDynamo(cfg, store.DynamoConfig{Templates: c.Templates, Objects: store.NewDir(t.TempDir())})
	_, err = missing.Template(t.Context(), "t", "")
	wantErr(t, "missing", err, nil)
	if err == nil || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), "brandGuideContent") {
		t.Errorf("missing: error %v does not name %s", err, key)
	}
	if list, _, err := missing.Templates(t.Context(), "", 0, ""); err != nil || len(list) != 1 {
		t.Errorf("a list needs the contents: %v", err)
	}

	bare := store.NewDynamo(cfg, store.DynamoConfig{Templates: c.Templates, Runs: c.Runs, Logs: c.Logs})
	_, err = bare.PutTemplate(t.Context(), store.Template{TemplateID: "u", BrandGuideContent: guide})
	wantErr(t, "put without an object store", err, store.ErrInvalid)
	_, err = bare.CreateRun(t.Context(), store.Run{RunID: "r", Status: store.Running})
	ok(t, err)
	_, err = bare.CreateRun(t.Context(), store.Run{RunID: "r", Status: store.Running, Input: json.RawMessage(`"` + guide + `"`)})
	wantErr(t, "create of a run that exists uploads nothing", err, store.ErrConflict)
	_, err = bare.Template(t.Context(), "t", "")
	wantErr(t, "read without an object store", err, store.ErrInvalid)
}
