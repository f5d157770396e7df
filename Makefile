# Everything a new machine needs is git, make and Python >= 3.11.
PYTHON ?= python3
BIN := .venv/bin
HOME_FOLDER ?= home
UI_PORT ?= 3000

export DAGSTER_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1
# trust what the system trusts, as behind the proxy of a company
export UV_SYSTEM_CERTS := 1

.PHONY: demo test spark-test lint format ui docs manifest bench clean

## demo: generate the demo market, run all of it through Dagster, publish, print what came of it
demo: .venv/installed
	$(BIN)/selltrace --home $(HOME_FOLDER) demo

## test: every test, unit, pipeline and conventions
test: .venv/installed manifest
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

## spark-test: the models on Spark against DuckDB, on the demo market, with gates and release; needs Java 17
spark-test: .venv/installed .venv-spark/installed manifest
	$(BIN)/python -m pytest -m spark tests/pipeline/test_spark.py

## lint: style, types and SQL
lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	home=$$(mktemp -d) && DBT_TARGET_PATH=$$home/target SELLTRACE_HOME=$$home $(BIN)/sqlfluff lint --processes 1 dbt_project/models dbt_project/tests; \
	    status=$$?; rm -rf $$home; exit $$status

## format: mend what style tools can mend
format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## ui: webserver and daemon on 127.0.0.1, until interrupted
ui: .venv/installed
	$(BIN)/selltrace --home $(HOME_FOLDER) ui --port $(UI_PORT)

## docs: the dbt docs as one page, in the current release
docs: .venv/installed
	$(BIN)/selltrace --home $(HOME_FOLDER) docs

## manifest: parse the dbt project for Dagster
manifest: .venv/installed
	$(BIN)/python -m orchestration.transform.manifest

## bench: the same work by selltrace, plain SQL, polars and pandas, on a market of N lines
N ?= 1e6
ROUNDS ?= 3
BENCH_FOLDER ?= $(HOME_FOLDER)/bench
bench: .venv/installed manifest
	mkdir -p $(BENCH_FOLDER)
	$(BIN)/python -m benchmarks.bench $(N) --folder $(abspath $(BENCH_FOLDER)) --rounds $(ROUNDS)

## clean: remove the demo's home and what tools left
clean:
	rm -rf $(HOME_FOLDER) dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache

.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch .venv/installed

# pyspark stands apart: beside it great_expectations ends the process without a word
.venv-spark/installed: requirements-spark.lock .venv/installed
	$(PYTHON) -m venv .venv-spark
	$(BIN)/uv pip sync --quiet --python .venv-spark/bin/python --compile-bytecode --require-hashes requirements-spark.lock
	touch .venv-spark/installed
