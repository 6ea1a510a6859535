package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"time"

	"github.com/full-turner/full-turner/cost"
	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/pipeline/internal/fetch"
	"github.com/full-turner/full-turner/pipeline/picture"
	"github.com/full-turner/full-turner/store"
)

// OpenAI is what a run asks of OpenAI; *openai.Client is one.
type OpenAI interface {
	EditImage(ctx context.Context, r openai.ImageRequest) (openai.ImageResult, error)
	Respond(ctx context.Context, r openai.AgentRequest) (openai.AgentResult, error)
}

// Config is what a Pipeline works with. Store, Objects and OpenAI are required; everything else has a default.
type Config struct {
	Store   store.Store
	Objects store.Objects
	OpenAI  OpenAI

	// Statements is where reconcile reads OpenAI's own books; nil: there is no admin key, and reconcile says so.
	Statements Statements

	// Catalog prices the calls; nil is the built-in one.
	Catalog *cost.Catalog
	// AgentModel and ImageModel are the operator's choice; "" is the default, or what replaces it once it is
	// shut down.
	AgentModel, ImageModel string
	// ImageQuality is low, medium, high, xhigh or max, and may be another by role: "medium,logo=high"; "" is medium, a
	// standard image in the per-image rates.
	ImageQuality string
	// ImageFormat of the stored images: auto, which is also "", or png.
	ImageFormat string
	// KeepOriginals stores the model's untouched answer beside each image.
	KeepOriginals bool
	// ImageCalls is how images are asked for: ImageEdits, which is also "", or ImageBackground.
	ImageCalls string
	// ImageCarrierModel is the agent's model that has an image made in the background; "" is the default, or what
	// replaces it once it is shut down.
	ImageCarrierModel string
	// ReasoningEffort of the agent, as OpenAI names it; "" is low.
	ReasoningEffort string
	// ServiceTier of the agent's calls: default, flex, flex-or-default or priority; "" is default.
	ServiceTier string
	// MaxCostUSD is the operator's limit for a run; a request may set a lower one. nil: no limit.
	MaxCostUSD *cost.Amount
	// MinScore is the score, from 0 to 100, under which a completed run needs review; a request may set another. 0: none.
	MinScore int

	// Lease is how long a run stays its holder's without being renewed; 0 is 15 s.
	Lease time.Duration
	// Reserve is the time kept back before a deadline to save the run in; 0 is 15 s. It is never more than a
	// fifth of the time that the attempt has.
	Reserve time.Duration
	// CallTime is what a call that cannot be fetched again needs to have left before it is begun; 0 is 90 s. It
	// is never more than half of the time that the attempt has.
	CallTime time.Duration
	// MaxContinuations is how many executions may continue a suspended run by themselves; 0 is 10.
	MaxContinuations int
	// MaxCrashes is how often a run may lose its process before it is given up; 0 is 10.
	MaxCrashes int
	// Continue starts a new execution of a state machine; nil: a suspended run waits to be invoked again.
	Continue func(ctx context.Context, stateMachine, name string, input json.RawMessage) error

	// ForegroundAgent makes the agent's calls without OpenAI's background mode: for organisations without data
	// retention. Such a call cannot be fetched again.
	ForegroundAgent bool
	// AgentConcurrency is how many batches of copy are in work at once; 0 is 4.
	AgentConcurrency int
	// AllowLoopbackImages lets images come from this machine: for a laptop only.
	AllowLoopbackImages bool
	// Simulated marks the output documents: OpenAI is the simulator.
	Simulated bool

	// MetricNamespace is the CloudWatch namespace of the embedded metrics; "" is MetricNamespace.
	MetricNamespace string
	// Log receives the log lines; nil discards them. NewLogger makes the documented form.
	Log *slog.Logger
	// Observe is told how a run gets on; nil: nobody watches. It is called by several goroutines at once.
	Observe func(Event)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Event tells an onlooker that a step began or ended, or that one of a step's parts is done.
type Event struct {
	RunID string
	Step  string
	// Done and Total count the parts of a step: images, or pieces of copy.
	Done, Total int
	// Finished says that the step has ended.
	Finished bool
	// Detail is a few words about the part, such as an element's id.
	Detail string
}

// The ways to ask for an image.
const (
	// ImageEdits: one call, one image. A connection that is lost loses the image too.
	ImageEdits = "edits"
	// ImageBackground: a small model has the image made as a response in the background. Its id is on record as soon as
	// it is accepted, so that it is fetched and never paid for twice.
	ImageBackground = "background"
)

// Pipeline runs templates. It is made once and serves many invocations.
type Pipeline struct {
	Config
	fetcher   *fetch.Fetcher       // of images
	memory    *picture.Memory      // for what is decoded
	qualities map[ImageRole]string // see terms
}

// New makes a Pipeline and fills in the defaults of cfg. It fails where a model has no rates or does not exist in
// the catalogue, because such a run could not be priced; a model that is shut down fails the run, not New. It fails
// where images are to be made in the background and nothing may be kept at OpenAI, too.
func New(cfg Config) (*Pipeline, error) {
	if cfg.Catalog == nil {
		cfg.Catalog = cost.DefaultCatalog()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Event) {}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.MetricNamespace = cmp.Or(cfg.MetricNamespace, MetricNamespace)
	cfg.ImageQuality = cmp.Or(cfg.ImageQuality, "medium")
	cfg.ImageFormat = cmp.Or(cfg.ImageFormat, "auto")
	cfg.ReasoningEffort = cmp.Or(cfg.ReasoningEffort, "low")
	cfg.ServiceTier = cmp.Or(cfg.ServiceTier, "default")
	cfg.Lease = cmp.Or(cfg.Lease, 15*time.Second)
	cfg.Reserve = cmp.Or(cfg.Reserve, 15*time.Second)
	cfg.CallTime = cmp.Or(cfg.CallTime, 90*time.Second)
	cfg.MaxContinuations = cmp.Or(cfg.MaxContinuations, 10)
	cfg.MaxCrashes = cmp.Or(cfg.MaxCrashes, 10)
	cfg.AgentConcurrency = cmp.Or(cfg.AgentConcurrency, 4)
	cfg.ImageCalls = cmp.Or(cfg.ImageCalls, ImageEdits)
	if cfg.ImageCalls != ImageEdits && cfg.ImageCalls != ImageBackground {
		return nil, fmt.Errorf("image calls are %q; they must be %s or %s", cfg.ImageCalls, ImageEdits, ImageBackground)
	}
	if cfg.ImageCalls == ImageBackground && cfg.ForegroundAgent {
		return nil, errors.New("images in the background are kept at OpenAI until they are fetched, which an agent in the foreground says it may not: set OPENAI_IMAGE_CALLS to edits, or OPENAI_BACKGROUND to on")
	}
	qualities, err := parseQualities(cfg.ImageQuality)
	if err != nil {
		return nil, fmt.Errorf("image quality %w", err)
	}
	p := &Pipeline{Config: cfg, qualities: qualities, memory: picture.NewMemory(decodingMemory()), fetcher: fetch.New(fetch.Config{AllowLoopback: cfg.AllowLoopbackImages})}
	m, err := p.chooseModels()
	if err != nil {
		if failureOf(err).Name != ModelRetired {
			return nil, err
		}
		return p, nil
	}
	if known, err := cfg.Catalog.Model(m.image.Model); err == nil {
		for _, quality := range qualities {
			if !known.Makes(quality) {
				return nil, fmt.Errorf("image quality %s: %s does not make it", quality, known.Name)
			}
		}
	}
	return p, nil
}

// decodingMemory is how many bytes decoding may take: a third of what the process may have, where that is known.
func decodingMemory() int64 {
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		return limit / 3
	}
	return 512 << 20
}

