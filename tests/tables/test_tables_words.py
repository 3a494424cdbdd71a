"""Statuses and sub-statuses: spelling drifts, the sub-status speaks first, the unknown stays."""

from __future__ import annotations

import csv
import json
import re

import pytest
from table_examples import EXAMPLES, VERSIONS, decode, page_of, record, row, with_scan

from airflow_provider_trackingmore.resources import sql_folder

STATUSES = json.loads((EXAMPLES / "trackingmore_statuses.json").read_text())
OLDER_LISTS = ["exception001", "exception002", "exception003"]
EVENT_TYPES = {
    "order_processed", "label_created", "in_transit", "arrived", "departed", "customs_cleared",
    "out_for_delivery", "ready_for_pickup", "delivered", "attempt_failed", "exception_other", "lost_damaged",
    "customs_hold", "cancelled", "returning", "returned", "expired",
}  # fmt: skip


def seed(source="trackingmore"):
    with (sql_folder() / "seeds" / "status_map.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["source"] == source]


def scan_with(status, substatus, version="v4"):
    names = {
        "v2": ("checkpoint_status", "substatus"),
        "v3": ("checkpoint_delivery_status", "checkpoint_delivery_substatus"),
        "v4": ("checkpoint_delivery_status", "checkpoint_delivery_substatus"),
    }
    fields = dict(zip(names[version], (status, substatus), strict=True))
    return row(decode(page_of(with_scan(version, **fields), version=version), version).checkpoints)


@pytest.mark.parametrize("code", [*STATUSES["substatuses"], *OLDER_LISTS])
def test_every_documented_substatus_has_one_meaning(code):
    assert [one["status"] for one in seed() if one["substatus"] == code] == [""]
    assert scan_with("anything", code)["event_type"] in EVENT_TYPES


@pytest.mark.parametrize("code", STATUSES["statuses"])
def test_every_documented_status_has_a_meaning_of_its_own(code):
    assert [one["substatus"] for one in seed() if one["status"] == code] == [""]
    assert scan_with(code, None)["event_type"] in EVENT_TYPES


def test_the_map_holds_nothing_that_is_not_documented():
    assert {one["substatus"] for one in seed()} == {"", *STATUSES["substatuses"], *OLDER_LISTS}
    assert {one["status"] for one in seed()} == {"", *STATUSES["statuses"]}
    assert {one["event_type"] for one in seed()} == EVENT_TYPES
    assert {one["is_physical"] for one in seed()} | {one["is_exception"] for one in seed()} == {
        "true",
        "false",
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("status", "substatus", "event_type", "is_physical", "is_exception"),
    [
        ("transit", "notfound001", "label_created", False, False),
        ("transit", "inforeceived001", "label_created", False, False),
        ("pending", "transit002", "arrived", True, False),
        ("transit", "delivered003", "delivered", True, False),
        ("transit", "exception007", "lost_damaged", True, True),
        ("exception", "exception008", "cancelled", False, True),
        (None, "undelivered002", "attempt_failed", True, True),
    ],
)
def test_the_substatus_speaks_before_the_status(
    version, status, substatus, event_type, is_physical, is_exception
):
    scan = scan_with(status, substatus, version)
    found = (scan["event_type"], scan["is_physical"], scan["is_exception"])
    assert found == (event_type, is_physical, is_exception)
    assert (scan["status"], scan["substatus"]) == (status, substatus)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("exception0010", "exception010"),
        ("exception0011", "exception011"),
        ("exception10", "exception010"),
        ("exception 010", "exception010"),
        ("not found001", "notfound001"),
        ("NotFound001", "notfound001"),
        ("Transit1", "transit001"),
        (" transit001 ", "transit001"),
        ("transit_001", "transit_001"),
        ("transit0999", "transit999"),
        ("transit1000", "transit1000"),
        ("Weird Code", "weirdcode"),
        ("", None),
        ("null", None),
        ("  ", None),
        (None, None),
    ],
)
def test_a_substatus_is_normalised_to_its_name_and_three_digits(written, normal):
    scan = scan_with("transit", written)
    assert scan["substatus"] == normal
    assert scan["substatus_raw"] == (written if written not in ("", "null") else None)
    tracking = row(decode(page_of(record(substatus=written))).trackings)
    assert (tracking["substatus"], tracking["substatus_raw"]) == (normal, scan["substatus_raw"])


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("InfoReceived", "inforeceived"),
        ("infoReceived", "inforeceived"),
        ("Info Received", "inforeceived"),
        ("DELIVERED", "delivered"),
        (" transit", "transit"),
        ("In_Customs", "in_customs"),
        ("  ", None),
        (None, None),
    ],
)
def test_a_status_is_lower_case_without_blanks_and_kept_as_it_came_beside(written, normal):
    scan = scan_with(written, None)
    tracking = row(decode(page_of(record(delivery_status=written))).trackings)
    assert (scan["status"], scan["status_raw"]) == (normal, written)
    assert (tracking["status"], tracking["status_raw"]) == (normal, written)


@pytest.mark.parametrize(
    ("status", "substatus"), [("teleported", "beam007"), ("teleported", None), (None, None)]
)
def test_an_unknown_pair_is_a_physical_scan_of_unknown_type(status, substatus):
    scan = scan_with(status, substatus)
    assert (scan["event_type"], scan["is_physical"], scan["is_exception"]) == ("unknown", True, False)
    assert (scan["status_raw"], scan["substatus_raw"]) == (status, substatus)


def test_an_unknown_substatus_of_a_known_status_means_what_the_status_means():
    scan = scan_with("transit", "transit042")
    assert (scan["event_type"], scan["substatus"]) == ("in_transit", "transit042")


def test_the_notes_of_the_map_are_for_people():
    assert all(re.match(r"[a-z]", one["note"]) for one in seed())
