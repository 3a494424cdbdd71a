"""Every code of the service by name, with its meaning and what it asks of a client.

Tables 3.9 (v2), 4.7 (v3) and 5.9 (v4) of the vendor's references. Codes of one version mean nothing in
another: 4031 is an empty list in v2 and unknown in v4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Reaction(Enum):
    """What a code asks of the client."""

    SUCCESS = "success"
    SLOW = "slow"  # a success with a warning
    EMPTY = "empty"
    WAIT = "wait"
    RETRY = "retry"
    SKIP = "skip"
    FINAL = "final"


class Cause(Enum):
    """Why a final code is final, where the person on call would do different things."""

    REQUEST = "request"
    KEY = "key"
    QUOTA = "quota"


@dataclass(frozen=True)
class Code:
    """One code; ``on`` holds the routes where it asks for something else."""

    name: str
    meaning: str
    reaction: Reaction
    cause: Cause = Cause.REQUEST
    on: dict[str, Reaction] = field(default_factory=dict)

    def reaction_on(self, route: str) -> Reaction:
        """Return what this code asks for when ``route`` answers it."""
        return self.on.get(route, self.reaction)


_S, _L, _E, _W, _R, _K, _F = (
    Reaction.SUCCESS,
    Reaction.SLOW,
    Reaction.EMPTY,
    Reaction.WAIT,
    Reaction.RETRY,
    Reaction.SKIP,
    Reaction.FINAL,
)

_RATE = Code("rate_limited", "asked too often; stop all calls of the account for two minutes", _W)

V2: dict[int, Code] = {
    200: Code("success", "the request succeeded", _S),
    201: Code("created", "the record was created", _S),
    202: Code("over_limit", "the request succeeded, but the account is over its limit", _L),
    401: Code("unauthorized", "no or wrong credentials", _F, Cause.KEY),
    402: Code("payment_required", "the plan must be paid first", _F, Cause.QUOTA),
    403: Code("forbidden", "the request was refused", _F, Cause.KEY),
    404: Code("not_found", "there is no such address", _F),
    405: Code("method_not_allowed", "the address does not take this method", _F),
    409: Code("conflict", "the request contradicts the record's state", _K),
    429: _RATE,
    500: Code("server_error", "the service is in trouble", _R),
    503: Code("maintenance", "the service is being maintained", _R),
    4001: Code("key_invalid", "the key is invalid, or its header is missing", _F, Cause.KEY),
    4002: Code("key_deleted", "the key was deleted, or its header is missing", _F, Cause.KEY),
    4012: Code("bad_request", "the request was not understood or a parameter is missing", _F),
    4013: Code("number_missing", "tracking_number is missing", _F),
    4014: Code("number_invalid", "the tracking number is invalid", _K),
    4015: Code("courier_invalid", "the carrier code is invalid, or the body is not JSON", _K),
    4016: Code("exists_already", "the tracking exists already", _K),
    4017: Code("does_not_exist", "the tracking does not exist", _K),
    4018: Code("needs_activation", "the vendor must activate this feature first", _F),
    4019: Code("balance_too_low", "the balance is too low", _F, Cause.QUOTA),
    4020: Code("too_many", "too many trackings in one call", _F),
    4021: Code("quota_used_up", "the quota is used up, or the trial is over", _F, Cause.QUOTA),
    4031: Code("nothing_found", "succeeded, and there is nothing to return", _E),
    4032: Code("courier_not_recognised", "no carrier fits the number", _K, on={"detect": _E}),
    4033: Code("status_invalid", "the status filter is invalid", _F),
}

V3: dict[int, Code] = {
    200: Code("success", "the request succeeded", _S),
    203: Code("needs_paid_plan", "the API needs a paid plan", _F, Cause.QUOTA),
    204: Code("nothing_found", "succeeded, and there is nothing to return", _E),
    400: Code("wrong_request_type", "the request has the wrong type", _F),
    401: Code("unauthorized", "authentication failed", _F, Cause.KEY),
    403: Code("forbidden", "the request was refused", _F, Cause.KEY),
    404: Code("not_found", "there is no such address", _F),
    408: Code("courier_timeout", "the carrier's site gave no answer", _R),
    411: Code("parameter_too_long", "a parameter is too long", _F),
    412: Code("parameter_malformed", "a parameter is badly formed", _F),
    413: Code("too_many", "too many trackings in one call", _F),
    417: Code("parameter_missing", "a parameter is missing or cannot be parsed", _F),
    421: Code("courier_needs_more", "this courier needs extra fields", _K),
    422: Code("courier_unknown", "the courier code is unknown", _K),
    423: Code("exists_already", "the tracking exists already", _K),
    424: Code("does_not_exist", "the tracking does not exist", _K),
    429: _RATE,
    511: Code("server_error", "the service is in trouble", _R),
    512: Code("server_error_512", "the service is in trouble", _R),
    513: Code("server_error_513", "the service is in trouble", _R),
}

V4: dict[int, Code] = {
    200: Code("success", "the request succeeded", _S),
    # An empty v4 list is unconfirmed; 204 and 4102 are accepted as such besides 200 with no items.
    204: Code("nothing_found", "succeeded, and there is nothing to return", _E),
    400: Code("wrong_request_type", "the request has the wrong type", _F),
    401: Code("unauthorized", "the key is wrong, or may not make this call", _F, Cause.KEY),
    403: Code("forbidden", "the request was refused", _F, Cause.KEY),
    404: Code("not_found", "there is no such address", _F),
    429: _RATE,
    511: Code("server_error", "the service is in trouble", _R),
    512: Code("server_error_512", "the service is in trouble", _R),
    513: Code("server_error_513", "the service is in trouble", _R),
    4101: Code("exists_already", "the tracking exists already", _K),
    4102: Code("does_not_exist", "the tracking does not exist", _K, on={"list": _E}),
    4103: Code("too_many", "more than 40 trackings in one call", _F),
    4110: Code("number_invalid", "the tracking number is invalid", _K),
    4111: Code("number_missing", "tracking_number is missing", _F),
    4112: Code("id_invalid", "the id is invalid", _K),
    4113: Code("not_expired", "only an expired tracking can be tracked again", _K),
    4120: Code("courier_invalid", "the courier code is invalid", _K),
    4121: Code("courier_not_recognised", "no courier fits the number", _K, on={"detect": _E}),
    4122: Code("courier_needs_more", "this courier needs extra fields", _K),
    4130: Code("field_malformed", "a field or filter is badly formed", _F),
    4160: Code("waybill_malformed", "the air waybill number is badly formed", _K),
    4161: Code("airline_unsupported", "the airline is not supported", _K),
    **{
        code: Code(f"waybill_error_{code}", "the air waybill cannot be processed", _K)
        for code in range(4162, 4169)
    },
    4190: Code("quota_used_up", "the plan's quota is used up", _F, Cause.QUOTA),
}
