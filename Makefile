# Every target is one thing a person would do. Needs Go and make; what else a
# target needs it installs itself on Debian.

GO ?= go
FUZZTIME ?= 20s
BUSY ?= 2
KERNEL ?= bbr
RUNS ?= 3
IPERF ?= 8s
WITHIN ?= $(if $(filter all,$(PART)),90m,25m)

.PHONY: build relay packages demo test check race sim test-long long busy ordinary vuln fuzz interop reach bench bench-net bench-relay peers peers-figures peers-long cross wasm-size wasm-test clean

build: ## both programs, into bin/
	$(GO) build -trimpath -o bin/ ./cmd/...

# What is shipped of the relay: static, and the same wherever it is built.
RELAY = bin/relay
RELAY_VERSION = 0.1

relay: ## the relay as it is shipped, into bin/relay/
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags='-buildid= -s -w -X main.version=$(RELAY_VERSION)' -o $(RELAY)/ ./cmd/sesame-relay

packages: relay ## the relay as a package for Debian, into bin/relay/
	sh deploy/debian/build.sh $(RELAY)/sesame-relay $(RELAY_VERSION) $$($(GO) env GOARCH) $(RELAY)/sesame-relay.deb

demo: build ## send a real file and a folder from one process to another
	sh internal/test/demo/demo.sh

test: peers check demo race sim cross wasm-test wasm-size ## everything that must pass

check: ## formatting, vet, tidy go.mod
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags long ./...
	$(GO) mod tidy -diff

race: ## all tests, interop with other clients among them
	$(GO) test -race -count=1 ./...

sim: ## simulators of lines and of the choice between them, which the race detector would make ten times as long
	$(GO) test -count=1 -run TestSimulated ./transit/line ./session/choice

test-long: long ordinary busy test-wine ## what takes too long for every change; doc/testing.md tells how to read it

long: peers-long ## all tests with those of tag long, and every kind of NAT with every other
	$(GO) test -count=1 -tags long -timeout 60m $$($(GO) list ./... | grep -v 'internal/test/reach\|internal/test/wine')
	$(GO) test -count=1 -tags long -timeout 60m ./internal/test/reach -every

test-wine: ## the Windows programs beside the Linux ones; in wine, which it installs outside the tree: doc/testing.md
	@GO="$(GO)" sh internal/test/wine/run.sh

ordinary: peers ## tests as a user without rights; those that need root skip themselves
	$(GO) test -count=1 -timeout 30m -exec "sh $(CURDIR)/internal/test/ordinary/run.sh" $$($(GO) list ./... | grep -v internal/deps)

busy: peers build ## the demo 30 times, and what starts programs BUSY times, while every core is busy
	sh internal/test/busy/run.sh sh -ec 'for i in $$(seq 30); do echo "demo $$i"; sh internal/test/demo/demo.sh >/dev/null; done'
	sh internal/test/busy/run.sh $(GO) test -count=$(BUSY) -timeout 180m ./internal/test/demo ./internal/test/lab ./internal/coredump ./cmd/... ./internal/test/endtoend ./internal/test/interop ./internal/test/skew

vuln: ## known faults of what is used; needs the network, or in GOVULNDB the URL of a copy of the database
	$(GO) run golang.org/x/vuln/cmd/govulncheck@v1.1.4 $(if $(GOVULNDB),-db $(GOVULNDB)) ./...

interop: peers ## only the tests with other implementations
	$(GO) test -count=1 -v ./internal/test/interop

reach: peers ## every kind of NAT with every other, and all other tests of networks
	$(GO) test -count=1 ./internal/test/netlab
	$(GO) test -count=1 -v ./internal/test/reach -every

cross: ## vet, and build the programs' tests, for other systems: doc/platforms.md
	@for os in windows darwin freebsd; do \
		echo "$$os"; \
		GOOS=$$os $(GO) vet ./... && \
		GOOS=$$os $(GO) test -vet=off -ldflags='-s -w' -exec true ./... >/dev/null || exit 1; \
	done
	GOOS=js GOARCH=wasm $(GO) build $$($(GO) run ./internal/deps/browser)

# The most that a page's program may have, in bytes: as it is, gzip -9, brotli -q 11. A
# page, too, grows lanes through a relay and chooses among them: 2 % more than before.
WASM_SIZE = 10150000 2670000 1935000

wasm-size: peers ## what a page would have to load, which must not grow beyond that
	@GO="$(GO)" sh internal/test/wasm/size.sh $(WASM_SIZE)

# A package, and how many of its tests run in a browser's stead.
WASM_TESTS = ./pake 27 ./rendezvous 72 ./tree 15 ./tree/manifest 39 ./transfer 3 ./transfer/classic 30 ./transfer/native 58 ./session 38 ./session/choice 20 ./transit/record 38 ./transit/way 9 ./internal/pagesocket 5 ./client 11

wasm-test: peers ## tests that are about no socket and no disk, as they run in a page
	@GO="$(GO)" sh internal/test/wasm/run.sh $(WASM_TESTS)

fuzz: ## each fuzz target for FUZZTIME
	@for dir in $$($(GO) list -f '{{.Dir}}' ./...); do \
		for target in $$(grep -ho 'func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go 2>/dev/null | cut -c6-); do \
			echo "$$dir $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$dir || exit 1; \
		done; \
	done

bench: build ## the figures of doc/figures.md, measured on this machine; with BASE=COMMIT against the programs of that
ifdef BASE
	@GO="$(GO)" sh internal/test/bench/against.sh $(BASE) $(if $(ONLY),-only $(ONLY))
else
	$(GO) run ./internal/test/bench
endif

bench-relay: peers ## a relay beside others, in networks that it makes itself; the machine should do nothing else. PART=floods|meetings|idle|pairs
	@mkdir -p bin
ifeq ($(filter-out floods,$(PART)),)
	$(GO) test -count=1 -v -run TestMeetingsBesideARush ./internal/test/endtoend -rush 20s
endif
ifeq ($(filter-out meetings,$(PART)),)
	$(GO) test -count=1 -v -run TestMeetings ./internal/test/benchrelay -meetings 20s -state $(CURDIR)/bin
endif
ifeq ($(filter-out idle,$(PART)),)
	$(GO) test -count=1 -v -run TestIdleClients ./internal/test/benchrelay -idle 10000
endif
ifeq ($(filter-out pairs,$(PART)),)
	$(GO) test -count=1 -v -run TestPairs ./internal/test/benchrelay -idle 10000
endif

bench-net: peers-figures ## those that need networks of their own; the machine should do nothing else. PART=direct|relay|udp|tcp|choice|odd|all KERNEL=bbr|cubic RUNS=3: doc/testing.md §6
ifdef PART
	@mkdir -p bin
	$(GO) test -count=1 -v -timeout 0 ./internal/test/benchnet -part $(PART) -kernel $(KERNEL) -runs $(RUNS) -within $(WITHIN) -iperf $(IPERF) -only '$(ONLY)' \
		-table $(CURDIR)/bin/bench-net-$(PART)-$(KERNEL).md $(if $(TRACES),-traces $(abspath $(TRACES)))
else
	$(GO) test -count=1 -v -timeout 30m -run TestFigure ./internal/test/reach -figures
endif

peers: ## the other implementations that tests talk to, from Debian
	@sh internal/test/interop/peers.sh

peers-figures: peers
	@GO="$(GO)" sh internal/test/interop/peers.sh figures

peers-long: ## those, and what only test-long needs
	@sh internal/test/interop/peers.sh long

clean:
	rm -rf bin
