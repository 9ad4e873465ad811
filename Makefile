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
