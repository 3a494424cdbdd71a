"""What each version of AfterShip calls things, as data for both readers.

Sections 4, 7 and 8 of the vendor's reference. Old and new names of a field stand side by side, so that any
version's page is read by any version's map; only where one name has two types do the maps differ. What has
no column travels in ``extra`` by its newest name.
"""

from __future__ import annotations

import pyarrow as pa

from airflow_provider_trackingmore.tables.mapping import Care, Field, FieldMap, Kind, left_out, texts, typed


def _kept(kind: Kind, *names: str) -> tuple[Field, ...]:
    """Return fields that travel in ``extra`` under their own names; ``outer.inner`` is a nested one."""
    paths = [tuple(name.split(".")) for name in names]
    return tuple(Field(path, None, kind, kept=path) for path in paths)


def _renamed(*names: tuple[str, str]) -> tuple[Field, ...]:
    """Return texts that travel in ``extra`` under another name than their own."""
    return tuple(Field(tuple(old.split(".")), None, kept=tuple(new.split("."))) for old, new in names)


def _personal(kind: Kind, *names: str, inner: tuple[Field, ...] = ()) -> tuple[Field, ...]:
    return tuple(Field((name,), None, kind, Care.PERSONAL, inner, kept=(name,)) for name in names)


def _estimate(name: str, *more: str) -> tuple[Field, ...]:
    return _kept(
        Kind.TEXT,
        *(f"{name}.{part}" for part in ("type", "source", "datetime", "datetime_min", "datetime_max", *more)),
    )


_FIRST = "first_estimated_delivery"
_ESTIMATE = "courier_estimated_delivery_date"
_LATEST = "estimated_delivery_date_max"
_PROMISED = ("order_promised_delivery_date", "promised_delivery_date")

_RECORD = (
    *texts(
        source_id="id",
        tracking_number="tracking_number",
        courier_code="slug",
        created_at="created_at",
        updated_at="updated_at",
        title="title",
        order_id="order_id",
        order_number="order_number",
        order_placed="order_date",
        status="tag",
        substatus="subtag",
        status_info="subtag_message",
        registered_through="source",
        service_code="shipment_type",
        origin_state="origin_state",
        origin_city="origin_city",
        destination_state="destination_state",
        destination_city="destination_city",
        destination_postcode="destination_postal_code",
        given_ship_date="tracking_ship_date",
        given_postal_code="tracking_postal_code",
        weblink="courier_tracking_link",
        picked_up="shipment_pickup_date",
        delivered="shipment_delivery_date",
        weight_unit="shipment_weight_unit",
        promised="expected_delivery",
    ),
    # One column from several fields: the first that is set.
    *texts(origin_country="origin_country_region", destination_country="destination_country_region"),
    *texts(origin_country="origin_country_iso3", destination_country="destination_country_iso3"),
    *texts(
        given_origin_country="tracking_origin_country_region",
        given_destination_country="tracking_destination_country_region",
    ),
    *texts(
        given_origin_country="tracking_origin_country",
        given_destination_country="tracking_destination_country",
    ),
    Field((_ESTIMATE, "estimated_delivery_date"), "promised"),
    Field((_ESTIMATE, _LATEST), "promised", kept=(_ESTIMATE, _LATEST)),
    *typed(Kind.INTEGER, transit_days="transit_time", pieces="shipment_package_count"),
    *typed(Kind.BOOLEAN, is_updating="active"),
    Field(("shipment_dimensions", "unit"), "dimension_unit"),
    *(Field(("shipment_dimensions", side), side, Kind.NUMBER) for side in ("length", "width", "height")),
    # The next leg; next_couriers before 2025-01.
    Field(("last_mile", "slug"), "next_courier_code"),
    Field(("last_mile", "tracking_number"), "destination_tracking_number"),
    Field(("last_mile", "courier_tracking_link"), "next_weblink"),
    Field(
        ("next_couriers",),
        "next_couriers",
        Kind.RECORDS,
        inner=(
            *texts(
                slug="slug",
                tracking_number="tracking_number",
                source="source",
                courier_tracking_link="courier_tracking_link",
                courier_redirect_link="courier_redirect_link",
            ),
        ),
    ),
    *_kept(
        Kind.TEXT,
        *("origin_postal_code", "legacy_id", "language", "delivery_type", "pickup_location"),
        "courier_redirect_link",
        *("first_attempted_at", "tracking_state", "on_time_status", "courier_connection_id", "location_id"),
        *("shipping_method", "signature_requirement", "delivery_location_type", "aftership_tracking_url"),
        *("shipment_direction", "courier_destination_country_region", "forward_shipment.id"),
        *(f"return_shipment.{name}" for name in ("id", "tracking_number", "slug")),
        *(
            f"first_mile.{name}"
            for name in ("tracking_number", "slug", "courier_tracking_link", "courier_redirect_link")
        ),
        *("last_mile.courier_redirect_link", "last_mile.source", "carbon_emissions.unit"),
        f"{_ESTIMATE}.estimated_delivery_date_min",
        *(
            f"aftership_estimated_delivery_date.{name}"
            for name in (
                "estimated_delivery_date",
                "estimated_delivery_date_min",
                "estimated_delivery_date_max",
            )
        ),
        *("multi_piece_info.type",),
    ),
    *_kept(Kind.TEXT, *(f"{_FIRST}.{part}" for part in ("type", "datetime_min"))),
    Field((_FIRST, "source"), "first_estimated_by", kept=(_FIRST, "source")),
    *(Field((_FIRST, part), "first_estimate", kept=(_FIRST, part)) for part in ("datetime", "datetime_max")),
    *_estimate("latest_estimated_delivery", "revise_reason"),
    *_estimate("custom_estimated_delivery_date"),
    *_renamed(("courier_destination_country_iso3", "courier_destination_country_region")),
    *_kept(
        Kind.INTEGER,
        *("failed_delivery_attempts", "first_mile.transit_time", "last_mile.transit_time"),
        "aftership_estimated_delivery_date.confidence_code",
    ),
    *_kept(Kind.NUMBER, "on_time_difference", "carbon_emissions.value"),
    *_kept(Kind.BOOLEAN, "return_to_sender"),
    *_kept(Kind.TEXTS, "order_tags", "shipment_tags"),
    *_kept(Kind.OWN, "custom_fields"),
    Field(
        ("multi_piece_info", "pieces"),
        None,
        Kind.RECORDS,
        inner=(
            *texts(tracking_id="tracking_id", tracking_number="tracking_number", type="type"),
            *typed(Kind.BOOLEAN, trackable="trackable"),
        ),
        kept=("multi_piece_info", "pieces"),
    ),
    *_personal(
        Kind.TEXT,
        *("customer_name", "note", "signed_by", "order_id_path", "pickup_note"),
        *("origin_raw_location", "destination_raw_location", "aftership_tracking_order_url"),
    ),
    *_personal(Kind.TEXTS, "emails", "smses", "subscribed_emails", "subscribed_smses"),
    *_personal(
        Kind.RECORDS,
        "customers",
        inner=tuple(
            Field((name,), name) for name in ("role", "name", "phone_number", "email", "language", "id")
        ),
    ),
    *_personal(Kind.RECORDS, "proof_of_delivery", inner=texts(type="type", url="url")),
    *left_out(Care.SECRET, "tracking_key", "tracking_account_number", "unique_token"),
    # A second update time, and how often the carrier was asked, which counts up without news.
    *left_out(Care.PLAIN, "last_updated_at"),
    *(Field((name,), None, Kind.INTEGER) for name in ("tracked_count",)),
    *(Field((name,), None, Kind.BOOLEAN) for name in ("last_mile_tracking_supported",)),
)

