# claimgate: the two commands a newcomer needs are `make demo` and `make test`.
#
#   make demo            build, start the gateway with two simulated payers, send claims, stay up
#   make demo ONCE=1     the same round trip, a summary as JSON on the last line, exit
#   make test            format, lint and every test, over SQLite and over a throw-away PostgreSQL server
#   make bench           speeds, each as a figure and as a ratio to a limit measured in the same run; mutations found
#   make fuzz            the fuzz targets one after another, RUNS executions each: make fuzz RUNS=10000000

CARGO ?= cargo
BUILD_PACKAGES := build-essential pkg-config libssl-dev zlib1g-dev
TEST_PACKAGES := openssh-server openssh-client curl python3 python3-venv postgresql postgresql-client util-linux

.PHONY: demo test bench fuzz build build-packages test-packages

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

fuzz: build-packages
	@fuzz/run $(or $(RUNS),200000) $(TARGETS)

build-packages:
	@deploy/packages $(BUILD_PACKAGES)

test-packages:
	@deploy/packages $(TEST_PACKAGES)
	@tests/moto >/dev/null
