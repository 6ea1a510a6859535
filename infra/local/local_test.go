package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/pipeline"
)

// runner is the compiled local runner.
var runner = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "full-turner-local")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "local")
	return path, lambdatest.Build(path, lambdatest.Runner)
})

// result is what a command came to.
type result struct {
	code           int
	stdout, stderr string
}

// local runs a command in a folder of its own.
func local(t *testing.T, dir, stdin string, env []string, args ...string) result {
	t.Helper()
	cmd, stdout, stderr := command(t, dir, stdin, env, args...)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !asExit(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func asExit(err error, exit **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*exit = e
	return ok
}

func command(t *testing.T, dir, stdin string, env []string, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	path, err := runner()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(stop)
	cmd := exec.CommandContext(ctx, path, append([]string{"--dir", dir, "--simulator-latency", "10ms"}, args...)...)
	cmd.Env = append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	cmd.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	return cmd, &stdout, &stderr
}

// summary is what the tests look at of a response.
type summary struct {
	Status, ErrorType, ErrorMessage, RunID string
	Review                                 string
	Score                                  int
	Texts                                  struct{ Total, Rewritten, Kept int }
	Images                                 struct{ Total, Succeeded, Failed int }
	Output                                 struct {
		Location string
		Document struct {
			Funnel   []map[string]any `json:"funnel_json"`
			Problems []string
		}
	}
}

func (r result) summary(t *testing.T) summary {
	t.Helper()
	var s summary
	if err := json.Unmarshal([]byte(r.stdout), &s); err != nil {
		t.Fatalf("stdout is not one JSON document: %v: %.300s\n%s", err, r.stdout, r.stderr)
	}
	return s
}

func sample(t *testing.T, runID string) string {
	t.Helper()
	guide, err := os.ReadFile("sample/brand-guide.json")
	if err != nil {
		t.Fatal(err)
	}
	elements, err := os.ReadFile("sample/funnel.json")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"runId":%q,"brandGuide":%s,"templateFunnel":%s}`, runID, guide, elements)
}

func TestDemo(t *testing.T) {
	dir := t.TempDir()
	r := local(t, dir, "", nil, "demo")
	if r.code != 0 {
		t.Fatalf("exit %d: %s", r.code, r.stderr)
	}
	s := r.summary(t)
	if s.Status != "completed" || s.Images.Succeeded != 3 || len(s.Output.Document.Problems) != 0 || s.Review != "clean" || s.Texts.Kept != 0 {
		t.Errorf("%+v", s)
	}
	for _, said := range []string{"SIMULATED", "the same to the nano-dollar", "report.html", "completed", "\ntexts ", "\nkept ", "\nscore ", "\nreview   clean\n"} {
		if !strings.Contains(r.stderr, said) {
			t.Errorf("stderr does not say %q: %s", said, r.stderr)
		}
	}
	pictures, _ := filepath.Glob(filepath.Join(dir, "images", "*", "*.*"))
	if len(pictures) != 3 {
		t.Errorf("%d images", len(pictures))
	}
	for _, path := range pictures {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := image.Decode(f); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		f.Close()
	}
	if page, err := os.ReadFile(filepath.Join(dir, "report.html")); err != nil || !bytes.Contains(page, []byte("Simulated")) || bytes.Contains(page, []byte("ZgotmplZ")) {
		t.Errorf("the report: %v", err)
	}
}

func TestExitCodes(t *testing.T) {
	tests := []struct {
		name, stdin string
		env, args   []string
		code        int
		says        string
	}{
		{"not JSON", "{", nil, []string{"invoke", "-"}, 2, "InvalidRequest"},
		{"an unknown template", `{"templateId":"nobody"}`, nil, []string{"invoke", "-"}, 2, "TemplateNotFound"},
		{"an execution of nothing", "{", nil, []string{"start-execution", "-"}, 2, "not JSON"},
		{"an execution of an unknown template", `{"templateId":"nobody"}`, nil, []string{"start-execution", "-"}, 2, "TemplateNotFound"},
		{"no command", "", nil, nil, 2, "command"},
		{"an unknown command", "", nil, []string{"deploy"}, 2, "deploy"},
		{"no payload", "", nil, []string{"invoke"}, 2, "payload"},
		{"a payload that is not there", "", nil, []string{"invoke", "/nobody.json"}, 2, "nobody.json"},
		{"no key and no simulator", "{}", nil, []string{"--simulator=false", "invoke", "-"}, 2, "OPENAI_API_KEY"},
		{"an address and no key", "{}", []string{"OPENAI_BASE_URL=http://127.0.0.1:1/v1"}, []string{"invoke", "-"}, 2, "OPENAI_API_KEY"},
		{"wrong settings, all at once", "{}", []string{"MAX_COST_USD=much", "LOG_LEVEL=LOUD"}, []string{"invoke", "-"}, 2, "LOG_LEVEL"},
		{"an address that is none", "{}", []string{"OPENAI_API_KEY=sk-x", "OPENAI_BASE_URL=ftp://x"}, []string{"invoke", "-"}, 2, "OPENAI_BASE_URL"},
		{"a model without rates", "{}", []string{"OPENAI_MODEL=gpt-99"}, []string{"invoke", "-"}, 2, "gpt-99"},
		{"a dead network", sample(t, "r"), []string{"OPENAI_API_KEY=sk-x", "OPENAI_BASE_URL=http://127.0.0.1:1/v1"}, []string{"invoke", "-"}, 1, "Transient"},
		{"a budget of nothing", `{"maxCostUsd":0,` + sample(t, "r")[1:], nil, []string{"invoke", "-"}, 1, "BudgetExceeded"},
		{"help", "", nil, []string{"--help"}, 0, "start-execution"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := local(t, t.TempDir(), test.stdin, test.env, test.args...)
			if r.code != test.code || !strings.Contains(r.stdout+r.stderr, test.says) {
				t.Errorf("exit %d, want %d and %q:\n%s\n%s", r.code, test.code, test.says, r.stdout, r.stderr)
			}
			if strings.Contains(r.stderr, "\npanic: ") {
				t.Errorf("it broke: %s", r.stderr)
			}
		})
	}
}

func TestHelpTellsOfTheSettings(t *testing.T) {
	r := local(t, t.TempDir(), "", nil, "--help")
	for _, s := range pipeline.Settings {
		if told := strings.Contains(r.stderr, "\n  "+s.Variable+"\n"); told != (s.Where != pipeline.Lambda) {
			t.Errorf("it tells of %s: %t", s.Variable, told)
		}
	}
	if !strings.Contains(r.stderr, "US dollars (otherwise: no limit)") {
		t.Errorf("it does not say what they mean:\n%s", r.stderr)
	}
}

func TestImagesFromThisMachine(t *testing.T) {
	var picture bytes.Buffer
	m := image.NewNRGBA(image.Rect(0, 0, 60, 40))
	for i := range m.Pix {
		m.Pix[i] = 200
	}
	m.Set(1, 1, color.Black)
	if err := png.Encode(&picture, m); err != nil {
		t.Fatal(err)
	}
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(picture.Bytes()) }))
	t.Cleanup(files.Close)
	payload := fmt.Sprintf(`{"brandGuide":"Acme. #112233","templateFunnel":[{"element_id":"b","type":"text","text":"Learn the easy way"},{"element_id":"a","type":"image","url":"%s/a.png?signature=secret","width":90,"height":60}]}`, files.URL)

	t.Run("are refused without the switch, named in problems, and the run completes", func(t *testing.T) {
		r := local(t, t.TempDir(), payload, nil, "invoke", "-")
		s := r.summary(t)
		if r.code != 0 || s.Images.Failed != 1 || len(s.Output.Document.Problems) != 1 || s.Output.Document.Funnel[1]["url"] != files.URL+"/a.png?signature=secret" {
			t.Errorf("%+v", s)
		}
		if strings.Contains(s.Output.Document.Problems[0], "secret") {
			t.Errorf("a problem holds a signature: %s", s.Output.Document.Problems[0])
		}
	})
	t.Run("are made with it, at twice the size that is declared", func(t *testing.T) {
		dir := t.TempDir()
		r := local(t, dir, payload, nil, "invoke", "-", "--allow-loopback-images")
		if s := r.summary(t); r.code != 0 || s.Images.Succeeded != 1 {
			t.Fatalf("%+v", s)
		}
		made, _ := filepath.Glob(filepath.Join(dir, "images", "*", "a-1.jpg"))
		if len(made) != 1 {
			t.Fatalf("made: %v", made)
		}
		f, err := os.Open(made[0])
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if c, _, err := image.DecodeConfig(f); err != nil || c.Width != 180 || c.Height != 120 {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

func TestStartExecutionContinuesARunThatNeedsLonger(t *testing.T) {
	dir := t.TempDir()
	var payload map[string]any
	if err := json.Unmarshal([]byte(sample(t, "long")), &payload); err != nil {
		t.Fatal(err)
	}
	elements := payload["templateFunnel"].([]any)
	for _, e := range elements {
		if image, ok := e.(map[string]any); ok && image["type"] == "image" { // a fourth image: one more than are made at once
			another := maps.Clone(image)
			another["element_id"], another["width"], another["height"] = "opt_another_image", 100, 300 // of another shape, so that it is asked for by itself
			payload["templateFunnel"] = append(elements, another)
			break
		}
	}
	body, _ := json.Marshal(payload)
	r := local(t, dir, string(body), nil, "start-execution", "-", "--execution-limit", "3s", "--simulator-latency", "1200ms")
	s := r.summary(t)
	if r.code != 0 || s.Status != "completed" || s.Images.Succeeded != 4 || !strings.Contains(r.stderr, "a new execution continues the run") {
		t.Errorf("exit %d: %+v\n%s", r.code, s, r.stderr)
	}
}

func TestAnInterruptSuspendsARunAndTheSameRunGoesOn(t *testing.T) {
	dir := t.TempDir()
	cmd, stdout, _ := command(t, dir, sample(t, "stopped"), nil, "--simulator-latency", "30s", "invoke", "-")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for !atWork(dir) {
		time.Sleep(5 * time.Millisecond)
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	r := result{code: cmd.ProcessState.ExitCode(), stdout: stdout.String()}
	if s := r.summary(t); r.code != 3 || s.Status != "suspended" {
		t.Fatalf("exit %d: %+v", r.code, s)
	}
	r = local(t, dir, `{"runId":"stopped"}`, nil, "invoke", "-")
	if s := r.summary(t); r.code != 0 || s.Status != "completed" {
		t.Errorf("exit %d: %+v", r.code, s)
	}
}

// atWork says that a run in the folder has loaded its template.
func atWork(dir string) bool {
	log, _ := os.ReadFile(filepath.Join(dir, "log.jsonl"))
	return bytes.Contains(log, []byte("ProcessImagesBatch"))
}
