// Full Turner's Lambda: environment → config → clients → lambda.Start.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/smithy-go/logging"

	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	p, err := assemble(ctx)
	if err != nil {
		refuse(err)
	}
	log.SetOutput(io.Discard) // aws-lambda-go prints each error a second time, in a form of its own
	lambda.StartWithOptions(handler(p), lambda.WithContext(ctx), lambda.WithEnableSIGTERM())
}

// refuse ends a process that cannot serve, and tells the one who invoked it why (the Runtime API's init error).
func refuse(err error) {
	fmt.Fprintln(os.Stderr, "full-turner:", err)
	body, _ := json.Marshal(messages.InvokeResponse_Error{Type: "Configuration", Message: err.Error()})
	res, err := http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error", "application/json", bytes.NewReader(body))
	if err == nil {
		_ = res.Body.Close()
	}
	os.Exit(1)
}

// assemble makes the pipeline that the environment describes. No request is made before it is needed.
func assemble(ctx context.Context) (*pipeline.Pipeline, error) {
	env, err := pipeline.ReadEnvironment(os.Getenv, pipeline.Lambda)
	if err != nil {
		return nil, err
	}
	account, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	objects := store.NewS3(s3.NewFromConfig(account), env.Bucket, env.ImageBaseURL)
	cfg := env.Config
	cfg.Log = pipeline.NewLogger(os.Stdout, env.LogLevel)
	cfg.Objects = objects
	cfg.Store = store.NewDynamo(account, store.DynamoConfig{
		Templates: env.TemplatesTable, Runs: env.RunsTable, Logs: env.LogsTable, LogTTL: env.LogTTL, Objects: objects,
	})
	env.Client.Key, env.Client.Log = secret(account, env.KeySecret), cfg.Log
	cfg.OpenAI = openai.New(env.Client)
	if env.AdminKeySecret != "" {
		admin := env.Client
		admin.Key = secret(account, env.AdminKeySecret)
		cfg.Statements = openai.NewAdmin(admin)
	}
	cfg.Continue = startExecution(account)
	return pipeline.New(cfg)
}

// handler is the Lambda function. The error type that Lambda reports, and the state machine matches, is the name
// of the pipeline's failure: aws-lambda-go takes it from an InvokeResponse_Error, by value.
func handler(p *pipeline.Pipeline) func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return func(ctx context.Context, payload json.RawMessage) (json.RawMessage, error) {
		requestID := ""
		if lc, ok := lambdacontext.FromContext(ctx); ok {
			requestID = lc.AwsRequestID
		}
		response, err := p.Handle(ctx, requestID, payload)
		if err != nil {
			return nil, messages.InvokeResponse_Error{Type: string(pipeline.NameOf(err)), Message: err.Error()}
		}
		return response, nil
	}
}

// secret reads a key of OpenAI's: the secret's string, which is the key and nothing else.
func secret(account aws.Config, name string) func(context.Context) (string, error) {
	client := secretsmanager.NewFromConfig(account)
	return func(ctx context.Context) (string, error) {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
		if store.Passing(err) {
			return "", fmt.Errorf("secret %s: %w: %w", name, openai.ErrUnavailable, err)
		}
		if err != nil {
			return "", fmt.Errorf("secret %s: %w", name, err)
		}
		return aws.ToString(out.SecretString), nil
	}
}

// startExecution starts the execution that continues a suspended run.
func startExecution(account aws.Config) func(context.Context, string, string, json.RawMessage) error {
	client := sfn.NewFromConfig(account)
	return func(ctx context.Context, stateMachine, name string, input json.RawMessage) error {
		_, err := client.StartExecution(ctx, &sfn.StartExecutionInput{
			StateMachineArn: &stateMachine, Name: &name, Input: aws.String(string(input)),
		})
		return err
	}
}
