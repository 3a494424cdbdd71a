"""The fast and the tolerant reader give the same tables on every page that both accept."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given
from table_examples import (
    LEGS,
    PAGES,
    REGULAR,
    VERSIONS,
    body_of,
    decode,
    decode_tolerantly,
    document_of,
    page_of,
    patiently,
    plain,
    record,
    records_of,
    regular,
)

from airflow_provider_trackingmore.tables import fast
from airflow_provider_trackingmore.tables.fields import FIELD_MAPS, Kind

TEXTS = (
    "", "null", "NULL", " ", "0", "Blue mug", "示例市【示例分部】", "Päckchen 📦", 'say "hi"', "a\\b",
    "first\nsecond\r\n", "tab\there", "nul\x00l", "\x1f", "null ", "<b>bold</b>", "true", "{}", "[]",
    "transit", "InfoReceived", "notfound001", "exception0010", "Weird Code", "archived", "tracking",
    "DE", "us", "US", "TX", "CA", "california", "China", "Hong Kong [CN]", "Atlantis", "XK",
    "2026-11-02", "2026-11-02 10:31", "2026-11-02 10:31:22", "2026-11-02T10:31:22", "2026-11-02T10:31:22Z",
    "2026-11-02T10:31:22+05:30", "2026-11-02T10:31:22.123-0330", "2026/1/2 3:04", "20261102",
    "0000-00-00 00:00:00", "0000-01-01 00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-05:00",
    "2026-02-30 10:00:00", "2026-03-29 02:30:00", "2026-10-25 02:30:00", "2026-11-02 24:00:00", "soon",
)  # fmt: skip
texts = st.sampled_from(TEXTS) | st.text(max_size=12)
VALUES = {
    Kind.TEXT: st.none() | texts,
    Kind.INTEGER: st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 40),
    Kind.BOOLEAN: st.none() | st.booleans(),
    Kind.NOTHING: st.none(),
}
ids = st.text("0123456789abcdef", min_size=32, max_size=32) | st.sampled_from(
    ("7", "x", "null", "", " ", "\t")
)


def objects(fields, **others):
    """Return objects that lack any of their fields, or hold any value of its kind."""
    known = {one.path[0]: VALUES[one.kind] for one in fields if len(one.path) == 1}
    inner = {}
    for one in fields:
        if len(one.path) == 2:
            inner.setdefault(one.path[0], {})[one.path[1]] = VALUES[one.kind]
    nested = {
        name: st.none() | st.fixed_dictionaries({}, optional=members) for name, members in inner.items()
    }
    return st.fixed_dictionaries({}, optional=known | nested | others)


def records(version):
    fields = FIELD_MAPS["trackingmore", version]
    scans = st.none() | st.lists(objects(fields.checkpoint), max_size=4)
    legs = st.none() | objects(fields.leg, trackinfo=scans)
    made = objects(fields.record, **dict.fromkeys(LEGS, legs))
    # Records of the service hold nearly all fields; made ones hold few of them, of every kind.
    real = st.sampled_from([one for name, of in PAGES.items() if of == version for one in records_of(name)])
    mixed = st.tuples(real, made).map(lambda pair: pair[0] | pair[1])
    return st.tuples(made | mixed, ids).map(lambda pair: pair[0] | {"id": pair[1]})


writings = st.fixed_dictionaries(
    {
        "ensure_ascii": st.booleans(),
        "indent": st.none() | st.just(2),
        "sort_keys": st.booleans(),
    }
)


@pytest.mark.parametrize("version", VERSIONS)
def test_both_readers_give_equal_tables(version):
    accepted = []

    @patiently
    @given(
        st.lists(records(version), max_size=4), writings, st.sampled_from(("", "\n", " \r\n")), st.booleans()
    )
    def compare(items, writing, end, include_personal_data):
        body = (json.dumps(document_of(items, version), **writing) + end).encode()
        fast = decode(body, version, include_personal_data=include_personal_data)
        accepted.append(fast.reader == "fast")
        if fast.reader == "fast":
            with pytest.MonkeyPatch.context() as patched:
                tolerant = decode_tolerantly(
                    patched, body, version, include_personal_data=include_personal_data
                )
            assert tolerant.reader == "tolerant"
            assert fast.received == tolerant.received == len(items)
            assert plain(fast.trackings).equals(plain(tolerant.trackings))
            assert plain(fast.checkpoints).equals(plain(tolerant.checkpoints))
            assert fast.rejected.num_rows == tolerant.rejected.num_rows == 0

    compare()
    assert sum(accepted) > len(accepted) // 3, "too few pages were regular for this test to mean much"


@pytest.mark.parametrize(("version", "name"), REGULAR.items())
def test_both_readers_give_equal_tables_for_the_examples(monkeypatch, version, name):
    fast = decode(body_of(name), version)
    tolerant = decode_tolerantly(monkeypatch, body_of(name), version)
    assert (fast.reader, tolerant.reader) == ("fast", "tolerant")
    assert plain(fast.trackings).equals(plain(tolerant.trackings))
    assert plain(fast.checkpoints).equals(plain(tolerant.checkpoints))


BLANK = ["", "null", " ", "\t\n", "\u3000", None]


@pytest.mark.parametrize("blank", BLANK)
def test_a_v3_record_with_a_blank_id_is_named_after_courier_and_number(blank):
    page = decode(page_of(record("v3", id=blank), version="v3"), "v3")
    named = f"{record('v3')['courier_code']}/{record('v3')['tracking_number']}"
    assert page.trackings["tracking_key"].to_pylist() == [f"trackingmore:default:{named}"]


@pytest.mark.parametrize("version", ["v2", "v4"])
@pytest.mark.parametrize("blank", [*BLANK, [], "absent"])
def test_where_every_record_has_an_id_one_without_it_is_rejected_and_no_new_tracking(version, blank):
    nameless = record(version, id=blank)
    if blank == "absent":
        del nameless["id"]
    page = decode(page_of(regular(version), nameless, version=version), version)
    assert page.trackings["source_id"].to_pylist() == [regular(version)["id"]]
    (rejected,) = page.rejected.to_pylist()
    assert (rejected["kind"], rejected["source_id"]) == ("tracking", None)
    assert rejected["reason"] == f"the record has no id, which every record of {version} has"
    assert page.received == 2


@pytest.mark.parametrize("version", VERSIONS)
def test_one_odd_record_does_not_change_how_the_others_read(version):
    regular = page_of(record(version), version=version)
    drifted = page_of(record(version), record(version) | {"news": 1}, version=version)
    alone, beside = decode(regular, version), decode(drifted, version)
    assert (alone.reader, beside.reader) == ("fast" if version != "v2" else "tolerant", "tolerant")
    assert plain(beside.trackings.slice(0, 1)).equals(plain(alone.trackings))
    own = [one for one in beside.checkpoints.to_pylist() if one["record_no"] == 0]
    assert own == alone.checkpoints.to_pylist()


@pytest.fixture
def asked(monkeypatch):
    """Return the record types that Arrow was asked to read, as they come."""
    types, read_json = [], fast.arrow_json.read_json

    def read(body, read_options, parse_options):
        data = parse_options.explicit_schema.field("data").type
        types.append((data.field("items").type if data.num_fields > 1 else data).value_type)
        return read_json(body, read_options=read_options, parse_options=parse_options)

    monkeypatch.setattr(fast.arrow_json, "read_json", read)
    return types


@pytest.mark.parametrize("version", VERSIONS)
def test_records_alike_are_read_once_in_the_order_of_their_own_fields(asked, version):
    one = regular(version)
    assert decode(page_of(one, one | {"id": "2"}, version=version), version).reader == "fast"
    (kind,) = asked
    assert [field.name for field in kind] == list(one)
    assert [field.name for field in kind.field("origin_info").type] == list(one["origin_info"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "first",
    [
        {},
        {"origin_info": None, "destination_info": {}},
        {"origin_info": {"trackinfo": []}},
        {"origin_info": {"trackinfo": [{}]}},
    ],
)
def test_what_the_first_record_lacks_is_still_read_of_the_others(asked, version, first):
    others = [regular(version), dict(reversed(regular(version).items())) | {"id": "3"}]
    page = decode(page_of({"id": "1"} | first, *others, version=version), version)
    alone = decode(page_of(*others, version=version), version)
    assert (page.reader, alone.reader) == ("fast", "fast")
    names = [name for name in alone.trackings.schema.names if name != "record_no"]
    assert plain(page.trackings.slice(1)).select(names).equals(plain(alone.trackings).select(names))
    kept = [one for one in page.checkpoints.to_pylist() if one["record_no"] > 0]
    assert [one | {"record_no": one["record_no"] - 1} for one in kept] == alone.checkpoints.to_pylist()
