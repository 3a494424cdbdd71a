"""However a run ends, what had landed stays: the next try asks for the rest, and nothing is lost."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import duckdb
import pytest

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.api.codes import Reaction
from airflow_provider_trackingmore.api.outcomes import Kept, kept
from airflow_provider_trackingmore.exceptions import (
    ItemError,
    RateLimitError,
    RequestError,
    ResponseShapeError,
    ServerError,
    ServiceError,
    TransportError,
)
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.sync import sync

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "fault", "kind"),
    [
        ("v2", "body_429", RateLimitError),
        ("v3", "html_503", ServerError),
        ("v4", "truncated", TransportError),
        ("v4", "html_200", ResponseShapeError),
        ("v2", "redirect", RequestError),
    ],
)
def test_an_error_on_a_list_keeps_the_windows_that_had_landed(warehouse, version, fault, kind):
    assert kept("list", kind) is Kept.FINISHED
    with Sandbox(trackings=300, seed=7, now=NOW, frozen=True, rate_limit=False) as box:

        def run(**options):
            # With a clock of its own the second client knows nothing of the first one's rest.
            quick = {"page_size": 20, "requests_per_second": 1000, "monotonic": time.monotonic}
            with TrackingMoreClient("sandbox-key", version, box.url, **quick, **options) as client:
                return sync(client, warehouse, in_flight=1)

        box.faults.add(fault, route="list", after=15, times=None)
        with pytest.raises(kind):
            run(retries=0)
        box.faults.clear()
        before = len(box.requests)
        result = run()
        again = len(box.requests) - before
    assert result["complete"]
    with duckdb.connect(warehouse, read_only=True) as connection:
        assert connection.execute("SELECT count(DISTINCT source_id) FROM trackings").fetchall() == [(300,)]
    # At 20 a page, 300 trackings take more than 15 requests; those that had landed are not asked for again.
    assert again < result["windows"]


@pytest.mark.parametrize("route", ["couriers", "detect", "status_counts", "account"])
def test_other_routes_have_nothing_that_could_be_lost(route):
    assert kept(route, ServiceError) is Kept.NOTHING
    assert kept(route, ItemError) is Kept.OTHERS
    assert kept(route, Reaction.SUCCESS) is kept("list", Reaction.SLOW) is Kept.ANSWER
    assert kept("list", Reaction.EMPTY) is Kept.EMPTY
