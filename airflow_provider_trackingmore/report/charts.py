"""The charts: each a question, how to read its picture, what is meant by it, and how it is drawn.

A chart draws rows as its query gave them; nothing is worked out here.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import altair as alt

if TYPE_CHECKING:
    from collections.abc import Callable

Rows = list[dict[str, Any]]

# How large panels, and a chart alone, are in a picture; the page fits their width to its own.
_PANEL = {"width": 230, "height": 130}
_WIDTH, _COLUMNS, _SPACING = 740, 3, {"row": 62, "column": 48}


@dataclass(frozen=True)
class Chart:
    """A question with its answer as a picture.

    ``name`` is that of its query and of its picture files; ``caption`` tells how to read it, ``definition``
    what is meant, ``empty`` what to say where there are no rows.
    """

    name: str
    question: str
    caption: str
    definition: tuple[str, ...]
    empty: str
    draw: Callable[[Rows], Any]

    def spec(self, rows: Rows, *, titled: bool = False) -> dict[str, Any]:
        """Return the Vega-Lite specification; ``titled`` for a picture that stands alone."""
        drawn = self.draw(rows).properties(description=f"{self.question} {self.caption}")
        if titled:
            drawn = drawn.properties(title=alt.Title(self.question, subtitle=wrap(self.caption, 130)))
        spec: dict[str, Any] = drawn.to_dict()
        # The theme comes with the page; the schema's address would be the only one in it.
        del spec["$schema"], spec["config"]
        return spec


def _delivery(rows: Rows) -> Any:
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
    # Rows of its own, so that every panel gets all of them.
    everyone = alt.Chart(_data([row for row in rows if row["drawn_for"] == "all"])).encode(x=days, y=share)
    told = _told(
        "courier_code",
        days_since_pickup=".1f",
        share_delivered=".1%",
        lower95=".1%",
        upper95=".1%",
        n_shipments=",",
    )
    return _panels(
        [row for row in rows if row["drawn_for"] != "all"],
        everyone.mark_line(style="everyone", interpolate="step-after"),
        curve.mark_area(style="band", interpolate="step-after").encode(y="lower95:Q", y2="upper95:Q"),
        curve.mark_line(style="right", interpolate="step-after"),
        reached.mark_point(style="right-point"),
        reached.mark_text(style="figure", align="left", dx=7, dy=10).encode(
            text=alt.Text("days_since_pickup:Q", format=".1f")
        ),
        chart.mark_point(style="touched").encode(tooltip=told),
    )


def _cohorts(rows: Rows) -> Any:
    week = alt.X(
        "pickup_week:T",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%-d %b", title=None, tickCount=4, labelOverlap=True),
    )
    days = alt.Y("p50_days:Q", axis=alt.Axis(title=None, tickCount=4))
    chart = alt.Chart().encode(x=week, y=days)
    mature = chart.transform_filter("datum.is_mature")
    immature = chart.transform_filter("!datum.is_mature")
    told = _told(
        "courier_code",
        "pickup_week",
        p50_days=".1f",
        p50_lower95=".1f",
        p50_upper95=".1f",
        naive_p50_days=".1f",
        n_shipments=",",
        n_open=",",
    )
    return _panels(
        rows,
        chart.mark_area(style="band").encode(y="p50_lower95:Q", y2="p50_upper95:Q"),
        chart.mark_line(style="immature"),
        mature.mark_line(style="right"),
        chart.mark_line(style="naive").encode(y="naive_p50_days:Q"),
        mature.mark_point(style="right-point"),
        immature.mark_point(style="immature-point"),
        chart.mark_point(style="touched").encode(y="naive_p50_days:Q", tooltip=told),
    ).resolve_scale(y="independent")


def _exceptions(rows: Rows) -> Any:
    chart = alt.Chart(_data(rows)).encode(
        x=alt.X(
            "lane:N",
            sort=alt.EncodingSortField("lane_rank", op="min"),
            axis=alt.Axis(orient="top", labelAngle=-45, title=None, domain=False, ticks=False),
        ),
        y=_names("courier_code", alt.EncodingSortField("carrier_rank", op="min")),
        tooltip=_told(
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
    return alt.layer(
        chart.mark_rect(style="cell").encode(
            color=alt.Color("ever_rate:Q", scale=alt.Scale(domainMin=0), legend=None)
        ),
        chart.mark_text(dy=-7, fontSize=11, fontWeight="bold").encode(
            text=alt.Text("ever_rate:Q", format=".0%"), color=ink
        ),
        chart.transform_calculate(
            n="(datum.n_shipments < 1000 ? datum.n_shipments : format(datum.n_shipments, '.2s'))"
            " + (datum.is_small_sample ? '*' : '')"
        )
        .mark_text(dy=8, fontSize=11)
        .encode(text="n:N", color=ink),
    ).properties(width=_WIDTH, height=38 * len({row["courier_code"] for row in rows}))


def _exception_types(rows: Rows) -> Any:
    chart = alt.Chart(_data(rows)).encode(
        y=_names("exception_type", None),
        tooltip=_told(
            "exception_type",
            type_rate=".1%",
            type_rate_lower95=".1%",
            type_rate_upper95=".1%",
            n_with_type=",",
            n_shipments=",",
        ),
    )
    return _rates("type_rate", "n_with_type", len(rows), chart)


def _on_time(rows: Rows) -> Any:
    chart = alt.Chart(_data(rows)).encode(
        y=_names("courier_code", None),
        tooltip=_told(
            "courier_code",
            on_time_rate=".1%",
            on_time_rate_lower95=".1%",
            on_time_rate_upper95=".1%",
            delivered_on_time_rate=".1%",
            n_due=",",
            n_overdue=",",
        ),
    )
    naive = chart.mark_point(style="naive-point", shape="diamond").encode(x="delivered_on_time_rate:Q")
    return _rates("on_time_rate", "n_due", len(rows), chart, naive)


def _rates(rate: str, count: str, n_rows: int, chart: alt.Chart, *more: alt.Chart) -> Any:
    """Draw a rate per row as a point with its interval, and write it and its count beside it."""
    lower = alt.X(
        f"{rate}_lower95:Q",
        axis=alt.Axis(format=".0%", tickCount=5, title=None),
        scale=alt.Scale(zero=True),
    )
    return alt.layer(
        chart.mark_rule(style="limits").encode(x=lower, x2=f"{rate}_upper95:Q"),
        *more,
        chart.mark_point(style="right-point").encode(x=f"{rate}:Q"),
        chart.transform_calculate(
            label=f"format(datum.{rate}, '.1%') + ' (' + format(datum.{count}, ',') + ')'"
        )
        .mark_text(style="figure", align="left", dx=8)
        .encode(x=f"{rate}_upper95:Q", text="label:N"),
    ).properties(width=_WIDTH, height=30 * n_rows)


def _panels(rows: Rows, *layers: alt.Chart) -> Any:
    """Draw the layers once for each carrier, side by side."""
    courier = alt.Facet("courier_code:N", sort=alt.EncodingSortField("size_rank", op="min"), title=None)
    return (
        alt.layer(*layers)
        .properties(**_PANEL)
        .facet(courier, columns=_COLUMNS, data=_data(rows), spacing=_SPACING, bounds="flush")
        .resolve_axis(x="independent", y="independent")
    )


def _names(field: str, sort: Any) -> alt.Y:
    axis = alt.Axis(title=None, domain=False, ticks=False, labelLimit=120)
    return alt.Y(f"{field}:N", sort=sort, axis=axis)


def _told(*texts: str, **figures: str) -> list[alt.Tooltip]:
    """Return what is told on pointing: texts, and figures with their formats."""
    return [alt.Tooltip(f"{name}:N", title=_readable(name)) for name in texts] + [
        alt.Tooltip(f"{name}:Q", title=_readable(name), format=form) for name, form in figures.items()
    ]


def _readable(name: str) -> str:
    return name.replace("courier_code", "carrier").replace("_", " ")


def _data(rows: Rows) -> alt.InlineData:
    return alt.InlineData(values=rows)


_DELIVERY = Chart(
    name="delivery",
    question="How long does a delivery take?",
    caption="Share of shipments delivered (upwards) within so many days of the first scan (to the right). "
    "Line: the carrier, with its 95 % band; dots: half and 90 % of its shipments. Dotted: all carriers. "
    "The twelve carriers with most shipments; the first days are drawn wider.",
    definition=(
        "The clock starts at the first physical scan by the carrier and stops at the delivery. A shipment "
        "still on the road counts for as long as it was followed; one that was returned, lost or went dark "
        "counts as never delivered. So a curve need not reach 100 %.",
        "The band holds the true share at a given day with 95 % confidence. Curve: Aalen-Johansen; table "
        "mart_delivery_survival, figures in mart_delivery_time_quantiles.",
    ),
    empty="No shipment has been picked up yet.",
    draw=_delivery,
)

_COHORTS = Chart(
    name="cohorts",
    question="Is it getting faster or slower?",
    caption="Days until half of a week's shipments are delivered, by week of pick-up. Solid line and dots: "
    "all shipments, with the 95 % band. Dashed: only those that have arrived, as most dashboards count. "
    "Grey and hollow: weeks too young to judge. Each carrier has its own scale.",
    definition=(
        "The dashed line dives in the newest weeks although nothing changed: what has arrived by now is "
        "what was fast. The solid line ends where not even half of a week can have been delivered yet.",
        "A week is young until each of its shipments could be followed for 14 days. Weeks begin on Monday "
        "at the place of the pick-up. Tables mart_delivery_time_quantiles and mart_weekly_cohorts.",
    ),
    empty="No week of pick-ups is known yet.",
    draw=_cohorts,
)

_EXCEPTIONS = Chart(
    name="exceptions",
    question="Where do exceptions happen?",
    caption="Share of shipments that ever met an exception, by carrier and lane; below it the number of "
    "shipments, with an asterisk under 30, where the share says little. The twelve carriers and eight lanes "
    "with most shipments.",
    definition=(
        "An exception is a failed attempt, a hold at customs, a loss or damage, a return, or whatever else "
        "the carrier calls one. A shipment counts once, however many it met. A lane is the country of "
        "origin and that of destination.",
        "Intervals (Wilson, 95 %) appear on pointing at a cell and stand in table mart_exception_rates, "
        "beside the shares that are in an exception now or never came out of it.",
    ),
    empty="No shipment has been picked up yet.",
    draw=_exceptions,
)

_EXCEPTION_TYPES = Chart(
    name="exception_types",
    question="What goes wrong?",
    caption="Share of all shipments that met each type of exception, with its 95 % interval, and in brackets "
    "how many did.",
    definition=(
        "The type is that of the first scan of an exception. A shipment counts once for each type it met, so "
        "the types add up to more than the share with any exception. Table mart_exception_types, by carrier, "
        "lane and week too.",
    ),
    empty="No exception is known.",
    draw=_exception_types,
)

_ON_TIME = Chart(
    name="on_time",
    question="Are promises kept?",
    caption="Share of shipments due that were delivered by the promised date, with its 95 % interval, and in "
    "brackets how many were due. Hollow diamond: among delivered shipments only, as most dashboards count. "
    "The twelve carriers with most shipments due.",
    definition=(
        "On time: delivered on or before the promised date, in the destination's calendar. Late, lost, "
        "returned and overdue shipments all count as due. Leaving the overdue out, as the diamond does, "
        "looks better the worse things go. Table mart_on_time.",
    ),
    empty="No promises known: no shipment carries a promised date that has come due.",
    draw=_on_time,
)

CHARTS = (_DELIVERY, _COHORTS, _EXCEPTIONS, _EXCEPTION_TYPES, _ON_TIME)
