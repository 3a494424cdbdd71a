"""Times and places: what was written, what is known of the zone, and never a silent guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pyarrow as pa
import pytest
import us
from hypothesis import given
from table_examples import VERSIONS, decode, page_of, patiently, record, row, rows, with_scan, with_scans

from airflow_provider_trackingmore.tables.places import country_code, zone_of
from airflow_provider_trackingmore.tables.times import parse_times

TIME_NAMES = {"v2": "Date", "v3": "checkpoint_date", "v4": "checkpoint_date"}
MORNING = datetime(2026, 11, 2, 10, 31)

SPELLINGS = {
    # as written: wall clock, minutes of its own offset, precision
    "2026-11-02 10:31": (MORNING, None, "minute"),
    "2026-11-02T10:31": (MORNING, None, "minute"),
    "2026-11-02 10:31:00": (MORNING, None, "second"),
    "2026-11-02T10:31:22": (MORNING.replace(second=22), None, "second"),
    " 2026-11-02  10:31:22 ": (MORNING.replace(second=22), None, "second"),
    "2026-11-02T10:31:22Z": (MORNING.replace(second=22), None, "second"),
    "2026-11-02T10:31:22z": (MORNING.replace(second=22), None, "second"),
    "2026-11-02T10:31:22 Z": (MORNING.replace(second=22), None, "second"),
    "2026-11-02T10:31:22+00:00": (MORNING.replace(second=22), 0, "second"),
    "2026-11-02T10:31:22+08:00": (MORNING.replace(second=22), 480, "second"),
    "2026-11-02T10:31:22+0530": (MORNING.replace(second=22), 330, "second"),
    "2026-11-02T10:31:22-03:30": (MORNING.replace(second=22), -210, "second"),
    "2026-11-02T10:31:22+14:00": (MORNING.replace(second=22), 840, "second"),
    "2026-11-02 10:31-08:00": (MORNING, -480, "minute"),
    "2026-11-02 10:31:22.5": (MORNING.replace(second=22, microsecond=500_000), None, "second"),
    "2026-11-02T10:31:22.123456789Z": (MORNING.replace(second=22, microsecond=123_456), None, "second"),
    "2026-11-02T10:31:22,25+01:00": (MORNING.replace(second=22, microsecond=250_000), 60, "second"),
    "2026-11-02": (datetime(2026, 11, 2), None, "date"),
    "20261102": (datetime(2026, 11, 2), None, "date"),
    "2026/1/2": (datetime(2026, 1, 2), None, "date"),
    "2026/1/2 3:04": (datetime(2026, 1, 2, 3, 4), None, "minute"),
    "2024-02-29 00:00:00": (datetime(2024, 2, 29), None, "second"),
    "2000-01-01 00:00:00": (datetime(2000, 1, 1), None, "second"),
}
NOT_TIMES = (
    "0000-00-00 00:00:00",
    "0000-00-00",
    "0000-01-01 00:00:00",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+14:00",
    "1970-01-01 00:00:00",
    "1999-12-31T23:59:59+01:00",
    "9999-12-31 23:59:59",
    "9999-12-31T23:59:59-12:00",
    "2026-02-29 10:00:00",
    "2026-13-01 10:00",
    "2026-11-31",
    "2026-11-02 24:00:00",
    "2026-11-02 10:60:00",
    "2026-11-02 10:31:60",
    "2026-11-02T10:31:22+25:00",
    "2026-11-02T10:31:22+05:75",
    "2026-11-02T10",
    "2026-11",
    "26-11-02 10:31",
    "02.11.2026 10:31",
    "Nov 2, 2026",
    "1793615482",
    "soon",
    "-",
)


@pytest.mark.parametrize(("text", "expected"), SPELLINGS.items())
def test_a_spelling_is_read_as_what_it_says(text, expected):
    scan = row(decode(page_of(with_scan(checkpoint_date=text, country_iso2=None))).checkpoints)
    local, offset, precision = expected
    assert scan["event_time_raw"] == text
    assert scan["event_at_local"] == local
    assert scan["utc_offset_minutes"] == offset
    assert scan["time_precision"] == precision
    assert scan["event_at_utc"] == local - timedelta(minutes=offset or 0)
    assert scan["time_basis"] == ("assumed_utc" if offset is None else "explicit_offset")


@pytest.mark.parametrize("text", NOT_TIMES)
def test_what_is_no_time_is_kept_as_text_and_marked_unparsable(text):
    scan = row(decode(page_of(with_scan(checkpoint_date=text, country_iso2="DE"))).checkpoints)
    told = ("event_time_raw", "event_at_local", "event_at_utc", "utc_offset_minutes", "time_precision")
    assert [scan[name] for name in told] == [text, None, None, None, None]
    assert scan["time_basis"] == "unparsable"


@pytest.mark.parametrize("text", [None, "", "null"])
def test_a_scan_without_a_time_is_unparsable_too(text):
    scan = row(decode(page_of(with_scan(checkpoint_date=text))).checkpoints)
    assert (scan["event_time_raw"], scan["event_at_utc"], scan["time_basis"]) == (None, None, "unparsable")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_reads_every_spelling(version):
    texts = list(SPELLINGS)
    (one,) = [with_scan(version)]
    scan = one["origin_info"]["trackinfo"][0]
    one["origin_info"]["trackinfo"] = [scan | {TIME_NAMES[version]: text} for text in texts]
    found = decode(page_of(one, version=version), version).checkpoints
    assert found["event_at_local"].to_pylist() == [SPELLINGS[text][0] for text in texts]


@patiently
@given(st.lists(st.none() | st.sampled_from([*SPELLINGS, *NOT_TIMES, "", " ", "null"]), max_size=6))
def test_how_a_time_is_read_does_not_depend_on_its_neighbours(texts):
    together = parse_times(pa.array(texts, pa.string()))
    for place, text in enumerate(texts):
        alone = parse_times(pa.array([text], pa.string()))
        for name in ("local", "offset_minutes", "precision"):
            assert getattr(together, name)[place].as_py() == getattr(alone, name)[0].as_py()
        assert together.utc()[place].as_py() == alone.utc()[0].as_py()


offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.none() | offsets)


@patiently
@given(
    st.lists(moments, min_size=1, max_size=5),
    st.sampled_from("T "),
    st.sampled_from(("seconds", "microseconds")),
)
def test_a_time_written_and_read_back_is_the_same(written, between, detail):
    texts = [one.isoformat(between, detail) for one in written]
    read = parse_times(pa.array(texts))
    exact = [one if detail == "microseconds" else one.replace(microsecond=0) for one in written]
    assert read.local.to_pylist() == [one.replace(tzinfo=None) for one in exact]
    assert read.utc().to_pylist() == [
        (one.astimezone(UTC) if one.tzinfo else one).replace(tzinfo=None) for one in exact
    ]


@patiently
@given(st.lists(st.text("0123456789-:/TZ.+ ", max_size=24) | st.text(max_size=12), max_size=4))
def test_no_text_breaks_the_reading_of_times(texts):
    read = parse_times(pa.array(texts, pa.string()))
    assert len(read.local) == len(read.offset_minutes) == len(read.precision) == len(texts)
    assert len(read.utc().to_pylist()) == len(texts)


@pytest.mark.parametrize(
    ("country", "state", "local", "utc", "basis"),
    [
        ("DE", None, "2026-07-01T12:00:00", "2026-07-01T10:00:00", "location_inferred"),
        ("de", None, "2026-12-01T12:00:00", "2026-12-01T11:00:00", "location_inferred"),
        ("Germany", None, "2026-12-01T12:00:00", "2026-12-01T11:00:00", "location_inferred"),
        ("CN", None, "2026-12-01T02:00:00", "2026-11-30T18:00:00", "location_inferred"),
        ("IN", None, "2026-12-01T12:00:00", "2026-12-01T06:30:00", "location_inferred"),
        ("NP", None, "2026-12-01T12:00:00", "2026-12-01T06:15:00", "location_inferred"),
        ("US", "CA", "2026-12-01T12:00:00", "2026-12-01T20:00:00", "location_inferred"),
        ("US", " ca ", "2026-12-01T12:00:00", "2026-12-01T20:00:00", "location_inferred"),
        ("US", "California", "2026-07-01T12:00:00", "2026-07-01T19:00:00", "location_inferred"),
        ("US", "DC", "2026-12-01T12:00:00", "2026-12-01T17:00:00", "location_inferred"),
        ("US", "PR", "2026-12-01T12:00:00", "2026-12-01T16:00:00", "location_inferred"),
        # Texas and Florida keep two zones; that of the capital.
        ("US", "TX", "2026-12-01T12:00:00", "2026-12-01T18:00:00", "location_inferred"),
        ("US", "Florida", "2026-12-01T12:00:00", "2026-12-01T17:00:00", "location_inferred"),
        ("US", None, "2026-12-01T12:00:00", "2026-12-01T12:00:00", "assumed_utc"),
        ("US", "Bavaria", "2026-12-01T12:00:00", "2026-12-01T12:00:00", "assumed_utc"),
        ("BR", None, "2026-12-01T12:00:00", "2026-12-01T12:00:00", "assumed_utc"),
        ("AU", "CA", "2026-12-01T12:00:00", "2026-12-01T12:00:00", "assumed_utc"),
        ("RU", None, "2026-12-01T12:00:00", "2026-12-01T12:00:00", "assumed_utc"),
        ("ZZ", None, "2026-12-01T12:00:00", "2026-12-01T12:00:00", "assumed_utc"),
        ("Atlantis", None, "2026-12-01T12:00:00", "2026-12-01T12:00:00", "assumed_utc"),
        (None, "CA", "2026-12-01T12:00:00", "2026-12-01T12:00:00", "assumed_utc"),
        # Clocks jump over 02:30 in March: the first moment after the gap.
        ("DE", None, "2026-03-29T02:30:00", "2026-03-29T01:00:00", "location_inferred"),
        ("US", "NY", "2026-03-08T02:15:00", "2026-03-08T07:00:00", "location_inferred"),
        # 02:30 comes twice in October: the earlier one.
        ("DE", None, "2026-10-25T02:30:00", "2026-10-25T00:30:00", "location_inferred"),
        ("US", "NY", "2026-11-01T01:30:00", "2026-11-01T05:30:00", "location_inferred"),
        # A whole day that Samoa skipped.
        ("WS", None, "2011-12-30T12:00:00", "2011-12-30T10:00:00", "location_inferred"),
        # What the time itself says is better than what its place suggests.
        ("DE", None, "2026-07-01T12:00:00+09:00", "2026-07-01T03:00:00", "explicit_offset"),
        # A Z that the service does not document stands after the clock of the place.
        ("DE", None, "2026-07-01T12:00:00Z", "2026-07-01T10:00:00", "location_inferred"),
        (None, None, "2026-07-01T12:00:00.5z", "2026-07-01T12:00:00.500", "assumed_utc"),
        ("DE", None, "2026-07-01", "2026-06-30T22:00:00", "location_inferred"),
    ],
)
def test_an_instant_rests_on_the_offset_else_on_the_zone_of_the_place_else_on_utc(
    country, state, local, utc, basis
):
    page = decode(page_of(with_scan(checkpoint_date=local, country_iso2=country, state=state)))
    scan = row(page.checkpoints)
    assert (scan["event_at_utc"], scan["time_basis"]) == (datetime.fromisoformat(utc), basis)
    assert scan["event_at_local"] == datetime.fromisoformat(local.upper()).replace(tzinfo=None)


def test_a_page_may_hold_scans_from_every_country_and_state_of_the_world():
    from airflow_provider_trackingmore.tables.places import _country_zones, _state_zones

    places = [(country, None) for country in _country_zones()] + [("US", one) for one in _state_zones()]
    base = with_scan()["origin_info"]["trackinfo"][0]
    scans = [base | {"country_iso2": country, "state": state} for country, state in places]
    found = rows(decode(page_of(with_scans(*scans))).checkpoints)
    assert [(one["country"], one["state"]) for one in found] == places
    for (country, state), one in zip(places, found, strict=True):
        zone = zone_of(country, state)
        expected = datetime(2026, 11, 6, 15, tzinfo=ZoneInfo(zone) if zone else UTC).astimezone(UTC)
        assert one["event_at_utc"] == expected.replace(tzinfo=None)
        assert one["time_basis"] == ("location_inferred" if zone else "assumed_utc")


def test_every_state_of_the_usa_has_a_zone():
    assert [one.abbr for one in us.STATES if zone_of("US", one.abbr) is None] == []


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        ("Germany", "DE"),
        ("GERMANY", "DE"),
        ("United States", "US"),
        ("Hong Kong [CN]", "HK"),
        ("Hong Kong", "HK"),
        ("Türkiye", "TR"),
        ("Atlantis", "Atlantis"),
        ("Atlantis [CN]", "Atlantis [CN]"),
        ("", None),
        (None, None),
    ],
)  # fmt: skip
def test_a_country_is_its_code_where_the_code_or_the_name_is_known(written, code):
    assert country_code(written) == code


@pytest.mark.parametrize(
    ("column", "field", "written", "expected"),
    [
        ("created_at_utc", "created_at", "2026-10-27T14:56:55+08:00", datetime(2026, 10, 27, 6, 56, 55)),
        ("created_at_utc", "created_at", "2026-10-27T14:56:55Z", datetime(2026, 10, 27, 14, 56, 55)),
        ("created_at_utc", "created_at", "yesterday", None),
        ("updated_at_utc", "update_at", "2026-11-07T03:50:41-05:00", datetime(2026, 11, 7, 8, 50, 41)),
        ("updated_at_utc", "update_at", None, None),
        ("latest_event_at_local", "latest_checkpoint_time", "20261106T15:00-0500", datetime(2026, 11, 6, 15)),
        ("order_placed_at_local", "order_date", "2026/8/27 16:51", datetime(2026, 8, 27, 16, 51)),
    ],
)  # fmt: skip
def test_the_times_of_a_tracking_are_instants_or_wall_clocks_as_their_names_say(
    column, field, written, expected
):
    assert row(decode(page_of(record(**{field: written}))).trackings)[column] == expected


def test_the_other_name_of_the_update_time_is_read_where_the_usual_one_is_missing():
    renamed = record()
    renamed["updated_at"] = renamed.pop("update_at")
    assert row(decode(page_of(renamed)).trackings)["updated_at_utc"] == datetime(2026, 11, 7, 3, 50, 41)


@pytest.mark.parametrize(
    ("created", "month"),
    [("2026-11-01T00:30:00+08:00", "2026-10"), ("2026-12-31T20:00:00-05:00", "2027-01"), (None, "unknown")],
)
def test_the_month_is_that_of_the_creation_in_utc(created, month):
    page = decode(page_of(record(created_at=created)))
    assert page.trackings["created_month"].to_pylist() == [month]
    assert set(page.checkpoints["created_month"].to_pylist()) == {month}
