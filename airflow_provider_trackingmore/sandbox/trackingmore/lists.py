"""The list routes: filters, windows, order and pages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.calls import ITEMS, Answer, Refused
from airflow_provider_trackingmore.sandbox.selection import capped, in_order, stir, stride_of, window
from airflow_provider_trackingmore.sandbox.views import update_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.trackingmore.calls import Call
    from airflow_provider_trackingmore.sandbox.trackingmore.desk import Desk
    from airflow_provider_trackingmore.sandbox.trackingmore.dialects import Dialect

DEFAULT_SIZE = 100
MOST_NUMBERS = 40
_ARCHIVED = {"true": True, "archived": True, "false": False, "tracking": False}


def list_trackings(desk: Desk, call: Call) -> Answer:
    """Answer one page of the account's trackings, newest first unless switched."""
    dialect, query = call.dialect, list_query(call)
    found = in_order(
        select(desk, dialect, query),
        desk.switches,
        next(desk.turns),
        lambda record: _update_time(desk, dialect, record),
    )
    page = max(_whole(query, dialect.page, 1), 1)
    size = _whole(query, dialect.size, DEFAULT_SIZE)
    size = capped(min(size if size > 0 else DEFAULT_SIZE, dialect.biggest_page), desk.switches)
    stride = stride_of(size, desk.switches)
    start = (page - 1) * stride
    shown = found[start : start + size]
    stir(desk.world, desk.switches, shown)
    if not shown:
        return _end(desk, dialect, page, size, len(found))
    texts = desk.texts.of(shown, dialect, desk.world.clock.epoch())
    data = _page(desk, dialect, page, size, len(found), len(shown), ITEMS)
    return Answer(data, items=len(shown), texts=texts)


def list_query(call: Call) -> dict[str, str]:
    """Return the list's parameters, from the query or, on POST, from the JSON body as well."""
    if call.method != "POST":
        return call.query
    body = call.json(optional=True)
    if not isinstance(body, dict):
        raise Refused("not_json")
    return {**call.query, **{name: str(value) for name, value in body.items()}}


def show(desk: Desk, dialect: Dialect, records: list[Record]) -> list[dict[str, Any]]:
    """Return records in the words of a version."""
    now = desk.world.clock.epoch()
    return [desk.write(record, dialect, now) for record in records]


def select(desk: Desk, dialect: Dialect, query: dict[str, str]) -> list[Record]:
    """Return the records all filters let through, newest first.

    :raises Refused: if a filter has a value the version does not take.
    """
    tests = [*_windows(desk, dialect, query), *_filters(dialect, query)]
    found = desk.world.records()
    for test in tests:
        found = [record for record in found if test(record)]
    return found


def _filters(dialect: Dialect, query: dict[str, str]) -> list[Callable[[Record], bool]]:
    tests: list[Callable[[Record], bool]] = []
    if numbers := _names(query, dialect.numbers):
        tests.append(lambda record: record.shipment.tracking_number in numbers)
    if orders := _names(query, dialect.orders):
        tests.append(lambda record: record.shipment.details.get("order_number") in orders)
    if courier := query.get(dialect.courier or ""):
        tests.append(lambda record: record.shipment.courier_code == courier)
    if (archived := _ARCHIVED.get(query.get(dialect.archived, ""))) is not None:
        tests.append(lambda record: record.archived is archived)
    if status := query.get(dialect.status):
        if status not in dialect.statuses:
            raise Refused("bad_status")
        tests.append(lambda record: dialect.wording.in_words(*record.status)[0] == status)
    return tests


def _windows(desk: Desk, dialect: Dialect, query: dict[str, str]) -> list[Callable[[Record], bool]]:
    """Return a test for every bound of a time window; records without the time pass none."""
    readers: dict[str, Callable[[Record], int | None]] = {
        "created": lambda record: record.shipment.created_at,
        "updated": lambda record: _update_time(desk, dialect, record),
        "ordered": lambda record: _order_time(record),
    }
    tests: list[Callable[[Record], bool]] = []
    for about, stem in dialect.windows.items():
        low, high = _moment(desk, dialect, query, f"{stem}_min"), _moment(desk, dialect, query, f"{stem}_max")
        tests += window(readers[about], low, high, desk.switches)
    return tests


def _update_time(desk: Desk, dialect: Dialect, record: Record) -> int | None:
    return record.updated_at if dialect.has_totals else update_time(record, desk.switches)


def _order_time(record: Record) -> int | None:
    value = record.shipment.details.get("order_date")
    return value if isinstance(value, int) else None


def _moment(desk: Desk, dialect: Dialect, query: dict[str, str], name: str) -> float | None:
    """Return a bound as unix seconds.

    An unencoded ``+`` arrives as a space; it is taken for what was meant.
    """
    text = query.get(name, "").strip()
    if not text:
        return None
    if dialect.unix_times:
        if not text.removeprefix("-").isdigit():
            raise Refused("bad_filter")
        return int(text)
    if text[-1] in "zZ" and not desk.switches.accept_zulu:
        raise Refused("bad_filter")
    if len(text) > 6 and text[-6] == " ":
        text = f"{text[:-6]}+{text[-5:]}"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("bad_filter") from None
    if moment.tzinfo is None or "T" not in text:
        raise Refused("bad_filter")
    return moment.timestamp()


def _names(query: dict[str, str], parameter: str | None) -> frozenset[str]:
    names = frozenset(name.strip() for name in query.get(parameter or "", "").split(",") if name.strip())
    if len(names) > MOST_NUMBERS:
        raise Refused("too_many")
    return names


def _whole(query: dict[str, str], parameter: str, default: int) -> int:
    text = query.get(parameter, "").strip()
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise Refused("bad_filter") from None


def _page(desk: Desk, dialect: Dialect, page: int, size: int, total: int, count: int, items: Any) -> Any:
    if dialect.has_totals:
        shown = str(total) if desk.switches.total_as_text else total
        return {"page": page, "limit": size, "total": shown, "count": count, "items": items}
    if desk.switches.success_rejected and not dialect.rides_on_http_200:
        return {"success": items, "rejected": []}
    return items


def _end(desk: Desk, dialect: Dialect, page: int, size: int, total: int) -> Answer:
    code = {"v2": desk.switches.end_v2, "v3": desk.switches.end_v3, "v4": desk.switches.end_v4}[dialect.name]
    if code == 200:
        shape = _page(desk, dialect, page, size, total, 0, [])
        return Answer(shape, is_empty=shape == [])
    return Answer([], code, is_empty=True)
