package pipeline

// The steps, as the logs, the rows, a failure's step and the dimension "step" of MetricStepDuration name them.
const (
	StepInitializeRun         = "InitializeRun"
	StepLoadTemplate          = "LoadTemplate"
	StepProcessImagesBatch    = "ProcessImagesBatch"
	StepProcessImage          = "ProcessImage"
	StepAggregateImageResults = "AggregateImageResults"
	StepExecuteAgent          = "ExecuteAgent"
	StepSaveOutput            = "SaveOutput"
	StepHandleFailure         = "HandleFailure"
)

// Steps are the eight, in their order.
var Steps = []string{
	StepInitializeRun, StepLoadTemplate, StepProcessImagesBatch, StepProcessImage, StepAggregateImageResults,
	StepExecuteAgent, StepSaveOutput, StepHandleFailure,
}

// MetricNamespace is the CloudWatch namespace of the embedded metrics where none is configured.
const MetricNamespace = "FullTurner"

// The embedded metrics. Money is counted where it is spent, so that a sum over MetricCost is the bill, whatever
// becomes of the runs.
const (
	MetricStepDuration        = "StepDuration" // of each step, by step
	MetricRunDuration         = "RunDuration"  // of a run that ended, over all of its attempts
	MetricRunsCompleted       = "RunsCompleted"
	MetricRunsFailed          = "RunsFailed"
	MetricRunsSuspended       = "RunsSuspended"
	MetricRunsToReview        = "RunsToReview" // completed ones that are not to be published unread
	MetricScore               = "Score"        // 0 to 100, of a completed run that has texts
	MetricImagesMade          = "ImagesMade"
	MetricImagesFailed        = "ImagesFailed"
	MetricImagesReused        = "ImagesReused"
	MetricCost                = "CostUSD"            // of each answer that was charged
	MetricPossiblyCharged     = "PossiblyChargedUSD" // of each call whose outcome nobody knows
	MetricOverCeiling         = "CallsOverCeiling"   // answers that cost more than they were expected to at the most
	MetricDeadlineUsed        = "DeadlineUsed"       // of the time that an attempt had
	MetricHandleFailureErrors = "HandleFailureErrors"
)

// metricUnits are CloudWatch's units of the metrics; what is not here is a Count.
var metricUnits = map[string]string{
	MetricStepDuration: "Milliseconds", MetricRunDuration: "Milliseconds", MetricDeadlineUsed: "Percent",
	MetricScore: "None", MetricCost: "None", MetricPossiblyCharged: "None",
}
