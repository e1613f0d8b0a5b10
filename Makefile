# claimgate: the two commands a newcomer needs are `make demo` and `make test`.
#
#   make demo            build, start the gateway with two simulated payers, send claims, stay up
#   make demo ONCE=1     the same round trip, a summary as JSON on the last line, exit
#   make test            format, lint and every test, over SQLite and over a throw-away PostgreSQL server
#   make bench           speeds, each as a figure and as a ratio to a limit measured in the same run; mutations found
#   make crash           kills a gateway under load at random moments and at every crash point, and looks whether
#                        anything was lost, doubled or acknowledged too early: make crash KILLS=1000 EACH=3 STORE=sqlite
#   make simulate        the stages under faults drawn from seeds: make simulate SEEDS=10000 FIRST=1
#   make fuzz            the fuzz targets one after another, RUNS executions each: make fuzz RUNS=10000000

CARGO ?= cargo
BUILD_PACKAGES := build-essential pkg-config libssl-dev zlib1g-dev
TEST_PACKAGES := openssh-server openssh-client curl python3 python3-venv postgresql postgresql-client util-linux

.PHONY: demo test bench crash simulate fuzz build build-packages test-packages

demo: build
	@exec target/release/claimgate demo $(if $(ONCE),--once) $(if $(CLAIMS),--claims $(CLAIMS)) $(FILES)

build: build-packages
	$(CARGO) build --release --locked

test: build-packages test-packages
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) test --locked
	tests/postgres $(CARGO) test --locked --lib -- store:: pipeline:: api::
	tests/postgres $(CARGO) test --locked --test it

bench: build-packages
	@bench/run

crash: build-packages test-packages
	$(CARGO) build --locked
	@tests/crash/run --kills $(or $(KILLS),1000) --each $(or $(EACH),3) $(if $(STORE),--store $(STORE)) $(if $(SEED),--seed $(SEED))

simulate: build-packages
	CLAIMGATE_SIM_SEEDS=$(or $(SEEDS),10000) CLAIMGATE_SIM_FIRST=$(or $(FIRST),1) \
	    $(CARGO) test --locked --lib -- --nocapture pipeline::simulation

fuzz: build-packages
	@fuzz/run $(or $(RUNS),200000) $(TARGETS)

build-packages:
	@deploy/packages $(BUILD_PACKAGES)

test-packages:
	@deploy/packages $(TEST_PACKAGES)
	@tests/moto >/dev/null
