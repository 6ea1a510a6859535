package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
)

// Environment is what the environment variables say: how runs are made, and what main and infra/local need to make
// them. In its Config the fields that no variable can give, such as Store, are left empty.
type Environment struct {
	Config
	LogLevel slog.Level    // 0 is INFO
	Client   openai.Config // of OpenAI's client, without its key and log

	// These are for Lambda.
	TemplatesTable, RunsTable, LogsTable string
	Bucket                               string
	ImageBaseURL                         string        // where a browser finds the bucket's images; "" is the bucket's own address
	KeySecret                            string        // name of the Secrets Manager secret that holds the OpenAI key
	AdminKeySecret                       string        // likewise of the organisation's admin key; "": there is none
	LogTTL                               time.Duration // how long rows of outputLogs are kept; 0: for ever

	// These are for a laptop.
	OpenAIKey string // "": a simulator stands in for OpenAI
	AdminKey  string // of the OpenAI organisation; "": there is none
}

// Setting is an environment variable. The CDK stack, the laptop's --help and README tell of it what stands here.
type Setting struct {
	Variable string
	Meaning  string // a few words; code in backquotes
	// Default is the value that it has where it is not set. Where there is no such value, Unset says what happens
	// instead. A setting with neither is required.
	Default, Unset string
	Where          Place
	// Context is the context value of the CDK stack that sets it; "": the stack alone does. A setting for Lambda is
	// always set by the stack, and its context value, if any, decides more there than this variable.
	Context string

	// read puts a value that is not "" into the Environment. Its error follows the variable's name.
	read func(e *Environment, value string) error
}

// Required says that nothing starts without it.
func (s Setting) Required() bool { return s.Default == "" && s.Unset == "" }

// Otherwise says what holds where it is not set: code in backquotes.
func (s Setting) Otherwise() string {
	switch {
	case s.Required():
		return "required"
	case s.Default != "":
		return "`" + s.Default + "`"
	}
	return s.Unset
}

// Place is where a setting is read.
type Place int

// The places.
const (
	Everywhere Place = iota // on Lambda and on a laptop
	Lambda
	Laptop
)

// ReadEnvironment reads the settings of a place and those of everywhere. Everything that is missing or wrong is
// reported at once.
func ReadEnvironment(getenv func(string) string, place Place) (Environment, error) {
	var e Environment
	var wrong []error
	for _, s := range Settings {
		if s.Where != Everywhere && s.Where != place {
			continue
		}
		value := getenv(s.Variable)
		switch {
		case value != "":
			if err := s.read(&e, value); err != nil {
				wrong = append(wrong, fmt.Errorf("%s %w", s.Variable, err))
			}
		case s.Required():
			wrong = append(wrong, fmt.Errorf("%s is not set", s.Variable))
		}
	}
	return e, errors.Join(wrong...)
}

