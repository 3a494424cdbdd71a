"""Reading the warehouse and its seeds into frames, and writing frames back as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
from polars import col, when
from polars import selectors as cs

from airflow_provider_trackingmore.store.state import LOOK_BACK
from airflow_provider_trackingmore.store.warehouse import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

TRACKINGS = """
tracking_key, source, account, tracking_number, tracking_number_norm, order_number, courier_code,
service_code, origin_country, destination_country, status, order_placed_at_local,
coalesce(first_promised_date, promised_date) AS promised_date,
created_at_utc, updated_at_utc, status_changed_at_utc, first_observed_at_utc, observed_at_utc, gone_at_utc
"""


class Warehouse:
    """An open warehouse and the folder of its seeds."""

    def __init__(self, path: Path, seeds: Path, threads: int) -> None:
        self.connection = duckdb.connect(path, config=SETTINGS | {"threads": threads})
        self.connection.execute("SET enable_progress_bar = false")
        self.seeds = seeds

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def read(self, query: str) -> pl.DataFrame:
        """Return what a query finds."""
        frame = pl.from_arrow(self.connection.sql(query).to_arrow_table())
        assert isinstance(frame, pl.DataFrame)
        return frame

    def rows(self, table: str, numbers: pl.Series, *columns: str) -> pl.DataFrame:
        """Return some columns of the rows with these numbers, and their ``rowid``."""
        self.connection.register("wanted", numbers.rename("rowid").to_frame())
        found = self.read(f"SELECT rowid, {', '.join(columns)} FROM {table} SEMI JOIN wanted USING (rowid)")
        self.connection.unregister("wanted")
        return found

    def seed(self, name: str, **types: Any) -> pl.DataFrame:
        """Return a seed; types that are not said are guessed."""
        return pl.read_csv(self.seeds / f"{name}.csv", schema_overrides=types or None, try_parse_dates=True)

    def write(self, frames: dict[str, pl.DataFrame]) -> None:
        """Make each frame a table of the schema ``by_hand``, all or none."""
        self.connection.execute("BEGIN")
        self.connection.execute("DROP SCHEMA IF EXISTS by_hand CASCADE")
        self.connection.execute("CREATE SCHEMA by_hand")
        for name, frame in frames.items():
            self.connection.register(
                "made",
                frame.with_columns(cs.unsigned_integer().cast(pl.Int64), cs.enum().cast(pl.String)),
            )
            self.connection.execute(f"CREATE TABLE by_hand.{name} AS FROM made")
            self.connection.unregister("made")
        self.connection.execute("COMMIT")

    def accounts(self) -> pl.DataFrame:
        """Return per account the moment up to which its windows follow each other without a gap."""
        windows = self.read(
            "SELECT source, account, window_from_utc, window_to_utc FROM loads WHERE is_complete"
        )
        start, end, account = col("window_from_utc"), col("window_to_utc"), ["source", "account"]
        return (
            windows.sort(*account, "window_from_utc", "window_to_utc")  # nulls first: from the beginning
            .with_columns(
                (start > end.cum_max().shift().over(account) - LOOK_BACK).fill_null(False).alias("is_gap")
            )
            .filter(col("is_gap").cum_sum().over(account) == 0)
            .group_by(account)
            .agg(end.max().alias("as_of_utc"))
        )

    def trackings(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Return one row per tracking, ``as_of_utc`` being null where its account was never read whole.

        ``tracking_no`` is the number of its row.
        """
        aliases = self.seed("courier_aliases").select("source", "courier_code", "canonical_courier_code")
        updated = col("updated_at_utc").fill_null(col("created_at_utc"))
        return (
            self.read(f"SELECT {TRACKINGS} FROM trackings")
            .lazy()
            .join(accounts.lazy(), on=["source", "account"], how="left", maintain_order="left")
            .join(aliases.lazy(), on=["source", "courier_code"], how="left", maintain_order="left")
            .with_columns(
                pl.coalesce("canonical_courier_code", "courier_code", pl.lit("unknown"))
                .alias("courier_code"),
                col("service_code").fill_null("unknown"),
                # a snapshot after the end of what is known: its header does not count
                when((updated > col("as_of_utc")).fill_null(False).not_())
                .then("status").alias("header_status"),
                updated.alias("updated_at_utc"),
            )
            .drop("canonical_courier_code")
            .with_row_index("tracking_no")
            .collect()
            .pipe(self._with_last_seen)
        )  # fmt: skip

    def _with_last_seen(self, trackings: pl.DataFrame) -> pl.DataFrame:
        """Add when each tracking was last there: observed, or found by a run over everything."""
        passes = self.read(
            "SELECT source, account, started_at_utc, window_to_utc FROM loads"
            " WHERE is_complete AND window_from_utc IS NULL"
        )
        found = (
            trackings.filter(col("gone_at_utc").is_not_null())
            .join(passes, on=["source", "account"])
            .filter(col("started_at_utc") < col("gone_at_utc"), col("created_at_utc") <= col("window_to_utc"))
            .group_by("tracking_no")
            .agg(col("started_at_utc").max())
        )
        return trackings.join(found, on="tracking_no", how="left", maintain_order="left").with_columns(
            pl.max_horizontal("observed_at_utc", "started_at_utc").alias("seen_at_utc")
        ).drop("started_at_utc")  # fmt: skip
