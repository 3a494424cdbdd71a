COUNT ?= 200000
SEED ?= 1
QUERIES = airflow_provider_trackingmore/report/queries

.PHONY: demo test test-engines check format bench clients dbt duckdb clean prove prove-moving prove-kill prove-requests
.PHONY: prove-increment prove-worlds fuzz bench-models

demo: .venv/.ready # run the daily Dag against the sandbox, or the real service
	@.venv/bin/python scripts/demo.py

test: .venv/.ready # run the tests
	.venv/bin/python -m pytest -n auto --dist loadfile

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
	@.tools/bench/bin/python benchmarks/run.py; met=$$?; \
		echo; .tools/bench/bin/python benchmarks/models.py 200000 && exit $$met

bench-models: .tools/bench/.ready # all models of 1,000,000 trackings beside the same marts in polars
	@.tools/bench/bin/python benchmarks/models.py 1000000

# all the long runs, one after the other; some hours
prove: prove-moving prove-kill fuzz prove-requests prove-increment prove-worlds

prove-requests: .venv/.ready # requests of a window beside its pages, and their pace beside the limit
	.venv/bin/python benchmarks/spread.py

prove-increment: .venv/.ready # a day's merge into 10 million trackings beside one into 1 million; 10 GB of disk
	.venv/bin/python benchmarks/increment.py 1000000 10000000 50000

prove-moving: .venv/.ready # 10,000 stories of a service that moves while it is read; two to three hours
	.venv/bin/python scripts/prove_moving.py 10000

prove-worlds: .venv/.ready # intervals of delivery times beside the truth of 1,000 worlds; ten minutes
	.venv/bin/python scripts/prove_worlds.py 1000

fuzz: .venv/.ready # decode COUNT pages no service should send, made from SEED
	@PYTHONPATH=tests .venv/bin/python tests/tables/fuzzing.py --count $(COUNT) --seed $(SEED)

clients: .tools/clients/.ready # bring the published clients that the sandbox is tested with

dbt: .tools/dbt/.ready # bring dbt, for which sql is a project too

duckdb: .tools/duckdb/.ready # bring the oldest DuckDB the models run in

clean: # remove what the other targets made
	rm -rf .venv .tools .fuzz demo dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.ready: pyproject.toml tests/constraints/development.txt scripts/environment
	@scripts/environment .venv --editable '.[sandbox,report]' --group dev \
		--constraint tests/constraints/development.txt

.tools/clients/.ready: .venv/.ready scripts/clients
	@scripts/clients

.tools/bench/.ready: pyproject.toml benchmarks/peers.txt scripts/environment
	@scripts/environment .tools/bench --editable '.[sandbox,report]' --requirement benchmarks/peers.txt

.tools/dbt/.ready: pyproject.toml tests/constraints/dbt.txt scripts/environment
	@scripts/environment .tools/dbt --group dbt --constraint tests/constraints/dbt.txt

.tools/engines/.ready: pyproject.toml tests/constraints/engines.txt scripts/environment
	@scripts/environment .tools/engines --editable '.[sandbox]' --group engines \
		--constraint tests/constraints/engines.txt

.tools/duckdb/.ready: pyproject.toml scripts/environment
	@scripts/environment .tools/duckdb 'duckdb>=1.5,<1.6' pyarrow requests xxhash tzdata us babel pyyaml
