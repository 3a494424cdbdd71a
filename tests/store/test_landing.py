"""Landing files: kept per window, gone on with after a kill, cleaned when old."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from factories import body, record, scan
from loading import ACCOUNT, READING, load_run, rows
from pyarrow import fs

from airflow_provider_trackingmore.store.files import Folder
from airflow_provider_trackingmore.store.landing import Asked, Range, clean_landing, start_run, unfinished_run
from airflow_provider_trackingmore.tables import decode_page

NOW = datetime(2026, 11, 10, tzinfo=UTC)


@pytest.fixture(params=["path", "url"])
def root(request, tmp_path):
    folder = tmp_path / "landing"
    return str(folder) if request.param == "path" else folder.as_uri()


def start(root: str):
    return start_run(root, ACCOUNT, Asked(None, None), Range(None, NOW))


def test_a_page_lands_as_parquet_files_named_by_its_window(root, tmp_path):
    run = start(root)
    run.land("created-1-2", decode_page(body(record("a", scan("2026-11-01T10:00:00")), {"no": "id"})))
    names = sorted(path.name for path in (tmp_path / "landing").rglob("*.parquet"))
    assert [name.split(".")[0] for name in names] == ["created-1-2"] * 3
    assert [name.split(".")[2] for name in names] == ["checkpoints", "rejected", "trackings"]
    assert len({name.split(".")[1] for name in names}) == 1


def test_the_same_window_read_again_leaves_what_was_read_before(root, tmp_path):
    run = start(root)
    run.land("created-1-2", decode_page(body(record("a"))))
    run.land("created-1-2", decode_page(body(record("a"), record("b"))))
    found = [pq.read_table(path).num_rows for path in (tmp_path / "landing").rglob("*.trackings.parquet")]
    assert sorted(found) == [1, 2]


def test_a_page_of_which_only_a_part_was_written_brings_no_tracking_without_its_scans(
    root, warehouse, monkeypatch
):
    run = start(root)
    run.land("created-1-2", decode_page(body(record("a", scan("2026-11-01T10:00:00")))))
    written = []

    def dying(self: Folder, name: str, table: object, unlike: object) -> None:
        if written:
            raise KeyboardInterrupt
        written.append(name)
        whole(self, name, table, unlike)

    whole = Folder.write_parquet
    monkeypatch.setattr(Folder, "write_parquet", dying)
    with pytest.raises(KeyboardInterrupt):
        run.land("created-1-2", decode_page(body(record("a", scan("2026-11-02T10:00:00")))))
    assert written[0].endswith(".checkpoints.parquet")
    load_run(warehouse, ACCOUNT, run, READING)
    sql = "SELECT checkpoint_count, (SELECT count(*) FROM checkpoints) FROM trackings"
    assert rows(warehouse, sql) == [(1, 1)]


def test_a_run_that_was_not_merged_is_found_again_with_its_finished_windows(root):
    run = start(root)
    run.finish_window("created-1-2", {"axis": "created", "first": 1, "last": 2})
    again = unfinished_run(root, ACCOUNT, Asked(None, None), None)
    assert again is not None
    assert (again.run_id, again.range) == (run.run_id, run.range)
    assert again.finished_windows() == [{"axis": "created", "first": 1, "last": 2}]


def test_a_run_asked_for_with_another_window_is_another_run(root):
    start(root)
    assert unfinished_run(root, ACCOUNT, Asked(NOW - timedelta(days=1), None), None) is None


def test_a_merged_run_is_not_gone_on_with(root, warehouse):
    run = start(root)
    run.land("created-1-2", decode_page(body(record("a", scan("2026-11-01T10:00:00")))))
    load_run(warehouse, ACCOUNT, run, READING)
    assert unfinished_run(root, ACCOUNT, Asked(None, None), None) is None
    assert rows(warehouse, "SELECT count(*) FROM checkpoints") == [(1,)]


def test_a_run_that_landed_people_is_not_gone_on_with_by_one_that_must_not(root):
    start_run(root, ACCOUNT, Asked(None, None, include_personal_data=True), Range(None, NOW))
    assert unfinished_run(root, ACCOUNT, Asked(None, None), None) is None


def test_an_increment_is_gone_on_with_only_where_everything_before_it_is(root):
    start_run(root, ACCOUNT, Asked(None, None), Range(NOW - timedelta(days=1), NOW))
    found = {
        watermark: unfinished_run(root, ACCOUNT, Asked(None, None), watermark) is not None
        for watermark in (None, NOW - timedelta(days=2), NOW - timedelta(days=1), NOW)
    }
    assert list(found.values()) == [False, False, True, True]


def test_old_runs_are_cleaned_merged_or_abandoned(root, tmp_path):
    old_merged, old_open, new_merged = start(root), start(root), start(root)
    for run in (old_merged, new_merged):
        run.mark_merged()
    for run in (old_merged, old_open):
        about = Path(run.files.path) / "run.json"
        facts = json.loads(about.read_text()) | {"started_at": "2026-01-01T00:00:00+00:00"}
        about.write_text(json.dumps(facts))
    for path in (*Path(old_open.files.path).iterdir(), Path(old_open.files.path)):
        aged(path, 8 * 24)
    assert clean_landing(root, ACCOUNT, timedelta(days=7)) == 2
    assert not Path(old_merged.files.path).exists()
    assert not Path(old_open.files.path).exists()
    assert Path(new_merged.files.path).exists()


def test_a_run_that_takes_weeks_is_kept_as_long_as_something_is_read(root):
    run = start(root)
    about = Path(run.files.path) / "run.json"
    facts = json.loads(about.read_text()) | {"started_at": "2026-01-01T00:00:00+00:00"}
    about.write_text(json.dumps(facts))
    aged(about, 30 * 24)
    run.land("created-1-2", decode_page(body(record("a"))))
    assert clean_landing(root, ACCOUNT, timedelta(days=7)) == 0
    assert unfinished_run(root, ACCOUNT, Asked(None, None), None) is not None


def aged(path: Path, hours: float) -> Path:
    """Make a file or folder look as if it had been written so many hours ago."""
    moment = time.time() - 3600 * hours
    os.utime(path, (moment, moment))
    return path


def test_files_that_a_killed_process_began_are_removed_when_nobody_can_still_write_them(root):
    folder = Path(start(root).files.path)
    (left, fresh) = (folder / f".created-1-2.1.trackings.parquet.{name}" for name in ("left", "fresh"))
    for path, hours in ((left, 2), (fresh, 0.5)):
        path.write_bytes(b"half a file")
        aged(path, hours)
    assert clean_landing(root, ACCOUNT, timedelta(days=7)) == 0
    assert (left.exists(), fresh.exists()) == (False, True)


def test_a_folder_that_never_became_a_run_is_removed(root):
    folder = Path(start(root).files.path)
    (begun, fresh) = (folder.with_name(f"20261110T000000Z-{name}") for name in ("begun", "fresh"))
    begun.mkdir()
    fresh.mkdir()
    (begun / ".run.json.0123").write_bytes(b"{")
    for path in (*begun.iterdir(), begun):
        aged(path, 2)
    clean_landing(root, ACCOUNT, timedelta(days=7))
    assert (begun.exists(), fresh.exists(), folder.exists()) == (False, True, True)


def test_a_removal_that_was_killed_leaves_no_run_to_go_on_with_and_is_finished_later(root, monkeypatch):
    run = start(root)
    run.land("created-1-2", decode_page(body(record("a"))))
    run.mark_merged()
    folder = Path(run.files.path)

    def killed(self: Folder) -> None:
        (folder / "merged.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Folder, "remove", killed)
        clean_landing(root, ACCOUNT, timedelta(0))
    assert unfinished_run(root, ACCOUNT, Asked(None, None), None) is None
    for path in (*folder.iterdir(), folder):
        aged(path, 2)
    clean_landing(root, ACCOUNT, timedelta(days=7))
    assert not folder.exists()


def test_a_folder_that_is_gone_is_as_good_as_removed(tmp_path):
    Folder.at(tmp_path / "gone").remove()
    Folder.at(tmp_path).delete("gone.json")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_finished_never_appears(tmp_path):
    folder = Folder.at(tmp_path)
    with pytest.raises(RuntimeError), folder.writing("data.parquet") as stream:
        stream.write(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_an_object_store_is_never_given_half_a_file(tmp_path):
    # Any file system but the local one: it shows what a stream has got when the stream is closed.
    system = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    folder = Folder(system, "run")
    with pytest.raises(RuntimeError), folder.writing("data.parquet") as stream:
        stream.write(b"half")
        raise RuntimeError
    assert folder.names() == []
    with folder.writing("data.parquet") as stream:
        stream.write(b"whole")
    assert (tmp_path / "run" / "data.parquet").read_bytes() == b"whole"
