"""The errors of AfterShip, all versions alike: body code, HTTP status, type and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_TRY_AGAIN = "Something went wrong on AfterShip's end."
_NO_IMPORT = "Unable to import shipment as "
_NO_RETRACK = "Retrack is not allowed. You can only retrack "


@dataclass(frozen=True, slots=True)
class Error:
    """One row of the error table; the text may name the field it is about."""

    number: int
    http_status: int
    type: str
    text: str

    def envelope(self, about: str = "") -> dict[str, Any]:
        """Return the answer without data."""
        text = self.text.format(about=about)
        return {"meta": {"code": self.number, "type": self.type, "message": text, "errors": []}}


def _bad(number: int, text: str, http_status: int = 400) -> Error:
    return Error(number, http_status, "BadRequest", text)


ERRORS: dict[str, Error] = {
    "invalid": _bad(400, "The request was invalid or cannot be otherwise served."),
    "not_json": _bad(4001, "Invalid JSON data."),
    "exists": _bad(4003, "Tracking already exists."),
    # On HTTP 404, and of the type of a bad request all the same.
    "absent": _bad(4004, "Tracking does not exist.", 404),
    "number_invalid": _bad(4005, "The value of `tracking_number` is invalid."),
    "not_wrapped": _bad(4006, "`tracking` object is required."),
    "number_missing": _bad(4007, "`tracking_number` is required."),
    "value_invalid": _bad(4008, "The value of `{about}` is invalid."),
    "value_missing": _bad(4009, "`{about}` is required."),
    "slug_invalid": _bad(4010, "The value of `slug` is invalid."),
    "needs_field": _bad(
        4011,
        "Missing or invalid value of the required fields for this courier. Besides tracking_number, also"
        " required: {about}",
    ),
    "not_approved": _bad(
        4012,
        _NO_IMPORT + "the carrier is not on your approved list for carrier auto-detection. Add the carrier"
        " here: https://admin.aftership.com/settings/couriers",
    ),
    "undetected": _bad(4012, _NO_IMPORT + "we don't recognize the carrier from this tracking number."),
    "not_of_group": _bad(
        4012, _NO_IMPORT + "the tracking number does not belong to a carrier in that group."
    ),
    "still_active": _bad(4013, _NO_RETRACK + "an inactive tracking."),
    "not_notified": _bad(4014, "`notification` object is required."),
    "id_invalid": _bad(4015, "The value of `id` is invalid."),
    "retracked": _bad(4016, _NO_RETRACK + "each shipment once."),
    "number_malformed": _bad(4017, "The format of `tracking_number` is invalid."),
    "unauthorised": Error(401, 401, "Unauthorized", "The API key is invalid."),
    "forbidden": Error(
        403,
        403,
        "Forbidden",
        "The request is understood, but it has been refused or access is not allowed.",
    ),
    "no_page": Error(
        404, 404, "NotFound", "The URI requested is invalid or the resource requested does not exist."
    ),
    "limited": Error(429, 429, "TooManyRequests", "You have exceeded the API call rate limit."),
    **{str(status): Error(status, status, "InternalError", _TRY_AGAIN) for status in (500, 502, 503, 504)},
}

# By body code, for faults; the first row of a code speaks for it.
BY_NUMBER = {error.number: error for error in reversed(ERRORS.values())}
