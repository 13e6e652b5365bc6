# Two commands to know: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WWW := airflow_gov_provider/plugins/www
NPM := $(BIN)/python $(WWW)/npm.py
PACKAGES := $(WWW)/node_modules/.installed
BUNDLE := $(WWW)/dist/main.js
AUTO ?=
ROWS ?=
ONLY ?=
SEED ?=
PROCESSES ?= 3

.DEFAULT_GOAL := help
.PHONY: help install demo seed-demo screenshots bench-ui test chaos lint ui-types bench constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) $(BUNDLE) ## create .venv with everything that the demo and the tests need (uv when present, else pip)

# Packages come from uv where it is installed, else from pip.
INSTALL := if command -v uv >/dev/null 2>&1; then set -- uv pip install --python $(BIN)/python; else set -- $(BIN)/python -m pip install --disable-pip-version-check; fi; "$$@" --quiet --constraint constraints.txt --editable

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with `make PYTHON=python3.12 ...`")'
	@echo "installing into $(VENV); this takes a few minutes and prints nothing until it is done"
	@if test -x $(BIN)/python; then :; elif command -v uv >/dev/null 2>&1; then uv venv --quiet --python $(PYTHON) $(VENV); else $(PYTHON) -m venv $(VENV); fi
	@$(INSTALL) '.[dev]'
	@touch $@

# The pages: Node comes from the machine, or from a package in .venv where it has none.
$(PACKAGES): $(INSTALLED) $(WWW)/package-lock.json
	@echo "installing what the Governance pages are built with"
	@$(NPM) ci --no-progress --loglevel=error
	@touch $@

$(BUNDLE): $(PACKAGES) $(WWW)/vite.config.ts $(shell find $(WWW)/src -name '*.ts*' ! -name '*.test.ts*')
	@$(NPM) run --silent bundle -- --logLevel warn
	@touch $@

demo: $(INSTALLED) $(BUNDLE) ## run the governed pipeline on a real Airflow (AUTO=1: the approver answers by itself)
	@$(BIN)/python dags_examples/demo $(if $(AUTO),--auto)

seed-demo: $(INSTALLED) $(BUNDLE) ## fill a governance database with a year of history, and an Airflow that shows it (EVENTS=1000000)
	@$(BIN)/python dags_examples/seed $(if $(EVENTS),--events $(EVENTS)) $(if $(DATABASE),--database $(DATABASE))

screenshots: $(INSTALLED) $(BUNDLE) ## pictures of every page in .screenshots, and those of the README (SEEDED=.seed spares the story)
	@PYTHONPATH=tests $(BIN)/python -m browser.screenshots $(if $(SEEDED),--home $(SEEDED))

bench-ui: $(INSTALLED) $(BUNDLE) ## how fast the Audit page is in Chromium, beside Airflow's own (EVENTS=1000000)
	@$(BIN)/python benchmarks/pages.py $(if $(EVENTS),--events $(EVENTS))

# One of the processes waits for Airflow most of the time, so there is one more than two cores.
test: lint $(BUNDLE) ## lint, then every test, in several processes (PROCESSES=0: in one; SEED=7: in another order, with other examples)
	@$(NPM) test
	$(BIN)/python -m pytest -n $(PROCESSES) --durations 20 $(if $(SEED),--randomly-seed=$(SEED) --hypothesis-seed=$(SEED),--randomly-seed=1 --hypothesis-profile=same)

chaos: $(INSTALLED) ## kill tasks, servers and a database under 2,000 transitions; nothing may be missing (SEED=1)
	@PYTHONPATH=tests $(BIN)/python -m chaos $(if $(SEED),--seed $(SEED))

ui-types: $(PACKAGES) ## what the pages know of the API, from tests/golden/openapi.json
	@$(NPM) run --silent types

lint: $(INSTALLED) $(PACKAGES) ## format, style, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(NPM) run --silent check

# What is compared with needs more packages; a neighbour that cannot be installed is left out of its table.
bench: $(INSTALLED) ## the benchmarks beside their neighbours; ROWS=1000000 makes them short, ONLY="quality_gate" runs one
	@$(BIN)/python -c 'import importlib.util as u, sys; sys.exit(u.find_spec("great_expectations") is None)' || { echo "installing the extra bench into $(VENV)"; { $(INSTALL) '.[bench]'; } || echo "it could not be installed; what is missing is left out"; }
	@$(BIN)/python benchmarks/neighbours.py
	$(BIN)/python benchmarks $(if $(ROWS),--rows $(ROWS)) $(if $(ONLY),--only $(ONLY))

constraints: $(INSTALLED) ## write down the versions that are installed now
	@if command -v uv >/dev/null 2>&1; then uv pip freeze --python $(BIN)/python; else $(BIN)/python -m pip freeze; fi | grep -E '^[A-Za-z0-9._-]+==' > constraints.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) $(WWW)/node_modules $(WWW)/dist .demo .seed .screenshots .benchmarks build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
