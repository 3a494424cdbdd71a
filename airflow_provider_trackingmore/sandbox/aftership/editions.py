"""What differs between AfterShip's versions, as data: each is the one before it with some changes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_trackingmore.sandbox.routes import Route, routes

_TRACKINGS = routes(
    "POST /trackings create", "GET /trackings list", "GET /trackings/{id} get",
    "PUT /trackings/{id} update", "DELETE /trackings/{id} delete", "POST /trackings/{id}/retrack retrack",
    "POST /trackings/{id}/mark-as-completed complete", "POST /couriers/detect detect",
    "POST /estimated-delivery-date/predict-batch predict_batch",
)  # fmt: skip
_BY_NUMBER = routes(
    "GET /trackings/{slug}/{number} get", "PUT /trackings/{slug}/{number} update",
    "DELETE /trackings/{slug}/{number} delete", "POST /trackings/{slug}/{number}/retrack retrack",
    "POST /trackings/{slug}/{number}/mark-as-completed complete",
)  # fmt: skip
_NOTICES = routes(
    "GET /last_checkpoint/{id} last_checkpoint", "GET /last_checkpoint/{slug}/{number} last_checkpoint",
    "GET /notifications/{id} notified", "POST /notifications/{id}/add notify",
    "POST /notifications/{id}/remove unnotify", "GET /notifications/{slug}/{number} notified",
    "POST /notifications/{slug}/{number}/add notify",
    "POST /notifications/{slug}/{number}/remove unnotify",
)  # fmt: skip
_COURIERS = routes("GET /couriers couriers own_couriers", "GET /couriers/all couriers all_couriers")
_ANY_COURIERS = routes("GET /couriers couriers")
_PREDICT = routes("POST /estimated-delivery-date/predict predict")
_CONNECTIONS = routes(
    "GET /courier-connections connections", "POST /courier-connections connect",
    "GET /courier-connections/{id} connection", "PATCH /courier-connections/{id} reconnect",
    "DELETE /courier-connections/{id} disconnect",
)  # fmt: skip

# Calls per second of each route that is not limited to five.
PER_SECOND = {"list": 6, "create": 20, "detect": 3, "predict_batch": 20}
USUALLY_PER_SECOND = 5

_OLD_NAMES = {
    "origin_country_region": "origin_country_iso3",
    "destination_country_region": "destination_country_iso3",
}
_OLD_FIELDS = {
    "destination_postal_code": "tracking_postal_code",
    "destination_state": "tracking_state",
    "origin_country_region": "tracking_origin_country",
    "destination_country_region": "tracking_destination_country",
}


@dataclass(frozen=True)
class Edition:
    """One version of AfterShip.

    ``wraps`` puts single trackings under a name of their own, in both directions. ``organisation_limit`` is
    the calls per second of all routes together. ``names`` maps the newest name of what a body may say to
    this version's; ``fields`` does so for the additional fields of couriers.
    """

    name: str
    routes: tuple[Route, ...]
    wraps: bool = False
    has_cursors: bool = True
    short_farewells: bool = False
    organisation_limit: int | None = None
    strict_times: bool = True
    default_days: int = 120
    id_form: re.Pattern[str] = re.compile(r"[0-9a-zA-Z_-]{1,128}")
    old_ids: bool = False
    country: str = "country_region"
    address_country: str = "country_region"
    no_custom_fields: Any = None
    completes_at: bool = True
    lists_credentials: bool = True
    takes_ids: bool = True
    names: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def prefix(self) -> str:
        """Return what all its paths begin with."""
        return f"/tracking/{self.name}"

    def named(self, newest: str) -> str:
        """Return what this version calls something a body may say."""
        return dict(self.names).get(newest, newest)

    def field(self, newest: str) -> str:
        """Return what this version calls an additional field of a courier."""
        return dict(self.fields).get(newest, newest)

    def per_second(self, route: str) -> int:
        """Return how many calls of a route may come in a second."""
        return self.organisation_limit or PER_SECOND.get(route, USUALLY_PER_SECOND)


_2024_04 = Edition(
    name="2024-04",
    routes=_TRACKINGS + _BY_NUMBER + _NOTICES + _COURIERS,
    wraps=True,
    has_cursors=False,
    short_farewells=True,
    organisation_limit=10,
    strict_times=False,
    default_days=30,
    id_form=re.compile(r"[0-9a-z]{24}"),
    old_ids=True,
    country="country_iso3",
    address_country="country",
    no_custom_fields={},
    completes_at=False,
    lists_credentials=False,
    takes_ids=False,
    names=tuple(_OLD_NAMES.items()),
    fields=tuple(_OLD_FIELDS.items()),
)
_2024_07 = replace(
    _2024_04,
    name="2024-07",
    routes=_TRACKINGS + _BY_NUMBER + _COURIERS,
    wraps=False,
    short_farewells=False,
    organisation_limit=None,
    id_form=re.compile(r"[0-9a-z]{24}|[0-9a-z]{32}"),
    old_ids=False,
)
_2024_10 = replace(_2024_07, name="2024-10", routes=_TRACKINGS + _COURIERS, has_cursors=True)
_2025_01 = replace(
    _2024_10,
    name="2025-01",
    routes=_TRACKINGS + _COURIERS + _PREDICT,
    strict_times=True,
    default_days=120,
    country="country_region",
    address_country="country_region",
    completes_at=True,
    names=(),
    fields=tuple({**_OLD_FIELDS,
                  "origin_country_region": "tracking_origin_country_region",
                  "destination_country_region": "tracking_destination_country_region"}.items()),
)  # fmt: skip
_2025_04 = replace(
    _2025_01,
    name="2025-04",
    routes=_TRACKINGS + _ANY_COURIERS + _PREDICT + _CONNECTIONS,
    id_form=Edition.id_form,
    lists_credentials=True,
    takes_ids=True,
    fields=(),
)
_2025_07 = replace(_2025_04, name="2025-07", no_custom_fields=None)
_2026_01 = replace(_2025_07, name="2026-01")
_2026_07 = replace(_2026_01, name="2026-07")

# The oldest version that both tables of support still list; retired ones are answered with it.
OLDEST_SUPPORTED = _2025_01
NEWEST = _2026_07
EDITIONS = (_2024_04, _2024_07, _2024_10, _2025_01, _2025_04, _2025_07, _2026_01, _2026_07)
