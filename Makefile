# hdrbatch: every target starts from nothing but Python 3.11 and make.
# Python 3.12 and 3.13 (PYTHON=python3.12) have an environment of their own, with numpy 2 and without Blender.
PYTHON ?= python3.11
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
VENV := $(if $(filter 3.11,$(VERSION)),.venv,.venv-$(VERSION))
LOCK := requirements/python$(if $(filter 3.11,$(VERSION)),3.11,3.12).lock
# what is installed; without train, tests that need torch are skipped
EXTRAS ?= render,train,raw,dev
BIN := $(VENV)/bin
# folder (default) or s3 (the embedded S3 server)
STORE ?= folder
# where make local-test puts its results
OUT ?= local-test
# photographs to try the result on, a folder of brackets each
REAL ?= ../shared/real
PIP_ARGS ?=
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS)

.PHONY: setup lock local-test test test-cluster images catalogue lint type bench clean distclean
.DEFAULT_GOAL := setup

INSTALLED := $(VENV)/.installed

setup: $(INSTALLED)  ## create .venv and install into it

# The locked packages by their hashes, then torch, whose wheel is the machine's choice (see requirements/lock), and the
# checkout itself. What is installed by then stays as it is.
$(INSTALLED): pyproject.toml setup.py $(LOCK)
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --requirement $(LOCK)
	$(PIP) --no-build-isolation --editable '.[$(EXTRAS)]'
	$(if $(filter .venv,$(VENV)),$(BIN)/hdrbatch doctor --store $(VENV)/doctor-store,$(BIN)/hdrbatch --version)
	touch $@

lock: setup  ## the lock files anew from pyproject.toml; UPGRADE=1 raises what they pin
	UV=$(BIN)/uv requirements/lock $(if $(UPGRADE),--upgrade)

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
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean  ## and the environment
	rm -rf .venv .venv-*
