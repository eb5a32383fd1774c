# Public names, short and stable. `make` builds, `make help` lists.

GO      ?= go
PREFIX  ?= /usr/local
# The last tag without its v, else a development version with the commit.
VERSION ?= $(patsubst v%,%,$(shell git describe --tags --dirty 2>/dev/null || \
	echo 0.1.0-dev+$$(git rev-parse --short HEAD 2>/dev/null || echo unknown)))
VERSION_VAR := github.com/mocker-compose/mocker-compose/internal/client.Version
FUZZTIME ?= 20s

# Static: the binary is also what runs in namespaces where no libc is.
export CGO_ENABLED ?= 0
export GOFLAGS ?= -buildvcs=false
BUILD := $(GO) build -trimpath -ldflags '-s -w -X $(VERSION_VAR)=$(VERSION)'

.PHONY: build gvisor help install man docs demo test test-unit test-lab test-lab-newest e2e bench fuzz lint clean

build: ## build bin/mocker-compose (the default)
	$(BUILD) -o bin/mocker-compose ./cmd/mocker-compose

gvisor: ## build bin/mocker-compose with the uplink of that name
	$(BUILD) -tags gvisor -o bin/mocker-compose ./cmd/mocker-compose

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

man: build ## write the manual pages into bin/man
	rm -rf bin/man && bin/mocker-compose __man bin/man

install: build man ## install below PREFIX (/usr/local): program, manual, completion of shells
	install -D -m 755 bin/mocker-compose $(DESTDIR)$(PREFIX)/bin/mocker-compose
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 && install -m 644 bin/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	bin/mocker-compose completion bash | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mocker-compose
	bin/mocker-compose completion zsh | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_mocker-compose
	bin/mocker-compose completion fish | install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/mocker-compose.fish

docs: ## write the tables of docs/ that are made of the program
	$(GO) test -count=1 -run "TestDocuments|TestFormats" ./cmd/mocker-compose -update

demo: setup build ## a short tour: three services up, one crash, down again
	$(BUILD) -o examples/demo/bin/shop ./examples/demo/cmd/shop
	$(BUILD) -o bin/demo-tour ./examples/demo/cmd/tour
	@bin/demo-tour -compose bin/mocker-compose -project examples/demo

test: setup ## everything that this machine can run, with skips and their reasons
	@$(GO) run ./internal/treetest/testall

test-unit: ## everything but the scenarios
	@$(GO) run ./internal/treetest/testall -phases check,unit

e2e: setup ## the scenarios: the whole program as a plain user
	@$(GO) run ./internal/treetest/testall -phases e2e

test-lab: ## scenarios on another machine: systemd, cgroup v2 alone (test/lab/README.md)
	@test/lab/selection

test-lab-newest: ## the limits with their full numbers on Linux 6.12: for every night
	@test/lab/selection newest

bench: build ## the figures of docs/benchmarks.md, side by side in one run
	$(BUILD) -o bin/bench ./bench
	@bin/bench -compose bin/mocker-compose

fuzz: ## every fuzz target for FUZZTIME (20s)
	@GO=$(GO) FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

lint: ## gofmt, vet, the build for arm64, the rules on the tree, and golangci-lint if it is there
	@$(GO) run ./internal/treetest/testall -phases check
	@GOARCH=arm64 $(GO) build ./...
	@$(GO) test -count=1 ./internal/treetest
	@if command -v golangci-lint >/dev/null; then golangci-lint run; \
	else echo 'golangci-lint is not installed: its part of the rules was not checked'; fi

clean: ## remove what was built
	rm -rf bin examples/demo/bin

.PHONY: setup
setup:
	@scripts/setup.sh
