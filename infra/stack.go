package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// Names of the stack's resources. A stage is put before them.
const (
	functionName     = "full-turner"
	stateMachineName = "full-turner-workflow"
	templatesTable   = "templates"
	runsTable        = "processingRuns"
	logsTable        = "outputLogs"
	secretName       = "full-turner/openai-api-key"
)

// NewStack makes everything that Full Turner is in an AWS account.
func NewStack(scope constructs.Construct, s Settings) awscdk.Stack {
	stack := awscdk.NewStack(scope, jsii.String(s.named(functionName)), &awscdk.StackProps{
		Description:        jsii.String("Full Turner: rebrands funnels with OpenAI"),
		AnalyticsReporting: jsii.Bool(false),
	})
	awscdk.Tags_Of(stack).Add(jsii.String("project"), jsii.String(s.named(functionName)), nil)

	tables := newTables(stack, s)        // tables.go: templates, processingRuns, outputLogs
	objects := newObjects(stack, s)      // storage.go: the bucket, and CloudFront before its images
	key := newSecret(stack, s)           // storage.go: the OpenAI key
	admin := newAdminKey(stack, s)       // storage.go: the admin key, where there is one
	logs := newLogs(stack, s)            // function.go: /aws/lambda/full-turner
	machine := stateMachineARN(stack, s) // workflow.go
	function := newFunction(stack, s, tables, objects, key, admin, logs, machine)
	workflow := newWorkflow(stack, s, function)
	newQueries(stack, s, logs)                        // queries.go
	alarms := newAlarms(stack, s, function, workflow) // observability.go
	newDashboard(stack, s, function, workflow, tables, alarms)

	for _, output := range []struct {
		name  string
		value *string
	}{
		{"FunctionName", function.FunctionName()},
		{"StateMachineArn", workflow.StateMachineArn()},
		{"BucketName", objects.bucket.BucketName()},
		{"ImageBaseUrl", objects.baseURL},
		{"SecretName", key.name},
		{"LogGroupName", logs.LogGroupName()},
		{"TemplatesTable", tables.templates.TableName()},
		{"RunsTable", tables.runs.TableName()},
		{"LogsTable", tables.logs.TableName()},
		{"DashboardName", s.everywhere(stack)},
	} {
		awscdk.NewCfnOutput(stack, jsii.String(output.name), &awscdk.CfnOutputProps{Value: output.value})
	}
	return stack
}

// everywhere is a name of something that one account has in all regions together.
func (s Settings) everywhere(stack awscdk.Stack) *string {
	return awscdk.Fn_Join(jsii.String("-"), &[]*string{jsii.String(s.named(functionName)), stack.Region()})
}
