"""The canonical tables as Arrow schemas: the single source of column names, types and their meaning.

Moments are naive: ``_utc`` columns hold UTC, ``_local`` columns the wall clock of the place. A zoned
column type would change weekly counts with the reader's session time zone.
"""

from __future__ import annotations

import pyarrow as pa

MOMENT = pa.timestamp("us")

# What a leg's header says, in the words of all versions; times are the carrier's, as text.
LEG = pa.struct(
    [
        pa.field(name, pa.string())
        for name in (
            "courier_code",
            "courier_phone",
            "weblink",
            "reference_number",
            "received",
            "dispatched",
            "departed_airport",
            "arrived_abroad",
            "customs",
            "at_destination",
            "milestone_info_received",
            "milestone_picked_up",
            "milestone_out_for_delivery",
            "milestone_delivered",
            "milestone_returning",
            "milestone_returned",
        )
    ]
)


def _schema(*columns: tuple[str, pa.DataType, str]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, metadata={"doc": doc}) for name, kind, doc in columns])


_S, _I, _B = pa.string(), pa.int64(), pa.bool_()
_E = pa.dictionary(pa.int32(), pa.string())  # a text with few distinct values

TRACKINGS = _schema(
    ("tracking_key", _S, "source:account:source_id, the key of this table"),
    ("source", _E, "service the tracking was read from"),
    ("account", _E, "label of the account it was read with"),
    ("source_id", _S, "the service's own id"),
    ("tracking_number", _S, "number as the service gives it; may have leading zeros"),
    ("tracking_number_norm", _S, "number without separators, lower case, for matching across services"),
    ("courier_code", _S, "courier, the service's code"),
    ("destination_courier_code", _S, "courier of the destination leg, where there is one"),
    ("service_code", _S, "the courier's service"),
    ("order_number", _S, "the merchant's order number"),
    ("order_id", _S, "the merchant's order id, where the service has both"),
    ("title", _S, "title given at registration"),
    ("logistics_channel", _S, "channel given at registration"),
    ("label", _S, "label ids, joined by commas"),
    ("registered_through", _S, "how it was registered, API or WEB"),
    ("status", _E, "status in lower case: pending, notfound, inforeceived, transit, pickup, delivered, ..."),
    ("substatus", _E, "sub-status, name and three digits"),
    ("status_raw", _S, "status as it came"),
    ("substatus_raw", _S, "sub-status as it came"),
    ("status_info", _S, "newest status text of the service"),
    ("origin_country", _S, "ISO 3166 alpha-2; a name that is not known stays as it came"),
    ("origin_state", _S, "as the carrier gives it"),
    ("origin_city", _S, "as the carrier gives it"),
    ("destination_country", _S, "ISO 3166 alpha-2; a name that is not known stays as it came"),
    ("destination_state", _S, "as the carrier gives it"),
    ("destination_city", _S, "as the carrier gives it"),
    ("destination_postcode", _S, "postcode of the recipient"),
    ("given_ship_date", _S, "ship date given at registration, as text"),
    ("given_postal_code", _S, "postal code given at registration"),
    ("given_origin_country", _S, "origin given at registration"),
    ("given_destination_country", _S, "destination given at registration"),
    ("weight", _S, "weight as text, unit included"),
    ("weight_kg", _S, "weight in kilograms, as text"),
    ("pieces", _I, "number of pieces"),
    ("dimension", _S, "dimensions as text"),
    ("product_type", _S, "the courier's product"),
    ("previous_number", _S, "what the service calls previously"),
    ("exchange_number", _S, "number after an exchange"),
    ("destination_tracking_number", _S, "number of the destination leg"),
    ("is_archived", _B, "archived at the service"),
    ("is_updating", _B, "the service still refreshes it"),
    ("order_placed_raw", _S, "order or shipping time as given, no zone"),
    ("order_placed_at_local", MOMENT, "the same, parsed; zone unknown"),
    ("promised_raw", _S, "scheduled delivery as given"),
    ("promised_date", pa.date32(), "the same as a date of the destination"),
    ("created_at_utc", MOMENT, "registered at the service"),
    ("updated_at_utc", MOMENT, "last refreshed with a change; null before the first refresh"),
    ("latest_event", _S, "newest event in the service's words"),
    ("latest_event_at_local", MOMENT, "its wall-clock time; an offset the service adds is ignored"),
    ("transit_days", _I, "days in transit as the service counts them; never used in models"),
    ("stay_days", _I, "days without news as the service counts them; never used in models"),
    ("origin_leg", LEG, "header of the origin leg, the carrier's times as text"),
    ("destination_leg", LEG, "header of the destination leg, the carrier's times as text"),
    ("checkpoint_count", _I, "checkpoints in this snapshot"),
    ("extra", _S, "JSON of fields this version does not know; _repeated: earlier values of repeated names"),
    ("created_month", _E, "YYYY-MM of created_at_utc, or unknown: the partition, it never changes"),
    ("api_version", _E, "version of the service's API that gave the snapshot"),
    ("observed_at_utc", MOMENT, "when this snapshot was received"),
    ("record_no", pa.int32(), "place of the record in its page: with observed_at_utc it names the snapshot"),
)

