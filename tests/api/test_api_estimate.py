"""How many trackings there are is known before they are read: exactly, or to a quarter."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import NOW, page

from airflow_provider_trackingmore.api import Answer
from airflow_provider_trackingmore.api.envelope import read_records
from airflow_provider_trackingmore.api.estimate import estimate_records
from airflow_provider_trackingmore.api.versions import VERSIONS
from airflow_provider_trackingmore.exceptions import RequestError, ResponseShapeError


class Account:
    """Stands in for a client of an account with so many trackings."""

    def __init__(self, version: str, records: int, size: int = 100, *, refuses_counts: bool = False) -> None:
        self.version = VERSIONS[version]
        self.records, self.size, self.refuses_counts = records, size, refuses_counts
        self.requests = 0

    def has_route(self, route: str) -> bool:
        return route in self.version.routes

    def status_counts(self) -> dict[str, int]:
        self.requests += 1
        if self.refuses_counts:
            raise RequestError("status_counts: code 403")
        return {"delivered": self.records // 2, "transit": self.records - self.records // 2}

    def list_page(self, page: int = 1) -> Answer:
        self.requests += 1
        held = max(0, min(self.size, self.records - (page - 1) * self.size))
        total = self.records if self.version.total_path else None
        body = json.dumps({"meta": {"code": 200}, "code": 200, "data": [{}] * held}).encode()
        return Answer(body, "list", NOW, None, is_empty=False, total=total)

    def estimate(self) -> int:
        return estimate_records(self, self.list_page(), min(self.size, self.records))


SIZES = [0, 1, 99, 100, 101, 199, 301, 401, 701, 5_000, 123_456]


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("records", SIZES)
def test_a_version_that_counts_is_believed(version, records):
    account = Account(version, records)
    assert account.estimate() == records
    assert account.requests <= 2


@pytest.mark.parametrize(("version", "refuses"), [("v4", False), ("v3", True)])
@pytest.mark.parametrize("records", SIZES)
def test_elsewhere_the_last_page_is_sought(version, refuses, records):
    account = Account(version, records, refuses_counts=refuses)
    assert account.estimate() == pytest.approx(records, rel=0.25)


@given(st.integers(0, 3_000_000), st.integers(1, 2000))
def test_the_search_is_close_and_short(records, size):
    account = Account("v4", records, size)
    assert abs(account.estimate() - records) <= 0.25 * records
    assert account.requests <= 6 + math.log2(1 + records / size)


@pytest.mark.parametrize("version", ["v2", "v3", "v4"])
def test_the_account_of_the_sandbox_is_estimated_well(box, client_for, version):
    client = client_for(box.url, version, page_size=50)
    first = client.list_page()
    truth = client_for(box.url, "v2").list_page().total
    guess = estimate_records(client, first, len(read_records(first.body, client.version)))
    assert guess == (pytest.approx(truth, rel=0.25) if version == "v4" else truth)


@pytest.mark.parametrize("version", ["v2", "v3", "v4"])
def test_records_are_counted_wherever_the_version_keeps_them(version):
    assert len(read_records(page(version, 3), VERSIONS[version])) == 3
    assert len(read_records(page(version, 0), VERSIONS[version])) == 0


def test_a_list_split_into_success_and_rejected_counts_the_first():
    body = b'{"meta":{"code":200},"data":{"success":[{},{}],"rejected":[{}]}}'
    assert len(read_records(body, VERSIONS["v4"])) == 2


@pytest.mark.parametrize("data", [b"nul", b"{}", b"7", b'"text"', b"[" * 100_000 + b"]" * 100_000])
def test_a_page_whose_records_cannot_be_counted_is_an_error_of_the_package(service, client_for, data):
    service.say(page("v4"), b'{"meta":{"code":200},"data":' + data + b"}")
    client = client_for(service.url)
    with pytest.raises(ResponseShapeError):
        estimate_records(client, client.list_page(), 1)


def test_bytes_that_are_no_text_do_not_keep_records_from_being_counted():
    assert read_records(b'{"meta":{"code":200},"data":[{"id":"\xff"}]}', VERSIONS["v4"]) == [{"id": "\ufffd"}]
