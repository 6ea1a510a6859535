package pipeline

import "time"

// The policy of the Step Functions wrapper. The CDK stack deploys it and the local runner follows it, so that both
// retry the same errors in the same way and give a run the same time.
//
// An execution must not be cut off before HandleFailure has ended. The last try of the task begins at RetryUntil at
// the latest, takes TaskTimeout at the most, and HandleFailure is tried 1 + HandleFailureRetries times after it:
//
//	RetryUntil + TaskTimeout + 2×HandleFailureTimeout + HandleFailureRetryInterval ≤ ExecutionLimit
const (
	// ExecutionLimit is how long an Express execution may last (Step Functions quotas).
	ExecutionLimit = 5 * time.Minute
	// WorkTime is how long a run may work in one execution, counted from the execution's start.
	WorkTime = 210 * time.Second
	// TaskTimeout is when Step Functions gives a try of the task up. A live process has suspended its run by then.
	TaskTimeout = WorkTime + 5*time.Second
	// RetryUntil is how long after the execution's start the wrapper's last try may begin. A run whose next try would
	// begin later is suspended instead, and a new execution with all of its time continues it. After one of
	// Lambda's own errors a try may begin later still; a live process then suspends at once, because WorkTime
	// counts from the execution's start, and one that hangs is a second fault: it leaves the run to be resumed.
	RetryUntil = 25 * time.Second
	// RetryAttempts is how often the wrapper invokes a run again after one of RetriedErrors.
	RetryAttempts = 2
	// RetryInterval is the wait before the first retry; each further one is RetryBackoff times as long.
	RetryInterval = 2 * time.Second
	// RetryBackoff multiplies the wait between retries.
	RetryBackoff = 2

	// HandleFailureTime is how long HandleFailure works at most: on a context of its own, so that a run whose time
	// is up is closed all the same.
	HandleFailureTime = 20 * time.Second
	// HandleFailureTimeout is when Step Functions gives a try of HandleFailure up.
	HandleFailureTimeout = HandleFailureTime + 5*time.Second
	// HandleFailureRetries is how often HandleFailure is tried again, whatever its error was.
	HandleFailureRetries = 1
	// HandleFailureRetryInterval is the wait before that.
	HandleFailureRetryInterval = time.Second
)

// RetriedErrors are the error names that the wrapper retries: ours, and Lambda's own service errors. Everything
// else goes to HandleFailure at once.
var RetriedErrors = []string{
	string(Transient),
	"Lambda.ServiceException",
	"Lambda.AWSLambdaException",
	"Lambda.SdkClientException",
	"Lambda.ClientExecutionTimeoutException",
	"Lambda.TooManyRequestsException",
}
