"""Milestones of each tracking, how it ended, and how long it was followed."""

from __future__ import annotations

import polars as pl
from polars import col, lit, when

from by_hand.units import ENDINGS, days, wait


def shipment_outcomes(trackings: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """Return milestones, outcome and times, one row per tracking of an account that was read whole once."""
    kind, at, physical = col("event_type"), col("event_at_utc"), col("is_physical")
    moving = physical & (kind != "delivered")
    found = physical & ~kind.is_in(["lost_damaged", "exception_other"])

    def first(condition: pl.Expr) -> pl.Expr:
        return when(condition).then(at).min()

    def last(condition: pl.Expr) -> pl.Expr:
        return when(condition).then(at).max()

    milestones = scans.lazy().group_by("tracking_no").agg(
        first(moving).alias("picked_up_at_utc"),
        first((kind == "label_created") & ~col("is_assumed")).alias("label_created_at_utc"),
        first(kind == "out_for_delivery").alias("out_for_delivery_at_utc"),
        last(kind == "out_for_delivery").alias("last_out_for_delivery_at_utc"),
        first(kind == "ready_for_pickup").alias("ready_for_pickup_at_utc"),
        first(kind == "attempt_failed").alias("first_failed_attempt_at_utc"),
        first(kind.is_in(["returning", "returned"])).alias("returning_at_utc"),
        first(kind == "returned").alias("returned_scan_at_utc"),
        last(found).alias("last_found_at_utc"),
        last(found & (kind != "delivered")).alias("last_movement_at_utc"),
        when(found & (kind != "delivered")).then("event_at_local").max().alias("last_movement_at_local"),
        last(physical).alias("last_physical_at_utc"),
        pl.len().alias("n_scans"),
        (kind == "delivered").sum().alias("n_delivered_scans"),
        (physical & col("is_exception")).any().alias("has_exception"),
        (physical & col("is_assumed")).any().alias("has_assumed_time"),
        (physical & col("is_date_only")).any().alias("has_date_only_time"),
    ).collect(engine="streaming")  # fmt: skip
    local, moved, failed = col("event_at_local"), col("last_movement_at_utc"), kind == "attempt_failed"
    is_delivery, is_loss = kind == "delivered", kind == "lost_damaged"
    # among zones that are not known, the clocks on the wall have to say so too
    goes_on = (at < moved) & (~col("has_assumed_time") | (local < col("last_movement_at_local")))
    clear = is_delivery & ~goes_on.fill_null(False)
    by_header = is_delivery & (col("header_status") == "delivered")

    def local_of(condition: pl.Expr, moment: pl.Expr) -> pl.Expr:
        return when(condition & (at == moment)).then(local).min()

    moments = (
        scans.lazy()
        .join(
            milestones.lazy().select(
                "tracking_no", "picked_up_at_utc", "first_failed_attempt_at_utc", "last_movement_at_utc",
                "last_movement_at_local", "last_found_at_utc", "has_assumed_time",
            ),
            on="tracking_no",
        )
        .filter(
            is_delivery | is_loss | (at == col("picked_up_at_utc"))
            | (at == col("first_failed_attempt_at_utc"))
        )
        .join(trackings.lazy().select("tracking_no", "header_status"), on="tracking_no")
        .group_by("tracking_no")
        .agg(
            local_of(moving, col("picked_up_at_utc")).alias("picked_up_at_local"),
            when(moving & (at == col("picked_up_at_utc"))).then("is_date_only").min()
            .alias("is_date_only_pickup"),
            local_of(failed, col("first_failed_attempt_at_utc")).alias("failed_at_local"),
            first(is_delivery).alias("first_delivered_scan_at_utc"),
            local_of(is_delivery, first(is_delivery)).alias("first_delivered_at_local"),
            (is_delivery & ~clear).any().alias("has_status_regress"),
            first(is_loss & ~(at < col("last_found_at_utc")).fill_null(False)).alias("lost_at_utc"),
            pl.coalesce(first(clear), last(by_header)).alias("delivered_scan_at_utc"),
            pl.coalesce(local_of(clear, first(clear)), local_of(by_header, last(by_header)))
            .alias("delivered_scan_at_local"),
        )
        .collect(engine="streaming")
    )  # fmt: skip
    attempts = [col("first_failed_attempt_at_utc"), col("first_delivered_scan_at_utc")]
    before_return = (pl.min_horizontal(attempts) <= col("returning_at_utc")).fill_null(True)
    delivered, as_of, dark = col("delivered_scan_at_utc"), col("as_of_utc"), pl.duration(days=30)
    outcome, exit_at, pickup = col("outcome"), col("exit_at_utc"), col("picked_up_at_utc")
    return (
        trackings.lazy()
        .filter(as_of.is_not_null())
        .join(milestones.lazy(), on="tracking_no", how="left")
        .join(moments.lazy(), on="tracking_no", how="left")
        .with_columns(
            col("n_scans", "n_delivered_scans").fill_null(0),
            col("has_exception", "has_assumed_time", "has_date_only_time").fill_null(False),
            col("has_status_regress").fill_null(False),
            when(before_return).then(pl.min_horizontal(attempts)).alias("first_attempt_at_utc"),
            when(~before_return).then(None)
            .when((attempts[0] < attempts[1]).fill_null(False)).then("failed_at_local")
            .when((attempts[1] < attempts[0]).fill_null(False)).then("first_delivered_at_local")
            .otherwise(pl.min_horizontal("failed_at_local", "first_delivered_at_local"))
            .alias("first_attempt_at_local"),
            when(col("returned_scan_at_utc").is_not_null()).then("returned_scan_at_utc")
            .when(delivered >= col("returning_at_utc")).then(delivered).alias("returned_at_utc"),
        )
        .with_columns(
            when(col("returned_at_utc").is_not_null()).then(lit("returned"))
            .when(delivered.is_not_null()).then(lit("delivered"))
            .when(col("lost_at_utc").is_not_null()).then(lit("lost"))
            .when(col("header_status") == "delivered").then(lit("delivered"))
            .when(col("header_status") == "expired").then(lit("expired"))
            .otherwise(lit("open")).cast(pl.Enum(ENDINGS)).alias("outcome")
        )
        .with_columns(
            when(outcome == "delivered").then(delivered)
            .when(outcome == "returned").then("returned_at_utc")
            .when(outcome == "lost").then("lost_at_utc")
            .when(outcome == "expired").then(
                pl.min_horizontal(as_of, pl.max_horizontal(
                    "last_physical_at_utc",
                    pl.coalesce(
                        "status_changed_at_utc",
                        pl.coalesce("last_physical_at_utc", "created_at_utc") + dark,
                    ),
                ))
            )
            .otherwise(pl.max_horizontal(
                pickup,
                when(col("gone_at_utc").is_null()).then(as_of)
                .otherwise(pl.min_horizontal(as_of, "seen_at_utc")),
            ))
            .alias("exit_at_utc")
        )
        .with_columns(
            when(pickup.is_null() & delivered.is_not_null()).then(lit("delivered_without_pickup_scan"))
            .when(pickup.is_null() & (outcome == "delivered")).then(lit("delivered_without_scans"))
            .when(pickup.is_null()).then(lit("never_scanned"))
            .when((outcome == "delivered") & exit_at.is_null()).then(lit("delivered_without_time"))
            .when(exit_at < pickup).then(lit("negative_duration"))
            .otherwise(lit("ok")).alias("timing_quality"),
            when(outcome == "delivered").then(delivered).alias("delivered_at_utc"),
            when(outcome == "delivered").then("delivered_scan_at_local").alias("delivered_at_local"),
            # what a clock ahead tells of the time after the end of what is known does not count yet
            when(exit_at > as_of).then(wait(pickup, as_of).clip(0)).otherwise(wait(pickup, exit_at))
            .alias("followed"),
            when(exit_at > as_of).then(lit("open", pl.Enum(ENDINGS))).otherwise(outcome).alias("ending"),
            when(col("is_date_only_pickup") & (col("created_at_utc") < pickup + pl.duration(days=1))).then(0)
            .otherwise(wait(pickup, col("created_at_utc")).clip(0).fill_null(0)).alias("entry"),
            when(outcome == "expired").then(days(pickup, col("last_physical_at_utc")))
            .alias("went_dark_at_days"),
        )
        .drop("header_status", "seen_at_utc", "lost_at_utc", "first_delivered_scan_at_utc",
              "last_movement_at_utc", "last_movement_at_local", "returned_scan_at_utc",
              "failed_at_local", "first_delivered_at_local")
        .collect()
    )  # fmt: skip
