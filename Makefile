# make demo   the product on this machine, and its story      make up / make down   the stack in the background
# make test   everything that CI runs                         make deploy           to AWS, guided

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

BIN := .venv/bin
SAM := .venv-sam/bin/sam
TESTS ?= tests
STACK ?= order-cancellation
export SAM_CLI_TELEMETRY := 0
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo up down test lint types validate pytest bench verify deploy deploy-portal setup lock clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: setup ## start the local stack and tell the story (DEMO_EXIT=1: leave after it)
	@$(BIN)/python -m local.demo

up: setup ## start the local stack in the background
	@$(BIN)/python -m local.stack up

down: ## stop the local stack
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local.stack down; else echo 'Nothing was running.'; fi

test: lint types validate pytest ## lint, types, template, and all tests

lint: setup ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy --strict
	$(BIN)/mypy layers/order_cancellation/order_cancellation local scripts benchmarks verification tests
	@for app in functions/*/app.py; do $(BIN)/mypy "$$app" | sed "s|^Success|$$app: success|"; done

validate: setup ## the template, as CloudFormation and SAM see it
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint --template template.yaml

pytest: setup ## the tests (TESTS=tests/unit for some of them)
	$(BIN)/python -m pytest $(TESTS)

bench: setup ## speed, side by side in one run
	@PYTHONPATH=.:layers/order_cancellation $(BIN)/python -m benchmarks.summaries

deploy-portal: setup ## publish the portal's files to the stack on AWS (STACK=name)
	$(BIN)/python -m scripts.publish_portal --stack $(STACK)

verify: setup ## the long proofs: races, histories, model, faults, mutants (SEED=, LINES=, REPLAY=; writes docs/verification.md)
	@PYTHONPATH=.:layers/order_cancellation $(BIN)/python -W ignore -m verification

deploy: setup ## build, and deploy to AWS with your credentials
	$(SAM) build
	$(SAM) deploy --guided

setup: .venv/.installed .venv-sam/.installed

.venv/.installed: requirements/development.txt
	@echo 'Setting up .venv: the local cloud, the tests, the linters (a minute, once)'
	@$$(local/find-python) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

.venv-sam/.installed: requirements/sam.txt
	@echo 'Setting up .venv-sam: the SAM CLI (half a minute, once)'
	@$$(local/find-python) -m venv --clear .venv-sam
	@.venv-sam/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

lock: setup ## renew the pinned requirements
	@$(BIN)/python -m pip install --quiet uv
	@for name in requirements/development requirements/sam layers/order_cancellation/requirements; do \
	  $(BIN)/python -m uv pip compile --quiet --upgrade --python-version 3.13 --generate-hashes --no-header --no-emit-index-url \
	    $$name.in --output-file $$name.txt; done

clean: down ## remove everything that was made
	rm -rf .venv .venv-sam .aws-sam .local
