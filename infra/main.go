// The CDK app of Full Turner: one stack, described by the context values of settings.go.
//
//	cdk deploy                    from this folder
//	cdk deploy -c stage=dev       a second Full Turner in the same account
//	cdk synth -c cdk-nag=on       with the rules of cdk-nag's AWS Solutions looking on, as in the tests
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	s, err := FromContext(app.Node())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		jsii.Close()
		os.Exit(1)
	}
	NewStack(app, s)
	if app.Node().TryGetContext(jsii.String("cdk-nag")) == "on" {
		awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	}
	app.Synth(nil)
}