_CHECKPOINT = (
    *texts(
        time="checkpoint_time",
        description="message",
        leg_courier_code="slug",
        location="location",
        city="city",
        state="state",
        status="tag",
        substatus="subtag",
        carrier_status="raw_tag",
        substatus_info="subtag_message",
    ),
    *texts(postal_code="postal_code", country="country_region", country_name="country_region_name"),
    *texts(postal_code="zip", country="country_iso3", country_name="country_name"),
    *_kept(Kind.TEXT, "created_at", "source", "hash"),
    Field(
        ("events",),
        None,
        Kind.RECORDS,
        inner=(Field(("code",), "code"), Field(("reason", "code"), "reason")),
        kept=("events",),
    ),
    *(
        Field(("coordinate", name), None, Kind.NUMBER, Care.PERSONAL, kept=("coordinate", name))
        for name in ("latitude", "longitude")
    ),
)

# Where one name has two types.
_WEIGHT_NUMBER = typed(Kind.NUMBER, weight_value="shipment_weight")
_WEIGHT_OBJECT = (
    Field(("shipment_weight", "unit"), "weight_unit"),
    Field(("shipment_weight", "value"), "weight_value", Kind.NUMBER),
)
_PROMISE_TEXT = (Field(_PROMISED[:1], "promised", kept=_PROMISED),)
_PROMISE_OBJECT = (
    Field(_PROMISED, "promised", kept=_PROMISED),
    *_kept(Kind.TEXT, f"{'.'.join(_PROMISED)}_min", f"{'.'.join(_PROMISED)}_max"),
)

_TEXT, _INT, _TEXTS = pa.string(), pa.int64(), pa.list_(pa.string())
_META = pa.field("meta", pa.struct([("code", _INT), ("type", _TEXT), ("message", _TEXT)]))
_BESIDE_LIST = pa.struct(
    [
        (
            "pagination",
            pa.struct([("total", _INT), ("next_cursor", _TEXT), ("has_next_page", pa.bool_())]),
        ),
        *((name, _INT) for name in ("page", "limit", "count")),
        *((name, _TEXT) for name in ("keyword", "slug", "tag", "last_updated_at")),
        *((name, _TEXT) for name in ("created_at_min", "created_at_max")),
        *(
            (name, _TEXTS)
            for name in (
                "origin",
                "destination",
                "return_to_sender",
                "courier_destination_country_iso3",
            )
        ),
    ]
)


def _map(version: str, *differing: Field) -> FieldMap:
    return FieldMap(
        service="aftership",
        version=version,
        list_path=("data", "trackings"),
        beside_list=_BESIDE_LIST,
        envelope=(_META,),
        record=(*_RECORD, *differing),
        leg=(),
        legs=(),
        checkpoint=_CHECKPOINT,
        checkpoints_name="checkpoints",
    )


MAPS = (
    _map("2024-04", *_WEIGHT_NUMBER, *_PROMISE_TEXT),
    *(
        _map(version, *_WEIGHT_OBJECT, *_PROMISE_TEXT)
        for version in ("2024-07", "2024-10", "2025-01", "2025-04", "2025-07")
    ),
    *(_map(version, *_WEIGHT_OBJECT, *_PROMISE_OBJECT) for version in ("2026-01", "2026-07")),
)
