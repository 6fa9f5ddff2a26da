# Two commands matter: `make demo` and `make test`. Everything else is a part of them.
#
# Needs Rust 1.95 (with rustfmt and clippy), Node 20, npm, Python 3, a C compiler and make. Foundry and solc come from
# npm (Linux on x86-64); elsewhere install Foundry 1.7 and have it on PATH.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
CARGO ?= cargo
FOUNDRY_VERSION := 1.7

.PHONY: help
help: ## Lists the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	touch $@

.PHONY: demo
demo: node_modules/.package-lock.json ## Runs the whole job on the real adapter in fixtures/
	$(CARGO) build --release --locked -p rankproof-cli
	target/release/rankproof demo

.PHONY: bench
bench: node_modules/.package-lock.json ## Measures every stage; docs/benchmarks.md is made of this
	$(CARGO) build --release --locked -p rankproof-cli
	test -f .rankproof/keys/small/verifying.key || target/release/rankproof keys new --profile small
	target/release/rankproof bench

.PHONY: bench-halo2
bench-halo2: ## Measures the halo2 system, and what the low rank saves against the full matrix
	$(CARGO) build --release --locked -p rankproof-lora-halo2 --example benchmark
	target/release/examples/benchmark
	target/release/examples/benchmark --compare --runs 1

# Eight minutes on two quiet cores. Every case keeps its result in target/growth, and what has one is not measured again.
.PHONY: bench-growth
bench-growth: ## Measures 2^14 to 2^23 weights and the shapes of real models; draws the charts of docs/
	$(CARGO) build --release --locked -p rankproof-pipeline --example growth
	target/release/examples/growth --charts docs

.PHONY: parameters
parameters: ## Searches the parameters of every profile; docs/protocol.md section 6 says what was chosen and why
	$(CARGO) run --release --locked -p rankproof-groth16-seal --example parameters

.PHONY: fixtures
fixtures: node_modules/.package-lock.json ## Regenerates seals, Solidity key, ABI, bytecode, addresses and gas snapshots
	$(CARGO) run --release --locked -p rankproof-pipeline --example fixtures
	forge build
	node tools/abi.cjs
	forge test

# What CI runs, in an order that finds cheap mistakes first. The working tree must be the same afterwards.
.PHONY: test
test: tree-before tools format solidity lint rust forge-test coverage deploy-script solhint slither halmos regenerate outputs tree-after ## Runs everything that CI runs
	@$(COUNTS) target/rust-test.log
	@echo 'make test: everything passed'

# What was tried, as the tests count it: docs/assurance.md says what each number means.
COUNTS := grep -h '^assurance: '

.PHONY: test-full
test-full: test ## Also runs the tests that take minutes
	$(CARGO) test --workspace --locked -- --ignored --show-output | tee target/rust-test-full.log
	@$(COUNTS) target/rust-test.log target/rust-test-full.log

