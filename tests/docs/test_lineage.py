"""``docs/lineage.md`` says what the models say.

``python tests/docs/test_lineage.py`` writes the page anew.
"""

from __future__ import annotations

import sys
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest
from lineage import ROWS, Lineage

from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import ddl

PAGE = Path(__file__).parents[2] / "docs" / "lineage.md"

HEAD = """\
# Where every column comes from

For each column of the models that are published, the columns of the loaded tables (`trackings`,
`checkpoints`, `loads`, `rejected_records`) and of the seeds that its value is worked out from, through all
models in between. *Rows* are counted. What only filters, joins, groups or orders rows is not listed. This
page is written by `python tests/docs/test_lineage.py` from the models; do not edit it.
"""


@cache
def lineage() -> Lineage:
    return Lineage(sql_folder())


def published() -> list[str]:
    return sorted(name for name in lineage().columns if name.startswith(("dim_", "fct_", "mart_")))


def cell(origins: frozenset[str]) -> str:
    """Return the origins table by table, counted rows first."""
    if not origins:
        return "the model itself"
    parts = [one.split(".") for one in sorted(origins)]
    tables = [(table, [column for _, column in columns]) for table, columns in groupby(parts, lambda p: p[0])]
    counted = [f"`{table}`" for table, columns in tables if ROWS in columns]
    told = [
        f"`{table}`: " + ", ".join(column for column in columns if column != ROWS)
        for table, columns in tables
        if columns != [ROWS]
    ]
    return "<br>".join([f"rows of {', '.join(counted)}"] * bool(counted) + told)


def model_table(model: str) -> str:
    alike: dict[frozenset[str], list[str]] = {}
    for column in lineage().columns[model]:
        alike.setdefault(lineage().origins(model, column), []).append(f"`{column}`")
    lines = [f"| {', '.join(columns)} | {cell(origins)} |\n" for origins, columns in alike.items()]
    return "| Columns | Come from |\n| --- | --- |\n" + "".join(lines)


def page() -> str:
    return "\n".join([HEAD, *(part for name in published() for part in (f"## {name}\n", model_table(name)))])


def test_the_page_is_what_the_models_say():
    assert PAGE.read_text() == page()


def test_every_column_ends_in_columns_that_are_loaded_or_in_seeds():
    tables = {name: set(schema.names) for name, (_, schema) in ddl.TABLES.items()}
    for seed in (sql_folder() / "seeds").glob("*.csv"):
        tables[seed.stem] = set(seed.read_text().partition("\n")[0].split(","))
    for model in published():
        for column in lineage().columns[model]:
            for origin in lineage().origins(model, column):
                table, _, name = origin.partition(".")
                assert name == ROWS or name in tables[table], origin


@pytest.mark.parametrize(
    ("model", "column", "origin"),
    [
        ("mart_delivery_time_quantiles", "p50_days", "checkpoints.event_at_utc"),
        ("mart_delivery_time_quantiles", "p50_days", "loads.window_to_utc"),
        ("mart_delivery_time_quantiles", "p50_days", "trackings.gone_at_utc"),
        ("mart_on_time", "on_time_rate", "trackings.promised_date"),
        ("mart_exception_rates", "current_rate", "trackings.status"),
        ("mart_first_scan_latency", "p50_days", "trackings.created_at_utc"),
        ("mart_exception_types", "exception_type", "checkpoints.event_type"),
        ("mart_stalled_shipments", "last_description", "checkpoints.description"),
        ("mart_weekly_cohorts", "delivered_share", "checkpoints.event_at_utc"),
        ("fct_shipments", "n_scans", "checkpoints.*"),
        ("dim_business_day", "is_holiday", "holidays.holiday_date"),
    ],
)
def test_a_column_comes_from_where_one_knows_it_does(model, column, origin):
    assert origin in lineage().origins(model, column)


@pytest.mark.parametrize(
    ("model", "column", "origin"),
    [
        # One model works out all rates, and one all curves: each mart asks for its own.
        ("mart_exception_rates", "current_rate", "trackings.promised_date"),
        ("mart_exception_types", "type_rate", "trackings.promised_date"),
        ("mart_delivery_time_quantiles", "p50_days", "checkpoints.is_exception"),
        ("mart_first_scan_latency", "n_labels", "checkpoints.*"),
        # The stories of two columns of one model do not mix.
        ("fct_shipments", "picked_up_at_utc", "trackings.status"),
    ],
)
def test_a_column_does_not_come_from_what_only_stands_beside_it(model, column, origin):
    assert origin not in lineage().origins(model, column)


if __name__ == "__main__":
    sys.exit(PAGE.write_text(page()) and None)
