# hdrbatch: every target needs only Python 3.11 and make.
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
# output folder of make local-test
OUT ?= local-test
# photographs to try the result on: one folder per bracket
REAL ?= ../shared/real
PIP_ARGS ?=
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS)
# kinds of result whose code changed (make versions): with the same results, or with others; all, or KIND,...
SAME ?=
OTHER ?=
# zip or folder of advisories in the OSV format (make advisories)
ADVISORIES ?=
# changed modules that no golden output runs (it says which), if you compared their results yourself
UNTESTED ?=
# tests run in two processes; PARALLEL= runs them one after the other
PARALLEL ?= --numprocesses=2 --dist=worksteal

# Tests start hundreds of Python processes; each would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup lock local-test test test-fast test-slow coverage golden mutations test-cluster images advisories catalogue versions
.PHONY: lint type bench clean distclean
.DEFAULT_GOAL := setup

INSTALLED := $(VENV)/.installed

setup: $(INSTALLED)  ## create .venv and install everything into it

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

local-test: setup  ## run the whole chain on this machine; ends with a page to look at
	PATH="$(CURDIR)/$(BIN):$$PATH" sh jobs/local-test.sh '$(STORE)' '$(OUT)' '$(REAL)'

test: lint type coverage test-slow  ## run linters, type checks and all tests

test-fast: setup  ## run all tests but renders, trainings, servers, browsers, packages and containers
	$(BIN)/python -m pytest --fast $(PARALLEL)

coverage: setup  ## run the fast tests; fails if they cover fewer lines than pyproject.toml demands
	$(BIN)/python -m pytest --fast $(PARALLEL) --cov --cov-report=

test-slow: setup  ## run the other half of the tests
	$(BIN)/python -m pytest --slow $(PARALLEL)

golden: setup  ## regenerate the texts that commands print and submit; read the diff before you commit it
	HDRBATCH_UPDATE_GOLDEN=1 $(BIN)/python -m pytest -m golden tests/cli tests/submit

test-cluster: setup  ## test with a real Slurm, containers and S3; needs root or sudo, installs Debian packages
	HDRBATCH_TEST_CLUSTER=1 $(BIN)/python -m pytest tests/cluster tests/containers

images:  ## build the container images with podman or docker; see containers/build for options
	containers/build

advisories: setup  ## compare the locked packages with advisories that you have downloaded; fetches nothing
	$(BIN)/python requirements/advisories.py '$(ADVISORIES)'

catalogue: setup  ## examine the full job's scenes by previews; rejected seeds are excluded from all jobs
	$(BIN)/hdrbatch scenes preview render --table hdrbatch/catalogue/examined.csv

versions: setup  ## list the results whose code changed; SAME= and OTHER= record them
	$(BIN)/python -m tests.versions --same '$(SAME)' --other '$(OTHER)' --untested '$(UNTESTED)'

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

type: setup
	$(BIN)/mypy

bench: setup  ## measure where the time goes
	$(BIN)/python -m tests.bench

mutations: setup  ## introduce random faults into a copy of the package; lists those no fast test notices
	$(BIN)/python -m tests.bench.mutations

clean:  ## remove results and caches
	rm -rf $(OUT) build dist *.egg-info .pytest_cache .coverage .mypy_cache .ruff_cache .hypothesis .golden-cache
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean  ## also remove the environment
	rm -rf .venv .venv-*
