package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/constructs-go/constructs/v10"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/pipeline"
)

// Settings are what an operator chooses about a deployment. Each is a context value: `cdk deploy -c stage=dev`, or an
// entry of "context" in cdk.json.
type Settings struct {
	// Stage (stage) is put before every name, as in dev-full-turner, so that two stages live in one account and
	// region. "": the documented names.
	Stage string
	// Build is the folder that holds the function's binary, bootstrap; "" is build, where `make build` puts it.
	Build string

	// BucketName (bucketName) is a bucket that exists and is to be used; "": the stack makes one, with CloudFront in
	// front of its images. The stack changes nothing about a bucket that exists.
	BucketName string
	// ImageBaseURL (imageBaseUrl) is where a browser finds that bucket's images: https://… without the key. It is
	// required with bucketName, and without it CloudFront's address is used.
	ImageBaseURL string
	// SecretName (secretName) is a secret that exists and holds the OpenAI key; "": the stack makes one.
	SecretName string

	// ReservedConcurrency (reservedConcurrency) is how many invocations may run at once, from 1; 0: as many as the
	// account allows. It also bounds how many runs ask OpenAI at the same time.
	ReservedConcurrency int
	// LogRetentionDays (logRetentionDays) is how long CloudWatch Logs keeps the logs; default 90.
	LogRetentionDays int
	// LogTTLDays (logTtlDays) is how long rows of outputLogs are kept, from 7; 0, the default: for ever. The rows are
	// also the ledger of a run's paid calls: a run older than this that is invoked again may pay again.
	LogTTLDays int

	// SpendAlarmUSDPerHour (spendAlarmUsdPerHour) is what all runs together may spend at OpenAI in an hour before the
	// alarm; default 50.
	SpendAlarmUSDPerHour float64
	// AlarmTopicARN (alarmTopicArn) is the SNS topic that alarms are sent to; "": they are shown and sent nowhere.
	AlarmTopicARN string

	// Environment is what pipeline.Settings say about runs, by variable: see environmentValues. A variable that is
	// not there is not set.
	Environment map[string]string
}

// environmentValues are the context values that become the function's environment as they are. README says of each
// variable what it does. A default is set where it is a value; models have none, because an unset model is the
// documented default or what replaces it once it is shut down.
var environmentValues = []struct{ context, variable, otherwise string }{
	{"openaiModel", "OPENAI_MODEL", ""},
	{"openaiImageModel", "OPENAI_IMAGE_MODEL", ""},
	{"openaiImageQuality", "OPENAI_IMAGE_QUALITY", "medium"},
	{"openaiReasoningEffort", "OPENAI_REASONING_EFFORT", "low"},
	{"openaiBackground", "OPENAI_BACKGROUND", "on"},
	{"openaiBaseUrl", "OPENAI_BASE_URL", ""},
	{"maxCostUsd", "MAX_COST_USD", ""},
	{"maxContinuations", "MAX_CONTINUATIONS", "10"},
	{"modelCatalog", "MODEL_CATALOG", ""}, // the path of a JSON file
	{"logLevel", "LOG_LEVEL", "INFO"},
}

// Defaults are the settings of a deployment that says nothing.
func Defaults() Settings {
	s := Settings{Build: "build", LogRetentionDays: 90, SpendAlarmUSDPerHour: 50, Environment: map[string]string{}}
	for _, v := range environmentValues {
		if v.otherwise != "" {
			s.Environment[v.variable] = v.otherwise
		}
	}
	return s
}

// Variables are the environment variables that a context value can set.
func Variables() []string {
	var names []string
	for _, v := range environmentValues {
		names = append(names, v.variable)
	}
	return names
}

// retentions are the periods that CloudWatch Logs knows, in days.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

