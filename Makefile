# make demo: start the product. make test: everything that must hold.

GO ?= go

.PHONY: demo test build fuzz generate

build:
	$(GO) build -o bin/outcry ./cmd/outcry

demo: build
	./bin/outcry demo

test: build
	$(GO) vet ./...
	GOOS=darwin $(GO) build ./...
	GOOS=windows $(GO) build ./...
	$(GO) test ./...

# Every decoder, half a minute each.
fuzz:
	$(GO) test -run XXX -fuzz FuzzDecode -fuzztime 30s ./events
	$(GO) test -run XXX -fuzz FuzzReaders -fuzztime 30s ./internal/feed
	$(GO) test -run XXX -fuzz FuzzParse -fuzztime 30s ./internal/decimal

# After a change of proto/: needs buf, protoc-gen-go and protoc-gen-connect-go on the PATH.
generate:
	buf lint
	buf generate
