// Package pipeline is what a run is: a template's funnel redesigned and rewritten to a brand, in eight steps.
//
//	InitializeRun → LoadTemplate → ProcessImagesBatch → ProcessImage ×N → AggregateImageResults → ExecuteAgent → SaveOutput
//	                                                    (3 at once)
//	      any error ↘
//	        HandleFailure
//
// [Pipeline.Handle] answers one invocation, a JSON payload whose action chooses between a run and the questions
// about templates, runs and logs. [Pipeline.Run] is the chain; each step is a method in a file of its own, takes
// typed values and returns typed values.
//
// # Paying once
//
// Every paid call has a row in the ledger (see ledger.go and entry.go) that is written before the call and closed after it. A
// run that is invoked again reads the ledger first: an answer that is there is used, a response of the agent that
// is in flight is fetched, and a call whose outcome nobody knows is named as possibly charged and made again. The
// cost of a run is the sum of its ledger.
//
// # One holder
//
// InitializeRun takes a lease on the run and counts an attempt. Every later write is conditional on that attempt,
// so a process that lost the run (its task timed out, another execution took over) can change nothing any more.
//
// # Time
//
// The deadline of an attempt is the earlier of the invocation's (Lambda ends after 15 minutes) and the execution's
// (an Express execution ends after 5 minutes, Step Functions quotas), less a reserve in which the run is saved.
// When the next paid call would not fit, the run is saved as suspended and continued by a new execution with the
// same run id; a direct invocation says suspended and is simply invoked again.
//
// # Errors
//
// An error that leaves this package is a [*Failure] with an [ErrorName]. Whoever catches it closes the run: under
// the wrapper its HandleFailure, in a direct invocation Handle itself. The wrapper retries [RetriedErrors] only.
package pipeline
