# Every target is one line of `make help`. The first call of any of them prepares .venv/ by itself.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

UV_VERSION := 0.13.9
UV := $(shell if uv --version >/dev/null 2>&1; then echo uv; else echo .uv/bin/uv; fi)
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python3.14; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$python; break; fi; done)

# uv must neither fetch a Python of its own nor follow a virtual environment that happens to be active.
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := .venv
# Certificates of the machine, as pip uses them: behind a company's proxy no others do.
export UV_SYSTEM_CERTS ?= true
unexport VIRTUAL_ENV
# Each command is a Python process: starting it takes twice as long where nothing compiled is kept.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
READY := .venv/.ready
# A package is typed, and says so by py.typed.
PACKAGES := $(patsubst %/,%,$(dir $(wildcard */*/py.typed plugins/*/*/*/py.typed)))
PROJECTS := $(wildcard pyproject.toml */pyproject.toml plugins/*/*/pyproject.toml)
TEST_FOLDERS := $(wildcard */tests plugins/*/*/tests tests)
PYTEST_ARGS ?= -n 2 --dist worksteal -m "not slow"

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
		while IFS=$$'\t' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

.PHONY: setup
setup: $(READY) ## Put everything into .venv/ (needs Python 3.11+, git and make)

$(READY): uv.lock $(PROJECTS) $(if $(filter .uv/%,$(UV)),.uv/bin/uv)
	@test -n "$(PYTHON)" || { echo "make setup: no Python 3.11 or newer found; install one or say PYTHON=/path/to/python3" >&2; exit 1; }
	$(UV) sync --locked --quiet --python "$(PYTHON)"
	@touch $@
	@echo "Ready: .venv/bin holds meltano, tap-stripe-ext, tap-monstock, map-payments, target-monstock and sandbox."

.uv/bin/uv:
	@test -n "$(PYTHON)" || { echo "make setup: no Python 3.11 or newer found; install one or say PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# A plugin of others, in an environment of its own, at the versions and hashes of its lock. Meltano
# would keep the one that is there when the lock changes: it looks at the lock's name alone.
LOADER := .meltano/loaders/target-duckdb/.ready

$(LOADER): plugins/locks/target-duckdb.txt | $(READY)
	@MELTANO_SYS_DIR_ROOT="$(CURDIR)/.meltano" $(BIN)/meltano --log-level=error \
		install --clean loader target-duckdb
	@touch $@

.PHONY: demo
demo: $(READY) $(LOADER) ## Show both directions on two sandboxes, and the proof that both sides agree
	@PYTHONPATH=scripts $(BIN)/python -m demo

.PHONY: test
test: $(READY) ## Run the tests (PYTEST_ARGS="-m slow" for the long ones)
	$(BIN)/pytest $(PYTEST_ARGS)

.PHONY: lint
lint: $(READY) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory types

# Each tests folder by itself: two packages may name a test module alike. A test function may go
# without annotations; one that has them is held to them.
.PHONY: types
types: $(READY)
	$(BIN)/mypy $(PACKAGES) $(wildcard scripts benchmarks)
	@for folder in $(TEST_FOLDERS); do echo "mypy $$folder"; $(BIN)/mypy --allow-untyped-defs \
		--allow-incomplete-defs --allow-untyped-calls --no-check-untyped-defs "$$folder"; done

.PHONY: format
format: $(READY) ## Put the code into the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: schemas
schemas: $(READY) ## Write the generated files again: schemas, the sandbox's resources, plugin definitions
	$(BIN)/python -m tap_stripe_ext.schemas
	$(BIN)/python -m monstock_stripe_sandbox.resources
	$(BIN)/python scripts/plugin_definitions.py

.PHONY: bench
bench: $(READY) ## Measure requests and seconds per payment
	$(BIN)/python -m benchmarks

.PHONY: chaos
chaos: $(READY) ## Break the live pipeline in 200 ways (CHAOS_ARGS="--seed 7" for the same ones)
	PYTHONPATH=tests $(BIN)/python -m chaos $(CHAOS_ARGS)

.PHONY: dist
dist: $(READY) ## Build the wheels of all packages into dist/
	@rm -rf dist
	@$(UV) build --quiet --wheel --all-packages --out-dir dist
	@ls dist

.PHONY: clean
clean: ## Remove what was installed, built and cached (not your .env, ledger or state)
	rm -rf .venv .uv .meltano/loaders .sandbox output dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
