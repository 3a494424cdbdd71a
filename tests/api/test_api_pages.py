"""A walk goes on to an empty page, and stops where going on would never end."""

from __future__ import annotations

import json

import pytest
from loopback import KEY, NOW, VERSIONS

from airflow_provider_trackingmore.api import Answer, TrackingMoreClient, walk
from airflow_provider_trackingmore.exceptions import PaginationError
from airflow_provider_trackingmore.sandbox import Sandbox


def answers(*pages: list[str] | None):
    """Return what fetches these pages, None for a code that says there is nothing; the last repeats."""

    def fetch(number: int) -> Answer:
        ids = pages[min(number, len(pages)) - 1]
        return Answer(json.dumps(ids).encode(), "list", NOW, None, is_empty=ids is None, total=None)

    return fetch


def ids_of(answer: Answer) -> list[str]:
    assert not answer.is_empty
    return json.loads(answer.body)


def walked(*pages: list[str] | None, **limits: int) -> list[list[str]]:
    return [ids_of(answer) for answer in walk(answers(*pages), ids_of, **limits)]


@pytest.mark.parametrize("end", [[], None], ids=["no-records", "a-code-that-says-so"])
def test_only_an_empty_page_ends_the_walk(end):
    assert walked(["a", "b"], ["c"], ["d", "e"], end) == [["a", "b"], ["c"], ["d", "e"]]
    assert walked(end) == []


def test_pages_are_given_out_as_they_come():
    pages = walk(answers(["a"], ["a"]), ids_of)
    assert ids_of(next(pages)) == ["a"]
    with pytest.raises(PaginationError, match="page 2 repeats page 1") as caught:
        next(pages)
    assert caught.value.route == "list"
    assert not caught.value.transient


def test_records_that_come_again_on_a_different_page_are_no_repetition():
    assert walked(["a", "b"], ["b", "c"], ["a", "b"], []) == [["a", "b"], ["b", "c"], ["a", "b"]]


def test_a_page_that_comes_again_because_others_were_pushed_before_it_and_back_is_no_repetition():
    served = iter([["a", "b"], ["a", "b"], ["a", "b"], ["c"], ["c"], []])

    def fetch(number: int) -> Answer:
        return answers(next(served))(number)

    assert [ids_of(answer) for answer in walk(fetch, ids_of)] == [["a", "b"], ["a", "b"], ["c"]]


def test_a_list_that_never_ends_is_given_up():
    endless = [[str(number)] for number in range(20)]
    with pytest.raises(PaginationError, match="no empty page within 10 pages"):
        walked(*endless, max_pages=10)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("cap", [None, 30])
@pytest.mark.parametrize("end", ["as-usual", "ordinary-answer"])
def test_a_walk_brings_every_record_once_whatever_the_page_size(version, cap, end):
    def ids(answer: Answer) -> list[str]:
        data = json.loads(answer.body)["data"]
        return [item["id"] for item in (data["items"] if version == "v2" else data)]

    with Sandbox(trackings=120, now=NOW, frozen=True, rate_limit=False, key=KEY) as box:
        box.switches.page_cap = cap
        if end == "ordinary-answer":
            box.switches.end_v2 = box.switches.end_v3 = box.switches.end_v4 = 200
        with TrackingMoreClient(KEY, version, box.url, page_size=50, requests_per_second=1000) as client:
            found = [
                name for answer in walk(lambda page: client.list_page(page=page), ids) for name in ids(answer)
            ]
            counts = TrackingMoreClient(KEY, "v2", box.url)
            assert len(found) == len(set(found)) == counts.list_page().total
            counts.close()
