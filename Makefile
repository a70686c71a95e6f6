# `make run` and `make test` are all a new user needs: each sets up what is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
DEV_STAMP := $(VENV)/.ready-dev
BENCH_STAMP := $(VENV)/.ready-bench
N ?= 400000
OUT ?= sample_world
TRUTH ?= sample_truth
SEED ?= 1
ARGS ?=
# Many small problems at a time: threads inside each of them only wait for each other.
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: run test check setup browser bench calibrate sample lock texts clean help
.DEFAULT_GOAL := help

help:
	@echo "make run      start Doorstep on http://127.0.0.1:8501 (demo data at the first start)"
	@echo "make test     run all tests"
	@echo "make check    lint, types, import rules"
	@echo "make setup    only set up .venv"
	@echo "make bench    speed and memory, as ratios to a baseline of the same run"
	@echo "make calibrate  error rates of the methods, by simulation"
	@echo "make sample   simulate a sample world: N=orders OUT=folder TRUTH=folder SEED=seed"
	@echo "make texts    collect texts for translation"
	@echo "make lock     renew the requirements files"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Doorstep needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt
	@touch $@

$(BENCH_STAMP): requirements-bench.txt $(DEV_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-bench.txt
	@touch $@

setup: $(DEV_STAMP)

run: $(STAMP)
	$(BIN)/python -m streamlit run serve.py $(ARGS)

browser: $(DEV_STAMP)
	@$(BIN)/python tests/e2e/find_browser.py

test: $(DEV_STAMP) browser
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(BENCH_STAMP)
	$(BIN)/python -m benchmarks $(ARGS)

calibrate: $(DEV_STAMP)
	nice -n 15 $(BIN)/python -m benchmarks.calibrate $(ARGS)

sample: $(STAMP)
	$(BIN)/python -m sample_data.simulate --orders $(N) --out $(OUT) --truth $(TRUTH) --seed $(SEED) $(ARGS)

texts: $(DEV_STAMP)
	$(BIN)/python -m ui.extract

lock: $(DEV_STAMP)
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --extra bench --constraint requirements.txt --constraint requirements-dev.txt --output-file requirements-bench.txt pyproject.toml

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
