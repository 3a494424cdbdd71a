"""The keys of checkpoints: one for each scan, and the same one tomorrow."""

from __future__ import annotations

from copy import deepcopy

import hypothesis.strategies as st
import pytest
from hypothesis import given
from table_examples import (
    LEGS,
    PAGES,
    VERSIONS,
    body_of,
    decode,
    decode_tolerantly,
    page_of,
    patiently,
    record,
    row,
    with_scan,
    with_scans,
)

SCAN = {
    "checkpoint_date": "2026-11-06T15:00:00",
    "checkpoint_delivery_status": "delivered",
    "checkpoint_delivery_substatus": "delivered001",
    "tracking_detail": "Delivered to the neighbour",
    "location": "MUSTERSTADT - GERMANY",
    "country_iso2": "DE",
    "state": None,
    "city": "MUSTERSTADT",
    "zip": None,
    "raw_status": "OK",
}


def keys_of(*records, **options):
    return decode(page_of(*records), **options).checkpoints["checkpoint_key"].to_pylist()


def key_of(**fields):
    (key,) = keys_of(with_scans(SCAN | fields))
    return key


@pytest.mark.parametrize(("name", "version"), PAGES.items())
def test_no_two_checkpoints_of_a_page_share_a_key(name, version):
    keys = decode(body_of(name), version).checkpoints["checkpoint_key"].to_pylist()
    assert len(set(keys)) == len(keys) > 0
    assert all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)


@pytest.mark.parametrize(("name", "version"), PAGES.items())
def test_the_same_page_gives_the_same_keys_whoever_reads_it(monkeypatch, name, version):
    first = decode(body_of(name), version).checkpoints["checkpoint_key"]
    assert decode(body_of(name), version).checkpoints["checkpoint_key"].equals(first)
    assert decode_tolerantly(monkeypatch, body_of(name), version).checkpoints["checkpoint_key"].equals(first)
    personal = decode(body_of(name), version, include_personal_data=True)
    assert personal.checkpoints["checkpoint_key"].equals(first)


def test_the_keys_are_those_of_every_release_before():
    # Whoever changes these must migrate every warehouse.
    assert key_of() == "e49ecda4e4d94352795524022110bc41"
    assert key_of(checkpoint_date="2026-11-06T15:00:00+01:00") == "f1344a6b4d6fa74778b8c4369c3c8b4f"
    assert key_of(checkpoint_date="soon", location=None) == "0b9a8b373da5a5e5b8ff355963c709f1"


def test_the_same_page_of_another_account_shares_no_key():
    body = body_of("v4_list_page")
    mine, yours = (decode(body, account=name).checkpoints["checkpoint_key"] for name in ("mine", "yours"))
    assert not set(mine.to_pylist()) & set(yours.to_pylist())


def test_an_account_is_not_confused_with_one_whose_name_begins_alike():
    first = decode(page_of(record(id="b:c")), account="a").trackings["tracking_key"].to_pylist()
    second = decode(page_of(record(id="c")), account="a").trackings["tracking_key"].to_pylist()
    assert first != second


@pytest.mark.parametrize("version", VERSIONS)
def test_a_new_scan_on_top_changes_no_other_key(version):
    before = record(version)
    after = deepcopy(before)
    scans = after["origin_info"]["trackinfo"]
    time = "Date" if version == "v2" else "checkpoint_date"
    scans.insert(0, scans[0] | {time: "2026-11-20 09:00:00"})
    old = decode(page_of(before, version=version), version).checkpoints
    new = decode(page_of(after, version=version), version).checkpoints
    assert new["checkpoint_key"].to_pylist()[1:] == old["checkpoint_key"].to_pylist()
    assert new["source_seq"].to_pylist()[1:] == old["source_seq"].to_pylist()


@pytest.mark.parametrize(
    "fields",
    [
        {"tracking_detail": "DELIVERED TO THE NEIGHBOUR"},
        {"tracking_detail": "  Delivered to the neighbour\n"},
        {"country_iso2": None},
        {"country_iso2": "US", "state": "TX"},
        {"state": "Hessen", "city": "Musterstadt", "zip": "00000"},
        {"raw_status": None},
        {"checkpoint_delivery_status": "Delivered"},
        {"checkpoint_delivery_substatus": "delivered0001"},
        {"checkpoint_date": "2026-11-06 15:00:00"},
        {"checkpoint_date": "2026-11-06T15:00"},
        {"checkpoint_date": "2026-11-06T15:00:00Z"},
        {"checkpoint_date": "2026-11-06 15:00"},
        {"checkpoint_date": "2026-11-06 15:00:00.000"},
        {"news": 1},
    ],
)
def test_a_key_does_not_change_with(fields):
    assert key_of(**fields) == key_of()


