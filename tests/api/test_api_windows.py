"""Windows are cut until each proves that it is whole, and together they cover the range."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_trackingmore.api.windows import Planner, Window, is_whole

FIRST = 1_700_000_000


@dataclass
class Reader:
    """Drives a planner the way ``reading.py`` does, over records that are only times.

    ``cap`` is what the service really gives at most; ``counts`` whether it tells the total.
    """

    times: list[int]
    size: int
    cap: int
    counts: bool = False
    largest: int = 0
    requests: int = 0
    done: list[Window] = field(default_factory=list)
    found: set[int] = field(default_factory=set)

    @property
    def capacity(self) -> int:
        return min(self.size, self.largest or self.size)

    def read(self, planner: Planner, most: int = 10_000) -> None:
        few = 10
        while window := planner.take():
            self.requests += 1
            assert self.requests < most
            asked = range(
                bisect_left(self.times, window.bounds[0].timestamp()),
                bisect_right(self.times, window.bounds[1].timestamp()),
            )
            count = min(len(asked), self.size, self.cap)
            total = len(asked) if self.counts else None
            self.largest = max(self.largest, count)
            if is_whole(count, self.size, self.largest, total):
                planner.proved(window, count)
            elif window.length == 1 or count == self.largest <= few:
                # Walked page by page until two passes agree.
                self.requests += 2 * (len(asked) // min(self.size, self.cap) + 1)
                count = len(asked)
            else:
                planner.cut(window, total or count)
                continue
            self.found.update(asked[:count])
            self.done.append(window)


def spans(windows: list[Window]) -> list[tuple[int, int]]:
    return sorted((window.first, window.last) for window in windows)


def tiles(windows: list[Window], first: int, last: int) -> bool:
    """Return whether the windows cover each second from ``first`` to ``last`` exactly once."""
    following = first
    for begin, end in spans(windows):
        if begin != following or end < begin:
            return False
        following = end + 1
    return following == last + 1


worlds = st.builds(
    lambda offsets, span: (sorted(FIRST + offset % span for offset in offsets), FIRST + span - 1),
    st.lists(st.integers(0, 10**9), max_size=300) | st.lists(st.integers(0, 20), max_size=300),
    st.integers(1, 10**9) | st.integers(1, 50),
)


@given(worlds, st.integers(1, 60), st.integers(1, 60), st.booleans(), st.none() | st.floats(1e-9, 1e3))
@example(([FIRST] * 300, FIRST + 10**9), 5, 3, False, 1e-9)
def test_every_second_is_covered_and_every_record_is_found(world, size, cap, counts, density):
    times, last = world
    reader = Reader(times, size, cap, counts)
    reader.read(Planner("created", FIRST, last, reader.capacity, density))
    assert tiles(reader.done, FIRST, last)
    assert reader.found == set(range(len(times)))


@given(worlds, st.integers(1, 60), st.data())
def test_what_was_read_before_is_skipped_and_only_the_rest_is_read(world, size, data):
    times, last = world
    whole = Reader(times, size, size)
    whole.read(Planner("created", FIRST, last, size))
    before = [window for window in whole.done if data.draw(st.booleans())]
    planner = Planner("created", FIRST, last, size)
    planner.skip([*before, Window("updated", FIRST, last)])
    assert planner.seconds_left == last - FIRST + 1 - sum(window.length for window in before)
    rest = Reader(times, size, size)
    rest.read(planner)
    assert tiles(before + rest.done, FIRST, last)


@given(
    st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 30)), max_size=6),
    st.integers(0, 40),
)
def test_skipping_leaves_exactly_the_seconds_outside(windows, last):
    planner = Planner("created", 0, last, 10)
    planner.skip([Window("created", first, first + length) for first, length in windows])
    left = set()
    while window := planner.take():
        left.update(range(window.first, window.last + 1))
    covered = {second for first, length in windows for second in range(first, first + length + 1)}
    assert left == set(range(last + 1)) - covered


@pytest.mark.parametrize("span", [5_000, 86_400, 30 * 86_400, 5 * 365 * 86_400])
@pytest.mark.parametrize("counts", [False, True], ids=["without-totals", "with-totals"])
def test_evenly_spread_records_cost_little_more_than_the_fewest_requests(span, counts):
    now, beginning = 1_795_000_000, 946_684_800
    times = sorted(now - index * span // 5_000 for index in range(5_000))
    reader = Reader(times, 100, 100, counts, largest=100)
    # A first page of 100, newest first, suggests the density, as it does in a first sync.
    reader.read(Planner("created", beginning, now, 100, density=5_000 / span))
    assert len(reader.found) == 5_000
    assert reader.requests <= 1.6 * 50


def test_an_empty_range_is_one_request():
    reader = Reader([], 100, 100)
    reader.read(Planner("created", 946_684_800, 1_795_000_000, 100))
    assert reader.requests == 1


def test_a_range_without_seconds_has_no_window():
    assert Planner("created", 10, 9, 100).take() is None


def test_windows_come_newest_first_and_ask_for_a_second_more_on_both_sides():
    planner = Planner("created", 0, 999, 100, density=0.7)
    newest, next_one = planner.take(), planner.take()
    assert (newest, next_one) == (Window("created", 900, 999), Window("created", 800, 899))
    assert newest.bounds == (datetime.fromtimestamp(899, UTC), datetime.fromtimestamp(1000, UTC))
    assert planner.seconds_left == 800


@pytest.mark.parametrize(
    ("count", "asked", "largest", "total", "whole"),
    [
        pytest.param(0, 100, 0, None, True, id="an-empty-page-is-whole"),
        pytest.param(99, 100, 100, None, True, id="fewer-than-asked-and-than-the-largest-seen"),
        pytest.param(100, 100, 100, None, False, id="as-many-as-asked"),
        pytest.param(40, 100, 40, None, False, id="as-many-as-a-silent-cap-gave"),
        pytest.param(100, 2000, 200, None, True, id="more-were-given-before"),
        pytest.param(3, 100, 3, 3, True, id="all-of-the-total"),
        pytest.param(99, 100, 200, 101, False, id="the-total-outweighs-the-size"),
        pytest.param(0, 100, 200, 2, False, id="an-empty-page-with-a-total"),
    ],
)
def test_when_one_answer_holds_all_of_its_window(count, asked, largest, total, whole):
    assert is_whole(count, asked, largest, total) is whole