// Settings are all the environment variables that Full Turner reads, besides those that Lambda itself sets.
var Settings = []Setting{
	{
		Variable: "OPENAI_MODEL", Context: "openaiModel",
		Meaning: "the agent's model",
		Unset:   "`" + DefaultAgentModel + "`, or what replaces it once it is shut down",
		read:    text(func(e *Environment) *string { return &e.AgentModel }),
	},
	{
		Variable: "OPENAI_IMAGE_MODEL", Context: "openaiImageModel",
		Meaning: "the image model",
		Unset:   "`" + DefaultImageModel + "`, or what replaces it once it is shut down",
		read:    text(func(e *Environment) *string { return &e.ImageModel }),
	},
	{
		Variable: "OPENAI_IMAGE_QUALITY", Context: "openaiImageQuality",
		Meaning: "quality of the images: `low`, `medium` (a standard image), `high` or, where the model has them, `xhigh` and `max`; also by what an image is, `logo`, `hero`, `cta`, `icon`, `portrait` or `background`, such as `medium,logo=high,background=low`",
		Default: "medium",
		read:    readImageQuality,
	},
	{
		Variable: "OPENAI_IMAGE_FORMAT", Context: "openaiImageFormat",
		Meaning: "format of the images: `auto`, which is JPEG for opaque ones and PNG for transparent ones, or `png` for all",
		Default: "auto",
		read:    oneOf(func(e *Environment) *string { return &e.ImageFormat }, "auto", "png"),
	},
	{
		Variable: "KEEP_ORIGINALS", Context: "keepOriginals",
		Meaning: "whether the model's untouched answer is stored beside each image, with what it says of its provenance: `on` or `off`",
		Default: "off",
		read:    readKeepOriginals,
	},
	{
		Variable: "OPENAI_IMAGE_CALLS", Context: "openaiImageCalls",
		Meaning: "how images are asked for: `edits`, or `background`, where a small model has each made as a response that can be fetched again and is never paid for twice once it was accepted",
		Default: ImageEdits,
		read:    oneOf(func(e *Environment) *string { return &e.ImageCalls }, ImageEdits, ImageBackground),
	},
	{
		Variable: "OPENAI_IMAGE_CARRIER_MODEL", Context: "openaiImageCarrierModel",
		Meaning: "the small model that has images made in the `background`, and is paid for besides them",
		Unset:   "`" + DefaultCarrierModel + "`, or what replaces it once it is shut down",
		read:    text(func(e *Environment) *string { return &e.ImageCarrierModel }),
	},
	{
		Variable: "OPENAI_REASONING_EFFORT", Context: "openaiReasoningEffort",
		Meaning: "the agent's reasoning: `none`, `minimal`, `low`, `medium`, `high` or `xhigh`",
		Default: "low",
		read:    oneOf(func(e *Environment) *string { return &e.ReasoningEffort }, "none", "minimal", "low", "medium", "high", "xhigh"),
	},
	{
		Variable: "OPENAI_BACKGROUND", Context: "openaiBackground",
		Meaning: "`off` for organisations without data retention: agent calls in the foreground, which cannot be fetched again",
		Default: "on",
		read:    readBackground,
	},
	{
		Variable: "OPENAI_BASE_URL", Context: "openaiBaseUrl",
		Meaning: "address of OpenAI's API, such as a gateway's",
		Unset:   "OpenAI's own",
		read:    readBaseURL,
	},
	{
		Variable: "OPENAI_SERVICE_TIER", Context: "openaiServiceTier",
		Meaning: "tier of the agent's calls: `default`; `flex`, at half the price, which waits when OpenAI has no room; `flex-or-default`, which then goes on at the standard price; `priority`, at twice the price",
		Default: "default",
		read:    oneOf(func(e *Environment) *string { return &e.ServiceTier }, "default", "flex", "flex-or-default", "priority"),
	},
	{
		Variable: "OPENAI_IMAGE_TIMEOUT", Context: "openaiImageTimeout",
		Meaning: "how long one try of an image may take, such as `300s`; never more than the attempt has left",
		Unset:   "5 minutes",
		read:    span(func(e *Environment) *time.Duration { return &e.Client.ImageTimeout }),
	},
	{
		Variable: "OPENAI_RESPONSE_TIMEOUT", Context: "openaiResponseTimeout",
		Meaning: "how long a response, of the agent or with an image, may take before it is cancelled and asked for again",
		Unset:   "20 minutes",
		read:    span(func(e *Environment) *time.Duration { return &e.Client.ResponseTimeout }),
	},
	{
		Variable: "OPENAI_IMAGES_PER_MINUTE", Context: "openaiImagesPerMinute",
		Meaning: "the account's limit of images, at which a process paces them; without it OpenAI's refusals do",
		Unset:   "not paced",
		read:    count(func(e *Environment) *int { return &e.Client.ImagesPerMinute }),
	},
	{
		Variable: "OPENAI_TOKENS_PER_MINUTE", Context: "openaiTokensPerMinute",
		Meaning: "the account's limit of the agent's tokens, likewise",
		Unset:   "not paced",
		read:    count(func(e *Environment) *int { return &e.Client.TokensPerMinute }),
	},
	{
		Variable: "MAX_COST_USD", Context: "maxCostUsd",
		Meaning: "the most that any run may cost, in US dollars",
		Unset:   "no limit",
		read:    readMaxCost,
	},
	{
		Variable: "MIN_SCORE", Context: "minScore",
		Meaning: "the score, from 0 to 100, under which a completed run needs review",
		Default: "0",
		read:    readMinScore,
	},
	{
		Variable: "MAX_CONTINUATIONS", Context: "maxContinuations",
		Meaning: "how many executions may continue a suspended run",
		Default: "10",
		read:    count(func(e *Environment) *int { return &e.MaxContinuations }),
	},
	{
		Variable: "MODEL_CATALOG", Context: "modelCatalog",
		Meaning: "models and rates that replace or join the built-in ones: JSON, or the path of a JSON file",
		Unset:   "built in",
		read:    readCatalog,
	},
	{
		Variable: "LOG_LEVEL", Context: "logLevel",
		Meaning: "`DEBUG`, `INFO`, `WARN` or `ERROR`; the metrics need `INFO`",
		Default: "INFO",
		read:    readLogLevel,
	},
	{
		Variable: "METRIC_NAMESPACE",
		Meaning:  "CloudWatch namespace of the metrics",
		Default:  MetricNamespace,
		read:     text(func(e *Environment) *string { return &e.MetricNamespace }),
	},
	{
		Variable: "TEMPLATES_TABLE", Where: Lambda,
		Meaning: "the table of templates",
		read:    text(func(e *Environment) *string { return &e.TemplatesTable }),
	},
	{
		Variable: "PROCESSING_RUNS_TABLE", Where: Lambda,
		Meaning: "the table of runs",
		read:    text(func(e *Environment) *string { return &e.RunsTable }),
	},
	{
		Variable: "OUTPUT_LOGS_TABLE", Where: Lambda,
		Meaning: "the table of log rows and paid calls",
		read:    text(func(e *Environment) *string { return &e.LogsTable }),
	},
	{
		Variable: "S3_BUCKET", Where: Lambda, Context: "bucketName",
		Meaning: "the bucket of images and output documents",
		read:    text(func(e *Environment) *string { return &e.Bucket }),
	},
	{
		Variable: "IMAGE_BASE_URL", Where: Lambda, Context: "imageBaseUrl",
		Meaning: "where a browser finds the bucket's images",
		Unset:   "the bucket's own address",
		read:    text(func(e *Environment) *string { return &e.ImageBaseURL }),
	},
	{
		Variable: "OPENAI_API_KEY_SECRET_NAME", Where: Lambda, Context: "secretName",
		Meaning: "the secret in Secrets Manager that holds the OpenAI key and nothing else",
		read:    text(func(e *Environment) *string { return &e.KeySecret }),
	},
	{
		Variable: "OPENAI_ADMIN_KEY_SECRET_NAME", Where: Lambda, Context: "adminSecretName",
		Meaning: "the secret that holds an admin key of the OpenAI organisation and nothing else, with which `reconcile` reads what OpenAI charged",
		Unset:   "none; `reconcile` says so",
		read:    text(func(e *Environment) *string { return &e.AdminKeySecret }),
	},
	{
		Variable: "LOG_TTL_DAYS", Where: Lambda, Context: "logTtlDays",
		Meaning: "how many days rows of `outputLogs` are kept; `0` is for ever",
		Default: "0",
		read:    readLogTTL,
	},
	{
		Variable: "OPENAI_API_KEY", Where: Laptop,
		Meaning: "the OpenAI key; with it OpenAI does the work and is paid",
		Unset:   "a simulator answers, and nothing is paid",
		read:    text(func(e *Environment) *string { return &e.OpenAIKey }),
	},
	{
		Variable: "OPENAI_ADMIN_KEY", Where: Laptop,
		Meaning: "an admin key of the OpenAI organisation, with which `reconcile` reads what OpenAI charged",
		Unset:   "none; `reconcile` says so",
		read:    text(func(e *Environment) *string { return &e.AdminKey }),
	},
}

