package stacktest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

// execution is one execution of the synthesized definition, with the compiled Lambda behind its tasks.
type execution struct {
	name       string // "" makes one
	input      any
	definition func(string) string // changes the definition's text; nil: as it is deployed
}

// outcome is how an execution ended.
type outcome struct {
	Valid    bool
	Problems string
	Status   string
	Output   json.RawMessage
	Error    string
	Cause    string
	Invoked  []string
}

// arn is the execution's, in the form that Express gives it.
func (e execution) arn() string {
	return "arn:aws:states:us-east-1:" + lambdatest.Account + ":express:full-turner-workflow:" + e.name + ":0f6c1f3e-4a5b-4c6d-8e7f-001122334455"
}

// runID is the run's that an execution without one makes.
func (e execution) runID() string { return e.name + "-0f6c1f3e-4a5b-4c6d-8e7f-001122334455" }

// interpreter starts what validates and executes definitions, once, and returns its address. It ends with this process.
var interpreter = sync.OnceValues(func() (string, error) {
	cmd := exec.Command("node", "stepfunctions.mjs")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if interpreterInput, err = cmd.StdinPipe(); err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	return strings.TrimSpace(address), err
})

var interpreterInput io.Closer // open for as long as this process lives

// execute runs an execution to its end.
func execute(t *testing.T, w *lambdatest.World, e execution) outcome {
	t.Helper()
	function := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		payload, _ := io.ReadAll(r.Body)
		response, failed, err := w.Invoke(r.Context(), payload)
		switch {
		case err != nil:
			panic(http.ErrAbortHandler) // nobody waits any more
		case failed != nil:
			rw.WriteHeader(http.StatusBadGateway)
			_ = json.NewEncoder(rw).Encode(failed)
		default:
			_, _ = rw.Write(response)
		}
	}))
	defer function.Close()
	text := definition(t)
	if e.definition != nil {
		text = e.definition(text)
	}
	order, err := json.Marshal(object{
		"definition": json.RawMessage(text), "input": e.input, "invoke": function.URL, "retryInterval": 20,
		"context": object{
			"Execution":    object{"Id": e.arn(), "Name": e.name},
			"StateMachine": object{"Id": machineARN, "Name": "full-turner-workflow"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	address, err := interpreter()
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(patience(t), http.MethodPost, address, bytes.NewReader(order))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatalf("stepfunctions.mjs: %v", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	var o outcome
	if err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(answer, &o) != nil {
		t.Fatalf("stepfunctions.mjs: %v: %s %s", err, response.Status, answer)
	}
	if !o.Valid {
		t.Fatalf("asl-validator: %s", o.Problems)
	}
	return o
}

const machineARN = "arn:aws:states:us-east-1:" + lambdatest.Account + ":stateMachine:full-turner-workflow"
