package main_test

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
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

// same compares values of JSON.
func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
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

func TestStack_SetsWhatTheFunctionReads(t *testing.T) {
	set := documented(t).environment(t)
	read := map[string]bool{}
	for _, setting := range pipeline.Settings {
		if setting.Where == pipeline.Laptop {
			continue
		}
		read[setting.Variable] = true
		// What says how runs are made may be left to its default where an operator can set it.
		if _, given := set[setting.Variable]; !given && (setting.Where == pipeline.Lambda || setting.Context == "") {
			t.Errorf("the function reads %s, and the stack does not set it", setting.Variable)
		}
	}
	for name := range set {
		if !read[name] {
			t.Errorf("the stack sets %s, and nothing reads it", name)
		}
	}
	for _, model := range []string{"OPENAI_MODEL", "OPENAI_IMAGE_MODEL"} {
		if set[model] != "" {
			t.Errorf("%s is set: the default could not be replaced once it is shut down", model)
		}
	}
}

func TestStack_ServesImagesAndNothingElse(t *testing.T) {
	s := documented(t)
	buckets := s.all("AWS::S3::Bucket")
	if len(buckets) != 1 {
		t.Fatalf("%d buckets", len(buckets))
	}
	for _, bucket := range buckets {
		p := bucket.Properties
		if !same(p["PublicAccessBlockConfiguration"], map[string]any{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}) {
			t.Errorf("public access: %v", p["PublicAccessBlockConfiguration"])
		}
		if !strings.HasPrefix(bucket.DeletionPolicy, "Retain") {
			t.Errorf("the bucket goes with the stack: %s", bucket.DeletionPolicy)
		}
		for _, rule := range p["LifecycleConfiguration"].(map[string]any)["Rules"].([]any) {
			r := rule.(map[string]any)
			if _, expires := r["ExpirationInDays"]; expires && r["Prefix"] != store.ResponsesPrefix {
				t.Errorf("objects expire that records or funnels refer to: %v", r)
			}
		}
	}
	for _, policy := range s.all("AWS::S3::BucketPolicy") {
		for _, statement := range policy.Properties["PolicyDocument"].(map[string]any)["Statement"].([]any) {
			r := statement.(map[string]any)
			if r["Effect"] == "Deny" {
				continue
			}
			if got := s.resolve(r["Resource"]); got != "arn:aws:s3:::"+lambdatest.Bucket+"/images/*" || r["Action"] != "s3:GetObject" ||
				!same(r["Principal"], map[string]any{"Service": "cloudfront.amazonaws.com"}) || r["Condition"] == nil {
				t.Errorf("the bucket's policy allows %v", r)
			}
		}
	}
	for _, d := range s.all("AWS::CloudFront::Distribution") {
		config := d.Properties["DistributionConfig"].(map[string]any)
		if origin := config["Origins"].([]any)[0].(map[string]any); origin["OriginAccessControlId"] == nil {
			t.Errorf("CloudFront has no access to the bucket: %v", origin)
		}
		if config["DefaultCacheBehavior"].(map[string]any)["ViewerProtocolPolicy"] != "redirect-to-https" {
			t.Errorf("images are served over http: %v", config)
		}
	}
}

