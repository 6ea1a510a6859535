package stacktest

import (
	"path"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

func TestStack_HasTheDocumentedTables(t *testing.T) {
	s := documented(t)
	keys := func(partition, sort string) []any {
		return []any{
			map[string]any{"AttributeName": partition, "KeyType": "HASH"},
			map[string]any{"AttributeName": sort, "KeyType": "RANGE"},
		}
	}
	tables := map[string][]any{
		"templates":      keys("templateId", "version"),
		"processingRuns": keys("runId", "timestamp"),
		"outputLogs":     keys("runId", "logType"),
	}
	if n := len(s.all("AWS::DynamoDB::Table")); n != len(tables) {
		t.Errorf("%d tables", n)
	}
	for name, want := range tables {
		table := s.one(t, "AWS::DynamoDB::Table", "TableName", name)
		p := table.Properties
		if got := p["KeySchema"]; !same(got, want) {
			t.Errorf("%s has the keys %v", name, got)
		}
		if p["BillingMode"] != "PAY_PER_REQUEST" || p["DeletionProtectionEnabled"] != true || table.DeletionPolicy != "Retain" ||
			!same(p["PointInTimeRecoverySpecification"], map[string]any{"PointInTimeRecoveryEnabled": true}) {
			t.Errorf("%s: %v, deletion policy %s", name, p, table.DeletionPolicy)
		}
		if _, expires := p["TimeToLiveSpecification"]; expires {
			t.Errorf("%s has rows that expire, and nobody asked for it", name)
		}
	}
	want := []any{map[string]any{
		"IndexName": "templateId-timestamp-index", "KeySchema": keys("templateId", "timestamp"), "Projection": map[string]any{"ProjectionType": "ALL"},
	}}
	if got := s.one(t, "AWS::DynamoDB::Table", "TableName", "processingRuns").Properties["GlobalSecondaryIndexes"]; !same(got, want) {
		t.Errorf("the indexes of processingRuns: %v", got)
	}
}

func TestStack_HasTheDocumentedFunction(t *testing.T) {
	s := documented(t)
	p := s.one(t, "AWS::Lambda::Function", "FunctionName", "full-turner").Properties
	for name, want := range map[string]any{
		"Runtime": "provided.al2023", "Architectures": []any{"arm64"}, "Handler": "bootstrap", "Timeout": 900,
		"TracingConfig": map[string]any{"Mode": "Active"},
	} {
		if !same(p[name], want) {
			t.Errorf("%s is %v, not %v", name, p[name], want)
		}
	}
	if group := s.resolve(p["LoggingConfig"].(map[string]any)["LogGroup"]); group != "/aws/lambda/full-turner" {
		t.Errorf("it logs to %s", group)
	}
	if _, reserved := p["ReservedConcurrentExecutions"]; reserved {
		t.Error("concurrency is reserved, and nobody asked for it")
	}
}

func TestStack_KeepsLogsForATime(t *testing.T) {
	for _, test := range []struct {
		stack template
		days  float64
	}{{documented(t), 90}, {staged(t), 14}} {
		groups := test.stack.all("AWS::Logs::LogGroup")
		if len(groups) != 2 {
			t.Errorf("%d log groups", len(groups))
		}
		for id, group := range groups {
			if group.Properties["RetentionInDays"] != test.days {
				t.Errorf("%s keeps logs for %v days", id, group.Properties["RetentionInDays"])
			}
		}
	}
}

func TestStack_SatisfiesCDKNag(t *testing.T) {
	for name, s := range map[string]template{"documented": documented(t), "staged": staged(t)} {
		for _, complaint := range s.complaints {
			t.Errorf("%s: %s", name, complaint)
		}
	}
}

func TestStack_HasTheOutputsThatCommandsUse(t *testing.T) {
	s := documented(t)
	for name, want := range map[string]string{
		"FunctionName": "full-turner", "StateMachineArn": "full-turner-workflow", "SecretName": "full-turner/openai-api-key", "BucketName": lambdatest.Bucket,
		"LogGroupName": "/aws/lambda/full-turner", "TemplatesTable": "templates", "RunsTable": "processingRuns", "LogsTable": "outputLogs",
	} {
		output, ok := s.Outputs[name]
		if got := ""; !ok {
			t.Errorf("there is no output %s", name)
		} else if got = s.resolve(output.Value); path.Base(got) != path.Base(want) {
			t.Errorf("output %s is %s", name, got)
		}
	}
}
