"""The list of trackings: one page of it, by number before 2024-10 and by cursor since."""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership.filters import select, times_of, words_of
from airflow_provider_trackingmore.sandbox.aftership.identities import cursor_id
from airflow_provider_trackingmore.sandbox.aftership.parcels import updated_at
from airflow_provider_trackingmore.sandbox.aftership.wording import part
from airflow_provider_trackingmore.sandbox.calls import ITEMS, Answer, Call, Refused
from airflow_provider_trackingmore.sandbox.clock import iso
from airflow_provider_trackingmore.sandbox.selection import (
    by_key,
    capped,
    in_order,
    sort_key,
    stir,
    stride_of,
)

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.aftership.desk import Desk
    from airflow_provider_trackingmore.sandbox.aftership.editions import Edition
    from airflow_provider_trackingmore.sandbox.knowledge import Record

DEFAULT_LIMIT, HIGHEST_LIMIT = 100, 200
# No page may begin beyond so many trackings.
_DEEPEST = 160_000
_FIELDS = ("title", "order_id", "tag", "checkpoints")


def list_trackings(desk: Desk, call: Call[Edition]) -> Answer:
    """Answer one page of the account's trackings, newest first unless switched."""
    limit = whole(call, "limit", DEFAULT_LIMIT, HIGHEST_LIMIT)
    size = capped(limit, desk.switches)
    found = select(desk, call)
    if call.dialect.has_cursors:
        return _by_cursor(desk, call, found, size)
    found = in_order(found, desk.switches, next(desk.turns), updated_at)
    page = whole(call, "page", 1, _DEEPEST // limit)
    shown = found[(page - 1) * stride_of(size, desk.switches) :][:size]
    stir(desk.world, desk.switches, shown)
    low, high = times_of(desk, call, "created_at")
    shape = {
        "page": page,
        "limit": size,
        "count": len(found),
        "keyword": call.query.get("keyword", ""),
        "slug": call.query.get("slug", ""),
        "origin": words_of(call, "origin"),
        "destination": words_of(call, "destination"),
        "tag": call.query.get("tag", ""),
        "created_at_min": iso(int(low)),
        "created_at_max": iso(int(high)),
        "last_updated_at": None,
        "return_to_sender": [word == "true" for word in words_of(call, "return_to_sender")],
        "courier_destination_country_iso3": words_of(call, "courier_destination_country_iso3"),
        "trackings": ITEMS,
    }
    return _answer(desk, call, shown, shape)


def whole(call: Call[Edition], name: str, default: int, highest: int) -> int:
    """Return a parameter that counts from one.

    :raises Refused: if it is anything else, or more than ``highest``.
    """
    text = call.query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise Refused("value_invalid", name)
    return int(text)


def fields_of(call: Call[Edition]) -> list[str]:
    """Return the fields an answer is confined to; none of them means all.

    :raises Refused: if one of them cannot be asked for.
    """
    names = words_of(call, "fields")
    if not set(names) <= set(_FIELDS):
        raise Refused("value_invalid", "fields")
    return names


def _by_cursor(desk: Desk, call: Call[Edition], found: list[Record], size: int) -> Answer:
    """Answer the page after the record a cursor names, also if that record has gone since."""
    switches, given = desk.switches, call.query.get("cursor", "")
    key = sort_key(switches, updated_at)
    found = by_key(found, switches, updated_at)
    start = bisect_right(found, _read(given, key(found[0])), key=key) if given and found else 0
    page = found[start : start + size]
    pagination: dict[str, Any] = {"total": len(found)}
    if start + size < len(found):
        cursor = _write(*key(page[stride_of(size, switches) - 1]))
        pagination["next_cursor"] = given if switches.stuck_cursor and given else cursor
    elif switches.last_cursor != "absent":
        pagination["next_cursor"] = "" if switches.last_cursor == "empty" else None
    pagination["has_next_page"] = start + size < len(found)
    stir(desk.world, switches, page)
    shown = in_order(page, switches, next(desk.turns), updated_at)
    return _answer(desk, call, shown, {"pagination": pagination, "trackings": ITEMS})


def _write(second: int, identity: int) -> str:
    text = json.dumps([abs(second) * 1000, cursor_id(f"{abs(identity):032x}")], separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _read(cursor: str, like: tuple[int, int]) -> tuple[int, int]:
    """Return the key a cursor was made from, with the signs of another one of the list."""
    try:
        milliseconds, identity = json.loads(base64.b64decode(cursor, validate=True))
        second, number = int(milliseconds) // 1000, int(cursor_id(str(identity)), 16)
    except (ValueError, TypeError):
        raise Refused("value_invalid", "cursor") from None
    return second if like[0] >= 0 else -second, number if like[1] >= 0 else -number


def _answer(desk: Desk, call: Call[Edition], shown: list[Record], shape: dict[str, Any]) -> Answer:
    names, now = fields_of(call), desk.world.clock.epoch()
    if not shown or names:
        shape["trackings"] = [part(desk.write(record, call.dialect, now), names) for record in shown]
        return Answer(shape, items=len(shown))
    return Answer(shape, items=len(shown), texts=desk.texts.of(shown, call.dialect, now))
