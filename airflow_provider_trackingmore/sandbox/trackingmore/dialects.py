"""What differs between v2, v3 and v4, as data: paths, header, parameters, codes and envelope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.routes import Route, routes
from airflow_provider_trackingmore.sandbox.trackingmore import codes, wording_v2, wording_v3, wording_v4

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.trackingmore.codes import Code
    from airflow_provider_trackingmore.sandbox.trackingmore.wording import Wording

_V2_STATUSES = frozenset(
    {"pending", "notfound", "transit", "pickup", "delivered", "undelivered", "exception", "expired"}
)


@dataclass(frozen=True)
class Dialect:
    """One version of the service.

    ``errors`` names each body code after its meaning. ``windows`` maps what a window is about to the stem
    of its two parameters; ``body`` maps what the world calls a detail to this version's key.
    """

    name: str
    prefix: str
    key_header: str
    wording: Wording
    codes: dict[int, Code]
    errors: dict[str, int]
    routes: tuple[Route, ...]
    page: str
    size: str
    biggest_page: int
    status: str
    archived: str
    numbers: str
    orders: str | None
    courier: str | None
    windows: dict[str, str]
    unix_times: bool
    statuses: frozenset[str]
    carrier_key: str
    body: dict[str, str]
    has_meta: bool = True
    has_totals: bool = False
    rides_on_http_200: bool = True
    answers_ids: bool = False
    per_second: float = 1.0
    creates_per_second: float | None = None

    def envelope(self, code: Code, text: str | None = None) -> dict[str, Any]:
        """Return an answer without data."""
        words = text or code.text
        if not self.has_meta:
            return {"code": code.number, "message": words}
        meta = {"code": code.number, "message": words}
        if self.has_totals:
            meta = {"code": code.number, "type": code.type, "message": words}
        return {"meta": meta}


V2 = Dialect(
    name="v2",
    prefix="/v2",
    key_header="trackingmore-api-key",
    wording=wording_v2.V2,
    codes=codes.V2,
    errors={
        "ok": 200, "created": 201, "unauthorised": 4001, "bad_filter": 4012, "bad_status": 4033,
        "not_json": 4015, "number_missing": 4013, "number_invalid": 4014, "courier_invalid": 4015,
        "needs_fields": 4012, "exists": 4016, "absent": 4017, "too_many": 4020, "undetected": 4032,
        "limited": 429, "no_page": 404, "wrong_method": 405, "server": 500, "bad_waybill": 4014,
    },
    routes=routes(
        "POST /trackings/post create create_v2", "POST /trackings/batch batch batch_v2",
        "GET /trackings/get list", "POST /trackings/get list",
        "POST /trackings/updatemore update update_many",
        "POST /trackings/delete delete delete_many", "POST /trackings/realtime realtime realtime_v2",
        "POST /trackings/update modify_courier modify_courier_v2", "GET /trackings/getuserinfo account",
        "GET /trackings/getstatusnumber status_count", "POST /trackings/notupdate stop",
        "POST /trackings/remote remote", "POST /trackings/costtime transit_time",
        "POST /trackings/aircargo awb", "GET /carriers couriers", "GET /carriers/ couriers",
        "POST /carriers/detect detect", "GET /trackings/{carrier}/{number} get",
        "GET /trackings/{carrier}/{number}/{lang} get", "PUT /trackings/{carrier}/{number} update update_v2",
        "DELETE /trackings/{carrier}/{number} delete delete_v2",
    ),
    page="page", size="limit", biggest_page=2000,
    status="status", archived="archived", numbers="numbers", orders="orders", courier=None,
    windows={"created": "created_at", "updated": "update_time", "ordered": "order_created_time"},
    unix_times=True,
    statuses=_V2_STATUSES,
    carrier_key="carrier_code",
    body={
        "order_number": "order_id", "order_date": "order_create_time", "title": "title",
        "logistics_channel": "logistics_channel", "note": "comment", "customer_name": "customer_name",
        "customer_email": "customer_email", "customer_sms": "customer_phone",
        "destination_country_iso2": "destination_code", "tracking_postal_code": "tracking_postal_code",
        "tracking_ship_date": "tracking_ship_date",
    },
    has_totals=True,
)  # fmt: skip

V3 = Dialect(
    name="v3",
    prefix="/v3/trackings",
    key_header="tracking-api-key",
    wording=wording_v3.V3,
    codes=codes.V3,
    errors={
        "ok": 200, "created": 200, "unauthorised": 401, "bad_filter": 412, "bad_status": 412,
        "not_json": 417, "number_missing": 417, "number_invalid": 412, "courier_invalid": 422,
        "needs_fields": 421, "exists": 423, "absent": 424, "too_many": 413, "undetected": 204,
        "limited": 429, "no_page": 404, "wrong_method": 400, "server": 511,
    },
    routes=routes(
        "GET /get list", "POST /get list", "POST /create create create_v3", "POST /realtime realtime",
        "PUT /modifyinfo update update_many", "PUT /modifycourier modify_courier",
        "DELETE /delete delete delete_many",
        "POST /archive archive", "POST /notupdate stop", "POST /manualupdate refresh refresh_many",
        "GET /count count", "GET /status status_count", "GET /courier couriers", "GET /carriers couriers",
        "POST /detect detect", "POST /remote remote", "POST /transittime transit_time",
        "POST /transitTime transit_time", "GET /userinfo account", "GET /getuserinfo account",
    ),
    page="pages_amount", size="items_amount", biggest_page=2000,
    status="delivery_status", archived="archived_status", numbers="tracking_numbers",
    orders="order_numbers", courier="courier_code",
    windows={"created": "created_date", "updated": "updated_date", "ordered": "shipping_date"},
    unix_times=True,
    statuses=_V2_STATUSES | {"inforeceived"},
    carrier_key="courier_code",
    body={
        "order_number": "order_number", "order_date": "shipping_date", "title": "title",
        "logistics_channel": "logistics_channel", "note": "note", "customer_name": "customer_name",
        "customer_email": "customer_email", "customer_sms": "customer_phone",
        "destination_country_iso2": "destination_code", "tracking_postal_code": "tracking_postal_code",
        "tracking_ship_date": "tracking_shipping_date",
    },
    has_meta=False,
)  # fmt: skip

_V4_BODY = ("order_number", "order_id", "order_date", "origin_country_iso2", "destination_country_iso2",
            "customer_name", "customer_email", "customer_sms", "recipient_postcode", "title",
            "logistics_channel", "note", "label", "tracking_courier_account", "tracking_postal_code",
            "tracking_origin_country", "tracking_destination_country", "tracking_ship_date",
            "tracking_key")  # fmt: skip

V4 = Dialect(
    name="v4",
    prefix="/v4",
    key_header="tracking-api-key",
    wording=wording_v4.V4,
    codes=codes.V4,
    errors={
        "ok": 200, "created": 200, "unauthorised": 401, "bad_filter": 4130, "bad_status": 4130,
        "not_json": 400, "number_missing": 4111, "number_invalid": 4110, "courier_invalid": 4120,
        "needs_fields": 4122, "exists": 4101, "absent": 4102, "too_many": 4103, "undetected": 4121,
        "limited": 429, "no_page": 404, "wrong_method": 400, "server": 511, "bad_id": 4112,
        "not_expired": 4113, "bad_waybill": 4160, "bad_airline": 4161,
    },
    routes=routes(
        "POST /trackings/create create", "POST /trackings/batch batch", "GET /trackings/get list",
        "PUT /trackings/update/{id} update", "DELETE /trackings/delete/{id} delete",
        "POST /trackings/retrack/{id} retrack", "GET /couriers/all couriers",
        "POST /couriers/detect detect", "POST /awb awb",
    ),
    page="pages_amount", size="items_amount", biggest_page=200,
    status="delivery_status", archived="archived_status", numbers="tracking_numbers",
    orders=None, courier="courier_code",
    windows={"created": "created_date", "updated": "updated_date"},
    unix_times=False,
    statuses=_V2_STATUSES | {"inforeceived"},
    carrier_key="courier_code",
    body={name: name for name in _V4_BODY},
    rides_on_http_200=False,
    answers_ids=True,
    per_second=10.0,
    creates_per_second=3.0,
)  # fmt: skip

DIALECTS = (V2, V3, V4)


def dialect_of(path: str) -> Dialect | None:
    """Return the version a path belongs to."""
    for dialect in DIALECTS:
        if path == dialect.prefix or path.startswith(dialect.prefix + "/"):
            return dialect
    return {"v2": V2, "v3": V3, "v4": V4}.get(path.strip("/").split("/")[0])
