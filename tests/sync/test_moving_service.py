"""Nothing is lost and nothing doubled, whatever the service does between two requests.

What that means exactly, and why, stands in :mod:`moving_witness`. ``make test`` plays a seeded sample;
``make prove-moving`` plays 10,000 stories on other seeds, in one process for each processor, and tells each
of them by MOVING_EXAMPLES, MOVING_SEED and MOVING_TALLY how many, which, and where to leave the counts.
"""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from moving_stage import Stage
from moving_stories import Add, Again, Cap, Delete, Hand, Kill, Run, Scan, Story, Touch, Wait, stories

EXAMPLES = int(os.environ.get("MOVING_EXAMPLES", "40"))
SEED = int(os.environ.get("MOVING_SEED", "0"))

# After ten examples hypothesis takes to varying each of them six times, and before a hundred it keeps them
# small; ten stories of every seed are ten different ones.
ten = settings(max_examples=10, database=None, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def stage():
    stage = Stage()
    yield stage
    stage.close()
    if "MOVING_TALLY" in os.environ:
        Path(os.environ["MOVING_TALLY"]).write_text(json.dumps(asdict(stage.tally)))


def test_nothing_is_lost_or_doubled_while_the_service_moves(stage: Stage):
    @ten
    @given(story=stories())
    def play(story: Story) -> None:
        stage.play(story)

    for number in itertools.count(SEED):
        if stage.tally.examples >= EXAMPLES:
            break
        seed(number)(play)()


def test_records_that_push_a_list_on_by_a_page_are_no_reason_to_give_up(stage: Stage):
    stage.play(Story("v4", (Run((Add(6),), ((),) * 6 + ((Wait(1), Add(3)),)),)))


def test_a_page_that_comes_again_because_records_moved_twice_is_no_reason_to_give_up(stage: Stage):
    moves = ((Touch(0, 8),), (), (Scan(6), Scan(4), Scan(5)), (Touch(0, 10),))
    switches = {"list_order": "updated", "seconds_shown_late": 5}
    stage.play(Story("v2", (Run((Add(7),), page_size=7), Run(during=moves)), switches=switches, ticking=True))


@pytest.mark.parametrize("version", ["v3", "v4"])
@pytest.mark.parametrize("grown_at", range(1, 8))
def test_pages_that_shrank_between_two_runs_and_grow_in_the_second_lose_nothing(
    stage: Stage, version: str, grown_at: int
):
    changes = (Touch(0, 4), Wait(1), Touch(4, 4), Wait(1), Touch(8, 4), Wait(1), Cap(3))
    stage.play(
        Story(
            version,
            (
                Run((Add(12), Wait(9000), Add(1), Wait(9000)), page_size=6),
                Run(changes, ((),) * grown_at + ((Cap(6),),), page_size=6),
            ),
        )
    )


@pytest.mark.parametrize("changed_at", [6, 7, 8])
@pytest.mark.parametrize("caps", [(None, 2), (2, None)])
def test_answers_that_overtake_each_other_while_pages_change_their_size_lose_nothing(
    stage: Stage, caps: tuple[int | None, int | None], changed_at: int
):
    def evenly(first: int, last: int) -> tuple[Touch | Wait, ...]:
        return sum(((Touch(place, 1), Wait(2)) for place in range(first, last)), ())

    crowd = sum(((Touch(place, 2), Wait(1)) for place in range(12, 20, 2)), ())
    changes = (*evenly(0, 12), *crowd, *evenly(20, 28), Cap(caps[0]))
    stage.play(
        Story(
            "v4",
            (
                Run((Add(14), Wait(9000), Add(14), Wait(9000)), page_size=6),
                Run(changes, ((),) * changed_at + ((Cap(caps[1]),),), page_size=6),
            ),
            in_flight=3,
            few=1,
        )
    )


def test_a_list_that_never_holds_still_makes_an_incomplete_run_that_claims_nothing(stage: Stage):
    before = stage.tally.incomplete
    moves = ((Delete(0), Add(1)),)
    stage.play(Story("v4", (Run((Add(9),), moves, restless=True, only_later_pages=True),)))
    assert stage.tally.incomplete == before + 1


@pytest.mark.parametrize("killed_at", range(1, 6))
def test_an_unfinished_run_that_is_gone_on_with_does_not_bring_older_states_back(
    stage: Stage, killed_at: int
):
    hand = Hand(100, 1)  # holds the first scan, not the creation
    stage.play(
        Story(
            "v4",
            (
                Run((Add(4), Wait(1000), Scan(0), Wait(2))),
                Run(hand=hand, trouble=Kill(killed_at)),
                Run((Scan(0), Wait(2))),
                Run(hand=Again()),
            ),
        )
    )
