// Full Turner's Lambda: environment → config → clients → lambda.Start.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

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

// config is what the Lambda needs besides the settings of a run.
type config struct {
	templatesTable, runsTable, logsTable string
	bucket                               string
	imageBaseURL                         string        // where a browser finds the bucket's images; "" is the bucket's own address
	keySecret                            string        // name of the Secrets Manager secret that holds the OpenAI key
	openAIBaseURL                        string        // "" is OpenAI's
	logTTL                               time.Duration // how long rows of outputLogs are kept; 0: for ever
	logLevel                             slog.Level
	pipeline                             pipeline.Config
}

// configFromEnv reads the environment once. Everything that is missing or wrong is reported at once.
func configFromEnv(getenv func(string) string) (config, error) {
	c := config{imageBaseURL: getenv("IMAGE_BASE_URL"), openAIBaseURL: getenv("OPENAI_BASE_URL")}
	var wrong []error
	for name, target := range map[string]*string{
		"TEMPLATES_TABLE": &c.templatesTable, "PROCESSING_RUNS_TABLE": &c.runsTable, "OUTPUT_LOGS_TABLE": &c.logsTable,
		"S3_BUCKET": &c.bucket, "OPENAI_API_KEY_SECRET_NAME": &c.keySecret,
	} {
		if *target = getenv(name); *target == "" {
			wrong = append(wrong, fmt.Errorf("%s is not set", name))
		}
	}
	if v := getenv("LOG_TTL_DAYS"); v != "" {
		days, err := strconv.Atoi(v)
		if err != nil || days < 0 {
			wrong = append(wrong, fmt.Errorf("LOG_TTL_DAYS is %q; it must be a whole number of days, 0 for ever", v))
		}
		c.logTTL = time.Duration(days) * 24 * time.Hour
	}
	var err error
	if c.pipeline, c.logLevel, err = pipeline.FromEnvironment(getenv); err != nil {
		wrong = append(wrong, err)
	}
	return c, errors.Join(wrong...)
}

// assemble makes the pipeline that the environment describes. No request is made before it is needed.
func assemble(ctx context.Context) (*pipeline.Pipeline, error) {
	c, err := configFromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	account, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithLogger(logging.Nop{}))
	if err != nil {
		return nil, fmt.Errorf("AWS configuration: %w", err)
	}
	objects := store.NewS3(s3.NewFromConfig(account), c.bucket, c.imageBaseURL)
	cfg := c.pipeline
	cfg.Log = pipeline.NewLogger(os.Stdout, c.logLevel)
	cfg.Objects = objects
	cfg.Store = store.NewDynamo(account, store.DynamoConfig{
		Templates: c.templatesTable, Runs: c.runsTable, Logs: c.logsTable, LogTTL: c.logTTL, Objects: objects,
	})
	cfg.OpenAI = openai.New(openai.Config{
		Key: secret(account, c.keySecret), BaseURL: c.openAIBaseURL, Foreground: cfg.ForegroundAgent, Log: cfg.Log,
	})
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

// secret reads the OpenAI key: the secret's string, which is the key and nothing else.
func secret(account aws.Config, name string) func(context.Context) (string, error) {
	client := secretsmanager.NewFromConfig(account)
	return func(ctx context.Context) (string, error) {
		out, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
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
