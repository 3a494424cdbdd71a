"""The marts by hand in polars: what the models are measured beside.

The same definitions over the same canonical tables (as Parquet), written for speed: only the columns that are
needed are read, trackings and groups are numbers, checkpoints are sorted once. Left out, and so in polars'
favour: business days, data quality, tracking latency, courier codes of other sources, parcels told by several
trackings, sources that register late, the copy of all scans, checks, lineage, and running again for changes
only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl
from polars import col, lit, when

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Z = 1.959963984540054
DAY = 86_400_000_000  # microseconds
GROUPINGS = {
    "all": [],
    "carrier": ["courier_code"],
    "carrier_lane": ["courier_code", "lane"],
    "carrier_service": ["courier_code", "service_code"],
    "carrier_lane_service": ["courier_code", "lane", "service_code"],
    "carrier_week": ["courier_code", "pickup_week"],
    "carrier_lane_week": ["courier_code", "lane", "pickup_week"],
}
KEYS = ["courier_code", "lane", "service_code", "pickup_week"]
WITHOUT_CURVE = {"carrier_lane_week"}
WITH_FIRST_SCAN = {"all", "carrier", "carrier_lane"}
HORIZONS = pl.DataFrame({"horizon_days": [3, 5, 7, 10, 14]}, schema={"horizon_days": pl.Int32})
RATES = {
    "exception_ever": ("n_ever", "n_shipments"),
    "exception_current": ("n_current", "n_shipments"),
    "exception_unresolved": ("n_unresolved", "n_shipments"),
    "returned": ("n_returned", "n_shipments"),
    "lost": ("n_lost", "n_shipments"),
    "on_time": ("n_on_time", "n_due"),
    "on_time_by_attempt": ("n_on_time_by_attempt", "n_due_by_attempt"),
    "first_attempt": ("n_first_attempt", "n_attempted"),
    "first_attempt_strict": ("n_first_attempt_strict", "n_attempted"),
}
ENDINGS = ("delivered", "returned", "lost", "expired", "open")


def build(source: Path, target: Path) -> None:
    """Read ``trackings``, ``checkpoints`` and ``loads`` from one folder and write the marts to another."""
    trackings = read_trackings(source)
    scans = read_scans(source, trackings)
    outcomes = shipment_outcomes(trackings, scans)
    episodes = exception_episodes(scans, outcomes)
    shipments = wide_shipments(outcomes, episodes)
    groups = [Group(name, shipments, episodes) for name in GROUPINGS]
    marts = grouped_marts(groups)
    marts["fct_shipments"] = shipments
    marts["fct_exception_episodes"] = episodes.join(
        shipments.select("tracking_no", "tracking_number", "courier_code", "lane"), on="tracking_no"
    )
    marts["mart_stalled_shipments"] = stalled(source, shipments, scans, marts["mart_delivery_time_quantiles"])
    for name, frame in marts.items():
        frame.write_parquet(target / f"{name}.parquet")


def wait(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return the microseconds between two instants."""
    return (end - start).dt.total_microseconds()