var (
	stages     = regexp.MustCompile(`^[a-z][a-z0-9-]{0,14}[a-z0-9]$`)
	buckets    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	secrets    = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,500}$`)
	topics     = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+$`)
	addresses  = regexp.MustCompile(`^https://[^/?#\s]+(/[^?#\s]*)?$`)
	ownContext = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`) // the CLI's own keys have colons, slashes and dashes
)

// FromContext reads the context values. Everything that is wrong is reported at once, a value of an unknown name
// included.
func FromContext(node constructs.Node) (Settings, error) {
	s := Defaults()
	var wrong []error
	known := []string{}
	read := func(name, want string, set func(value string) bool) {
		known = append(known, name)
		given := node.TryGetContext(&name)
		if given == nil {
			return
		}
		if value := strings.TrimSpace(fmt.Sprint(given)); !set(value) {
			wrong = append(wrong, fmt.Errorf("context %s is %q; it must be %s", name, value, want))
		}
	}
	matching := func(target *string, pattern *regexp.Regexp) func(string) bool {
		return func(value string) bool {
			*target = value
			return value == "" || pattern.MatchString(value)
		}
	}
	number := func(target *int, good func(int) bool) func(string) bool {
		return func(value string) (ok bool) {
			var err error
			*target, err = strconv.Atoi(value)
			return err == nil && good(*target)
		}
	}

	read("stage", "2 to 16 lower-case letters, digits and dashes, such as dev", matching(&s.Stage, stages))
	read("bucketName", "the name of a bucket", matching(&s.BucketName, buckets))
	read("imageBaseUrl", "an https:// address", matching(&s.ImageBaseURL, addresses))
	read("secretName", "the name of a secret, not its ARN", matching(&s.SecretName, secrets))
	read("reservedConcurrency", "a whole number from 1, or 0 for none reserved", number(&s.ReservedConcurrency, func(n int) bool { return n >= 0 }))
	read("logRetentionDays", "one of "+strings.Trim(fmt.Sprint(retentions), "[]"), number(&s.LogRetentionDays, func(n int) bool { return slices.Contains(retentions, n) }))
	read("logTtlDays", "a whole number of days from 7, or 0 for ever", number(&s.LogTTLDays, func(n int) bool { return n == 0 || n >= 7 }))
	read("spendAlarmUsdPerHour", "a number of US dollars above 0", func(value string) (ok bool) {
		var err error
		s.SpendAlarmUSDPerHour, err = strconv.ParseFloat(value, 64)
		return err == nil && s.SpendAlarmUSDPerHour > 0
	})
	read("alarmTopicArn", "the ARN of an SNS topic", matching(&s.AlarmTopicARN, topics))
	for _, v := range environmentValues {
		read(v.context, "", func(value string) bool {
			if s.Environment[v.variable] = value; value == "" {
				delete(s.Environment, v.variable)
			}
			return true
		})
	}
	if s.BucketName != "" && s.ImageBaseURL == "" {
		wrong = append(wrong, errors.New("context imageBaseUrl is missing; with bucketName it says where a browser finds that bucket's images, such as https://images.example.com"))
	}
	if err := s.checkEnvironment(); err != nil {
		wrong = append(wrong, err)
	}
	all, _ := node.GetAllContext(nil).(map[string]any)
	for name := range all {
		if ownContext.MatchString(name) && !slices.Contains(known, name) {
			wrong = append(wrong, fmt.Errorf("context %s is unknown; the values are %s", name, strings.Join(known, ", ")))
		}
	}
	return s, errors.Join(wrong...)
}

// checkEnvironment lets the pipeline read what its environment will be, so that a setting it would refuse at its
// start is refused before it is deployed. A catalogue that is a file is put in place of its path.
func (s Settings) checkEnvironment() error {
	if path := s.Environment["MODEL_CATALOG"]; path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("context modelCatalog must be the path of a JSON file: %w", err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, data); err != nil {
			return fmt.Errorf("context modelCatalog: %s is not JSON: %w", path, err)
		}
		if compact.Len() > 3000 { // Lambda: 4 KB for all variables together
			return fmt.Errorf("context modelCatalog: %s has %d bytes without white space; a function's environment has room for 3,000", filepath.Base(path), compact.Len())
		}
		s.Environment["MODEL_CATALOG"] = compact.String()
	}
	env, err := pipeline.ReadEnvironment(func(name string) string { return s.Environment[name] }, pipeline.Everywhere)
	if err != nil {
		return err
	}
	catalog := env.Catalog
	if catalog == nil {
		catalog = cost.DefaultCatalog()
	}
	_, agent := catalog.Choose(cost.Agent, env.AgentModel, pipeline.DefaultAgentModel, time.Now())
	_, image := catalog.Choose(cost.Image, env.ImageModel, pipeline.DefaultImageModel, time.Now())
	return errors.Join(agent, image)
}

// named is a name of the user's documentation, in this stage.
func (s Settings) named(name string) string {
	if s.Stage == "" {
		return name
	}
	return s.Stage + "-" + name
}
