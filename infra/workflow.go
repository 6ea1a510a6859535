package main

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctionstasks"
	"github.com/aws/jsii-runtime-go"

	"github.com/full-turner/full-turner/pipeline"
)

// stateMachineARN is the state machine's ARN, made from its name: the function may start executions of the machine
// that calls it, and neither can wait for the other to be made.
func stateMachineARN(stack awscdk.Stack, s Settings) *string {
	return stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("states"), Resource: jsii.String("stateMachine"), ResourceName: jsii.String(s.named(stateMachineName)),
		ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
}

// newWorkflow makes the Express state machine around the function:
//
//	Run ──────────────▶ done
//	 │ retries, then any error
//	 ▼
//	HandleFailure ────▶ Failed (with the error of Run)
//	 │ any error           ▲
//	 └─────────────────────┘
//
// The numbers are package pipeline's, which says in wrapper.go why an execution is never cut off before HandleFailure
// has ended.
func newWorkflow(stack awscdk.Stack, s Settings, function awslambda.Function) awsstepfunctions.StateMachine {
	failed := awsstepfunctions.NewFail(stack, jsii.String("Failed"), &awsstepfunctions.FailProps{
		Comment:   jsii.String("An execution whose run failed has failed"),
		ErrorPath: jsii.String("$.Error"),
		CausePath: jsii.String("$.Cause"),
	})
	everything := jsii.Strings("States.ALL")

	// Its input is what Run failed with, Error and Cause, and so is its output, for the Fail state. The execution's
	// input comes from the context, so that it may be any JSON.
	handleFailure := newTask(stack, function, "HandleFailure", "Closes the run as failed", pipeline.HandleFailureTimeout, map[string]any{
		"action": "handleFailure",
		"error":  awsstepfunctions.JsonPath_StringAt(jsii.String("$.Error")),
		"cause":  awsstepfunctions.JsonPath_StringAt(jsii.String("$.Cause")),
		"input":  awsstepfunctions.JsonPath_ObjectAt(jsii.String("$$.Execution.Input")),
	}, awsstepfunctions.JsonPath_DISCARD())
	handleFailure.AddRetry(&awsstepfunctions.RetryProps{
		Errors:      everything,
		MaxAttempts: jsii.Number(pipeline.HandleFailureRetries),
		Interval:    seconds(pipeline.HandleFailureRetryInterval),
		BackoffRate: jsii.Number(1),
	})
	handleFailure.AddCatch(failed, &awsstepfunctions.CatchProps{Errors: everything, ResultPath: awsstepfunctions.JsonPath_DISCARD()})

	run := newTask(stack, function, "Run", "Makes the run, or goes on with it", pipeline.TaskTimeout, map[string]any{
		"input": awsstepfunctions.JsonPath_EntirePayload(),
	}, nil)
	run.AddRetry(&awsstepfunctions.RetryProps{
		Errors:      jsii.Strings(pipeline.RetriedErrors...),
		MaxAttempts: jsii.Number(pipeline.RetryAttempts),
		Interval:    seconds(pipeline.RetryInterval),
		BackoffRate: jsii.Number(pipeline.RetryBackoff),
	})
	run.AddCatch(handleFailure, &awsstepfunctions.CatchProps{Errors: everything})
	handleFailure.Next(failed)

	logs := newLogGroup(stack, s, "WorkflowLogs", "/aws/vendedlogs/states/"+s.named(stateMachineName))
	role := awsiam.NewRole(stack, jsii.String("WorkflowRole"), &awsiam.RoleProps{
		AssumedBy:   awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), nil),
		Description: jsii.String("What " + s.named(stateMachineName) + " may do"),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"run": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
			allow("Invoke", []string{"lambda:InvokeFunction"}, function.FunctionArn()),
			allow("Trace", []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"}, jsii.String("*")),
			allow("DeliverLogs", []string{
				"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
				"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
			}, jsii.String("*")),
		}})},
	})
	suppress(role, "AwsSolutions-IAM5", "X-Ray and the delivery of logs know no resources (Step Functions Developer Guide, logging and X-Ray).", "Resource::*")

	machine := awsstepfunctions.NewStateMachine(stack, jsii.String("Workflow"), &awsstepfunctions.StateMachineProps{
		StateMachineName: jsii.String(s.named(stateMachineName)),
		StateMachineType: awsstepfunctions.StateMachineType_EXPRESS,
		Comment:          jsii.String("Retries and HandleFailure around one run of Full Turner"),
		DefinitionBody:   awsstepfunctions.DefinitionBody_FromChainable(run),
		Timeout:          seconds(pipeline.ExecutionLimit),
		Role:             role.WithoutPolicyUpdates(nil),
		TracingEnabled:   jsii.Bool(true),
		// Inputs and outputs hold clients' texts; the function's log tells the story of a run without them.
		Logs: &awsstepfunctions.LogOptions{Destination: logs, Level: awsstepfunctions.LogLevel_ERROR, IncludeExecutionData: jsii.Bool(false)},
	})
	suppress(machine, "AwsSolutions-SF1", "Every event of every execution would be logged for money; errors are, and the function logs the rest.")
	return machine
}

// newTask calls the function with the wrapper's envelope around more.
func newTask(stack awscdk.Stack, function awslambda.Function, name, comment string, timeout time.Duration, more map[string]any, resultPath *string) awsstepfunctionstasks.LambdaInvoke {
	more["execution"] = map[string]any{
		"id":             awsstepfunctions.JsonPath_StringAt(jsii.String("$$.Execution.Id")),
		"startTime":      awsstepfunctions.JsonPath_StringAt(jsii.String("$$.Execution.StartTime")),
		"retryCount":     awsstepfunctions.JsonPath_NumberAt(jsii.String("$$.State.RetryCount")),
		"stateMachine":   awsstepfunctions.JsonPath_StringAt(jsii.String("$$.StateMachine.Id")),
		"timeoutSeconds": pipeline.WorkTime.Seconds(),
	}
	return awsstepfunctionstasks.NewLambdaInvoke(stack, jsii.String(name), &awsstepfunctionstasks.LambdaInvokeProps{
		Comment:                  jsii.String(comment),
		LambdaFunction:           function,
		Payload:                  awsstepfunctions.TaskInput_FromObject(&more),
		PayloadResponseOnly:      jsii.Bool(true),
		RetryOnServiceExceptions: jsii.Bool(false),
		TaskTimeout:              awsstepfunctions.Timeout_Duration(seconds(timeout)),
		ResultPath:               resultPath,
	})
}

func seconds(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}
