# Every target is one thing a person would do. Needs Go and make; what else a
# target needs it installs itself on Debian.

GO ?= go
FUZZTIME ?= 20s

.PHONY: build demo test check race fuzz interop reach bench bench-net peers cross clean

build: ## both programs, into bin/
	$(GO) build -trimpath -o bin/ ./cmd/...

demo: build ## send a real file and a folder from one process to another
	sh internal/demo/demo.sh

test: peers check demo race cross ## everything that must pass

check: ## formatting, vet, tidy go.mod
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	$(GO) vet ./...
	$(GO) mod tidy -diff

race: ## all tests, interop with other clients among them
	$(GO) test -race -count=1 ./...

interop: peers ## only the tests with other implementations
	$(GO) test -count=1 -v ./internal/interop

reach: peers ## every kind of NAT with every other, and all other tests of networks
	$(GO) test -count=1 ./internal/netlab
	$(GO) test -count=1 -v ./internal/reach -every

cross: ## compile for the systems that no test runs on
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=js GOARCH=wasm $(GO) build $$($(GO) run ./internal/deps/browser)

fuzz: ## each fuzz target for FUZZTIME
	@for dir in $$($(GO) list -f '{{.Dir}}' ./...); do \
		for target in $$(grep -ho 'func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go 2>/dev/null | cut -c6-); do \
			echo "$$dir $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$dir || exit 1; \
		done; \
	done

bench: build ## the figures of doc/figures.md, measured on this machine
	$(GO) run ./internal/bench

bench-net: peers ## those that need networks of their own; the machine should do nothing else
	$(GO) test -count=1 -v -timeout 30m -run TestFigure ./internal/reach -figures

peers: ## the other implementations that tests talk to, from Debian
	@sh internal/interop/peers.sh

clean:
	rm -rf bin
