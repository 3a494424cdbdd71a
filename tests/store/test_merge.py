"""The guarded merge: the latest snapshot of a tracking wins as a whole, its scans with it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from factories import body, key, record, scan
from loading import ACCOUNT, READING, land, later, load, rows

from airflow_provider_trackingmore.exceptions import WarehouseError
from airflow_provider_trackingmore.store import load as load_module
from airflow_provider_trackingmore.store import merge as merge_module
from airflow_provider_trackingmore.store.load import load_run
from airflow_provider_trackingmore.store.merge import Merged
from airflow_provider_trackingmore.store.state import Account
from airflow_provider_trackingmore.store.warehouse import open_warehouse, transaction
from airflow_provider_trackingmore.tables import decode_page

PICKED_UP = scan("2026-11-01T10:00:00")
HUB = scan("2026-11-02T10:00:00", "transit", "transit002")
DELIVERED = scan("2026-11-03T10:00:00", "delivered", "delivered001")

EVERYTHING = "SELECT t.*, c.* FROM trackings t LEFT JOIN checkpoints c USING (tracking_key) ORDER BY ALL"


def texts(warehouse: str) -> list[tuple[str, ...]]:
    return rows(
        warehouse, "SELECT tracking_key, substatus FROM checkpoints ORDER BY tracking_key, event_at_local"
    )


def test_a_new_tracking_comes_with_its_scans(warehouse):
    merged = load(warehouse, [record("a", PICKED_UP, HUB), record("b")])
    assert merged == Merged(distinct=2, new=2, checkpoints=2)
    assert texts(warehouse) == [(key("a"), "transit001"), (key("a"), "transit002")]
    assert rows(warehouse, "SELECT checkpoint_count FROM trackings ORDER BY 1") == [(0,), (2,)]


def test_a_newer_snapshot_replaces_the_tracking_and_its_scans_together(warehouse):
    load(warehouse, [record("a", PICKED_UP, HUB)])
    newer = record("a", PICKED_UP, DELIVERED, update_at="2026-11-03T12:00:00+00:00")
    assert load(warehouse, [newer]) == Merged(distinct=1, changed=1, checkpoints=2)
    assert texts(warehouse) == [(key("a"), "transit001"), (key("a"), "delivered001")]
    assert rows(warehouse, "SELECT status, updated_at_utc::VARCHAR FROM trackings") == [
        ("delivered", "2026-11-03 12:00:00")
    ]


def test_an_older_snapshot_never_replaces_a_newer_one(warehouse):
    load(warehouse, [record("a", PICKED_UP, DELIVERED, update_at="2026-11-03T12:00:00+00:00")])
    before = rows(warehouse, EVERYTHING)
    assert load(warehouse, [record("a", PICKED_UP)]) == Merged(distinct=1, unchanged=1)
    assert rows(warehouse, EVERYTHING) == before


def test_a_null_update_time_counts_as_the_creation_time(warehouse):
    load(warehouse, [record("a", PICKED_UP)])
    assert load(warehouse, [record("a", update_at=None)]) == Merged(distinct=1, unchanged=1)
    load(warehouse, [record("b", update_at=None)])
    assert load(warehouse, [record("b", PICKED_UP)]).changed == 1


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(record("a", PICKED_UP, HUB), id="a-scan-more"),
        pytest.param(record("a", PICKED_UP, title="Blue mug"), id="another-title"),
        pytest.param(record("a", PICKED_UP | {"zip": "LS1"}), id="another-postcode-of-a-scan"),
        pytest.param(record("a"), id="no-scan-any-more"),
        pytest.param(
            record("a", PICKED_UP, origin_info={"courier_code": "gls", "trackinfo": [PICKED_UP]}),
            id="another-courier-of-the-leg",
        ),
    ],
)
def test_a_second_change_within_the_same_second_is_not_lost(warehouse, changed):
    load(warehouse, [record("a", PICKED_UP)])
    assert load(warehouse, [changed]).changed == 1
    assert rows(warehouse, "SELECT checkpoint_count FROM trackings") == rows(
        warehouse, "SELECT count(*) FROM checkpoints"
    )


def test_the_same_content_at_the_same_time_changes_nothing(warehouse):
    load(warehouse, [record("a", PICKED_UP, transit_time=3)])
    before = rows(warehouse, EVERYTHING)
    # The service's day counters tick without a change of the parcel.
    assert load(warehouse, [record("a", PICKED_UP, transit_time=4)]) == Merged(distinct=1, unchanged=1)
    assert rows(warehouse, EVERYTHING) == before


def test_of_several_snapshots_in_one_run_the_newest_wins_and_the_later_read_among_equals(warehouse):
    newest = record("a", PICKED_UP, DELIVERED, update_at="2026-11-05T00:00:00+00:00", title="newest")
    load(
        warehouse,
        [record("a", title="old")],
        [newest | {"title": "first"}, newest],
        [record("a", title="old")],
    )
    assert rows(warehouse, "SELECT title, checkpoint_count FROM trackings") == [("newest", 2)]
    assert len(texts(warehouse)) == 2


def test_snapshots_that_a_clock_which_stands_still_gives_one_moment_are_one_row(warehouse):
    page = decode_page(body(record("a", PICKED_UP)), observed_at=later())
    run = land(warehouse)
    for name in ("created-1", "created-1", "created-2"):
        run.land(name, page)
    assert load_run(warehouse, ACCOUNT, run, READING) == Merged(distinct=1, new=1, checkpoints=1)
    assert rows(warehouse, "SELECT count(*) FROM trackings") == [(1,)]
    assert rows(warehouse, "SELECT count(*) FROM checkpoints") == [(1,)]


def test_merging_the_same_run_again_changes_nothing(warehouse):
    run = land(warehouse, [record("a", PICKED_UP), {"no": "id"}])
    load_run(warehouse, ACCOUNT, run, READING)
    before = {
        name: rows(warehouse, f"FROM {name} ORDER BY ALL") for name in ("trackings", "checkpoints", "loads")
    }
    assert load_run(warehouse, ACCOUNT, run, READING) == Merged()
    for name, content in before.items():
        assert rows(warehouse, f"FROM {name} ORDER BY ALL") == content


def test_surviving_scans_keep_the_moment_they_were_first_seen(warehouse):
    load(warehouse, [record("a", PICKED_UP)])
    seen = rows(warehouse, "SELECT first_observed_at_utc FROM checkpoints")
    load(warehouse, [record("a", PICKED_UP | {"zip": "LS1"}, HUB, update_at="2026-11-04T00:00:00+00:00")])
    after = rows(
        warehouse, "SELECT first_observed_at_utc, postal_code FROM checkpoints ORDER BY event_at_local"
    )
    assert after[0] == (*seen[0], "LS1")
    assert after[1][0] > seen[0][0]


def test_the_first_sight_of_a_tracking_survives_its_changes(warehouse):
    load(warehouse, [record("a", PICKED_UP)])
    first = rows(warehouse, "SELECT first_observed_at_utc FROM trackings")
    load(warehouse, [record("a", HUB, update_at="2026-11-04T00:00:00+00:00")])
    assert rows(warehouse, "SELECT first_observed_at_utc FROM trackings") == first


def test_the_moment_of_a_status_is_that_of_the_first_snapshot_with_it(warehouse):
    changes = "SELECT status_changed_at_utc::VARCHAR FROM trackings"
    load(warehouse, [record("a", PICKED_UP)])
    assert rows(warehouse, changes) == [(None,)]
    load(warehouse, [record("a", PICKED_UP, DELIVERED, update_at="2026-11-03T12:00:00+00:00")])
    assert rows(warehouse, changes) == [("2026-11-03 12:00:00",)]
    load(
        warehouse,
        [record("a", PICKED_UP, DELIVERED, update_at="2026-11-09T12:00:00+00:00", title="late note")],
    )
    assert rows(warehouse, changes) == [("2026-11-03 12:00:00",)]


def test_a_tracking_whose_creation_time_appears_later_stays_one_row(warehouse):
    load(warehouse, [record("a", PICKED_UP, created_at=None)])
    load(warehouse, [record("a", PICKED_UP, HUB, update_at="2026-11-04T00:00:00+00:00")])
    assert rows(warehouse, "SELECT created_month, checkpoint_count FROM trackings") == [("2026-11", 2)]
    assert rows(warehouse, "SELECT created_month, count(*) FROM checkpoints GROUP BY 1") == [("2026-11", 2)]


def test_a_tracking_that_changes_its_month_stays_one_row_with_its_scans(warehouse):
    load(warehouse, [record("a", PICKED_UP, HUB)])
    moved = {"created_at": "2026-09-30T00:00:00+00:00", "update_at": "2026-11-04T00:00:00+00:00"}
    assert load(warehouse, [record("a", PICKED_UP, DELIVERED, **moved)]).changed == 1
    assert rows(warehouse, "SELECT created_month, checkpoint_count FROM trackings") == [("2026-09", 2)]
    assert rows(warehouse, "SELECT created_month, substatus FROM checkpoints ORDER BY event_at_local") == [
        ("2026-09", "transit001"),
        ("2026-09", "delivered001"),
    ]


def test_a_back_fill_merged_after_the_daily_run_never_overwrites_what_was_observed_later(warehouse):
    read_before = land(warehouse, [record("a", PICKED_UP, title="old"), record("b", PICKED_UP)])
    newer = record("b", DELIVERED, update_at="2026-11-03T12:00:00+00:00")
    load(warehouse, [record("a", PICKED_UP, HUB, title="later in the same second"), newer])
    before = rows(warehouse, EVERYTHING)
    assert load_run(warehouse, ACCOUNT, read_before, READING) == Merged(distinct=2, unchanged=2)
    assert rows(warehouse, EVERYTHING) == before


def test_scans_far_apart_in_a_large_table_are_all_found(warehouse, monkeypatch):
    monkeypatch.setattr(merge_module, "_STRETCH", 2)
    names = [f"{number}" for number in range(9)]
    load(warehouse, [record(name, PICKED_UP, HUB) for name in names])
    newer = {"update_at": "2026-11-04T00:00:00+00:00"}
    load(warehouse, [record(name, PICKED_UP, DELIVERED, **newer) for name in names[::4]])
    assert texts(warehouse) == [
        (key(name), substatus)
        for name in names
        for substatus in ("transit001", "delivered001" if name in names[::4] else "transit002")
    ]


def test_a_merge_leaves_nothing_of_its_own_behind(warehouse):
    run = land(warehouse, [record("a", PICKED_UP)])
    with open_warehouse(warehouse) as connection:
        before = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
        with transaction(connection):
            merge_module.merge(connection, run)
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == before


def test_a_rejected_record_is_kept_once_and_counted_as_often_as_it_comes(warehouse):
    for _ in range(2):
        load(warehouse, [{"no": 1}, record("a")])
    assert rows(warehouse, "SELECT kind, raw_json FROM rejected_records") == [("tracking", '{"no": 1}')]
    assert rows(warehouse, "SELECT n_rejected FROM loads ORDER BY finished_at_utc") == [(1,), (1,)]


def test_an_id_that_is_missing_once_neither_doubles_a_tracking_nor_marks_it_as_gone(warehouse):
    load(warehouse, [record("a"), record("b")])
    merged = load(warehouse, [record("a", id=None), record("b")], first=None)
    assert (merged.new, merged.gone, merged.rejected) == (0, 0, 1)
    assert rows(warehouse, "SELECT tracking_key, gone_at_utc FROM trackings ORDER BY ALL") == [
        (key("a"), None),
        (key("b"), None),
    ]


def test_a_merge_that_fails_leaves_the_warehouse_as_it_was(warehouse, monkeypatch):
    load(warehouse, [record("a", PICKED_UP)])
    before = rows(warehouse, EVERYTHING), rows(warehouse, "FROM loads")

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(load_module, "remember", fail)
    with pytest.raises(RuntimeError, match="disk is full"):
        load(warehouse, [record("a", PICKED_UP, HUB, update_at="2026-11-04T00:00:00+00:00"), record("b")])
    assert (rows(warehouse, EVERYTHING), rows(warehouse, "FROM loads")) == before


def test_what_broke_a_merge_is_said_and_not_hidden_by_the_clearing_up(warehouse):
    load(warehouse, [record("a", PICKED_UP)])
    before = rows(warehouse, EVERYTHING)
    run = land(warehouse, [record("a", PICKED_UP, HUB, update_at="2026-11-04T00:00:00+00:00"), record("b")])
    (landed,) = Path(run.files.path).glob("*.checkpoints.parquet")
    content = bytearray(landed.read_bytes())
    # Where its first page begins; what the file is asked for first stands at its end.
    content[4:24] = b"\xff" * 20
    landed.write_bytes(content)
    with pytest.raises(duckdb.Error) as caught:
        load_run(warehouse, ACCOUNT, run, READING)
    assert not isinstance(caught.value, duckdb.TransactionException)
    assert rows(warehouse, EVERYTHING) == before


def test_another_api_version_with_other_ids_is_refused(warehouse):
    load(warehouse, [record("a", PICKED_UP)])
    other = Account("trackingmore", "default", "v3", "fingerprint")
    run = land(warehouse, [record("b", PICKED_UP, tracking_number="NUMBER-a")])
    run.land("created-0", _as_version(record("b", PICKED_UP, tracking_number="NUMBER-a"), "v3"))
    with pytest.raises(WarehouseError, match="other ids"):
        load_run(warehouse, other, run, READING)
    assert rows(warehouse, "SELECT count(*) FROM trackings") == [(1,)]


def test_another_api_version_with_the_same_ids_is_welcome(warehouse):
    load(warehouse, [record("a", PICKED_UP)])
    other = Account("trackingmore", "default", "v3", "fingerprint")
    run = land(warehouse)
    run.land("created-0", _as_version(record("a", PICKED_UP, update_at="2026-11-04T00:00:00+00:00"), "v3"))
    assert load_run(warehouse, other, run, READING).changed == 1


def _as_version(one, version):
    import dataclasses

    import pyarrow as pa
    from factories import body

    from airflow_provider_trackingmore.tables import decode_page

    page = decode_page(body(one))
    place = page.trackings.schema.get_field_index("api_version")
    column = pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), pa.array([version]))
    return dataclasses.replace(page, trackings=page.trackings.set_column(place, "api_version", column))


def test_a_change_writes_no_stored_rows_anew(warehouse):
    load(warehouse, [record("a", PICKED_UP)])
    with open_warehouse(warehouse) as connection:
        for table in ("trackings", "checkpoints"):
            connection.execute(
                f"INSERT INTO {table} SELECT * EXCLUDE (n) REPLACE ('other' || n AS tracking_key)"
                f" FROM {table}, range(200000) numbers(n)"
            )
    before = {table: _stored_at(warehouse, table) for table in ("trackings", "checkpoints")}
    changed = record("a", PICKED_UP | {"zip": "LS1"}, HUB, update_at="2026-11-04T00:00:00+00:00")
    assert load(warehouse, [changed]).changed == 1
    for table, places in before.items():
        assert places <= _stored_at(warehouse, table)


def _stored_at(warehouse: str, table: str) -> set[tuple[object, ...]]:
    """Return where the columns of the first, full row group stand in the file."""
    found = rows(
        warehouse,
        f"SELECT column_path, segment_id, block_id, block_offset FROM pragma_storage_info('{table}')"
        " WHERE row_group_id = 0 AND segment_type <> 'VALIDITY'",
    )
    assert found
    return set(found)
