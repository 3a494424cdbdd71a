"""How a version of AfterShip writes a checkpoint: keys, where each value comes from, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership.fields import Field, chosen
from airflow_provider_trackingmore.sandbox.clock import iso
from airflow_provider_trackingmore.sandbox.places import COUNTRY_CODES, COUNTRY_NAMES

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.aftership.parcels import Checkpoint, Parcel


def _events(checkpoint: Checkpoint) -> list[dict[str, Any]]:
    codes = [checkpoint.word.event] if checkpoint.word.event else []
    if checkpoint.hands_over:
        codes.append("handed_over_to_last_mile_carrier")
    return [{"code": code, "reason": None} for code in codes]


def _country(checkpoint: Checkpoint) -> str | None:
    return COUNTRY_CODES[checkpoint.place.country] if checkpoint.place else None


def _country_name(checkpoint: Checkpoint) -> str | None:
    return COUNTRY_NAMES[checkpoint.place.country] if checkpoint.place else None


def _zip(checkpoint: Checkpoint) -> str | None:
    return checkpoint.place.zip if checkpoint.place and checkpoint.has_zip else None


FIELDS: tuple[Field[Checkpoint], ...] = (
    Field("created_at", lambda point: iso(point.seen_at)),
    Field("slug", lambda point: point.slug),
    Field("checkpoint_time", lambda point: point.time),
    Field("location", lambda point: point.location),
    Field("city", lambda point: point.place.city if point.place and point.location else None),
    Field("state", lambda point: point.place.state if point.place else None),
    Field("zip", _zip, until="2025-07"),
    Field("postal_code", _zip, since="2026-01"),
    Field("coordinate", lambda _: None),
    Field("country_iso3", _country, until="2024-10"),
    Field("country_name", _country_name, until="2024-10"),
    Field("country_region", _country, since="2025-01"),
    Field("country_region_name", _country_name, since="2025-01"),
    Field("message", lambda point: point.message),
    Field("tag", lambda point: point.word.tag),
    Field("subtag", lambda point: point.word.subtag),
    Field("subtag_message", lambda point: point.word.message),
    Field("raw_tag", lambda point: point.kind.raw),
    Field("events", _events),
    Field("source", lambda point: point.source, since="2025-01"),
)


def write(parcel: Parcel, version: str) -> list[dict[str, Any]]:
    """Return a parcel's checkpoints in the words of a version; each has a hash from 2026-07 on."""
    fields = chosen(FIELDS, version)
    rows = [{name: read(point) for name, read in fields.items()} for point in parcel.checkpoints]
    if version >= "2026-07":
        for row, point in zip(rows, parcel.checkpoints, strict=True):
            row["hash"] = point.digest(parcel.id)
    return rows
