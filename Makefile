# make demo: start the product. make test: everything that must hold.

GO ?= go
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

# Tools are built once from their modules, apart from the product's go.mod.
# The file NAME@VERSION says which one is there; a new version is a new file.
TOOLS := bin/tools
BUF := v1.75.0
STATICCHECK := v0.8.2
PROTOC_GEN_GO := v1.36.12
PROTOC_GEN_CONNECT := v1.21.1

.PHONY: demo test build rival bench bench-connection check words generated fuzz generate release-words soak engines engines-stop test-engines

build:
	$(GO) build -o bin/outcry ./cmd/outcry

demo: build
	./bin/outcry demo

# ALSO=engines adds what takes a minute or two of test-engines.
test: build check words generated
	GOOS=darwin $(GO) build ./...
	GOOS=windows $(GO) build ./...
	( $(GO) test -json ./... $(ALSO_$(ALSO)) ) | $(GO) run .ci/count/main.go

# Measure every setting that a target is about, an hour on a quiet machine: tables, plots and
# results.json beside the report. ONLY=200k,million runs some again; ARGS=-render none.
BENCH_REPORT := docs/benchmarks/2026-11-floor.md
bench: build
	$(GO) run ./bench/report -binary bin/outcry -out $(BENCH_REPORT) -only "$(ONLY)" $(ARGS)

# What one connection costs and bears, beside centrifuge: a quarter of an hour on a quiet machine.
bench-connection: build rival
	$(GO) run ./bench/report -connection -binary bin/outcry -out docs/benchmarks/2026-11-one-connection.md -only "$(ONLY)" $(ARGS)

# The server that `outcry bench fanout` and `outcry bench idle` compare with.
rival:
	cd bench/rival && $(GO) build -o ../../bin/rival .

# One broker of Kafka and one node of Cassandra (ScyllaDB's protocol) on loopback, to try Outcry on real engines.
ENGINES := data/engines
engines: build
	deploy/engines/kafka.sh start $(ENGINES)/kafka
	deploy/engines/cassandra.sh start $(ENGINES)/cassandra
	@echo
	@echo "They keep their data in $(ENGINES). Now:"
	@echo "  bin/outcry serve --data data/outcry --kafka $$(deploy/engines/kafka.sh addresses $(ENGINES)/kafka)" \
	  "--scylla $$(deploy/engines/cassandra.sh addresses $(ENGINES)/cassandra) --scylla-replication 1 --accept-weak"
	@echo "Stop them with: make engines-stop"

engines-stop:
	deploy/engines/kafka.sh stop $(ENGINES)/kafka
	deploy/engines/cassandra.sh stop $(ENGINES)/cassandra

# Everything that needs real engines, on a machine with Java 17 and Maven and nothing running: a quarter of an hour.
# One package after the other, since two cores carry one set of servers.
WITH_ENGINES := OUTCRY_ENGINES=1 $(GO) test -p 1 -count 1 -timeout 40m
ENGINE_PACKAGES := ./internal/engines ./events/... ./projections/... ./cmd/outcry
test-engines: build
	$(WITH_ENGINES) -json $(ENGINE_PACKAGES) | $(GO) run .ci/count/main.go

ALSO_engines = ; tested=$$?; $(WITH_ENGINES) -json -run 'TheTapeAddsUp|ImportedCaptures' ./cmd/outcry && exit $$tested

# ---- What a machine can see without running anything ----

check: $(TOOLS)/staticcheck@$(STATICCHECK)
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
	  test -z "$$unformatted" || { echo "not formatted, run gofmt -w: $$unformatted"; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet ./...
	$(TOOLS)/staticcheck ./...

# The words keep their rules, and can still be spoken with the last release (docs/decisions/0003-released-words.md).
words: $(TOOLS)/buf@$(BUF)
	$(TOOLS)/buf lint
	$(TOOLS)/buf breaking --against proto/released.binpb

GENERATORS := $(TOOLS)/buf@$(BUF) $(TOOLS)/protoc-gen-go@$(PROTOC_GEN_GO) $(TOOLS)/protoc-gen-connect-go@$(PROTOC_GEN_CONNECT)

# The generated Go and the page of error codes are what a fresh generation gives.
generated: $(GENERATORS)
	@rm -rf bin/.generated && PATH="$(CURDIR)/$(TOOLS):$$PATH" $(TOOLS)/buf generate -o bin/.generated
	@diff -r --exclude='*.proto' --exclude='*.binpb' bin/.generated/proto proto || { echo "generated Go is not fresh: run make generate"; exit 1; }
	@$(GO) run ./gateways/fault/faultdoc | diff - docs/ERRORS.md || { echo "docs/ERRORS.md is not fresh: run make generate"; exit 1; }

# After a change of proto/.
generate: $(GENERATORS)
	$(TOOLS)/buf lint
	PATH="$(CURDIR)/$(TOOLS):$$PATH" $(TOOLS)/buf generate
	$(GO) run ./gateways/fault/faultdoc > docs/ERRORS.md

# On purpose, at a release: from now on these are the words that must stay readable.
release-words: $(TOOLS)/buf@$(BUF)
	$(TOOLS)/buf build --exclude-source-info -o proto/released.binpb

# The long forms: 200 kills inside imports, 10,000 seeds of power cuts, 10,500 cut connections and ten minutes of
# books over every transport (80 min), and every fault of real engines 20 times.
# The faults take hours and go on where they were stopped, OUTCRY_SOAK_ROUNDS=1 does one round more; remove the results to begin anew.
SOAK_DIR := $(CURDIR)/docs/benchmarks/2026-11-engines-soak
soak: build
	OUTCRY_SOAK=1 OUTCRY_SOAK_DIR=$(SOAK_DIR) OUTCRY_ENGINES=1 $(GO) test -timeout 24h -count 1 -v -run 'FaultsOf' ./cmd/outcry
	OUTCRY_SOAK=1 $(GO) test -timeout 60m -count 1 -v -run 'TestKilledInTheMiddle' ./cmd/outcry
	OUTCRY_SOAK=1 $(GO) test -timeout 60m -count 1 -v -run 'PowerCuts' ./actors/host ./events/embedded
	OUTCRY_SOAK=1 $(GO) test -timeout 3h -count 1 -v -run 'Contract/.*/(CutAtAnyMoment|BooksAddUp)' ./gateways/gatewaytest

# Every decoder, half a minute each; whatever is called Fuzz… is found. Their seeds run in every test.
FUZZTIME ?= 30s
fuzz:
	@for package in $$($(GO) list ./...); do \
	  for fuzz in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$fuzz"; $(GO) test -run XXX -fuzz "^$$fuzz$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
	  done; \
	done

$(TOOLS)/buf@%:
	$(call tool,github.com/bufbuild/buf/cmd/buf)
$(TOOLS)/staticcheck@%:
	$(call tool,honnef.co/go/tools/cmd/staticcheck)
$(TOOLS)/protoc-gen-go@%:
	$(call tool,google.golang.org/protobuf/cmd/protoc-gen-go)
$(TOOLS)/protoc-gen-connect-go@%:
	$(call tool,connectrpc.com/connect/cmd/protoc-gen-connect-go)

define tool
@echo "building $(1)@$* (once)"
@mkdir -p $(TOOLS) && GOBIN=$(CURDIR)/$(TOOLS) $(GO) install $(1)@$* && touch $@
endef
