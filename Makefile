# Two commands: `make up` and `make test`. Neither wants root or Docker; python3 >= 3.11 is enough.
# `make lock` is for those who change requirements*.in, and needs uv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help up down test chaos lock clean

help:
	@echo "make up     install what is missing, start everything, print the wall's address"
	@echo "            (options: make up ARGS='--scenario cloudburst --speed 10')"
	@echo "make down   stop everything"
	@echo "make test   install what is missing, then check and test everything, as CI does"
	@echo "make chaos  kill, cut and wipe for half an hour, and print what held; short: make chaos SEEDS=3"
	@echo "make lock   lock the requirements again (needs uv)"
	@echo "make clean  remove the installed packages; data under var/ stays"

up: $(VENV)/installed
	@exec $(BIN)/ioc up $(ARGS)

down: $(VENV)/installed
	@$(BIN)/ioc down

test: $(VENV)/installed-dev
	@$(BIN)/python deploy/check.py

SEEDS ?=
chaos: $(VENV)/installed-dev
	@$(BIN)/python -m benchmarks.chaos $(if $(SEEDS),--seeds $(SEEDS)) $(ARGS)

# A stamp beside each lock file: nothing is installed twice, a changed lock is noticed.
$(VENV)/installed: requirements.txt deploy/launcher.sh | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@install -m 755 deploy/launcher.sh $(BIN)/ioc
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); it must be 3.11 or newer: make up PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "no venv module: install python3-venv"; exit 1; }

# The result names no registry; where packages come from is the operator's business.
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links
lock:
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV)
