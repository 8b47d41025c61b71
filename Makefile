# Two commands on a fresh machine with cargo, node, npm, python3 and make:
#   make demo   plays the whole system on a local chain
#   make test   runs everything that CI runs
# Each sets up what it needs. The other targets are their parts.

.DELETE_ON_ERROR:
.PHONY: demo test format forge-test snapshots lint cargo-test artifacts services-check report-check benchmark test-deep analyze coverage prove mutate gas gas-page sandwich reference benchmark-check benchmark-commands count-requests benchmark-ballots benchmark-hub help

CARGO ?= cargo

# npm writes this file last; it is older than the lock file when packages are missing or stale.
INSTALLED := node_modules/.package-lock.json

# Tools from PyPI; each stamp says that the tool and all that it needs are there.
PROVER := target/tools/halmos/installed
SLITHER := target/tools/slither/installed

# The version is in the path, so that another one is installed when it changes.
MEWT_VERSION := 4.0.0
MEWT := target/tools/mewt-$(MEWT_VERSION)/bin/mewt

help: ## Lists the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(INSTALLED) ## Plays the life of a proposal and a fee on a local chain (ARGS=--json for one document)
	@$(CARGO) build --locked --package btrst
	@$(CARGO) run --quiet --locked --package btrst -- demo $(ARGS)

test: lint forge-test cargo-test artifacts ## Runs every test, check and lint of both languages

lint: $(INSTALLED) ## Checks formatting and lints of both languages
	forge=$$(script/tool forge) && "$$forge" fmt --check
	node_modules/.bin/solhint --noPoster --max-warnings 0 'contracts/**/*.sol'
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets --all-features --quiet -- --deny warnings

forge-test: $(INSTALLED) ## Runs the contract tests and compares the gas of every snapshot
	forge=$$(script/tool forge) && FORGE_SNAPSHOT_CHECK=true "$$forge" test

snapshots: $(INSTALLED) ## Runs the contract tests and records the gas of every snapshot
	forge=$$(script/tool forge) && "$$forge" test

sandwich: $(INSTALLED) ## Searches for attacks on the fee converter and writes docs/sandwich.md (some minutes)
	script/sandwich

cargo-test: $(INSTALLED) ## Runs the Rust tests, including those on anvil
	$(CARGO) test --locked --workspace --quiet

services-check: $(INSTALLED) ## Signs with stand-ins of AWS KMS, Google Cloud KMS and Turnkey, in a build with these features
	$(CARGO) test --locked --package btrst --features aws,gcp,turnkey --test it --quiet -- services

report-check: $(INSTALLED) ## Looks at the reports in a real browser; installs chromium with apt when there is none
	@test -n "$$BTRST_CHROMIUM" || command -v chromium >/dev/null || { apt-get update && apt-get install --yes chromium; }
	$(CARGO) test --locked --package btrst --test it --quiet -- --ignored browser

benchmark: ## Measures a million invoices and a hundred thousand events
	$(CARGO) build --locked --release --quiet --package btrst-fees --example benchmark
	$(CARGO) run --locked --release --quiet --package btrst-fees --example benchmark -- invoices 1000000
	$(CARGO) run --locked --release --quiet --package btrst-fees --example benchmark -- events 100000

reference: ## Writes docs/cli.md, the help of every command
	$(CARGO) build --locked --package btrst
	page=$$(env -i target/debug/btrst markdown-help) && printf '%s\n' "$$page" > docs/cli.md

benchmark-check: $(INSTALLED) ## Measures the check of a proposal, beside the same on a forked anvil
	$(CARGO) build --locked --release --quiet --package btrst --bin btrst
	$(CARGO) build --locked --release --quiet --package btrst-simulate --example check
	target/release/examples/check

benchmark-commands: $(INSTALLED) ## Measures commands beside forge script and cast
	$(CARGO) build --locked --release --quiet --package btrst --bin btrst --example commands
	target/release/examples/commands

count-requests: $(INSTALLED) ## Counts what reading commands ask of an endpoint, and how much of it in a row
	$(CARGO) build --locked --quiet --package btrst --bin btrst --example commands
	target/debug/examples/commands requests

benchmark-ballots: $(INSTALLED) ## Verifies and counts a million ballots, beside the reference in JavaScript
	$(CARGO) build --locked --release --quiet --package btrst-offchain --example ballots
	target/release/examples/ballots verify 1000000
	target/release/examples/ballots tally 1000000

benchmark-hub: ## Measures a hub: votes a second, and waits at half of that (DATABASE=postgres://… for another than SQLite)
	$(CARGO) build --locked --release --quiet --package btrst-hub --example load
	target/release/examples/load $(DATABASE)

artifacts: $(INSTALLED) ## Compares the committed artifacts with the contracts
	$(CARGO) run --locked --quiet --package xtask -- artifacts --check

test-deep: $(INSTALLED) ## Runs every fuzz test and invariant 50,000 times, for hours; stop and go on at will (ARGS=--help)
	script/test-deep $(ARGS)

analyze: $(INSTALLED) $(SLITHER) ## Runs slither; every finding must be explained in test/analysis/findings.toml
	script/analyze target/tools/slither/bin/slither

coverage: $(INSTALLED) ## Lists every line, branch and function of the contracts that no test reaches
	script/coverage

gas: $(INSTALLED) ## Measures gas beside OpenZeppelin, Solady and Uniswap (ARGS=--json, ARGS=--strict)
	$(CARGO) run --locked --quiet --package btrst-gas -- $(ARGS)

gas-page: $(INSTALLED) ## Measures the same and writes docs/gas.md
	page=$$($(CARGO) run --locked --quiet --package btrst-gas -- --markdown "$$(date -u +%F)") && \
		printf '%s\n' "$$page" > docs/gas.md

prove: $(INSTALLED) $(PROVER) ## Proves the properties in docs/proofs.md (ONLY=name for some); goes on where it was stopped
	target/tools/halmos/bin/python script/prove $(ONLY)

mutate: $(INSTALLED) $(MEWT) ## Tests the tests with faulty contracts (ONLY=contracts/token/BTRST.sol for one of them)
	@MEWT=$(MEWT) script/mutate $(ONLY)

format: $(INSTALLED) ## Formats both languages
	forge=$$(script/tool forge) && "$$forge" fmt
	$(CARGO) fmt --all

$(INSTALLED): package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(PROVER) $(SLITHER): target/tools/%/installed: script/%.txt
	rm -rf $(@D)
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

$(MEWT):
	$(CARGO) install mewt --version $(MEWT_VERSION) --locked --root target/tools/mewt-$(MEWT_VERSION)