# Nightly, and cargo-fuzz 0.13.2 on PATH. What is found goes to fuzz/artifacts; the committed corpus is only read.
FUZZ_SECONDS ?= 300
.PHONY: fuzz
fuzz: ## Fuzzes every decoder for FUZZ_SECONDS each
	@cargo fuzz --version || { echo 'cargo-fuzz is missing: cargo install cargo-fuzz --version 0.13.2 --locked' >&2; exit 1; }
	cargo +nightly fuzz build -s none
	@for file in fuzz/fuzz_targets/*.rs; do \
	  target=$$(basename "$$file" .rs); mkdir -p "target/fuzz-corpus/$$target"; echo "fuzzing $$target"; \
	  cargo +nightly fuzz run -s none "$$target" "target/fuzz-corpus/$$target" "fuzz/corpus/$$target" -- \
	    -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1; \
	done

# Removes every check once and asks whether a test notices: an hour, on a copy in target/.
.PHONY: mutants
mutants: ## Removes every check once; lists what no test notices
	python3 tools/mutants.py native
	python3 tools/mutants.py circuit

.PHONY: tree-before
tree-before:
	@mkdir -p target
	git status --porcelain > target/tree-before

.PHONY: tools
tools: node_modules/.package-lock.json
	@for tool in forge anvil; do \
	  version=$$($$tool --version | head -n 1) || { echo "$$tool is missing: install Foundry $(FOUNDRY_VERSION)" >&2; exit 1; }; \
	  [[ "$$version" == *" $(FOUNDRY_VERSION)."* || "$$version" == *"$(FOUNDRY_VERSION)."* ]] \
	    || { echo "$$tool is '$$version': install Foundry $(FOUNDRY_VERSION)" >&2; exit 1; }; \
	  echo "$$version"; \
	done
	@python3 --version
	@$(CARGO) --version
	@$(CARGO) fmt --version
	@$(CARGO) clippy --version

.PHONY: format
format:
	$(CARGO) fmt --all --check
	forge fmt --check

# Before the Rust tests: one of them compares the committed bytecode with what forge builds. --force, because warnings
# of files that are not compiled again are not shown.
.PHONY: solidity
solidity: node_modules/.package-lock.json
	forge build --force
	node tools/abi.cjs --check

.PHONY: lint
lint:
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings -A rustdoc::private_intra_doc_links' $(CARGO) doc --workspace --no-deps --locked --quiet

.PHONY: rust
rust:
	@mkdir -p target
	$(CARGO) test --workspace --locked -- --show-output | tee target/rust-test.log

# forge ends well when it finds no test at all, so they are counted.
.PHONY: forge-test
forge-test:
	FORGE_SNAPSHOT_CHECK=true forge test | tee target/forge-test.log
	@grep -Eq 'Ran [0-9]+ test suites? .*: [1-9][0-9]* tests? passed, 0 failed, 0 skipped' target/forge-test.log \
	  || { echo 'forge test ran no tests, or skipped some' >&2; exit 1; }

# What the tests were built with, so that nothing is built twice; `make rust` has done it already.
.PHONY: binaries
binaries:
	$(CARGO) test --workspace --locked --no-run --quiet

# The fixtures come from fixed seeds: they regenerate bit for bit, which tree-after checks.
.PHONY: regenerate
regenerate: binaries
	target/debug/examples/fixtures

# The real binary on whole adapters; Python recomputes every output from the integers.
RANKPROOF := target/debug/rankproof
.PHONY: outputs
outputs: binaries
	python3 fixtures/golden/statement.py
	@work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT; \
	check() { \
	  $(RANKPROOF) commit "fixtures/$$1" -o "$$work/a" --bits "$$3" --modules "$$5" --export-integers "$$work/g" \
	    --force > /dev/null; \
	  $(RANKPROOF) prove --adapter "$$work/a" --activations "fixtures/$$1/$$2" -o "$$work/p" --outputs "$$work/y" \
	    --force > /dev/null; \
	  python3 tools/check_outputs.py "$$work/g" "$$work/y" --activations "fixtures/$$1/$$2" --max-error "$$4" \
	    --adapter "fixtures/$$1" --bits "$$3"; \
	}; \
	check minilm-qv-r8 activations.safetensors 4 0.14 .; \
	check minilm-qv-r8 activations.safetensors 8 0.02 .; \
	check minilm-all-r4-rslora activations_t4.safetensors 4 0.14 .; \
	check minilm-all-r4-rslora activations_t4.safetensors 8 0.02 attention; \
	check minilm-all-r4-rslora activations_t4.safetensors 8 0.02 'intermediate|[0-9]\.output'

.PHONY: tree-after
tree-after:
	@git status --porcelain | diff target/tree-before - \
	  || { echo 'the working tree changed: a generated file is not up to date' >&2; exit 1; }
	@git diff --quiet -- fixtures contracts/generated snapshots \
	  || { echo 'generated files differ from what is committed: run make fixtures' >&2; exit 1; }

# Without optimizer, so without what the gas tests measure; the invariants run in forge-test.
.PHONY: coverage
coverage: node_modules/.package-lock.json ## Fails unless every line and branch of contracts/ is tested
	mkdir -p target
	rm -f target/lcov.info
	forge coverage --report lcov --report-file target/lcov.info --no-match-contract 'GasTest|Invariant' \
	  > target/coverage.log 2>&1 || { cat target/coverage.log >&2; exit 1; }
	node tools/coverage.cjs target/lcov.info

# Python tools, each with its pinned dependencies in an environment of its own.
target/python/%/installed: tools/requirements-%.txt
	rm -rf target/python/$*
	python3 -m venv target/python/$*
	target/python/$*/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# An environment of its own for the build too: slither builds with other settings. It ends well on nothing at all, so
# the contracts are counted.
.PHONY: slither
slither: node_modules/.package-lock.json target/python/slither/installed ## Static analysis of contracts/, no finding allowed
	FOUNDRY_OUT=target/slither/out FOUNDRY_CACHE_PATH=target/slither/cache target/python/slither/bin/slither . \
	  > target/slither.log 2>&1 || { cat target/slither.log >&2; exit 1; }
	@grep -E 'analyzed \([1-9][0-9]* contracts with [1-9][0-9]* detectors\), 0 result' target/slither.log \
	  || { cat target/slither.log >&2; echo 'slither analyzed nothing' >&2; exit 1; }

.PHONY: solhint
solhint: node_modules/.package-lock.json ## Lints contracts/, no warning allowed
	solhint --disc --noPoster --max-warnings 0 'contracts/**/*.sol'

# Symbolic execution of check_ functions; see test/symbolic.
.PHONY: halmos
halmos: node_modules/.package-lock.json target/python/halmos/installed ## Proves the pure parts of the contracts for all inputs in bounds
	tools/halmos.sh

# On a fresh anvil: deployed, deployed again, checked.
.PHONY: deploy-script
deploy-script: node_modules/.package-lock.json
	tools/deploy.sh

.PHONY: snarkjs
snarkjs: node_modules/.package-lock.json ## Checks key and seals of the contract with snarkjs
	node tools/snarkjs.cjs
test: snarkjs

.PHONY: ceremony-demo
ceremony-demo: node_modules/.package-lock.json binaries ## Two ceremonies on a reduced circuit, with snarkjs and with ours
	tools/ceremony-demo.sh
