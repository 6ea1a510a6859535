package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"github.com/full-turner/full-turner/openai"
	"github.com/full-turner/full-turner/openai/openaitest"
	"github.com/full-turner/full-turner/pipeline"
	"github.com/full-turner/full-turner/store"
)

// world is what stands in for AWS, and the pipeline in it.
type world struct {
	options
	pipeline      *pipeline.Pipeline
	bolt          *store.Bolt
	simulator     *openaitest.Server // nil: OpenAI itself, or whatever OPENAI_BASE_URL names
	log           *os.File
	watch         *watcher
	continuations []json.RawMessage // executions that a suspended run has asked for
}

// newWorld opens the folder and assembles the pipeline.
func newWorld(o options) (*world, error) {
	w := &world{options: o}
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return nil, err
	}
	w.dir = dir
	env, err := pipeline.ReadEnvironment(o.getenv, pipeline.Laptop)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if w.log, err = os.OpenFile(filepath.Join(dir, "log.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
		return nil, err
	}
	terminal := term.IsTerminal(int(o.stderr.Fd()))
	w.watch = newWatcher(o.stderr, terminal)
	logs := io.Writer(w.log)
	if !terminal && o.command != "demo" { // a bar and log lines do not share a terminal; there, the log is in the file alone
		logs = io.MultiWriter(w.log, o.stderr)
	}
	cfg := env.Config
	cfg.Log = pipeline.NewLogger(logs, env.LogLevel)
	if o.command != "costs" && o.command != "reconcile" { // these make no run
		if cfg.OpenAI, err = w.client(env, cfg.Log); err != nil {
			return nil, err
		}
	}
	if env.AdminKey != "" {
		admin := env.Client
		admin.Key, admin.Log = func(context.Context) (string, error) { return env.AdminKey, nil }, cfg.Log
		cfg.Statements = openai.NewAdmin(admin)
	}
	if w.bolt, err = store.OpenBolt(filepath.Join(dir, "full-turner.db")); err != nil {
		return nil, err
	}
	cfg.Store, cfg.Objects = w.bolt, store.NewDir(dir)
	cfg.AllowLoopbackImages = o.allowLoopback
	cfg.Simulated = w.simulator != nil
	cfg.Observe = w.watch.observe
	cfg.Continue = func(_ context.Context, _, _ string, input json.RawMessage) error {
		w.continuations = append(w.continuations, input)
		return nil
	}
	w.pipeline, err = pipeline.New(cfg)
	return w, err
}

// client is a client of OpenAI where there is a key, and of the simulator otherwise.
func (w *world) client(env pipeline.Environment, log *slog.Logger) (pipeline.OpenAI, error) {
	key, base := env.OpenAIKey, env.Client.BaseURL
	switch {
	case key != "":
	case base != "":
		return nil, errors.New("OPENAI_BASE_URL is set and OPENAI_API_KEY is not: set the key that goes with that address")
	case !w.options.simulator:
		return nil, fmt.Errorf("%s: OPENAI_API_KEY is not set and the simulator is off", pipeline.OpenAIUnauthorized)
	default:
		var err error
		if w.simulator, err = openaitest.Start(openaitest.Options{ImageLatency: w.latency, AgentLatency: w.latency}); err != nil {
			return nil, fmt.Errorf("start the simulator: %w", err)
		}
		key, base = "sk-simulated", w.simulator.URL()
		w.watch.say("SIMULATED: OPENAI_API_KEY is not set, so a simulator answers in OpenAI's place; nothing is paid")
	}
	cfg := env.Client
	cfg.Key = func(context.Context) (string, error) { return key, nil }
	cfg.BaseURL, cfg.Log = base, log
	if w.simulator != nil { // it forgets its responses when the process ends, so one that is not found is gone
		cfg.Patience = time.Nanosecond
	}
	return openai.New(cfg), nil
}

// close lets go of everything.
func (w *world) close() {
	w.watch.done()
	if w.simulator != nil {
		w.simulator.Close()
	}
	if w.bolt != nil {
		_ = w.bolt.Close()
	}
	_ = w.log.Close()
}
