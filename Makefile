# Go and Node 20+ are all that is needed; everything else is installed here, at pinned versions.
.DEFAULT_GOAL := help
NODE := infra/node_modules/.package-lock.json
LAMBDA := infra/build/bootstrap

export CGO_ENABLED ?= 1
export CDK_DISABLE_CLI_TELEMETRY = true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = 20

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

run: ## put the sample template and run it, here, with a simulated OpenAI unless OPENAI_API_KEY is set
	@go run ./infra/local demo >/dev/null

# The CDK app never runs under the race detector, which would have awscdk compiled once more: it is larger than
# everything else together.
test: $(NODE) lint ## everything: vet, staticcheck, and every test, all but the CDK app's under the race detector
	go test ./infra
	go test -race $$(go list ./... | grep -v '/infra$$')

lint: ## go vet, gofmt and staticcheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go tool staticcheck ./...

build: ## the Lambda's binary, arm64: infra/build/bootstrap
	@mkdir -p infra/build
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags '-s -w -buildid=' -o $(LAMBDA) .

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

bench: ## the time and memory that the pipeline itself takes
	go test -run '^$$' -bench . -benchtime 3x ./pipeline ./infra/stacktest

$(NODE): infra/package.json infra/package-lock.json
	npm ci --prefix infra --no-audit --no-fund --loglevel=error

.PHONY: help run test lint build deploy synth diff destroy bench
