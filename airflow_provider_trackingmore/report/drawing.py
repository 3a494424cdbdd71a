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


def _readable(name: str) -> str:
    return name.replace("courier_code", "carrier").replace("_", " ")
