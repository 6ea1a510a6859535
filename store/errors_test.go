package store_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

// answers is a service that always gives one answer.
type answers struct {
	status int
	body   string
	err    error
	broken bool // the body ends early
}

func (a answers) Do(*http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	body := io.Reader(strings.NewReader(a.body))
	if a.broken {
		body = io.MultiReader(body, iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(body)}, nil
}

func TestDynamoErrors(t *testing.T) {
	throttled := `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow"}`
	for name, test := range map[string]struct {
		answer      answers
		unavailable bool
	}{
		"Throttled":       {answers{status: 400, body: throttled}, true},
		"InternalError":   {answers{status: 500, body: `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}`}, true},
		"GatewayPage":     {answers{status: 503, body: `<html>`}, true},
		"NotReached":      {answers{err: errors.New("dial tcp: no route to host")}, true},
		"CutOff":          {answers{status: 200, body: `{"Item":{"runId":{"S":"x`}, true},
		"NoTable":         {answers{status: 400, body: `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}`}, false},
		"AccessDenied":    {answers{status: 400, body: `{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"not authorized"}`}, false},
		"ValidationError": {answers{status: 400, body: `{"__type":"com.amazon.coral.validate#ValidationException","message":"bad"}`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := storetest.Config("http://127.0.0.1:1")
			cfg.HTTPClient = test.answer
			cfg.Retryer = func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond) }
			s := store.NewDynamo(cfg, store.DynamoConfig{Templates: "a", Runs: "b", Logs: "c"})
			_, template := s.Template(t.Context(), "id", "")
			_, create := s.CreateRun(t.Context(), store.Run{RunID: "id", Status: store.Running})
			_, run := s.Run(t.Context(), "id")
			_, logs := s.Logs(t.Context(), "id", "")
			renew := s.RenewLease(t.Context(), store.Run{RunID: "id"}, clock)
			for _, err := range []error{template, create, run, logs, renew} {
				var want error
				if test.unavailable {
					want = store.ErrUnavailable
				}
				wantErr(t, "call", err, want)
				if err == nil || !strings.Contains(err.Error(), `"id"`) {
					t.Errorf("error %v does not name the key", err)
				}
			}
		})
	}
}
