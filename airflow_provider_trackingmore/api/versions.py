"""What differs between v2, v3 and v4 of the TrackingMore API, as data.

Section 2, 3.3, 4.2, 5.3 and 7 of the vendor's references; what they leave open follows the safest
assumption and can be overridden by an argument of the client.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.api import codes
from airflow_provider_trackingmore.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.api.codes import Code

SERVICE_URL = "https://api.trackingmore.com"


def _unix(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _iso(moment: datetime) -> str:
    # "+00:00", not "Z": the latter is unconfirmed. requests percent-encodes the plus sign.
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


@dataclass(frozen=True)
class ApiVersion:
    """One version of the API; paths are below the version's ``prefix``."""

    name: str
    prefix: str
    auth_header: str
    routes: dict[str, tuple[str, str]]
    page_parameter: str
    size_parameter: str
    window_parameters: dict[str, tuple[str, str]]
    filters: frozenset[str]
    write_time: Callable[[datetime], str]
    code_path: tuple[str, ...]
    list_path: tuple[str, ...]
    list_may_be_null: bool
    total_path: tuple[str, ...] | None
    page_size: int
    largest_page_size: int
    requests_per_second: float
    codes: dict[int, Code]


V2 = ApiVersion(
    name="v2",
    prefix="/v2",
    auth_header="Trackingmore-Api-Key",
    routes={
        "list": ("GET", "/trackings/get"),
        "couriers": ("GET", "/carriers"),
        "detect": ("POST", "/carriers/detect"),
        "status_counts": ("GET", "/trackings/getstatusnumber"),
        "account": ("GET", "/trackings/getuserinfo"),
    },
    page_parameter="page",
    size_parameter="limit",
    window_parameters={
        "created": ("created_at_min", "created_at_max"),
        "updated": ("update_time_min", "update_time_max"),
    },
    filters=frozenset({"numbers", "orders", "status", "archived", "lang"}),
    write_time=_unix,
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
        "list": ("GET", "/get"),
        "couriers": ("GET", "/courier"),
        "detect": ("POST", "/detect"),
        "status_counts": ("GET", "/status"),
        "account": ("GET", "/userinfo"),
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
    write_time=_unix,
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
        "list": ("GET", "/trackings/get"),
        "couriers": ("GET", "/couriers/all"),
        "detect": ("POST", "/couriers/detect"),
    },
    page_parameter="pages_amount",
    size_parameter="items_amount",
    window_parameters={
        "created": ("created_date_min", "created_date_max"),
        "updated": ("updated_date_min", "updated_date_max"),
    },
    filters=frozenset({"tracking_numbers", "courier_code", "delivery_status", "archived_status", "lang"}),
    write_time=_iso,
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


def version_named(name: str) -> ApiVersion:
    """Return the version called ``name``.

    :raises ConfigurationError: if there is no such version.
    """
    try:
        return VERSIONS[name]
    except (KeyError, TypeError):
        raise ConfigurationError(f"api_version must be one of {', '.join(VERSIONS)}") from None
