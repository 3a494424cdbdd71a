"""Charts of panels, one for each carrier, side by side: times of delivery, and weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt

from airflow_provider_trackingmore.report.drawing import data, told

if TYPE_CHECKING:
    from airflow_provider_trackingmore.report.drawing import Rows

# How large panels are in a picture; the page fits their width to its own.
_PANEL = {"width": 230, "height": 130}
_COLUMNS, _SPACING = 3, {"row": 62, "column": 48}


def delivery(rows: Rows) -> Any:
    """Draw the share delivered within so many days, and where half and 90 % are reached."""
    days = alt.X(
        "days_since_pickup:Q",
        scale=alt.Scale(type="sqrt", domain=[0, 60], nice=False),
        axis=alt.Axis(values=[0, 1, 3, 7, 14, 30, 60], title=None),
    )
    share = alt.Y(
        "share_delivered:Q",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(values=[0, 0.5, 0.9], format="%", title=None),
    )
    chart = alt.Chart().encode(x=days, y=share)
    curve = chart.transform_filter("datum.drawn_for == 'carrier'")
    reached = chart.transform_filter("datum.drawn_for == 'reached'")
    or_later = chart.transform_filter("datum.drawn_for == 'reached_or_later'")
    # Rows of its own, so that every panel gets all of them.
    everyone = alt.Chart(data([row for row in rows if row["drawn_for"] == "all"])).encode(x=days, y=share)
    figures = told(
        "courier_code",
        days_since_pickup=".1f",
        share_delivered=".1%",
        lower95=".1%",
        upper95=".1%",
        n_shipments=",",
    )
    nothing = chart.transform_filter("datum.drawn_for == 'nothing'")
    return _panels(
        [row for row in rows if row["drawn_for"] != "all"],
        everyone.mark_line(style="everyone", interpolate="step-after"),
        curve.mark_area(style="band", interpolate="step-after").encode(y="lower95:Q", y2="upper95:Q"),
        curve.mark_line(style="right", interpolate="step-after"),
        reached.mark_point(style="right-point"),
        or_later.mark_point(style="open-point"),
        *(
            dots.mark_text(style="figure", align="left", dx=7, dy=10).encode(
                text=alt.Text("days_since_pickup:Q", format=".1f")
            )
            for dots in (reached, or_later)
        ),
        nothing.mark_text(style="figure", align="left", dx=6, dy=-10, text="none delivered so far"),
        chart.mark_point(style="touched").encode(tooltip=figures),
    )


def cohorts(rows: Rows) -> Any:
    """Draw the median of each week of pick-ups, beside that of what has arrived."""
    week = alt.X(
        "pickup_week:T",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%-d %b", title=None, tickCount=4, labelOverlap=True),
    )
    days = alt.Y("p50_days:Q", axis=alt.Axis(title=None, tickCount=4), scale=alt.Scale(nice=False))
    chart = alt.Chart().encode(x=week, y=days)
    band = {"y": "p50_lower95:Q", "y2": "band_upper:Q"}
    # From the last mature week on, so that the bands touch.
    young_band = chart.transform_filter("datum.is_in_young_band")
    # A line of one point is not seen, nor is such an area.
    lone_band = chart.transform_filter("datum.is_band_alone")
    lone_naive = chart.transform_filter("datum.is_naive_alone")
    shape = alt.condition("datum.is_small_sample", alt.value("triangle-up"), alt.value("circle"))
    mature = chart.transform_filter("datum.is_mature")
    immature = chart.transform_filter("!datum.is_mature")
    figures = told(
        "courier_code",
        p50_days=".1f",
        p50_lower95=".1f",
        p50_upper95=".1f",
        naive_p50_days=".1f",
        n_shipments=",",
        n_open=",",
    )
    # Told as a number it would be one of milliseconds, and without UTC the day before.
    figures.insert(
        1, alt.Tooltip("utcyearmonthdate(pickup_week):T", title="week of pick-up", format="%-d %B %Y")
    )
    return _panels(
        rows,
        mature.mark_area(style="band").encode(**band),
        young_band.mark_area(style="immature-band").encode(**band),
        lone_band.transform_filter("datum.is_mature").mark_rule(style="lone-band").encode(**band),
        lone_band.transform_filter("!datum.is_mature").mark_rule(style="immature-lone-band").encode(**band),
        chart.mark_line(style="immature"),
        mature.mark_line(style="right"),
        chart.mark_line(style="naive").encode(y="naive_p50_days:Q"),
        lone_naive.mark_point(style="naive-point", shape="diamond").encode(y="naive_p50_days:Q"),
        mature.mark_point(style="right-point").encode(shape=shape),
        immature.mark_point(style="immature-point").encode(shape=shape),
        chart.mark_point(style="touched").encode(y="naive_p50_days:Q", tooltip=figures),
    ).resolve_scale(y="independent")


def _panels(rows: Rows, *layers: alt.Chart) -> Any:
    """Draw the layers once for each carrier, side by side."""
    courier = alt.Facet("courier_code:N", sort=alt.EncodingSortField("size_rank", op="min"), title=None)
    return (
        alt.layer(*layers)
        .properties(**_PANEL)
        .facet(courier, columns=_COLUMNS, data=data(rows), spacing=_SPACING, bounds="flush")
        .resolve_axis(x="independent", y="independent")
    )
