"""The marts that follow each group over time: its delivery curve, and its cohorts' horizons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from polars import col, when

from by_hand.groups import KEYS
from by_hand.units import DAY

if TYPE_CHECKING:
    from by_hand.groups import Group

HORIZONS = pl.DataFrame({"horizon_days": [3, 5, 7, 10, 14]}, schema={"horizon_days": pl.Int32})


def survival(group: Group) -> pl.DataFrame:
    """Return of every three hours the last step."""
    if "delivery" not in group.clocks:
        return pl.DataFrame()
    shown = group.counts.select("group_no", "group_key", "grouping_name", *KEYS)
    return (
        group.clocks["delivery"].steps.lazy()
        .with_columns(col("n_ended", "n_reached").cum_sum())
        .filter(
            (col("group_no") != col("group_no").shift(-1)).fill_null(True)
            | (col("wait") // (DAY // 8) != col("wait").shift(-1) // (DAY // 8))
        )
        .with_columns(col("n_ended", "n_reached") - col("n_ended", "n_reached").shift(fill_value=0))
        .join(shown.lazy(), on="group_no")
        .select(
            "group_key", "grouping_name", *KEYS, (col("wait") / DAY).alias("days_since_pickup"),
            col("n_at_risk", "n_ended").cast(pl.Int64),
            col("n_reached").cast(pl.Int64).alias("n_delivered"),
            "share_open", "share_open_lower95", "share_open_upper95",
            col("share_reached").alias("share_delivered"),
            col("share_reached_lower95").alias("share_delivered_lower95"),
            col("share_reached_upper95").alias("share_delivered_upper95"),
            col("variance_reached").alias("share_delivered_variance"),
            "share_returned", "share_lost", "share_expired",
        )
        .collect()
    )  # fmt: skip


def cohorts(group: Group) -> pl.DataFrame:
    """Return the shares delivered within each horizon, for groups of one week that have a curve."""
    if not group.is_weekly or "delivery" not in group.clocks:
        return pl.DataFrame()
    horizon = col("horizon_days")
    naive = group.timed.lazy().group_by("group_no").agg(
        pl.len().alias("n_timed"),
        *(
            ((col("ending") == "delivered") & (col("followed") <= h * DAY)).sum().alias(f"within_{h}")
            for h in HORIZONS["horizon_days"]
        ),
        *(
            ((col("ending") == "open") & (col("followed") < h * DAY)).sum().alias(f"short_{h}")
            for h in HORIZONS["horizon_days"]
        ),
    ).collect()  # fmt: skip

    def chosen(prefix: str) -> pl.Expr:
        return pl.coalesce(when(horizon == h).then(f"{prefix}_{h}") for h in HORIZONS["horizon_days"])

    found = (
        group.counts.select(
            "group_no",
            "group_key",
            "grouping_name",
            *KEYS,
            "n_shipments",
            "n_delivered",
            "n_open",
            "as_of_utc",
        )
        .join(naive, on="group_no")
        .join(HORIZONS, how="cross")
    )
    clock = group.clocks["delivery"]
    found = (
        found.sort("group_no", "horizon_days")
        .with_columns((horizon.cast(pl.Int64) * DAY).alias("wait"))
        .join_asof(
            clock.steps.select(
                "group_no", "wait", "share_reached", "share_reached_lower95", "share_reached_upper95",
            ),
            on="wait", by="group_no", check_sortedness=False,
        )
        .join(
            clock.quantiles.select("group_no", "followed_until_days", "naive_mean_days"), on="group_no"
        )
    )  # fmt: skip
    is_known = (col("followed_until_days") >= horizon) | (chosen("short") == 0)
    shares = [
        when(is_known).then(col("share_reached").fill_null(0)).alias("delivered_share"),
        when(is_known).then("share_reached_lower95").alias("delivered_share_lower95"),
        when(is_known).then("share_reached_upper95").alias("delivered_share_upper95"),
        "naive_mean_days",
    ]
    return found.select(
        "group_key", "grouping_name", *KEYS, "horizon_days", "n_shipments", "n_delivered", "n_open",
        col("n_timed").cast(pl.Int64), *shares,
        (chosen("within") / col("n_timed")).alias("naive_delivered_share"),
        (chosen("short") / col("n_timed")).alias("not_followed_share"),
        # the last parcel of the week left seven days after its first, on a clock up to 14 hours from UTC
        (col("as_of_utc") >= col("pickup_week").cast(pl.Datetime)
         + pl.duration(days=horizon + 7, hours=14)).alias("is_mature"),
        (col("n_timed") < 30).alias("is_small_sample"),
    )  # fmt: skip
