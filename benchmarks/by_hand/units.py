"""Units and words that all parts share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

Z = 1.959963984540054
DAY = 86_400_000_000  # microseconds
ENDINGS = ("delivered", "returned", "lost", "expired", "open")


def wait(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return the microseconds between two instants."""
    return (end - start).dt.total_microseconds()


def days(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return the days between two instants."""
    return wait(start, end) / DAY
