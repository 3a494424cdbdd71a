"""Files and databases: landing, one merge a run, models, publishing. Knows no network and no Airflow."""

from airflow_provider_trackingmore.store.models import run_models
from airflow_provider_trackingmore.store.parquet import write_parquet
from airflow_provider_trackingmore.store.publish import publish
from airflow_provider_trackingmore.store.restore import restore

__all__ = ["publish", "restore", "run_models", "write_parquet"]
