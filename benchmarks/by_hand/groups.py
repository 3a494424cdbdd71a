"""What is counted and timed in one grouping."""

from __future__ import annotations

from typing import Any

import polars as pl
from polars import col, lit, when

from by_hand.curves import Curve, curve
from by_hand.units import ENDINGS, Z, wait

KEYS = ["courier_code", "lane", "service_code", "pickup_week"]
TOLD_APART = ["by_carrier", "by_lane", "by_service", "by_week"]
WITH_FIRST_SCAN = {"all", "carrier", "lane", "carrier_lane"}
RATES = {
    "exception_ever": ("n_ever", "n_shipments"),
    "exception_current": ("n_current", "n_shipments"),
    "exception_unresolved": ("n_unresolved", "n_shipments"),
    "returned": ("n_returned", "n_shipments"),
    "lost": ("n_lost", "n_shipments"),
    "expired": ("n_expired", "n_shipments"),
    "on_time": ("n_on_time", "n_due"),
    "on_time_by_attempt": ("n_on_time_by_attempt", "n_due_by_attempt"),
    "on_time_passed": ("n_passed_on_time", "n_passed"),
    "first_attempt": ("n_first_attempt", "n_attempted"),
    "first_attempt_strict": ("n_first_attempt_strict", "n_attempted_strict"),
}


class Group:
    """What is counted and timed in one grouping; ``group_no`` stands for the group."""

    def __init__(self, told: dict[str, Any], shipments: pl.DataFrame, episodes: pl.DataFrame) -> None:
        by = [key for key, told_apart in zip(KEYS, TOLD_APART, strict=True) if told[told_apart]]
        name = told["grouping_name"]
        members = shipments.drop_nulls("pickup_week") if "pickup_week" in by else shipments
        if by:
            self.keys = members.select(by).unique().with_row_index("group_no")
            numbers = members.select(by).join(self.keys, on=by, how="left", maintain_order="left")["group_no"]
            members = members.with_columns(numbers)
        else:
            self.keys = pl.DataFrame({"group_no": [0]}, schema={"group_no": pl.UInt32})
            members = members.with_columns(lit(0, dtype=pl.UInt32).alias("group_no"))
        self.name, self.is_weekly = name, "pickup_week" in by
        picked_up = members.lazy().filter(col("picked_up_at_utc").is_not_null())
        self.counts = self._named(count(picked_up).collect()).with_columns(
            # the last parcel of the week left seven days after its first, on a clock up to 14 hours from UTC
            (col("as_of_utc") >= col("pickup_week").cast(pl.Datetime) + pl.duration(days=21, hours=14))
            .alias("is_mature")
        )  # fmt: skip
        self.rates = self._rates(picked_up, episodes)
        scanned = col("picked_up_at_utc").is_not_null()
        labels = members.lazy().filter(scanned | (col("outcome") != "delivered"))
        self.labels = self._named(
            labels.group_by("group_no")
            .agg(pl.len().alias("n_labels"), scanned.sum().alias("n_scanned"))
            .collect()
        )
        self.clocks: dict[str, Curve] = {}
        self.timed = members.lazy().filter(col("timing_quality") == "ok").select(
            "group_no", "ending", "followed", "followed_from", "as_of_utc"
        ).collect()  # fmt: skip
        if told["has_curve"]:
            self.clocks["delivery"] = curve(self.timed.rename({"followed": "wait", "followed_from": "from"}))
        if name in WITH_FIRST_SCAN:
            self.clocks["first_scan"] = curve(
                labels.filter(col("unscanned") >= 0)
                .select(
                    "group_no",
                    col("unscanned").alias("wait"),
                    lit(0, pl.Int64).alias("from"),
                    when(col("picked_up_at_utc") > col("as_of_utc"))
                    .then(lit("open", dtype=pl.Enum(ENDINGS)))
                    .when(scanned)
                    .then(lit("delivered", dtype=pl.Enum(ENDINGS)))
                    .otherwise("outcome")
                    .alias("ending"),
                )
                .collect()
            )
        state = col("episode_state")
        lasted, known = col("lasted"), wait(col("started_at_utc"), col("as_of_utc"))
        self.clocks["resolution"] = curve(
            episodes.lazy()
            .filter(lasted.is_not_null())
            .join(members.lazy().select("tracking_no", "group_no", "as_of_utc"), on="tracking_no")
            .select(
                "group_no",
                when(lasted > known).then(known.clip(0)).otherwise(lasted).alias("wait"),
                lit(0, pl.Int64).alias("from"),
                when(lasted > known).then(lit("open"))
                .when(state.is_in(["resolved", "ended_delivered"])).then(lit("delivered"))
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
            .with_columns(lit(self.name).alias("grouping_name"))
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
    is_passed = (col("as_of_utc").dt.date() > col("promised_date")).fill_null(False)
    return picked_up.group_by("group_no").agg(
        pl.len().alias("n_shipments"),
        col("as_of_utc").min(),
        (pl.len() < 30).alias("is_small_sample"),
        (col("timing_quality") == "ok").sum().alias("n_timed"),
        *((col("outcome") == ending).sum().alias(f"n_{ending}") for ending in ENDINGS),
        col("has_exception").sum().alias("n_ever"),
        col("is_exception_now").sum().alias("n_current"),
        col("has_unresolved_exception").sum().alias("n_unresolved"),
        col("has_assumed_time").sum().alias("n_assumed_time"),
        col("is_registered_late").sum().alias("n_registered_late"),
        col("is_first_attempt_success").count().alias("n_attempted"),
        col("is_first_attempt_success").sum().alias("n_first_attempt"),
        col("is_first_attempt_success_strict").count().alias("n_attempted_strict"),
        col("is_first_attempt_success_strict").sum().alias("n_first_attempt_strict"),
        *(
            (promise == state).sum().alias(f"n_{state}")
            for state in ("on_time", "late", "failed", "overdue", "not_due", "unknown", "no_promise")
        ),
        promise.is_in(["on_time", "late", "failed", "overdue"]).sum().alias("n_due"),
        (attempt == "on_time").sum().alias("n_on_time_by_attempt"),
        attempt.is_in(["on_time", "late", "failed", "overdue"]).sum().alias("n_due_by_attempt"),
        (promise.is_in(["on_time", "late", "failed", "overdue"]) & is_passed).sum().alias("n_passed"),
        ((promise == "on_time") & is_passed).sum().alias("n_passed_on_time"),
    )
