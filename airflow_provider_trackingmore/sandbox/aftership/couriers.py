"""The carriers as AfterShip lists them, and the guess which one a number belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership.bodies import unwrapped
from airflow_provider_trackingmore.sandbox.calls import Answer, Call, Refused
from airflow_provider_trackingmore.sandbox.carriers import (
    CARRIERS,
    LANES,
    NEEDS_POSTCODE,
    UNRECOGNISED,
    Carrier,
    detect,
)
from airflow_provider_trackingmore.sandbox.places import COUNTRY_CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_trackingmore.sandbox.aftership.desk import Desk
    from airflow_provider_trackingmore.sandbox.aftership.editions import Edition

# The carriers the account works with.
APPROVED = {lane.carrier for lane in LANES}
# What an account has to hand over before such a carrier can be asked.
CREDENTIALS: dict[str, tuple[str, ...]] = {"amazon": ("client_id", "client_secret")}
# The families that share numbers; a group is named after its family.
_FAMILIES = ("amazon", "fedex", "toll", "taqbin", "tnt", "cj", "hermes", "dpd", "gls", "dhl", "fastway",
             "asendia")  # fmt: skip
_GROUPS = {f"{family}-group": family for family in _FAMILIES}


def is_known(slug: Any) -> bool:
    """Return whether this is how a carrier is called."""
    return isinstance(slug, str) and slug in CARRIERS


def own(_: Desk, call: Call[Edition]) -> Answer:
    """Answer the carriers the account works with."""
    return _listed(call.dialect, (carrier for code, carrier in CARRIERS.items() if code in APPROVED))


def everyone(_: Desk, call: Call[Edition]) -> Answer:
    """Answer every carrier the service knows."""
    return _listed(call.dialect, CARRIERS.values())


def filtered(_: Desk, call: Call[Edition]) -> Answer:
    """Answer the carriers named, those the account works with, or all."""
    slugs = [slug for slug in call.query.get("slug", "").split(",") if slug]
    active = call.query.get("active", "").lower()
    if active not in ("", "true", "false"):
        raise Refused("value_invalid", "active")
    wanted = (carrier for code, carrier in CARRIERS.items() if not slugs or code in slugs)
    return _listed(
        call.dialect,
        (carrier for carrier in wanted if not active or (carrier.code in APPROVED) is (active == "true")),
    )


def detected(_: Desk, call: Call[Edition]) -> Answer:
    """Answer the carriers whose numbers look like the one given; there may be none."""
    body = unwrapped(call)
    number, slugs = body.get("tracking_number"), body.get("slug")
    if number in (None, ""):
        raise Refused("number_missing")
    if slugs is not None and not isinstance(slugs, list):
        raise Refused("value_invalid", "slug")
    found = _of_group(detect(str(number)), body.get("slug_group"))
    return _listed(call.dialect, (carrier for carrier in found if not slugs or carrier.code in slugs))


def detect_for(desk: Desk, number: str, group: Any) -> str:
    """Return the courier a number goes to for which none was named.

    :raises Refused: if it can go to none.
    """
    found = detect(number)
    if group is not None:
        found = _of_group(found, group)
        if not found:
            raise Refused("not_of_group")
    if not found:
        if desk.switches.takes_unrecognised:
            return UNRECOGNISED.code
        raise Refused("undetected")
    approved = [carrier for carrier in found if carrier.code in APPROVED]
    if not approved:
        raise Refused("not_approved")
    return approved[0].code


def _of_group(carriers: list[Carrier], group: Any) -> list[Carrier]:
    if group is None:
        return carriers
    if not isinstance(group, str) or group not in _GROUPS:
        raise Refused("value_invalid", "slug_group")
    return [carrier for carrier in carriers if carrier.code.split("-")[0] == _GROUPS[group]]


def _listed(edition: Edition, carriers: Iterable[Carrier]) -> Answer:
    rows = [_row(edition, carrier) for carrier in carriers]
    return Answer({"total": len(rows), "couriers": rows}, items=len(rows))


def _row(edition: Edition, carrier: Carrier) -> dict[str, Any]:
    needs_postcode = carrier.code == NEEDS_POSTCODE
    countries = [COUNTRY_CODES[carrier.country]] if carrier.country else None
    needed = CREDENTIALS.get(carrier.code, ())
    fields = [{"name": name, "type": "string", "required": True} for name in needed]
    row = {
        "slug": carrier.code,
        "name": carrier.name,
        "phone": carrier.phone or None,
        "other_name": None,
        "web_url": carrier.homepage,
        "required_fields": [edition.field("destination_postal_code")] if needs_postcode else [],
        "optional_fields": [edition.field("destination_country_region")] if needs_postcode else [],
        "default_language": "en",
        "support_languages": ["en", "zh"] if carrier.country == "CN" else ["en"],
        f"service_from_{edition.country}{'s' if edition.country == 'country_region' else ''}": countries,
    }
    return row | ({"credentials": {"fields": fields}} if edition.lists_credentials else {})
