package pipeline_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/full-turner/full-turner/pipeline"
)

// readEnvironment reads the settings of a place from variables alone.
func readEnvironment(variables map[string]string, place pipeline.Place) (pipeline.Environment, error) {
	return pipeline.ReadEnvironment(func(name string) string { return variables[name] }, place)
}

func TestReadEnvironment(t *testing.T) {
	onLambda := map[string]string{
		"TEMPLATES_TABLE": "templates", "PROCESSING_RUNS_TABLE": "runs", "OUTPUT_LOGS_TABLE": "logs", "S3_BUCKET": "bucket",
		"OPENAI_API_KEY_SECRET_NAME": "secret", "IMAGE_BASE_URL": "https://images", "LOG_TTL_DAYS": "30", "OPENAI_API_KEY": "sk-ignored",
	}
	got, err := readEnvironment(onLambda, pipeline.Lambda)
	want := pipeline.Environment{
		TemplatesTable: "templates", RunsTable: "runs", LogsTable: "logs", Bucket: "bucket", KeySecret: "secret", ImageBaseURL: "https://images",
		LogTTL: 30 * 24 * time.Hour,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("on Lambda: %+v, %v", got, err)
	}
	got, err = readEnvironment(map[string]string{"OPENAI_API_KEY": "sk-x", "TEMPLATES_TABLE": "ignored"}, pipeline.Laptop)
	if err != nil || !reflect.DeepEqual(got, pipeline.Environment{OpenAIKey: "sk-x"}) {
		t.Errorf("on a laptop: %+v, %v", got, err)
	}
}

func TestReadEnvironment_ReportsEverythingAtOnce(t *testing.T) {
	wrong := map[string]string{ // and what it is told
		"OPENAI_IMAGE_QUALITY": "low, medium, high, xhigh or max", "OPENAI_REASONING_EFFORT": "none, minimal, low, medium, high or xhigh", "OPENAI_BACKGROUND": "on or off",
		"OPENAI_IMAGE_CALLS": "edits or background",
		"OPENAI_BASE_URL":    "an address such as https://", "MAX_COST_USD": "dollars such as 2.5", "MAX_CONTINUATIONS": "a whole number from 1",
		"MODEL_CATALOG": "neither JSON nor a file", "LOG_LEVEL": "DEBUG, INFO, WARN or ERROR", "LOG_TTL_DAYS": "a whole number of days",
	}
	missing := []string{"TEMPLATES_TABLE", "PROCESSING_RUNS_TABLE", "OUTPUT_LOGS_TABLE", "S3_BUCKET", "OPENAI_API_KEY_SECRET_NAME"}
	variables := map[string]string{}
	for name := range wrong {
		variables[name] = "whatever"
	}
	_, err := readEnvironment(variables, pipeline.Lambda)
	if err == nil {
		t.Fatal("it was taken")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(wrong)+len(missing) {
		t.Errorf("%d complaints", len(lines))
	}
	said := func(name, what string) bool {
		for _, line := range lines {
			if strings.HasPrefix(line, name+" is ") && strings.Contains(line, what) {
				return true
			}
		}
		return false
	}
	for name, what := range wrong {
		if !said(name, what) {
			t.Errorf("%s is not told %q: %v", name, what, err)
		}
	}
	for _, name := range missing {
		if !said(name, "not set") {
			t.Errorf("%s is not missed: %v", name, err)
		}
	}
}

func TestReadEnvironment_Limits(t *testing.T) {
	for setting, taken := range map[string]bool{
		"MAX_COST_USD=0": true, "MAX_COST_USD=-1": false, "MAX_CONTINUATIONS=1": true, "MAX_CONTINUATIONS=0": false, "OPENAI_BACKGROUND=OFF": true,
		"LOG_LEVEL=debug": true, "OPENAI_BASE_URL=http://127.0.0.1:1/v1": true, "OPENAI_BASE_URL=127.0.0.1": false, "OPENAI_BASE_URL=ftp://x": false,
		`MODEL_CATALOG={"models":{}}`: true, `MODEL_CATALOG={"models":{"m":{"kind":"agent"}}}`: false,
	} {
		name, value, _ := strings.Cut(setting, "=")
		_, err := readEnvironment(map[string]string{name: value}, pipeline.Everywhere)
		if (err == nil) != taken || err != nil && !strings.HasPrefix(err.Error(), name+" ") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

// A default stands in the table, where people and the stack read it, and in New, where it is used.
func TestSettings_DefaultsAreThoseOfNew(t *testing.T) {
	made := func(name, value string) string {
		variables := map[string]string{name: value}
		for _, s := range pipeline.Settings {
			if s.Required() {
				variables[s.Variable] = "x"
			}
		}
		env, err := readEnvironment(variables, pipeline.Lambda)
		if err != nil {
			t.Fatal(err)
		}
		p, err := pipeline.New(env.Config)
		if err != nil {
			t.Fatal(err)
		}
		env.Config = p.Config
		env.Log, env.Catalog, env.Observe, env.Now = nil, nil, nil, nil
		return fmt.Sprintf("%+v", env)
	}
	unset := made("", "")
	for _, s := range pipeline.Settings {
		if s.Default == "" {
			continue
		}
		if set := made(s.Variable, s.Default); set != unset {
			t.Errorf("%s=%s is not what holds without it:\n%s\n%s", s.Variable, s.Default, set, unset)
		}
	}
}