// Models that a run uses where the operator names none.
const (
	DefaultAgentModel = "gpt-5"
	DefaultImageModel = "gpt-image-1"
	// DefaultCarrierModel is the cheapest that there is: it repeats a prompt.
	DefaultCarrierModel = "gpt-6-luna"
)

// models are the models of a run.
type models struct {
	agent, image cost.Choice
	carrier      cost.Choice // of the images; zero where they are edits
}

// chooseModels settles today's models: a default that is shut down is replaced, a configured one is an error.
func (p *Pipeline) chooseModels() (models, error) {
	var m models
	var err error
	if m.agent, err = p.Catalog.Choose(cost.Agent, p.AgentModel, DefaultAgentModel, p.Now()); err != nil {
		return models{}, err
	}
	if m.image, err = p.Catalog.Choose(cost.Image, p.ImageModel, DefaultImageModel, p.Now()); err != nil {
		return models{}, err
	}
	if p.ImageCalls == ImageBackground {
		if m.carrier, err = p.Catalog.Choose(cost.Agent, p.ImageCarrierModel, DefaultCarrierModel, p.Now()); err != nil {
			return models{}, err
		}
	}
	return m, nil
}

// recorded is the models as the run's record keeps them.
func (m models) recorded() map[string]string {
	r := map[string]string{"agent": m.agent.Model, "image": m.image.Model}
	if m.agent.Replaces != "" {
		r["agentReplaces"] = m.agent.Replaces
	}
	if m.image.Replaces != "" {
		r["imageReplaces"] = m.image.Replaces
	}
	if m.carrier.Model != "" {
		r["imageCarrier"] = m.carrier.Model
	}
	return r
}
