"""Pages that are not as the reference says: nothing is lost, everything is accounted for."""

from __future__ import annotations

import json
import re
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
    decode_all,
    document_of,
    items_of,
    page_of,
    patiently,
    record,
    records_of,
    row,
    with_scan,
)

from airflow_provider_trackingmore.exceptions import ResponseShapeError
from airflow_provider_trackingmore.tables.fields import FIELD_MAPS, Care

every_version = pytest.mark.parametrize("version", VERSIONS)
NOT_SET = (None, [], {}, "", "null")

# Names that mean something to us, to Python or to JSON, and one the vendor may invent.
NEW_NAMES = (
    "_extra", "extra", "tracking_number_norm", "checkpoint_key", "record_no", "created_month", "source_id",
    "leg", "trackinfo", "milestone_date", "", "neues Feld", "新", "a\nb", "nul\x00l", "half\ud800",
)  # fmt: skip
words = st.text(max_size=6) | st.sampled_from(
    ("", "null", "\x00", "a\ud800", "\udc00b", "é", "7", "true", "{")
)
numbers = (
    st.integers()
    | st.sampled_from((10**30, -(2**63), 2**63, 0))
    | st.floats(allow_nan=False, allow_infinity=False)
)
junk = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NEW_NAMES) | st.sampled_from(("a", "b")), inner, max_size=3)
    ),
    max_leaves=6,
)


