"""What Airflow reads of this provider at start-up; imports nothing but the connection form."""

from __future__ import annotations

from typing import Any

from airflow_provider_trackingmore import __version__, connection_form

_PACKAGE = "airflow_provider_trackingmore"


_DOCS = {
    "TrackingMore": "https://www.trackingmore.com/docs/trackingmore/",
    "AfterShip": "https://www.aftership.com/docs/tracking/",
}


def get_provider_info() -> dict[str, Any]:
    """Return the provider metadata."""
    forms = connection_form.FORMS
    return {
        "package-name": "airflow-provider-trackingmore",
        "name": "TrackingMore",
        "description": "TrackingMore and AfterShip shipments in DuckDB and Parquet; delivery times and "
        "exception rates.",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": form.hook_name,
                "external-doc-url": _DOCS[form.hook_name],
                "tags": ["service"],
            }
            for form in forms
        ],
        "hooks": [
            {
                "integration-name": form.hook_name,
                "python-modules": [f"{_PACKAGE}.hooks.{form.conn_type}"],
            }
            for form in forms
        ],
        "operators": [
            {
                "integration-name": form.hook_name,
                "python-modules": [
                    f"{_PACKAGE}.operators.{form.conn_type}",
                    f"{_PACKAGE}.operators.warehouse",
                    f"{_PACKAGE}.operators.report",
                ],
            }
            for form in forms
        ],
        "config": {
            "trackingmore": {
                "description": "What the provider may do, and where.",
                "options": {
                    "allowed_roots": {
                        "description": "Folders and URLs, separated by commas, below which the operators' "
                        "templated paths must stay, also the default ones; a folder is not below "
                        "itself. Empty: any absolute path without '..'.",
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
        "connection-types": [form.declarative() for form in forms],
        # Read by Airflow before 3.2, ignored by later versions.
        "hook-class-names": [form.hook_class_name for form in forms],
    }
