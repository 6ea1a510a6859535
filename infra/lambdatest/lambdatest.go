// Package lambdatest runs the compiled Lambda as Lambda does: as a process that asks a Runtime API for its
// invocations and writes its log to standard output.
//
// Around the process is a world of real servers on loopback: DynamoDB (dynalite), S3 (gofakes3), Secrets Manager,
// Step Functions and OpenAI, each behind the SDK that the binary was built with. A test can kill the process in the
// middle of a run, stop it as Lambda does, or let a service fail, and then look at what is stored.
//
// As on Lambda, a process works on one invocation at a time; another one meanwhile gets a process of its own.
package lambdatest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
	"github.com/full-turner/full-turner/store/storetest"
)

// Names in every World.
const (
	Account      = "111122223333"
	FunctionName = "full-turner"
	FunctionARN  = "arn:aws:lambda:us-east-1:" + Account + ":function:" + FunctionName
	SecretName   = "full-turner/openai-api-key"
	Bucket       = "full-turner-test"
	// ImageBaseURL is where a browser would find the bucket's images.
	ImageBaseURL = "https://images.example.test"
)

// Options says what a World is like. The zero value behaves.
type Options struct {
	// OpenAI is how the fake OpenAI behaves. Its Key, "" here, is the one in the secret.
	OpenAI openaitest.Options
	// Env is added to the Lambda's environment; "" takes a variable away.
	Env map[string]string
	// Timeout is the function's: how long an invocation may take before its process is killed; 0 is 15 minutes.
	Timeout time.Duration
	// OnStart is told of every execution that the Lambda starts, before the request is answered. nil: nobody is.
	OnStart func(Execution)
	// DynamoDB is asked about every request to DynamoDB: operation is what it does (PutItem, Query, …). With a
	// code other than "" the request is answered with that error and goes no further. nil: all go through.
	DynamoDB func(operation string, body []byte) (code string)
	// Allow is the function's policy: it is asked about every request to AWS, and one that it does not allow is
	// answered with AccessDenied. nil allows everything.
	Allow func(action, resource string) bool
}

// World is one function and the services around it.
type World struct {
	Store   store.Store
	Objects *store.S3
	OpenAI  *openaitest.Server

	t       testing.TB
	binary  string
	env     map[string]string
	timeout time.Duration
	account *account

	mu    sync.Mutex
	hosts []*host
	lines []Line
}

// New starts a World, which ends with the test. The Lambda is compiled once for all Worlds of a test process; its
// process starts with the first invocation. It skips the test under -short.
func New(t testing.TB, o Options) *World {
	t.Helper()
	db := storetest.Dynalite(t)
	binary, err := Binary()
	if err != nil {
		t.Fatal(err)
	}
	if o.Allow == nil {
		o.Allow = func(string, string) bool { return true }
	}
	const key = "sk-test-0123456789abcdef"
	if o.OpenAI.Key == "" {
		o.OpenAI.Key = key
	}
	w := &World{t: t, binary: binary, timeout: o.Timeout, OpenAI: openaitest.NewServer(t, o.OpenAI)}
	if w.timeout == 0 {
		w.timeout = 15 * time.Minute
	}
	endpoint, bucket := storetest.S3(t)
	if bucket != Bucket {
		t.Fatalf("the bucket is %s", bucket)
	}
	tables := store.DynamoConfig{Templates: "templates", Runs: "processingRuns", Logs: "outputLogs"}
	storetest.CreateTables(t, db, tables)
	w.Objects = store.NewS3(storetest.S3Client(endpoint), bucket, ImageBaseURL)
	tables.Objects = w.Objects
	w.Store = store.NewDynamo(db, tables)
	w.account = newAccount(t, map[string]string{SecretName: o.OpenAI.Key}, o)

	w.env = map[string]string{
		"AWS_REGION": storetest.Region, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test",
		"AWS_LAMBDA_FUNCTION_NAME": FunctionName, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048",
		"AWS_ENDPOINT_URL_DYNAMODB":        guardDynamoDB(t, *db.BaseEndpoint, o),
		"AWS_ENDPOINT_URL_S3":              guardS3(t, endpoint, o),
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": w.account.url,
		"AWS_ENDPOINT_URL_SFN":             w.account.url,

		"TEMPLATES_TABLE": tables.Templates, "PROCESSING_RUNS_TABLE": tables.Runs, "OUTPUT_LOGS_TABLE": tables.Logs,
		"S3_BUCKET": bucket, "IMAGE_BASE_URL": ImageBaseURL,
		"OPENAI_API_KEY_SECRET_NAME": SecretName, "OPENAI_BASE_URL": w.OpenAI.URL(),
		// The documented models, which the fake serves on its own day, whatever day it is here.
		"MODEL_CATALOG": servedCatalog,
	}
	for name, value := range o.Env {
		w.env[name] = value
	}
	maps.DeleteFunc(w.env, func(_, value string) bool { return value == "" })
	t.Cleanup(w.close)
	return w
}

// servedCatalog is the documented models without their shutdown dates, so that no test expires with a model.
const servedCatalog = `{"models":{
	"` + pipeline.DefaultAgentModel + `":{"kind":"agent","rates":{"input":30,"cachedInput":3,"output":120},"maxOutputTokens":128000},
	"` + pipeline.DefaultImageModel + `":{"kind":"image","rates":{"input":5,"cachedInput":1.25,"imageInput":10,"cachedImageInput":2.5,"output":40},
		"perImage":{"standard":0.04,"high":0.08}}
}}`

// close ends every process.
func (w *World) close() {
	w.mu.Lock()
	hosts := slices.Clone(w.hosts)
	w.mu.Unlock()
	for _, h := range hosts {
		h.close()
	}
}

// Executions are the executions that the Lambda has started, in order.
func (w *World) Executions() []Execution { return w.account.started() }

// SecretReads is how often the OpenAI key was read from Secrets Manager.
func (w *World) SecretReads() int { return w.account.reads() }

// Run is the stored record of a run; the test ends when there is none.
func (w *World) Run(id string) store.Run {
	w.t.Helper()
	run, err := w.Store.Run(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}
