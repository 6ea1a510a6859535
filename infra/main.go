// The CDK app of Full Turner: one stack, described by the context values of settings.go.
//
//	cdk deploy                    from this folder
//	cdk deploy -c stage=dev       a second Full Turner in the same account
package main

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
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
	app.Synth(nil)
}
