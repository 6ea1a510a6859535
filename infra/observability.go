package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"github.com/full-turner/full-turner/pipeline"
)

// metric is one of the pipeline's embedded metrics, over minutes. An alarm takes one without a label.
func (s Settings) metric(name, statistic string, minutes float64, label ...string) awscloudwatch.Metric {
	props := &awscloudwatch.MetricProps{
		Namespace: jsii.String(s.metricNamespace()), MetricName: jsii.String(name), Statistic: jsii.String(statistic),
		Period: awscdk.Duration_Minutes(jsii.Number(minutes)),
	}
	if len(label) > 0 {
		props.Label = jsii.String(label[0])
	}
	return awscloudwatch.NewMetric(props)
}

// newAlarms watches what an operator has to act on. Data that is missing is good: nothing ran.
func newAlarms(stack awscdk.Stack, s Settings, function awslambda.Function, workflow awsstepfunctions.StateMachine) []awscloudwatch.Alarm {
	five := &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(5))}
	var alarms []awscloudwatch.Alarm
	alarm := func(id, name, description string, metric awscloudwatch.IMetric, from, periods float64) {
		a := awscloudwatch.NewAlarm(stack, jsii.String("Alarm"+id), &awscloudwatch.AlarmProps{
			AlarmName: jsii.String(s.named(functionName) + " " + name), AlarmDescription: jsii.String(description),
			Metric: metric, Threshold: jsii.Number(from), EvaluationPeriods: jsii.Number(periods),
			ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
			TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
		})
		if s.AlarmTopicARN != "" {
			a.AddAlarmAction(awscloudwatchactions.NewSnsAction(awssns.Topic_FromTopicArn(stack, jsii.String("Topic"+id), jsii.String(s.AlarmTopicARN))))
		}
		alarms = append(alarms, a)
	}
	alarm("FailedRuns", "failed runs", "A run has failed. The saved query \"failures by error name\" says why.",
		s.metric(pipeline.MetricRunsFailed, "Sum", 5), 1, 1)
	alarm("Spend", "spend", "All runs together spent more at OpenAI in an hour than spendAlarmUsdPerHour. See the saved query \"cost by template and day\".",
		s.metric(pipeline.MetricCost, "Sum", 60), s.SpendAlarmUSDPerHour, 1)
	alarm("TimeLimit", "time limit", "For a quarter of an hour runs have used 90 % of the time that one execution gives them, or were suspended: templates are large, or OpenAI is slow.",
		s.metric(pipeline.MetricDeadlineUsed, "Maximum", 5), 90, 3)
	alarm("HandleFailure", "HandleFailure errors", "A failed run could not be closed: it may stand as running. Invoke its runId again.",
		s.metric(pipeline.MetricHandleFailureErrors, "Sum", 5), 1, 1)
	alarm("ExecutionsTimedOut", "executions timed out", "An execution was cut off at the limit of five minutes, and HandleFailure with it.",
		workflow.MetricTimedOut(five), 1, 1)
	alarm("ExecutionsThrottled", "executions throttled", "Step Functions refused or delayed executions.",
		workflow.MetricThrottled(five), 1, 1)
	alarm("FunctionThrottled", "function throttled", "Lambda refused invocations: reservedConcurrency or the account's limit is reached.",
		function.MetricThrottles(five), 1, 1)
	return alarms
}

// newDashboard shows runs, failures, time, cost, images and throttles.
func newDashboard(stack awscdk.Stack, s Settings, function awslambda.Function, workflow awsstepfunctions.StateMachine, t tables, alarms []awscloudwatch.Alarm) {
	graph := func(title string, width float64, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
		return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{Title: jsii.String(title), Width: jsii.Number(width), Left: &metrics})
	}
	five := func(label string) *awscloudwatch.MetricOptions {
		return &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(5)), Label: jsii.String(label)}
	}
	var slowest []awscloudwatch.IMetric
	for _, step := range pipeline.Steps {
		m := s.metric(pipeline.MetricStepDuration, "p95", 5, step)
		slowest = append(slowest, m.With(&awscloudwatch.MetricOptions{DimensionsMap: &map[string]*string{"step": jsii.String(step)}, Label: jsii.String(step)}))
	}
	var throttled []awscloudwatch.IMetric
	for _, table := range []struct {
		label string
		name  *string
	}{{templatesTable, t.templates.TableName()}, {runsTable, t.runs.TableName()}, {logsTable, t.logs.TableName()}} {
		for _, name := range []string{"ReadThrottleEvents", "WriteThrottleEvents"} {
			throttled = append(throttled, awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
				Namespace: jsii.String("AWS/DynamoDB"), MetricName: jsii.String(name), Statistic: jsii.String("Sum"),
				DimensionsMap: &map[string]*string{"TableName": table.name}, Label: jsii.String(table.label + " " + name),
			}))
		}
	}
	var watched []interfacesawscloudwatch.IAlarmRef
	for _, a := range alarms {
		watched = append(watched, a)
	}
	awscloudwatch.NewDashboard(stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName:   s.everywhere(stack),
		DefaultInterval: awscdk.Duration_Days(jsii.Number(1)),
		Widgets: &[]*[]awscloudwatch.IWidget{{
			awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{Title: jsii.String("Alarms"), Width: jsii.Number(24), Height: jsii.Number(2), Alarms: &watched}),
		}, {
			graph("Runs", 8,
				s.metric(pipeline.MetricRunsCompleted, "Sum", 5, "completed"), s.metric(pipeline.MetricRunsFailed, "Sum", 5, "failed"), s.metric(pipeline.MetricRunsSuspended, "Sum", 5, "suspended"), s.metric(pipeline.MetricRunsToReview, "Sum", 5, "to review")),
			graph("Duration of a run, ms", 8, s.metric(pipeline.MetricRunDuration, "p50", 5, "p50"), s.metric(pipeline.MetricRunDuration, "p95", 5, "p95")),
			graph("Share of the time limit used, %", 8, s.metric(pipeline.MetricDeadlineUsed, "p50", 5, "p50"), s.metric(pipeline.MetricDeadlineUsed, "Maximum", 5, "most")),
		}, {
			graph("Cost an hour, US dollars", 8, s.metric(pipeline.MetricCost, "Sum", 60, "charged"), s.metric(pipeline.MetricPossiblyCharged, "Sum", 60, "possibly charged")),
			graph("Images", 8,
				s.metric(pipeline.MetricImagesMade, "Sum", 5, "made"), s.metric(pipeline.MetricImagesReused, "Sum", 5, "made earlier"), s.metric(pipeline.MetricImagesFailed, "Sum", 5, "failed")),
			graph("Steps, p95, ms", 8, slowest...),
		}, {
			graph("Executions", 8,
				workflow.MetricStarted(five("started")), workflow.MetricSucceeded(five("succeeded")), workflow.MetricFailed(five("failed")), workflow.MetricTimedOut(five("timed out"))),
			graph("Function", 8,
				function.MetricInvocations(five("invocations")), function.MetricErrors(five("errors")), s.metric(pipeline.MetricHandleFailureErrors, "Sum", 5, "errors of HandleFailure")),
			graph("Throttles", 8, append(throttled, function.MetricThrottles(five("function")), workflow.MetricThrottled(five("executions")))...),
		}},
	})
}
