"""Everything about the service that is irregular or not settled, each a switch.

The defaults are what real payloads showed and the safest guesses; tests turn on the rest.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

# Newest creation first; oldest first; latest update first; by id; newest creation first with equal seconds
# in another order in every answer. All but the last break ties by id.
ORDERS = ("created", "oldest", "updated", "id", "loose")


@dataclass(slots=True)
class Switches:
    """How the sandbox behaves; change a field at any time and the next answer follows it."""

    # Seen in real payloads.
    total_as_text: bool = True
    null_trackinfo: bool = True
    absent_destination_info: bool = True
    mixed_unset: bool = True
    email_lists: bool = True
    equal_times: bool = True
    duplicate_rows: bool = True
    both_legs: bool = True
    disagreeing_labels: bool = True
    non_ascii: bool = True
    shuffled_keys: bool = True
    absent_optional_keys: bool = True
    pieces_as_int: bool = True
    # AfterShip's: checkpoints of one poll out of order, and times now with an offset, now without.
    disordered_rows: bool = True
    mixed_times: bool = True

    # Drift that may come.
    extra_keys: bool = False
    odd_statuses: bool = False
    numbers_as_text: bool = False
    texts_as_numbers: bool = False
    messy_texts: bool = False
    china_record_times: bool = False
    success_rejected: bool = False
    list_for_empty_object: bool = False
    repeated_ids: bool = False
    changing_between_pages: bool = False
    page_cap: int | None = None
    # AfterShip's: nothing instead of no checkpoints, and a cursor that leads back to its own page.
    null_checkpoints: bool = False
    stuck_cursor: bool = False
    # ``data`` of errors and empty answers: "list", "object", "null" or "absent".
    empty_data: str = "list"

    # Questions nobody has settled.
    lower_bound_inclusive: bool = True
    upper_bound_inclusive: bool = True
    errors_on_http_200: bool = True
    no_update_time_before_refresh: bool = False
    # Times are finer than the whole seconds shown, and windows compare them as they are.
    hidden_fractions: bool = False
    # One of ORDERS: how lists are sorted.
    list_order: str = "created"
    # How long after its time a change shows; the ``Date`` of answers runs ahead of the world by as much.
    seconds_shown_late: int = 0
    accept_zulu: bool = True
    accept_v4_header_on_v2: bool = False
    # Body code past the last page; 200 means an ordinary answer without items.
    end_v2: int = 4031
    end_v3: int = 204
    end_v4: int = 200
    # AfterShip's. Versions out of support are answered as the oldest one that is in support.
    retired_versions: bool = False
    # What ``next_cursor`` is on the last page: "empty", "null" or "absent".
    last_cursor: str = "empty"
    # How many days back lists reach by themselves; nothing means as many as the version documents.
    default_days: int | None = None
    # Calls of a day, after which all are refused until midnight UTC.
    daily_quota: int | None = None
    # Numbers of no known carrier are taken in as "unrecognized", or refused.
    takes_unrecognised: bool = True
    # A tag nobody uses filters nothing out, rather than everything.
    unknown_tags_match_all: bool = False
    # Estimates of delivery are activated; without, predictions are forbidden and the fields are empty.
    estimates: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Return every switch with its value."""
        return asdict(self)

    def update(self, changes: dict[str, Any]) -> None:
        """Change several switches, or none if one of them is wrong.

        :raises ValueError: naming the first switch that does not exist or cannot take its value.
        """
        known = {field.name: getattr(Switches(), field.name) for field in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no switch {name!r}; there are: {', '.join(known)}")
            if not _fits(name, value, known[name]):
                raise ValueError(f"switch {name!r} cannot be {value!r}; its default is {known[name]!r}")
        for name, value in changes.items():
            setattr(self, name, value)


def _fits(name: str, value: Any, default: Any) -> bool:
    if name in ("page_cap", "default_days", "daily_quota"):
        return value is None or (type(value) is int and value > 0)
    if name == "last_cursor":
        return value in ("empty", "null", "absent")
    if name == "empty_data":
        return value in ("list", "object", "null", "absent")
    if name == "list_order":
        return value in ORDERS
    if name == "seconds_shown_late":
        return type(value) is int and value >= 0
    return type(value) is type(default)
