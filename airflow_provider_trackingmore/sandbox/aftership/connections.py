"""The routes about courier connections: the account's own accounts with carriers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership.bodies import mapping
from airflow_provider_trackingmore.sandbox.aftership.couriers import CREDENTIALS, is_known
from airflow_provider_trackingmore.sandbox.aftership.lists import DEFAULT_LIMIT, HIGHEST_LIMIT, whole
from airflow_provider_trackingmore.sandbox.calls import Answer, Call, Refused
from airflow_provider_trackingmore.sandbox.clock import iso

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.aftership.desk import Desk
    from airflow_provider_trackingmore.sandbox.aftership.editions import Edition

Json = dict[str, Any]


def listed(desk: Desk, call: Call[Edition]) -> Answer:
    """Answer one page of the connections, oldest first; a cursor is the id a page ended with."""
    slug, cursor = call.query.get("courier_slug"), call.query.get("cursor")
    found = [one for one in desk.connections.values() if slug in (None, "", one["courier_slug"])]
    ids = [one["id"] for one in found]
    if cursor and cursor not in ids:
        raise Refused("value_invalid", "cursor")
    start = ids.index(cursor) + 1 if cursor else 0
    limit = whole(call, "limit", DEFAULT_LIMIT, HIGHEST_LIMIT)
    shown = found[start : start + limit]
    has_next = start + limit < len(found)
    pagination = {
        "total": len(found),
        "next_cursor": shown[-1]["id"] if has_next else "",
        "has_next_page": has_next,
    }
    return Answer({"pagination": pagination, "courier_connections": shown}, items=len(shown))


def create(desk: Desk, call: Call[Edition]) -> Answer:
    """Connect the account with a carrier."""
    body, now = mapping(call), iso(desk.world.clock.epoch())
    slug = body.get("courier_slug")
    if not slug:
        raise Refused("value_missing", "courier_slug")
    if not is_known(slug):
        raise Refused("slug_invalid")
    identity = f"connection:{slug}:{now}:{next(desk.turns)}"
    connection = {
        "id": hashlib.md5(identity.encode(), usedforsecurity=False).hexdigest(),
        "courier_slug": slug,
        "credentials": _credentials(slug, body),
        "created_at": now,
        "updated_at": now,
    }
    desk.connections[connection["id"]] = connection
    return Answer(connection, "created", items=1)


def get(desk: Desk, call: Call[Edition]) -> Answer:
    """Answer one connection."""
    return Answer(_named(desk, call), items=1)


def update(desk: Desk, call: Call[Edition]) -> Answer:
    """Change the credentials of a connection."""
    connection = _named(desk, call)
    connection["credentials"] = _credentials(connection["courier_slug"], mapping(call))
    connection["updated_at"] = iso(desk.world.clock.epoch())
    return Answer(connection, items=1)


def delete(desk: Desk, call: Call[Edition]) -> Answer:
    """Forget a connection and answer it a last time."""
    connection = _named(desk, call)
    del desk.connections[connection["id"]]
    return Answer(connection, items=1)


def _named(desk: Desk, call: Call[Edition]) -> Json:
    connection = desk.connections.get(call.path["id"])
    if connection is None:
        raise Refused("no_page")
    return connection


def _credentials(slug: str, body: Json) -> Json:
    """Return what the carrier is to be asked with.

    :raises Refused: if something is missing that the carrier needs.
    """
    credentials = body.get("credentials")
    if not isinstance(credentials, dict):
        raise Refused("value_missing" if credentials is None else "value_invalid", "credentials")
    for name in CREDENTIALS.get(slug, ()):
        if not credentials.get(name):
            raise Refused("value_missing", f"credentials.{name}")
    return credentials
