COUNT ?= 200000
SEED ?= 1
QUERIES = airflow_provider_trackingmore/report/queries

.PHONY: demo test test-engines check format bench prove prove-moving prove-kill prove-requests fuzz clients dbt clean

demo: .venv/.ready # run the daily Dag against the sandbox, or the real service
	@.venv/bin/python scripts/demo.py

test: .venv/.ready # run the tests
	.venv/bin/python -m pytest

test-engines: .tools/engines/.ready # run the models on Spark and PostgreSQL and compare
	.tools/engines/bin/python -m pytest tests/engines

check: .venv/.ready # lint, format, types, SQL
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/sqlfluff lint --processes 2 sql $(QUERIES)

format: .venv/.ready # put code and SQL into form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/sqlfluff fix --processes 2 sql $(QUERIES)

prove-kill: .venv/.ready # kill a run at every place where it changes a file
	@.venv/bin/python tests/kill

bench: .tools/bench/.ready # measure beside other ways, as ratios
	@.tools/bench/bin/python benchmarks/run.py

prove: prove-moving prove-kill fuzz prove-requests # all the long runs, one after the other; some hours

prove-requests: .venv/.ready # requests of a window beside its pages, and their pace beside the limit
	.venv/bin/python benchmarks/spread.py

prove-moving: .venv/.ready # 10,000 stories of a service that moves while it is read; about an hour
	.venv/bin/python scripts/prove_moving.py 10000

fuzz: .venv/.ready # decode COUNT pages no service should send, made from SEED
	@PYTHONPATH=tests .venv/bin/python tests/tables/fuzzing.py --count $(COUNT) --seed $(SEED)

clients: .tools/clients/.ready # bring the published clients that the sandbox is tested with

dbt: .tools/dbt/.ready # bring dbt, for which sql is a project too

clean: # remove what the other targets made
	rm -rf .venv .tools .fuzz demo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.ready: pyproject.toml tests/constraints/development.txt scripts/environment
	@scripts/environment .venv --editable '.[sandbox,report]' --group dev \
		--constraint tests/constraints/development.txt

.tools/clients/.ready: .venv/.ready scripts/clients
	@scripts/clients

.tools/bench/.ready: pyproject.toml benchmarks/peers.txt scripts/environment
	@scripts/environment .tools/bench --editable '.[sandbox]' --requirement benchmarks/peers.txt

.tools/dbt/.ready: pyproject.toml tests/constraints/dbt.txt scripts/environment
	@scripts/environment .tools/dbt --group dbt --constraint tests/constraints/dbt.txt

.tools/engines/.ready: pyproject.toml tests/constraints/engines.txt scripts/environment
	@scripts/environment .tools/engines --editable '.[sandbox]' --group engines \
		--constraint tests/constraints/engines.txt
