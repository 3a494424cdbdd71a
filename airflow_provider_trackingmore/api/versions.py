"""What differs between v2, v3 and v4 of the TrackingMore API, as data.

Section 2, 3.3, 4.2, 5.3 and 7 of the vendor's references; what they leave open follows the safest
assumption and can be overridden by an argument of the client.
"""

from __future__ import annotations

from airflow_provider_trackingmore.api import codes
from airflow_provider_trackingmore.api.moments import iso_time, unix_time
from airflow_provider_trackingmore.api.service import ApiVersion, Route, Service

V2 = ApiVersion(
    name="v2",
    prefix="/v2",
    auth_header="Trackingmore-Api-Key",
    routes={
        "list": Route("GET", "/trackings/get"),
        "couriers": Route("GET", "/carriers"),
        "detect": Route("POST", "/carriers/detect"),
        "status_counts": Route("GET", "/trackings/getstatusnumber"),
        "account": Route("GET", "/trackings/getuserinfo"),
    },
    page_parameter="page",
    size_parameter="limit",
    window_parameters={
        "created": ("created_at_min", "created_at_max"),
        "updated": ("update_time_min", "update_time_max"),
    },
    filters=frozenset({"numbers", "orders", "status", "archived", "lang"}),
    write_time=unix_time,
    code_path=("meta", "code"),
    list_path=("data", "items"),
    list_may_be_null=False,
    total_path=("data", "total"),
    page_size=2000,
    largest_page_size=2000,
    requests_per_second=1.0,
    codes=codes.V2,
)

V3 = ApiVersion(
    name="v3",
    prefix="/v3/trackings",
    auth_header="Tracking-Api-Key",
    routes={
        "list": Route("GET", "/get"),
        "couriers": Route("GET", "/courier"),
        "detect": Route("POST", "/detect"),
        "status_counts": Route("GET", "/status"),
        "account": Route("GET", "/userinfo"),
    },
    page_parameter="pages_amount",  # the service's name for the page number
    size_parameter="items_amount",
    window_parameters={
        "created": ("created_date_min", "created_date_max"),
        "updated": ("updated_date_min", "updated_date_max"),
    },
    filters=frozenset(
        {"tracking_numbers", "order_numbers", "courier_code", "delivery_status", "archived_status", "lang"}
    ),
    write_time=unix_time,
    code_path=("code",),
    list_path=("data",),
    list_may_be_null=False,
    total_path=None,
    page_size=2000,
    largest_page_size=2000,
    requests_per_second=1.0,
    codes=codes.V3,
)

V4 = ApiVersion(
    name="v4",
    prefix="/v4",
    auth_header="Tracking-Api-Key",
    routes={
        "list": Route("GET", "/trackings/get"),
        "couriers": Route("GET", "/couriers/all"),
        "detect": Route("POST", "/couriers/detect"),
    },
    page_parameter="pages_amount",
    size_parameter="items_amount",
    window_parameters={
        "created": ("created_date_min", "created_date_max"),
        "updated": ("updated_date_min", "updated_date_max"),
    },
    filters=frozenset({"tracking_numbers", "courier_code", "delivery_status", "archived_status", "lang"}),
    write_time=iso_time,
    code_path=("meta", "code"),
    list_path=("data",),
    list_may_be_null=True,  # one of the forms that an empty list may have; which it has is unconfirmed
    total_path=None,
    page_size=100,  # the maximum is unconfirmed; 100 is inside every claim found
    largest_page_size=2000,
    requests_per_second=10.0,
    codes=codes.V4,
)

VERSIONS: dict[str, ApiVersion] = {version.name: version for version in (V2, V3, V4)}

TRACKINGMORE = Service(
    name="trackingmore",
    label="TrackingMore",
    url="https://api.trackingmore.com",
    versions=VERSIONS,
    default_version="v4",
)
