"""Windows are cut until each proves that it is whole, and together they cover the range."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_provider_trackingmore.api.windows import SHORTEST, Planner, Window, burst, is_whole
from airflow_provider_trackingmore.reading import FEW, MOST, NEARLY_ALL

FIRST = 1_700_000_000


@dataclass
class Reader:
    """Drives a planner the way ``reading.py`` does, over records that are only times.

    ``cap`` is what the service really gives at most; ``counts`` whether it tells the total; ``order`` how
    it sorts what it gives: by time, either end first, or by something else.
    """

    times: list[int]
    size: int
    cap: int
    counts: bool = False
    largest: int = 0
    order: str = "newest first"
    requests: int = 0
    done: list[Window] = field(default_factory=list)
    found: set[int] = field(default_factory=set)

    @property
    def capacity(self) -> int:
        return min(self.size, self.largest or self.size)

    def asked(self, window: Window) -> range:
        return range(
            bisect_left(self.times, window.bounds[0].timestamp()),
            bisect_right(self.times, window.bounds[1].timestamp()),
        )

    def page(self, asked: range, count: int) -> list[int]:
        if self.order == "neither":
            return [self.times[place] for place in Random(1).sample(asked, count)]
        places = asked[-count:] if self.order == "newest first" else asked[:count]
        return [self.times[place] for place in places]

    def read(self, planner: Planner, most: int = 10_000) -> None:
        while window := planner.take():
            self.requests += 1
            assert self.requests < most
            asked = self.asked(window)
            count = min(len(asked), self.size, self.cap)
            total = len(asked) if self.counts else None
            self.largest = max(self.largest, count)
            planner.capacity = self.capacity
            if is_whole(count, self.size, self.largest, total):
                planner.proved(window, count)
                self.keep(window)
                continue
            seconds = self.page(asked, count)
            second, share = burst(seconds)
            if window.length <= SHORTEST or count == self.largest <= FEW or share >= NEARLY_ALL:
                self.walk(window, first=1)
            elif share >= MOST:
                self.walk(planner.around(window, second), first=0)
            else:
                planner.cut(window, seconds, total)

    def walk(self, window: Window, first: int) -> None:
        """Read page by page until two passes agree; ``first`` pages have been read."""
        pages, rest = divmod(len(self.asked(window)), min(self.size, self.cap))
        self.requests += 2 * (pages + 1) - first - (rest == 0)
        self.keep(window)

    def keep(self, window: Window) -> None:
        self.found.update(self.asked(window))
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


orders = st.sampled_from(["newest first", "oldest first", "neither"])


@given(
    worlds, st.integers(1, 60), st.integers(1, 60), st.booleans(), st.none() | st.floats(1e-9, 1e3), orders
)
@example(([FIRST] * 300, FIRST + 10**9), 5, 3, False, 1e-9, "neither")
def test_every_second_is_covered_and_every_record_is_found(world, size, cap, counts, density, order):
    times, last = world
    reader = Reader(times, size, cap, counts, order=order)
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


@pytest.mark.parametrize("order", ["newest first", "oldest first", "neither"])
@pytest.mark.parametrize("size", [100, 200])
@pytest.mark.parametrize("counts", [False, True], ids=["without-totals", "with-totals"])
def test_a_day_of_100_000_changes_costs_at_most_half_more_than_its_pages(counts, size, order):
    day, random = 86_400, Random(5)
    times = sorted(FIRST + random.randrange(day) for _ in range(100_000))
    reader = Reader(times, size, size, counts, largest=size, order=order)
    reader.read(Planner("updated", FIRST, FIRST + day - 1, size))
    assert len(reader.found) == 100_000
    assert reader.requests <= 1.5 * 100_000 / size


@pytest.mark.parametrize("span", [20_000, 86_400, 30 * 86_400, 5 * 365 * 86_400])
def test_a_first_load_of_5_000_costs_little_more_than_its_pages(span):
    now, beginning = 1_795_000_000, 946_684_800
    times = sorted(now - index * span // 5_000 for index in range(5_000))
    reader = Reader(times, 100, 100, largest=100)
    # A first page of 100, newest first, suggests the density, as it does in a first sync.
    reader.read(Planner("created", beginning, now, 100, density=5_000 / span))
    assert len(reader.found) == 5_000
    assert reader.requests <= 1.5 * 50 + 10


@pytest.mark.parametrize("count", [1_000, 950, 4_321])
@pytest.mark.parametrize("others", [0, 3])
def test_a_burst_within_one_second_costs_twice_its_pages_and_two_at_most(count, others):
    times = sorted([FIRST + 40_000] * count + [FIRST + 20_000 * n for n in range(others)])
    reader = Reader(times, 100, 100, largest=100, order="neither")
    reader.read(Planner("updated", FIRST, FIRST + 86_399, 100))
    assert len(reader.found) == count + others
    assert reader.requests <= 2 * -(-count // 100) + 2


def test_a_burst_among_many_others_is_cut_out_with_a_second_on_both_sides():
    planner = Planner("updated", 0, 999, 100)
    window = planner.take()
    assert planner.around(window, 500) == Window("updated", 499, 501)
    assert [planner.take(), planner.take()] == [Window("updated", 502, 999), Window("updated", 0, 498)]
    # The neighbours ask for one second more, and that is not the burst's.
    assert Window("updated", 502, 999).bounds[0].timestamp() == 501


def test_the_end_of_all_records_is_found_in_few_requests():
    times = [1_795_000_000 - 600 * n for n in range(200)][::-1]
    reader = Reader(times, 100, 100, largest=100)
    reader.read(Planner("created", 946_684_800, 1_795_000_000, 100, density=1 / 600))
    assert reader.requests <= 12


def test_an_empty_range_is_one_request():
    reader = Reader([], 100, 100)
    reader.read(Planner("created", 946_684_800, 1_795_000_000, 100))
    assert reader.requests == 1


def test_a_range_without_seconds_has_no_window():
    assert Planner("created", 10, 9, 100).take() is None


def test_windows_come_newest_first_and_ask_for_a_second_more_on_both_sides():
    planner = Planner("created", 0, 999, 100, density=0.8)
    windows = [planner.take() for _ in range(3)]
    assert [window.last for window in windows] == [999, windows[0].first - 1, windows[1].first - 1]
    assert windows[0].bounds == (
        datetime.fromtimestamp(windows[0].first - 1, UTC),
        datetime.fromtimestamp(1000, UTC),
    )
    assert planner.seconds_left == windows[2].first


def test_a_window_given_back_comes_again():
    planner = Planner("created", 0, 999, 100, density=0.8)
    window = planner.take()
    planner.give_back(window)
    assert planner.take() == window


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
        pytest.param(50, 100, 100, 20, True, id="a-total-that-cannot-be-true-counts-for-nothing"),
        pytest.param(100, 100, 100, 20, False, id="nor-does-it-prove-a-full-page"),
    ],
)
def test_when_one_answer_holds_all_of_its_window(count, asked, largest, total, whole):
    assert is_whole(count, asked, largest, total) is whole
