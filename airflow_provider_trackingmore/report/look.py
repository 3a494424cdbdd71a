"""How the report looks: two themes, told apart by names of what is drawn, never of colours alone.

Charts name a style (``band``, ``naive``, ``immature``); here it gets its colour, so that the same chart can
be drawn in light and dark. Shape, dash and fill say the same as the colour, for those who do not see it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"

# What a picture is made with must be on the machine that makes it; one of these is, or comes along.
PICTURE_FONT = "Liberation Sans, Arial, sans-serif"


@dataclass(frozen=True)
class Theme:
    """The colours of one theme, by what they are for."""

    paper: str
    card: str
    ink: str
    quiet: str
    line: str
    right: str
    naive: str
    immature: str
    ramp: tuple[str, ...]


LIGHT = Theme(
    paper="#ffffff",
    card="#f4f6f8",
    ink="#1b2026",
    quiet="#57606a",
    line="#d5dae0",
    right="#1f5fa8",
    naive="#b4460b",
    immature="#7d8791",
    ramp=("#e8f1fa", "#a9cbe8", "#5b9bd0", "#1f5fa8", "#0b2f5e"),
)
DARK = Theme(
    paper="#12161b",
    card="#1c222a",
    ink="#e8ebef",
    quiet="#a7b0ba",
    line="#38414c",
    right="#6fb1f5",
    naive="#ffab5e",
    immature="#8c96a1",
    ramp=("#1d2a38", "#24507d", "#3f83bf", "#86bdf0", "#d9ebfc"),
)


def css_variables(theme: Theme) -> str:
    """Return a theme as the declarations of a style sheet."""
    return " ".join(f"--{name}: {colour};" for name, colour in asdict(theme).items() if name != "ramp")


def vega_config(theme: Theme, font: str = FONT) -> dict[str, Any]:
    """Return a theme as Vega-Lite's config."""
    quiet = {"labelColor": theme.quiet, "titleColor": theme.quiet}
    return {
        "font": font,
        "background": None,
        "padding": {"left": 0, "top": 4, "right": 12, "bottom": 4},
        "view": {"stroke": None},
        "title": {
            "anchor": "start",
            "color": theme.ink,
            "fontSize": 17,
            "subtitleColor": theme.quiet,
            "subtitleFontSize": 12,
            "subtitlePadding": 6,
            "offset": 14,
        },
        "axis": quiet
        | {
            "domainColor": theme.line,
            "tickColor": theme.line,
            "gridColor": theme.line,
            "gridOpacity": 0.7,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
        },
        "header": {
            "labelColor": theme.ink,
            "labelFontSize": 13,
            "labelFontWeight": "bold",
            "labelAnchor": "start",
            "labelAlign": "left",
            "labelLimit": 210,
            "title": None,
        },
        "range": {"heatmap": list(theme.ramp), "ramp": list(theme.ramp)},
        # Vega-Lite hands on a style's own ``color``, not its fill and stroke.
        "style": {
            "band": {"color": theme.right, "fillOpacity": 0.22},
            "lone-band": {"color": theme.right, "strokeWidth": 12, "strokeOpacity": 0.22},
            "immature-band": {"color": theme.immature, "fillOpacity": 0.22},
            "immature-lone-band": {"color": theme.immature, "strokeWidth": 12, "strokeOpacity": 0.22},
            "right": {"color": theme.right, "strokeWidth": 2.2},
            "right-point": {"color": theme.right, "filled": True, "size": 38, "opacity": 1},
            "open-point": {"color": theme.right, "filled": False, "size": 38, "opacity": 1},
            "limits": {"color": theme.right, "strokeWidth": 2.2},
            "naive": {"color": theme.naive, "strokeWidth": 1.8, "strokeDash": [5, 3]},
            "naive-point": {"color": theme.naive, "filled": False, "strokeWidth": 1.8, "size": 70},
            "immature": {"color": theme.immature, "strokeWidth": 2},
            "immature-point": {"color": theme.immature, "filled": False, "size": 40, "opacity": 1},
            # Not seen; what is pointed at to read figures.
            "touched": {"color": theme.right, "filled": True, "size": 90, "opacity": 0},
            "everyone": {"color": theme.immature, "strokeWidth": 1.4, "strokeDash": [2, 2]},
            "cell": {"stroke": theme.paper, "strokeWidth": 2},
            "figure": {"color": theme.ink, "fontSize": 12},
        },
    }
