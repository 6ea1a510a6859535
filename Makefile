# Go and Node 20+ are all that is needed; everything else is installed here, at pinned versions.
.DEFAULT_GOAL := help
NODE := infra/node_modules/.package-lock.json
LAMBDA := infra/build/bootstrap
TESTED := .build/bootstrap

# From an empty cache most of the time goes into compiling. So nobody's debug information is made, the compiler collects
# its garbage late, and whatever does not run under the race detector, which needs cgo, is compiled with one set of
# flags, the Lambda's. The CDK app never runs under it: awscdk is larger than everything else together.
export GOGC ?= 400
GCFLAGS := -gcflags=all=-dwarf=false
PLAIN := CGO_ENABLED=0 GOFLAGS="$$(go env GOFLAGS) $(GCFLAGS) -tags=lambda.norpc -trimpath -buildvcs=false"
BUILD := $(PLAIN) go build -ldflags '-s -w -buildid='

# Lint has vetted everything.
TEST := go test -vet=off -timeout 30m
RACE := CGO_ENABLED=1 $(TEST) -race $(GCFLAGS)

# What the crash harness tests is in processes that no race detector looks into, so it is under it, itself, in a few of
# its runs alone. What takes longest begins first.
RACED := ./pipeline ./infra/stacktest $$(go list ./... | grep -vE '/(infra|infra/crashtest|pipeline|infra/stacktest|pipeline/(brand|funnel|picture|internal/corpus))$$')

# Nothing in these runs side by side, but for the memory that pictures share.
PURE := ./pipeline/brand ./pipeline/funnel ./pipeline/picture ./pipeline/internal/corpus

export FULL_TURNER_LAMBDA = $(abspath $(TESTED))
export CDK_DISABLE_CLI_TELEMETRY = true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = 20

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

run: ## put the sample template and run it, here, with a simulated OpenAI unless OPENAI_API_KEY is set
	@go run ./infra/local demo >/dev/null

test: $(NODE) tested ## everything: lint and every test, under the race detector whatever runs in the test's own process
	@$(MAKE) --no-print-directory -j2 plain raced

check: lint ## what takes seconds: lint, and the tests that need no Node and no compiled Lambda
	$(PLAIN) $(TEST) -short ./infra $(PURE)
	$(RACE) -short $(RACED)

plain: lint
	$(PLAIN) $(TEST) ./infra ./infra/crashtest $(PURE)
	$(PLAIN) $(TEST) -run 'LargeRun|WhatIsPlanted|ARunOf500' ./pipeline

raced:
	$(RACE) $(RACED)
	$(RACE) -run Memory ./pipeline/picture
	$(RACE) -run /ABrokenLedgerIsFound ./infra/crashtest

lint: ## go vet, gofmt and staticcheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(PLAIN) go vet ./...
	$(PLAIN) go tool staticcheck ./...

# The Lambda that the tests run, for this machine. A file that stays as it is lets go test keep its results.
tested:
	@mkdir -p $(dir $(TESTED))
	$(BUILD) -o $(TESTED).new .
	@cmp -s $(TESTED).new $(TESTED) && rm $(TESTED).new || mv $(TESTED).new $(TESTED)

build: ## the Lambda's binary, arm64: infra/build/bootstrap
	@mkdir -p infra/build
	GOOS=linux GOARCH=arm64 $(BUILD) -o $(LAMBDA) .

# ARGS reaches the CDK CLI: make deploy ARGS='-c stage=dev'
CDK = cd infra && node_modules/.bin/cdk --no-notices

deploy: $(NODE) build ## the stack, into the AWS account that your credentials name
	$(CDK) deploy $(ARGS)

synth: $(NODE) build ## the stack's CloudFormation template, into infra/cdk.out
	$(CDK) synth --quiet $(ARGS)

diff: $(NODE) build ## what a deploy would change
	$(CDK) diff $(ARGS)

destroy: $(NODE) build ## remove the stack; tables and bucket stay
	$(CDK) destroy $(ARGS)

bench: tested ## the time and memory that the pipeline itself takes
	$(PLAIN) $(TEST) -run '^$$' -bench . -benchtime 3x ./pipeline ./infra/stacktest

$(NODE): infra/package.json infra/package-lock.json
	npm ci --prefix infra --no-audit --no-fund --loglevel=error

.PHONY: help run test check plain raced lint tested build deploy synth diff destroy bench
