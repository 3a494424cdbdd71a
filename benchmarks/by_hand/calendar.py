"""Days, and which of them are business days where parcels go."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl
from polars import col, lit, when

if TYPE_CHECKING:
    from by_hand.reading import Warehouse

FIRST_DAY, N_DAYS = date(2015, 1, 1), 10_000


def dates() -> pl.DataFrame:
    """Return one row per day."""
    day = col("calendar_day")
    last_day = FIRST_DAY + timedelta(days=N_DAYS - 1)
    return pl.select(pl.date_range(FIRST_DAY, last_day, eager=False).alias("calendar_day")).with_columns(
        day.dt.year().cast(pl.Int32).alias("year_no"),
        day.dt.month().cast(pl.Int32).alias("month_no"),
        day.dt.truncate("1w").alias("calendar_week"),
        day.dt.truncate("1mo").alias("calendar_month"),
        day.dt.weekday().cast(pl.Int64).alias("iso_weekday"),
    )


def business_days(source: Warehouse, trackings: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Return one row per country that parcels go to and day, with its number in that country's count."""
    weekends = source.seed("weekends").select(
        "country", col("iso_weekday").cast(pl.Int64), lit(True).alias("is_weekend")
    )
    holidays = source.seed("holidays").select(
        "country", col("holiday_date").alias("calendar_day"), lit(True).alias("is_holiday")
    )
    country = col("country")
    return (
        trackings.select(col("destination_country").alias("country").drop_nulls().unique())
        .with_columns(
            when(country.is_in(weekends["country"].implode())).then(country).otherwise(lit("??"))
            .alias("weekend_of")
        )
        .join(days.select("calendar_day", "iso_weekday"), how="cross")
        .join(
            weekends, left_on=["weekend_of", "iso_weekday"], right_on=["country", "iso_weekday"], how="left"
        )
        .join(holidays, on=["country", "calendar_day"], how="left")
        .sort("country", "calendar_day")
        .select(
            "country", "calendar_day",
            col("is_weekend", "is_holiday").fill_null(False),
            (col("is_weekend").is_null() & col("is_holiday").is_null()).alias("is_business_day"),
        )
        .with_columns(
            col("is_business_day").cast(pl.Int64).cum_sum().over("country").alias("business_day_no")
        )
    )  # fmt: skip
