package stacktest

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

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
		"S3_BUCKET": "agency-assets", "IMAGE_BASE_URL": "https://images.example.com", "OPENAI_API_KEY_SECRET_NAME": "agency/openai", "OPENAI_ADMIN_KEY_SECRET_NAME": "agency/openai-admin", "LOG_TTL_DAYS": "30",
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
		{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:agency/openai-admin-AbCdEf", true},
		{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:111122223333:secret:agency/openai-other-AbCdEf", false},
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
