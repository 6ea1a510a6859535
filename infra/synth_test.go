package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	infra "github.com/full-turner/full-turner/infra"
)

// TestMain has everything temporary in one folder. It does not close jsii, which races with itself when it is closed
// (jsii-runtime-go 1.139.0, Process.Close); its process ends with this one.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "full-turner-infra-")
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
			"reservedConcurrency": "5", "logRetentionDays": 14, "logTtlDays": "30", "spendAlarmUsdPerHour": "12.5",
			"alarmTopicArn": "arn:aws:sns:us-east-1:111122223333:ops", "maxCostUsd": "2.5", "openaiModel": "gpt-6.1-sol", "openaiImageQuality": "high",
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

// synthesize makes the app with context values, cdk-nag watching, and reads what it wrote.
func synthesize(context object) (s template, err error) {
	defer func() { // jsii panics
		if r := recover(); r != nil {
			err = fmt.Errorf("synth: %v", r)
		}
	}()
	dir, err := os.MkdirTemp("", "full-turner-synth-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	build := filepath.Join(dir, "build")
	if err := os.Mkdir(build, 0o755); err != nil {
		return s, err
	}
	if err := os.WriteFile(filepath.Join(build, "bootstrap"), []byte("a binary"), 0o755); err != nil {
		return s, err
	}
	values := map[string]any(context)
	app := awscdk.NewApp(&awscdk.AppProps{Context: &values, Outdir: jsii.String(filepath.Join(dir, "out"))})
	settings, err := infra.FromContext(app.Node())
	if err != nil {
		return s, err
	}
	settings.Build = build
	infra.NewStack(app, settings)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	app.Synth(nil)

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
