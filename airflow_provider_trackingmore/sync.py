"""A sync: windows of the service to landing files to the warehouse, without Airflow.

On an empty warehouse the windows cut the axis of creation times, on which no record ever moves; after
that each run reads what was updated since the watermark, and what was created since, because a tracking
that was never refreshed has no update time. The upper end is fixed before the first window, on the
service's own clock.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from airflow_provider_trackingmore.api.estimate import estimate_records
from airflow_provider_trackingmore.api.windows import Planner
from airflow_provider_trackingmore.exceptions import ConfigurationError, IncompleteWindowError
from airflow_provider_trackingmore.reading import WindowReader, decode
from airflow_provider_trackingmore.store.landing import (
    Asked,
    Range,
    Run,
    clean_landing,
    start_run,
    unfinished_run,
)
from airflow_provider_trackingmore.store.load import load_run
from airflow_provider_trackingmore.store.state import Account, State, read_state
from airflow_provider_trackingmore.store.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api import TrackingMoreClient
    from airflow_provider_trackingmore.tables import Page

log = logging.getLogger(__name__)

# Older than every tracking service, so that nothing was created before.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

# The service may show a change later than the time it puts on it.
LOOK_BACK = timedelta(minutes=15)


@dataclass(frozen=True)
class _Plan:
    """What a run has to read: its window, and the axes to read it on."""

    window: Range
    largest_page: int
    expected: int | None = None
    expected_requests: int | None = None
    density: float | None = None

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes: creation alone finds everything, and nothing moves on it."""
        return ("created",) if self.window.first is None else ("updated", "created")


def sync(
    client: TrackingMoreClient,
    warehouse: Warehouse,
    updated_from: datetime | None = None,
    updated_to: datetime | None = None,
    *,
    landing_root: str | os.PathLike[str] | None = None,
    dry_run: bool = False,
    in_flight: int = 3,
    keep_landing: timedelta = timedelta(days=7),
    include_personal_data: bool = False,
) -> dict[str, Any]:
    """Bring the warehouse up to date with the service and return the run's counts.

    A run that was killed goes on with the windows it has when it is called with the same arguments.

    :param client: the account to read.
    :param warehouse: path of the DuckDB file, or what opens a connection to it.
    :param updated_from: start of the window, zoned; None means from the watermark, and on an empty
        warehouse everything the service keeps.
    :param updated_to: end of the window, zoned; None means now. Never later than the service's clock.
    :param landing_root: path or URL for landing files; by default beside the warehouse file.
    :param dry_run: plan and log only; sends what planning needs, loads nothing, and returns the window
        and, before a first load, the expected trackings and requests.
    :param in_flight: how many windows may be requested at once, within the account's pace.
    :param keep_landing: age at which landing files of merged runs are removed.
    :param include_personal_data: keep names, e-mail addresses and the like.
    :return: ``run_id``, the window, ``requests``, ``windows``, ``received``, ``new``, ``changed``,
        ``unchanged``, ``rejected``, ``complete`` and the like; moments as ISO text.
    :raises ConfigurationError: if a moment has no zone, or the window is empty.
    """
    updated_from, updated_to = zoned("updated_from", updated_from), zoned("updated_to", updated_to)
    requests_before = client.request_count
    account = Account("trackingmore", client.account, client.version.name, client.key_fingerprint)
    with open_warehouse(warehouse) as connection:
        state = read_state(connection, account)
    root = os.fspath(landing_root) if landing_root else _default_landing(warehouse)
    asked = Asked(updated_from, updated_to, include_personal_data)
    run = unfinished_run(root, account, asked, state.watermark)
    plan = _plan(client, state, asked, run)
    if dry_run:
        expected = {"expected_trackings": plan.expected, "expected_requests": plan.expected_requests}
        return {"dry_run": True, "axes": list(plan.axes)} | expected | _window_text(plan.window)
    goes_on = run is not None
    if run is None:
        run = start_run(root, account, asked, plan.window)
    else:
        log.info("going on with run %s of %s", run.run_id, run.started_at.isoformat(timespec="seconds"))
    reader = WindowReader(
        client,
        run,
        largest_page=plan.largest_page,
        in_flight=in_flight,
        include_personal_data=include_personal_data,
        expected=plan.expected,
        requests_before=requests_before,
    )
    result = _read_and_load(warehouse, account, run, plan, reader)
    removed = clean_landing(root, account, keep_landing)
    if removed:
        log.info("removed landing files of %d runs older than %s", removed, keep_landing)
    if goes_on and result["complete"] and updated_from is None and updated_to is None:
        # The run that was gone on with ends when it was begun; what came since is one more window.
        rest = sync(
            client,
            warehouse,
            landing_root=landing_root,
            in_flight=in_flight,
            keep_landing=keep_landing,
            include_personal_data=include_personal_data,
        )
        return _together(result, rest)
    return result


