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

// Settings are what an operator chooses about a deployment: Values, which say where and how it is deployed, and those
// of pipeline.Settings that have a context value, which say how runs are made. An empty field leaves the choice to the
// stack.
type Settings struct {
	Build                string // the folder that holds the function's binary, bootstrap
	Stage                string
	BucketName           string // "": the stack makes one
	ImageBaseURL         string // https://… without the key; "" is CloudFront's address
	SecretName           string // "": the stack makes one
	AdminSecretName      string // "": there is none
	ReservedConcurrency  int    // 0: as many as the account allows
	LogRetentionDays     int
	LogTTLDays           int // 0: for ever
	SpendAlarmUSDPerHour float64
	AlarmTopicARN        string            // "": alarms are shown and sent nowhere
	Environment          map[string]string // how runs are made, by variable; one that is not there is not set
}

// Value is a context value: `cdk deploy -c stage=dev`, or an entry of "context" in cdk.json. README tells of it what
// stands here.
type Value struct {
	Name    string
	Meaning string // a few words; code in backquotes
	// Default is the value that it has where it is not given. Where there is no such value, Unset says what happens
	// instead.
	Default, Unset string

	must string                               // what it must be
	set  func(s *Settings, value string) bool // puts it into the Settings; false: it is not what it must be
}

// Values are the context values that are not a setting of runs.
var Values = []Value{
	{
		Name:    "stage",
		Meaning: "put before every name, as in `dev-full-turner`, so that two stages live in one account and region",
		Unset:   "none",
		must:    "2 to 16 lower-case letters, digits and dashes, such as dev",
		set:     matching(func(s *Settings) *string { return &s.Stage }, `^[a-z][a-z0-9-]{0,14}[a-z0-9]$`),
	},
	{
		Name:    "bucketName",
		Meaning: "use a bucket that exists; the stack changes nothing about it",
		Unset:   "a new bucket, behind CloudFront",
		must:    "the name of a bucket",
		set:     matching(func(s *Settings) *string { return &s.BucketName }, `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`),
	},
	{
		Name:    "imageBaseUrl",
		Meaning: "where a browser finds the images: `https://…` without the key; required with `bucketName`",
		Unset:   "CloudFront's address",
		must:    "an https:// address",
		set:     matching(func(s *Settings) *string { return &s.ImageBaseURL }, `^https://[^/?#\s]+(/[^?#\s]*)?$`),
	},
	{
		Name:    "secretName",
		Meaning: "use a secret that exists and holds the OpenAI key and nothing else",
		Unset:   "a new secret",
		must:    "the name of a secret, not its ARN",
		set:     matching(func(s *Settings) *string { return &s.SecretName }, `^[A-Za-z0-9/_+=.@-]{1,500}$`),
	},
	{
		Name:    "adminSecretName",
		Meaning: "a secret that exists and holds an admin key of the OpenAI organisation and nothing else, for `reconcile`",
		Unset:   "none",
		must:    "the name of a secret, not its ARN",
		set:     matching(func(s *Settings) *string { return &s.AdminSecretName }, `^[A-Za-z0-9/_+=.@-]{1,500}$`),
	},
	{
		Name:    "reservedConcurrency",
		Meaning: "how many invocations may run at once; it also bounds how many runs ask OpenAI at a time",
		Unset:   "none",
		must:    "a whole number from 1, or 0 for none reserved",
		set:     number(func(s *Settings) *int { return &s.ReservedConcurrency }, func(n int) bool { return n >= 0 }),
	},
	{
		Name:    "logRetentionDays",
		Meaning: "how many days CloudWatch Logs keeps the logs",
		Default: "90",
		must:    "one of " + strings.Trim(fmt.Sprint(retentions), "[]"),
		set:     number(func(s *Settings) *int { return &s.LogRetentionDays }, func(n int) bool { return slices.Contains(retentions, n) }),
	},
	{
		Name: "logTtlDays",
		Meaning: "how many days rows of `outputLogs` are kept, from 7; `0` is for ever. They are the ledger too: a run that is " +
			"invoked again after they are gone may pay again",
		Default: "0",
		must:    "a whole number of days from 7, or 0 for ever",
		set:     number(func(s *Settings) *int { return &s.LogTTLDays }, func(n int) bool { return n == 0 || n >= 7 }),
	},
	{
		Name:    "spendAlarmUsdPerHour",
		Meaning: "US dollars that all runs together may spend at OpenAI in an hour before the alarm",
		Default: "50",
		must:    "a number of US dollars above 0",
		set: func(s *Settings, value string) (ok bool) {
			var err error
			s.SpendAlarmUSDPerHour, err = strconv.ParseFloat(value, 64)
			return err == nil && s.SpendAlarmUSDPerHour > 0
		},
	},
	{
		Name:    "alarmTopicArn",
		Meaning: "SNS topic that alarms are sent to",
		Unset:   "none",
		must:    "the ARN of an SNS topic",
		set:     matching(func(s *Settings) *string { return &s.AlarmTopicARN }, `^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+$`),
	},
}

