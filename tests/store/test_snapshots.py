"""Snapshots: a path changes in one step, and whatever is killed, the next change is whole."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from airflow_provider_trackingmore.exceptions import ConfigurationError, WarehouseBusyError
from airflow_provider_trackingmore.store import snapshots as module
from airflow_provider_trackingmore.store.snapshots import Snapshots

KEEP = timedelta(hours=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out" / "name"


def put(path: Path, text: str, patience: float = 60) -> None:
    with Snapshots.at(path, "path", KEEP).draft(patience) as draft:
        draft.path.write_text(text)
        draft.show()


def kept(path: Path) -> list[str]:
    return sorted(one.read_text() for one in path.parent.glob(f".{path.name}.snapshots/*/{path.name}"))


def test_what_is_shown_last_is_what_readers_see(path):
    put(path, "first")
    put(path, "second")
    assert path.read_text() == "second"


def test_what_is_not_shown_is_removed(path):
    put(path, "first")
    with Snapshots.at(path, "path", KEEP).draft(60) as draft:
        draft.path.write_text("second")
    assert kept(path) == ["first"]


def test_a_snapshot_goes_when_its_time_is_over_counted_from_when_it_was_replaced(path):
    put(path, "first")
    os.utime(path.resolve().parent, (0, 0))
    put(path, "second")
    put(path, "third")
    assert kept(path) == ["first", "second", "third"]
    for folder in path.parent.glob(".name.snapshots/*Z-*"):
        os.utime(folder, (0, 0))
    put(path, "fourth")
    assert kept(path) == ["fourth", "third"]


def test_the_link_is_relative_so_that_the_folder_can_be_mounted_elsewhere(path, tmp_path):
    put(path, "first")
    path.parent.rename(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "name").read_text() == "first"


def test_a_link_of_somebody_else_is_followed(path, tmp_path):
    put(tmp_path / "far" / "away", "first")
    path.parent.mkdir()
    path.symlink_to("../far/away")
    put(path, "second")
    assert path.read_text() == "second"
    assert kept(tmp_path / "far" / "away") == ["first", "second"]
    assert os.listdir(path.parent) == ["name"]


def test_links_in_a_circle_are_refused(path):
    path.parent.mkdir()
    path.symlink_to("name")
    with pytest.raises(ConfigurationError, match="circle"):
        put(path, "first")


def test_a_path_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigurationError, match=r"cannot write .*/file/name: File exists"):
        put(tmp_path / "file" / "name", "first")


def test_a_mounted_volume_is_refused():
    with pytest.raises(ConfigurationError, match="mounted volume"):
        put(Path("/proc"), "first")


def test_a_link_whose_snapshot_was_deleted_is_replaced(path):
    put(path, "first")
    path.resolve().unlink()
    put(path, "second")
    assert path.read_text() == "second"


def test_folders_are_as_open_to_others_as_the_one_they_stand_in(path):
    path.parent.mkdir()
    path.parent.chmod(0o751)
    mask = os.umask(0o077)
    try:
        put(path, "first")
    finally:
        os.umask(mask)
    snapshot = path.resolve().parent
    assert [folder.stat().st_mode & 0o777 for folder in (snapshot, snapshot.parent)] == [0o751, 0o751]


def test_waiting_for_another_run_is_said_and_ends_as_transient(path, caplog):
    caplog.set_level(logging.INFO)
    with Snapshots.at(path, "path", KEEP).draft(60), pytest.raises(WarehouseBusyError) as caught:
        put(path, "second", patience=0.2)
    assert caught.value.transient
    assert [f"{path} is being changed by another run" in text for text in caplog.messages] == [True]
    put(path, "third")
    assert path.read_text() == "third"


# Kills a child at each of its calls that change something on disk, and looks at what is left.
_KILLS = """
import importlib.machinery, importlib.util, os, signal, sys
from datetime import timedelta
from pathlib import Path

# The package would import DuckDB and Arrow, whose threads no fork survives.
found = importlib.machinery.PathFinder.find_spec("store", [sys.argv[2]])
sys.modules["airflow_provider_trackingmore.store"] = importlib.util.module_from_spec(found)
from airflow_provider_trackingmore.store.snapshots import Snapshots, link_tree

path = Path(sys.argv[1])
CALLS = {f"os.{name}" for name in "mkdir rename link symlink remove rmdir utime chmod".split()} | {"open"}

def put(text):
    snapshots = Snapshots.at(path, "path", timedelta(hours=1))
    with snapshots.draft(60) as draft:
        if snapshots.shown():
            link_tree(snapshots.shown(), draft.path)
            (draft.path / "text").unlink()
        else:
            draft.path.mkdir()
        (draft.path / "text").write_text(text)
        (draft.path / "same").touch()
        draft.show()

def child(text, die_at):
    calls = 0
    def count(*_):
        nonlocal calls
        calls += 1
        if calls == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(lambda event, _: event in CALLS and count())
    fsync = os.fsync
    os.fsync = lambda file: (count(), fsync(file))
    for old in path.parent.glob(".name.snapshots/*Z-????????"):
        os.utime(old, (0, 0))
    put(text)
    os._exit(0)

def run(text, die_at=0):
    pid = os.fork()
    if not pid:
        child(text, die_at)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

run("0")
died, before = 0, "0"
for at in range(1, 1000):
    ended = run(f"killed {at}", at)
    assert ended in (0, -signal.SIGKILL), ended
    now = (path / "text").read_text()
    assert now in (before, f"killed {at}"), (at, now)
    if not ended:
        break
    died += 1
    before = f"after {at}"
    assert run(before) == 0
    assert (path / "text").read_text() == before
    left = [one.name for one in path.parent.glob(".name.snapshots/*")]
    assert len(left) <= 4 and not [one for one in left if one.endswith("draft") or one == "link"], (at, left)
print(died)
"""


def test_a_change_killed_at_any_call_leaves_the_old_state_or_the_new_and_the_next_one_cleans_up(path):
    package = str(Path(module.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", _KILLS, str(path), package], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert int(done.stdout) > 20
