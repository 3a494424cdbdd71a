"""Page bytes to Arrow tables: no network, no Airflow, no SQL."""

from airflow_provider_trackingmore.tables.page import Page, decode_page

__all__ = ["Page", "decode_page"]