def days(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return the days between two instants."""
    return wait(start, end) / DAY


def read_trackings(source: Path) -> pl.DataFrame:
    """Return one row per tracking with the end of what is known of its account."""
    as_of = (
        pl.scan_parquet(source / "loads.parquet")
        .filter("is_complete")
        .group_by("source", "account")
        .agg(col("window_to_utc").max().alias("as_of_utc"))
    )
    return (
        pl.scan_parquet(source / "trackings.parquet")
        .select(
            "tracking_key", "source", "account", "tracking_number", "order_number", "courier_code",
            col("service_code").fill_null("unknown"), "origin_country", "destination_country", "status",
            "order_placed_at_local", "promised_date", "created_at_utc", "updated_at_utc",
            "status_changed_at_utc", "observed_at_utc", "gone_at_utc",
        )
        .join(as_of, on=["source", "account"])
        .with_columns(
            when(col("updated_at_utc").fill_null(col("created_at_utc")) <= col("as_of_utc"))
            .then("status")
            .alias("header_status"),
            (col("origin_country").fill_null("??") + "->" + col("destination_country").fill_null("??"))
            .alias("lane"),
        )
        .collect()
        .with_row_index("tracking_no")
    )  # fmt: skip


def read_scans(source: Path, trackings: pl.DataFrame) -> pl.DataFrame:
    """Return real-world scans: possible ones, of those told twice the best, in the order of their times."""
    basis = col("time_basis")
    slack = when(basis == "assumed_utc").then(pl.duration(hours=14)).otherwise(pl.duration())
    told = (
        pl.scan_parquet(source / "checkpoints.parquet")
        .select(
            "checkpoint_key", "tracking_key", "leg", "source_seq", "event_at_utc", "event_at_local",
            "time_basis", "event_type", "is_physical", "is_exception",
        )
        .join(trackings.lazy().select("tracking_key", "tracking_no", "as_of_utc"), on="tracking_key")
        .filter(col("event_at_utc") <= col("as_of_utc") + slack)
        .select(
            "checkpoint_key", "tracking_no", "source_seq", "event_at_utc", "event_at_local",
            "is_physical", "is_exception",
            col("event_type").cast(pl.Categorical),
            (basis == "assumed_utc").alias("is_assumed"),
            (col("leg") != "origin").alias("is_there"),
            (
                when(basis == "explicit_offset").then(0)
                .when(basis == "location_inferred").then(2)
                .otherwise(4)
                + (col("leg") != "destination").cast(pl.Int32)
            ).cast(pl.UInt8).alias("telling_rank"),
            col("event_at_local").dt.truncate("1m").alias("minute"),
        )
        .collect(engine="streaming")
    )  # fmt: skip
    same = ["tracking_no", "minute", "event_type"]
    again = told.lazy().group_by(same).len().filter(col("len") > 1).select(same).collect(engine="streaming")
    once = told.join(again, on=same, how="anti")
    best = (
        told.join(again, on=same, how="semi")
        .sort("telling_rank", "checkpoint_key")
        .unique(same, keep="first", maintain_order=True)
    )
    return pl.concat([once, best]).drop("telling_rank", "minute")


def shipment_outcomes(trackings: pl.DataFrame, scans: pl.DataFrame) -> pl.DataFrame:
    """Return milestones, outcome and times, one row per tracking."""
    kind, at, physical = col("event_type"), col("event_at_utc"), col("is_physical")
    moving = physical & (kind != "delivered")

    def first(condition: pl.Expr) -> pl.Expr:
        return when(condition).then(at).min()

    def last(condition: pl.Expr) -> pl.Expr:
        return when(condition).then(at).max()

    milestones = scans.lazy().group_by("tracking_no").agg(
        first(moving).alias("picked_up_at_utc"),
        first((kind == "label_created") & ~col("is_assumed")).alias("label_created_at_utc"),
        first(kind == "out_for_delivery").alias("out_for_delivery_at_utc"),
        last(kind == "out_for_delivery").alias("last_out_for_delivery_at_utc"),
        last(physical & col("is_exception")).alias("last_exception_at_utc"),
        first(kind == "ready_for_pickup").alias("ready_for_pickup_at_utc"),
        first(kind == "attempt_failed").alias("first_failed_attempt_at_utc"),
        first(kind.is_in(["attempt_failed", "delivered"])).alias("first_attempt_at_utc"),
        first(kind == "returning").alias("returning_at_utc"),
        first(kind == "returned").alias("returned_scan_at_utc"),
        first(kind == "lost_damaged").alias("first_lost_at_utc"),
        last(kind == "lost_damaged").alias("last_lost_at_utc"),
        last(physical & (kind != "lost_damaged")).alias("last_found_at_utc"),
        first(kind == "delivered").alias("first_delivered_scan_at_utc"),
        last(moving).alias("last_movement_at_utc"),
        last(physical).alias("last_physical_at_utc"),
        pl.len().alias("n_scans"),
        (kind == "delivered").sum().alias("n_delivered_scans"),
        (physical & col("is_exception")).any().alias("has_exception"),
        (physical & col("is_assumed")).any().alias("has_assumed_time"),
    ).collect(engine="streaming")  # fmt: skip
    local = col("event_at_local")
    clear = (kind == "delivered") & (
        col("last_movement_at_utc").is_null() | (at >= col("last_movement_at_utc"))
    )
    by_header = (kind == "delivered") & (col("header_status") == "delivered")
    attempt = kind.is_in(["attempt_failed", "delivered"]) & (at == col("first_attempt_at_utc"))
    moments = (
        scans.lazy()
        .join(
            milestones.lazy().select(
                "tracking_no", "picked_up_at_utc", "first_attempt_at_utc", "last_movement_at_utc"
            ),
            on="tracking_no",
        )
        .filter((kind == "delivered") | (at == col("picked_up_at_utc")) | (at == col("first_attempt_at_utc")))
        .join(trackings.lazy().select("tracking_no", "header_status"), on="tracking_no")
        .group_by("tracking_no")
        .agg(
            when(moving & (at == col("picked_up_at_utc"))).then(local).min().alias("picked_up_at_local"),
            when(attempt).then(local).min().alias("first_attempt_at_local"),
            pl.coalesce(when(clear).then(at).min(), when(by_header).then(at).max())
            .alias("delivered_scan_at_utc"),
            pl.coalesce(when(clear).then(local).min(), when(by_header).then(local).max())
            .alias("delivered_scan_at_local"),
        )
        .collect(engine="streaming")
    )  # fmt: skip
    before_return = (col("first_attempt_at_utc") <= col("returning_at_utc")).fill_null(True)
    delivered, as_of, dark = col("delivered_scan_at_utc"), col("as_of_utc"), pl.duration(days=30)
    outcome, exit_at, pickup = col("outcome"), col("exit_at_utc"), col("picked_up_at_utc")
    return (
        trackings.lazy()
        .join(milestones.lazy(), on="tracking_no", how="left")
        .join(moments.lazy(), on="tracking_no", how="left")
        .with_columns(
            col("n_scans", "n_delivered_scans").fill_null(0),
            col("has_exception", "has_assumed_time").fill_null(False),
            (col("first_delivered_scan_at_utc") < col("last_movement_at_utc"))
            .fill_null(False).alias("has_status_regress"),
            when(before_return).then("first_attempt_at_utc").alias("first_attempt_at_utc"),
            when(before_return).then("first_attempt_at_local").alias("first_attempt_at_local"),
            when((col("first_lost_at_utc") >= col("last_found_at_utc")).fill_null(True))
            .then("first_lost_at_utc")
            .when(col("last_lost_at_utc") >= col("last_found_at_utc"))
            .then("last_lost_at_utc").alias("lost_at_utc"),
            when(col("returned_scan_at_utc").is_not_null()).then("returned_scan_at_utc")
            .when(delivered > col("returning_at_utc")).then(delivered).alias("returned_at_utc"),
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
            .otherwise(when(col("gone_at_utc").is_null()).then(as_of)
                       .otherwise(pl.min_horizontal(as_of, "observed_at_utc")))
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
            days(pickup, exit_at).alias("followed_days"),
            days(pickup, col("created_at_utc")).clip(0).fill_null(0).alias("entry_days"),
            when(outcome == "expired").then(days(pickup, col("last_physical_at_utc")))
            .alias("went_dark_at_days"),
        )
        .drop("header_status", "first_lost_at_utc", "last_lost_at_utc", "last_found_at_utc",
              "first_delivered_scan_at_utc", "last_movement_at_utc", "returned_scan_at_utc")
        .collect()
    )  # fmt: skip


def exception_episodes(scans: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return runs of physical exception scans, each with how it ended."""
    troubled = (
        outcomes.lazy()
        .filter("has_exception")
        .select("tracking_no", "outcome", "returning_at_utc", "exit_at_utc")
    )
    at, wrong, key = col("event_at_utc"), col("is_exception"), col("tracking_no")
    state, follows = col("episode_state"), col("next_scan_at_utc")
    return (
        scans.lazy()
        .filter("is_physical")
        .join(troubled, on="tracking_no")
        .sort("tracking_no", "event_at_utc", "is_there", "source_seq", "checkpoint_key")
        .with_columns(
            (wrong & (wrong.shift() & (key == key.shift())).fill_null(False).not_()).alias("is_first"),
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
            when(~col("next_wrong") & (col("next_at") <= col("returning_at_utc")).fill_null(True))
            .then("next_at").min().alias("next_scan_at_utc"),
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
            "last_exception_at_utc", "n_scans", "resolved_at_utc", "over_at",
            days(col("started_at_utc"), col("over_at")).clip(0).alias("episode_days"),
        )
        .collect()
    )  # fmt: skip


def wide_shipments(outcomes: pl.DataFrame, episodes: pl.DataFrame) -> pl.DataFrame:
    """Return the table most people query."""
    counted = (
        episodes.lazy()
        .group_by("tracking_no")
        .agg(
            pl.len().alias("n_exception_episodes"),
            (col("episode_state") == "open").any().alias("has_unresolved_exception"),
        )
    )
    outcome, promise, first = col("outcome"), col("promised_date"), col("first_attempt_at_utc")
    on_time = outcome == "delivered"
    is_ok = on_time & (col("timing_quality") == "ok")
    gap = (col("last_out_for_delivery_at_utc") - col("out_for_delivery_at_utc")) <= pl.duration(days=1)
    succeeds = (
        on_time & (first == col("delivered_at_utc"))
        & (col("first_failed_attempt_at_utc") > col("delivered_at_utc")).fill_null(True)
    )  # fmt: skip
    strictly = (
        succeeds & col("ready_for_pickup_at_utc").is_null() & gap.fill_null(True)
        & (col("last_exception_at_utc") < col("out_for_delivery_at_utc")).fill_null(True)
    )  # fmt: skip
    ended = (
        when(outcome.is_in(["returned", "lost"])).then(lit("failed"))
        .when(col("as_of_utc").dt.date() > promise).then(lit("overdue"))
        .otherwise(lit("not_due"))
    )  # fmt: skip
    return (
        outcomes.lazy()
        .join(counted, on="tracking_no", how="left")
        .with_columns(
            col("n_exception_episodes").fill_null(0),
            col("has_unresolved_exception").fill_null(False),
            col("picked_up_at_local").dt.date().alias("picked_up_date"),
            col("first_attempt_at_local").dt.date().alias("first_attempt_date"),
            col("delivered_at_local").dt.date().alias("delivered_date"),
        )
        .with_columns(
            col("picked_up_date").dt.truncate("1w").alias("pickup_week"),
            when(is_ok).then("followed_days").alias("transit_days"),
            when(is_ok).then(col("followed_days") * 24).alias("transit_hours"),
            when(is_ok).then(col("followed_days").floor().cast(pl.Int64)).alias("transit_full_days"),
            when(is_ok).then((col("delivered_date") - col("picked_up_date")).dt.total_days())
            .alias("transit_date_changes"),
            (col("delivered_date") - col("order_placed_at_local").dt.date()).dt.total_days()
            .alias("order_to_delivery_date_changes"),
            wait(
                pl.coalesce("label_created_at_utc", "created_at_utc"),
                pl.coalesce("picked_up_at_utc", "exit_at_utc"),
            ).alias("unscanned"),
            when(promise.is_null()).then(lit("no_promise"))
            .when(on_time & col("delivered_date").is_null()).then(lit("unknown"))
            .when(on_time & (col("delivered_date") <= promise)).then(lit("on_time"))
            .when(on_time).then(lit("late"))
            .otherwise(ended).alias("promise_state"),
            when(promise.is_null()).then(lit("no_promise"))
            .when(col("first_attempt_date") <= promise).then(lit("on_time"))
            .when(col("first_attempt_date").is_not_null()).then(lit("late"))
            .when(on_time).then(lit("unknown"))
            .otherwise(ended).alias("promise_state_by_attempt"),
            when(first.is_not_null()).then(succeeds.fill_null(False)).alias("is_first_attempt_success"),
            when(first.is_not_null()).then(strictly.fill_null(False)).alias("is_first_attempt_success_strict"),
            col("status").is_in(["exception", "undelivered"]).alias("is_exception_now"),
            (col("entry_days") > 0).alias("is_registered_late"),
            wait(col("picked_up_at_utc"), col("exit_at_utc")).alias("followed"),
            col("courier_code", "lane", "service_code").cast(pl.Categorical),
        )
        .with_columns((col("unscanned") / DAY).alias("unscanned_days"))
        .collect()
    )  # fmt: skip


class Curve(NamedTuple):
    """Every step of the curves of one clock and grouping, and what is read off them."""

    steps: pl.DataFrame
    quantiles: pl.DataFrame


class Group:
    """What is counted and timed in one grouping; ``group_no`` stands for the group."""

    def __init__(self, name: str, shipments: pl.DataFrame, episodes: pl.DataFrame) -> None:
        by = GROUPINGS[name]
        members = shipments.drop_nulls("pickup_week") if "pickup_week" in by else shipments
        if by:
            self.keys = members.select(by).unique().with_row_index("group_no")
            numbers = members.select(by).join(self.keys, on=by, how="left", maintain_order="left")["group_no"]
            members = members.with_columns(numbers)
        else:
            self.keys = pl.DataFrame({"group_no": [0]}, schema={"group_no": pl.UInt32})
            members = members.with_columns(lit(0, dtype=pl.UInt32).alias("group_no"))
        self.name = name
        picked_up = members.lazy().filter(col("picked_up_at_utc").is_not_null())
        self.counts = self._named(count(picked_up).collect())
        self.rates = self._rates(picked_up, episodes)
        self.clocks: dict[str, Curve] = {}
        self.timed = members.lazy().filter(col("timing_quality") == "ok").select(
            "group_no", "outcome", "followed"
        ).collect()  # fmt: skip
        if name not in WITHOUT_CURVE:
            self.clocks["delivery"] = curve(
                self.timed.select("group_no", col("followed").alias("wait"), col("outcome").alias("ending"))
            )
        if name in WITH_FIRST_SCAN:
            scanned = col("picked_up_at_utc").is_not_null()
            self.clocks["first_scan"] = curve(
                members.lazy()
                .filter((col("unscanned") >= 0) & (scanned | (col("outcome") != "delivered")))
                .select(
                    "group_no",
                    col("unscanned").alias("wait"),
                    when(scanned)
                    .then(lit("delivered", dtype=pl.Enum(ENDINGS)))
                    .otherwise("outcome")
                    .alias("ending"),
                )
                .collect()
            )
        state = col("episode_state")
        self.clocks["resolution"] = curve(
            episodes.lazy()
            .filter(col("over_at").is_not_null())
            .join(members.lazy().select("tracking_no", "group_no"), on="tracking_no")
            .select(
                "group_no",
                wait(col("started_at_utc"), col("over_at")).clip(0).alias("wait"),
                when(state.is_in(["resolved", "ended_delivered"])).then(lit("delivered"))
                .otherwise(state.str.strip_prefix("ended_")).cast(pl.Enum(ENDINGS)).alias("ending"),
            )
            .collect()
        )  # fmt: skip

    def _named(self, counts: pl.DataFrame) -> pl.DataFrame:
        text = [
            when(True).then(col(key).cast(pl.String)).alias(key)
            for key in KEYS[:3]
            if key in self.keys.columns
        ]
        missing = [lit("all").alias(key) for key in KEYS[:3] if key not in self.keys.columns]
        week = [] if "pickup_week" in self.keys.columns else [lit(None, dtype=pl.Date).alias("pickup_week")]
        named = self.keys.with_columns(text).with_columns(missing + week)
        return (
            counts.join(named, on="group_no")
            .with_columns(
                lit(self.name).alias("grouping_name"), (col("n_shipments") < 30).alias("is_small_sample")
            )
            .with_columns(
                pl.concat_str(
                    "grouping_name",
                    *KEYS[:3],
                    col("pickup_week").cast(pl.String).fill_null("all"),
                    separator="|",
                ).alias("group_key")
            )
        )

    def _rates(self, picked_up: pl.LazyFrame, episodes: pl.DataFrame) -> pl.DataFrame:
        counted = [
            self.counts.select(
                "group_no", lit(name).alias("rate_name"), col(hits).alias("n_hits"), col(of).alias("n_of")
            )
            for name, (hits, of) in RATES.items()
        ]
        by_type = (
            episodes.lazy()
            .select("tracking_no", "exception_type")
            .unique()
            .join(picked_up.select("tracking_no", "group_no"), on="tracking_no")
            .group_by("group_no", "exception_type")
            .agg(pl.len().alias("n_hits"))
            .collect()
            .join(self.counts.select("group_no", "n_shipments"), on="group_no")
            .select(
                "group_no",
                (lit("exception_type:") + col("exception_type").cast(pl.String)).alias("rate_name"),
                "n_hits",
                col("n_shipments").alias("n_of"),
            )
        )
        rate, pull, n_of = col("rate"), Z * Z / col("n_of"), col("n_of")
        reach = Z * (rate * (1 - rate) / n_of + pull / (4 * n_of)).sqrt()
        return (
            pl.concat([*counted, by_type])
            .filter(n_of > 0)
            .with_columns((col("n_hits") / n_of).alias("rate"))
            .with_columns(
                pl.min_horizontal(rate, (rate + pull / 2 - reach) / (1 + pull)).alias("lower95"),
                pl.max_horizontal(rate, (rate + pull / 2 + reach) / (1 + pull)).alias("upper95"),
            )
        )


def count(picked_up: pl.LazyFrame) -> pl.LazyFrame:
    """Return how many of a group's shipments are what."""
    promise, attempt = col("promise_state"), col("promise_state_by_attempt")
    return picked_up.group_by("group_no").agg(
        pl.len().alias("n_shipments"),
        (col("timing_quality") == "ok").sum().alias("n_timed"),
        *((col("outcome") == ending).sum().alias(f"n_{ending}") for ending in ENDINGS),
        col("has_exception").sum().alias("n_ever"),
        col("is_exception_now").sum().alias("n_current"),
        col("has_unresolved_exception").sum().alias("n_unresolved"),
        col("has_assumed_time").sum().alias("n_assumed_time"),
        col("is_registered_late").sum().alias("n_registered_late"),
        col("is_first_attempt_success").count().alias("n_attempted"),
        col("is_first_attempt_success").sum().alias("n_first_attempt"),
        col("is_first_attempt_success_strict").sum().alias("n_first_attempt_strict"),
        *(
            (promise == state).sum().alias(f"n_{state}")
            for state in ("on_time", "late", "failed", "overdue", "not_due", "unknown", "no_promise")
        ),
        promise.is_in(["on_time", "late", "failed", "overdue"]).sum().alias("n_due"),
        (attempt == "on_time").sum().alias("n_on_time_by_attempt"),
        attempt.is_in(["on_time", "late", "failed", "overdue"]).sum().alias("n_due_by_attempt"),
    )


def curve(waits: pl.DataFrame) -> Curve:
    """Return Kaplan-Meier and Aalen-Johansen curves of all groups, their bands and their quantiles."""
    ending, n, share = col("ending"), col("n_at_risk"), col("share_reached")

    def so_far(what: pl.Expr) -> pl.Expr:
        return what.cum_sum().over("group_no")

    steps = (
        waits.lazy()
        .group_by("group_no", "wait")
        .agg(
            pl.len().cast(pl.Float64).alias("n_exit"),
            (ending != "open").sum().cast(pl.Float64).alias("n_ended"),
            (ending == "delivered").sum().cast(pl.Float64).alias("n_reached"),
            *(
                (ending == end).sum().cast(pl.Float64).alias(f"n_{end}")
                for end in ("returned", "lost", "expired")
            ),
        )
        .sort("group_no", "wait")
        .with_columns(
            (col("n_exit").sum().over("group_no") - so_far(col("n_exit")) + col("n_exit")).alias("n_at_risk")
        )
        .with_columns(
            when(col("n_ended") < n)
            .then((1 - col("n_ended") / n).log())
            .otherwise(-700.0)
            .alias("log_staying"),
            when(col("n_ended") < n)
            .then(col("n_ended") / (n * (n - col("n_ended"))))
            .otherwise(0.0)
            .alias("spread"),
        )
        .with_columns(
            so_far(col("log_staying")).alias("log_open"),
            so_far(col("spread")).alias("greenwood"),
        )
        .with_columns(
            when(col("log_open") < -650).then(0.0).otherwise(col("log_open").exp()).alias("share_open"),
            (
                when(col("log_open") - col("log_staying") < -650).then(0.0)
                .otherwise((col("log_open") - col("log_staying")).exp()) / n
            ).alias("weight"),
        )
        .with_columns(
            *(
                so_far(col("weight") * col(f"n_{end}")).alias(f"share_{end}")
                for end in ("reached", "returned", "lost", "expired")
            )
        )
        .with_columns((col("weight") * col("n_reached")).alias("jump"))
        .with_columns(
            (
                share * share * col("greenwood")
                - 2 * share * so_far(share * col("spread") + col("jump") / n)
                + so_far(
                    share * share * col("spread") + col("weight") * col("jump") * (n - col("n_reached")) / n
                    + 2 * share * col("jump") / n
                )
            ).clip(0).alias("variance_reached")
        )
        .with_columns(
            *band("share_reached", share < 1 - 1e-12, col("variance_reached").sqrt() / share),
            *band("share_open", col("share_open") < 1, col("greenwood").sqrt()),
        )
        .drop("log_staying", "spread", "log_open", "greenwood", "weight", "jump")
        .collect()
    )  # fmt: skip
    return Curve(steps, quantiles(steps))


def band(name: str, is_short: pl.Expr, deviation: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the limits of a share on the log-log scale; ``deviation`` is that of its logarithm."""
    share = when((col(name) > 0) & is_short).then(col(name))
    middle, reach = (-share.log()).log(), Z * deviation / share.log().abs()
    return (
        (-(middle + reach).exp()).exp().alias(f"{name}_lower95"),
        (-(middle - reach).exp()).exp().alias(f"{name}_upper95"),
    )


def quantiles(steps: pl.DataFrame) -> pl.DataFrame:
    """Return the days at which shares and their limits are passed, one row per group."""
    all_in = col("share_reached") >= 1 - 1e-12
    ends = {
        "days": col("share_reached"),
        "lower95": when(all_in).then(1.0).otherwise("share_reached_upper95"),
        "upper95": when(all_in).then(1.0).otherwise("share_reached_lower95"),
    }
    naive = col("n_reached").cum_sum().over("group_no") / col("n_reached").sum().over("group_no")

    def days_at(value: pl.Expr, share: float) -> pl.Expr:
        return when(value >= share - 1e-12).then("wait").min() / DAY

    return (
        steps.lazy()
        .with_columns(*(value.alias(f"_{end}") for end, value in ends.items()), naive.alias("_naive"))
        .group_by("group_no")
        .agg(
            col("n_at_risk").max().cast(pl.Int64).alias("n_followed"),
            col("n_reached").sum().cast(pl.Int64).alias("n_reached"),
            col("share_reached").max(),
            (col("wait").max() / DAY).alias("followed_until_days"),
            *(
                days_at(col(f"_{end}"), percent / 100).alias(f"p{percent}_{end}")
                for percent in (50, 80, 90, 95, 99)
                for end in ends
            ),
            ((col("wait") * col("n_reached")).sum() / DAY / col("n_reached").sum()).alias("naive_mean_days"),
            days_at(col("_naive"), 0.5).alias("naive_p50_days"),
            days_at(col("_naive"), 0.9).alias("naive_p90_days"),
        )
        .with_columns(
            when(col("n_reached") > 0).then(col(name)).alias(name)
            for name in ("naive_mean_days", "naive_p50_days", "naive_p90_days")
        )
        .collect()
    )


def grouped_marts(groups: list[Group]) -> dict[str, pl.DataFrame]:
    """Return every mart that has one row, or some, per group."""
    names = ["group_key", "grouping_name", *KEYS]

    def of_all(part: Callable[[Group], pl.DataFrame]) -> pl.DataFrame:
        return pl.concat([part(group) for group in groups], how="diagonal")

    def timed(clock: str, join: str = "inner") -> pl.DataFrame:
        return pl.concat(
            [
                group.counts.join(
                    group.clocks[clock].quantiles if clock in group.clocks
                    else groups[0].clocks[clock].quantiles.clear(),
                    on="group_no", how=join,
                )
                for group in groups
            ],
            how="diagonal",
        ).drop("group_no")  # fmt: skip

    def rated(prefixes: dict[str, str], *more: str | pl.Expr) -> pl.DataFrame:
        def part(group: Group) -> pl.DataFrame:
            found = group.counts
            for name, prefix in prefixes.items():
                rates = group.rates.filter(col("rate_name") == name).select(
                    "group_no",
                    col("rate").alias(f"{prefix}_rate"),
                    col("lower95").alias(f"{prefix}_rate_lower95"),
                    col("upper95").alias(f"{prefix}_rate_upper95"),
                )
                found = found.join(rates, on="group_no", how="left")
            ends = ("", "_lower95", "_upper95")
            made = [f"{prefix}_rate{end}" for prefix in prefixes.values() for end in ends]
            return found.select(*names, "n_shipments", *more, *made, "is_small_sample")

        return of_all(part)

    limits = [f"p{percent}_{end}" for percent in (50, 80, 90, 95) for end in ("days", "lower95", "upper95")]
    times = timed("delivery", "left").select(
        *names, "n_shipments", "n_delivered", "n_open", "n_timed", *limits,
        "p99_days", "p99_lower95", "p99_upper95",
        "naive_mean_days", "naive_p50_days", "naive_p90_days",
        (col("n_delivered") / col("n_shipments")).alias("delivered_share"),
        col("share_reached").alias("delivered_share_so_far"), "followed_until_days",
        (col("n_assumed_time") / col("n_shipments")).alias("assumed_time_share"),
        (col("n_registered_late") / col("n_shipments")).alias("late_registered_share"), "is_small_sample",
    )  # fmt: skip
    exceptions = rated(
        {
            "exception_ever": "ever", "exception_current": "current", "exception_unresolved": "unresolved",
            "returned": "returned", "lost": "lost",
        },
        "n_ever", "n_current", "n_unresolved", "n_returned", "n_lost", "n_expired",
    )  # fmt: skip
    on_time = rated(
        {"on_time": "on_time", "on_time_by_attempt": "on_time_by_attempt"},
        "n_on_time", "n_late", "n_failed", "n_overdue", "n_not_due", "n_no_promise", "n_unknown", "n_due",
        when(col("n_on_time") + col("n_late") > 0)
        .then(col("n_on_time") / (col("n_on_time") + col("n_late"))).alias("delivered_on_time_rate"),
        (col("n_no_promise") / col("n_shipments")).alias("no_promise_share"),
    )  # fmt: skip
    attempts = rated(
        {"first_attempt": "first_attempt", "first_attempt_strict": "first_attempt_strict"},
        "n_attempted", "n_first_attempt", "n_first_attempt_strict",
    )  # fmt: skip
    resolution = timed("resolution").select(
        *names, col("n_followed").alias("n_episodes"), col("n_reached").alias("n_resolved"), *limits,
        col("share_reached").alias("resolved_share_so_far"),
        (col("n_followed") < 30).alias("is_small_sample"),
    )  # fmt: skip
    first_scan = timed("first_scan").select(
        *names[:5], col("n_followed").alias("n_labels"), col("n_reached").alias("n_scanned"), *limits,
        (col("n_followed") - col("n_reached")).alias("n_never_scanned"),
        (1 - col("n_reached") / col("n_followed")).alias("never_scanned_share"),
        (col("n_followed") < 30).alias("is_small_sample"),
    )  # fmt: skip
    types = of_all(
        lambda group: group.rates.filter(col("rate_name").str.starts_with("exception_type:"))
        .join(group.counts.select("group_no", *names), on="group_no")
        .select(
            *names, col("rate_name").str.strip_prefix("exception_type:").alias("exception_type"),
            col("n_hits").alias("n_with_type"), col("n_of").alias("n_shipments"),
            col("rate").alias("type_rate"), col("lower95").alias("type_rate_lower95"),
            col("upper95").alias("type_rate_upper95"), (col("n_of") < 30).alias("is_small_sample"),
        )
    )  # fmt: skip
    scorecard = (
        times.select(
            *names, "n_shipments", "n_delivered", "n_open", "p50_days", "p50_lower95", "p50_upper95",
            "p90_days", "p90_lower95", "p90_upper95", "assumed_time_share", "is_small_sample",
        )
        .join(on_time.select("group_key", "n_due", "^on_time_rate.*$", "no_promise_share"), on="group_key")
        .join(attempts.select("group_key", "^first_attempt_rate.*$"), on="group_key")
        .join(
            exceptions.select("group_key", "^ever_rate.*$", "unresolved_rate", "returned_rate", "lost_rate"),
            on="group_key",
        )
        .join(
            first_scan.select(
                "group_key", col("p50_days").alias("first_scan_p50_days"), "never_scanned_share"
            ),
            on="group_key", how="left",
        )
        .join(
            resolution.select("group_key", col("p50_days").alias("resolution_p50_days")),
            on="group_key", how="left",
        )
    )  # fmt: skip
    return {
        "mart_delivery_time_quantiles": times,
        "mart_exception_rates": exceptions,
        "mart_on_time": on_time,
        "mart_first_attempt": attempts,
        "mart_exception_resolution": resolution,
        "mart_first_scan_latency": first_scan,
        "mart_exception_types": types,
        "mart_carrier_scorecard": scorecard,
        "mart_delivery_survival": of_all(survival),
        "mart_weekly_cohorts": of_all(cohorts),
    }


def survival(group: Group) -> pl.DataFrame:
    """Return of every three hours the last step."""
    if "delivery" not in group.clocks:
        return pl.DataFrame()
    shown = group.counts.select("group_no", "group_key", "grouping_name", *KEYS)
    return (
        group.clocks["delivery"].steps.lazy()
        .filter(
            (col("group_no") != col("group_no").shift(-1)).fill_null(True)
            | (col("wait") // (DAY // 8) != col("wait").shift(-1) // (DAY // 8))
        )
        .join(shown.lazy(), on="group_no")
        .with_columns((col("wait") / DAY).alias("days_since_pickup"))
        .rename({"n_reached": "n_delivered"} | {
            f"share_reached{end}": f"share_delivered{end}" for end in ("", "_lower95", "_upper95")
        } | {"variance_reached": "share_delivered_variance"})
        .drop("group_no", "wait")
        .collect()
    )  # fmt: skip


def cohorts(group: Group) -> pl.DataFrame:
    """Return the shares delivered within each horizon, for groups of one week."""
    if "pickup_week" not in GROUPINGS[group.name]:
        return pl.DataFrame()
    horizon = col("horizon_days")
    naive = group.timed.lazy().group_by("group_no").agg(
        pl.len().alias("n_timed"),
        *(
            ((col("outcome") == "delivered") & (col("followed") <= h * DAY)).sum().alias(f"within_{h}")
            for h in HORIZONS["horizon_days"]
        ),
        *(
            ((col("outcome") == "open") & (col("followed") < h * DAY)).sum().alias(f"short_{h}")
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
            "is_small_sample",
        )
        .join(naive, on="group_no")
        .join(HORIZONS, how="cross")
    )
    if "delivery" in group.clocks:
        clock = group.clocks["delivery"]
        found = (
            found.sort("group_no", "horizon_days")
            .with_columns((horizon.cast(pl.Int64) * DAY).alias("wait"))
            .join_asof(
                clock.steps.select(
                    "group_no", "wait", "share_open",
                    "share_reached", "share_reached_lower95", "share_reached_upper95",
                ),
                on="wait", by="group_no", check_sortedness=False,
            )
            .join(
                clock.quantiles.select("group_no", "followed_until_days", "naive_mean_days"),
                on="group_no", how="left",
            )
        )  # fmt: skip
        is_known = (col("followed_until_days") >= horizon) | (col("share_open") == 0)
        shares = [
            when(is_known).then(col("share_reached").fill_null(0)).alias("delivered_share"),
            when(is_known).then("share_reached_lower95").alias("delivered_share_lower95"),
            when(is_known).then("share_reached_upper95").alias("delivered_share_upper95"),
            "naive_mean_days",
        ]
    else:
        shares = []
    return found.select(
        "group_key", "grouping_name", *KEYS, "horizon_days", "n_shipments", "n_delivered", "n_open", *shares,
        (chosen("within") / col("n_timed")).alias("naive_delivered_share"),
        (chosen("short") / col("n_timed")).alias("not_followed_share"), "is_small_sample",
    )  # fmt: skip


def stalled(source: Path, shipments: pl.DataFrame, scans: pl.DataFrame, times: pl.DataFrame) -> pl.DataFrame:
    """Return open shipments without a physical scan for more than five days, with their last words."""
    idle = days(col("last_physical_at_utc"), col("as_of_utc"))
    found = shipments.lazy().filter(
        (col("outcome") == "open") & col("gone_at_utc").is_null() & (idle > 5)
    ).collect()  # fmt: skip
    last = (
        scans.lazy()
        .filter("is_physical")
        .join(found.lazy().select("tracking_no", "last_physical_at_utc"), on="tracking_no")
        .filter(col("event_at_utc") == col("last_physical_at_utc"))
        .sort("is_there", "source_seq", "checkpoint_key", descending=True)
        .unique("tracking_no", keep="first", maintain_order=True)
        .select("tracking_no", "checkpoint_key", col("event_type").alias("last_event_type"))
        .collect()
    )
    words = (
        pl.scan_parquet(source / "checkpoints.parquet")
        .select(
            "checkpoint_key",
            col("description").alias("last_description"),
            col("location").alias("last_location"),
        )
        .join(last.lazy(), on="checkpoint_key", how="semi")
        .collect(engine="streaming")
    )
    usual = times.filter(col("grouping_name") == "carrier_lane").select(
        "courier_code", "lane", col("p90_days").alias("lane_p90_days")
    )
    return (
        found.join(last.join(words, on="checkpoint_key", how="left"), on="tracking_no", how="left")
        .with_columns(col("courier_code", "lane").cast(pl.String))
        .join(usual, on=["courier_code", "lane"], how="left")
        .select(
            "tracking_key", "source", "tracking_number", "order_number", "courier_code", "lane",
            idle.alias("idle_days"),
            days(col("picked_up_at_utc"), col("as_of_utc")).alias("days_since_pickup"),
            "lane_p90_days", "promised_date", (col("promise_state") == "overdue").alias("is_overdue"),
            "has_unresolved_exception", "status", "last_event_type", "last_description", "last_location",
            "last_physical_at_utc", "as_of_utc",
        )
    )  # fmt: skip
