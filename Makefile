# Everything lives in .venv. The machine needs python3 (3.10 or newer) and make, nothing else.
PYTHON ?= python3
VENV ?= .venv
# All three orchestrators in one environment; the matrix at the end has one with each, in versions that exclude another.
CONSTRAINTS ?= constraints/all.txt
EXTRAS ?= airflow,dagster,prefect,postgres,dev,dev-dagster,dev-prefect
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install demo test test-fast storm chaos lint format typecheck imports bench verify test-airflow-matrix test-celery test-dagster-matrix test-prefect-matrix clean

install: $(STAMP)

# uv is only a faster pip: where it cannot be had or cannot reach the registry, pip does the same work. All is compiled
# here, since hundreds of processes import it, and some machines forbid Python to keep what it has compiled.
$(STAMP): pyproject.toml $(CONSTRAINTS) | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || echo "uv is not to be had; pip installs instead"
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c $(CONSTRAINTS) -e '.[$(EXTRAS)]' \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[$(EXTRAS)]'
	@$(BIN)/python -m compileall -q core integrations migrations tests
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "DataTracing needs Python 3.10 or newer. Name one: make install PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo "This Python cannot make virtual environments. Debian and Ubuntu keep that apart: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

demo: install
	@$(BIN)/datatracing demo

test: install
	$(BIN)/python -m pytest -n 2 --dist loadgroup

# The inner loop: no orchestrator is started, and no Postgres.
test-fast: install
	$(BIN)/python -m pytest -n 2 --dist loadgroup -k 'not postgres and not Postgres' tests/unit tests/contract

# The long forms of two tests. SEED=7 plays the same faults again.
storm: install
	$(BIN)/python -m pytest -n 0 -s -m apart tests/integration/airflow/test_fork_storm.py tests/integration/airflow/test_mount_attack.py

FAULTS ?= 500
chaos: install
	$(BIN)/python -m tests.chaos --faults $(FAULTS) $(if $(SEED),--seed $(SEED)) $(if $(STORE),--store $(STORE))

lint: install imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

typecheck: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

verify: lint typecheck test

bench: install
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -c $(CONSTRAINTS) -e '.[$(EXTRAS),bench]' \
	  || $(BIN)/python -m pip install --quiet -c $(CONSTRAINTS) -e '.[$(EXTRAS),bench]'
	@$(BIN)/python -m tests.bench

# The Airflow-facing tests again, each supported Airflow in an environment of its own.
test-airflow-matrix: test-airflow-3.1 test-airflow-3.2 test-airflow-3.3

test-airflow-%:
	$(MAKE) install CONSTRAINTS=constraints/airflow-$*.txt EXTRAS=airflow,postgres,dev VENV=.venv-airflow-$*
	.venv-airflow-$*/bin/python -m pytest -n 2 --dist loadgroup tests/unit/airflow tests/integration/airflow

# Tasks on a host without a scheduler, under Celery and Redis, which no other environment has.
test-celery:
	@command -v redis-server >/dev/null || { echo "Celery needs Redis. Debian and Ubuntu: apt-get install redis-server"; exit 1; }
	$(MAKE) install CONSTRAINTS=constraints/celery.txt EXTRAS=airflow,postgres,dev,dev-celery VENV=.venv-celery
	.venv-celery/bin/python -m pytest -n 0 -s -m apart tests/e2e/test_celery.py

# The same for Dagster: the oldest and the newest that are supported.
test-dagster-matrix: test-dagster-1.9 test-dagster-1.13

test-dagster-%:
	$(MAKE) install CONSTRAINTS=constraints/dagster-$*.txt EXTRAS=dagster,postgres,dev,dev-dagster VENV=.venv-dagster-$*
	.venv-dagster-$*/bin/python -m pytest -n 2 --dist loadgroup tests/unit/dagster tests/integration/dagster

# The same for Prefect. 3.9 needs Python 3.11.
test-prefect-matrix: test-prefect-3.7 test-prefect-3.8 test-prefect-3.9

test-prefect-%:
	$(MAKE) install CONSTRAINTS=constraints/prefect-$*.txt EXTRAS=prefect,postgres,dev,dev-prefect VENV=.venv-prefect-$*
	.venv-prefect-$*/bin/python -m pytest -n 2 --dist loadgroup tests/unit/prefect tests/integration/prefect

clean:
	rm -rf $(VENV) .venv-* .demo .bench dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
