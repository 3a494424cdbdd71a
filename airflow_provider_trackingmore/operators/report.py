"""The operator that tells the published figures to people who do not write SQL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.operators.paths import (
    checked_path,
    configured_report,
    refuse_outside_roots,
)
from airflow_provider_trackingmore.operators.support import final_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context


class BuildReportOperator(BaseOperator):
    """Writes the report of a published file as one HTML file, and its charts as pictures.

    Airflow 3 shows the report that ``[trackingmore] report`` names to whoever is logged in. Needs the extra
    ``report``.

    Returns (XCom) the path, its size in bytes, and how many charts and picture files there are.

    :param published: path of the file for analysts (templated).
    :param report: path or URL of the HTML file (templated); None means what ``[trackingmore] report`` says,
        and without that ``report.html`` beside the published file.
    :param images: path or URL of a folder for an SVG and a PNG of each chart, for e-mail (templated); None
        means none.
    """

    template_fields: Sequence[str] = ("published", "report", "images")
    ui_color = "#e3f1da"

    def __init__(
        self, *, published: str, report: str | None = None, images: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.published = published
        self.report = report
        self.images = images

    def execute(self, context: Context) -> dict[str, Any]:
        """Build the report, and return paths and counts only."""
        with final_errors():
            published = checked_path("published", self.published)
            if not published:
                raise ConfigurationError("published is empty; give the path of the file for analysts")
            report = checked_path("report", self.report, url=True) or configured_report()
            images = checked_path("images", self.images, url=True)
            report = report or _beside(published)
            build_report = _builder()
            done: dict[str, Any] = build_report(published, report, images=images)
            return done


def _beside(published: str) -> str:
    path = os.path.join(os.path.dirname(published), "report.html")
    refuse_outside_roots("report (by default beside the published file)", path)
    return path


def _builder() -> Any:
    try:
        from airflow_provider_trackingmore.report import build_report
    except ModuleNotFoundError as error:
        if error.name not in ("altair", "vl_convert"):
            raise
        raise ConfigurationError(
            f"the report needs {error.name}, which is not installed on this worker: "
            "pip install 'airflow-provider-trackingmore[report]'"
        ) from error
    return build_report