// text keeps a value as it is.
func text(field func(*Environment) *string) func(*Environment, string) error {
	return func(e *Environment, value string) error {
		*field(e) = value
		return nil
	}
}

// oneOf keeps a value that is one of the words.
func oneOf(field func(*Environment) *string, words ...string) func(*Environment, string) error {
	return func(e *Environment, value string) error {
		if !slices.Contains(words, value) {
			last := len(words) - 1
			return fmt.Errorf("is %q; it must be %s or %s", value, strings.Join(words[:last], ", "), words[last])
		}
		*field(e) = value
		return nil
	}
}

func readBackground(e *Environment, value string) error {
	switch strings.ToLower(value) {
	case "on":
	case "off":
		e.ForegroundAgent, e.Client.Foreground = true, true
	default:
		return fmt.Errorf("is %q; it must be on or off", value)
	}
	return nil
}

func readKeepOriginals(e *Environment, value string) error {
	e.KeepOriginals = value == "on"
	if value != "on" && value != "off" {
		return fmt.Errorf("is %q; it must be on or off", value)
	}
	return nil
}

func readImageQuality(e *Environment, value string) error {
	_, err := parseQualities(value)
	e.ImageQuality = value
	return err
}

func readBaseURL(e *Environment, value string) error {
	base, err := url.Parse(value)
	if err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
		return fmt.Errorf("is %q; it must be an address such as https://api.openai.com/v1", value)
	}
	e.Client.BaseURL = value
	return nil
}

