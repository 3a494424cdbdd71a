"""The marts that have one row, or some, per group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from polars import col, when

from by_hand.groups import KEYS
from by_hand.over_time import cohorts, survival

if TYPE_CHECKING:
    from collections.abc import Callable

    from by_hand.groups import Group


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

    def rated(prefixes: dict[str, str], *more: str | pl.Expr, of: str) -> pl.DataFrame:
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
            return found.select(
                *names, "n_shipments", "n_open", *more, *made,
                (col(of) < 30).alias("is_small_sample"), "is_mature",
            )  # fmt: skip

        return of_all(part)

    limits = [f"p{percent}_{end}" for percent in (50, 80, 90, 95) for end in ("days", "lower95", "upper95")]
    times = timed("delivery", "left").select(
        *names, "n_shipments", "n_delivered", "n_open", "n_timed", *limits,
        "p99_days", "p99_lower95", "p99_upper95",
        "naive_mean_days", "naive_p50_days", "naive_p90_days",
        (col("n_delivered") / col("n_shipments")).alias("delivered_share"),
        col("share_reached").alias("delivered_share_so_far"), "followed_until_days",
        (col("n_assumed_time") / col("n_shipments")).alias("assumed_time_share"),
        (col("n_registered_late") / col("n_shipments")).alias("late_registered_share"),
        (col("n_timed") < 30).alias("is_small_sample"), "is_mature", "as_of_utc",
    )  # fmt: skip
    exceptions = rated(
        {
            "exception_ever": "ever", "exception_current": "current", "exception_unresolved": "unresolved",
            "returned": "returned", "lost": "lost", "expired": "expired",
        },
        "n_ever", "n_current", "n_unresolved", "n_returned", "n_lost", "n_expired",
        of="n_shipments",
    )  # fmt: skip
    on_time = rated(
        {
            "on_time": "on_time", "on_time_by_attempt": "on_time_by_attempt",
            "on_time_passed": "passed_on_time",
        },
        "n_on_time", "n_late", "n_failed", "n_overdue", "n_not_due", "n_no_promise", "n_unknown", "n_due",
        "n_passed",
        when(col("n_on_time") + col("n_late") > 0)
        .then(col("n_on_time") / (col("n_on_time") + col("n_late"))).alias("delivered_on_time_rate"),
        (col("n_no_promise") / col("n_shipments")).alias("no_promise_share"),
        of="n_due",
    )  # fmt: skip
    attempts = rated(
        {"first_attempt": "first_attempt", "first_attempt_strict": "first_attempt_strict"},
        "n_attempted", "n_first_attempt", "n_attempted_strict", "n_first_attempt_strict",
        of="n_attempted",
    )  # fmt: skip
    resolution = timed("resolution").select(
        *names, col("n_followed").alias("n_episodes"), col("n_reached").alias("n_resolved"), *limits,
        col("share_reached").alias("resolved_share_so_far"),
        (col("n_followed") < 30).alias("is_small_sample"),
    )  # fmt: skip
    first_scan = pl.concat(
        [
            group.labels.join(group.clocks["first_scan"].quantiles, on="group_no", how="left")
            for group in groups
            if "first_scan" in group.clocks
        ],
        how="diagonal",
    ).select(
        *names[:5], col("n_labels").cast(pl.Int64), col("n_scanned").cast(pl.Int64), *limits,
        (col("n_labels") - col("n_scanned")).cast(pl.Int64).alias("n_never_scanned"),
        (1 - col("n_scanned") / col("n_labels")).alias("never_scanned_share"),
        (col("n_labels") < 30).alias("is_small_sample"),
    )  # fmt: skip
    types = of_all(
        lambda group: group.rates.filter(col("rate_name").str.starts_with("exception_type:"))
        .join(group.counts.select("group_no", *names, "n_open", "is_mature"), on="group_no")
        .select(
            *names, col("rate_name").str.strip_prefix("exception_type:").alias("exception_type"),
            col("n_hits").alias("n_with_type"), col("n_of").alias("n_shipments"), "n_open",
            col("rate").alias("type_rate"), col("lower95").alias("type_rate_lower95"),
            col("upper95").alias("type_rate_upper95"), (col("n_of") < 30).alias("is_small_sample"),
            "is_mature",
        )
    )  # fmt: skip
    scorecard = (
        times.select(
            *names, "n_shipments", "n_delivered", "n_open", "p50_days", "p50_lower95", "p50_upper95",
            "p90_days", "p90_lower95", "p90_upper95", "assumed_time_share", "is_small_sample",
            "is_mature",
        )
        .join(
            on_time.select("group_key", "n_due", "^(passed_)?on_time_rate.*$", "no_promise_share"),
            on="group_key",
        )
        .join(attempts.select("group_key", "^first_attempt_rate.*$"), on="group_key")
        .join(
            exceptions.select(
                "group_key", "^ever_rate.*$", "unresolved_rate", "returned_rate", "lost_rate", "expired_rate"
            ),
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
