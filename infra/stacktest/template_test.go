package stacktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/full-turner/full-turner/infra/lambdatest"
)

// template is a synthesized CloudFormation template.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
	// complaints are the errors and warnings of the constructs, cdk-nag's among them.
	complaints []string
	// text is the template as it was written.
	text string
}

type resource struct {
	Type           string
	Properties     object
	DeletionPolicy string
}

// same compares values of JSON.
func same(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// all are the resources of a type, by logical id.
func (s template) all(kind string) map[string]resource {
	found := maps.Clone(s.Resources)
	maps.DeleteFunc(found, func(_ string, r resource) bool { return r.Type != kind })
	return found
}

// one is the resource of a type whose property has a value.
func (s template) one(t *testing.T, kind, property, value string) resource {
	t.Helper()
	for _, r := range s.all(kind) {
		if r.Properties[property] == value {
			return r
		}
	}
	t.Fatalf("there is no %s with %s %q", kind, property, value)
	return resource{}
}

// names are what a reference to a resource gives, by type: the property that holds its name.
var names = map[string]string{
	"AWS::DynamoDB::Table": "TableName", "AWS::Lambda::Function": "FunctionName", "AWS::StepFunctions::StateMachine": "StateMachineName",
	"AWS::Logs::LogGroup": "LogGroupName", "AWS::S3::Bucket": "BucketName", "AWS::SecretsManager::Secret": "Name",
}

// resolve gives a value of the template as it would be in the account of package lambdatest.
func (s template) resolve(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if ref, ok := v["Ref"].(string); ok {
			switch ref {
			case "AWS::Partition":
				return "aws"
			case "AWS::Region":
				return "us-east-1"
			case "AWS::AccountId":
				return lambdatest.Account
			}
			if r := s.Resources[ref]; r.Type == "AWS::SecretsManager::Secret" {
				return s.arn(ref)
			}
			return s.name(ref)
		}
		if get, ok := v["Fn::GetAtt"].([]any); ok {
			switch attribute := get[1].(string); attribute {
			case "Arn":
				return s.arn(get[0].(string))
			default:
				return strings.ToLower(get[0].(string)) + "." + strings.ToLower(attribute) + ".example.test"
			}
		}
		if join, ok := v["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, s.resolve(part))
			}
			return strings.Join(parts, join[0].(string))
		}
	}
	panic(fmt.Sprintf("the test cannot resolve %v", v))
}

// name is a resource's name; the bucket's is made by CloudFormation.
func (s template) name(id string) string {
	r := s.Resources[id]
	if name, ok := r.Properties[names[r.Type]].(string); ok {
		return name
	}
	if r.Type == "AWS::S3::Bucket" {
		return lambdatest.Bucket
	}
	return strings.ToLower(id)
}

func (s template) arn(id string) string {
	const region = ":us-east-1:" + lambdatest.Account + ":"
	name := s.name(id)
	switch s.Resources[id].Type {
	case "AWS::S3::Bucket":
		return "arn:aws:s3:::" + name
	case "AWS::DynamoDB::Table":
		return "arn:aws:dynamodb" + region + "table/" + name
	case "AWS::Lambda::Function":
		return "arn:aws:lambda" + region + "function:" + name
	case "AWS::StepFunctions::StateMachine":
		return "arn:aws:states" + region + "stateMachine:" + name
	case "AWS::SecretsManager::Secret":
		return "arn:aws:secretsmanager" + region + "secret:" + name + "-AbCdEf"
	case "AWS::Logs::LogGroup":
		return "arn:aws:logs" + region + "log-group:" + name + ":*"
	}
	return "arn:aws:iam::" + lambdatest.Account + ":role/" + name
}