func readMaxCost(e *Environment, value string) error {
	limit, err := cost.Parse(value)
	if err == nil && limit < 0 {
		err = errors.New("it must be 0 or more")
	}
	if err != nil {
		return fmt.Errorf("is %q: %w", value, err)
	}
	e.MaxCostUSD = &limit
	return nil
}

func readMinScore(e *Environment, value string) error {
	score, err := strconv.Atoi(value)
	if err != nil || score < 0 || score > 100 {
		return fmt.Errorf("is %q; it must be a whole number from 0 to 100", value)
	}
	e.MinScore = score
	return nil
}

// count keeps a whole number from 1.
func count(field func(*Environment) *int) func(*Environment, string) error {
	return func(e *Environment, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return fmt.Errorf("is %q; it must be a whole number from 1", value)
		}
		*field(e) = n
		return nil
	}
}

// span keeps a time from a second to a day.
func span(field func(*Environment) *time.Duration) func(*Environment, string) error {
	return func(e *Environment, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < time.Second || d > 24*time.Hour {
			return fmt.Errorf("is %q; it must be a time such as 90s or 5m, from 1s to 24h", value)
		}
		*field(e) = d
		return nil
	}
}

// readCatalog joins the built-in catalogue with the operator's. The value, which may be long, is not in its errors.
func readCatalog(e *Environment, value string) error {
	data := []byte(value)
	if !json.Valid(data) {
		var err error
		if data, err = os.ReadFile(value); err != nil {
			return fmt.Errorf("is neither JSON nor a file: %w", err)
		}
	}
	catalog, err := cost.DefaultCatalog().Override(data)
	if err != nil {
		return fmt.Errorf("cannot be used: %w", err)
	}
	e.Catalog = catalog
	return nil
}

func readLogLevel(e *Environment, value string) error {
	if err := e.LogLevel.UnmarshalText([]byte(value)); err != nil {
		return fmt.Errorf("is %q; it must be DEBUG, INFO, WARN or ERROR", value)
	}
	return nil
}

func readLogTTL(e *Environment, value string) error {
	days, err := strconv.Atoi(value)
	if err != nil || days < 0 {
		return fmt.Errorf("is %q; it must be a whole number of days, 0 for ever", value)
	}
	e.LogTTL = time.Duration(days) * 24 * time.Hour
	return nil
}
