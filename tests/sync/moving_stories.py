"""Stories of a service that moves while it is read, and how hypothesis writes them.

A story says what the service is like, and tells a number of runs with everything that happens before them
and between any two of their requests: crowded seconds, small pages, and trouble at any request. Its text can
be pasted as a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st

from airflow_provider_trackingmore.reading import FEW


@dataclass(frozen=True)
class Add:
    """So many records are registered, all in this second."""

    count: int


@dataclass(frozen=True)
class Touch:
    """So many records change, from this one on in the order newest first, all in this second."""

    first: int
    count: int


@dataclass(frozen=True)
class Scan:
    """A record gets one more scan."""

    which: int


@dataclass(frozen=True)
class Unscan:
    """The newest scan of a record is taken back."""

    which: int


@dataclass(frozen=True)
class Delete:
    """A record leaves the account."""

    which: int


@dataclass(frozen=True)
class Wait:
    """So many seconds pass; the service refreshes what is due in them."""

    seconds: int


@dataclass(frozen=True)
class Cap:
    """Answers hold at most so many records from now on, without a word."""

    size: int | None


Action = Add | Touch | Scan | Unscan | Delete | Wait | Cap


@dataclass(frozen=True)
class Kill:
    """The process ends when it is about to send this request, counted from 0."""

    at: int


@dataclass(frozen=True)
class Fault:
    """Answers go wrong after so many good ones; ``times`` of nothing means for ever."""

    kind: str
    after: int
    times: int | None


@dataclass(frozen=True)
class Limit:
    """The run may send so many requests."""

    requests: int


@dataclass(frozen=True)
class Hand:
    """A window given by hand, in seconds before the present; a start of nothing means the watermark."""

    first: int | None
    last: int


@dataclass(frozen=True)
class Again:
    """The window that was given by hand last; none if none was."""


@dataclass(frozen=True)
class Run:
    """What happens before a run, between its requests, and to the run itself.

    ``during`` are the moves before its 1st, 2nd, ... request. ``only_later_pages`` keeps them for requests
    for a list that was asked for before, for a further page or once more: there it can be torn. A
    ``restless`` run has them begin again and again, up to RESTLESS of them.
    """

    before: tuple[Action, ...] = ()
    during: tuple[tuple[Action, ...], ...] = ()
    only_later_pages: bool = False
    restless: bool = False
    page_size: int = 3
    hand: Hand | Again | None = None
    trouble: Kill | Fault | Limit | None = None


@dataclass(frozen=True)
class Story:
    """What the service is like, and everything that happens; ``ticking`` makes waiting take its time.

    Of ``in_flight`` requests the one sent last is answered first. No more than ``few`` records are proved by
    reading them twice where larger pages were never seen; pages here are so small that most would be.
    """

    version: str
    runs: tuple[Run, ...]
    cap: int | None = None
    switches: dict[str, Any] = field(default_factory=dict)
    ticking: bool = False
    in_flight: int = 1
    few: int = FEW


# Enough for many passes over a few pages, and an end, since a run need not.
RESTLESS = 150

SURVIVED = ("http_500", "http_502", "html_503", "truncated", "short_body", "dropped", "http_429", "body_429")

# Within a second, the next one, the look-back and just beyond, the carriers' rounds, and a day.
_SECONDS = st.sampled_from((0, 1, 1, 1, 2, 3, 10, 899, 900, 901, 4000, 30_000, 90_000))
_ANY = st.integers(0, 29)
_CAPS = st.sampled_from((None, None, 2, 3, 4, 6))
_change = st.one_of(
    st.builds(Touch, _ANY, st.integers(1, 12)),
    st.builds(Scan, _ANY),
    st.builds(Delete, _ANY),
    st.builds(Unscan, _ANY),
)
_action = st.one_of(
    st.builds(Wait, _SECONDS), st.builds(Add, st.integers(1, 6)), _change, st.builds(Cap, _CAPS)
)
# Between two requests little happens: a wait of a day in each gap would leave no second crowded.
_move = st.one_of(
    _change,
    _change,
    st.builds(Add, st.integers(1, 4)),
    st.builds(Wait, st.sampled_from((0, 1, 1, 1, 2, 60))),
    st.builds(Cap, _CAPS),
)


@st.composite
def _moves(draw: st.DrawFn) -> tuple[tuple[Action, ...], ...]:
    length = draw(st.integers(0, 20))
    return draw(st.lists(_few(_move, 3), min_size=length, max_size=length).map(tuple))


def _few(actions: st.SearchStrategy[Action], most: int) -> st.SearchStrategy[tuple[Action, ...]]:
    return st.lists(actions, max_size=most).map(tuple)


_trouble = st.one_of(
    st.none(),
    st.none(),
    st.builds(Kill, st.integers(0, 30)),
    st.builds(Limit, st.integers(1, 20)),
    st.builds(Fault, st.sampled_from(SURVIVED), st.integers(0, 20), st.sampled_from((1, 2, 3, None))),
)
_hand = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    st.builds(Hand, st.one_of(st.none(), _SECONDS), _SECONDS),
    st.just(Again()),
)
_switches = st.fixed_dictionaries(
    {},
    optional={
        "lower_bound_inclusive": st.just(False),
        "upper_bound_inclusive": st.just(False),
        "hidden_fractions": st.just(True),
        "no_update_time_before_refresh": st.just(True),
        "list_order": st.sampled_from(("oldest", "updated", "id")),
        "seconds_shown_late": st.sampled_from((1, 5, 300, 850)),
    },
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Write a story of one to three runs."""
    burst = st.builds(Add, st.integers(1, 10))
    first = draw(st.tuples(burst, st.builds(Wait, st.sampled_from((0, 1, 2))), burst)) + draw(
        _few(_action, 4)
    )
    runs = [
        Run(
            before=first if number == 0 else draw(_few(_action, 4)),
            during=draw(_moves()),
            only_later_pages=draw(st.booleans()),
            restless=draw(st.sampled_from((False, False, False, True))),
            page_size=draw(st.integers(3, 7)),
            hand=draw(_hand),
            trouble=draw(_trouble),
        )
        for number in range(draw(st.sampled_from((2, 1, 2, 3, 3))))
    ]
    return Story(
        version=draw(st.sampled_from(("v2", "v3", "v4", "v3", "v4", "2024-04", "2026-07"))),
        runs=tuple(runs),
        cap=draw(_CAPS),
        switches=draw(_switches),
        ticking=draw(st.booleans()),
        in_flight=draw(st.sampled_from((1, 1, 2, 3))),
        few=draw(st.sampled_from((FEW, 1, 1))),
    )
