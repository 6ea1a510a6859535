package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
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
	QuotaExhausted     ErrorName = "QuotaExhausted"     // the OpenAI account has no credit left
	ModelRetired       ErrorName = "ModelRetired"       // the model is shut down or not offered to this account
	BudgetExceeded     ErrorName = "BudgetExceeded"     // the next call could pass the run's budget
	AgentRefused       ErrorName = "AgentRefused"       // the model declined to rewrite the copy
	AgentFailed        ErrorName = "AgentFailed"        // the model gave no usable rewrite
	Transient          ErrorName = "Transient"          // a service was not to be reached; another try may succeed
	Internal           ErrorName = "Internal"           // a fault of the program itself, a panic included
)

// Failure is an error that leaves the pipeline: its name, the step it left ("" before the first one) and a
// message that says what to do where the user can do something.
type Failure struct {
	Name  ErrorName
	Step  string
	cause error
	stack string

	runID  string // of the run that it is about, where one is known
	logged bool   // there is an ERROR line about it
}

// Error is the message without the name. It is short enough to travel with the input of an execution.
func (f *Failure) Error() string { return abbreviateError(f.cause) }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.cause }

// abbreviateError keeps an error's text fit for a row and a response.
func abbreviateError(err error) string {
	s := err.Error()
	if cut := truncate(s, 2000); len(cut) < len(s) {
		return cut + "…"
	}
	return s
}

// failure makes a Failure where the program itself found what is wrong.
func failure(name ErrorName, format string, args ...any) *Failure {
	return &Failure{Name: name, cause: fmt.Errorf(format, args...), stack: string(debug.Stack())}
}

// errSuspended says that the next paid call does not fit before the deadline: the run is saved and continued.
var errSuspended = errors.New("the next call does not fit before the deadline")

// errLostLease cancels the work of an attempt that no longer holds its run.
var errLostLease = errors.New("another execution has taken this run over")

// errLeaseRanOut cancels the work of an attempt that could not renew its lease in time.
var errLeaseRanOut = errors.New("the lease ran out: the store was not to be reached in time to renew it")

// names is the one table from what the packages below report to an error name. The first match counts.
var names = []struct {
	target error
	name   ErrorName
}{
	{errLostLease, RunInProgress},
	{errLeaseRanOut, Transient},
	{store.ErrFenced, RunInProgress},
	{openai.ErrUnauthorized, OpenAIUnauthorized},
	{openai.ErrQuota, QuotaExhausted},
	{openai.ErrModelRetired, ModelRetired},
	{cost.ErrRetired, ModelRetired},
	{openai.ErrRefused, AgentRefused},
	{openai.ErrRejected, AgentFailed},
	{openai.ErrIncomplete, AgentFailed},
	{openai.ErrMalformed, AgentFailed},
	{openai.ErrUnavailable, Transient},
	{openai.ErrExpired, Transient},
	{store.ErrUnavailable, Transient},
	{store.ErrConflict, Transient}, // a row of an attempt that was not quite dead: the next try reads it
	{context.Canceled, Transient},
	{context.DeadlineExceeded, Transient},
}

// failureOf names err. A Failure stays what it is.
func failureOf(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	var budget *cost.BudgetError
	if errors.As(err, &budget) {
		return &Failure{Name: BudgetExceeded, cause: err, stack: string(debug.Stack())}
	}
	for _, n := range names {
		if errors.Is(err, n.target) {
			return &Failure{Name: n.name, cause: err, stack: string(debug.Stack())}
		}
	}
	return &Failure{Name: Internal, cause: err, stack: string(debug.Stack())}
}

// recovered turns a panic into a Failure. It is called from a deferred function with what recover gave.
func recovered(r any) *Failure {
	return &Failure{Name: Internal, cause: fmt.Errorf("panic: %v", r), stack: string(debug.Stack())}
}

// systemic says whether an image's error would hit every other image too, or ended the run's right to go on.
func systemic(err error) bool {
	if err == nil || errors.Is(err, errSuspended) {
		return false
	}
	var budget *cost.BudgetError
	var f *Failure
	switch {
	case errors.As(err, &budget), errors.As(err, &f),
		errors.Is(err, openai.ErrUnauthorized), errors.Is(err, openai.ErrQuota), errors.Is(err, openai.ErrModelRetired),
		errors.Is(err, errLostLease), errors.Is(err, errLeaseRanOut), errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrUnavailable):
		return true
	}
	return false
}

// NameOf is the name of an error that Handle returned.
func NameOf(err error) ErrorName { return failureOf(err).Name }
