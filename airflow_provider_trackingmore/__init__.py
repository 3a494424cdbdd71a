"""Shipment tracking for analytics teams: TrackingMore into DuckDB and Parquet, run by Airflow.

Public doors: :mod:`airflow_provider_trackingmore.api` (the client), ``tables`` (page bytes to Arrow),
``sync`` (windows to warehouse), ``store`` (models and publishing), and the hooks and operators. This
module imports nothing: Airflow loads it in every process.
"""

__version__ = "0.1.0"
