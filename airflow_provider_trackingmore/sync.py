"""A sync: windows of the service to landing files to the warehouse, without Airflow.

On an empty warehouse the windows cut the axis of creation times, on which no record ever moves; after
that each run reads what was updated since the watermark, and what was created since, because a tracking
that was never refreshed has no update time. Why nothing is lost stands in ``docs/completeness.md``.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.exceptions import (
    ConfigurationError,
    IncompleteWindowError,
    RequestsUsedUpError,
)
from airflow_provider_trackingmore.planning import Plan, plan
from airflow_provider_trackingmore.reading import WindowReader
from airflow_provider_trackingmore.store.landing import Asked, Run, clean_landing, start_run, unfinished_run
from airflow_provider_trackingmore.store.load import load_run
from airflow_provider_trackingmore.store.locks import only_run
from airflow_provider_trackingmore.store.state import Account, State, read_state
from airflow_provider_trackingmore.store.warehouse import (
    PATIENCE,
    Warehouse,
    open_warehouse,
    warehouse_path,
)

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api import ServiceClient
    from airflow_provider_trackingmore.store.load import Reading
    from airflow_provider_trackingmore.store.merge import Merged

log = logging.getLogger(__name__)

# What left the service since an unfinished pass over everything was begun is no reason yet for another one.
_RECENT = timedelta(days=1)


def sync(
    client: ServiceClient,
    warehouse: Warehouse,
    updated_from: datetime | None = None,
    updated_to: datetime | None = None,
    *,
    everything: bool = False,
    landing_root: str | os.PathLike[str] | None = None,
    dry_run: bool = False,
    in_flight: int = 3,
    keep_landing: timedelta = timedelta(days=7),
    include_personal_data: bool = False,
    most_requests: int | None = None,
    patience: float = PATIENCE,
) -> dict[str, Any]:
    """Bring the warehouse up to date with the service and return the run's counts.

    A run that was killed, or used up its requests, goes on with the windows it has when it is called with
    the same arguments. Two runs of one account wait for each other.

    :param client: the account to read.
    :param warehouse: path of the DuckDB file, or what opens a connection to it.
    :param updated_from: start of the window, zoned; None means from the watermark, and on an empty
        warehouse everything the service keeps. Reading begins 15 minutes earlier, for changes shown late.
    :param updated_to: end of the window, zoned; None means now. Never later than the service's clock.
    :param everything: read all the service keeps, although the warehouse is not empty, and mark the
        trackings that are gone from it (``gone_at_utc``).
    :param landing_root: path or URL for landing files; by default beside the warehouse file.
    :param dry_run: plan and log only; sends what planning needs, loads nothing, and returns the window
        and, before a first load, the expected trackings and requests.
    :param in_flight: how many windows may be requested at once, within the account's pace.
    :param keep_landing: age at which landing files are removed, of merged runs and of those in which nothing
        was read for so long.
    :param include_personal_data: keep names, e-mail addresses and the like.
    :param most_requests: how many requests this run may send, retries included; when they are used up, it
        stops, keeps the windows it has for the next run, and says in ``missing`` what is left. The next run
        finishes that window and, if its requests are counted too, leaves what came since to the one after.
    :param patience: seconds to wait for another run that holds the warehouse or reads the same account.
    :return: ``run_id``, the window, ``requests``, ``windows``, ``received``, ``new``, ``changed``,
        ``unchanged``, ``gone``, ``rejected``, ``complete``, ``missing`` and the like; moments as ISO text.
    :raises ConfigurationError: if a moment has no zone, or the window is empty.
    :raises WarehouseBusyError: if the other run takes longer than ``patience``.
    """
    updated_from, updated_to = zoned("updated_from", updated_from), zoned("updated_to", updated_to)
    if everything and (updated_from or updated_to):
        raise ConfigurationError(
            "everything leaves no choice of a window; leave updated_from and updated_to out"
        )
    account = Account(client.service.name, client.account, client.version.name, client.key_fingerprint)
    asked = Asked(updated_from, updated_to, include_personal_data, everything)
    root = os.fspath(landing_root) if landing_root else _default_landing(warehouse)
    job = _Job(client, warehouse, account, asked, root, in_flight, patience)
    path = warehouse_path(warehouse, patience)
    lock = path.with_name(f".{path.name}.{account.source}.{account.account}.lock")
    what = f"account {account.account!r} is being read into {path}"
    with only_run(lock, what, patience), client.at_most(most_requests):
        if dry_run:
            return job.rehearse()
        result = job.run()
        removed = clean_landing(root, account, keep_landing)
    if removed:
        log.info("removed landing files of %d runs older than %s", removed, keep_landing)
    return result


@dataclass(frozen=True)
class _Job:
    """What a caller asked for."""

    client: ServiceClient
    warehouse: Warehouse
    account: Account
    asked: Asked
    root: str
    in_flight: int
    patience: float

    def rehearse(self) -> dict[str, Any]:
        """Return what a run would read."""
        state = self._state()
        run = unfinished_run(self.root, self.account, self.asked, state.watermark, state.loaded)
        planned = plan(self.client, state, self.asked, run.range if run else None)
        return {
            "dry_run": True,
            "axes": list(planned.axes),
            "expected_trackings": planned.expected,
            "expected_requests": planned.expected_requests,
        } | _window_text(planned)

    def run(self) -> dict[str, Any]:
        """Go on with a run that was left unfinished, then read what came since, or all there is to read."""
        state = self._state()
        left = unfinished_run(self.root, self.account, self.asked, state.watermark, state.loaded)
        if left is None:
            return self._attempt(state, None)
        log.info("going on with run %s of %s", left.run_id, left.started_at.isoformat(timespec="seconds"))
        first = self._attempt(state, left)
        is_recent = datetime.now(UTC) - left.started_at < _RECENT
        has_own_end = self.asked.first or self.asked.last or (self.asked.everything and is_recent)
        if not first["complete"] or has_own_end or self.client.has_limit:
            return first
        # It ended when it was begun; what came since is one more window, and what left since one more pass.
        # With counted requests that is for the next run: one begun with what is left might never be complete.
        return _together(first, self._attempt(self._state(), None))

    def _attempt(self, state: State, run: Run | None) -> dict[str, Any]:
        requests_before = self.client.request_count
        try:
            planned = plan(self.client, state, self.asked, run.range if run else None)
        except RequestsUsedUpError as error:
            return _stopped(None, self.client.request_count - requests_before, 0, error)
        if run is None:
            run = start_run(self.root, self.account, self.asked, planned.window)
        reader = WindowReader(
            self.client,
            run,
            largest_page=state.largest_page,
            in_flight=self.in_flight,
            include_personal_data=self.asked.include_personal_data,
            expected=planned.expected,
            requests_before=requests_before,
        )
        try:
            reader.read(planned.axes, *planned.seconds, planned.density, planned.opening)
        except RequestsUsedUpError as error:
            sent = self.client.request_count - requests_before
            return _stopped(planned, sent, reader.finished_windows, error)
        reading = reader.result()
        run.range = reader.believable(run.range)
        planned = replace(planned, window=run.range)
        merged = load_run(self.warehouse, self.account, run, reading, patience=self.patience)
        return _result(planned, run, self.account, reading, merged)

    def _state(self) -> State:
        with open_warehouse(self.warehouse, patience=self.patience) as connection:
            return read_state(connection, self.account)


def _result(planned: Plan, run: Run, account: Account, reading: Reading, merged: Merged) -> dict[str, Any]:
    result = _window_text(planned) | {
        "run_id": run.run_id,
        "account": account.account,
        "complete": reading.is_complete,
        "missing": reading.missing,
        "requests": reading.requests,
        "windows": reading.windows,
        "received": reading.received,
        "distinct": merged.distinct,
        "new": merged.new,
        "changed": merged.changed,
        "unchanged": merged.unchanged,
        "gone": merged.gone,
        "checkpoints": merged.checkpoints,
        "rejected": merged.rejected,
        "irregular_pages": reading.irregular_pages,
        "waited_seconds": round(reading.waited_seconds, 1),
    }
    log.info(
        "loaded %s up to %s: %d requests, %d received, %d trackings: %d new, %d changed, %d unchanged; "
        "%d rejected; %d gone; waited %.0f s; %s",
        f"from {planned.window.first}" if planned.window.first else "everything",
        planned.window.last,
        *(result[name] for name in ("requests", "received", "distinct", "new", "changed", "unchanged")),
        *(result[name] for name in ("rejected", "gone", "waited_seconds")),
        "complete" if reading.is_complete else _incomplete(reading.missing),
    )
    return result


def _incomplete(missing: str | None) -> str:
    return f"INCOMPLETE: {missing}; the watermark stays, the next run reads it again"


def _stopped(planned: Plan | None, requests: int, windows: int, error: RequestsUsedUpError) -> dict[str, Any]:
    """Return the result of a run that used up its requests: nothing is loaded, what landed is kept."""
    missing = error.left
    if not windows:
        missing += f"; {requests} were too few to finish one window, so allow more"
    log.warning(
        "stopped after %d requests, as many as allowed; left: %s; run again to go on", requests, missing
    )
    window = _window_text(planned) if planned else {"updated_from": None, "updated_to": None}
    return window | {"complete": False, "missing": missing, "requests": requests, "out_of_requests": True}


def _together(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return the result of two runs, one after the other, as one."""
    counts = {name: value for name, value in first.items() if type(value) in (int, float)}
    return (
        first
        | second
        | {name: value + second.get(name, 0) for name, value in counts.items()}
        | {"updated_from": first["updated_from"]}
    )


