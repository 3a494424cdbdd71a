"""Real-world scans: possible ones, and of those that are told again the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl
from polars import col, lit, when

if TYPE_CHECKING:
    from by_hand.reading import Warehouse

SCANS = """
rowid, tracking_key, source, leg, source_seq, event_at_utc, event_at_local, time_basis, time_precision,
event_type, is_physical, is_exception
"""


class Scans(NamedTuple):
    """The scans that count, and per source how many there are and what is the matter with them."""

    kept: pl.DataFrame
    counts: pl.DataFrame


def real_scans(source: Warehouse, trackings: pl.DataFrame) -> Scans:
    """Return the scans that count, by the number of their tracking.

    ``is_there`` is no scan of the origin's leg, ``is_assumed`` one whose zone is not known.
    """
    told = source.read(f"SELECT {SCANS} FROM checkpoints")
    numbers = numbered(told["tracking_key"], trackings["tracking_key"])
    at, as_of, is_assumed = col("event_at_utc"), col("as_of_utc"), col("time_basis") == "assumed_utc"
    local = col("event_at_local")
    read = (
        told.lazy()
        .drop("tracking_key")
        .with_columns(
            numbers,
            trackings["as_of_utc"].gather(numbers),
            col("event_type").cast(pl.Categorical),
            is_assumed.fill_null(False).alias("is_assumed"),
            # midnight sharp is a date without an hour too
            ((col("time_precision") == "date") | (local == local.dt.truncate("1d")))
            .fill_null(False)
            .alias("is_date_only"),
        )
        .with_columns(
            # no clock on earth is further ahead of UTC than 14 hours
            (at > when("is_assumed").then(as_of + pl.duration(hours=14)).otherwise(as_of)).alias("is_future")
        )
        .collect()
    )
    del told
    counts = read.group_by("source").agg(
        pl.len().alias("n_scans"),
        at.null_count().alias("n_unparsable"),
        (col("is_assumed") & col("is_physical")).sum().alias("n_assumed_zone"),
        col("is_date_only").sum().alias("n_date_only"),
        (col("event_type") == "unknown").sum().alias("n_unmapped"),
        col("is_future").sum().alias("n_impossible"),
    )
    repeated = told_again(source, read)
    return Scans(
        read.lazy()
        .filter(~col("is_future"), ~col("rowid").is_in(repeated["rowid"].implode()))
        .select(
            "rowid", "tracking_no", "source_seq", "event_at_utc", "event_at_local", "event_type",
            "is_physical", "is_exception", "is_assumed", "is_date_only",
            col("leg").ne_missing("origin").alias("is_there"),
        )
        .collect()
        .pipe(with_dates_in_order),
        counts.join(repeated.group_by("source").agg(pl.len().alias("n_repeated")), on="source", how="left")
        .with_columns(col("n_repeated").fill_null(0)),
    )  # fmt: skip


def with_dates_in_order(scans: pl.DataFrame) -> pl.DataFrame:
    """Return scans of which those with a date only come after what came before them on that date."""
    kind, at, hour = col("event_type"), col("event_at_utc"), col("event_at_utc_of_other")
    day = col("event_at_local").dt.date().alias("day")
    is_end = kind.is_in(["delivered", "returned"])
    leg, other_leg = col("is_there"), col("is_there_of_other")
    is_listed_before = (other_leg < leg) | (
        (other_leg == leg) & (col("source_seq_of_other") < col("source_seq"))
    )
    dated = scans.lazy().filter("is_date_only").with_columns(day)
    moved = (
        dated.join(
            scans.lazy().with_columns(day).join(dated, on=["tracking_no", "day"], how="semi"),
            on=["tracking_no", "day"],
            suffix="_of_other",
        )
        .filter(is_end | is_listed_before)
        .group_by("rowid")
        .agg(
            pl.coalesce(
                when(is_end, kind == col("event_type_of_other"), ~col("is_date_only_of_other"))
                .then(hour).max(),
                hour.max(),
            ).alias("moved_to_utc")
        )
        .collect()
    )  # fmt: skip
    return (
        scans.lazy()
        .join(moved.lazy(), on="rowid", how="left")
        .with_columns(pl.max_horizontal(at, "moved_to_utc").alias("event_at_utc"))
        .drop("moved_to_utc")
        .collect()
    )


def told_again(source: Warehouse, read: pl.DataFrame) -> pl.DataFrame:
    """Return the scans of which another one tells better: both legs tell the same to the minute."""
    kind, minute = col("event_type"), col("event_at_local").cast(pl.Int64) // 60_000_000
    kinds = read["event_type"].to_physical().max() or 0
    # tracking, minute and type as one number, which groups much faster than three columns
    same = (col("tracking_no").cast(pl.Int64) * 2**31 + minute) * (kinds + 1) + kind.to_physical()
    keyed = (
        read.lazy()
        .filter(~col("is_future"))
        .select(
            "rowid",
            "source",
            "time_basis",
            "leg",
            "source_seq",
            "event_at_local",
            "is_date_only",
            same.alias("same"),
        )
        .drop_nulls("same")
    )
    again = keyed.group_by("same").len().filter(col("len") > 1).collect(engine="streaming")
    basis = col("time_basis")
    told = (
        keyed.join(again.lazy(), on="same", how="semi")
        .with_columns(
            # the surer the time the better, and the destination knows best
            when((basis == "explicit_offset") | col("is_date_only")).then(lit(0, pl.UInt8))
            .when(basis == "location_inferred").then(lit(1, pl.UInt8))
            .otherwise(lit(2, pl.UInt8)).alias("basis_rank"),
            col("leg").ne_missing("destination").alias("is_elsewhere"),
            when(~col("is_date_only")).then("source_seq").alias("source_seq"),
        )
        .drop("time_basis", "leg")
        .collect(engine="streaming")
    )  # fmt: skip
    ranked = in_order(
        source, told, ["same", "basis_rank", "is_elsewhere", "event_at_local", "source_seq"], "checkpoint_key"
    )
    is_date, there = col("is_date_only"), col("is_elsewhere")
    # what one leg lists on one date without hours are several scans, and all are first
    is_first = is_date & is_date.first().over("same") & (there == there.first().over("same"))
    return ranked.filter(col("same") == col("same").shift(), ~is_first).select("rowid", "source")


def in_order(source: Warehouse, scans: pl.DataFrame, by: list[str], *texts: str) -> pl.DataFrame:
    """Return scans in the order of some columns, then of texts, which are read for those that are equal."""
    scans = scans.sort(by, nulls_last=True)
    is_equal = pl.all_horizontal(col(name).eq_missing(col(name).shift()) for name in by)
    equal = scans.filter(is_equal | is_equal.shift(-1, fill_value=False))["rowid"]
    if equal.is_empty():
        return scans
    told = source.rows("checkpoints", equal, *texts).with_columns(col(texts).fill_null(""))
    return scans.join(told, on="rowid", how="left").sort(*by, *texts, nulls_last=True)


def numbered(keys: pl.Series, known: pl.Series) -> pl.Series:
    """Return the row of each key among the known ones; equal keys mostly follow each other."""
    runs = keys.rle().struct.field("value").alias("tracking_key").to_frame()
    places = known.to_frame("tracking_key").with_row_index("tracking_no")
    found = runs.join(places, on="tracking_key", how="left", maintain_order="left")["tracking_no"]
    return found.gather(keys.rle_id())
