# Two commands matter: `make run` and `make test`. Each sets up whatever is missing first.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RUN_ARGS ?=
TEST_ARGS ?=
# More processes than two cores: a test that drives a browser mostly waits. Each has a database server and a browser.
TEST_PROCESSES := -n 3 --dist worksteal

# Compiled modules are kept: tests start many short processes of the server.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench lock dist sbom limits types clean setup

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml tools/bootstrap.sh
	tools/bootstrap.sh venv "$(PYTHON)" "$(VENV)"
	touch $(STAMP)

## The server on http://localhost:8080 with its embedded defaults, a demo clinic and a demo doctor.
run: $(STAMP)
	$(BIN)/keneya demo $(RUN_ARGS)

## Every test, browsers and emulated links included; `TEST_ARGS="-n0 tests/sim"` runs a part in one process.
test: $(STAMP)
	tools/bootstrap.sh browser
	tools/bootstrap.sh firefox
	tools/bootstrap.sh database
	$(BIN)/python -m pytest $(TEST_PROCESSES) $(TEST_ARGS)

## What a reviewer runs before reading: style and types.
check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	tools/bootstrap.sh typescript
	tools/tsc-check.sh
	$(BIN)/python -m tools.shape

## The numbers of the README, measured on this machine.
bench: $(STAMP)
	tools/bootstrap.sh browser
	$(BIN)/python -m benchmarks.forward
	$(BIN)/python -m benchmarks.downscale
	$(BIN)/python -m benchmarks.records
	$(BIN)/python -m benchmarks.call --profile edge --seconds 30
	$(BIN)/python -m benchmarks.call --down 64 --up 64 --rtt 200 --seconds 30

## Renew the lock files: hashes of every package, no address of any registry. One to develop, one for a server.
LOCK := $(BIN)/uv pip compile --quiet pyproject.toml --generate-hashes --no-annotate --no-header \
    --no-emit-index-url --python-version 3.11
lock: $(STAMP)
	$(BIN)/python -m pip install --quiet "uv>=0.13,<1"
	$(LOCK) --extra dev -o requirements.lock
	$(LOCK) --extra postgresql --constraint requirements.lock -o requirements-server.lock

## The wheel and the sdist, the same bytes of the same tree everywhere, and the bill of materials beside them.
dist: $(STAMP)
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist
	$(MAKE) sbom

## What a running server is made of, as a CycloneDX bill of materials.
sbom: $(STAMP)
	mkdir -p dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-format JSON \
	    --output-file dist/keneya.cdx.json requirements-server.lock

## Write the pages' declarations of the signaling messages anew, after a change of signaling/messages.
limits: $(STAMP)
	$(BIN)/python -m tools.limits

types: $(STAMP)
	$(BIN)/python -m tools.message_types

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache node_modules
