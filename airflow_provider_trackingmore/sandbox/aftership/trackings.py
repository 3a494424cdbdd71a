"""The routes about one tracking: register, read, change, remove, take up again, declare completed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership.bodies import details_of, mapping, unwrapped
from airflow_provider_trackingmore.sandbox.aftership.couriers import detect_for, is_known
from airflow_provider_trackingmore.sandbox.aftership.identities import CHOSEN
from airflow_provider_trackingmore.sandbox.aftership.lists import fields_of
from airflow_provider_trackingmore.sandbox.aftership.parcels import is_active
from airflow_provider_trackingmore.sandbox.aftership.tags import COMPLETED
from airflow_provider_trackingmore.sandbox.aftership.wording import part
from airflow_provider_trackingmore.sandbox.calls import Answer, Call, Refused
from airflow_provider_trackingmore.sandbox.carriers import NEEDS_POSTCODE, UNRECOGNISED

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.aftership.desk import Desk
    from airflow_provider_trackingmore.sandbox.aftership.editions import Edition
    from airflow_provider_trackingmore.sandbox.knowledge import Record

_NUMBER = re.compile(r"[A-Za-z0-9._/-]+")
_SHORTEST, _LONGEST = 4, 100
_LANGUAGES = ("en", "fr", "fr-CA", "ar", "bg", "ca", "hr", "cs", "da", "nl", "et", "tl", "fi", "de", "el",
              "he", "hi", "hu", "id", "it", "ja", "ko", "lv", "lt", "ms", "pl", "pt", "ro", "ru", "sr", "sk",
              "sl", "es", "sv", "th", "tr", "uk", "vi", "zh-Hans", "zh-Hant", "nb")  # fmt: skip
_SHORT = ("tracking_account_number", "tracking_key", "tracking_ship_date", "tracking_origin_country",
          "tracking_destination_country", "tracking_postal_code", "tracking_state")  # fmt: skip


def create(desk: Desk, call: Call[Edition]) -> Answer:
    """Register one number."""
    edition, body = call.dialect, unwrapped(call)
    number = body.get("tracking_number")
    _check_number(number)
    details = details_of(edition, body, new=True)
    slug = _slug_for(desk, edition, body, details)
    if desk.if_kept(desk.world.find_number(slug, str(number))):
        raise Refused("exists")
    if CHOSEN in details and desk.if_kept(desk.identities.find(details[CHOSEN])):
        raise Refused("exists")
    record = desk.world.add(str(number), slug, **details, source="API")
    return _single(desk, edition, record, "created")


def get(desk: Desk, call: Call[Edition]) -> Answer:
    """Answer one tracking, or the fields of it that were asked for."""
    if call.query.get("lang", "en") not in _LANGUAGES:
        raise Refused("value_invalid", "lang")
    names, record = fields_of(call), named(desk, call)
    if not names:
        return _single(desk, call.dialect, record)
    shown = part(desk.show(record, call.dialect), names)
    return Answer({"tracking": shown} if call.dialect.wraps else shown, items=1)


def update(desk: Desk, call: Call[Edition]) -> Answer:
    """Change what the account said about a tracking."""
    record, body = named(desk, call), unwrapped(call)
    details = details_of(call.dialect, body, new=False)
    slug = body.get("slug")
    if slug is not None and not is_known(slug):
        raise Refused("slug_invalid")
    if slug not in (None, record.shipment.courier_code):
        desk.world.rename_courier(record, slug)
    desk.world.touch(record.shipment.id, **details)
    return _single(desk, call.dialect, record)


def delete(desk: Desk, call: Call[Edition]) -> Answer:
    """Remove a tracking and answer it a last time."""
    record = named(desk, call)
    answer = _farewell(desk, call.dialect, record)
    desk.world.delete(record.shipment.id)
    return answer


def retrack(desk: Desk, call: Call[Edition]) -> Answer:
    """Take up a tracking again that is no longer active; once in its life."""
    record = named(desk, call)
    if is_active(record):
        raise Refused("still_active")
    if record.retracked_at:
        raise Refused("retracked")
    desk.world.retrack(record)
    return _farewell(desk, call.dialect, record, "active")


def complete(desk: Desk, call: Call[Edition]) -> Answer:
    """Declare how a parcel ended; it is not asked about any more."""
    record, body = named(desk, call), mapping(call)
    kind = COMPLETED.get(str(body.get("reason")))
    if kind is None:
        raise Refused("value_invalid" if "reason" in body else "value_missing", "reason")
    happened = body.get("event_datetime")
    if call.dialect.completes_at and happened is not None:
        record.change({"completed_at": _event_time(happened)})
    desk.world.complete(record, kind)
    return _single(desk, call.dialect, record)


def named(desk: Desk, call: Call[Edition]) -> Record:
    """Return the record the path names, by id or by courier and number.

    :raises Refused: if the id is malformed, or nobody's.
    """
    if "id" not in call.path:
        record = desk.world.find_number(call.path["slug"], call.path["number"])
    elif call.dialect.id_form.fullmatch(call.path["id"]):
        record = desk.identities.find(call.path["id"])
    else:
        raise Refused("id_invalid")
    record = desk.if_kept(record)
    if record is None:
        raise Refused("absent")
    return record


def _single(desk: Desk, edition: Edition, record: Record, code: str = "ok") -> Answer:
    shown = desk.show(record, edition)
    return Answer({"tracking": shown} if edition.wraps else shown, code, items=1)


def _farewell(desk: Desk, edition: Edition, record: Record, *more: str) -> Answer:
    """Answer a tracking whole, or in the few words 2024-04 has for it."""
    if not edition.short_farewells:
        return _single(desk, edition, record)
    shown = part(desk.show(record, edition), (*_SHORT, *more))
    return Answer({"tracking": shown}, items=1)


def _check_number(number: Any) -> None:
    if number in (None, ""):
        raise Refused("number_missing")
    if not isinstance(number, str) or not _SHORTEST <= len(number) <= _LONGEST:
        raise Refused("number_invalid")
    if not _NUMBER.fullmatch(number):
        raise Refused("number_malformed")


def _slug_for(desk: Desk, edition: Edition, body: dict[str, Any], details: dict[str, Any]) -> str:
    """Return the courier a new number goes to: the one named, or the likeliest one.

    :raises Refused: if it cannot go there.
    """
    slug, number = body.get("slug"), str(body["tracking_number"])
    if slug is None:
        return detect_for(desk, number, body.get("slug_group"))
    if body.get("slug_group") is not None:
        raise Refused("value_invalid", "slug_group")
    if not is_known(slug) and slug != UNRECOGNISED.code:
        raise Refused("slug_invalid")
    if slug == NEEDS_POSTCODE and not (
        details.get("tracking_postal_code") or details.get("recipient_postcode")
    ):
        raise Refused("needs_field", edition.field("destination_postal_code"))
    return str(slug)


def _event_time(value: Any) -> str:
    try:
        return datetime.fromisoformat(value).isoformat()
    except (ValueError, TypeError):
        raise Refused("value_invalid", "event_datetime") from None
