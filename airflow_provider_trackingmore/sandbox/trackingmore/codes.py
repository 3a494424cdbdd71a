"""The body codes of each version, and the HTTP status each may travel with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One body code: its number, the HTTP status it pairs with, its type (v2 only) and its text."""

    number: int
    http_status: int
    text: str
    type: str = "Bad Request"


def _table(*codes: Code) -> dict[int, Code]:
    return {code.number: code for code in codes}


V2 = _table(
    Code(200, 200, "Success", "Success"),
    Code(201, 200, "Created", "Created"),
    Code(202, 200, "Accepted, but over the limit."),
    Code(401, 401, "Authentication failed.", "Unauthorized"),
    Code(402, 402, "Payment required.", "Payment Required"),
    Code(403, 403, "Access denied.", "Forbidden"),
    Code(404, 404, "Resource not found.", "Not Found"),
    Code(405, 405, "Method not supported.", "Method Not Allowed"),
    Code(409, 409, "Conflict.", "Conflict"),
    Code(429, 429, "Over the API limits; wait two minutes.", "Too Many Requests"),
    Code(500, 500, "Server error.", "Server error"),
    Code(503, 503, "Temporarily unavailable.", "Service Unavailable"),
    Code(4001, 200, "Invalid API key.", "Unauthorized"),
    Code(4002, 200, "API key has been deleted.", "Unauthorized"),
    Code(4012, 200, "Missing or unreadable parameters."),
    Code(4013, 200, "Tracking_number is required."),
    Code(4014, 200, "Invalid tracking_number."),
    Code(4015, 200, "Invalid carrier_code."),
    Code(4016, 200, "Tracking already exists."),
    Code(4017, 200, "Tracking does not exist."),
    Code(4018, 200, "Feature needs custom activation."),
    Code(4019, 200, "Balance insufficient."),
    Code(4020, 200, "Up to 200 at a time."),
    Code(4021, 200, "Quota used up or trial over."),
    Code(4031, 200, "Succeeded, response empty.", "No Content"),
    Code(4032, 200, "Cannot detect courier.", "No Content"),
    Code(4033, 200, "Invalid status value.", "No Content"),
)

V3 = _table(
    Code(200, 200, "Request response is successful"),
    Code(203, 200, "API is for paid accounts only."),
    Code(204, 200, "No data."),
    Code(400, 400, "Wrong request type."),
    Code(401, 401, "Authentication failed."),
    Code(403, 403, "No such page / refused."),
    Code(404, 404, "No such page."),
    Code(408, 408, "Courier site timed out."),
    Code(411, 400, "Parameter too long."),
    Code(412, 400, "Parameter format wrong."),
    Code(413, 400, "Too many parameters."),
    Code(417, 400, "Parameter missing or unparsable."),
    Code(421, 400, "Courier needs extra parameters."),
    Code(422, 400, "Unknown courier code."),
    Code(423, 400, "Tracking No. already exists."),
    Code(424, 400, "Tracking No. does not exist."),
    Code(429, 429, "Over the API limits."),
    Code(511, 500, "Server error."),
    Code(512, 500, "Server error."),
    Code(513, 500, "Server error."),
)

V4 = _table(
    Code(200, 200, "Request response is successful"),
    Code(204, 200, "No data."),
    Code(400, 400, "Wrong request type."),
    Code(401, 401, "Authentication failed."),
    Code(403, 403, "Access refused."),
    Code(404, 404, "No such page."),
    Code(429, 429, "Over the API limits."),
    Code(511, 500, "Server error."),
    Code(512, 500, "Server error."),
    Code(513, 500, "Server error."),
    Code(4101, 400, "Tracking No. already exists."),
    Code(4102, 400, "Tracking No. does not exist."),
    Code(4103, 400, "More than 40 shipments in one call."),
    Code(4110, 400, "Invalid tracking_number."),
    Code(4111, 400, "tracking_number is required."),
    Code(4112, 400, "Invalid tracking ID."),
    Code(4113, 400, "Only an expired tracking can be retracked."),
    Code(4120, 400, "Invalid courier_code."),
    Code(4121, 400, "Cannot detect courier."),
    Code(4122, 400, "Courier needs extra fields."),
    Code(4130, 400, "Field format invalid."),
    Code(4160, 400, "awb_number missing or malformed."),
    Code(4161, 400, "Airline not supported."),
    Code(4190, 400, "Quota used up."),
)
