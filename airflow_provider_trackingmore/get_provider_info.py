"""What Airflow reads of this provider at start-up; imports nothing but the connection form."""

from __future__ import annotations

from typing import Any

from airflow_provider_trackingmore import __version__, connection_form

_PACKAGE = "airflow_provider_trackingmore"


def get_provider_info() -> dict[str, Any]:
    """Return the provider metadata."""
    name = "TrackingMore"
    return {
        "package-name": "airflow-provider-trackingmore",
        "name": name,
        "description": "TrackingMore shipments in DuckDB and Parquet; delivery times and exception rates.",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": name,
                "external-doc-url": "https://www.trackingmore.com/docs/trackingmore/",
                "tags": ["service"],
            }
        ],
        "hooks": [{"integration-name": name, "python-modules": [f"{_PACKAGE}.hooks.trackingmore"]}],
        "operators": [
            {
                "integration-name": name,
                "python-modules": [
                    f"{_PACKAGE}.operators.trackingmore",
                    f"{_PACKAGE}.operators.warehouse",
                    f"{_PACKAGE}.operators.report",
                ],
            }
        ],
        "config": {
            "trackingmore": {
                "description": "What the TrackingMore provider may do, and where.",
                "options": {
                    "allowed_roots": {
                        "description": "Folders and URLs, separated by commas, below which the operators' "
                        "templated paths must stay. Empty: any absolute path without '..'.",
                        "version_added": __version__,
                        "type": "string",
                        "example": "/data/shipments,s3://shipments",
                        "default": "",
                    },
                    "report": {
                        "description": "Path or URL of the HTML report: where BuildReportOperator writes it, "
                        "unless told otherwise, and where the API server of Airflow 3 reads what it shows "
                        "under Shipments. Empty: beside the published file, and nothing is shown.",
                        "version_added": __version__,
                        "type": "string",
                        "example": "/data/shipments/report.html",
                        "default": "",
                    },
                },
            }
        },
        "connection-types": [connection_form.declarative()],
        # Read by Airflow before 3.2, ignored by later versions.
        "hook-class-names": [connection_form.declarative()["hook-class-name"]],
    }
