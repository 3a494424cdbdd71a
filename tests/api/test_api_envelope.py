"""Code and total are read without the records, and are what reading everything would give."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_trackingmore.api.envelope import Envelope, is_cut_off, read_envelope
from airflow_provider_trackingmore.api.versions import VERSIONS

HERE = Path(__file__).parent
# Those that other rooms test with too are beside the rooms.
FILES = [*HERE.glob("examples/trackingmore_*.json"), *HERE.parent.glob("examples/trackingmore_*.json")]
EXAMPLES = {path.stem: path.read_bytes() for path in sorted(FILES)}
BODIES = [(version, name) for name in EXAMPLES for version in VERSIONS if f"_{version}_" in name]


def read_whole(document: Any, version: str) -> Envelope:
    """Return the envelope of a document that was parsed as a whole."""
    data = document.get("data")
    code = document["code"] if version == "v3" else document["meta"]["code"]
    total = data.get("total") if version == "v2" and isinstance(data, dict) else None
    return Envelope(int(code), None if total is None else int(total))


def orders(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the document with its keys, and those of ``data``, in every order."""
    found = [dict(keys) for keys in permutations(document.items())]
    data = document.get("data")
    if isinstance(data, dict) and len(data) <= 5:
        found += [one | {"data": dict(keys)} for one in found for keys in permutations(data.items())]
    return found


@pytest.mark.parametrize(("version", "name"), BODIES)
def test_reading_the_head_gives_what_reading_everything_gives(version, name):
    document = json.loads(EXAMPLES[name])
    wanted = read_whole(document, version)
    assert read_envelope(EXAMPLES[name], VERSIONS[version]) == wanted
    for order in orders(document):
        for layout in ({"separators": (",", ":")}, {"indent": 4}, {"ensure_ascii": False}):
            assert read_envelope(json.dumps(order, **layout).encode(), VERSIONS[version]) == wanted
    assert not is_cut_off(EXAMPLES[name])


def test_there_are_examples_of_every_version():
    assert {version for version, _ in BODIES} == set(VERSIONS)
    assert len(BODIES) > 30


def test_a_code_as_text_is_a_code():
    assert read_envelope(b'{"meta":{"code":"4031"},"data":[]}', VERSIONS["v2"]).code == 4031
    assert read_envelope(b'{"code":"200","data":[]}', VERSIONS["v3"]).code == 200


@pytest.mark.parametrize("code", [b"null", b"true", b'"ok"', b"[200]", b'{"a":1}', b"2.5", b'""'])
def test_anything_else_is_none(code):
    assert read_envelope(b'{"code":' + code + b',"data":[]}', VERSIONS["v3"]).code is None


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"null",
        b"[]",
        b'"text"',
        b"<html>",
        b"\xff\xfe",
        b'{"meta":[],"data":"items"}',
        b"{" * 100_000,
    ],
)
def test_a_body_without_a_code_is_no_crash(version, body):
    assert read_envelope(body, VERSIONS[version]) == Envelope(None, None)


@pytest.mark.parametrize("version", VERSIONS)
def test_deep_nesting_does_no_harm(version):
    deep = b"[" * 100_000 + b"]" * 100_000
    head = b'{"code":200,"meta":{"code":200},"data":'
    inner = b'{"total":"7","items":' + deep + b"}" if version == "v2" else deep
    assert read_envelope(head + inner + b"}", VERSIONS[version]).code == 200
    assert read_envelope(b'{"data":' + deep + b"}", VERSIONS[version]).code is None


texts = st.sampled_from(['"data"', '"items"', 'data":[', '\\"items\\"', "}", "{", '"', "\\"]) | st.text(
    max_size=9
)


@given(
    st.sampled_from(sorted(VERSIONS)),
    st.integers(0, 9999),
    texts,
    st.lists(st.dictionaries(texts, texts, max_size=3), max_size=3),
)
def test_texts_that_look_like_keys_do_not_mislead(version, code, text, items):
    data = {"page": 1, "note": text, "total": "12", "items": items} if version == "v2" else items
    state = {"message": text, "code": code, text: text} | {"code": code}
    document = (state if version == "v3" else {"meta": state}) | {"data": data}
    body = json.dumps(document).encode()
    assert read_envelope(body, VERSIONS[version]) == read_whole(document, version)
    assert not is_cut_off(body)
