"""Talking to the service: one polite client, its errors, pages and time windows."""

from airflow_provider_trackingmore.api.answer import Answer
from airflow_provider_trackingmore.api.client import TrackingMoreClient
from airflow_provider_trackingmore.api.pages import walk

__all__ = ["Answer", "TrackingMoreClient", "walk"]
