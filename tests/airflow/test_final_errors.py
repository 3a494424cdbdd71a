"""What Airflow does follows from the class of an error, for every class and answer there is."""

from __future__ import annotations

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_trackingmore import exceptions
from airflow_provider_trackingmore.api.outcomes import Flaw, outcome
from airflow_provider_trackingmore.api.versions import VERSIONS
from airflow_provider_trackingmore.exceptions import (
    CheckFailedError,
    RateLimitError,
    ServerError,
    ServiceError,
    TrackingMoreError,
)
from airflow_provider_trackingmore.operators.support import Fate, fate, final_errors

FATES = {
    "RateLimitError": Fate.DEFERS,
    "TransportError": Fate.RETRIES,
    "ServerError": Fate.RETRIES,
    "IncompleteWindowError": Fate.RETRIES,
    "WarehouseBusyError": Fate.DEFERS,
    "ConfigurationError": Fate.FAILS,
    "AuthenticationError": Fate.FAILS,
    "QuotaError": Fate.FAILS,
    "RequestError": Fate.FAILS,
    "ResponseShapeError": Fate.FAILS,
    "AnswerTooLargeError": Fate.FAILS,
    "PaginationError": Fate.FAILS,
    "ItemError": Fate.FAILS,
    "WarehouseError": Fate.FAILS,
    "CheckFailedError": Fate.FAILS,
    "RequestsUsedUpError": Fate.FAILS,
}
BASES = {"TrackingMoreError", "ServiceError", "TransientError", "FinalError"}


def test_every_error_of_the_package_has_a_fate():
    raised = {
        name
        for name, kind in vars(exceptions).items()
        if isinstance(kind, type) and issubclass(kind, TrackingMoreError)
    }
    assert raised == set(FATES) | BASES


@pytest.mark.parametrize("name", FATES)
def test_a_final_error_ends_the_task_and_any_other_is_left_as_it_is(name):
    kind = getattr(exceptions, name)
    error = kind({"a_check": 1}) if kind is CheckFailedError else kind("why")
    assert fate(error) is fate(kind) is FATES[name]
    with pytest.raises(Exception, match=r"why|a_check") as caught, final_errors():
        raise error
    if FATES[name] is Fate.FAILS:
        assert type(caught.value) is AirflowFailException
        assert str(caught.value) == f"{name}: {error}"
        assert caught.value.__cause__ is error
    else:
        assert caught.value is error


def test_trouble_that_tells_how_long_it_lasts_is_waited_out_without_a_worker():
    error = ServerError("why")
    error.wait_seconds = 3600
    assert fate(error) is Fate.DEFERS
    assert fate(ServerError("why")) is Fate.RETRIES


@pytest.mark.parametrize("version", VERSIONS.values(), ids=list(VERSIONS))
def test_airflow_fails_a_task_for_exactly_those_codes_that_will_come_again(version):
    for code, known in version.codes.items():
        for route in version.routes:
            result = outcome(version, route, 200, code).result
            if isinstance(result, type):
                comes_again = known.reaction_on(route).value not in ("wait", "retry")
                assert (fate(result) is Fate.FAILS) == comes_again, (code, route)


@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_ends_in_an_error_of_the_service_with_a_fate(flaw):
    error = flaw.raised("list")
    assert isinstance(error, ServiceError)
    assert fate(error) is FATES[type(error).__name__]
    assert (fate(error) is Fate.DEFERS) == isinstance(error, RateLimitError)