// retentions are the periods that CloudWatch Logs knows, in days.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// matching sets a field to a value that matches a pattern. "" is as good as no value.
func matching(field func(*Settings) *string, pattern string) func(*Settings, string) bool {
	good := regexp.MustCompile(pattern)
	return func(s *Settings, value string) bool {
		*field(s) = value
		return value == "" || good.MatchString(value)
	}
}

// number sets a field to a whole number that is good.
func number(field func(*Settings) *int, good func(int) bool) func(*Settings, string) bool {
	return func(s *Settings, value string) bool {
		n, err := strconv.Atoi(value)
		*field(s) = n
		return err == nil && good(n)
	}
}

// ofRuns are the settings whose context values become the function's environment as they are.
func ofRuns() (found []pipeline.Setting) {
	for _, s := range pipeline.Settings {
		if s.Where == pipeline.Everywhere && s.Context != "" {
			found = append(found, s)
		}
	}
	return found
}

// Defaults are the settings of a deployment that says nothing.
func Defaults() Settings {
	s := Settings{Build: "build", Environment: map[string]string{}}
	for _, v := range Values {
		if v.Default != "" {
			v.set(&s, v.Default)
		}
	}
	for _, setting := range ofRuns() {
		if setting.Default != "" {
			s.Environment[setting.Variable] = setting.Default
		}
	}
	return s
}

// ownContext are the names of context values that are ours: the CLI's own have colons, slashes and dashes.
var ownContext = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)

// FromContext reads the context values. Everything that is wrong is reported at once, a value of an unknown name
// included.
func FromContext(node constructs.Node) (Settings, error) {
	s := Defaults()
	var wrong []error
	var known []string
	read := func(name string, set func(value string)) {
		known = append(known, name)
		if given := node.TryGetContext(&name); given != nil {
			set(strings.TrimSpace(fmt.Sprint(given)))
		}
	}
	for _, v := range Values {
		read(v.Name, func(value string) {
			if !v.set(&s, value) {
				wrong = append(wrong, fmt.Errorf("context %s is %q; it must be %s", v.Name, value, v.must))
			}
		})
	}
	for _, setting := range ofRuns() {
		read(setting.Context, func(value string) {
			if s.Environment[setting.Variable] = value; value == "" {
				delete(s.Environment, setting.Variable)
			}
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
	var carrier error
	if env.ImageCalls == pipeline.ImageBackground {
		_, carrier = catalog.Choose(cost.Agent, env.ImageCarrierModel, pipeline.DefaultCarrierModel, time.Now())
	}
	return errors.Join(agent, image, carrier)
}

// named is a name, in this stage.
func (s Settings) named(name string) string {
	if s.Stage == "" {
		return name
	}
	return s.Stage + "-" + name
}