@pytest.mark.parametrize(
    "fields",
    [
        {"tracking_detail": "Delivered to a neighbour"},
        {"tracking_detail": None},
        {"location": "MUSTERDORF - GERMANY"},
        {"location": None},
        {"checkpoint_delivery_status": "transit"},
        {"checkpoint_delivery_substatus": "delivered002"},
        {"checkpoint_delivery_substatus": None},
        {"checkpoint_date": "2026-11-06T15:00:01"},
        {"checkpoint_date": "2026-11-06T15:00:00+00:00"},
        {"checkpoint_date": "soon"},
        {"checkpoint_date": None},
    ],
)
def test_a_key_changes_with(fields):
    assert key_of(**fields) != key_of()


@pytest.mark.parametrize(
    "spelling",
    [
        "2026-11-06 15:00+00:00",
        "2026-11-06T16:00:00+01:00",
        "2026-11-06T09:30:00.0-05:30",
    ],
)
def test_times_with_an_offset_share_a_key_where_the_instant_is_the_same(spelling):
    assert key_of(checkpoint_date=spelling) == key_of(checkpoint_date="2026-11-06T15:00:00+00:00")


@pytest.mark.parametrize("version", VERSIONS)
def test_minutes_and_whole_minutes_share_a_key(version):
    time = "Date" if version == "v2" else "checkpoint_date"
    keys = {
        row(decode(page_of(with_scan(version, **{time: text}), version=version), version).checkpoints)[
            "checkpoint_key"
        ]
        for text in ("2026-11-02 10:31", "2026-11-02 10:31:00", "2026-11-02T10:31", "2026-11-02T10:31:00")
    }
    assert len(keys) == 1


def test_equal_scans_have_keys_of_their_own_that_stay_when_more_come():
    two, three = keys_of(with_scans(SCAN, SCAN)), keys_of(with_scans(SCAN, SCAN, SCAN))
    assert len(set(three)) == 3
    assert set(two) < set(three)
    assert keys_of(with_scans(SCAN)) == two[:1]


def test_one_scan_in_both_legs_has_two_keys():
    twice = with_scans(SCAN)
    twice["destination_info"]["trackinfo"] = [SCAN]
    assert len(set(keys_of(twice))) == 2
    assert set(keys_of(with_scans(SCAN))) | set(keys_of(with_scans(SCAN, leg=LEGS[1]))) == set(keys_of(twice))


def test_one_scan_of_two_trackings_has_two_keys():
    assert len(set(keys_of(with_scans(SCAN, id="1"), with_scans(SCAN, id="2")))) == 2


def test_a_record_given_twice_has_the_same_keys_twice():
    page = decode(page_of(with_scans(SCAN, SCAN), with_scans(SCAN, SCAN)))
    first, second = (
        [one["checkpoint_key"] for one in page.checkpoints.to_pylist() if one["record_no"] == place]
        for place in (0, 1)
    )
    assert first == second
    assert len(set(first)) == 2


scans = st.fixed_dictionaries(
    {
        "checkpoint_date": st.sampled_from(("2026-11-06 15:00", "2026-11-06T15:00:00", "soon", None)),
        "tracking_detail": st.sampled_from(("a", "A ", "b", "a\x1fb", "", None)),
        "location": st.sampled_from(("a", "b", "b\x1f1", None)),
        "checkpoint_delivery_status": st.sampled_from(("transit", "Transit", None)),
    }
)


@patiently
@given(st.lists(scans, max_size=8), st.lists(scans, max_size=4), st.randoms())
def test_keys_are_unique_in_a_tracking_and_do_not_depend_on_the_order(origin, destination, draw):
    one = with_scans(*origin)
    one["destination_info"]["trackinfo"] = destination
    keys = keys_of(one)
    assert len(set(keys)) == len(keys) == len(origin) + len(destination)
    draw.shuffle(origin)
    shuffled = with_scans(*origin)
    shuffled["destination_info"]["trackinfo"] = destination
    assert set(keys_of(shuffled)) == set(keys)
