# hdrbatch: every target needs only Python 3.11 and make.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# folder (default) or s3 (the embedded S3 server)
STORE ?= folder
# output folder of make local-test
OUT ?= local-test
# photographs to try the result on: one folder per bracket
REAL ?= ../shared/real
PIP_ARGS ?=
# kinds of result whose code changed (make versions): with the same results, or with others; all, or KIND,...
SAME ?=
OTHER ?=

.PHONY: setup local-test test test-cluster images catalogue versions lint type bench clean distclean
.DEFAULT_GOAL := setup

INSTALLED := $(VENV)/.installed

setup: $(INSTALLED)  ## create .venv and install everything into it

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e '.[render,train,raw,dev]'
	$(BIN)/hdrbatch doctor --store $(VENV)/doctor-store
	touch $@

local-test: setup  ## run the whole chain on this machine; ends with a page to look at
	PATH="$(CURDIR)/$(BIN):$$PATH" sh jobs/local-test.sh '$(STORE)' '$(OUT)' '$(REAL)'

test: lint type  ## run linters, type checks and all tests
	$(BIN)/python -m pytest

test-cluster: setup  ## test with a real Slurm, containers and S3; needs root or sudo, installs Debian packages
	HDRBATCH_TEST_CLUSTER=1 $(BIN)/python -m pytest tests/cluster tests/containers

images:  ## build the container images with podman or docker; see containers/build for options
	containers/build

catalogue: setup  ## examine the full job's scenes by previews; rejected seeds are excluded from all jobs
	$(BIN)/hdrbatch scenes preview render --table hdrbatch/catalogue/examined.csv

versions: setup  ## list the results whose code changed; SAME= and OTHER= record them
	$(BIN)/python -m tests.versions --same '$(SAME)' --other '$(OTHER)'

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

type: setup
	$(BIN)/mypy

bench: setup  ## measure where the time goes
	$(BIN)/python -m tests.bench

clean:  ## remove results and caches
	rm -rf $(OUT) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .golden-cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## also remove the environment
	rm -rf $(VENV)
