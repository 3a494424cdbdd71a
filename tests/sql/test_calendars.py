"""Calendars: holidays and weekends as the libraries know them, business days as numpy counts them.

``python tests/sql/test_calendars.py`` writes the seed of holidays anew.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from random import Random

import holidays
import numpy as np
import pytest
from babel import Locale, UnknownLocaleError
from factories import record, scan
from stories import ask, tell

from airflow_provider_trackingmore.resources import sql_folder

YEARS = range(2024, 2029)
COUNTRIES = (
    *("AT", "AU", "BE", "BR", "CA", "CH", "CN", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IN", "IT"),
    *("JP", "MX", "NL", "NO", "NZ", "PL", "PT", "SE", "US"),
)
# With holidays; with a weekend of their own; one that no seed names.
DESTINATIONS = ("DE", "US", "IN", "CN", "SA", "IR", "AF", "UG", "KE")


def known_holidays() -> list[tuple[str, str, str]]:
    return [
        (country, day.isoformat(), name)
        for country in COUNTRIES
        for day, name in sorted(holidays.country_holidays(country, years=YEARS, language="en_US").items())
    ]


def seed(name: str) -> list[dict[str, str]]:
    with (sql_folder() / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def weekend(country: str) -> set[int]:
    """Return ISO weekdays, Monday is 1, as CLDR has them."""
    locale = Locale.parse(f"und_{country}")
    days = (locale.weekend_end - locale.weekend_start) % 7 + 1
    return {(locale.weekend_start + offset) % 7 + 1 for offset in range(days)}


def test_the_seed_of_holidays_is_what_the_library_knows():
    assert [tuple(row.values()) for row in seed("holidays")] == known_holidays()


def test_the_seed_of_weekends_names_every_country_whose_weekend_is_another():
    named = defaultdict(set)
    for row in seed("weekends"):
        named[row["country"]].add(int(row["iso_weekday"]))
    usual = named.pop("??")
    assert usual == {6, 7}
    other = {}
    for country in Locale("en").territories:
        if len(country) == 2 and country.isalpha():
            try:
                if (days := weekend(country)) != usual:
                    other[country] = days
            except UnknownLocaleError:
                continue
    assert named == other


@pytest.fixture
def calendars(warehouse):
    """Return each destination's number of every day."""
    parcels = [record(country, destination_country=country) for country in DESTINATIONS]
    tell(warehouse, *parcels)
    numbers = defaultdict(dict)
    for row in ask(warehouse, "SELECT country, calendar_day, business_day_no FROM dim_business_day"):
        numbers[row["country"]][row["calendar_day"]] = row["business_day_no"]
    return numbers


def test_business_days_are_numpys(calendars):
    rng, first = Random(7), date(YEARS[0], 1, 1)
    span = (date(YEARS[-1], 12, 31) - first).days
    assert set(calendars) == set(DESTINATIONS)
    for country in DESTINATIONS:
        off = weekend(country)
        mask = [day not in off for day in range(1, 8)]
        free = list(holidays.country_holidays(country, years=YEARS)) if country in COUNTRIES else []
        for _ in range(500):
            start, end = sorted(first + timedelta(days=rng.randrange(span)) for _ in range(2))
            # numpy counts from the first day on and without the last
            expected = np.busday_count(
                start + timedelta(days=1), end + timedelta(days=1), weekmask=mask, holidays=free
            )
            assert calendars[country][end] - calendars[country][start] == expected, (country, start, end)


@pytest.mark.parametrize(
    ("country", "picked_up", "delivered", "business_days"),
    [
        ("GB", "2026-11-06T23:50:00", "2026-11-09T00:10:00", 1),  # Friday to Monday
        ("GB", "2026-11-07T10:00:00", "2026-11-08T10:00:00", 0),  # Saturday to Sunday
        ("GB", "2026-11-02T10:00:00", "2026-11-02T18:00:00", 0),  # within a day
        (
            "SA",
            "2026-11-05T10:00:00",
            "2026-11-08T10:00:00",
            1,
        ),  # Thursday to Sunday, off on Friday and Saturday
        ("DE", "2026-10-02T10:00:00", "2026-10-06T10:00:00", 2),  # 3 October is a holiday, and a Saturday
        ("FR", "2026-11-10T10:00:00", "2026-11-12T10:00:00", 1),  # Armistice Day between them
        (None, "2026-11-02T10:00:00", "2026-11-04T10:00:00", None),
    ],
)
def test_business_days_of_a_parcel_are_those_of_its_destination(
    warehouse, country, picked_up, delivered, business_days
):
    scans = scan(picked_up, country_iso2="GB"), scan(delivered, "delivered", "delivered001")
    tell(warehouse, record("x", *scans, destination_country=country))
    (row,) = ask(warehouse, "FROM fct_shipments")
    assert row["transit_business_days"] == business_days


@pytest.mark.parametrize(
    ("picked_up", "delivered", "days", "full_days", "date_changes"),
    [
        ("2026-11-02T23:59:00", "2026-11-03T00:01:00", 2 / 1440, 0, 1),
        ("2026-11-02T10:00:00", "2026-11-04T09:59:00", 2 - 1 / 1440, 1, 2),
        ("2026-11-02", "2026-11-05", 3.0, 3, 3),
    ],
)
def test_days_are_told_in_hours_full_days_and_changes_of_date(
    warehouse, picked_up, delivered, days, full_days, date_changes
):
    tell(warehouse, record("x", scan(picked_up), scan(delivered, "delivered", "delivered001")))
    (row,) = ask(warehouse, "FROM fct_shipments")
    assert row["transit_days"] == pytest.approx(days)
    assert row["transit_hours"] == pytest.approx(days * 24)
    assert (row["transit_full_days"], row["transit_date_changes"]) == (full_days, date_changes)


if __name__ == "__main__":
    with (sql_folder() / "seeds" / "holidays.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["country", "holiday_date", "holiday_name"])
        writer.writerows(known_holidays())
