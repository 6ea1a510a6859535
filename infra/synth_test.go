package main_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	infra "github.com/full-turner/full-turner/infra"
	"github.com/full-turner/full-turner/infra/lambdatest"
)

// TestMain has everything temporary in one folder. It does not close jsii, which races with itself when it is closed
// (jsii-runtime-go 1.139.0, Process.Close); its process ends with this one.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "full-turner-infra-")
	if err != nil {
		panic(err)
	}
	os.Setenv("TMPDIR", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

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

// documented is the stack of a deployment that says nothing; staged is one that says much.
var (
	documentedStack = sync.OnceValues(func() (template, error) { return synthesize(object{}) })
	stagedStack     = sync.OnceValues(func() (template, error) {
		return synthesize(object{
			"stage": "dev", "bucketName": "agency-assets", "imageBaseUrl": "https://images.example.com", "secretName": "agency/openai",
			"reservedConcurrency": "5", "logRetentionDays": 14, "logTtlDays": "30", "spendAlarmUsdPerHour": "12.5",
			"alarmTopicArn": "arn:aws:sns:us-east-1:111122223333:ops", "maxCostUsd": "2.5", "openaiModel": "gpt-6.1-sol", "openaiImageQuality": "high",
		})
	})
)

func documented(t *testing.T) template { return synthesized(t, documentedStack) }
func staged(t *testing.T) template     { return synthesized(t, stagedStack) }

func synthesized(t *testing.T, stack func() (template, error)) template {
	t.Helper()
	if testing.Short() {
		t.Skip("the stack is not synthesized with -short")
	}
	s, err := stack()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// synthesize makes the app with context values, cdk-nag watching, and reads what it wrote.
func synthesize(context object) (s template, err error) {
	defer func() { // jsii panics
		if r := recover(); r != nil {
			err = fmt.Errorf("synth: %v", r)
		}
	}()
	dir, err := os.MkdirTemp("", "full-turner-synth-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(dir)
	build := filepath.Join(dir, "build")
	if err := os.Mkdir(build, 0o755); err != nil {
		return s, err
	}
	if err := os.WriteFile(filepath.Join(build, "bootstrap"), []byte("a binary"), 0o755); err != nil {
		return s, err
	}
	values := map[string]any(context)
	app := awscdk.NewApp(&awscdk.AppProps{Context: &values, Outdir: jsii.String(filepath.Join(dir, "out"))})
	settings, err := infra.FromContext(app.Node())
	if err != nil {
		return s, err
	}
	settings.Build = build
	infra.NewStack(app, settings)
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	app.Synth(nil)

	text, err := read(dir, "out/*.template.json", &s)
	s.text = string(text)
	if err != nil {
		return s, err
	}
	var constructs map[string][]struct {
		Type string
		Data any
	}
	if _, err := read(dir, "out/*.metadata.json", &constructs); err != nil {
		return s, err
	}
	for path, entries := range constructs {
		for _, e := range entries {
			if e.Type == "aws:cdk:error" || e.Type == "aws:cdk:warning" {
				s.complaints = append(s.complaints, fmt.Sprintf("%s %s: %v", e.Type, path, e.Data))
			}
		}
	}
	return s, nil
}

// read reads the one JSON file that a pattern finds.
func read(dir, pattern string, into any) ([]byte, error) {
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("%s: %v, %v", pattern, found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	return text, json.Unmarshal(text, into)
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

// list makes a list of what IAM writes as one value or as several.
func list(v any) []any {
	if several, ok := v.([]any); ok {
		return several
	}
	return []any{v}
}

// statements are the IAM statements of a role.
func statements(r resource) (all []object) {
	for _, p := range list(r.Properties["Policies"]) {
		document := p.(map[string]any)["PolicyDocument"].(map[string]any)
		for _, s := range list(document["Statement"]) {
			all = append(all, s.(map[string]any))
		}
	}
	return all
}

// functionRole is the role that the function has.
func (s template) functionRole(t *testing.T) resource {
	t.Helper()
	role := s.one(t, "AWS::Lambda::Function", "Runtime", "provided.al2023").Properties["Role"].(map[string]any)["Fn::GetAtt"].([]any)
	return s.Resources[role[0].(string)]
}

// allows evaluates the function's policy, as far as IAM's language is used in it.
func (s template) allows(t *testing.T) func(action, resource string) bool {
	all := statements(s.functionRole(t))
	return func(action, resource string) bool {
		for _, statement := range all {
			if statement["Effect"] != "Allow" || !slices.Contains(list(statement["Action"]), any(action)) {
				continue
			}
			for _, pattern := range list(statement["Resource"]) {
				if like(s.resolve(pattern), resource) {
					return true
				}
			}
		}
		return false
	}
}

// like matches IAM's wildcards: * is anything, ? is one character.
func like(pattern, value string) bool {
	quoted := regexp.QuoteMeta(pattern)
	expression := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	return regexp.MustCompile("^" + expression + "$").MatchString(value)
}

// environment is the function's, resolved.
func (s template) environment(t *testing.T) map[string]string {
	t.Helper()
	variables := s.one(t, "AWS::Lambda::Function", "Runtime", "provided.al2023").Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
	resolved := map[string]string{}
	for name, value := range variables {
		resolved[name] = s.resolve(value)
	}
	return resolved
}

// world is the function as the stack deploys it: with its environment and under its policy.
func world(t *testing.T, o lambdatest.Options) *lambdatest.World {
	t.Helper()
	s := documented(t)
	o.Allow = s.allows(t)
	environment := s.environment(t)
	delete(environment, "IMAGE_BASE_URL") // the World's own
	maps.Copy(environment, o.Env)
	o.Env = environment
	return lambdatest.New(t, o)
}
