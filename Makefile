# make demo   the product on this machine, and its story      make up / make down   the stack in the background
# make test   everything that CI runs                         make deploy           to AWS, guided (STACK=name)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

ifneq ($(words $(CURDIR)),1)
$(error The path of this clone has a blank in it, which some of the tools cannot take: move it. It is $(CURDIR))
endif

BIN := .venv/bin
SAM := .venv-sam/bin/sam
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --system-certs --require-hashes
PORTAL_CHECKS := requirements/portal/node_modules
CONTRACT_CHECKS := tests/contract/typescript/node_modules
TESTS ?= tests
JOBS ?= 2
STACK ?= order-cancellation
UPGRADE ?= --upgrade
export SAM_CLI_TELEMETRY := 0
# Where it is set, every program here, SAM and each function's process too, would compile all that it imports anew.
unexport PYTHONDONTWRITEBYTECODE
export PATH := $(CURDIR)/$(BIN):$(PATH)

# A new environment empties its directory first, and a link's target with it.
define not_a_link
if [ -L $(@D) ]; then \
  echo '$(@D) is a link; setting it up would empty what it leads to. Remove the link, then run make again.' >&2; exit 1; fi
endef

# Said before npm's absence is, in its words.
define needs_npm
command -v npm >/dev/null || { echo 'npm is needed for this, and was not found: install nodejs and npm.' >&2; exit 1; }
endef

.PHONY: help demo up down test lint scan types validate pytest bench contract mail verify deploy deploy-portal setup lock clean conformance describe destroy e2e

help: ## show this
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: setup ## start the local stack and tell the story (DEMO_EXIT=1: leave after it)
	@$(BIN)/python -m local.demo

up: setup ## start the local stack in the background
	@$(BIN)/python -m local.stack up

down: ## stop the local stack
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local.stack down; else echo 'Nothing was running.'; fi

test: lint types validate pytest ## lint, types, template, and all tests