func TestStack_HasNoWildcardInAnAction(t *testing.T) {
	for _, s := range []template{documented(t), staged(t)} {
		for id, role := range s.all("AWS::IAM::Role") {
			for _, statement := range statements(role) {
				for _, action := range list(statement["Action"]) {
					if strings.Contains(action.(string), "*") {
						t.Errorf("%s may %v", id, action)
					}
				}
				for _, pattern := range list(statement["Resource"]) {
					if pattern == "*" && statement["Sid"] != "Trace" && statement["Sid"] != "DeliverLogs" {
						t.Errorf("%s may %v everywhere", id, statement["Action"])
					}
				}
			}
			if role.Properties["ManagedPolicyArns"] != nil {
				t.Errorf("%s has managed policies", id)
			}
		}
		if n := len(s.all("AWS::IAM::Policy")); n != 0 {
			t.Errorf("%d policies were added to the roles", n)
		}
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

func TestStack_OfAStage(t *testing.T) {
	s := staged(t)
	for kind, property := range map[string]string{
		"AWS::Lambda::Function": "FunctionName", "AWS::StepFunctions::StateMachine": "StateMachineName", "AWS::DynamoDB::Table": "TableName",
		"AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::Dashboard": "DashboardName", "AWS::Logs::QueryDefinition": "Name", "AWS::Logs::LogGroup": "LogGroupName",
	} {
		if len(s.all(kind)) == 0 {
			t.Errorf("there is no %s", kind)
		}
		for id, r := range s.all(kind) {
			if name := s.resolve(r.Properties[property]); !strings.HasPrefix(name, "dev-") && !strings.Contains(name, "/dev-") {
				t.Errorf("%s is named %q, as in every other stage", id, name)
			}
		}
	}
	for _, kind := range []string{"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::CloudFront::Distribution", "AWS::SecretsManager::Secret"} {
		if made := s.all(kind); len(made) != 0 {
			t.Errorf("it makes %v, which exists", slices.Collect(maps.Keys(made)))
		}
	}
	p := s.one(t, "AWS::Lambda::Function", "FunctionName", "dev-full-turner").Properties
	if p["ReservedConcurrentExecutions"] != 5.0 {
		t.Errorf("reserved concurrency: %v", p["ReservedConcurrentExecutions"])
	}
	environment := s.environment(t)
	for name, want := range map[string]string{
		"S3_BUCKET": "agency-assets", "IMAGE_BASE_URL": "https://images.example.com", "OPENAI_API_KEY_SECRET_NAME": "agency/openai", "LOG_TTL_DAYS": "30",
		"MAX_COST_USD": "2.5", "OPENAI_MODEL": "gpt-6.1-sol", "OPENAI_IMAGE_QUALITY": "high", "METRIC_NAMESPACE": "FullTurner/dev", "TEMPLATES_TABLE": "dev-templates",
	} {
		if environment[name] != want {
			t.Errorf("%s is %q, not %q", name, environment[name], want)
		}
	}
	ttl := s.one(t, "AWS::DynamoDB::Table", "TableName", "dev-outputLogs").Properties["TimeToLiveSpecification"]
	if !same(ttl, map[string]any{"AttributeName": "expiresAt", "Enabled": true}) {
		t.Errorf("rows of outputLogs expire by %v", ttl)
	}
	allows := s.allows(t)
	for _, right := range []struct {
		action, resource string
		allowed          bool
	}{
		{"s3:PutObject", "arn:aws:s3:::agency-assets/images/run/a.png", true},
		{"s3:PutObject", "arn:aws:s3:::agency-assets/payroll.xlsx", false},
		{"s3:GetObject", "arn:aws:s3:::another-bucket/images/run/a.png", false},
		{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:agency/openai-AbCdEf", true},
		{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:agency/openai-admin-AbCdEf", false},
		{"states:StartExecution", "arn:aws:states:us-east-1:111122223333:stateMachine:dev-full-turner-workflow", true},
		{"states:StartExecution", "arn:aws:states:us-east-1:111122223333:stateMachine:full-turner-workflow", false},
		{"dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:111122223333:table/dev-templates", true},
		{"dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:111122223333:table/templates", false},
		{"dynamodb:DeleteItem", "arn:aws:dynamodb:us-east-1:111122223333:table/dev-templates", false},
	} {
		if allows(right.action, right.resource) != right.allowed {
			t.Errorf("%s on %s: allowed is %t", right.action, right.resource, !right.allowed)
		}
	}
	for id, alarm := range s.all("AWS::CloudWatch::Alarm") {
		if !same(alarm.Properties["AlarmActions"], []any{"arn:aws:sns:us-east-1:111122223333:ops"}) {
			t.Errorf("%s tells %v", id, alarm.Properties["AlarmActions"])
		}
	}
	if spend := s.one(t, "AWS::CloudWatch::Alarm", "MetricName", "CostUSD").Properties; spend["Threshold"] != 12.5 || spend["Namespace"] != "FullTurner/dev" {
		t.Errorf("the spend alarm: %v", spend)
	}
}

func TestStack_RingsForWhatNeedsAPerson(t *testing.T) {
	s := documented(t)
	alarms := map[string]bool{}
	for id, alarm := range s.all("AWS::CloudWatch::Alarm") {
		p := alarm.Properties
		alarms[p["MetricName"].(string)] = true
		if p["TreatMissingData"] != "notBreaching" || p["AlarmDescription"] == "" || p["AlarmActions"] != nil {
			t.Errorf("%s: %v", id, p)
		}
	}
	for _, metric := range []string{"RunsFailed", "CostUSD", "DeadlineUsed", "HandleFailureErrors", "ExecutionsTimedOut", "ExecutionThrottled", "Throttles"} {
		if !alarms[metric] {
			t.Errorf("no alarm watches %s", metric)
		}
	}
	spend := s.one(t, "AWS::CloudWatch::Alarm", "MetricName", "CostUSD").Properties
	if spend["Period"] != 3600.0 || spend["Statistic"] != "Sum" || spend["Threshold"] != 50.0 {
		t.Errorf("the spend alarm: %v", spend)
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
