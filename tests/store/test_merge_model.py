"""The merge beside a model of its rules in plain Python: any runs, read and merged in any order."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from factories import body, record, scan
from hypothesis import given, settings
from hypothesis import strategies as st
from loading import ACCOUNT

from airflow_provider_trackingmore.store.ddl import TABLES
from airflow_provider_trackingmore.store.landing import Asked, Range, start_run
from airflow_provider_trackingmore.store.merge import Merged, merge
from airflow_provider_trackingmore.store.warehouse import open_warehouse, transaction
from airflow_provider_trackingmore.tables import Page, decode_page

START = datetime(2026, 11, 10, tzinfo=UTC)
MARKED = datetime(2026, 11, 9)

# Few names, moments and histories, so that snapshots meet, tie, lack a time and change their month.
CREATED = (None, "2026-10-30T00:00:00+00:00", *3 * ("2026-11-01T00:00:00+00:00",))
UPDATED = (None, *4 * ("2026-11-02T00:00:00+00:00",), "2026-11-02T00:00:01+00:00")
FIRST, SECOND = scan("2026-11-01T10:00:00"), scan("2026-11-01T11:00:00", "pickup", "pickup001")
HISTORIES = ((), (FIRST,), (FIRST,), (FIRST | {"zip": "LS1"},), (FIRST, SECOND), (SECOND,))

snapshots = st.builds(
    lambda name, created, updated, history, title, days, promised: record(
        name,
        *history,
        created_at=created,
        update_at=updated,
        title=title,
        transit_time=days,
        scheduled_delivery_date=promised,
    ),
    st.sampled_from("ab"),
    st.sampled_from(CREATED),
    st.sampled_from(UPDATED),
    st.sampled_from(HISTORIES),
    st.sampled_from((None, None, None, "mug")),
    st.sampled_from((1, 2)),
    st.sampled_from((None, "2026-11-20", "2026-11-21")),
)
# A run is a list of pages, each with the place at which it was received among all pages of all runs.
pages = st.lists(snapshots, min_size=1, max_size=3)
runs = st.lists(
    st.lists(st.tuples(st.integers(0, 50), pages), min_size=1, max_size=3), min_size=1, max_size=4
).filter(lambda found: len(places := [place for run in found for place, _ in run]) == len(set(places)))


@dataclass
class Model:
    """What must be in the warehouse: rows by key."""

    trackings: dict[str, dict[str, Any]] = field(default_factory=dict)
    scans: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def merge(self, run: list[Page]) -> Merged:
        best: dict[str, tuple[Any, ...]] = {}
        for page in run:
            for row in page.trackings.to_pylist():
                scans = [one for one in page.checkpoints.to_pylist() if one["record_no"] == row["record_no"]]
                rank = (newest(row), row["observed_at_utc"], row["record_no"])
                if row["tracking_key"] not in best or rank > best[row["tracking_key"]][0]:
                    best[row["tracking_key"]] = rank, row, scans
        actions = [self._take(row, scans) for _, row, scans in best.values()]
        kept = [len(scans) for action, (_, _, scans) in zip(actions, best.values(), strict=True) if action]
        return Merged(
            distinct=len(best),
            new=actions.count("new"),
            changed=actions.count("changed"),
            unchanged=actions.count(""),
            checkpoints=sum(kept),
        )

    def _take(self, row: dict[str, Any], scans: list[dict[str, Any]]) -> str:
        key = row["tracking_key"]
        stored, stored_scans = self.trackings.get(key), self.scans.get(key, {})
        first_seen, status_since, gone, action = row["observed_at_utc"], None, None, "new"
        promised = row["promised_date"]
        if stored is not None:
            is_later = row["observed_at_utc"] > stored["observed_at_utc"]
            says_else = said(row) != said(stored) or {one["checkpoint_key"]: said(one) for one in scans} != {
                name: said(one) for name, one in stored_scans.items()
            }
            is_tied = newest(row) == newest(stored)
            if newest(row) < newest(stored) or (is_tied and not (is_later and says_else)):
                return ""
            first_seen, status_since, gone, action = (
                stored["first_observed_at_utc"],
                stored["status_changed_at_utc"],
                stored["gone_at_utc"],
                "changed",
            )
            promised = stored["first_promised_date"] or promised
            if row["status"] != stored["status"]:
                status_since = row["updated_at_utc"] or row["observed_at_utc"]
        self.trackings[key] = row | {
            "first_observed_at_utc": first_seen,
            "status_changed_at_utc": status_since,
            "gone_at_utc": gone,
            "first_promised_date": promised,
        }
        self.scans[key] = {
            one["checkpoint_key"]: one
            | {
                "first_observed_at_utc": stored_scans.get(one["checkpoint_key"], {}).get(
                    "first_observed_at_utc", one["observed_at_utc"]
                )
            }
            for one in scans
        }
        return action

    def mark_all_gone(self, moment: datetime) -> None:
        for row in self.trackings.values():
            row["gone_at_utc"] = moment


def newest(row: dict[str, Any]) -> datetime:
    moment: datetime = row["updated_at_utc"] or row["created_at_utc"] or datetime(1970, 1, 1)
    return moment


def said(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a row says of the parcel."""
    outside = ("transit_days", "stay_days", "api_version", "observed_at_utc", "record_no")
    own = ("first_observed_at_utc", "status_changed_at_utc", "gone_at_utc", "first_promised_date")
    return {name: value for name, value in row.items() if name not in outside + own}


def in_columns(table: str, found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return rows as the table has them, in an order of their own."""
    names = TABLES[table][1].names
    return sorted((tuple(row.get(name) for name in names) for row in found), key=repr)


@given(runs)
@settings(max_examples=40, deadline=None)
def test_any_runs_merged_in_any_order_leave_what_the_rules_say(runs):
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        for number, run in enumerate(runs):
            decoded = [
                decode_page(body(*records), observed_at=START + timedelta(seconds=place))
                for place, records in run
            ]
            landed = start_run(f"{folder}/{number}", ACCOUNT, Asked(None, None), Range(None, START))
            for place, page in enumerate(decoded):
                landed.land(f"created-{place}", page)
            with open_warehouse(path) as connection:
                with transaction(connection):
                    assert merge(connection, landed) == model.merge(decoded)
                for table, found in (
                    ("trackings", list(model.trackings.values())),
                    ("checkpoints", [one for scans in model.scans.values() for one in scans.values()]),
                ):
                    names = ", ".join(TABLES[table][1].names)
                    stored = connection.execute(f"SELECT {names} FROM {table}").fetchall()
                    assert sorted(stored, key=repr) == in_columns(table, found)
                # Only what marks and unmarks may change a mark, so a merge keeps each.
                connection.execute("UPDATE trackings SET gone_at_utc = ?", [MARKED])
                model.mark_all_gone(MARKED)
