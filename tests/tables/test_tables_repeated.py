"""Names that stand twice in an object: the last value counts, and what stood before it leaves a trace."""

from __future__ import annotations

import json

import pytest
from json_pairs import as_pairs, objects_in, parsed, repeated, text_of
from table_examples import (
    LEGS,
    VERSIONS,
    aside,
    decode,
    decode_all,
    document_of,
    everything,
    extra_of,
    page_of,
    record,
    regular,
    row,
    scans_in,
    written,
)

from airflow_provider_trackingmore.exceptions import ResponseShapeError
from airflow_provider_trackingmore.tables import fast
from airflow_provider_trackingmore.tables.fields import FIELD_MAPS

every_version = pytest.mark.parametrize("version", VERSIONS)


@every_version
def test_the_fast_reader_takes_no_page_in_which_any_name_stands_twice_unless_both_are_null(version):
    fields = FIELD_MAPS["trackingmore", version]
    body = page_of(regular(version), version=version)
    places = list(objects_in(parsed(body)))
    assert fast.read_regular(body, fields) is not None
    tried = 0
    for number, found in enumerate(places):
        for place, (name, value) in enumerate(found):
            tree = parsed(body)
            twin = list(objects_in(tree))[number]
            twin.insert(place, (name, value))
            taken = fast.read_regular(text_of(tree).encode(), fields)
            assert taken is None or (
                value is None and name in ("substatusV2", "substatusTimeV2", "stausDataNumV2")
            )
            tried += 1
    assert tried > 50


@every_version
@pytest.mark.parametrize("before", [None, [], [{"id": "1"}], "the same"])
def test_a_list_that_stands_twice_is_an_error(version, before):
    document = document_of([record(version)], version)
    holder, name = (document["data"], "items") if version == "v2" else (document, "data")
    twice = repeated(holder, name, holder[name] if before == "the same" else before)
    body = text_of(as_pairs(document | {"data": twice} if version == "v2" else twice)).encode()
    with pytest.raises(ResponseShapeError, match="stands more than once around the list"):
        decode(body, version)


@pytest.mark.parametrize(
    "body",
    [
        b'{"meta": {"code": 200}, "meta": {"code": 200}, "data": []}',
        b'{"meta": {"code": 500, "code": 200}, "data": []}',
        b'{"code": 200, "code": 204, "data": []}',
        b'{"news": 1, "news": 1, "data": []}',
        b'{"data": {"success": [], "success": []}}',
        b'{"data": {"success": [], "rejected": [1], "rejected": []}}',
        b'{"\\u0064ata": [1], "data": []}',
        b'{"\xff": 1, "\xfe": 1, "data": []}',
    ],
)
def test_a_name_that_stands_twice_around_the_list_is_an_error(body):
    with pytest.raises(ResponseShapeError, match="stands more than once around the list"):
        decode(body)


def test_an_envelope_of_v2_in_which_a_total_stands_twice_is_an_error():
    body = page_of(record("v2"), version="v2").replace(b'"total": "1"', b'"total": "9", "total": "1"')
    with pytest.raises(ResponseShapeError, match="stands more than once around the list"):
        decode(body, "v2")


@every_version
def test_a_field_that_stands_twice_with_one_value_is_harmless(version):
    one = regular(version)
    for name in one.keys() & {"title", "id", *LEGS}:
        page = decode(written(repeated(one, name, one[name]), version=version), version)
        assert page.trackings["extra"].to_pylist() == [None]
        assert page.checkpoints.num_rows == scans_in(one)
        assert page.rejected.num_rows == 0


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ("Red mug", ["Red mug"]),
        (None, [None]),
        ({"a": [1]}, [{"a": [1]}]),
        (True, [True]),
    ],
)
def test_the_last_value_of_a_repeated_field_counts_and_those_before_are_kept(before, kept):
    tracking = row(decode(written(repeated(record(title="Blue mug"), "title", before, "Blue mug"))).trackings)
    assert tracking["title"] == "Blue mug"
    assert extra_of(tracking) == {"_repeated": {"title": kept}}


@pytest.mark.parametrize(("before", "last"), [(True, 1), (1, True), (0, False), ("1", 1), (1, 1.0)])
def test_values_of_different_types_are_different(before, last):
    tracking = row(decode_all(written(repeated(record(news=last), "news", before))).trackings)
    assert extra_of(tracking)["_repeated"] == {"news": [before]}


