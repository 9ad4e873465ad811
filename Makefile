# Everything a developer or an operator of a checkout does has one word here; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 3977
UV ?= uv

# A stamp names the hash of what it was made from, so that only a change of the locks or of the project's
# metadata reinstalls anything, and a checkout moved between branches never runs on the wrong packages.
BASE_STAMP := $(VENV)/.base-$(shell cat requirements/base.txt pyproject.toml | sha256sum | cut -c1-16)
DEV_STAMP := $(VENV)/.dev-$(shell cat requirements/base.txt requirements/dev.txt pyproject.toml | sha256sum | cut -c1-16)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help
help: ## List what can be made.
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sort | awk -F':.*?## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The packages come by hash; the checkout itself is then installed in place, without looking anything up.
$(BASE_STAMP): | $(BIN)/python
	@echo "Installing the locked packages into $(VENV) (once, until a lock changes)…"
	$(PIP) install --require-hashes -r requirements/base.txt
	$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@rm -f $(VENV)/.base-*
	@touch $@

$(DEV_STAMP): $(BASE_STAMP)
	@echo "Installing the locked tools of development into $(VENV)…"
	$(PIP) install --require-hashes -r requirements/dev.txt
	@rm -f $(VENV)/.dev-*
	@touch $@

.PHONY: setup
setup: $(DEV_STAMP) ## Make .venv with the product, its libraries and the tools of development.

.PHONY: demo
demo: $(BASE_STAMP) ## Run the demo company on http://localhost:3977 (PORT=…), database included.
	$(BIN)/clientela demo --port $(PORT)

.PHONY: serve
serve: $(BASE_STAMP) ## Run the server on the data directory ./datos (or what CLIENTELA_… says).
	$(BIN)/clientela serve --port $(PORT)

.PHONY: check
check: setup check-format check-lint check-types check-imports check-migrations check-dependencies ## All static checks.

.PHONY: check-format
check-format:
	$(BIN)/ruff format --check --quiet .

.PHONY: check-lint
check-lint:
	$(BIN)/ruff check --quiet .

.PHONY: check-types
check-types:
	$(BIN)/mypy --no-error-summary

.PHONY: check-imports
check-imports:
	$(BIN)/lint-imports --no-logo --cache-dir .cache/imports

.PHONY: check-migrations
check-migrations:
	@rm -rf .cache/sql
	$(BIN)/python -m tools.migration_sql .cache/sql
	$(BIN)/squawk --config .squawk.toml .cache/sql/*.sql

.PHONY: check-dependencies
check-dependencies:
	$(BIN)/deptry src

.PHONY: format
format: setup ## Put every file into the house's form.
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .

.PHONY: docs
docs: setup ## Write the generated references and the OpenAPI file anew from the code.
	$(BIN)/python -m tools.generate_docs

# The suite runs twice on a build machine: on the embedded PostgreSQL, and all that depends on the server also on
# Debian's 15. At a desk the second turn is `make test-debian`.
PYTEST := $(BIN)/python -m pytest --quiet
PARALLEL ?= 2
GATE := not long and not serial
# The embedded server itself, the rig, broken processes and wires, races, and what is asked of every route alike
# (rights, hostile values, limits, random requests): they tell nothing new on another server, whose functions and plans
# all the other tests exercise.
NOT_ON_DEBIAN := --ignore tests/postgres --ignore tests/rig --ignore tests/demo --ignore tests/api \
  --ignore tests/zonas --ignore tests/ws --ignore tests/faults --ignore tests/races --ignore tests/identidad/test_flood.py

# Many tests measure time or race on a shared machine: what failed is asked once more, alone. The first answer stays
# in the log and wants looking at; a failure that repeats fails the gate.
AGAIN := $(PYTEST) --last-failed --last-failed-no-failures none -m "not long"

.PHONY: test
test: setup check ## The gate: static checks and every test (CI=true: also on Debian's PostgreSQL 15).
	$(PYTEST) -n $(PARALLEL) -m "$(GATE)" || $(AGAIN)
	$(PYTEST) -m "serial and not long" || $(AGAIN)
ifeq ($(CI),true)
	$(MAKE) test-debian
endif

.PHONY: test-debian
test-debian: setup ## The tests that depend on the database, on Debian's PostgreSQL 15 (package postgresql-15).
	$(BIN)/python -m tests.tools.debian $(PYTEST) -n $(PARALLEL) -m "$(GATE)" $(NOT_ON_DEBIAN) || \
	  $(BIN)/python -m tests.tools.debian $(AGAIN)

# What has to do with dates, asked where the machine and the database live elsewhere: no answer may differ.
ZONED := tests/postventa tests/pedidos tests/entregas tests/cobranza tests/clientes tests/catalogo tests/organizacion \
  tests/core tests/zonas
.PHONY: test-zonas
test-zonas: setup ## The tests of dates and limits, with the machine in three zones and the database in two (PARALLEL=…).
	for machine in UTC America/La_Paz Pacific/Kiritimati; do for base in UTC America/El_Salvador; do \
	  echo "The machine in $$machine, the database in $$base"; \
	  TZ=$$machine TEST_TIMEZONE=$$base $(PYTEST) -n $(PARALLEL) -m "$(GATE)" $(ZONED); \
	done; done

.PHONY: test-long
test-long: setup check ## The nightly counts, hours; also asks for known vulnerabilities of the locked packages.
	$(PYTEST) -m long --timeout 7200
	$(BIN)/pip-audit --requirement requirements/base.txt --disable-pip --require-hashes

.PHONY: bench
bench: setup ## Measure the hot routes against PostgreSQL's own limit; results in bench/results.
	$(BIN)/python -m bench

.PHONY: lock
lock: ## Renew requirements/*.txt from pyproject.toml (needs uv on the PATH; UPGRADE=--upgrade for new versions).
	$(UV) pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	  pyproject.toml --group build -o requirements/base.txt
	$(UV) pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	  pyproject.toml --group build --group dev -c requirements/base.txt -o requirements/dev.txt

.PHONY: clean
clean: ## Remove the virtual environment and every cache (never ./datos).
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .cache
