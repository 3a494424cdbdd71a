"""Working out again only what changed gives what working out everything gives, row for row."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from factories import record, scan

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import run_models
from airflow_provider_trackingmore.store.changes import BY_TRACKING
from airflow_provider_trackingmore.sync import sync

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
from loading import load, rows

FIRST, SECOND = datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)


def differences(warehouse: str) -> dict[str, int]:
    """Return the relations in which another warehouse, built whole from the same data, has other rows."""
    whole = warehouse + ".whole"
    shutil.copy(warehouse, whole)
    assert run_models(whole, rebuild=True)["trackings"] is None
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{warehouse}' AS a (READ_ONLY); ATTACH '{whole}' AS b (READ_ONLY)")
        names = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'b' AND schema_name = 'main'"
            " AND table_name <> 'checks'"
        ).fetchall()
        counts = {
            name: connection.execute(
                f"SELECT count(*) FROM ((FROM a.{name} EXCEPT ALL FROM b.{name})"
                f" UNION ALL (FROM b.{name} EXCEPT ALL FROM a.{name}))"
            ).fetchall()[0][0]
            for (name,) in names
        }
    assert set(BY_TRACKING) < set(counts)
    return {name: count for name, count in counts.items() if count}


def test_day_after_day_nothing_differs_from_a_full_rebuild(warehouse):
    now = datetime(2026, 11, 1, 12, tzinfo=UTC)
    worked_out = []
    with (
        Sandbox(trackings=800, seed=11, now=now, frozen=True, rate_limit=False) as box,
        TrackingMoreClient("sandbox-key", "v4", box.url, requests_per_second=1000) as client,
    ):
        for days in (1, 1, 9, 40):
            sync(client, warehouse)
            worked_out.append(run_models(warehouse)["trackings"])
            assert differences(warehouse) == {}
            box.clock.advance(days=days)
    assert worked_out[0] is None
    assert 0 < worked_out[1] < 300


OLD = {"created_at": "2026-09-01T00:00:00+00:00", "update_at": "2026-09-02T00:00:00+00:00"}
DONE = (scan("2026-11-01T10:00:00"), scan("2026-11-03T10:00:00", "delivered", "delivered001"))
STORIES = {
    "open": record("x", scan("2026-11-01T10:00:00")),
    "expired_after_the_end_of_what_was_known": record(
        "x", scan("2026-10-16T10:00:00"), delivery_status="expired", **OLD
    ),
    "a_scan_after_the_end_of_what_was_known": record(
        "x", *DONE, scan("2026-11-12T10:00:00", "transit", "transit002"), delivery_status="delivered"
    ),
    "a_date_on_which_what_was_known_ended": record(
        "x", scan("2026-11-10T08:00:00"), scan("2026-11-10", "delivered", "delivered001")
    ),
    "a_header_after_the_end_of_what_was_known": record(
        "x", delivery_status="delivered", update_at="2026-11-12T10:00:00+00:00"
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_tracking_whose_meaning_changes_as_more_is_known_is_worked_out_again(warehouse, story):
    load(warehouse, [STORIES[story], record("done", *DONE)], last=FIRST)
    run_models(warehouse)
    load(warehouse, [record("other", *DONE)], last=SECOND)
    before = rows(warehouse, "SELECT outcome, exit_at_utc, n_scans FROM int_shipment_outcomes ORDER BY ALL")
    assert run_models(warehouse)["trackings"] == 2
    assert differences(warehouse) == {}
    changed = "SELECT outcome, exit_at_utc, n_scans FROM int_shipment_outcomes ORDER BY ALL"
    assert rows(warehouse, changed) != before


def test_a_tracking_that_left_the_source_is_worked_out_again(warehouse):
    load(warehouse, [record("kept", *DONE), record("gone", *DONE)], last=FIRST)
    run_models(warehouse)
    load(warehouse, [record("kept", *DONE)], first=None, last=SECOND)
    assert run_models(warehouse)["trackings"] == 1
    assert rows(warehouse, "SELECT count(*) FROM fct_shipments WHERE gone_at_utc IS NOT NULL") == [(1,)]
    assert differences(warehouse) == {}


def test_another_text_of_a_model_works_everything_out_again(warehouse, tmp_path):
    load(warehouse, [record("done", *DONE)], last=FIRST)
    assert run_models(warehouse)["trackings"] is None
    assert run_models(warehouse)["trackings"] == 0
    folder = tmp_path / "sql"
    shutil.copytree(sql_folder(), folder)
    model = folder / "models/intermediate/int_shipment_outcomes.sql"
    model.write_text(model.read_text().replace("interval '30' day", "interval '40' day"))
    assert run_models(warehouse, folder)["trackings"] is None
    assert run_models(warehouse, folder)["trackings"] == 0


def test_another_row_of_a_seed_works_everything_out_again(warehouse, tmp_path):
    load(warehouse, [record("done", *DONE)], last=FIRST)
    folder = tmp_path / "sql"
    shutil.copytree(sql_folder(), folder)
    run_models(warehouse, folder)
    with (folder / "seeds/courier_aliases.csv").open("a") as seed:
        seed.write("trackingmore,dhl,dhl-express,\n")
    assert run_models(warehouse, folder)["trackings"] is None
    assert rows(warehouse, "SELECT courier_code FROM fct_shipments") == [("dhl-express",)]


def test_what_is_known_going_back_leaves_nothing_of_later_behind(warehouse):
    load(
        warehouse,
        [STORIES["open"], STORIES["a_scan_after_the_end_of_what_was_known"] | {"id": "y"}],
        last=FIRST,
    )
    load(warehouse, [record("other", *DONE)], last=SECOND)
    run_models(warehouse)
    with duckdb.connect(warehouse) as connection:
        connection.execute(
            "DELETE FROM loads WHERE window_to_utc > ?", [FIRST.replace(tzinfo=None) + timedelta(1)]
        )
    run_models(warehouse)
    assert differences(warehouse) == {}


def test_what_was_kept_while_the_models_were_built_is_gone_afterwards(warehouse):
    load(warehouse, [record("done", *DONE)], last=FIRST)
    run_models(warehouse)
    load(warehouse, [record("other", *DONE)], last=SECOND)
    run_models(warehouse)
    assert rows(warehouse, "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%affected%'") == []
