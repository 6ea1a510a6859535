package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/ledger"
	"github.com/full-turner/full-turner/store"
)

// ErrorName names what went wrong, to a person and to the state machine's ErrorEquals alike.
type ErrorName string

// The error names. README says of each what it means and what to do.
const (
	InvalidRequest     ErrorName = "InvalidRequest"     // the payload is not what an action takes; nothing was written
	RunNotFound        ErrorName = "RunNotFound"        // no run has this id
	RunConflict        ErrorName = "RunConflict"        // the run id belongs to a run with another payload
	RunInProgress      ErrorName = "RunInProgress"      // another execution holds the run
	AttemptsExhausted  ErrorName = "AttemptsExhausted"  // the run was continued, or died, too often
	TemplateNotFound   ErrorName = "TemplateNotFound"   // no such template or version
	TemplateInactive   ErrorName = "TemplateInactive"   // the template is a draft or archived
	InvalidTemplate    ErrorName = "InvalidTemplate"    // the brand guide or the funnel cannot be used
	OpenAIUnauthorized ErrorName = "OpenAIUnauthorized" // OpenAI refused the key, or there is none
	OpenAIForbidden    ErrorName = "OpenAIForbidden"    // the account or the key may not do this: verify the organisation
	QuotaExhausted     ErrorName = "QuotaExhausted"     // the OpenAI account has no credit left
	ModelRetired       ErrorName = "ModelRetired"       // the model is shut down or not offered to this account
	BudgetExceeded     ErrorName = "BudgetExceeded"     // the next call could pass the run's budget
	AgentRefused       ErrorName = "AgentRefused"       // the model declined to rewrite the copy
	AgentFailed        ErrorName = "AgentFailed"        // the model gave no usable rewrite
	Transient          ErrorName = "Transient"          // a service was not to be reached; another try may succeed
	Internal           ErrorName = "Internal"           // a fault of the program itself, a panic included
)

// Errors that end the work of an attempt, and are no failure of the run by themselves.
var (
	// errSuspended: the run is saved and continued. What it wraps says what is waited for; alone, it is time: the next
	// paid call does not fit before the deadline.
	errSuspended = errors.New("the run is to be continued")
	// errStopped: another part of the run has failed, so no further call is begun.
	errStopped = errors.New("another part of the run has failed")
	// errLostLease stops the work of an attempt that no longer holds its run.
	errLostLease = errors.New("another execution has taken this run over")
	// errLeaseRanOut stops the work of an attempt that could not renew its lease in time.
	errLeaseRanOut = errors.New("the lease ran out: the store was not to be reached in time to renew it")
)

// errorNames is the one table from what the packages below report to an error name. stopsRun says that the error
// would hit every image, or that nothing may be built on what was done: an image that meets it stops the run, where
// any other error costs that one image. The first match counts; what matches nothing is Internal.
var errorNames = []struct {
	is       error
	name     ErrorName
	stopsRun bool
}{
	{errLostLease, RunInProgress, true},
	{errLeaseRanOut, Transient, true},
	{store.ErrFenced, RunInProgress, true},
	{openai.ErrUnauthorized, OpenAIUnauthorized, true},
	{openai.ErrForbidden, OpenAIForbidden, true},
	{openai.ErrQuota, QuotaExhausted, true},
	{openai.ErrModelRetired, ModelRetired, true},
	{cost.ErrRetired, ModelRetired, true},
	{store.ErrUnavailable, Transient, true},
	{store.ErrConflict, Transient, true},  // a row of an attempt that was not quite dead: the next try reads it
	{ledger.ErrUnwritten, Internal, true}, // what can pass stands above
	{openai.ErrRefused, AgentRefused, false},
	{openai.ErrRejected, AgentFailed, false},
	{openai.ErrIncomplete, AgentFailed, false},
	{openai.ErrMalformed, AgentFailed, false},
	{ledger.ErrUnheard, AgentFailed, false},
	{openai.ErrUnavailable, Transient, false},
	{openai.ErrExpired, Transient, false},
	{context.Canceled, Transient, false},
	{context.DeadlineExceeded, Transient, false},
}

