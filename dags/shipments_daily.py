"""Load what changed at TrackingMore and at AfterShip into one warehouse, and publish one set of models.

For merchants with an account at both, or on their way from one to the other. Needs a connection and a pool
with one slot for each account, `trackingmore_default` and `aftership_default`:
`airflow pools set aftership_default 1 "requests of one AfterShip account"`

All else is as in `trackingmore_daily`; use one of the two Dags. Files stand below `SHIPMENTS_DATA`, or
`shipments` in the Airflow home. On Sundays everything that the services keep is read, and trackings that are
gone from there, deleted or aged out, are marked in `gone_at_utc`; nothing is erased.
"""

from __future__ import annotations

import datetime as dt
import os

from airflow.providers.common.compat.sdk import DAG, Asset

from airflow_provider_trackingmore.operators.aftership import (
    AfterShipToDuckDBOperator,
    AfterShipToParquetOperator,
)
from airflow_provider_trackingmore.operators.trackingmore import (
    TrackingMoreToDuckDBOperator,
    TrackingMoreToParquetOperator,
)
from airflow_provider_trackingmore.operators.warehouse import PublishOperator, RunModelsOperator

AIRFLOW_HOME = os.environ.get("AIRFLOW_HOME", os.path.expanduser("~/airflow"))
DATA = os.path.abspath(os.environ.get("SHIPMENTS_DATA", os.path.join(AIRFLOW_HOME, "shipments")))
WAREHOUSE = os.path.join(DATA, "warehouse.duckdb")
PUBLISHED = os.path.join(DATA, "analytics.duckdb")
PARQUET = os.path.join(DATA, "parquet")

LOAD = {
    "warehouse": WAREHOUSE,
    "landing_root": os.path.join(DATA, "landing"),
    "everything": "{{ dag_run.logical_date is not none and dag_run.logical_date.isoweekday() == 7 }}",
}

with DAG(
    "shipments_daily",
    schedule="@daily",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,  # the watermark catches up, in one run
    max_active_runs=1,  # one DuckDB file has one writer
    default_args={"retries": 3, "retry_delay": dt.timedelta(minutes=5)},
    tags=["trackingmore", "aftership"],
    doc_md=__doc__,
) as dag:
    loads = [
        TrackingMoreToDuckDBOperator(
            task_id="load_trackingmore",
            trackingmore_conn_id="trackingmore_default",
            pool="trackingmore_default",  # one slot: one task at a time asks the account
            doc_md="Reads TrackingMore's windows since the watermark and merges them.",
            **LOAD,
        ),
        AfterShipToDuckDBOperator(
            task_id="load_aftership",
            aftership_conn_id="aftership_default",
            pool="aftership_default",
            doc_md="Reads AfterShip's windows since the watermark and merges them.",
            **LOAD,
        ),
    ]
    models = RunModelsOperator(
        task_id="run_models",
        warehouse=WAREHOUSE,
        doc_md="Rebuilds the SQL models over both services and runs their checks, in one transaction.",
    )
    publish = PublishOperator(
        task_id="publish",
        warehouse=WAREHOUSE,
        published=PUBLISHED,
        outlets=[Asset(f"file://{PUBLISHED}")],
        doc_md="Replaces the file analysts open; readers of the old one are not disturbed.",
    )
    copies = [
        operator(
            task_id=f"write_parquet_{operator.source}",
            warehouse=WAREHOUSE,
            parquet_root=PARQUET,
            doc_md="Writes the partitions that changed.",
        )
        for operator in (TrackingMoreToParquetOperator, AfterShipToParquetOperator)
    ]

    # One after the other: each opens the warehouse, and a DuckDB file has one writer.
    loads[0] >> loads[1] >> models >> publish >> copies[0] >> copies[1]
