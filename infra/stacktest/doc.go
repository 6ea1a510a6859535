// Package stacktest tests what is deployed: the synthesized template, and the compiled Lambda under the environment, the
// policy and the state machine that the template gives it.
//
// The CDK app is compiled and run as a process, as the CDK CLI runs it, and this package imports none of it: awscdk is
// the largest thing that this repository compiles, and a test that imported it would have it compiled once more, for
// the race detector.
package stacktest
