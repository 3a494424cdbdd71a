"""Pages of unusual size: read in proportion, or refused; each of these took hours or all memory, or would."""

from __future__ import annotations

import contextlib
from time import process_time

import pytest
from table_examples import (
    VERSIONS,
    decode,
    decode_all,
    extra_of,
    page_of,
    regular,
    row,
)

from airflow_provider_trackingmore.exceptions import ResponseShapeError
from airflow_provider_trackingmore.tables import decode_page, fast
from airflow_provider_trackingmore.tables.fields import FIELD_MAPS

every_version = pytest.mark.parametrize("version", VERSIONS)


@every_version
def test_tens_of_thousands_of_scans_in_one_record_are_all_there(monkeypatch, version):
    one = regular(version)
    scans = one["origin_info"]["trackinfo"]
    many = one | {"origin_info": one["origin_info"] | {"trackinfo": scans * 5_000}, "destination_info": None}
    page = decode(page_of(many, version=version), version)
    assert page.checkpoints.num_rows == 5_000 * len(scans)
    assert len(set(page.checkpoints["checkpoint_key"].to_pylist())) == page.checkpoints.num_rows


@pytest.mark.parametrize(
    ("inner", "what"),
    [
        (b'{"id":"1"},' * 100_000 + b'{"id":"1"}', "records"),
        (b"1," * 100_000 + b"1", "records"),
        (b'{"id":"1","origin_info":{"trackinfo":[' + b"{}," * 1_000_000 + b"{}]}}", "checkpoints"),
        (b'{"id":"1","origin_info":[{"trackinfo":[' + b"0," * 1_000_000 + b"0]}]}", "checkpoints"),
    ],
)
def test_more_than_a_page_can_hold_is_an_error(inner, what):
    with pytest.raises(ResponseShapeError, match=f"the page has more than .* {what}"):
        decode(b'{"data": [' + inner + b"]}")


def test_a_body_larger_than_the_columns_can_hold_is_an_error():
    with pytest.raises(ResponseShapeError, match="larger than 256 MB"):
        decode_page(bytes(256 * 2**20 + 1))


def seconds_for(make, size):
    body = make(size)
    start = process_time()
    with contextlib.suppress(ResponseShapeError):
        decode_page(body)
    return process_time() - start


def page_with(text, before=b'{"data": [{"id": "1", ', after=b"}]}"):
    return before + text + after


GROWING = {
    "blanks in a country": lambda n: page_with(b'"origin_country": "x' + b" " * n + b'x"'),
    "brackets in a country": lambda n: page_with(b'"origin_country": "' + b"[" * n + b'"'),
    "blanks in a time": lambda n: page_with(b'"created_at": "' + b" " * n + b'x"'),
    "digits of a number": lambda n: page_with(b'"pieces": ' + b"9" * n),
    "digits of a decimal": lambda n: page_with(b'"weight": 0.' + b"9" * n),
    "a long text": lambda n: page_with(b'"title": "' + b"x" * n + b'"'),
    "a long new name": lambda n: page_with(b'"' + b"order_id_" * (n // 9) + b'": 1'),
    "a long id": lambda n: page_with(b'"title": 1, "id": "' + b"x" * n + b'"'),
    "escapes": lambda n: page_with(b'"news": "' + b"\\ud800" * (n // 6) + b'"'),
    "zero bytes": lambda n: bytes(n),
    "opening lists": lambda n: b'{"data": ' + b"[" * n,
    "opening objects": lambda n: b'{"a":' * (n // 5),
    "one name again and again": lambda n: page_with(b",".join(b'"a":%d' % i for i in range(n // 9))),
    "names again, ever deeper": lambda n: page_with(
        b'"b": ' + b'{"a":1,"a":' * 150 + b'"' + b"x" * n + b'"' + b"}" * 150
    ),
    "trailing rubbish": lambda n: b'{"data": []}' + b" " * n + b"x",
    "backslashes": lambda n: page_with(b'"news": "' + b"\\\\" * (n // 2)),
}


@pytest.mark.parametrize("make", GROWING.values(), ids=GROWING)
def test_a_long_run_of_one_thing_takes_no_more_than_in_proportion(make):
    """Quadratic work takes minutes of this process here, work in proportion well under a second."""
    assert seconds_for(make, 200_000) < 5


def test_a_hundred_thousand_different_statuses_are_looked_up_in_proportion():
    scans = b",".join(b'{"checkpoint_delivery_status":"s%d"}' % number for number in range(100_000))
    assert seconds_for(lambda _: page_with(b'"origin_info":{"trackinfo":[' + scans + b"]}"), 0) < 20


@pytest.mark.parametrize("make", [GROWING["a long text"], GROWING["opening lists"], GROWING["zero bytes"]])
def test_a_body_of_fifty_megabytes_is_decoded_or_refused(make):
    assert seconds_for(make, 50 * 2**20) < 20


def test_ten_megabytes_of_digits_are_kept():
    tracking = row(decode_all(page_with(b'"news": ' + b"9" * 10_000_000)).trackings)
    assert extra_of(tracking) == {"news": "9" * 10_000_000}


def test_millions_of_tiny_records_never_reach_the_fast_reader(monkeypatch):
    monkeypatch.setattr(fast.arrow_json, "read_json", lambda *_, **__: pytest.fail("Arrow was asked"))
    body = page_with(b'"origin_info": {"trackinfo": [' + b"{}," * 6_000_000 + b"{}]}")
    assert fast.read_regular(body, FIELD_MAPS["trackingmore", "v4"]) is None
