# Two commands to know: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
AUTO ?=
ROWS ?= 10000000

.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench constraints clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## create .venv with everything that the demo and the tests need (uv when present, else pip)

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; name one with `make PYTHON=python3.12 ...`")'
	@echo "installing into $(VENV); this takes a few minutes and prints nothing until it is done"
	@set -e; if command -v uv >/dev/null 2>&1; then \
		test -x $(BIN)/python || uv venv --quiet --python $(PYTHON) $(VENV); \
		uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[dev]'; \
	else \
		test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'; \
	fi
	@touch $@

demo: $(INSTALLED) ## run the governed pipeline on a real Airflow (AUTO=1: the approver answers by itself)
	@$(BIN)/python dags_examples/demo $(if $(AUTO),--auto)

test: lint ## lint, then every test
	$(BIN)/python -m pytest

lint: $(INSTALLED) ## format, style, types and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED) ## the benchmarks; ROWS=1000000 makes them short
	@$(BIN)/python -m pip show great-expectations >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --constraint constraints.txt '.[bench]'
	$(BIN)/python benchmarks --rows $(ROWS)

constraints: $(INSTALLED) ## write down the versions that are installed now
	@$(BIN)/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9._-]+==' > constraints.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) .demo .benchmarks build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
