package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"
)

// Query is a saved query of CloudWatch Logs Insights over the function's log.
type Query struct {
	ID   string // in the stack
	Name string // in the console, in a folder named after the function
	Text string
}

// Queries are the questions that users ask of the log. A test runs each over the lines of real runs.
var Queries = []Query{
	{"RunStory", "one run's story", `# put the run's id in place of run-123
fields @timestamp, level, message, data.step, data.outcome, data.elementId, data.status, data.call, data.cost, data.error.name, data.error.message, duration
| filter runId = "run-123"
| sort @timestamp asc
| limit 10000`},

	{"FailuresByError", "failures by error name", `filter level = "ERROR" and message = "run failed"
| stats count(*) as failures, count_distinct(templateId) as templates, latest(runId) as lastRun, latest(data.error.message) as lastMessage by data.error.name as error, data.step as step
| sort failures desc`},

	{"CostByTemplateAndDay", "cost by template and day", `fields datefloor(@timestamp, 1d) as day
| filter message = "call charged"
| stats sum(data.cost) as usd, count_distinct(runId) as runs, count(*) as calls by templateId, day
| sort day desc`},

	{"SlowestSteps", "slowest steps", `filter message in ["step finished", "image processed"]
| stats count(*) as steps, avg(duration) as meanMs, pct(duration, 95) as p95Ms, max(duration) as slowestMs by data.step as step
| sort slowestMs desc`},

	{"RetriesAndResumes", "retries and resumes", `fields @timestamp, runId, templateId, message, data.attempt, data.crashes, data.continuations, data.call, data.try, data.status
| filter message in ["run resumed", "OpenAI retry"] or (message = "run ended" and data.status = "suspended")
| sort @timestamp desc
| limit 1000`},

	{"PossiblyCharged", "spend possibly charged", `filter message = "call possibly charged"
| stats sum(data.possiblyCharged) as usd, count(*) as calls, latest(data.cause) as lastCause by runId, templateId, data.kind as kind
| sort usd desc`},
}

// newQueries saves the queries.
func newQueries(stack awscdk.Stack, s Settings, logs awslogs.LogGroup) {
	for _, q := range Queries {
		awslogs.NewCfnQueryDefinition(stack, jsii.String("Query"+q.ID), &awslogs.CfnQueryDefinitionProps{
			Name:          jsii.String(s.named(functionName) + "/" + q.Name),
			QueryString:   jsii.String(q.Text),
			LogGroupNames: &[]any{logs.LogGroupName()},
		})
	}
}
