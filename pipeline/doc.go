// Package pipeline is what a run is: a template's funnel redesigned and rewritten to a brand, in eight steps.
//
//	InitializeRun → LoadTemplate ─┬→ ProcessImagesBatch → ProcessImage ×N → AggregateImageResults ─┬→ SaveOutput
//	                              │                      (3 at once)                              │
//	      any error ↘             └→ ExecuteAgent ────────────────────────────────────────────────┘
//	        HandleFailure
//
// [Pipeline.Handle] answers one invocation, a JSON payload whose action chooses between a run and the questions
// about templates, runs and logs. [Pipeline.Run] is the chain; each step is in a file of its own, takes typed values
// and returns typed values.
//
// # What a step may touch
//
// A step gets the attempt's work (work.go: the time that it has, its log and rows). One that writes the record gets the
// hold on the run as well (hold.go). What calls a model gets a struct of the few things it needs: imageMaker,
// rewriter. No step sees the Pipeline whole but those that read or close a run.
//
// # Side by side
//
// The images and the copy of a run are made at once, and so are the agent's batches. When a part fails, no other part
// begins another paid call: an image in work is finished, because it cannot be fetched again, and a response in flight
// is left to be fetched. When a part's time is up, the others go on for as long as they can, and then the run is
// suspended. Results stand in the funnel's order, whichever came first.
//
// # Paying once
//
// Every paid call goes through the ledger (package ledger). A step says what to ask and how to judge the answer.
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
