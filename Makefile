# Two verbs set everything up: `make up` starts a farm, `make test` passes the tests.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
TESTS  ?= tests
SITE   ?= site

.PHONY: up install develop check format lint types test soak bench dist site lock clean help

help:  ## list the verbs
	@sed -n 's/^\([a-z]*\):.*## /\1  /p' $(MAKEFILE_LIST) | column -t -l 2 2>/dev/null || true

up: install  ## start a farm on loopback: chain, pool and three miners
	$(BIN)/pithead up $(ARGS)

install: $(VENV)/.run  ## create the virtual environment and install the program

develop: $(VENV)/.dev  ## the same, with the tools that check and test it

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "pithead needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python3 (this one: $$($(PYTHON) --version 2>&1))"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.python requirements/run.txt pyproject.toml setup.py $(wildcard pithead/native/*.[ch])
	$(PIP) install -q --require-hashes -r requirements/run.txt
	$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(PIP) install -q --require-hashes -r requirements/dev.txt
	@touch $@

check: develop  ## format, lint, strict types, import arrows and quick tests; two or three minutes on two cores
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --hypothesis-profile quick -m "not slow and not soak" $(TESTS)

format: develop  ## put the code into the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: develop  ## all tests but the long faults; a quarter of an hour on two cores
	$(BIN)/pytest -n auto --dist worksteal -m "not soak" $(TESTS)

soak: develop  ## the long faults
	$(BIN)/pytest -m soak --timeout 1800 $(TESTS)

bench: develop  ## the benchmarks; figures go to docs/performance.md by hand
	$(BIN)/python -m bench

dist: install  ## the source archive, and from it the wheel, into dist/
	rm -rf dist
	$(BIN)/python -c 'from setuptools import build_meta; build_meta.build_sdist("dist")' >/dev/null
	$(PIP) wheel -q --no-deps --no-build-isolation -w dist dist/pithead-*.tar.gz
	@ls dist

site: develop  ## the documentation as a site, into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build -q --strict -d $(SITE)

lock: develop  ## pin the requirements anew, by version and hash for all platforms (needs uv)
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --extra build -o requirements/run.txt
	uv pip compile -q --universal --generate-hashes --no-header --python-version 3.11 pyproject.toml --extra build --extra telemetry --group dev -c requirements/run.txt -o requirements/dev.txt

clean:  ## remove the virtual environment and what was built
	rm -rf $(VENV) build dist site *.egg-info pithead/native/*.so
