"""Parcels: which tracking tells of each, and the table most people query."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from polars import col, lit, when

from by_hand.units import DAY, wait

if TYPE_CHECKING:
    from by_hand.reading import Warehouse


def telling_trackings(source: Warehouse, trackings: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return per tracking of an account that was read whole once its parcel, and whether it tells of it.

    Trackings of one parcel share number, courier and the quarter of registration. One of them speaks for it:
    one that saw it, or has scans at all; that knows of a return, a delivery, a loss; whose times can be told;
    that is still there; while it is open one that was read for longest, and saw it last; then by the source's
    priority, then by its news.
    """
    priorities = source.seed("sources").select("source", "priority")
    outcome, seen = col("outcome"), col("last_physical_at_utc")
    has_not_ended, ended = outcome.is_in(["open", "expired"]), col("exit_at_utc")
    named = (
        trackings.lazy()
        .filter(col("as_of_utc").is_not_null())
        .select(
            "tracking_no",
            pl.concat_str(
                col("tracking_number_norm").replace("", None), "courier_code",
                col("created_at_utc").dt.truncate("1q").dt.date().cast(pl.String),
                separator="|",
            ).fill_null(col("tracking_key")).alias("shipment_key"),
        )
        .with_columns(pl.len().over("shipment_key").alias("n_trackings"))
        .collect()
    )  # fmt: skip
    silent = (
        named.lazy()
        .filter(col("n_trackings") > 1)
        .join(trackings.lazy(), on="tracking_no")
        .join(
            outcomes.lazy().select(
                "tracking_no", "outcome", "timing_quality", "last_physical_at_utc", "last_found_at_utc",
                "exit_at_utc", "returning_at_utc", "n_scans", "n_delivered_scans",
            ),
            on="tracking_no",
        )
        .join(priorities.lazy(), on="source", how="left")
        .sort(
            "shipment_key", seen.is_null(), col("n_scans") == 0,
            when(outcome == "returned").then(0)
            # after the way back began that another tracking tells of, it was delivered to the sender
            .when(outcome == "delivered", col("returning_at_utc").min().over("shipment_key") <= ended).then(5)
            .when(outcome == "delivered", col("n_delivered_scans") > 0).then(1)
            .when(outcome == "delivered").then(2)
            .when(outcome != "lost").then(4)
            # a loss after which another tracking found the parcel is none
            .when((col("last_found_at_utc").max().over("shipment_key") > ended).fill_null(False))
            .then(5)
            .otherwise(3).cast(pl.UInt8),
            col("timing_quality") != "ok",
            col("gone_at_utc").is_not_null(),
            when(has_not_ended).then(-col("as_of_utc").dt.date().cast(pl.Int32)),
            when(has_not_ended).then(-seen.cast(pl.Int64)),
            col("priority").fill_null(99),
            -col("updated_at_utc").cast(pl.Int64), -col("observed_at_utc").cast(pl.Int64), "tracking_key",
            nulls_last=True,
        )
        .filter(col("shipment_key") == col("shipment_key").shift())
        .collect()
    )  # fmt: skip
    return named.with_columns(
        col("tracking_no").is_in(silent["tracking_no"].implode()).not_().alias("is_telling")
    )


