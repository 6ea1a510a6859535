// Local is Full Turner on a laptop: the same pipeline with an embedded database and a folder in place of DynamoDB
// and S3, and, where OPENAI_API_KEY is not set, a simulator in place of OpenAI.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/full-turner/full-turner/pipeline"
)

const usage = `Full Turner on a laptop.

  go run ./infra/local [flags] demo                          put the sample template and run it
  go run ./infra/local [flags] invoke PAYLOAD.json           the direct Lambda invoke
  go run ./infra/local [flags] start-execution PAYLOAD.json  the same through the wrapper: retries, HandleFailure, continuation
  go run ./infra/local models                                what every model costs, and which ones are in use
  go run ./infra/local [flags] costs                         what runs cost: --by, --from, --to, --template
  go run ./infra/local [flags] reconcile                     a day beside OpenAI's books: --day, --project, --lookback

PAYLOAD.json is what the Lambda takes; - reads it from standard input. The response goes to standard output and
nothing else does; progress and logs go to standard error. Exit: 0 completed, 1 failed, or reconcile found a
difference, 2 the request was wrong, 3 suspended (invoke the same runId again to go on).

With OPENAI_API_KEY set, OpenAI does the work and is paid. Without it, a simulator answers and nothing is paid.
`

// Exit codes.
const (
	exitCompleted = iota
	exitFailed
	exitWrong
	exitSuspended
)

// options are the command line.
type options struct {
	dir            string
	allowLoopback  bool
	simulator      bool
	latency        time.Duration
	executionLimit time.Duration
	name           string
	command        string
	payload        string
	money          money
	stdout, stderr *os.File
	stdin          io.Reader
	getenv         func(string) string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run is main with an exit code.
func run(ctx context.Context, args []string) int {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return exitCompleted
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "full-turner:", err)
		return exitWrong
	}
	if o.command == "models" {
		return o.models(time.Now())
	}
	w, err := newWorld(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "full-turner:", err)
		return exitWrong
	}
	defer w.close()
	switch o.command {
	case "demo":
		return w.demo(ctx)
	case "invoke":
		return w.invoke(ctx)
	case "costs":
		return w.costs(ctx)
	case "reconcile":
		return w.reconcile(ctx)
	}
	return w.startExecution(ctx)
}

// parse reads the command line. Flags may stand before or behind the command.
func parse(args []string) (options, error) {
	o := options{stdout: os.Stdout, stderr: os.Stderr, stdin: os.Stdin, getenv: os.Getenv}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(os.Stderr)
	flags.Usage = func() {
		fmt.Fprint(os.Stderr, usage, "\nFlags:\n")
		flags.PrintDefaults()
		fmt.Fprint(os.Stderr, "\nSettings, from the environment:\n")
		printSettings(os.Stderr)
	}
	flags.StringVar(&o.dir, "dir", ".local", "folder for the database, the objects and the logs")
	flags.BoolVar(&o.allowLoopback, "allow-loopback-images", false, "let images come from 127.0.0.1, over http too")
	flags.BoolVar(&o.simulator, "simulator", true, "answer with the simulator where OPENAI_API_KEY is not set")
	flags.DurationVar(&o.latency, "simulator-latency", 300*time.Millisecond, "how long the simulator takes for an answer")
	flags.DurationVar(&o.executionLimit, "execution-limit", pipeline.WorkTime, "start-execution: how long a run may work in one execution")
	flags.StringVar(&o.name, "name", "", "start-execution: the execution's name; a random one by default")
	flags.StringVar(&o.money.by, "by", "", "costs: by template, model or day; template by default")
	flags.StringVar(&o.money.from, "from", "", "costs: the first day on which the runs were created, such as 2026-11-01 (UTC); of this month by default")
	flags.StringVar(&o.money.to, "to", "", "costs: the last day; today by default")
	flags.StringVar(&o.money.template, "template", "", "costs: the id of the one template whose runs count")
	flags.StringVar(&o.money.day, "day", "", "reconcile: the day to compare (UTC); yesterday by default")
	flags.StringVar(&o.money.project, "project", "", "reconcile: the id of the OpenAI project to compare with; all by default")
	flags.IntVar(&o.money.lookback, "lookback", 0, "reconcile: how many days before the day a run may have been created; 7 by default")
	var words []string
	for rest := args; ; {
		if err := flags.Parse(rest); err != nil {
			return o, err
		}
		if flags.NArg() == 0 {
			break
		}
		words, rest = append(words, flags.Arg(0)), flags.Args()[1:]
	}
	if len(words) == 0 {
		flags.Usage()
		return o, errors.New("a command is missing: demo, invoke, start-execution, models, costs or reconcile")
	}
	o.command = words[0]
	want := map[string]int{"demo": 1, "invoke": 2, "start-execution": 2, "models": 1, "costs": 1, "reconcile": 1}[o.command]
	switch {
	case want == 0:
		return o, fmt.Errorf("unknown command %q; the commands are demo, invoke, start-execution, models, costs and reconcile", o.command)
	case len(words) < want:
		return o, fmt.Errorf("%s needs a payload: the path of a JSON file, or - for standard input", o.command)
	case len(words) > want:
		return o, fmt.Errorf("%s takes no %q", o.command, words[want])
	}
	if want == 2 {
		o.payload = words[1]
	}
	return o, nil
}

// printSettings tells of the settings that a laptop reads, in the form that flags are told in.
func printSettings(w io.Writer) {
	for _, s := range pipeline.Settings {
		if s.Where != pipeline.Lambda {
			says := s.Meaning + " (otherwise: " + s.Otherwise() + ")"
			fmt.Fprintf(w, "  %s\n    \t%s\n", s.Variable, strings.ReplaceAll(says, "`", ""))
		}
	}
}
