"""The charts: each a question, how to read its picture, what is meant by it, and how it is drawn.

A chart draws rows as its query gave them; nothing is worked out here.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import altair as alt

from airflow_provider_trackingmore.report import panels, rates

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.report.drawing import Rows


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


_DELIVERY = Chart(
    name="delivery",
    question="How long does a delivery take?",
    caption="Share of shipments delivered (upwards) within so many days of the first scan (to the right). "
    "Line: the carrier, with its 95 % band; dots: half and 90 % of its shipments, hollow where it may be any "
    "number of days more. Dotted: all carriers. "
    "The twelve carriers with most shipments; the first days are drawn wider.",
    definition=(
        "The clock starts at the first physical scan by the carrier and stops at the delivery. A shipment "
        "still on the road counts for as long as it was followed; one that was returned, lost or went dark "
        "counts as never delivered. So a curve need not reach 100 %.",
        "The band holds the true share at a given day with 95 % confidence. A hollow dot has no upper limit "
        "yet: too few were followed for so long. Curve: Aalen-Johansen; table mart_delivery_survival, "
        "figures in mart_delivery_time_quantiles.",
    ),
    empty="No delivery has been timed so far.",
    draw=panels.delivery,
)

_COHORTS = Chart(
    name="cohorts",
    question="Is it getting faster or slower?",
    caption="Days until half of a week's shipments are delivered, by week of pick-up. Solid line and marks: "
    "all shipments, with the 95 % band. Dashed: only those that have arrived, as most dashboards count. "
    "Grey and hollow: weeks too young to judge. Triangles: fewer than 30 shipments. Each carrier has its own "
    "scale.",
    definition=(
        "The dashed line dives in the newest weeks although nothing changed: what has arrived by now is "
        "what was fast. The solid line ends where not even half of a week can have been delivered yet; the "
        "running week has no mark, as only a short median could be known of it.",
        "The band holds the true median with 95 % confidence. Where it reaches up to the top of the plot, no "
        "upper limit is known: it may be any number of days. A triangle is a week with fewer than 30 "
        "shipments, whose median says little. A carrier without a timed delivery is left out.",
        "A week is young until each of its shipments could be followed for 14 days. Weeks begin on Monday "
        "at the place of the pick-up. Table mart_delivery_time_quantiles.",
    ),
    empty="No delivery has been timed so far, so there are no weeks to compare.",
    draw=panels.cohorts,
)

_EXCEPTIONS = Chart(
    name="exceptions",
    question="Where do exceptions happen?",
    caption="Share of shipments, in per cent, that met an exception so far, by carrier and lane; below it "
    "the number of shipments, with an asterisk under 30, where the share says little. Drawn are the "
    "twelve carriers and ten lanes with most shipments, at most.",
    definition=(
        "An exception is a failed attempt, a hold at customs, a loss or damage, a return, or whatever else "
        "the carrier calls one. A shipment counts once, however many it met. A lane is the country of "
        "origin and that of destination.",
        "A shipment on the road may still meet one; the intervals (Wilson, 95 %) tell of chance, not of "
        "that. They appear on pointing at a cell and stand in table mart_exception_rates, beside two "
        "other shares: of which the source's last word is an exception, also where they came back or were "
        "lost; and which are in one that nothing has ended yet.",
    ),
    empty="No shipment has been picked up yet.",
    draw=rates.exceptions,
)

_EXCEPTION_TYPES = Chart(
    name="exception_types",
    question="What goes wrong?",
    caption="Share of all shipments that met each type of exception so far, with its 95 % interval, and in "
    "brackets how many did.",
    definition=(
        "The type is that of the first scan of an exception: a return after a failed attempt stands under "
        "that, so more came back than are returned here. A shipment counts once for each type it met, so "
        "the types add up to more than the share with any exception. Table mart_exception_types, by carrier, "
        "lane and week too.",
    ),
    empty="No exception is known.",
    draw=rates.exception_types,
)

_ON_TIME = Chart(
    name="on_time",
    question="Are promises kept?",
    caption="Share of shipments due that were delivered by the promised date, with its 95 % interval, and in "
    "brackets how many were due. Hollow diamond: among delivered shipments only, as most dashboards count. "
    "The twelve carriers with most shipments due; one whose shipments carry no promise is not drawn.",
    definition=(
        "On time: delivered on or before the promised date, in the destination's calendar. Late, lost, "
        "returned and overdue shipments all count as due. Leaving the overdue out, as the diamond does, "
        "looks better the worse things go.",
        "What comes early is due at once, everything else on its date, so young weeks look too good. On "
        "pointing at a carrier, the rate of promises past their date is told too, which counts each from its "
        "date on. Table mart_on_time.",
    ),
    empty="No promises known: no shipment carries a promised date that has come due.",
    draw=rates.on_time,
)

CHARTS = (_DELIVERY, _COHORTS, _EXCEPTIONS, _EXCEPTION_TYPES, _ON_TIME)
