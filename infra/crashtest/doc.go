// Package crashtest kills the compiled Lambda at every request that matters and
// proves that the run survives and that nothing is paid for twice.
//
// Its tests are a black box: nothing in the product knows of them. A recording
// proxy, the front, stands before each service, and the process is killed with
// SIGKILL while one of its requests is there:
//
//	before   the request arrived; the service never sees it
//	during   the service is at work on it (OpenAI has accepted and billed it)
//	after    the service has answered; the process never hears
//
// Killing a process between an answer and the record of it is the "before" of
// the record. A run that is never killed tells which requests there are. Then
// each of them is the end of a run's first process, in each phase, and then
// random pairs are the ends of its first two, from a seed that is printed. After
// each kill the run is invoked again, as the wrapper does, until it ends.
//
// A smaller pass kills runs where they are about images, made in both ways that
// there are: what the one may have paid for nothing, the other has fetched.
//
//	CRASH_SEED=7 go test -v ./infra/crashtest    the random kills of a seed
package crashtest
