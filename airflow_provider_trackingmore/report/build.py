"""Building the report: rows of the published file in, one HTML file and the pictures of its charts out."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import jinja2
import vl_convert

from airflow_provider_trackingmore.exceptions import WarehouseError
from airflow_provider_trackingmore.report.charts import CHARTS, Chart
from airflow_provider_trackingmore.report.look import (
    DARK,
    FONT,
    LIGHT,
    PICTURE_FONT,
    css_variables,
    vega_config,
)
from airflow_provider_trackingmore.store.files import Folder

if TYPE_CHECKING:
    from airflow_provider_trackingmore.report.drawing import Rows

log = logging.getLogger(__name__)

_HERE = files("airflow_provider_trackingmore.report")
_TABLES = ("known", "headline", "carriers", "stalled", "quality", "checks")


def build_report(
    published: str | os.PathLike[str],
    report: str | os.PathLike[str],
    *,
    images: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """Write the report of a published file, and pictures of its charts; return what was written.

    The file needs nothing but a browser: no network, no other file. It appears whole, readable by all.

    :param published: path of the file that :func:`~airflow_provider_trackingmore.store.publish` has left.
    :param report: path or URL of the HTML file.
    :param images: path or URL of a folder for ``<chart>.svg`` and ``<chart>.png``, for e-mail; those of a
        chart that has nothing to show now are removed from it.
    :return: ``path``, ``bytes``, ``charts`` (how many have something to show) and ``images`` (files written).
    :raises WarehouseError: if there is no published file, or it holds no models.
    """
    told = _ask(published)
    drawn = [chart for chart in CHARTS if told[chart.name]]
    page = _page(told, drawn).encode()
    _write(_parent(report), os.path.basename(os.fspath(report)), page)
    written = _draw(Folder.at(images), told, drawn) if images else 0
    log.info("wrote the report %s (%.1f MB), %d charts", os.fspath(report), len(page) / 1e6, len(drawn))
    return {"path": os.fspath(report), "bytes": len(page), "charts": len(drawn), "images": written}


def _ask(published: str | os.PathLike[str]) -> dict[str, Rows]:
    """Return the rows of every query, by its name."""
    path = os.path.realpath(published)
    if not Path(path).is_file():
        raise WarehouseError(
            f"there is no published file at {os.fspath(published)}; check the path, or publish first"
        )
    with duckdb.connect(path, read_only=True) as connection:
        try:
            return {name: _rows(connection, name) for name in (*_TABLES, *(c.name for c in CHARTS))}
        except duckdb.CatalogException as error:
            raise WarehouseError(
                f"{os.fspath(published)} lacks a model of this version; run the models and publish again"
            ) from error


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> Rows:
    result = connection.execute(_text(f"queries/{name}.sql"))
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _page(told: dict[str, Rows], drawn: list[Chart]) -> str:
    specs = {chart.name: chart.spec(_plain(told[chart.name])) for chart in drawn}
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    script = _script()
    return environment.from_string(_text("page.html")).render(
        told,
        known=told["known"][0],
        headline=next(iter(told["headline"]), None),
        all_charts=CHARTS,
        charts={"specs": specs, "light": vega_config(LIGHT), "dark": vega_config(DARK)},
        light=css_variables(LIGHT),
        dark=css_variables(DARK),
        font=FONT,
        css=_text("page.css"),
        script=script,
        script_hash=_hash(script),
    )


@cache
def _script() -> str:
    """Return the page's script together with Vega and Vega-Lite, which it is the only one to use."""
    script: str = vl_convert.javascript_bundle(_text("page.js"))
    return script


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _draw(folder: Folder, told: dict[str, Rows], drawn: list[Chart]) -> int:
    """Write a picture of each chart in two formats, in the light theme, with its question on it."""
    config = vega_config(LIGHT, PICTURE_FONT) | {"background": LIGHT.paper, "padding": 12}
    for chart in CHARTS:
        if chart not in drawn:
            folder.delete(f"{chart.name}.svg")
            folder.delete(f"{chart.name}.png")
            continue
        spec = chart.spec(_plain(told[chart.name]), titled=True)
        # Nothing is fetched for a picture, whatever a carrier's text says.
        options: dict[str, Any] = {"config": config, "allowed_base_urls": []}
        svg = vl_convert.vegalite_to_svg(spec, **options)
        _write(folder, f"{chart.name}.svg", svg.encode())
        _write(folder, f"{chart.name}.png", vl_convert.svg_to_png(svg, scale=2))
    return 2 * len(drawn)


def _write(folder: Folder, name: str, content: bytes) -> None:
    with folder.writing(name, mode=0o644) as stream:
        stream.write(content)


def _parent(path: str | os.PathLike[str]) -> Folder:
    return Folder.at(os.path.dirname(os.fspath(path)) or ".")


def _plain(rows: Rows) -> Rows:
    """Return rows as JSON can hold them."""
    return [{k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()} for row in rows]


def _text(name: str) -> str:
    return _HERE.joinpath(name).read_text(encoding="utf-8")
