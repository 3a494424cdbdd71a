"""The marts by hand in polars: what the models are measured beside.

The same marts from the same tables of the same file, column by column, written for speed: only columns and
rows that are needed leave DuckDB, which does nothing but read and write; trackings and groups are numbers,
and what few scans need is read for those only. ``fct_checkpoints`` is a view and costs neither anything.
Left out, and so in polars' favour: checks, descriptions of the columns, the steps in between as tables, and
running again for changes only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from by_hand.calendar import business_days, dates
from by_hand.episodes import exception_episodes, with_names
from by_hand.groups import Group
from by_hand.lists import couriers, lanes, stalled
from by_hand.marts import grouped_marts
from by_hand.outcomes import shipment_outcomes
from by_hand.quality import data_quality, tracking_latency
from by_hand.reading import Warehouse
from by_hand.scans import real_scans
from by_hand.shipments import telling_trackings, wide_shipments

if TYPE_CHECKING:
    from pathlib import Path


def build(warehouse: Path, seeds: Path, threads: int = 2) -> None:
    """Write every mart of a warehouse into its schema ``by_hand``, which is made anew."""
    with Warehouse(warehouse, seeds, threads) as source:
        accounts = source.accounts()
        trackings = source.trackings(accounts)
        scans = real_scans(source, trackings)
        outcomes = shipment_outcomes(trackings, scans.kept)
        telling = telling_trackings(source, trackings, outcomes)
        episodes = exception_episodes(source, scans.kept, outcomes, telling)
        calendar = dates()
        workdays = business_days(source, trackings, calendar)
        shipments = wide_shipments(source, outcomes, telling, episodes, workdays)
        groups = [Group(row, shipments, episodes) for row in source.seed("groupings").iter_rows(named=True)]
        marts = grouped_marts(groups)
        usual = marts["mart_delivery_time_quantiles"]
        source.write(
            marts
            | {
                "dim_date": calendar,
                "dim_business_day": workdays,
                "dim_courier": couriers(shipments),
                "dim_lane": lanes(shipments),
                "fct_shipments": shipments.drop(
                    "tracking_no", "unscanned", "followed", "followed_from", "ending"
                ),
                "fct_exception_episodes": with_names(episodes, shipments),
                "mart_stalled_shipments": stalled(source, shipments, scans.kept, usual),
                "mart_tracking_latency": tracking_latency(source, trackings),
                "mart_data_quality": data_quality(source, trackings, scans, outcomes, telling),
            }
        )
