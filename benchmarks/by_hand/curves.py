"""Curves of waiting times, their bands and their quantiles."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
from polars import col, when

from by_hand.units import DAY, Z


class Curve(NamedTuple):
    """Every step of the curves of one clock and grouping, and what is read off them."""

    steps: pl.DataFrame
    quantiles: pl.DataFrame


def curve(waits: pl.DataFrame) -> Curve:
    """Return Kaplan-Meier and Aalen-Johansen curves of all groups, their bands and their quantiles.

    ``from`` is when the following of a wait began: it is at risk from then on only.
    """
    ending, n, share = col("ending"), col("n_at_risk"), col("share_reached")

    def so_far(what: pl.Expr) -> pl.Expr:
        return what.cum_sum().over("group_no")

    waited = waits.lazy().filter((col("from") == 0) | (col("from") < col("wait")))
    exits = (
        waited.group_by("group_no", "wait")
        .agg(
            pl.len().cast(pl.Float64).alias("n_exit"),
            (ending != "open").sum().cast(pl.Float64).alias("n_ended"),
            (ending == "delivered").sum().cast(pl.Float64).alias("n_reached"),
            *(
                (ending == end).sum().cast(pl.Float64).alias(f"n_{end}")
                for end in ("returned", "lost", "expired")
            ),
        )
        .with_columns(col("n_exit").alias("n_leaving"))
    )
    entries = (
        waited.filter(col("from") > 0)
        .group_by("group_no", col("from").alias("wait"))
        .agg(-pl.len().cast(pl.Float64).alias("n_leaving"))
    )
    leaving = col("n_leaving")
    steps = (
        pl.concat([exits, entries], how="diagonal")
        # one wide number sorts much faster than three columns
        .sort(col("group_no").cast(pl.Int128) * 2**62 + 2 * col("wait") + col("n_exit").is_null())
        # whose exit is still to come, less those who have not entered yet
        .with_columns((leaving.sum().over("group_no") - so_far(leaving) + leaving).alias("n_at_risk"))
        .filter(col("n_exit").is_not_null())
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
        .drop("log_staying", "spread", "log_open", "greenwood", "weight", "jump", "n_leaving")
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
        "upper95": col("share_reached_lower95"),
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
