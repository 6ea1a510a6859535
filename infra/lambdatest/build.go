package lambdatest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// BinaryVariable names the Lambda that `make test` compiles once for all test processes. Without it each compiles its
// own.
const BinaryVariable = "FULL_TURNER_LAMBDA"

// Binary returns where the Lambda for this machine is: the file that BinaryVariable names, or else one that is compiled
// once in a process, which Clean removes.
func Binary() (path string, err error) { return binary() }

var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(BinaryVariable); path != "" {
		_, err := os.Stat(path) // go test looks at it, too, before it takes a result from its cache
		return path, err
	}
	dir, err := os.MkdirTemp("", "full-turner-lambda-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "bootstrap")
	if err := Build(path, Lambda); err != nil {
		os.RemoveAll(dir)
		return "", err
	}
	clean = func() { os.RemoveAll(dir) }
	return path, nil
})

var clean = func() {}

// Clean removes what Binary made. A TestMain calls it.
func Clean() { clean() }

// The programs that Build compiles.
const (
	Lambda = "github.com/full-turner/full-turner"
	App    = Lambda + "/infra"       // the CDK app
	Runner = Lambda + "/infra/local" // the laptop's
)

// Flags are those of `make build`: nothing of the machine and of the moment gets into the binary.
var Flags = []string{"-gcflags=all=-dwarf=false", "-tags=lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags '-s -w -buildid='"}

// Build compiles a program to path, as `make build` compiles the Lambda: what two programs import is compiled once. env
// is added to the environment of the compiler: GOOS=linux and GOARCH=arm64 make the Lambda that is deployed.
func Build(path, program string, env ...string) error {
	args := []string{"build", "-o", path}
	for _, flag := range Flags {
		name, value, has := strings.Cut(flag, " ")
		if args = append(args, name); has {
			args = append(args, strings.Trim(value, "'"))
		}
	}
	cmd := exec.Command("go", append(args, program)...)
	cmd.Env = append(os.Environ(), append([]string{"CGO_ENABLED=0"}, env...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", program, err, out)
	}
	return nil
}
