"""What each version of TrackingMore calls things, as data for both readers; and all field maps there are.

Sections 3.5, 3.6, 4.4, 4.5, 5.5, 5.6 and 11.2 of the vendor's references.
"""

from __future__ import annotations

import pyarrow as pa

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.tables.aftership_fields import MAPS as AFTERSHIP_MAPS
from airflow_provider_trackingmore.tables.mapping import Care, Field, FieldMap, Kind, left_out, texts, typed

__all__ = ["FIELD_MAPS", "Care", "Field", "FieldMap", "Kind", "field_map"]

_TEXT, _INT = pa.string(), pa.int64()
_META = pa.field("meta", pa.struct([("code", _INT), ("type", _TEXT), ("message", _TEXT)]))

V2 = FieldMap(
    service="trackingmore",
    version="v2",
    list_path=("data", "items"),
    beside_list=pa.struct([("page", _INT), ("limit", _INT), ("total", _TEXT), ("count", _INT)]),
    envelope=(_META,),
    record=(
        *texts(
            source_id="id",
            tracking_number="tracking_number",
            courier_code="carrier_code",
            status="status",
            created_at="created_at",
            updated_at="updated_at",
            order_placed="order_create_time",
            title="title",
            order_number="order_id",
            logistics_channel="logistics_channel",
            origin_country="original_country",
            destination_country="destination_country",
            service_code="service_code",
            status_info="status_info",
            substatus="substatus",
            weight="weight",
            latest_event="lastEvent",
            latest_event_time="lastUpdateTime",
        ),
        *typed(Kind.BOOLEAN, is_updating="track_update", is_archived="archived"),
        *typed(Kind.INTEGER, transit_days="itemTimeLength", stay_days="stayTimeLength"),
        *left_out(Care.PERSONAL, "customer_email", "customer_name", "customer_phone", "comment", "singed_by"),
        *left_out(Care.PLAIN, "packageStatus"),  # the status again, capitalised
    ),
    leg=texts(
        courier_code="carrier_code",
        courier_phone="phone",
        weblink="weblink",
        reference_number="ReferenceNumber",
        received="ItemReceived",
        dispatched="ItemDispatched",
        departed_airport="DepartfromAirport",
        arrived_abroad="ArrivalfromAbroad",
        customs="CustomsClearance",
        at_destination="DestinationArrived",
    ),
    checkpoint=(
        *texts(
            time="Date",
            description="StatusDescription",
            location="Details",
            status="checkpoint_status",
            substatus="substatus",
            carrier_status="ActType",
            milestone="ItemNode",
        ),
        *typed(Kind.INTEGER, substatus_number="substatus_num"),
    ),
)

V3 = FieldMap(
    service="trackingmore",
    version="v3",
    list_path=("data",),
    beside_list=None,
    id_may_lack=True,  # one of two clients that list its fields knows none
    envelope=(pa.field("code", _INT), pa.field("message", _TEXT)),
    record=(
        *texts(
            source_id="id",
            tracking_number="tracking_number",
            courier_code="courier_code",
            order_number="order_number",
            status="delivery_status",
            created_at="created_at",
            updated_at="update_date",
            order_placed="shipping_date",
            order_placed_before="order_create_time",
            title="title",
            logistics_channel="logistics_channel",
            destination_country="destination",
            destination_country_name="destination_country",
            origin_country="original",
            service_code="service_code",
            weight="weight",
            substatus="substatus",
            status_info="status_info",
            previous_number="previously",
            destination_tracking_number="destination_track_number",
            exchange_number="exchangeNumber",
            promised="scheduled_delivery_date",
            latest_event="latest_event",
            latest_event_time="lastest_checkpoint_time",
        ),
        *typed(
            Kind.BOOLEAN, is_archived="archived", is_updating="updating", is_updating_before="track_update"
        ),
        *typed(Kind.INTEGER, transit_days="transit_time", stay_days="stay_time"),
        *left_out(
            Care.PERSONAL,
            "customer_name",
            "customer_email",
            "customer_phone",
            "note",
            "consignee",
            "Scheduled_Address",
        ),
        *left_out(Care.PLAIN, "sign_supported"),
    ),
    leg=texts(
        courier_code="courier_code",
        courier_phone="courier_phone",
        weblink="weblink",
        reference_number="reference_number",
        received="received_date",
        dispatched="dispatched_date",
        departed_airport="departed_airport_date",
        arrived_abroad="arrived_abroad_date",
        customs="customs_received_date",
        at_destination="arrived_destination_date",
    ),
    checkpoint=texts(
        time="checkpoint_date",
        description="tracking_detail",
        location="location",
        status="checkpoint_delivery_status",
        substatus="checkpoint_delivery_substatus",
        milestone="ItemNode",
    ),
)

