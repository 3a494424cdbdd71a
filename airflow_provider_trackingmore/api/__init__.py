"""Talking to the services: one polite client each, its errors, pages and time windows."""

from airflow_provider_trackingmore.api.aftership import AfterShipClient
from airflow_provider_trackingmore.api.answer import Answer
from airflow_provider_trackingmore.api.client import TrackingMoreClient
from airflow_provider_trackingmore.api.pages import walk
from airflow_provider_trackingmore.api.service_client import ServiceClient

__all__ = ["AfterShipClient", "Answer", "ServiceClient", "TrackingMoreClient", "walk"]
