"""What differs between the versions of the AfterShip tracking API, as data.

Sections 1, 5, 6 and 11 of the vendor's reference. Each version is written as what it changes of the one
before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from airflow_provider_trackingmore.api.aftership_codes import CODES
from airflow_provider_trackingmore.api.moments import iso_time
from airflow_provider_trackingmore.api.service import ApiVersion, Route, Service

# Requests per second; each counts for itself (section 11).
PACES = {
    "list": 6.0,
    "create": 20.0,
    "tracking": 5.0,
    "detect": 3.0,
    "couriers": 5.0,
    "predict": 5.0,
    "predict_batch": 20.0,
}
_COURIERS = ("data", "couriers")

_FILTERS = frozenset(
    {
        *("keyword", "tracking_numbers", "slug", "tag", "order_id", "transit_time", "origin", "destination"),
        *("courier_destination_country_iso3", "return_to_sender", "shipment_tags", "fields"),
        *("created_at_min", "created_at_max", "updated_at_min", "updated_at_max"),
    }
)

# One pace for all routes; a body has one more object around it.
V2024_04 = ApiVersion(
    name="2024-04",
    prefix="/tracking/2024-04",
    auth_header="as-api-key",
    routes={
        "list": Route("GET", "/trackings"),
        "create": Route("POST", "/trackings", wrapper="tracking"),
        "get": Route("GET", "/trackings/{id}"),
        "update": Route("PUT", "/trackings/{id}", wrapper="tracking"),
        "delete": Route("DELETE", "/trackings/{id}"),
        # Allowed once: an answer that was lost is no reason to ask again.
        "retrack": Route("POST", "/trackings/{id}/retrack", repeatable=False),
        "complete": Route("POST", "/trackings/{id}/mark-as-completed"),
        "couriers": Route("GET", "/couriers/all", holds=_COURIERS),
        "user_couriers": Route("GET", "/couriers", holds=_COURIERS),
        "detect": Route("POST", "/couriers/detect", wrapper="tracking", holds=_COURIERS),
        "predict_batch": Route(
            "POST", "/estimated-delivery-date/predict-batch", holds=("data", "estimated_delivery_dates")
        ),
    },
    page_parameter="page",
    # For the answers of a later version, which this one gets when it is no longer served.
    cursor_parameter="cursor",
    size_parameter="limit",
    window_parameters={
        "created": ("created_at_min", "created_at_max"),
        "updated": ("updated_at_min", "updated_at_max"),
    },
    filters=_FILTERS,
    write_time=iso_time,
    code_path=("meta", "code"),
    list_path=("data", "trackings"),
    list_may_be_null=False,
    total_path=("data", "count"),
    page_size=200,
    largest_page_size=200,
    requests_per_second=10.0,
    codes=CODES,
    tells_limits=True,
    retention=timedelta(days=120),
    may_leave_end_open=True,
)


def _next(before: ApiVersion, name: str, routes: dict[str, Route] | None = None) -> ApiVersion:
    """Return a version that differs from the one before by some routes."""
    return replace(before, name=name, prefix=f"/tracking/{name}", routes=before.routes | (routes or {}))


_PACE_OF = {
    "list": "list",
    "create": "create",
    "detect": "detect",
    "couriers": "couriers",
    "user_couriers": "couriers",
    "predict_batch": "predict_batch",
}

# A pace for each route; nothing around the body any more.
V2024_07 = replace(
    _next(V2024_04, "2024-07"),
    paces=PACES,
    routes={
        name: replace(route, pace=_PACE_OF.get(name, "tracking"), wrapper=None)
        for name, route in V2024_04.routes.items()
    },
)

# Cursors in place of page numbers.
V2024_10 = replace(
    _next(V2024_07, "2024-10"),
    page_parameter=None,
    paging_path=("data", "pagination"),
    total_path=("data", "pagination", "total"),
)

V2025_01 = replace(
    _next(
        V2024_10,
        "2025-01",
        {"predict": Route("POST", "/estimated-delivery-date/predict", pace="predict")},
    ),
    filters=_FILTERS - {"courier_destination_country_iso3"} | {"courier_destination_country_region"},
    dates_ends=True,
)

V2025_04 = _next(
    V2025_01,
    "2025-04",
    {
        "couriers": Route("GET", "/couriers", pace="couriers", holds=_COURIERS),
        "user_couriers": Route(
            "GET", "/couriers", pace="couriers", holds=_COURIERS, query={"active": "true"}
        ),
        "connections": Route("GET", "/courier-connections", pace="couriers"),
        "create_connection": Route("POST", "/courier-connections", pace="couriers", repeatable=False),
        "get_connection": Route("GET", "/courier-connections/{id}", pace="couriers"),
        "update_connection": Route("PATCH", "/courier-connections/{id}", pace="couriers"),
        "delete_connection": Route("DELETE", "/courier-connections/{id}", pace="couriers"),
    },
)

V2025_07 = _next(V2025_04, "2025-07")
V2026_01 = _next(V2025_07, "2026-01")
V2026_07 = _next(V2026_01, "2026-07")

AFTERSHIP = Service(
    name="aftership",
    label="AfterShip",
    url="https://api.aftership.com",
    versions={
        version.name: version
        for version in (V2024_04, V2024_07, V2024_10, V2025_01, V2025_04, V2025_07, V2026_01, V2026_07)
    },
    default_version="2026-07",
    url_option="domain",
    retries_option="max_retry",
    most_retries=10,
    version_header="as-api-version",
)
