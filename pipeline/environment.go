package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/full-turner/full-turner/cost"
)

// Settings are the environment variables that say how runs are made, on Lambda and on a laptop alike. Each is
// optional.
//
//	OPENAI_MODEL            the agent's model; default gpt-5, or what replaces it once it is shut down
//	OPENAI_IMAGE_MODEL      the image model; default gpt-image-1, likewise
//	OPENAI_IMAGE_QUALITY    low, medium or high; default medium
//	OPENAI_REASONING_EFFORT of the agent, as OpenAI names it; default low
//	OPENAI_BACKGROUND       off: agent calls without background mode, for organisations without data retention
//	MAX_COST_USD            the most that a run may cost, in US dollars; default no limit
//	MAX_CONTINUATIONS       how many executions may continue a suspended run; default 10
//	MODEL_CATALOG           models and rates that replace or join the built-in ones: JSON, or the path of a JSON file
//	LOG_LEVEL               DEBUG, INFO, WARN or ERROR; default INFO, which the metrics need
//	METRIC_NAMESPACE        CloudWatch namespace of the embedded metrics; default FullTurner
var Settings = []string{
	"OPENAI_MODEL", "OPENAI_IMAGE_MODEL", "OPENAI_IMAGE_QUALITY", "OPENAI_REASONING_EFFORT", "OPENAI_BACKGROUND",
	"MAX_COST_USD", "MAX_CONTINUATIONS", "MODEL_CATALOG", "LOG_LEVEL", "METRIC_NAMESPACE",
}

// FromEnvironment reads Settings. Everything that is wrong is reported at once.
func FromEnvironment(getenv func(string) string) (cfg Config, level slog.Level, err error) {
	var wrong []error
	cfg.MetricNamespace = getenv("METRIC_NAMESPACE")
	cfg.AgentModel, cfg.ImageModel = getenv("OPENAI_MODEL"), getenv("OPENAI_IMAGE_MODEL")
	switch cfg.ImageQuality = getenv("OPENAI_IMAGE_QUALITY"); cfg.ImageQuality {
	case "", "low", "medium", "high":
	default:
		wrong = append(wrong, fmt.Errorf("OPENAI_IMAGE_QUALITY is %q; it must be low, medium or high", cfg.ImageQuality))
	}
	switch cfg.ReasoningEffort = getenv("OPENAI_REASONING_EFFORT"); cfg.ReasoningEffort {
	case "", "none", "minimal", "low", "medium", "high", "xhigh":
	default:
		wrong = append(wrong, fmt.Errorf("OPENAI_REASONING_EFFORT is %q; it must be none, minimal, low, medium, high or xhigh", cfg.ReasoningEffort))
	}
	switch background := strings.ToLower(getenv("OPENAI_BACKGROUND")); background {
	case "", "on":
	case "off":
		cfg.ForegroundAgent = true
	default:
		wrong = append(wrong, fmt.Errorf("OPENAI_BACKGROUND is %q; it must be on or off", background))
	}
	if v := getenv("OPENAI_BASE_URL"); v != "" { // main gives it to the client; here it is only looked at
		if base, err := url.Parse(v); err != nil || base.Host == "" || (base.Scheme != "https" && base.Scheme != "http") {
			wrong = append(wrong, fmt.Errorf("OPENAI_BASE_URL is %q; it must be an address such as https://api.openai.com/v1", v))
		}
	}
	if v := getenv("MAX_COST_USD"); v != "" {
		limit, err := cost.Parse(v)
		if err == nil && limit < 0 {
			err = errors.New("it must be 0 or more")
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("MAX_COST_USD is %q: %w", v, err))
		}
		cfg.MaxCostUSD = &limit
	}
	if v := getenv("MAX_CONTINUATIONS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			wrong = append(wrong, fmt.Errorf("MAX_CONTINUATIONS is %q; it must be a whole number from 1", v))
		}
		cfg.MaxContinuations = n
	}
	if v := getenv("MODEL_CATALOG"); v != "" {
		if cfg.Catalog, err = readCatalog(v); err != nil {
			wrong = append(wrong, fmt.Errorf("MODEL_CATALOG: %w", err))
		}
	}
	if v := getenv("LOG_LEVEL"); v != "" {
		if err := level.UnmarshalText([]byte(v)); err != nil {
			wrong = append(wrong, fmt.Errorf("LOG_LEVEL is %q; it must be DEBUG, INFO, WARN or ERROR", v))
		}
	}
	return cfg, level, errors.Join(wrong...)
}

// readCatalog joins the built-in catalogue with the operator's.
func readCatalog(v string) (*cost.Catalog, error) {
	data := []byte(v)
	if !json.Valid(data) {
		var err error
		if data, err = os.ReadFile(v); err != nil {
			return nil, fmt.Errorf("neither JSON nor a file: %w", err)
		}
	}
	return cost.DefaultCatalog().Override(data)
}
