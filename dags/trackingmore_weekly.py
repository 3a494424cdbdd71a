"""Once a week, read everything the service keeps, and mark the trackings that are gone from it.

The daily Dag sees what changed; what was deleted does not change, it is only missing. This one reads
everything again, which takes as many requests as a first load, and marks in `gone_at_utc` what it does not
find. Nothing is erased. The next run of the daily Dag brings the marks into the models and the published
file.

It needs the connection and the pool of the daily Dag. While one of the two reads the account, the other
waits in the triggerer.
"""

from __future__ import annotations

import datetime as dt
import os

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_trackingmore.operators.trackingmore import TrackingMoreToDuckDBOperator

AIRFLOW_HOME = os.environ.get("AIRFLOW_HOME", os.path.expanduser("~/airflow"))
DATA = os.path.abspath(os.environ.get("TRACKINGMORE_DATA", os.path.join(AIRFLOW_HOME, "trackingmore")))

with DAG(
    "trackingmore_weekly",
    schedule="0 3 * * 0",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": dt.timedelta(minutes=15)},
    tags=["trackingmore"],
    doc_md=__doc__,
) as dag:
    TrackingMoreToDuckDBOperator(
        task_id="load_everything",
        everything=True,
        warehouse=os.path.join(DATA, "warehouse.duckdb"),
        landing_root=os.path.join(DATA, "landing"),
        trackingmore_conn_id="trackingmore_default",
        pool="trackingmore_default",
        doc_md="Reads all there is and marks what is gone.",
    )
