"""Wild pages: whatever bytes come, each record and scan is decoded or set aside, or the page is refused."""

from __future__ import annotations

import json
import os
import signal
from datetime import datetime

import fuzz_oracle
import fuzz_pages
import fuzzing
import hypothesis.strategies as st
import pytest
from hypothesis import given
from json_pairs import Pairs, Raw
from table_examples import (
    LEGS,
    VERSIONS,
    aside,
    decode,
    decode_tolerantly,
    document_of,
    extra_of,
    page_of,
    patiently,
    record,
    regular,
    row,
    scans_in,
    written,
)

from airflow_provider_trackingmore.exceptions import ConfigurationError, ResponseShapeError
from airflow_provider_trackingmore.tables import decode_page
from airflow_provider_trackingmore.tables.fields import FIELD_MAPS
from airflow_provider_trackingmore.tables.places import country_code

every_version = pytest.mark.parametrize("version", VERSIONS)


def test_thousands_of_wild_pages_break_no_rule(tmp_path):
    summary = fuzzing.run(3_000, 20261121, tmp_path)
    assert summary.findings == []
    assert summary.counts["finding"] == 0
    assert sum(summary.counts.values()) == 3_000
    assert min(summary.counts[name] for name in ("fast", "tolerant", "refused")) > 200


def check_with_three_faults(version, body):
    """A check that aborts, is killed or fails on pages of some lengths."""
    match len(body) % 20:
        case 7:
            os.abort()
        case 8:
            os.kill(os.getpid(), signal.SIGKILL)
        case 9:
            raise ValueError("marked")
    return "fast"


def test_the_fuzzer_survives_the_death_of_a_process_and_keeps_each_page_that_caused_one(tmp_path, capfd):
    pages = {number: fuzz_pages.page(22, number) for number in range(30)}
    bad = {number: page for number, page in pages.items() if len(page[1]) % 20 in (7, 8, 9)}
    assert {len(body) % 20 for _, body in bad.values()} == {7, 8, 9}
    summary = fuzzing.run(30, 22, tmp_path, check=check_with_three_faults, processes=2)
    kept = {path.name: path.read_bytes() for path in summary.findings}
    assert kept == {f"22-{number}.{version}.json": body for number, (version, body) in bad.items()}
    assert summary.counts == {"fast": 30 - len(bad), "tolerant": 0, "refused": 0, "finding": len(bad)}
    assert capfd.readouterr().out.count("--replay") == len(bad)


@every_version
def test_pages_grown_by_hypothesis_break_no_rule(version):
    fields = FIELD_MAPS["trackingmore", version]
    known = [field.path[0] for part in (fields.record, fields.leg, fields.checkpoint) for field in part]
    names = st.sampled_from([*known, *LEGS, "id", "id", "trackinfo", "trackinfo", "ID", "_repeated"])
    leaves = (
        st.none() | st.booleans() | st.sampled_from(fuzz_pages.TEXTS) | st.text(max_size=4)
        | st.sampled_from(fuzz_pages.NUMBERS).map(Raw)
    )  # fmt: skip
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(names, inner), max_size=5).map(Pairs),
        max_leaves=25,
    )
    scans = st.lists(values, max_size=4)
    legs = st.lists(st.tuples(st.sampled_from(["trackinfo", "courier_code"]), scans | values), max_size=4)
    members = st.lists(
        st.tuples(names, values) | st.tuples(st.sampled_from(LEGS), legs.map(Pairs) | values), max_size=6
    )
    records = members.map(Pairs) | members.map(lambda pairs: Pairs([*pairs, ("id", "7")]))

    @patiently
    @given(st.lists(records, max_size=3), st.binary(max_size=3), st.floats(0, 1) | st.none())
    def grown(items, scratch, where):
        body = written(*items, version=version)
        at = len(body) if where is None else int(len(body) * where)
        fuzz_oracle.check(version, body[:at] + scratch + body[at:])

    grown()


def test_null_for_the_list_is_an_empty_page_in_v4_only():
    page = decode(b'{"meta": {"code": 200}, "data": null}')
    assert (page.received, page.trackings.num_rows, page.rejected.num_rows) == (0, 0, 0)
    for version, body in {
        "v2": b'{"meta": {"code": 200}, "data": {"items": null}}',
        "v3": b'{"code": 200, "data": null}',
    }.items():
        with pytest.raises(ResponseShapeError, match="is null, not a list"):
            decode(body, version)


