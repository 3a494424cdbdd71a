"""How a version of AfterShip writes a tracking: its keys in their order, and which versions have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership import checkpoints, promises, readers
from airflow_provider_trackingmore.sandbox.aftership.fields import Field, chosen
from airflow_provider_trackingmore.sandbox.aftership.identities import old_id
from airflow_provider_trackingmore.sandbox.aftership.readers import given, nothing
from airflow_provider_trackingmore.sandbox.clock import iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_trackingmore.sandbox.aftership.editions import Edition
    from airflow_provider_trackingmore.sandbox.aftership.parcels import Parcel

# Keys that records of more than two months ago do not have while they are empty.
_OPTIONAL = ("carbon_emissions", "location_id", "shipping_method", "signature_requirement",
             "courier_connection_id")  # fmt: skip
# What makes up a tracking that is shown in part, whatever was asked for.
_NAMES = ("id", "tracking_number", "slug")

FIELDS: tuple[Field[Parcel], ...] = (
    Field("id", lambda parcel: old_id(parcel.shipment), until="2024-04"),
    Field("id", lambda parcel: parcel.id, since="2024-07"),
    Field("legacy_id", lambda parcel: old_id(parcel.shipment), since="2024-07"),
    Field("created_at", lambda parcel: iso(parcel.shipment.created_at)),
    Field("updated_at", lambda parcel: iso(parcel.updated_at)),
    Field("last_updated_at", lambda parcel: iso(parcel.updated_at), until="2024-10"),
    Field("tracking_number", lambda parcel: parcel.shipment.tracking_number),
    Field("slug", lambda parcel: parcel.shipment.courier_code),
    Field("active", lambda parcel: parcel.active),
    Field("custom_fields", lambda parcel: parcel.details.get("custom_fields") or {}, until="2025-04"),
    Field("custom_fields", lambda parcel: parcel.details.get("custom_fields") or None, since="2025-07"),
    Field("customer_name", given("customer_name"), until="2024-10"),
    Field("transit_time", lambda parcel: parcel.transit_days),
    *readers.sides(),
    Field("courier_destination_country_iso3", readers.carriers_country, until="2024-10"),
    Field("courier_destination_country_region", readers.carriers_country, since="2025-01"),
    Field("emails", readers.contacts("emails"), until="2024-10"),
    Field("expected_delivery", promises.carriers_day, until="2024-07"),
    Field("courier_estimated_delivery_date", promises.carriers_estimate, since="2024-10"),
    Field("note", given("note")),
    Field("order_id", readers.order_id),
    Field("order_id_path", given("order_id_path")),
    Field("order_date", readers.order_date),
    Field("shipment_package_count", given("pieces")),
    Field("shipment_pickup_date", lambda parcel: parcel.moment(next(iter(parcel.view.physical), None))),
    Field("shipment_delivery_date", lambda parcel: parcel.delivered),
    Field("shipment_type", given("shipment_type")),
    Field("shipment_weight", readers.part_of_weight("value"), until="2024-04"),
    Field("shipment_weight", readers.weight, since="2024-07"),
    Field("shipment_weight_unit", readers.part_of_weight("unit"), until="2024-04"),
    Field("shipment_dimensions", nothing, since="2026-07"),
    Field("signed_by", lambda parcel: parcel.view.signed_by()),
    Field("smses", readers.contacts("smses"), until="2024-10"),
    Field("source", lambda parcel: parcel.details["source"].lower()),
    Field("tag", lambda parcel: parcel.word.tag),
    Field("subtag", lambda parcel: parcel.word.subtag),
    Field("subtag_message", lambda parcel: parcel.word.message),
    Field("title", lambda parcel: parcel.details.get("title") or parcel.shipment.tracking_number),
    Field("tracked_count", lambda parcel: parcel.tracked_count),
    Field("last_mile_tracking_supported", lambda parcel: bool(parcel.shipment.lane.partner), until="2025-07"),
    Field("language", given("language")),
    # Put in place by ``write``, which knows the version.
    Field("checkpoints", nothing),
    Field("subscribed_smses", lambda _: []),
    Field("subscribed_emails", lambda _: []),
    Field("return_to_sender", lambda parcel: parcel.is_returned),
    Field("order_promised_delivery_date", promises.promised, until="2025-07"),
    Field("order_promised_delivery_date", promises.promised_range, since="2026-01"),
    Field("delivery_type", given("delivery_type")),
    Field("pickup_location", given("pickup_location")),
    Field("pickup_note", given("pickup_note")),
    Field("courier_tracking_link", lambda parcel: parcel.link(parcel.carrier)),
    Field("first_attempted_at", lambda parcel: parcel.moment(next(iter(parcel.failed_attempts), None))),
    Field("courier_redirect_link", nothing),
    Field("tracking_account_number", given("tracking_courier_account")),
    Field("tracking_key", given("tracking_key")),
    Field("tracking_ship_date", given("tracking_ship_date")),
    Field("on_time_status", promises.verdict),
    Field("on_time_difference", promises.days_late),
    Field("order_tags", lambda parcel: parcel.details.get("order_tags", [])),
    Field("aftership_estimated_delivery_date", promises.own_estimate),
    Field("custom_estimated_delivery_date", nothing),
    Field("order_number", given("order_number")),
    Field("first_estimated_delivery", promises.first),
    Field("latest_estimated_delivery", promises.latest, until="2025-01"),
    Field("latest_estimated_delivery", promises.latest_with_reason, since="2025-04"),
    Field("shipment_tags", lambda parcel: parcel.details.get("shipment_tags", [])),
    Field("courier_connection_id", given("courier_connection_id")),
    Field("next_couriers", readers.next_couriers, until="2024-07"),
    Field("next_couriers", readers.linked_couriers, "2024-10", "2024-10"),
    Field("tracking_origin_country", given("tracking_origin_country"), until="2024-10"),
    Field("tracking_destination_country", given("tracking_destination_country"), until="2024-10"),
    Field("tracking_origin_country_region", given("tracking_origin_country"), "2025-01", "2025-01"),
    Field("tracking_destination_country_region", given("tracking_destination_country"), "2025-01", "2025-01"),
    Field("tracking_postal_code", given("tracking_postal_code"), until="2025-01"),
    Field("tracking_state", given("tracking_state"), until="2025-01"),
    Field("carbon_emissions", nothing),
    Field("location_id", given("location_id")),
    Field("shipping_method", given("shipping_method")),
    Field("failed_delivery_attempts", lambda parcel: len(parcel.failed_attempts) or None),
    Field("signature_requirement", nothing),
    Field("delivery_location_type", nothing, since="2024-07"),
    Field("aftership_tracking_url", nothing, since="2024-10"),
    Field("aftership_tracking_order_url", nothing, since="2024-10"),
    Field("first_mile", readers.first_mile, since="2025-01"),
    Field("last_mile", readers.last_mile, since="2025-01"),
    Field("customers", readers.customers, "2025-01", "2026-01"),
    Field("customers", readers.customers_with_ids, since="2026-07"),
    Field("proof_of_delivery", nothing, since="2026-07"),
    Field("multi_piece_info", nothing, since="2026-07"),
    Field("shipment_direction", given("shipment_direction"), since="2026-07"),
    Field("return_shipment", nothing, since="2026-07"),
    Field("forward_shipment", nothing, since="2026-07"),
)


def write(parcel: Parcel, edition: Edition) -> dict[str, Any]:
    """Return a parcel as a tracking of a version."""
    shown = {name: read(parcel) for name, read in chosen(FIELDS, edition.name).items()}
    shown["checkpoints"] = checkpoints.write(parcel, edition.name)
    if parcel.switches.null_checkpoints and not shown["checkpoints"]:
        shown["checkpoints"] = None
    if parcel.switches.absent_optional_keys and parcel.view.is_old:
        for name in _OPTIONAL:
            if shown[name] is None:
                del shown[name]
    return shown


def part(shown: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return some fields of a tracking, and those that say which it is."""
    wanted = {*_NAMES, *names}
    return {name: value for name, value in shown.items() if name in wanted}
