package main

import (
	"maps"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// FunctionTimeout is how long an invocation may take, in minutes: all that Lambda gives. Under the wrapper a run ends
// much earlier, by pipeline.WorkTime.
const FunctionTimeout = 15

// memory of the function, in MB. A run resizes images in its process. Six originals of 49 million pixels, the most
// that it takes, needed 0.95 GB at the peak; with 16 bits a channel they need twice that. Lambda gives CPU by memory,
// and a whole core from 1,769 MB.
const memory = 2048

func newLogs(stack awscdk.Stack, s Settings) awslogs.LogGroup {
	return newLogGroup(stack, s, "FunctionLogs", "/aws/lambda/"+s.named(functionName))
}

// newLogGroup makes a log group that goes with the stack: what must be kept of a run is in the tables.
func newLogGroup(stack awscdk.Stack, s Settings, id, name string) awslogs.LogGroup {
	group := awslogs.NewLogGroup(stack, jsii.String(id), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String(name),
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(s.LogRetentionDays))
	return group
}

// newFunction makes the Lambda: the pipeline, whole.
func newFunction(stack awscdk.Stack, s Settings, t tables, o objects, key secret, admin *secret, logs awslogs.LogGroup, machine *string) awslambda.Function {
	// The policy is written down here and nothing adds to it.
	role := awsiam.NewRole(stack, jsii.String("FunctionRole"), &awsiam.RoleProps{
		AssumedBy:      awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		Description:    jsii.String("What " + s.named(functionName) + " may do"),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"run": functionPolicy(t, o, key, admin, logs, machine)},
	})
	suppress(role, "AwsSolutions-IAM5", "The keys under the bucket's five prefixes are made as runs go.",
		&cdknag.RegexAppliesTo{Regex: jsii.String(`/^Resource::.*\/(images|runs|spill|responses|guides)\/\*$/`)})
	suppress(role, "AwsSolutions-IAM5", "X-Ray knows no resources.", "Resource::*")

	environment := map[string]*string{
		"TEMPLATES_TABLE":            t.templates.TableName(),
		"PROCESSING_RUNS_TABLE":      t.runs.TableName(),
		"OUTPUT_LOGS_TABLE":          t.logs.TableName(),
		"S3_BUCKET":                  o.bucket.BucketName(),
		"IMAGE_BASE_URL":             o.baseURL,
		"OPENAI_API_KEY_SECRET_NAME": key.name,
		"LOG_TTL_DAYS":               jsii.String(strconv.Itoa(s.LogTTLDays)),
		"METRIC_NAMESPACE":           jsii.String(s.metricNamespace()),
	}
	if admin != nil {
		environment["OPENAI_ADMIN_KEY_SECRET_NAME"] = admin.name
	}
	for name, value := range maps.All(s.Environment) {
		environment[name] = jsii.String(value)
	}
	props := &awslambda.FunctionProps{
		FunctionName: jsii.String(s.named(functionName)),
		Description:  jsii.String("Full Turner: the whole pipeline"),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: awslambda.Architecture_ARM_64(),
		Handler:      jsii.String("bootstrap"),
		Code:         awslambda.Code_FromAsset(jsii.String(s.Build), nil),
		Timeout:      awscdk.Duration_Minutes(jsii.Number(FunctionTimeout)),
		MemorySize:   jsii.Number(memory),
		Tracing:      awslambda.Tracing_ACTIVE,
		LogGroup:     logs,
		Role:         role.WithoutPolicyUpdates(nil),
		Environment:  &environment,
	}
	if s.ReservedConcurrency > 0 {
		props.ReservedConcurrentExecutions = jsii.Number(s.ReservedConcurrency)
	}
	return awslambda.NewFunction(stack, jsii.String("Function"), props)
}

// metricNamespace keeps the metrics of two stages apart.
func (s Settings) metricNamespace() string {
	if s.Stage == "" {
		return pipeline.MetricNamespace
	}
	return pipeline.MetricNamespace + "/" + s.Stage
}

// functionPolicy is all that the function may do. TestPolicy holds it against what the function was seen to do.
func functionPolicy(t tables, o objects, key secret, admin *secret, logs awslogs.LogGroup, machine *string) awsiam.PolicyDocument {
	keys := []*string{}
	for _, prefix := range []string{store.ImagesPrefix, store.RunsPrefix, store.SpillPrefix, store.ResponsesPrefix, store.GuidesPrefix} {
		keys = append(keys, o.bucket.ArnForObjects(jsii.String(prefix+"*")))
	}
	index := awscdk.Fn_Join(jsii.String("/index/"), &[]*string{t.runs.TableArn(), jsii.String(store.IndexName)})

	statements := []awsiam.PolicyStatement{
		allow("Templates", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"}, t.templates.TableArn()),
		allow("Runs", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"}, t.runs.TableArn()),
		allow("RunHistory", []string{"dynamodb:Query"}, index),
		allow("Logs", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"}, t.logs.TableArn()),
		allow("Objects", []string{"s3:GetObject", "s3:PutObject"}, keys...),
		allow("MissingObjectsAreNotFound", []string{"s3:ListBucket"}, o.bucket.BucketArn()), // without it S3 answers 403, not 404
		allow("OpenAIKey", []string{"secretsmanager:GetSecretValue"}, key.arn),
		allow("ContinueRuns", []string{"states:StartExecution"}, machine),
		allow("WriteLogs", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, logs.LogGroupArn()), // the ARN ends in :*, its streams
		allow("Trace", []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, jsii.String("*")),
	}
	if admin != nil {
		statements = append(statements, allow("OpenAIAdminKey", []string{"secretsmanager:GetSecretValue"}, admin.arn))
	}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements})
}

// allow is one statement of a policy.
func allow(sid string, actions []string, resources ...*string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: &resources,
	})
}

// suppress says why a rule of cdk-nag does not apply to a construct, or only not to some findings in it.
func suppress(construct constructs.IConstruct, rule, reason string, findings ...any) {
	s := &cdknag.NagPackSuppression{Id: jsii.String(rule), Reason: jsii.String(reason)}
	if len(findings) > 0 {
		s.AppliesTo = &findings
	}
	cdknag.NagSuppressions_AddResourceSuppressions(construct, &[]*cdknag.NagPackSuppression{s}, jsii.Bool(false))
}