@every_version
def test_a_page_without_its_list_is_an_error_and_an_empty_list_is_a_page(version):
    document = document_of([], version)
    assert decode(json.dumps(document).encode(), version).received == 0
    del (document["data"] if version == "v2" else document)["items" if version == "v2" else "data"]
    with pytest.raises(ResponseShapeError, match="the page has no data"):
        decode(json.dumps(document).encode(), version)


@every_version
def test_scans_of_a_leg_that_is_a_list_are_set_aside_and_the_leg_is_kept(version):
    one = regular(version)
    leg = one["origin_info"]
    page = decode(page_of(one | {"origin_info": [leg, [leg], 7, None]}, version=version), version)
    assert aside(page) == {"checkpoint": 2 * len(leg["trackinfo"])}
    assert page.checkpoints.num_rows == scans_in(one) - len(leg["trackinfo"])
    assert extra_of(row(page.trackings))["origin_info"] == [leg, [leg], 7, None]


@pytest.mark.parametrize(
    ("number", "name"),
    [("7", "7"), ("-0", "0"), ("1e400", "1e400"), ("1.10", "1.10"), ("9" * 401, "9" * 401), ("true", "true")],
)
def test_an_id_that_is_a_number_is_kept_to_the_last_digit(number, name):
    page = decode(written(record() | {"id": Raw(number)}))
    assert page.trackings["source_id"].to_pylist() == [name]


def test_two_ids_that_python_would_read_as_one_number_stay_two():
    numbers = ["12345678901234567.1", "12345678901234567.2"]
    page = decode(written(*(record() | {"id": Raw(number)} for number in numbers)))
    assert page.trackings["source_id"].to_pylist() == numbers


@every_version
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("x" * 501, "longer than 500 bytes"),
        ("é" * 251, "longer than 500 bytes"),
        ("x" * 2**20, "longer than 500 bytes"),
        ("a\ufffd", "cannot be read"),
    ],
)
def test_an_id_that_is_too_long_or_unreadable_is_set_aside_by_both_readers(
    monkeypatch, version, name, reason
):
    body = page_of(regular(version) | {"id": name}, regular(version), version=version)
    for page in (decode(body, version), decode_tolerantly(monkeypatch, body, version)):
        assert page.reader == "tolerant"
        assert reason in row(page.rejected)["reason"]
        assert (page.trackings.num_rows, page.received) == (1, 2)


@every_version
def test_the_longest_id_is_taken_by_both_readers(monkeypatch, version):
    body = page_of(regular(version) | {"id": "x" * 500}, version=version)
    for page in (decode(body, version), decode_tolerantly(monkeypatch, body, version)):
        assert page.trackings["source_id"].to_pylist() == ["x" * 500]


def test_ids_told_apart_only_by_bytes_that_are_no_text_are_set_aside():
    body = page_of(record(id="IDa"), record(id="IDb")).replace(b"IDa", b"ID\xff").replace(b"IDb", b"ID\xfe")
    page = decode(body)
    assert (aside(page), page.trackings.num_rows) == ({"tracking": 2}, 0)


def test_a_courier_code_of_a_megabyte_is_kept_once_and_not_for_every_scan():
    one = record()
    long = "x" * 2**20
    one["origin_info"] |= {"courier_code": long, "trackinfo": one["origin_info"]["trackinfo"] * 500}
    page = decode(page_of(one))
    assert page.checkpoints.num_rows == scans_in(one)
    assert set(page.checkpoints["leg_courier_code"].to_pylist()) == {None}
    assert extra_of(row(page.trackings)) == {"origin_info": {"courier_code": long}}


@every_version
def test_a_record_that_stands_many_times_in_a_page_is_decoded_each_time(version):
    page = decode(page_of(*[regular(version)] * 50, version=version), version)
    assert (page.received, page.trackings.num_rows) == (50, 50)
    assert page.checkpoints.num_rows == 50 * scans_in(regular(version))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Hong Kong [CN]", "HK"),
        ("  germany  [EU] \n", "DE"),
        ("DE [x]", "DE"),
        ("Nowhere [x", "Nowhere [x"),
        ("x] y [z [w]", "x] y [z [w]"),
        ("[DE]", "[DE]"),
        ("]", "]"),
    ],
)
def test_what_follows_a_country_in_brackets_is_left_out(text, code):
    assert country_code(text) == code


def test_an_argument_that_is_wrong_is_a_configuration_error():
    for options in ({"version": "v5"}, {"service": "elsewhere"}, {"observed_at": datetime(2026, 11, 21)}):
        with pytest.raises(ConfigurationError):
            decode_page(page_of(record()), **options)
