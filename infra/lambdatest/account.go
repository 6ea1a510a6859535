package lambdatest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Execution is an execution that the Lambda started.
type Execution struct {
	StateMachine string
	Name         string
	Input        json.RawMessage
}

// account is Secrets Manager and Step Functions, as far as the Lambda asks for them.
type account struct {
	url     string
	secrets map[string]string
	onStart func(Execution)
	allow   func(action, resource string) bool

	mu          sync.Mutex
	executions  []Execution
	secretReads int
}

func newAccount(t testing.TB, secrets map[string]string, o Options) *account {
	a := &account{secrets: secrets, onStart: o.OnStart, allow: o.Allow}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if !strings.Contains(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256") {
			refuse(w, "MissingAuthenticationTokenException", "the request is not signed")
			return
		}
		switch target := r.Header.Get("X-Amz-Target"); target {
		case "secretsmanager.GetSecretValue":
			a.getSecretValue(w, body)
		case "AWSStepFunctions.StartExecution":
			a.startExecution(w, body)
		default:
			refuse(w, "UnknownOperationException", target)
		}
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *account) started() []Execution {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.executions)
}

func (a *account) reads() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.secretReads
}

func (a *account) getSecretValue(w http.ResponseWriter, body []byte) {
	var in struct{ SecretId string }
	_ = json.Unmarshal(body, &in)
	a.mu.Lock()
	a.secretReads++
	a.mu.Unlock()
	value, ok := a.secrets[in.SecretId]
	if !a.allow("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:"+in.SecretId+"-AbCdEf")) {
		refuse(w, "AccessDeniedException", "not authorized to perform secretsmanager:GetSecretValue")
		return
	}
	if !ok {
		refuse(w, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
		return
	}
	answer(w, map[string]any{"Name": in.SecretId, "SecretString": value, "VersionId": requestID(), "VersionStages": []string{"AWSCURRENT"}})
}

// Limits of StartExecution (API reference).
var (
	executionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	machineARN    = regexp.MustCompile(`^arn:aws:states:[a-z0-9-]+:\d{12}:stateMachine:[A-Za-z0-9_-]{1,80}$`)
)

const maxInput = 262_144

func (a *account) startExecution(w http.ResponseWriter, body []byte) {
	var in struct{ StateMachineArn, Name, Input string }
	_ = json.Unmarshal(body, &in)
	switch {
	case !a.allow("states:StartExecution", in.StateMachineArn):
		refuse(w, "AccessDeniedException", "not authorized to perform states:StartExecution on "+in.StateMachineArn)
	case !machineARN.MatchString(in.StateMachineArn):
		refuse(w, "InvalidArn", "Invalid Arn: "+in.StateMachineArn)
	case !executionName.MatchString(in.Name):
		refuse(w, "InvalidName", "Invalid Name: "+in.Name)
	case !json.Valid([]byte(in.Input)) || len(in.Input) > maxInput:
		refuse(w, "InvalidExecutionInput", "Invalid State Machine Execution Input")
	default:
		e := Execution{StateMachine: in.StateMachineArn, Name: in.Name, Input: json.RawMessage(in.Input)}
		a.mu.Lock()
		a.executions = append(a.executions, e)
		a.mu.Unlock()
		if a.onStart != nil {
			a.onStart(e)
		}
		answer(w, map[string]any{
			"executionArn": strings.Replace(in.StateMachineArn, ":stateMachine:", ":express:", 1) + ":" + in.Name + ":" + requestID(),
			"startDate":    float64(time.Now().UnixMilli()) / 1000,
		})
	}
}

// answer writes a result as the AWS JSON protocols do.
func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(v)
}

// refuse writes an error as the AWS JSON protocols do. Errors of the service itself are 500, those of the caller 400.
func refuse(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Errortype", code)
	status := http.StatusBadRequest
	if code == "InternalServerError" {
		status = http.StatusInternalServerError
	}
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":%q,"message":%q}`, code, message)
}

// refuseS3 writes an error as S3 does.
func refuseS3(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>Access Denied</Message></Error>`, code)
}