lint: setup $(PORTAL_CHECKS)/.installed ## ruff; who may import whom; who asks, and what is written; the portal by Biome and tsc
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=layers/order_cancellation $(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python -m scripts.security_rules
	$(PORTAL_CHECKS)/.bin/biome check --config-path requirements/portal --error-on-warnings portal
	$(PORTAL_CHECKS)/.bin/tsc --project requirements/portal

scan: setup .venv-scan/.installed ## the template by cfn-lint's serverless rules and checkov, the product's code by bandit; each skip has its reason
	@mkdir -p .local
	@.venv-sam/bin/python -c 'import json, samcli.yamlhelper as yaml; read = yaml.yaml_parse(open("template.yaml").read()); del read["Metadata"]; print(json.dumps(read))' > .local/template.json
	.venv-scan/bin/cfn-lint --config-file requirements/scan-cfn-lint.yaml
	.venv-scan/bin/checkov --config-file requirements/scan.yaml --file .local/template.json
	.venv-scan/bin/bandit --quiet --recursive --configfile pyproject.toml functions layers/order_cancellation/order_cancellation scripts

types: setup ## mypy --strict
	$(BIN)/mypy .

validate: setup ## the template, as CloudFormation and SAM see it
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint --template template.yaml

pytest: setup $(CONTRACT_CHECKS)/.installed ## the tests, two processes side by side (TESTS=tests/unit for some of them, JOBS=0)
	$(BIN)/python -m pytest --numprocesses $(JOBS) $(TESTS)

bench: setup ## speed, side by side in one run (PARTS="cancels mail" for some of it; writes docs/performance.md)
	@PYTHONPATH=.:layers/order_cancellation $(BIN)/python -W ignore -m tests.benchmarks $(PARTS)

deploy-portal: setup ## publish the portal's files to the stack on AWS (STACK=name)
	@$(BIN)/python -m scripts publish-portal --stack $(STACK)

conformance: setup ## whether a deployment keeps what is promised, from outside (BASE_URL=...; without it, make up's)
	@$(BIN)/python -m scripts.conformance --base-url '$(BASE_URL)'

describe: setup ## write .local/stack.json of the stack on AWS, as make up does (STACK=name)
	@$(BIN)/python -m scripts describe --stack $(STACK)

e2e: setup ## the end-to-end tests that a deployed stack can take (STACK=name; without it, make up's stack)
	@$(if $(filter file,$(origin STACK)),,$(BIN)/python -m scripts describe --stack '$(STACK)')
	@E2E_STACK_JSON=.local/stack.json $(BIN)/python -m pytest -q tests/end_to_end

destroy: setup ## delete a sandbox on AWS with all that it holds (STACK=name CONFIRM=name)
	@$(BIN)/python -m scripts destroy --stack $(STACK) --confirm '$(CONFIRM)'

contract: setup ## write the catalog's reasons into docs/openapi.yaml
	@$(BIN)/python -m scripts.contract

mail: setup ## write the mail's template anew from scripts/mail/ (its styles go into its elements)
	@$(BIN)/python -m scripts.inline_mail

verify: setup ## the long proofs: races, histories, model, faults, mutants (SEED=, LINES=, REPLAY=; writes docs/verification.md, docs/security.md)
	@PYTHONPATH=.:layers/order_cancellation $(BIN)/python -W ignore -m tests.proofs

deploy: setup ## build, and deploy to AWS with your credentials (STACK=name)
	@$(BIN)/python -m scripts deploy --stack $(STACK)

setup: .venv/.installed .venv-sam/.installed

.venv/.installed: requirements/uv.txt requirements/development.txt
	@$(not_a_link)
	@echo 'Setting up .venv: the local cloud, the tests, the linters (seconds, once)'
	@python=$$(local/find-python) && "$$python" -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/uv.txt
	@$(INSTALL) --python $(BIN)/python --requirement requirements/development.txt
	@touch $@

.venv-sam/.installed: requirements/sam.txt | .venv/.installed
	@$(not_a_link)
	@echo 'Setting up .venv-sam: the SAM CLI (seconds, once)'
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-sam
	@$(INSTALL) --python .venv-sam/bin/python --requirement $<
	@touch $@

.venv-scan/.installed: requirements/scan.txt | .venv/.installed
	@$(not_a_link)
	@echo 'Setting up .venv-scan: cfn-lint, checkov, bandit (half a minute, once)'
	@$(UV) venv --quiet --clear --python $(BIN)/python .venv-scan
	@$(INSTALL) --python .venv-scan/bin/python --requirement $<
	@touch $@

$(PORTAL_CHECKS)/.installed: requirements/portal/package-lock.json | .venv/.installed
	@$(needs_npm)
	@echo 'Setting up the checks of the portal: Biome, TypeScript (ten seconds, once)'
	@npm ci --silent --prefix requirements/portal
	@touch $@

$(CONTRACT_CHECKS)/.installed: tests/contract/typescript/package-lock.json | .venv/.installed
	@$(needs_npm)
	@echo 'Setting up what makes a TypeScript client of the contract (ten seconds, once)'
	@npm ci --silent --prefix tests/contract/typescript
	@touch $@

lock: .venv/.installed ## renew the pinned requirements (UPGRADE= to pin only what is new in a .in file)
	@for name in requirements/uv requirements/development requirements/sam requirements/scan layers/order_cancellation/requirements \
	  requirements/peers/{boto3,chalice,powertools,decorators,fastapi}; do \
	  $(UV) pip compile --quiet --system-certs $(UPGRADE) --python-version 3.13 --generate-hashes --no-header \
	    --no-emit-index-url $$name.in --output-file $$name.txt; done
	@$(if $(UPGRADE),for checks in requirements/portal tests/contract/typescript; do \
	  npm update --silent --package-lock-only --prefix $$checks; done)

clean: down ## remove everything that was made
	rm -rf .venv .venv-sam .venv-scan .aws-sam .local