def places_in(value, path=()):
    """Yield the path of every member at every depth."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, inner in members:
        yield (*path, name)
        yield from places_in(inner, (*path, name))


def member(value, path):
    for name in path:
        value = value[name]
    return value


@st.composite
def drifted(draw, version):
    """Return a page of example records changed at a few places."""
    items = deepcopy([one for name, of in PAGES.items() if of == version for one in records_of(name)])
    for _ in range(draw(st.integers(1, 6))):
        places = list(places_in(items))
        if draw(st.booleans()):
            lists_and_objects = [()] + [
                path for path in places if isinstance(member(items, path), dict | list)
            ]
            target = member(items, draw(st.sampled_from(lists_and_objects)))
            if isinstance(target, dict):
                target[draw(st.sampled_from(NEW_NAMES))] = draw(junk)
            else:
                target.insert(draw(st.integers(0, len(target))), draw(junk))
        elif places:
            *to, name = draw(st.sampled_from(places))
            if draw(st.booleans()):
                member(items, to)[name] = draw(junk)
            else:
                del member(items, to)[name]
    return items


@st.composite
def written(draw, version):
    """Return the bytes of a drifted page, in one of the ways JSON can be written."""
    ascii_only, indent = draw(st.booleans()), draw(st.sampled_from((None, 2)))
    # Lone halves of surrogate pairs exist only as escapes.
    text = json.dumps(document_of(draw(drifted(version)), version), ensure_ascii=True, indent=indent)
    if not ascii_only:
        text = re.sub(
            r"(?<!\\)\\u(?!d[89a-f]|00[01])[0-9a-f]{4}", lambda found: json.loads(f'"{found[0]}"'), text
        )
    if draw(st.booleans()):
        text = text.replace("/", "\\/")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    if draw(st.booleans()):
        # A name written twice: the last one counts.
        text = re.sub(r'("title"|"tracking_detail"): ', r"\1: [], \1: ", text, count=2)
    body = text.encode()
    if draw(st.booleans()):
        body = body.replace(b"Arrived", b"\xffArr\xc3ived").replace(b"lamp", b"l\x00a\x1fmp")
    return draw(st.sampled_from((b"", b"\xef\xbb\xbf"))) + body + draw(st.sampled_from((b"", b"\n")))


def is_set(value):
    return isinstance(value, str | int | float) and str(value).strip() not in ("", "null")


def has_name(item, version):
    # Only v3 knows records without an id.
    named = version == "v3" and is_set(item.get("tracking_number")) and is_set(item.get("courier_code"))
    return is_set(item.get("id")) or named


def told(value):
    """Return ``value`` as it can be written in UTF-8."""
    return json.loads(re.sub(r"\\ud[89a-f][0-9a-f]{2}", r"\\ufffd", joined_pairs(json.dumps(value))))


def joined_pairs(text):
    pair = r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}"
    return re.sub(pair, lambda found: json.loads(f'"{found[0]}"'), text)


def no_constant(name):
    raise AssertionError(f"{name} is not JSON")


def extra_of(one):
    return json.loads(one["extra"], parse_constant=no_constant) if one["extra"] else {}


@every_version
def test_whatever_drifts_every_record_and_scan_is_decoded_or_set_aside(version):
    fields = FIELD_MAPS["trackingmore", version]
    known = {one.path[0]: one for one in fields.record}
    scan_names = {one.path[0] for one in fields.checkpoint}

    @patiently
    @given(written(version))
    def account(body):
        items = items_of(json.loads(body.decode("utf-8-sig", "replace"), strict=False), version)
        page = decode_all(body, version)
        kinds = page.rejected["kind"].to_pylist()
        assert page.received == len(items)
        assert page.trackings.num_rows + kinds.count("tracking") == len(items)
        assert len(page.marks()) == len(items)

        accepted = [one for one in items if isinstance(one, dict) and has_name(one, version)]
        assert page.trackings.num_rows == len(accepted)
        infos = [
            one[leg]["trackinfo"]
            for one in accepted
            for leg in LEGS
            if isinstance(one.get(leg), dict) and "trackinfo" in one[leg]
        ]
        scans = sum(len(one) if isinstance(one, list) else one not in NOT_SET for one in infos)
        assert page.checkpoints.num_rows + kinds.count("checkpoint") == scans
        assert sum(page.trackings["checkpoint_count"].to_pylist()) == page.checkpoints.num_rows

        for item, one in zip(accepted, page.trackings.to_pylist(), strict=True):
            extra = extra_of(one)
            for name, value in item.items():
                if name in LEGS:
                    if not isinstance(value, dict) and value not in NOT_SET:
                        assert extra[name] == told(value)
                elif name not in known or (known[name].care is Care.PLAIN and isinstance(value, dict | list)):
                    assert extra[told(name)] == told(value)
        objects = [
            scan
            for leg in LEGS
            for one in accepted
            if isinstance(one.get(leg), dict) and isinstance(one[leg].get("trackinfo"), list)
            for scan in one[leg]["trackinfo"]
            if isinstance(scan, dict)
        ]
        for scan, one in zip(objects, page.checkpoints.to_pylist(), strict=True):
            extra = extra_of(one)
            unknown = {told(name): told(value) for name, value in scan.items() if name not in scan_names}
            assert unknown.items() <= extra.items() or all(extra[name] == unknown[name] for name in unknown)

    account()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pieces", "two"),
        ("pieces", 1.5),
        ("pieces", 2**63),
        ("pieces", True),
        ("transit_time", [1]),
        ("updating", "yes"),
        ("updating", 2),
        ("title", ["Blue", "mug"]),
        ("title", {"en": "Blue mug"}),
        ("weight", {"value": 1, "unit": "kg"}),
        ("substatusV2", "transit001"),
        ("origin_info", "none yet"),
        ("origin_info", 0),
        ("destination_info", False),
        ("destination_info", ["usps"]),
        ("news", {}),
        ("news", 0),
        ("news", None),
    ],
)
def test_a_value_that_does_not_fit_is_found_in_extra(field, value):
    tracking = row(decode_all(page_of(record(**{"signed_by": None, field: value}))).trackings)
    assert extra_of(tracking) == {field: value}


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ({"weblink": ["a"]}, {"weblink": ["a"]}),
        ({"news": 1}, {"news": 1}),
        ({"milestone_date": {"delivery_date": None, "news": 1}}, {"milestone_date": {"news": 1}}),
        ({"milestone_date": {"delivery_date": [1]}}, {"milestone_date": {"delivery_date": [1]}}),
        ({"milestone_date": "2026-11-02"}, {"milestone_date": "2026-11-02"}),
        ({"milestone_date": False}, {"milestone_date": False}),
    ],
)  # fmt: skip
def test_what_is_new_in_a_leg_is_found_in_the_extra_of_the_tracking(inside, expected):
    changed = record(signed_by=None)
    changed["origin_info"] |= inside
    assert extra_of(row(decode_all(page_of(changed)).trackings)) == {"origin_info": expected}


@pytest.mark.parametrize(
    ("field", "value"), [("city", ["Berlin"]), ("news", "x"), ("_extra", 1), ("leg", "x")]
)
def test_what_is_new_in_a_scan_is_found_in_its_extra(field, value):
    page = decode_all(page_of(with_scan(**{field: value}) | {"signed_by": None}))
    assert extra_of(row(page.checkpoints)) == {field: value}
    assert extra_of(row(page.trackings)) == {}


@pytest.mark.parametrize("empty", [None, [], "", "null", {}])
def test_all_ways_to_write_an_empty_leg_read_alike(empty):
    page = decode(page_of(record(destination_info=empty)))
    tracking = row(page.trackings)
    assert (tracking["destination_leg"], tracking["extra"], tracking["checkpoint_count"]) == (None, None, 6)
    assert page.rejected.num_rows == 0


@pytest.mark.parametrize(
    ("field", "theirs", "column", "ours"),
    [
        ("pieces", "3", "pieces", 3),
        ("pieces", 3.0, "pieces", 3),
        ("pieces", "", "pieces", None),
        ("pieces", -(2**63), "pieces", -(2**63)),
        ("updating", "true", "is_updating", True),
        ("updating", 0, "is_updating", False),
        ("archived", True, "is_archived", True),
        ("archived", "ARCHIVED", "is_archived", True),
        ("archived", "frozen", "is_archived", None),
        ("tracking_number", 1000000011, "tracking_number", "1000000011"),
        ("weight", 0.25, "weight", "0.25"),
        ("title", True, "title", "true"),
        ("title", "null", "title", None),
    ],
)
def test_a_value_of_a_neighbouring_type_is_read_as_meant(field, theirs, column, ours):
    page = decode(page_of(record(**{field: theirs, "news": 1})))
    assert page.reader == "tolerant"
    assert row(page.trackings)[column] == ours
    assert extra_of(row(page.trackings)) == {"news": 1}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_numbers_that_no_json_reader_takes_are_kept_as_text(number):
    body = page_of(record(news="here", signed_by=None)).replace(b'"here"', number.encode())
    assert extra_of(row(decode_all(body).trackings)) == {"news": number}


@pytest.mark.parametrize("odd", [None, "text", 7, True, 1.5, [], [{}]])
def test_a_record_that_is_no_object_is_set_aside_with_its_place(odd):
    page = decode(page_of(record(), odd))
    refused = row(page.rejected)
    assert (refused["kind"], refused["path"], refused["source_id"]) == ("tracking", "data[1]", None)
    assert (page.trackings.num_rows, page.received) == (1, 2)


@pytest.mark.parametrize("odd", [None, "text", 7, True, 1.5, [], [{}]])
def test_a_scan_that_is_no_object_is_set_aside_and_the_others_stay_in_order(odd):
    changed = record()
    changed["origin_info"]["trackinfo"].insert(2, odd)
    page = decode(page_of(changed))
    refused = row(page.rejected)
    assert refused["path"] == "data[0].origin_info.trackinfo[2]"
    assert (refused["kind"], refused["source_id"]) == ("checkpoint", changed["id"])
    assert page.checkpoints["source_seq"].to_pylist() == [6, 5, 4, 3, 2, 1]
    assert page.received == 1


@pytest.mark.parametrize("dates", [["11-05", "11-04", "11-04", None], [None, "11-05", "11-04", "11-03"]])
def test_scans_are_numbered_from_the_oldest_whichever_way_they_are_listed(dates):
    numbered = {}
    for way, listed in {"newest first": dates, "oldest first": dates[::-1]}.items():
        changed = record()
        first = changed["origin_info"]["trackinfo"][0]
        changed["origin_info"]["trackinfo"] = [
            first | {"checkpoint_date": date and f"2026-{date}", "tracking_detail": f"{date} {place}"}
            for place, date in enumerate(listed)
        ]
        page = decode(page_of(record(id="b" * 32), changed, record(id="c" * 32)))
        mine = [row for row in page.checkpoints.to_pylist() if row["record_no"] == 1]
        numbered[way] = [row["source_seq"] for row in mine]
    ends_known = None not in (dates[0], dates[-1])
    assert numbered["newest first"] == [4, 3, 2, 1]
    assert numbered["oldest first"] == ([1, 2, 3, 4] if ends_known else [4, 3, 2, 1])


def test_scans_written_as_an_object_are_set_aside_as_one():
    changed = record()
    scans = changed["origin_info"]["trackinfo"]
    changed["origin_info"]["trackinfo"] = {str(place): scan for place, scan in enumerate(scans)}
    page = decode(page_of(changed))
    assert json.loads(row(page.rejected)["raw_json"])["0"]["tracking_detail"] == "Delivered"
    assert page.checkpoints.num_rows == 0


def test_a_record_without_any_name_is_set_aside_whole():
    page = decode(page_of(record(id=None, tracking_number=" ")))
    raw = json.loads(row(page.rejected)["raw_json"])
    assert raw["order_number"] == "SO-1001"
    assert len(raw["origin_info"]["trackinfo"]) == 6
    assert (page.trackings.num_rows, page.checkpoints.num_rows, page.received) == (0, 0, 1)


@pytest.mark.parametrize("rejected", [5, True, "abc", {"a": 1}, [None, 3, {"rejectedCode": {"a": "b"}}]])
def test_an_odd_list_of_rejected_numbers_is_set_aside_too(rejected):
    page = decode(page_of(record()).replace(b'"data": [', b'"data": {"success": [')[:-1] + (
        b', "rejected": ' + json.dumps(rejected).encode() + b"}}"
    ))  # fmt: skip
    expected = len(rejected) if isinstance(rejected, list) else 1
    assert page.rejected["reason"].to_pylist() == ["rejected by the service with code unknown"] * expected
    assert page.received == 1 + expected


@pytest.mark.parametrize("half", ["\ud800", "a\udfff", "a\ud83db"])
def test_half_a_surrogate_pair_becomes_a_replacement_character_wherever_it_stands(half):
    whole = told(half)
    one = record(title=half, signed_by=None, **{half: half})
    one["origin_info"] |= {half: half}
    one["origin_info"]["trackinfo"] = [one["origin_info"]["trackinfo"][0] | {half: half, "city": half}]
    page = decode_all(page_of(one, {half: half}))
    tracking, scan = row(page.trackings), row(page.checkpoints)
    assert (tracking["title"], scan["city"]) == (whole, whole)
    assert extra_of(tracking) == {whole: whole, "origin_info": {whole: whole}}
    assert extra_of(scan) == {whole: whole}
    assert len(json.loads(row(page.rejected)["raw_json"])) == 1


def nested(depth, opening="[", closing="]", inside="1"):
    return opening * depth + inside + closing * depth


@every_version
@pytest.mark.parametrize("depth", [80, 300, 520, 700, 980, 5_000, 200_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a": ', "}"), ('[{"}": "]", "a\\"[": ', "}]")])
def test_a_record_nested_deeply_is_decoded_or_set_aside_alone(version, depth, brackets):
    deep = record(version) | {"title": "HERE", "customer_name": "Jane Doe"}
    last = record(version) | {"title": "]}{["}
    body = page_of(record(version), deep, last, version=version)
    page = decode(body.replace(b'"HERE"', nested(depth, *brackets).encode()), version)
    assert page.trackings.num_rows + page.rejected.num_rows == page.received == 3
    assert page.trackings["title"].to_pylist()[-1] == "]}{["
    assert page.rejected.num_rows == 1 or depth < 500
    for one in page.rejected.to_pylist():
        assert (one["kind"], one["path"][-3:], one["reason"]) == (
            "tracking",
            "[1]",
            "the record is nested too deeply",
        )
        assert (one["source_id"], one["raw_json"]) == (deep["id"], None)
        assert one["raw_length"] > depth


@pytest.mark.parametrize(
    ("odd", "name"),
    [
        (nested(5_000), None),
        ('{"news": ' + nested(5_000) + ', "id": "later"}', None),
        ('{"id": 700, "news": ' + nested(5_000) + "}", "700"),
        ('{"id": "x\\"y", "news": ' + nested(5_000) + "}", None),
    ],
)
def test_a_deep_record_is_named_by_the_id_it_begins_with(odd, name):
    body = page_of(record(), "HERE").replace(b'"HERE"', odd.encode())
    assert row(decode(body).rejected)["source_id"] == name


def test_deep_records_are_set_aside_alike_each_time_and_apart_from_each_other():
    bodies = [page_of(record(title="HERE")).replace(b'"HERE"', nested(n).encode()) for n in (600, 600, 601)]
    first, again, other = (row(decode(body).rejected)["rejected_key"] for body in bodies)
    assert first == again != other


def test_a_credential_in_a_deep_record_is_nowhere_even_when_personal_data_are_asked_for():
    deep = nested(5_000, inside='{"tracking_key": "SECRET-9c1e"}')
    page = decode_all(page_of(record(title="HERE")).replace(b'"HERE"', deep.encode()))
    assert "SECRET" not in row(page.rejected)["raw_json"]


@pytest.mark.parametrize("depth", [980, 5_000, 200_000, 2_000_000])
def test_a_page_nested_deeply_around_its_records_is_refused_and_the_error_names_the_way_out(depth):
    body = page_of(record()).replace(
        b'"code"', b'"a": ' + nested(depth, '{"a": ', "}").encode() + b', "code"'
    )
    with pytest.raises(ResponseShapeError, match=r"nested too deeply around its records.*docs/operations.md"):
        decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"null",
        b" \n null{}",
        b"\xef\xbb\xbfnull",
        b'"Mara Example"',
        b"[]",
        b'[{"customer_name": "Mara Example"}]',
        b"{}",
        b'{"meta": {"code": 200}}',
        b'{"meta": {"code": 200}, "data": "Mara Example"}',
        b'{"meta": {"code": 200}, "data": 7}',
        b'{"meta": {"code": 200}, "data": {}}',
        b'{"meta": {"code": 200}, "data": {"Mara Example": []}}',
        b'{"meta": {"code": 200}, "data": {"success": "Mara Example"}}',
        b"<html><body>Mara Example</body></html>",
        b'{"data": [{"customer_name": "Mara Example\\q"}]}',
        b'{"data": [{"customer_name": Mara Example}]}',
        b'{"data": []}{"data": []}',
        b'{"data": []}\n{"data": []}',
        b'{"data": []}\x00{"data": []}',
        b'{"data": []} Mara Example',
        b'{"data": []},',
        b'{"data": []}]',
        b'{"data": []}/* Mara Example */',
        b"{'data': []}",
        b'{"data": [],}',
        "\ufeff{}".encode(),
        '{"data": []}'.encode("utf-16"),
        b"\xff\xfe\x00",
    ],
)
@pytest.mark.parametrize("version", ["v3", "v4"])
def test_what_is_not_one_document_with_the_list_is_an_error_that_quotes_nothing(body, version):
    with pytest.raises(ResponseShapeError) as raised:
        decode(body, version)
    shown = repr(raised.value) + str(raised.value)
    assert "Mara" not in shown
    assert "Example" not in shown
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize(
    "data", ["[]", "null", '"x"', "{}", '{"items": null}', '{"items": "x"}', '{"items": {}}']
)
def test_a_v2_page_without_its_items_is_an_error(data):
    with pytest.raises(ResponseShapeError, match=r"data"):
        decode(f'{{"meta": {{"code": 200}}, "data": {data}}}'.encode(), "v2")


@every_version
def test_a_page_cut_off_anywhere_is_an_error(version):
    body = page_of(*records_of({of: name for name, of in PAGES.items()}[version]), version=version)

    @patiently
    @given(st.integers(0, len(body) - 1))
    def cut(end):
        with pytest.raises(ResponseShapeError):
            decode(body[:end], version)

    cut()


@every_version
def test_two_pages_set_one_after_another_are_an_error(version):
    body = page_of(record(version), version=version)
    for between in (b"", b" ", b"\n", b"\r\n", b"\x00", b",", b"\xef\xbb\xbf"):
        with pytest.raises(ResponseShapeError):
            decode(body + between + body, version)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_alike_however_its_json_is_written(name):
    version = PAGES[name]
    document = json.loads(body_of(name))
    expected = decode(body_of(name), version)
    for text in (
        json.dumps(document),
        json.dumps(document, ensure_ascii=False, separators=(",", ":")),
        json.dumps(document, indent=4).replace("\n", "\r\n"),
        json.dumps(document, indent="\t", sort_keys=True).replace("/", "\\/"),
        "\ufeff" + json.dumps(document),
        json.dumps(document) + "\n\n",
    ):
        page = decode(text.encode(), version)
        assert page.trackings.to_pylist() == expected.trackings.to_pylist()
        assert page.checkpoints.to_pylist() == expected.checkpoints.to_pylist()
