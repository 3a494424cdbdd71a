"""Charts of rates: a cell, or a point with its interval, for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from airflow_provider_trackingmore.report.drawing import WIDTH, data, names, told

if TYPE_CHECKING:
    from airflow_provider_trackingmore.report.drawing import Rows


def exceptions(rows: Rows) -> Any:
    """Draw the share that met an exception as a map of carriers and lanes."""
    chart = alt.Chart(data(rows)).encode(
        x=alt.X(
            "lane:N",
            sort=alt.EncodingSortField("lane_rank", op="min"),
            axis=alt.Axis(orient="top", labelAngle=-45, title=None, domain=False, ticks=False),
        ),
        y=names("courier_code", alt.EncodingSortField("carrier_rank", op="min")),
        tooltip=told(
            "courier_code",
            "lane",
            ever_rate=".1%",
            ever_rate_lower95=".1%",
            ever_rate_upper95=".1%",
            n_ever=",",
            n_shipments=",",
        ),
    )
    # Dark on light cells and light on dark ones, in either theme.
    is_light = "luminance(scale('color', datum.ever_rate)) > 0.18"
    ink = alt.condition(is_light, alt.value("#000000"), alt.value("#ffffff"))
    # On a phone a cell is narrow: its figures are smaller there, and leave out what the caption says.
    per_cent = "format(100 * datum.ever_rate, '.0f') + (bandwidth('x') < 36 ? '' : '%')"
    size = {"expr": "min(11, bandwidth('x') / 2.6)"}
    return alt.layer(
        chart.mark_rect(style="cell").encode(
            color=alt.Color("ever_rate:Q", scale=alt.Scale(domainMin=0), legend=None)
        ),
        chart.mark_text(dy=-7, fontSize=size, fontWeight="bold", text={"expr": per_cent}).encode(color=ink),
        chart.transform_calculate(
            n="(datum.n_shipments < 1000 ? datum.n_shipments : format(datum.n_shipments, '.2s'))"
            " + (datum.is_small_sample ? '*' : '')"
        )
        .mark_text(dy=8, fontSize=size)
        .encode(text="n:N", color=ink),
    ).properties(width=WIDTH, height=38 * len({row["courier_code"] for row in rows}))


def exception_types(rows: Rows) -> Any:
    """Draw the share that met each type of exception."""
    chart = alt.Chart(data(rows)).encode(
        y=names("exception_type", None),
        tooltip=told(
            "exception_type",
            type_rate=".1%",
            type_rate_lower95=".1%",
            type_rate_upper95=".1%",
            n_with_type=",",
            n_shipments=",",
        ),
    )
    return _rates("type_rate", "n_with_type", len(rows), chart)


def on_time(rows: Rows) -> Any:
    """Draw the share of promises kept, beside that among delivered shipments."""
    chart = alt.Chart(data(rows)).encode(
        y=names("courier_code", None),
        tooltip=told(
            "courier_code",
            on_time_rate=".1%",
            on_time_rate_lower95=".1%",
            on_time_rate_upper95=".1%",
            passed_on_time_rate=".1%",
            delivered_on_time_rate=".1%",
            n_due=",",
            n_overdue=",",
            n_passed=",",
        ),
    )
    naive = chart.mark_point(style="naive-point", shape="diamond").encode(x="delivered_on_time_rate:Q")
    return _rates("on_time_rate", "n_due", len(rows), chart, naive)


def _rates(rate: str, count: str, n_rows: int, chart: alt.Chart, *more: alt.Chart) -> Any:
    """Draw a rate per row as a point with its interval, and write it and its count beside it."""
    lower = alt.X(
        f"{rate}_lower95:Q",
        axis=alt.Axis(format=".0%", tickCount=5, labelSeparation=8, title=None),
        scale=alt.Scale(zero=True),
    )
    return alt.layer(
        chart.mark_rule(style="limits").encode(x=lower, x2=f"{rate}_upper95:Q"),
        *more,
        chart.mark_point(style="right-point").encode(x=f"{rate}:Q"),
        chart.transform_calculate(
            label=f"format(datum.{rate}, '.1%') + ' (' + format(datum.{count}, ',') + ')'"
        )
        # A column of their own, which neither limits nor diamonds reach.
        .mark_text(style="figure", align="left", dx=12)
        .encode(x=alt.value("width"), text="label:N"),
    ).properties(width=WIDTH, height=30 * n_rows)