def _window_text(planned: Plan) -> dict[str, Any]:
    first, last = planned.window.first, planned.window.last
    return {"updated_from": first.isoformat() if first else None, "updated_to": last.isoformat()}


def require_complete(result: dict[str, Any]) -> None:
    """Raise if a sync's ``result`` says that its window did not hold still.

    A run that used up its requests has done what it was told to do, and passes.

    :raises IncompleteWindowError: the data stay in the warehouse, the watermark has not moved.
    """
    if not result.get("complete", True) and not result.get("out_of_requests"):
        raise IncompleteWindowError(f"{result['missing']}; run it again")


def zoned(name: str, moment: str | datetime | None) -> datetime | None:
    """Return a moment given as ISO 8601 text or datetime; None for an empty text.

    :raises ConfigurationError: if it is no moment, or has no zone.
    """
    if moment is None or moment in ("", "None"):
        return None
    try:
        found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        raise ConfigurationError(f"{name} is {moment!r}; write it as 2026-11-20T00:00:00+00:00") from None
    if found.utcoffset() is None:
        raise ConfigurationError(f"{name} has no time zone; add one, as in 2026-11-20T00:00:00+00:00")
    return found


def yes_or_no(name: str, value: bool | str) -> bool:
    """Return a switch given as a boolean, or as the text that a template makes of one.

    :raises ConfigurationError: if it is neither.
    """
    known = {"true": True, "false": False, "": False, "none": False}
    if str(value).lower() not in known:
        raise ConfigurationError(f"{name} is {value!r}; say true or false")
    return known[str(value).lower()]


def _default_landing(warehouse: Warehouse) -> str:
    if callable(warehouse):
        raise ConfigurationError("landing_root is needed when the warehouse is given as a connection")
    return f"{os.fspath(warehouse)}.landing"