V4 = FieldMap(
    service="trackingmore",
    version="v4",
    list_path=("data",),
    beside_list=None,
    null_is_empty=True,
    envelope=(_META,),
    record=(
        *texts(
            source_id="id",
            tracking_number="tracking_number",
            courier_code="courier_code",
            order_number="order_number",
            order_id="order_id",
            order_placed="order_date",
            created_at="created_at",
            updated_at="update_at",
            updated_at_before="updated_at",
            status="delivery_status",
            archived="archived",
            registered_through="source",
            destination_country="destination_country",
            destination_state="destination_state",
            destination_city="destination_city",
            origin_country="origin_country",
            origin_state="origin_state",
            origin_city="origin_city",
            given_postal_code="tracking_postal_code",
            given_ship_date="tracking_ship_date",
            given_destination_country="tracking_destination_country",
            given_origin_country="tracking_origin_country",
            destination_postcode="recipient_postcode",
            title="title",
            logistics_channel="logistics_channel",
            label="label",
            service_code="service_code",
            weight="weight",
            weight_kg="weight_kg",
            product_type="product_type",
            dimension="dimension",
            previous_number="previously",
            destination_tracking_number="destination_track_number",
            exchange_number="exchange_number",
            promised="scheduled_delivery_date",
            substatus="substatus",
            status_info="status_info",
            latest_event="latest_event",
            latest_event_time="latest_checkpoint_time",
        ),
        *typed(Kind.BOOLEAN, is_updating="updating"),
        *typed(Kind.INTEGER, pieces="pieces", transit_days="transit_time"),
        *left_out(
            Care.PERSONAL,
            "customer_name",
            "customer_email",
            "customer_sms",
            "note",
            "signed_by",
            "scheduled_address",
        ),
        *left_out(Care.SECRET, "tracking_key", "tracking_courier_account"),
        *tuple(
            Field((name,), None, Kind.NOTHING)
            for name in ("substatusV2", "substatusTimeV2", "stausDataNumV2")
        ),
    ),
    leg=(
        *texts(
            courier_code="courier_code",
            courier_phone="courier_phone",
            weblink="weblink",
            reference_number="reference_number",
            received="pickup_date",
            departed_airport="departed_airport_date",
            arrived_abroad="arrived_abroad_date",
            customs="customs_received_date",
            at_destination="arrived_destination_date",
        ),
        *tuple(
            Field(("milestone_date", theirs), f"milestone_{ours}")
            for ours, theirs in (
                ("info_received", "inforeceived_date"),
                ("picked_up", "pickup_date"),
                ("out_for_delivery", "outfordelivery_date"),
                ("delivered", "delivery_date"),
                ("returning", "returning_date"),
                ("returned", "returned_date"),
            )
        ),
    ),
    # In the order of the wire, which saves Arrow a search for every value.
    checkpoint=texts(
        time="checkpoint_date",
        status="checkpoint_delivery_status",
        substatus="checkpoint_delivery_substatus",
        description="tracking_detail",
        location="location",
        country="country_iso2",
        state="state",
        city="city",
        postal_code="zip",
        carrier_status="raw_status",
    ),
)

FIELD_MAPS: dict[tuple[str, str], FieldMap] = {
    (m.service, m.version): m for m in (V2, V3, V4, *AFTERSHIP_MAPS)
}


def field_map(service: str, version: str) -> FieldMap:
    """Return the map of one version of one service.

    :raises ConfigurationError: if there is none.
    """
    try:
        return FIELD_MAPS[service, version]
    except KeyError:
        known = ", ".join(f"{s} {v}" for s, v in FIELD_MAPS)
        raise ConfigurationError(f"no field map for {service!r} {version!r}; there are: {known}") from None