CHECKPOINTS = _schema(
    ("checkpoint_key", _S, "stable hash of tracking, leg, moment, status, sub-status, text and place"),
    ("tracking_key", _S, "the tracking it belongs to"),
    ("source", _E, "service the tracking was read from"),
    ("leg", _E, "origin or destination"),
    ("leg_courier_code", _S, "courier of the leg"),
    ("source_seq", pa.int32(), "1 for the oldest scan of the leg, in the service's order"),
    ("event_time_raw", _S, "time as it came"),
    ("event_at_local", MOMENT, "wall clock of the place"),
    ("utc_offset_minutes", pa.int16(), "offset the time itself carried"),
    ("event_at_utc", MOMENT, "instant, see time_basis; null only where the time cannot be parsed"),
    ("time_basis", _E, "explicit_offset, location_inferred, assumed_utc or unparsable"),
    ("time_precision", _E, "second, minute or date"),
    ("status", _E, "status in lower case"),
    ("substatus", _E, "sub-status, name and three digits"),
    ("status_raw", _S, "status as it came"),
    ("substatus_raw", _S, "sub-status as it came"),
    ("event_type", _E, "what happened, from the sub-status first; see seed status_map"),
    ("is_physical", _B, "the parcel itself was scanned"),
    ("is_exception", _B, "something went wrong"),
    ("description", _S, "the carrier's words"),
    ("location", _S, "place as text"),
    ("country", _E, "ISO 3166 alpha-2 of the place"),
    ("state", _S, "as the carrier gives it"),
    ("city", _S, "as the carrier gives it"),
    ("postal_code", _S, "as the carrier gives it"),
    ("carrier_status", _S, "the carrier's own code"),
    ("milestone", _S, "milestone the service says this scan set"),
    ("extra", _S, "JSON of fields this version does not know"),
    ("created_month", _E, "that of the tracking"),
    ("observed_at_utc", MOMENT, "when the snapshot that holds it was received"),
    ("record_no", pa.int32(), "place of its record in the page"),
)

REJECTED = _schema(
    ("rejected_key", _S, "stable hash of source, account and raw bytes"),
    ("source", _S, "service it was read from"),
    ("account", _S, "label of the account"),
    ("api_version", _S, "version of the API"),
    ("kind", _S, "tracking or checkpoint"),
    ("source_id", _S, "id of the tracking, where known"),
    ("path", _S, "where in the page it stood"),
    ("reason", _S, "why it was set aside"),
    ("raw_json", _S, "the record, personal data and credentials removed; null where it was no object"),
    ("raw_length", _I, "characters of the record before removal"),
    ("observed_at_utc", MOMENT, "when it was received"),
)
