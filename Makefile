# hdrbatch: every target starts from nothing but Python 3.11 and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# folder (default) or s3 (the embedded S3 server)
STORE ?= folder
# where make local-test puts its results
OUT ?= local-test
# photographs to try the result on, a folder of brackets each
REAL ?= ../shared/real
PIP_ARGS ?=

.PHONY: setup local-test test test-cluster images catalogue lint type bench clean distclean
.DEFAULT_GOAL := setup

INSTALLED := $(VENV)/.installed

setup: $(INSTALLED)  ## create .venv and install into it

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[render,train,raw,dev]'
	$(BIN)/hdrbatch doctor --store $(VENV)/doctor-store
	touch $@

local-test: setup  ## the whole chain on this machine, ending with a page to look at
	PATH="$(CURDIR)/$(BIN):$$PATH" sh jobs/local-test.sh '$(STORE)' '$(OUT)' '$(REAL)'

test: lint type  ## linters, types and all tests
	$(BIN)/python -m pytest

test-cluster: setup  ## Slurm, containers and S3 for real: needs root or sudo, installs Debian packages
	HDRBATCH_TEST_CLUSTER=1 $(BIN)/python -m pytest tests/cluster tests/containers

images:  ## the container images, with podman or docker; containers/build says what can be set
	containers/build

catalogue: setup  ## previews of the full job's scenes; the seeds that they refuse are left out of all jobs
	$(BIN)/hdrbatch scenes preview render --table hdrbatch/catalogue/examined.csv

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

type: setup
	$(BIN)/mypy

bench: setup  ## where the time goes, measured
	$(BIN)/python -m tests.bench

clean:  ## results and caches
	rm -rf $(OUT) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## and the environment
	rm -rf $(VENV)
