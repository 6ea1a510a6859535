package main_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/constructs-go/constructs/v10"

	infra "github.com/full-turner/full-turner/infra"
	"github.com/full-turner/full-turner/pipeline"
)

var update = flag.Bool("update", false, "write README's tables of settings anew")

type object = map[string]any

// contextOf is the node of an app with context values. The real one is in a process of jsii's, and package stacktest
// asks it.
type contextOf struct {
	constructs.Node
	values object
}

func (c contextOf) TryGetContext(key *string) any     { return c.values[*key] }
func (c contextOf) GetAllContext(*map[string]any) any { return c.values }

func TestSettings_RefusesWhatCannotBeDeployed(t *testing.T) {
	catalog := filepath.Join(t.TempDir(), "catalog.json")
	if err := os.WriteFile(catalog, []byte(`{"models":{"m":{"kind":"agent"}}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		context object
		says    []string
	}{
		"Stage":                {object{"stage": "Dev_1"}, []string{"stage", `"Dev_1"`}},
		"Bucket":               {object{"bucketName": "s3://b", "imageBaseUrl": "https://x"}, []string{"bucketName"}},
		"BucketWithoutURL":     {object{"bucketName": "agency-assets"}, []string{"imageBaseUrl is missing"}},
		"ImagesOverHTTP":       {object{"imageBaseUrl": "http://x"}, []string{"imageBaseUrl", "https://"}},
		"SecretARN":            {object{"secretName": "arn:aws:secretsmanager:us-east-1:111122223333:secret:x"}, []string{"secretName", "not its ARN"}},
		"Concurrency":          {object{"reservedConcurrency": "-1"}, []string{"reservedConcurrency"}},
		"Retention":            {object{"logRetentionDays": 40}, []string{"logRetentionDays", "30 60"}},
		"LedgerExpiresTooFast": {object{"logTtlDays": "1"}, []string{"logTtlDays", "from 7"}},
		"Spend":                {object{"spendAlarmUsdPerHour": "0"}, []string{"spendAlarmUsdPerHour"}},
		"Topic":                {object{"alarmTopicArn": "ops"}, []string{"alarmTopicArn"}},
		"Budget":               {object{"maxCostUsd": "lots"}, []string{"MAX_COST_USD"}},
		"ImageCalls":           {object{"openaiImageCalls": "batch"}, []string{"OPENAI_IMAGE_CALLS"}},
		"ImageCarrier":         {object{"openaiImageCalls": "background", "openaiImageCarrierModel": "gpt-7-tiny"}, []string{"gpt-7-tiny"}},
		"Quality":              {object{"openaiImageQuality": "best"}, []string{"OPENAI_IMAGE_QUALITY"}},
		"ModelWithoutRates":    {object{"openaiModel": "gpt-99"}, []string{"gpt-99"}},
		"ModelOfAnotherKind":   {object{"openaiModel": "gpt-image-2.6-sunburst"}, []string{"gpt-image-2.6-sunburst"}},
		"ModelShutDown":        {object{"openaiImageModel": "gpt-image-1"}, []string{"gpt-image-1", "2026-10-23"}},
		"CatalogMissing":       {object{"modelCatalog": "nowhere.json"}, []string{"modelCatalog", "nowhere.json"}},
		"CatalogWithoutRates":  {object{"modelCatalog": catalog}, []string{"MODEL_CATALOG"}},
		"UnknownName":          {object{"maxCostUSD": "1"}, []string{"maxCostUSD is unknown", "maxCostUsd"}},
		"AllAtOnce":            {object{"stage": "-", "logRetentionDays": "x", "logLevel": "LOUD"}, []string{"stage", "logRetentionDays", "LOG_LEVEL"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := infra.FromContext(contextOf{values: test.context})
			if err == nil {
				t.Fatal("it was taken")
			}
			for _, says := range test.says {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("the error does not say %q: %v", says, err)
				}
			}
		})
	}
}

func TestSettings_TakesACatalogFromAFile(t *testing.T) {
	catalog := filepath.Join(t.TempDir(), "catalog.json")
	if err := os.WriteFile(catalog, []byte(`{ "models": { "house-model": { "kind": "agent", "rates": { "input": 1, "cachedInput": 0.1, "output": 4 } } } }`), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := infra.FromContext(contextOf{values: object{"modelCatalog": catalog, "openaiModel": "house-model"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Environment["MODEL_CATALOG"]; !strings.HasPrefix(got, `{"models":{"house-model":`) {
		t.Errorf("MODEL_CATALOG is %s", got)
	}
}

// A context value either is a setting of runs, and becomes a variable as it is, or says more, and is one of Values.
func TestSettings_EachContextValueIsInOneTable(t *testing.T) {
	own := map[string]bool{}
	for _, v := range infra.Values {
		if own[v.Name] = true; (v.Default == "") == (v.Unset == "") {
			t.Errorf("%s needs a default, or words for what happens without it", v.Name)
		}
	}
	for _, s := range pipeline.Settings {
		if s.Context != "" && own[s.Context] != (s.Where == pipeline.Lambda) {
			t.Errorf("%s: context value %s must be in Values if it is set on Lambda alone, and only then", s.Variable, s.Context)
		}
	}
}

// TestREADME holds README's tables against those of the code.
func TestREADME(t *testing.T) {
	values := "| value | meaning | default |\n|---|---|---|\n"
	for _, v := range infra.Values {
		values += fmt.Sprintf("| `%s` | %s | %s |\n", v.Name, v.Meaning, cmp.Or(v.Unset, "`"+v.Default+"`"))
	}
	places := map[pipeline.Place]string{pipeline.Everywhere: "both", pipeline.Lambda: "Lambda", pipeline.Laptop: "laptop"}
	variables := "| variable | read on | meaning | default | context value |\n|---|---|---|---|---|\n"
	for _, s := range pipeline.Settings {
		context := ""
		if s.Context != "" {
			context = "`" + s.Context + "`"
		}
		variables += fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", s.Variable, places[s.Where], s.Meaning, s.Otherwise(), context)
	}
	const path = "../README.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	for _, table := range []string{values, variables} {
		header, _, _ := strings.Cut(table, "\n")
		before, rest, found := strings.Cut(readme, header+"\n")
		_, after, _ := strings.Cut(rest, "\n\n")
		if !found {
			t.Fatalf("README has no table %s", header)
		}
		readme = before + table + "\n" + after
	}
	if readme == string(text) {
		return
	}
	if !*update {
		t.Fatal("README's tables of settings are not those of the code: go test ./infra -run TestREADME -update")
	}
	if err := os.WriteFile(path, []byte(readme), 0o644); err != nil {
		t.Fatal(err)
	}
}