def wide_shipments(
    source: Warehouse,
    outcomes: pl.DataFrame,
    telling: pl.DataFrame,
    episodes: pl.DataFrame,
    workdays: pl.DataFrame,
) -> pl.DataFrame:
    """Return the table most people query, and some waits in microseconds."""
    facts = [
        "order_number",
        "order_placed_at_local",
        "promised_date",
        "origin_country",
        "destination_country",
    ]
    # what the tracking that speaks does not tell, another one may; and who registered it first
    orders = (
        outcomes.lazy()
        .join(telling.lazy().filter(col("n_trackings") > 1), on="tracking_no")
        .group_by("shipment_key")
        .agg(col(*facts, "created_at_utc").min(), col("service_code").replace("unknown", None).min())
    )
    told = pl.coalesce("label_created_at_utc", "created_at_utc_of_all", "created_at_utc")
    country = {side: col(f"{side}_country").fill_null("??") for side in ("origin", "destination")}
    late = source.seed("sources").filter("is_registered_late")["source"]
    numbers = workdays.lazy().select("country", "calendar_day", "business_day_no")
    began, out, arrived = col("started_at_utc"), col("out_for_delivery_at_utc"), col("delivered_at_utc")
    is_when_out = (
        (began >= out) & (col("resolved_at_utc") > out).fill_null(True) & (began <= arrived).fill_null(True)
    )
    counted = (
        episodes.lazy()
        .join(outcomes.lazy().select("tracking_no", out, arrived), on="tracking_no")
        .group_by("tracking_no")
        .agg(
            pl.len().alias("n_exception_episodes"),
            (col("episode_state") == "open").any().alias("has_unresolved_exception"),
            is_when_out.any().alias("has_episode_when_out"),
        )
    )
    outcome, promise, first = col("outcome"), col("promised_date"), col("first_attempt_at_utc")
    is_delivered = outcome == "delivered"
    is_ok = is_delivered & (col("timing_quality") == "ok")
    again = col("last_out_for_delivery_at_utc")
    is_out_again = (again - out > pl.duration(days=1)) & (again <= arrived).fill_null(True)
    succeeds = (
        is_delivered & (first == col("delivered_at_utc")).fill_null(False)
        & (col("first_failed_attempt_at_utc") > col("delivered_at_utc")).fill_null(True)
    )  # fmt: skip
    ready, back = col("ready_for_pickup_at_utc"), col("returning_at_utc")
    ready = when((ready <= back).fill_null(True) & (ready <= arrived).fill_null(True)).then(ready)
    suggests_failure = ready.is_not_null() | (
        (out <= back).fill_null(True) & (col("has_episode_when_out") | is_out_again.fill_null(False))
    )
    ended = (
        when(outcome.is_in(["returned", "lost"])).then(lit("failed"))
        .when(
            when(outcome == "open").then(pl.min_horizontal("exit_at_utc", "as_of_utc"))
            .otherwise("as_of_utc").dt.date() > promise
        )
        .then(lit("overdue"))
        .otherwise(lit("not_due"))
    )  # fmt: skip
    return (
        outcomes.lazy()
        .join(telling.lazy().filter("is_telling"), on="tracking_no")
        .join(orders, on="shipment_key", how="left", suffix="_of_all")
        .with_columns(
            *(pl.coalesce(fact, f"{fact}_of_all") for fact in facts),
            pl.coalesce(col("service_code").replace("unknown", None), "service_code_of_all", lit("unknown"))
            .alias("service_code"),
        )
        .with_columns((country["origin"] + "->" + country["destination"]).alias("lane"))
        .join(counted, on="tracking_no", how="left")
        .with_columns(
            col("n_exception_episodes").fill_null(0),
            col("has_unresolved_exception", "has_episode_when_out").fill_null(False),
            col("picked_up_at_local").dt.date().alias("picked_up_date"),
            col("first_attempt_at_local").dt.date().alias("first_attempt_date"),
            col("delivered_at_local").dt.date().alias("delivered_date"),
            (wait(col("picked_up_at_utc"), col("exit_at_utc")) / DAY).alias("duration_days"),
            (col("followed") / DAY).alias("followed_days"),
            (col("entry") / DAY).alias("entry_days"),
            when(col("source").is_in(late.implode())).then("entry").otherwise(0).alias("followed_from"),
            when(
                "is_date_only_pickup",
                (told - col("picked_up_at_utc")).is_between(pl.duration(), pl.duration(days=1), "left"),
            ).then(0)
            .otherwise(wait(
                told,
                when(pl.coalesce("picked_up_at_utc", "exit_at_utc") > col("as_of_utc")).then("as_of_utc")
                .otherwise(pl.coalesce("picked_up_at_utc", "exit_at_utc")),
            )).alias("unscanned"),
            col("courier_code", "lane", "service_code").cast(pl.Categorical),
        )
        .join(
            numbers.rename({"business_day_no": "pickup_no"}), how="left",
            left_on=["destination_country", "picked_up_date"], right_on=["country", "calendar_day"],
        )
        .join(
            numbers.rename({"business_day_no": "delivery_no"}), how="left",
            left_on=["destination_country", "delivered_date"], right_on=["country", "calendar_day"],
        )
        .select(
            "tracking_no", "unscanned", "followed", "followed_from", "ending",
            "shipment_key", "tracking_key", "source", "account", "n_trackings", "tracking_number",
            "order_number", "courier_code", "service_code", "origin_country", "destination_country", "lane",
            "status", "outcome", "timing_quality", "created_at_utc", "order_placed_at_local",
            "label_created_at_utc", "picked_up_at_utc", "picked_up_date",
            col("picked_up_date").dt.truncate("1w").alias("pickup_week"),
            "out_for_delivery_at_utc", "ready_for_pickup_at_utc", "first_attempt_at_utc",
            "first_attempt_date", "returning_at_utc", "last_physical_at_utc", "delivered_at_utc",
            "delivered_date", "exit_at_utc", "as_of_utc", "gone_at_utc", "promised_date",
            when(is_ok).then("duration_days").alias("transit_days"),
            when(is_ok).then(col("duration_days") * 24).alias("transit_hours"),
            when(is_ok).then(col("duration_days").floor().cast(pl.Int64)).alias("transit_full_days"),
            when(is_ok).then((col("delivered_date") - col("picked_up_date")).dt.total_days())
            .alias("transit_date_changes"),
            when(col("timing_quality") == "ok").then(col("delivery_no") - col("pickup_no"))
            .alias("transit_business_days"),
            when(ready.is_not_null()).then(wait(col("picked_up_at_utc"), ready) / DAY)
            .when(is_ok).then("duration_days").alias("carrier_days"),
            (wait(ready, arrived) / DAY).alias("waiting_days"),
            (col("delivered_date") - col("order_placed_at_local").dt.date()).dt.total_days()
            .alias("order_to_delivery_date_changes"),
            "followed_days", "entry_days", "went_dark_at_days",
            (col("unscanned") / DAY).alias("unscanned_days"),
            when(promise.is_null()).then(lit("no_promise"))
            .when(is_delivered & col("delivered_date").is_null()).then(lit("unknown"))
            .when(is_delivered & (col("delivered_date") <= promise)).then(lit("on_time"))
            .when(is_delivered).then(lit("late"))
            .otherwise(ended).alias("promise_state"),
            when(promise.is_null()).then(lit("no_promise"))
            .when(col("first_attempt_date") <= promise).then(lit("on_time"))
            .when(col("first_attempt_date").is_not_null()).then(lit("late"))
            .when(is_delivered).then(lit("unknown"))
            .otherwise(ended).alias("promise_state_by_attempt"),
            when(first.is_not_null()).then(succeeds).alias("is_first_attempt_success"),
            when(suggests_failure).then(False).when(first.is_not_null()).then(succeeds)
            .alias("is_first_attempt_success_strict"),
            "n_scans", "n_exception_episodes", "has_exception",
            col("status").is_in(["exception", "undelivered"]).alias("is_exception_now"),
            "has_unresolved_exception", "has_assumed_time", "has_date_only_time", "has_status_regress",
            (col("entry") > 0).alias("is_registered_late"),
            (col("followed_from") / DAY).alias("followed_from_days"),
        )
        .collect()
    )  # fmt: skip
