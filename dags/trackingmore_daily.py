"""Load what changed at TrackingMore, rebuild the delivery models, publish the file analysts open, report.

Needs, before it is switched on,

- a connection `trackingmore_default` of type TrackingMore, with the API key as its password;
- a pool `trackingmore_default` with one slot, because the service counts requests per account. Without it
  the first task waits in *scheduled*, and only the scheduler's log says why:
  `airflow pools set trackingmore_default 1 "requests of one TrackingMore account"`

The first run reads everything the service keeps, each later one what changed since; a run that was
missed is made up by the next. Files stand below `TRACKINGMORE_DATA`, or `trackingmore` in the Airflow
home: `analytics.duckdb` for analysts (`duckdb -readonly analytics.duckdb`), `report.html` and `charts/` for
managers, `parquet/` for other engines, `warehouse.duckdb` and `landing/` for this Dag alone. The report needs
`pip install 'airflow-provider-trackingmore[report]'` on the workers; Airflow 3 shows the one that
`[trackingmore] report` names.
"""

from __future__ import annotations

import datetime as dt
import os

from airflow.providers.common.compat.sdk import DAG, Asset

from airflow_provider_trackingmore.operators.report import BuildReportOperator
from airflow_provider_trackingmore.operators.trackingmore import (
    TrackingMoreToDuckDBOperator,
    TrackingMoreToParquetOperator,
)
from airflow_provider_trackingmore.operators.warehouse import PublishOperator, RunModelsOperator

AIRFLOW_HOME = os.environ.get("AIRFLOW_HOME", os.path.expanduser("~/airflow"))
DATA = os.path.abspath(os.environ.get("TRACKINGMORE_DATA", os.path.join(AIRFLOW_HOME, "trackingmore")))
WAREHOUSE = os.path.join(DATA, "warehouse.duckdb")
PUBLISHED = os.path.join(DATA, "analytics.duckdb")
PARQUET = os.path.join(DATA, "parquet")

with DAG(
    "trackingmore_daily",
    schedule="@daily",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,  # the watermark catches up, in one run
    max_active_runs=1,  # one DuckDB file has one writer
    default_args={"retries": 3, "retry_delay": dt.timedelta(minutes=5)},
    tags=["trackingmore"],
    doc_md=__doc__,
) as dag:
    load = TrackingMoreToDuckDBOperator(
        task_id="load",
        warehouse=WAREHOUSE,
        landing_root=os.path.join(DATA, "landing"),
        trackingmore_conn_id="trackingmore_default",
        pool="trackingmore_default",  # one slot: one task at a time asks the account
        doc_md="Reads the windows since the watermark and merges them into the warehouse.",
    )
    models = RunModelsOperator(
        task_id="run_models",
        warehouse=WAREHOUSE,
        doc_md="Rebuilds the SQL models and runs their checks, in one transaction.",
    )
    publish = PublishOperator(
        task_id="publish",
        warehouse=WAREHOUSE,
        published=PUBLISHED,
        outlets=[Asset(f"file://{PUBLISHED}")],
        doc_md="Replaces the file analysts open; readers of the old one are not disturbed.",
    )
    report = BuildReportOperator(
        task_id="build_report",
        published=PUBLISHED,
        images=os.path.join(DATA, "charts"),
        doc_md="Writes the report for managers, and its charts as pictures for e-mail.",
    )
    parquet = TrackingMoreToParquetOperator(
        task_id="write_parquet",
        warehouse=WAREHOUSE,
        parquet_root=PARQUET,
        outlets=[Asset(f"file://{PARQUET}")],
        doc_md="Writes the partitions that changed.",
    )

    # One after the other: each opens the warehouse, and a DuckDB file has one writer.
    load >> models >> publish >> parquet
    # It reads the published file, which nothing waits for.
    publish >> report
