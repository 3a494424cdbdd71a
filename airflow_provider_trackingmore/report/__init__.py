"""The report: what the published file says, as one HTML file for people who do not write SQL.

Reads marts and draws them; works nothing out, and knows nothing of Airflow. Needs the extra ``report``.
"""

from airflow_provider_trackingmore.report.build import build_report

__all__ = ["build_report"]
