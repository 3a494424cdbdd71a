"""From a finished run to the warehouse: merge, audit and watermark in one transaction."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.store.ddl import LOADS
from airflow_provider_trackingmore.store.gone import mark_gone, unmark_seen
from airflow_provider_trackingmore.store.merge import Merged, merge, refuse_other_ids
from airflow_provider_trackingmore.store.state import read_state, remember
from airflow_provider_trackingmore.store.warehouse import PATIENCE, Warehouse, open_warehouse, transaction

if TYPE_CHECKING:
    from airflow_provider_trackingmore.store.landing import Run
    from airflow_provider_trackingmore.store.state import Account

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """What reading the windows of a run came to."""

    is_complete: bool
    requests: int
    windows: int
    received: int
    irregular_pages: int
    waited_seconds: float
    largest_page: int
    missing: str | None = None


def load_run(
    warehouse: Warehouse, account: Account, run: Run, reading: Reading, *, patience: float = PATIENCE
) -> Merged:
    """Merge the landing files of ``run`` and record it; doing it again changes nothing."""
    with open_warehouse(warehouse, patience=patience) as connection:
        done = connection.execute("SELECT count(*) FROM loads WHERE run_id = ?", [run.run_id]).fetchall()
        if done[0][0]:
            log.info("run %s is in the warehouse already", run.run_id)
            merged = Merged()
        else:
            with transaction(connection):
                if read_state(connection, account).is_first_with_version:
                    refuse_other_ids(connection, run)
                merged = merge(connection, run)
                with run.shown(connection):
                    unmark_seen(connection)
                    if run.range.first is None and reading.is_complete:
                        merged = replace(merged, gone=mark_gone(connection, run, account))
                row = _audit(account, run, reading, merged)
                names, marks = ", ".join(LOADS.names), ", ".join("?" for _ in LOADS.names)
                connection.execute(
                    f"INSERT INTO loads ({names}) VALUES ({marks})",  # noqa: S608
                    [row[name] for name in LOADS.names],
                )
                remember(connection, account, reading.largest_page)
    run.mark_merged()
    return merged


def _audit(account: Account, run: Run, reading: Reading, merged: Merged) -> dict[str, object]:
    def naive(moment: datetime | None) -> datetime | None:
        return moment.astimezone(UTC).replace(tzinfo=None) if moment else None

    return {
        "run_id": run.run_id,
        "source": account.source,
        "account": account.account,
        "api_version": account.api_version,
        "window_from_utc": naive(run.range.first),
        "window_to_utc": naive(run.range.last),
        "is_complete": reading.is_complete,
        "missing": reading.missing,
        "n_requests": reading.requests,
        "n_windows": reading.windows,
        "n_received": reading.received,
        "n_irregular_pages": reading.irregular_pages,
        "waited_seconds": reading.waited_seconds,
        "started_at_utc": naive(run.started_at),
        "finished_at_utc": naive(datetime.now(UTC)),
    } | {f"n_{name}": count for name, count in asdict(merged).items()}
