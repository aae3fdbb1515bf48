# `make run`, `make test`, `make bench`: all set-up on a machine with Python 3.11+ and make, then the thing itself.
#   `make checks` and `make suite` are the two halves of `make test`.
#   make run ARGS="--console-port 8080 --no-demo"
# A stamp per lock file says what is installed, so that a second start installs nothing.

# Distributions build Python with profile-guided optimisation, version managers often do not: the gateway and the
# tests take a third less time with /usr/bin's (measured on Debian 12 beside a pyenv build of 3.11).
PYTHON ?= $(shell for name in /usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3.13 python3.11 python3.12 python3.13 python3 python3.14 python; do \
	$$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$name && break; done)
BIN := .venv/bin
# Without byte-compiling: half of an install's time would go into modules that nobody imports.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes

.PHONY: run test checks suite bench

run: .venv/run.stamp
	@$(BIN)/python manage.py up $(ARGS)

# The checks beside the tests, on two cores. Compiled modules are kept: the tests start dozens of processes.
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/test.stamp
	@$(MAKE) --no-print-directory --jobs 2 checks suite

checks: .venv/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy aiops tests benchmarks manage.py
	$(BIN)/djlint --lint --quiet templates
	SECRET_KEY=unused AIOPS_ENCRYPTION_KEY=unused $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

suite: .venv/test.stamp
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term --cov-fail-under=95 $(ARGS)

bench: .venv/test.stamp
	@$(BIN)/python -m benchmarks $(ARGS)

.venv/made.stamp:
	@test -n "$(PYTHON)" || { echo "aiops needs Python 3.11 or newer with its venv module (on Debian and Ubuntu: python3-venv)." >&2; exit 2; }
	@echo "Making .venv with $(PYTHON) ..."
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/run.stamp: requirements.lock .venv/made.stamp
	@echo "Installing requirements.lock ..."
	@$(PIP) -r requirements.lock
	@touch $@

.venv/test.stamp: requirements-dev.lock .venv/run.stamp
	@echo "Installing requirements-dev.lock ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@
