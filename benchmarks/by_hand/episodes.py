"""Exception episodes: runs of physical exception scans, each with how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from polars import col, lit, when

from by_hand.scans import in_order
from by_hand.units import DAY, wait

if TYPE_CHECKING:
    from by_hand.reading import Warehouse


def exception_episodes(
    source: Warehouse, scans: pl.DataFrame, outcomes: pl.DataFrame, telling: pl.DataFrame
) -> pl.DataFrame:
    """Return the episodes of parcels.

    Scans of one moment follow each other as the source lists them, an end last.
    """
    troubled = (
        outcomes.lazy()
        .filter("has_exception")
        .select("tracking_no", "outcome", "exit_at_utc")
        .join(telling.lazy().filter("is_telling"), on="tracking_no", how="semi")
    )
    met = (
        scans.lazy()
        .filter("is_physical")
        .join(troubled, on="tracking_no")
        .with_columns(col("event_type").is_in(["delivered", "returned"]).alias("is_end"))
        .collect(engine="streaming")
    )
    at, wrong, key = col("event_at_utc"), col("is_exception"), col("tracking_no")
    order = ["tracking_no", "event_at_utc", "is_end", "is_there", "source_seq"]
    homeward = col("event_type").is_in(["returning", "returned"])
    state, follows = col("episode_state"), col("next_scan_at_utc")
    return (
        in_order(source, met, order, "checkpoint_key")
        .lazy()
        .with_columns(homeward.cast(pl.UInt32).cum_sum().over("tracking_no").alias("n_return_scans"))
        .with_columns(
            (
                wrong
                & (wrong.shift() & (key == key.shift())).fill_null(False).not_()
                & (col("n_return_scans") == homeward.cast(pl.UInt32))
            ).alias("is_first"),
            when(key == key.shift(-1)).then(at.shift(-1)).alias("next_at"),
            when(key == key.shift(-1)).then(wrong.shift(-1)).alias("next_wrong"),
        )
        .with_columns(col("is_first").cast(pl.UInt32).cum_sum().alias("run"))
        .filter("is_exception")
        .group_by("run", maintain_order=True)
        .agg(
            col("tracking_no").first(),
            col("event_type").first().alias("exception_type"),
            at.min().alias("started_at_utc"),
            at.max().alias("last_exception_at_utc"),
            pl.len().alias("n_scans"),
            when(~col("next_wrong") & (col("n_return_scans") == 0)).then("next_at").min()
            .alias("next_scan_at_utc"),
            col("outcome").first(),
            col("exit_at_utc").first(),
        )
        .with_columns(
            when(
                (col("outcome") == "returned")
                & (follows.fill_null(col("exit_at_utc")) >= col("exit_at_utc"))
            )
            .then(lit("ended_returned"))
            .when(follows.is_not_null()).then(lit("resolved"))
            .when(col("outcome") == "open").then(lit("open"))
            .otherwise(lit("ended_") + col("outcome").cast(pl.String)).alias("episode_state")
        )
        .with_columns(
            when(state == "resolved").then(follows).alias("resolved_at_utc"),
            when(state == "resolved").then(follows).otherwise("exit_at_utc").alias("over_at"),
            (col("run").cum_count().over("tracking_no")).alias("episode_no"),
        )
        .select(
            "tracking_no", "episode_no", "exception_type", "episode_state", "started_at_utc",
            "last_exception_at_utc", "n_scans", "resolved_at_utc",
            when((state != "ended_delivered") | (col("over_at") >= col("started_at_utc")))
            .then(wait(col("started_at_utc"), col("over_at")).clip(0)).alias("lasted"),
        )
        .with_columns((col("lasted") / DAY).alias("episode_days"))
        .collect()
    )  # fmt: skip


def with_names(episodes: pl.DataFrame, shipments: pl.DataFrame) -> pl.DataFrame:
    """Return the episodes with what names their parcels."""
    names = ["shipment_key", "source", "tracking_number", "courier_code", "lane"]
    return episodes.join(shipments.select("tracking_no", *names), on="tracking_no").select(
        "shipment_key", "episode_no", *names[1:], "exception_type", "episode_state", "started_at_utc",
        "last_exception_at_utc", "resolved_at_utc", "episode_days", "n_scans",
    )  # fmt: skip
