# Every target sets up what it needs; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest
WORKERS ?= 2
ARGS ?=
SEEDS ?= 200

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt scripts/setup.sh
	@scripts/setup.sh $(VENV)
	@touch $@

.PHONY: install
install: $(STAMP) ## Set up .venv and nothing else

.PHONY: run
run: $(STAMP) ## Start everything on the embedded sandbox (ARGS="--once --json" ends by itself)
	@$(BIN)/pardot-odoo up $(ARGS)

.PHONY: test
test: $(STAMP) ## Tests that need Python alone
	$(PYTEST) -q -n $(WORKERS) --dist loadfile -m "not odoo and not browser and not postgres" $(ARGS)

.PHONY: test-odoo
test-odoo: $(STAMP) ## Contract and end-to-end tests on a real Odoo 19 (installs it as root on Debian)
	@scripts/require.sh odoo
	REQUIRE_REAL_ODOO=1 $(PYTEST) -q -m "odoo and not browser" $(ARGS)

.PHONY: test-browser
test-browser: $(STAMP) ## Tests that look at the pages in Chromium (installs it as root on Debian)
	@scripts/require.sh chromium odoo
	REQUIRE_REAL_ODOO=1 REQUIRE_BROWSER=1 $(PYTEST) -q -m browser $(ARGS)

.PHONY: test-postgres
test-postgres: $(STAMP) ## The ledger's tests on PostgreSQL (installs it as root on Debian)
	@scripts/require.sh postgresql
	REQUIRE_POSTGRES=1 $(PYTEST) -q -n $(WORKERS) --dist loadfile -m postgres $(ARGS)

.PHONY: bench
bench: $(STAMP) ## Measurements (PART=batch_shape for one); results go to bench/results
	$(BIN)/python -m bench $(if $(PART),--part $(PART)) $(ARGS)

.PHONY: soak
soak: $(STAMP) ## Kill processes under load, round by round (ARGS="--rounds 100 --ledger postgres")
	$(BIN)/python -m pardot_odoo_pipeline_tests.soak $(ARGS)

.PHONY: simulate
simulate: $(STAMP) ## Play seeds of the simulated whole, going on after the last (SEEDS=1000 ARGS=--crashes)
	$(BIN)/python -m pardot_odoo_pipeline_tests.simulation --seeds $(SEEDS) $(ARGS)

.PHONY: lint
lint: $(STAMP) ## Style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy pardot_odoo_pipeline
	DAGSTER_HOME= $(BIN)/dagster definitions validate

.PHONY: format
format: $(STAMP) ## Put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: clean
clean: ## Remove .venv and what building left; data in .pipeline stays
	rm -rf $(VENV) build *.egg-info