// named is the name of an error, and whether it stops the run.
func named(err error) (name ErrorName, stopsRun bool) {
	var f *Failure
	if errors.As(err, &f) {
		return f.Name, true
	}
	var budget *cost.BudgetError
	if errors.As(err, &budget) {
		return BudgetExceeded, true
	}
	for _, n := range errorNames {
		if errors.Is(err, n.is) {
			return n.name, n.stopsRun
		}
	}
	return Internal, false
}

// stopsRun says whether an image's error stops the run. That the time is up does not: the run is continued.
func stopsRun(err error) bool {
	if err == nil || errors.Is(err, errSuspended) || errors.Is(err, errStopped) {
		return false
	}
	_, stops := named(err)
	return stops
}

// Failure is an error that leaves the pipeline: its name, the step it left ("" before the first one) and a
// message that says what to do where the user can do something. It does not change once it is made.
type Failure struct {
	Name ErrorName
	Step string

	cause  error
	stack  string // of an Internal one; "" elsewhere
	runID  string // of the run that it is about, where one is known
	logged bool   // there is an ERROR line about it
}

// failure makes a Failure where the program itself found what is wrong.
func failure(name ErrorName, format string, args ...any) *Failure {
	return &Failure{Name: name, cause: fmt.Errorf(format, args...)}
}

// failureOf names err. A Failure stays what it is.
func failureOf(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	name, _ := named(err)
	f = &Failure{Name: name, cause: err}
	if name == Internal {
		f.stack = string(debug.Stack())
	}
	return f
}

// recovered turns a panic into a Failure. It is called from a deferred function with what recover gave.
func recovered(r any) *Failure {
	return &Failure{Name: Internal, cause: fmt.Errorf("panic: %v", r), stack: string(debug.Stack())}
}

// reported is a failure that another invocation had, as the wrapper tells of it: without a step and a stack.
func reported(name ErrorName, cause error) *Failure { return &Failure{Name: name, cause: cause} }

// atStep names err, and the step where it has none.
func atStep(step string, err error) *Failure {
	f := *failureOf(err)
	if f.Step == "" {
		f.Step = step
	}
	return &f
}

// inRun is the failure with the id of the run that it is about.
func (f *Failure) inRun(id string) *Failure {
	about := *f
	about.runID = id
	return &about
}

// asLogged is the failure after an ERROR line was written about it.
func (f *Failure) asLogged() *Failure {
	logged := *f
	logged.logged = true
	return &logged
}

// withStack is the failure with the stack that was written down where it happened, if it has none.
func (f *Failure) withStack(stack string) *Failure {
	if f.stack != "" {
		return f
	}
	at := *f
	at.stack = stack
	return &at
}

// Error is the message without the name. It is short enough to travel with the input of an execution.
func (f *Failure) Error() string { return abbreviateError(f.cause) }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.cause }

// fields are the data of the row about an attempt's failure.
func (f *Failure) fields(attempt int) map[string]any {
	fields := map[string]any{"name": f.Name, "message": f.Error(), "step": f.Step, "attempt": attempt}
	if f.stack != "" {
		fields["stack"] = truncate(f.stack, maxStack)
	}
	return fields
}

// recorded is the failure as the run's record keeps it.
func (f *Failure) recorded() *store.RunError {
	return &store.RunError{Name: string(f.Name), Message: f.Error(), Step: f.Step}
}

// maxStack is how much of a stack is kept, in bytes.
const maxStack = 8000

// abbreviateError keeps an error's text fit for a row and a response.
func abbreviateError(err error) string {
	s := err.Error()
	if cut := truncate(s, 2000); len(cut) < len(s) {
		return cut + "…"
	}
	return s
}

// NameOf is the name of an error that Handle returned.
func NameOf(err error) ErrorName { return failureOf(err).Name }
