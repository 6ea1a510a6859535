package stacktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

// TestMain has everything temporary in one folder.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "full-turner-stack-")
	if err != nil {
		panic(err)
	}
	os.Setenv("TMPDIR", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// documented is the stack of a deployment that says nothing; staged is one that says much.
var (
	documentedStack = sync.OnceValues(func() (template, error) { return synthesize(object{}) })
	stagedStack     = sync.OnceValues(func() (template, error) {
		return synthesize(object{
			"stage": "dev", "bucketName": "agency-assets", "imageBaseUrl": "https://images.example.com", "secretName": "agency/openai",
			"adminSecretName":     "agency/openai-admin",
			"reservedConcurrency": "5", "logRetentionDays": 14, "logTtlDays": "30", "spendAlarmUsdPerHour": "12.5",
			"alarmTopicArn": "arn:aws:sns:us-east-1:111122223333:ops", "maxCostUsd": "2.5", "openaiModel": "gpt-6.1-sol", "openaiImageQuality": "high",
			"openaiImageModel": "gpt-image-2.6-sunburst", "openaiBaseUrl": "https://eu.api.openai.com/v1", "modelCatalog": "catalog.json",
		})
	})
)

func documented(t *testing.T) template { return synthesized(t, documentedStack) }
func staged(t *testing.T) template     { return synthesized(t, stagedStack) }

func synthesized(t *testing.T, stack func() (template, error)) template {
	t.Helper()
	if testing.Short() {
		t.Skip("the stack is not synthesized with -short")
	}
	s, err := stack()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// app compiles the CDK app, once.
var app = sync.OnceValues(func() (path string, err error) {
	path = filepath.Join(os.TempDir(), "app")
	return path, lambdatest.Build(path, lambdatest.App)
})

// synthesize runs the app with the context of cdk.json and values over it, cdk-nag watching, and reads what it wrote.
func synthesize(values object) (s template, err error) {
	path, err := app()
	if err != nil {
		return s, err
	}
	var project struct{ Context object }
	if _, err := read("..", "cdk.json", &project); err != nil {
		return s, err
	}
	context := object{"cdk-nag": "on"}
	maps.Copy(context, project.Context)
	maps.Copy(context, values)
	given, err := json.Marshal(context)
	if err != nil {
		return s, err
	}
	dir, err := os.MkdirTemp("", "synth-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "build"), 0o755),
		os.WriteFile(filepath.Join(dir, "build", "bootstrap"), []byte("a binary"), 0o755),
		os.WriteFile(filepath.Join(dir, "catalog.json"), []byte(`{"models":{"house-model":{"kind":"agent","rates":{"input":1,"cachedInput":0.1,"output":4}}}}`), 0o644),
	); err != nil {
		return s, err
	}
	cmd := exec.Command(path)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CDK_OUTDIR="+filepath.Join(dir, "out"), "CDK_CONTEXT_JSON="+string(given))
	if said, err := cmd.CombinedOutput(); err != nil {
		return s, fmt.Errorf("synth: %w\n%s", err, said)
	}

	text, err := read(dir, "out/*.template.json", &s)
	s.text = string(text)
	if err != nil {
		return s, err
	}
	var constructs map[string][]struct {
		Type string
		Data any
	}
	if _, err := read(dir, "out/*.metadata.json", &constructs); err != nil {
		return s, err
	}
	for path, entries := range constructs {
		for _, e := range entries {
			if e.Type == "aws:cdk:error" || e.Type == "aws:cdk:warning" {
				s.complaints = append(s.complaints, fmt.Sprintf("%s %s: %v", e.Type, path, e.Data))
			}
		}
	}
	return s, nil
}

// read reads the one JSON file that a pattern finds.
func read(dir, pattern string, into any) ([]byte, error) {
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("%s: %v, %v", pattern, found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	return text, json.Unmarshal(text, into)
}

func TestStack_IsTheSameEachTime(t *testing.T) {
	first := documented(t)
	again, err := synthesize(object{})
	if err != nil {
		t.Fatal(err)
	}
	if again.text != first.text {
		t.Error("two synths of the same settings differ: cdk diff would show changes that are none")
	}
}

func TestApp_RefusesWhatCannotBeDeployed(t *testing.T) {
	if testing.Short() {
		t.Skip("the app is not run with -short")
	}
	_, err := synthesize(object{"stage": "-", "logRetentionDays": 40, "maxCostUSD": "1"})
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, says := range []string{"exit status 1", "stage", "logRetentionDays", "30 60", "maxCostUSD is unknown"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("it does not say %q: %v", says, err)
		}
	}
}
