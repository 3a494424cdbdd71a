"""Couriers, lanes, and the open parcels that stand still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from polars import col, when

from by_hand.scans import in_order
from by_hand.units import DAY, days

if TYPE_CHECKING:
    from by_hand.reading import Warehouse


def couriers(shipments: pl.DataFrame) -> pl.DataFrame:
    """Return one row per courier."""
    return shipments.group_by("courier_code").agg(
        pl.len().alias("n_shipments"),
        col("source").drop_nulls().n_unique().alias("n_sources"),
        col("picked_up_at_utc").min().alias("first_pickup_at_utc"),
        col("picked_up_at_utc").max().alias("last_pickup_at_utc"),
    )


def lanes(shipments: pl.DataFrame) -> pl.DataFrame:
    """Return one row per lane."""
    countries = ["origin_country", "destination_country"]
    return shipments.group_by("lane", *countries).agg(pl.len().alias("n_shipments")).with_columns(
        (col(countries[0]) != col(countries[1])).fill_null(False).alias("is_cross_border")
    )  # fmt: skip


def stalled(
    source: Warehouse, shipments: pl.DataFrame, scans: pl.DataFrame, times: pl.DataFrame
) -> pl.DataFrame:
    """Return open shipments that nobody has scanned for more than five days, with their last words."""
    is_handed_over = col("last_physical_at_utc").is_not_null()
    idle = when(is_handed_over).then(days(col("last_physical_at_utc"), col("as_of_utc"))).otherwise(
        col("unscanned") / DAY
    )  # fmt: skip
    found = shipments.filter((col("outcome") == "open") & col("gone_at_utc").is_null() & (idle > 5))
    newest = (
        scans.lazy()
        .join(found.lazy().select("tracking_no", "last_physical_at_utc"), on="tracking_no")
        .filter(col("is_physical") | ~is_handed_over)
        .filter(col("event_at_utc") == col("event_at_utc").max().over("tracking_no"))
        .collect()
    )
    last = (
        in_order(source, newest, ["tracking_no", "is_there", "source_seq"], "checkpoint_key")
        .unique("tracking_no", keep="last", maintain_order=True)
        .select("tracking_no", "rowid", col("event_type").alias("last_event_type"))
    )
    words = source.rows("checkpoints", last["rowid"], "description", "location").rename(
        {"description": "last_description", "location": "last_location"}
    )
    usual = times.filter(col("grouping_name") == "carrier_lane").select(
        "courier_code", "lane", col("^p(50_days|90_days|90_upper95)$").name.prefix("lane_")
    )
    return (
        found.join(last.join(words, on="rowid"), on="tracking_no", how="left")
        .with_columns(col("courier_code", "lane").cast(pl.String))
        .join(usual, on=["courier_code", "lane"], how="left")
        .filter(is_handed_over | (col("last_event_type") != "cancelled").fill_null(True))
        .select(
            "shipment_key", "source", "tracking_number", "order_number", "courier_code", "lane",
            is_handed_over.alias("is_handed_over"), idle.alias("idle_days"),
            days(col("picked_up_at_utc"), col("as_of_utc")).alias("days_since_pickup"),
            "lane_p50_days", "lane_p90_days", "lane_p90_upper95", "promised_date",
            (col("promise_state") == "overdue").alias("is_overdue"),
            "has_unresolved_exception", "status", "last_event_type", "last_description", "last_location",
            "last_physical_at_utc", "as_of_utc",
        )
    )  # fmt: skip
