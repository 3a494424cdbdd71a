"""What one should know about the data: the state of each source, and how late it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from polars import col, lit

from by_hand.units import DAY, wait

if TYPE_CHECKING:
    from by_hand.reading import Warehouse
    from by_hand.scans import Scans

# measure: what is counted, of what, and what it means
MEASURES = {
    "never_scanned": ("n_never_scanned", "n_trackings", "registered, and no physical scan so far"),
    "delivered_without_pickup_scan": (
        "n_delivered_without_pickup_scan", "n_trackings", "delivered, and nothing scanned before"
    ),
    "delivered_without_scans": ("n_delivered_without_scans", "n_trackings", "delivered by its header only"),
    "delivered_without_time": (
        "n_delivered_without_time", "n_trackings",
        "scanned, and delivered by its header only: counts in rates, not in times",
    ),
    "negative_duration": (
        "n_negative_duration", "n_trackings", "ended before it started: counts in rates, not in times"
    ),
    "status_regress": ("n_status_regress", "n_trackings", "moved on after a delivery"),
    "registered_late": ("n_registered_late", "n_trackings", "registered after its first physical scan"),
    "picked_up_long_before": (
        "n_long_before", "n_trackings",
        "scanned a quarter before it was registered: old, or scans of the number's earlier use",
    ),
    "gone_at_source": ("n_gone", "n_trackings", "the source does not have it any more"),
    "told_more_than_once": (
        "n_told_again", "n_trackings", "tells of a parcel for which another tracking speaks"
    ),
    "same_number_in_another_quarter": (
        "n_other_quarter", "n_trackings",
        "number and courier stand in another quarter too: recycled, or one parcel cut in two",
    ),
    "unparsable_time": ("n_unparsable", "n_scans", "scan whose time could not be read"),
    "assumed_zone": (
        "n_assumed_zone", "n_scans", "physical scan whose zone is not known; its local time is taken for UTC",
    ),
    "date_only": ("n_date_only", "n_scans", "scan with a date and no hour, or told at midnight sharp"),
    "impossible_time": ("n_impossible", "n_scans", "scan later than what is known: left out"),
    "repeated_scan": ("n_repeated", "n_scans", "scan that says what another one says: collapsed"),
    "unmapped_event": ("n_unmapped", "n_scans", "scan whose status no map knows"),
    "rejected_record": ("n_rejected", "n_records", "record that could not be decoded"),
}  # fmt: skip
TIMINGS = [
    "never_scanned", "delivered_without_pickup_scan", "delivered_without_scans", "delivered_without_time",
    "negative_duration",
]  # fmt: skip


def data_quality(
    source: Warehouse, trackings: pl.DataFrame, scans: Scans, outcomes: pl.DataFrame, telling: pl.DataFrame
) -> pl.DataFrame:
    """Return one row per source and measure."""
    quarter, number = col("created_at_utc").dt.truncate("1q"), ["tracking_number_norm", "courier_code"]
    several = (
        trackings.lazy()
        .drop_nulls("tracking_number_norm")
        .group_by(number)
        .agg(quarter.min().alias("first"), quarter.max().alias("last"))
        .filter(col("first") != col("last"))
        .with_columns(lit(True).alias("is_in_other_quarter"))
    )
    counts = (
        trackings.lazy()
        .select("tracking_no", "source", "gone_at_utc", *number)
        .join(
            outcomes.lazy().select("tracking_no", "timing_quality", "has_status_regress", "entry"),
            on="tracking_no", how="left",
        )
        .join(telling.lazy().select("tracking_no", "is_telling"), on="tracking_no", how="left")
        .join(several, on=number, how="left")
        .group_by("source")
        .agg(
            pl.len().alias("n_trackings"),
            *((col("timing_quality") == timing).sum().alias(f"n_{timing}") for timing in TIMINGS),
            col("has_status_regress").sum().alias("n_status_regress"),
            (col("entry") > 0).sum().alias("n_registered_late"),
            (col("entry") > 90 * DAY).sum().alias("n_long_before"),
            col("gone_at_utc").count().alias("n_gone"),
            col("is_telling").not_().sum().alias("n_told_again"),
            col("is_in_other_quarter").sum().alias("n_other_quarter"),
        )
        .collect()
    )  # fmt: skip
    rejected = source.read("SELECT source FROM rejected_records WHERE kind = 'tracking'")
    records = counts.select("source", "n_trackings").join(
        rejected.group_by("source").agg(pl.len().alias("n_rejected")), on="source", how="left"
    ).select(
        "source", col("n_rejected").fill_null(0),
        (col("n_trackings") + col("n_rejected").fill_null(0)).alias("n_records"),
    )  # fmt: skip
    sides = {"n_trackings": counts, "n_scans": scans.counts, "n_records": records}
    return pl.concat(
        sides[of].select(
            "source",
            lit(measure).alias("measure"),
            lit(meaning).alias("meaning"),
            col(found).cast(pl.Int64).alias("n_found"),
            col(of).cast(pl.Int64).alias("n_of"),
            (col(found) / col(of)).alias("found_share"),
        )
        for measure, (found, of, meaning) in MEASURES.items()
    ).filter(col("n_of") > 0)


def tracking_latency(source: Warehouse, trackings: pl.DataFrame) -> pl.DataFrame:
    """Return one row per source and courier of a leg: hours from a scan to when it was first seen here."""
    scans = source.read(
        "SELECT tracking_key, source, leg_courier_code, event_at_utc, first_observed_at_utc AS seen_at_utc"
        " FROM checkpoints WHERE time_basis = 'explicit_offset' AND event_at_utc <= first_observed_at_utc"
    )
    hours, by = col("hours"), ["source", "courier_code"]
    upto = pl.int_range(1, pl.len() + 1) / pl.len()
    return (
        scans.lazy()
        .join(
            trackings.lazy().select("tracking_key", "courier_code", "first_observed_at_utc"),
            on="tracking_key",
        )
        .filter(col("event_at_utc") > col("first_observed_at_utc"))
        .select(
            "source",
            pl.coalesce("leg_courier_code", "courier_code").alias("courier_code"),
            (wait(col("event_at_utc"), col("seen_at_utc")) / 3600e6).alias("hours"),
        )
        .sort("hours")
        .group_by(by, maintain_order=True)
        .agg(
            pl.len().alias("n_scans"),
            hours.mean().alias("mean_hours"),
            *(
                hours.filter(upto >= percent / 100 - 1e-12).min().alias(f"p{percent}_hours")
                for percent in (50, 75, 90)
            ),
            hours.max().alias("max_hours"),
            (pl.len() < 30).alias("is_small_sample"),
        )
        .collect()
    )
