"""The report as a page of Airflow's API server, for whoever may see its website.

Which file it is, the configuration says, never a request. The page comes with a policy of its own: its
scripts run in an origin of their own, where they reach neither Airflow with the reader's login nor any
network.
"""

from __future__ import annotations

import logging
import os
from html import escape
from pathlib import Path

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.operators.paths import configured_report

log = logging.getLogger(__name__)

# Vega makes functions out of its expressions, hence unsafe-eval; the page itself admits only its own script.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}

app = FastAPI(
    title="TrackingMore report",
    # For every route there is, and any to come.
    dependencies=[Depends(requires_access_view(AccessView.WEBSITE))],
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
)


@app.get("/report", response_class=HTMLResponse)
def report() -> HTMLResponse:
    """Return the report as it was last built."""
    try:
        path = configured_report()
        if path is None:
            return _excuse(404, "No report is configured: name its path as [trackingmore] report.")
        return HTMLResponse(_read(path), headers=_HEADERS)
    except FileNotFoundError:
        return _excuse(404, "There is no report yet: a task with BuildReportOperator writes it.")
    except ConfigurationError as error:
        return _excuse(500, str(error))
    except OSError as error:
        log.warning("cannot read the report", exc_info=error)
        return _excuse(503, f"The API server cannot read the report: {error.strerror or 'see its log'}.")


def _read(path: str) -> bytes:
    if "://" not in path:
        return Path(path).read_bytes()
    from airflow_provider_trackingmore.store.files import Folder

    return Folder.at(os.path.dirname(path)).read_bytes(os.path.basename(path))


def _excuse(status: int, text: str) -> HTMLResponse:
    page = f"<!doctype html><meta name=color-scheme content='light dark'><p>{escape(text)}</p>"
    return HTMLResponse(page, status_code=status, headers=_HEADERS)
