"""What charts of every kind are drawn with."""

from __future__ import annotations

from typing import Any

import altair as alt

Rows = list[dict[str, Any]]

# How wide a chart is in a picture; the page fits it to its own width.
WIDTH = 740


def data(rows: Rows) -> alt.InlineData:
    """Return rows as a chart carries them with it."""
    return alt.InlineData(values=rows)


def names(field: str, sort: Any) -> alt.Y:
    """Return the axis on which each row has its name."""
    axis = alt.Axis(title=None, domain=False, ticks=False, labelLimit=120, labelPadding=7)
    return alt.Y(f"{field}:N", sort=sort, axis=axis)


def told(*texts: str, **figures: str) -> list[alt.Tooltip]:
    """Return what is told on pointing: texts, and figures with their formats."""
    return [alt.Tooltip(f"{name}:N", title=_readable(name)) for name in texts] + [
        alt.Tooltip(f"{name}:Q", title=_readable(name), format=form) for name, form in figures.items()
    ]


# What a reader of the report calls a column; where none stands here, the column's own words do.
_WORDS = {
    "courier_code": "carrier",
    "days_since_pickup": "days since pick-up",
    "delivered_on_time_rate": "among delivered ones only",
    "ever_rate": "met an exception",
    "exception_type": "exception",
    "n_due": "shipments due",
    "n_ever": "shipments that met one",
    "n_open": "still open",
    "n_overdue": "overdue",
    "n_passed": "promises past their date",
    "n_shipments": "shipments",
    "n_with_type": "shipments that met it",
    "naive_p50_days": "half of the arrived ones within, days",
    "on_time_rate": "delivered as promised",
    "p50_days": "half delivered within, days",
    "passed_on_time_rate": "of promises past their date",
    "share_delivered": "delivered",
    "type_rate": "met it",
}


def _readable(name: str) -> str:
    if name.endswith("lower95"):
        return "95 %, from"
    if name.endswith("upper95"):
        return "95 %, to"
    return _WORDS.get(name, name.replace("_", " "))
