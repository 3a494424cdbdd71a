"""Every code of AfterShip by the name its SDK gives it; one table for all versions.

Table 12 of the vendor's reference. The ``type`` beside a code says nothing: 4004 is a BadRequest on HTTP 404.
"""

from __future__ import annotations

from airflow_provider_trackingmore.api.codes import Cause, Code, Reaction

_TROUBLE = Code("INTERNAL_ERROR", "the service is in trouble", Reaction.RETRY)


def _request(name: str, meaning: str) -> Code:
    return Code(name, meaning, Reaction.FINAL)


def _item(name: str, meaning: str) -> Code:
    return Code(name, meaning, Reaction.SKIP)


CODES: dict[int, Code] = {
    200: Code("SUCCESS", "the request succeeded", Reaction.SUCCESS),
    201: Code("CREATED", "the tracking was created", Reaction.SUCCESS),
    400: _request("INVALID_REQUEST", "the request is invalid"),
    401: Code("API_KEY_INVALID", "the key is invalid", Reaction.FINAL, Cause.KEY),
    403: Code("REQUEST_NOT_ALLOWED", "the key or the plan lacks the right", Reaction.FINAL, Cause.KEY),
    404: _request("NOT_FOUND", "there is no such address"),
    429: Code("TOO_MANY_REQUEST", "asked too often; wait until the limit is reset", Reaction.WAIT),
    500: _TROUBLE,
    502: _TROUBLE,
    503: _TROUBLE,
    504: _TROUBLE,
    4001: _request("INVALID_JSON", "the body is not JSON"),
    4002: _request("INVALID_JSON_DATA", "the body is not understood (before 2024-04)"),
    4003: _item("TRACKING_ALREADY_EXIST", "the tracking exists already"),
    4004: _item("TRACKING_DOES_NOT_EXIST", "the tracking does not exist"),
    4005: _item("TRACKING_NUMBER_INVALID", "the tracking number is invalid"),
    4006: _request("TRACKING_REQUIRED", "the object tracking is missing from the body (2024-04)"),
    4007: _request("TRACKING_NUMBER_REQUIRED", "tracking_number is missing"),
    4008: _request("VALUE_INVALID", "a value is invalid"),
    4009: _request("VALUE_REQUIRED", "a value is missing"),
    4010: _item("SLUG_INVALID", "the courier's slug is invalid"),
    4011: _item("MISSING_OR_INVALID_REQUIRED_FIELD", "this courier needs extra fields"),
    4012: _item("BAD_COURIER", "no courier that is allowed fits the number"),
    4013: _item("INACTIVE_RETRACK_NOT_ALLOWED", "only an inactive tracking can be tracked again"),
    4014: _request("NOTIFICATION_REQUIRED", "the object notification is missing from the body (2024-04)"),
    4015: _item("ID_INVALID", "the id is invalid"),
    4016: _item("RETRACK_ONCE_ALLOWED", "the tracking was tracked again once already"),
    4017: _item("TRACKING_NUMBER_FORMAT_INVALID", "the form of the tracking number is invalid"),
}