def _together(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Return the result of two runs, one after the other, as one."""
    sums = {name: value + second[name] for name, value in first.items() if type(value) in (int, float)}
    return second | sums | {"updated_from": first["updated_from"]}


def _plan(client: TrackingMoreClient, state: State, asked: Asked, run: Run | None) -> _Plan:
    """Fix the window of the run, and say what is coming."""
    first = asked.first or (state.watermark and state.watermark - LOOK_BACK)
    # Where answers tell no total, a page without a window shows how much the service gives today.
    tells_total = client.version.total_path is not None
    probe = client.list_page(size=1 if tells_total and first is not None else client.page_size)
    page = decode(client, probe)
    count = page.received if page else 0
    largest = state.largest_page if tells_total else min(state.largest_page or count, count)
    if run is not None:
        return _Plan(run.range, largest)
    now = probe.service_time or datetime.now(UTC)
    last = min(asked.last, now) if asked.last else now
    window = Range(first.astimezone(UTC) if first else None, last.astimezone(UTC).replace(microsecond=0))
    if window.first is not None:
        if window.first >= window.last:
            raise ConfigurationError(_empty_window(asked, state, window))
        log.info("%s: reading from %s up to %s", _who(client), window.first, window.last)
        return _Plan(window, largest)
    expected = estimate_records(client, probe, count)
    requests = round(expected / (0.7 * count)) + 10 if count else 1
    log.info(
        "%s: reading everything the service keeps, about %d trackings: "
        "about %d requests, %.0f s at %g a second",
        *(_who(client), expected, requests),
        *(requests / client.requests_per_second, client.requests_per_second),
    )
    return _Plan(window, largest, expected, requests, _density(page, window.last))


def _empty_window(asked: Asked, state: State, window: Range) -> str:
    if asked.first is None and asked.last is not None and asked.last == window.last:
        return (
            f"updated_to is {window.last}, but the warehouse is loaded up to {state.watermark} already; "
            "give updated_from to read an older window again"
        )
    if asked.first is None:
        return (
            f"the warehouse is loaded up to {state.watermark}, later than the service's clock "
            f"({window.last}): is this another service, or did its clock go back?"
        )
    return f"the window is empty: updated_from is {window.first}, its end {window.last}"


def _density(page: Page | None, until: datetime) -> float | None:
    """Return the records per second that a first page suggests, if lists are newest first."""
    oldest = pc.min(page.trackings["created_at_utc"]).as_py() if page else None
    if page is None or oldest is None:
        return None
    seconds: float = (until - oldest.replace(tzinfo=UTC)).total_seconds()
    return page.received / max(1.0, seconds)


def _who(client: TrackingMoreClient) -> str:
    return f"account {client.account!r} at {client.base_url} ({client.version.name})"


def _read_and_load(
    warehouse: Warehouse, account: Account, run: Run, plan: _Plan, reader: WindowReader
) -> dict[str, Any]:
    first = plan.window.first or BEGINNING
    for axis in plan.axes:
        span = (int(first.timestamp()), int(plan.window.last.timestamp()))
        reader.read(Planner(axis, *span, reader.capacity, plan.density))
    reading = reader.result()
    merged = load_run(warehouse, account, run, reading)
    result = _window_text(plan.window) | {
        "run_id": run.run_id,
        "account": account.account,
        "complete": reading.is_complete,
        "requests": reading.requests,
        "windows": reading.windows,
        "received": reading.received,
        "distinct": merged.distinct,
        "new": merged.new,
        "changed": merged.changed,
        "unchanged": merged.unchanged,
        "checkpoints": merged.checkpoints,
        "rejected": merged.rejected,
        "irregular_pages": reading.irregular_pages,
        "waited_seconds": round(reading.waited_seconds, 1),
    }
    log.info(
        "loaded %s up to %s: %d requests, %d received, %d trackings: %d new, %d changed, %d unchanged; "
        "%d rejected; %s",
        f"from {plan.window.first}" if plan.window.first else "everything",
        plan.window.last,
        *(result[name] for name in ("requests", "received", "distinct", "new", "changed", "unchanged")),
        result["rejected"],
        "complete" if reading.is_complete else "INCOMPLETE: the watermark stays, the next run reads it again",
    )
    return result


def _window_text(window: Range) -> dict[str, Any]:
    first = window.first.isoformat() if window.first else None
    return {"updated_from": first, "updated_to": window.last.isoformat()}


def require_complete(result: dict[str, Any]) -> None:
    """Raise if a sync's ``result`` says that its window is not complete.

    :raises IncompleteWindowError: the data stay in the warehouse, the watermark has not moved.
    """
    if not result.get("complete", True):
        raise IncompleteWindowError(
            f"the window up to {result['updated_to']} kept changing while it was read; run it again"
        )


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


def _default_landing(warehouse: Warehouse) -> str:
    if callable(warehouse):
        raise ConfigurationError("landing_root is needed when the warehouse is given as a connection")
    return f"{os.fspath(warehouse)}.landing"