def test_what_stands_twice_in_a_scan_a_leg_or_deeper_is_kept_where_it_stood():
    one = record()
    scan = repeated(one["origin_info"]["trackinfo"][0] | {"city": "Berlin"}, "city", "Bonn")
    dates = repeated(one["origin_info"]["milestone_date"], "delivery_date", "2026-01-01")
    leg = repeated(one["origin_info"] | {"trackinfo": [scan], "milestone_date": dates}, "weblink", "x")
    news = repeated({"a": 1}, "a", 2, 3)
    page = decode(written(one | {"origin_info": leg, "news": news, "destination_info": None}))
    assert extra_of(row(page.checkpoints)) == {"_repeated": {"city": ["Bonn"]}}
    assert extra_of(row(page.trackings)) == {
        "news": {"a": 1, "_repeated": {"a": [2, 3]}},
        "origin_info": {
            "_repeated": {"weblink": ["x"]},
            "milestone_date": {"_repeated": {"delivery_date": ["2026-01-01"]}},
        },
    }


def test_a_field_of_the_service_called_like_ours_is_kept_beside():
    one = repeated(record(title="last") | {"_repeated": {"theirs": 1}}, "title", "first")
    tracking = row(decode(written(one)).trackings)
    assert extra_of(tracking) == {"_repeated": {"title": ["first"], "_repeated": [{"theirs": 1}]}}


@every_version
def test_scans_of_a_leg_or_list_that_stands_twice_are_set_aside_one_by_one(version):
    one = regular(version)
    leg, scans = one["origin_info"], one["origin_info"]["trackinfo"]
    assert len(scans) >= 2
    fewer = leg | {"trackinfo": scans[1:]}
    for changed in (
        repeated(one, "origin_info", fewer),
        one | {"origin_info": repeated(leg, "trackinfo", scans[1:])},
    ):
        page = decode(written(changed, version=version), version)
        assert page.checkpoints.num_rows == scans_in(one)
        assert aside(page) == {"checkpoint": len(scans) - 1}
        assert [json.loads(raw) for raw in page.rejected["raw_json"].to_pylist()] == scans[1:]
        assert all("stands more than once" in reason for reason in page.rejected["reason"].to_pylist())


def test_a_record_with_two_ids_is_set_aside_whole():
    page = decode(written(repeated(record(id="a"), "id", "b")))
    refused = row(page.rejected)
    assert (refused["reason"], page.trackings.num_rows) == ("the record has several ids", 0)
    raw = json.loads(refused["raw_json"])
    assert (raw["id"], raw["_repeated"]) == ("a", {"id": ["b"]})


@pytest.mark.parametrize("include_personal_data", [False, True])
@pytest.mark.parametrize("name", ["customer_name", "note", "signed_by", "customers", "tracking_key"])
def test_personal_data_and_credentials_that_stand_twice_follow_the_same_rules(name, include_personal_data):
    bodies = [
        written(repeated(record(**{name: "MARK-b"}), name, "MARK-a", {"x": "MARK-c"})),
        written(repeated(record(**{name: "MARK-b", "id": None, "tracking_number": None}), name, "MARK-a")),
        written(record(news=repeated({name: "MARK-b"}, name, ["MARK-a"]))),
    ]
    for body in bodies:
        kept = everything(decode(body, include_personal_data=include_personal_data))
        assert ("MARK" in kept) == (include_personal_data and name != "tracking_key")


def test_names_that_become_equal_when_written_are_repeated_names():
    tracking = row(
        decode_all(written(repeated(record(signed_by=None) | {"a\ufffd": 3}, "a\ud800", 1))).trackings
    )
    assert extra_of(tracking) == {"a\ufffd": 3, "_repeated": {"a\ufffd": [1]}}


def test_names_that_differ_in_case_are_different_names():
    odd = {"TITLE": "there", "Id": "7", "Origin_Info": {"trackinfo": [1]}}
    body = page_of(record(title="here", signed_by=None, **odd))
    tracking = row(decode_all(body).trackings)
    assert tracking["title"] == "here"
    assert extra_of(tracking) == odd
