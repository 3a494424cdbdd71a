"""The record that all processes of an account share: whoever is killed leaves the old one or the new."""

from __future__ import annotations

import sys

import pytest

from airflow_provider_trackingmore.api import turns as module
from airflow_provider_trackingmore.api.turns import SharedTurns, Turn


@pytest.fixture
def shared(tmp_path):
    return SharedTurns("account", tmp_path)


def seen(shared: SharedTurns) -> Turn:
    with shared.taking() as turn:
        return Turn(turn.next_start, turn.rest_ends)


def test_what_is_set_on_a_turn_is_seen_by_the_next_who_takes_it(shared):
    for turn in (Turn(1.5, 120.25), Turn(3.5, 7.0)):
        with shared.taking() as taken:
            taken.next_start, taken.rest_ends = turn.next_start, turn.rest_ends
        assert seen(SharedTurns("account", shared.path.parent)) == turn


def test_a_record_that_was_cut_short_counts_as_none_and_is_written_anew(shared):
    shared.path.write_bytes(b"half a re")
    with shared.taking() as turn:
        assert turn == Turn()
        turn.rest_ends = 120.0
    assert seen(shared) == Turn(0.0, 120.0)


def test_at_every_step_the_file_holds_the_old_record_or_the_new(shared):
    def take(rest_ends: float) -> bytes:
        with shared.taking() as turn:
            turn.rest_ends = rest_ends
        return shared.path.read_bytes()

    def look(frame, _event, _arg):
        if frame.f_code.co_filename == module.__file__:
            held.append(shared.path.read_bytes())
        return look

    old, held, tracer = take(120.0), [], sys.gettrace()
    # A kill leaves what the system has been given, and that is what others see in the file.
    sys.settrace(look)
    try:
        new = take(240.0)
    finally:
        sys.settrace(tracer)
    assert old != new
    assert (held[0], held[-1]) == (old, new)
    assert set(held) == {old, new}
