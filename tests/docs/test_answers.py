"""``docs/answers.md`` says what the table of outcomes says.

``python tests/docs/test_answers.py`` writes the page anew.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from airflow_provider_trackingmore.api.aftership_versions import AFTERSHIP
from airflow_provider_trackingmore.api.codes import Reaction
from airflow_provider_trackingmore.api.outcomes import NULL_LIST, Flaw, kept, outcome
from airflow_provider_trackingmore.api.service import ApiVersion
from airflow_provider_trackingmore.api.versions import VERSIONS as TRACKINGMORE_VERSIONS
from airflow_provider_trackingmore.exceptions import (
    AnswerTooLargeError,
    AuthenticationError,
    ItemError,
    QuotaError,
    RateLimitError,
    RequestError,
    ResponseShapeError,
    ServerError,
    ServiceError,
    TransportError,
)
from airflow_provider_trackingmore.operators.support import fate

# All versions of AfterShip share one table of codes.
AFTERSHIP_VERSION = AFTERSHIP.version_named(AFTERSHIP.default_version)
VERSIONS = TRACKINGMORE_VERSIONS | {"AfterShip, all versions": AFTERSHIP_VERSION}

PAGE = Path(__file__).parents[2] / "docs" / "answers.md"

Result = Reaction | type[ServiceError]
RESULTS: tuple[Result, ...] = (
    *(Reaction.SUCCESS, Reaction.SLOW, Reaction.EMPTY),
    *(RateLimitError, ServerError, TransportError),
    *(AuthenticationError, QuotaError, RequestError, ResponseShapeError, AnswerTooLargeError, ItemError),
)
GOES_ON = {
    Reaction.SUCCESS: "goes on",
    Reaction.SLOW: "goes on slowly",
    Reaction.EMPTY: "goes on: empty",
}
# One of each kind; what they share is written as a group where all of it agrees.
GROUPS = {
    "2xx": (200, 201, 202, 203, 206),
    "3xx": (301, 302, 303, 304, 307, 308),
    **{str(status): (status,) for status in (400, 401, 402, 403, 404, 407, 408, 429)},
    "other 4xx": (405, 409, 410, 411, 413, 422, 431),
    "5xx": (500, 501, 502, 503, 504, 511, 520),
}

HEAD = """\
# What every answer comes to

For the person on call: an error names its class, the route and the code, for example
`QuotaError: list: code 4190 (quota_used_up): the plan's quota is used up`. The class says what happens next
(first table), the code why (the table of your API version; AfterShip's names are those of its SDK). This page
is written by `python tests/docs/test_answers.py` from the table that the client follows; do not edit it.

A sync asks the `list` route, and `status_counts` once before a first load of v3, where a final error is
passed over: the size of the account is then searched for. The other routes are for scripts.

A transient error is tried again by the client first, as often as `retries` says and for at most a quarter of
an hour. The tables say what Airflow does with the task when that is used up, or the wait would be longer:

- it *defers* the task, which waits in no worker as long as the service asks (a day in all), then tries again;
- it *retries* the task, if that has retries left, and defers it where the service told how long to wait;
- it *fails* the task at once, because a retry would end the same way.

However a run ends, the windows that had landed stay, the next try asks only for the rest, and the watermark
moves when all is complete.
"""

CODES = """\
The body's code decides where it is known. *HTTP* holds the statuses on which it does, *any* being any but
429, which always means to rest. On others, and for codes that are missing here, the status decides.
"""

STATUSES = """\
For answers without a code, with an unknown one, or with one that may not decide.
"""

FLAWS = """\
What can be wrong whatever the code says. Where the status is not 2xx, a body that cannot be read is taken as
empty, and the status decides. But a refusal (4xx, except 408 and 429) that breaks off, is cut off or takes
too long may have been any, an empty list among them, and is tried again.
"""


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def named(result: Result) -> str:
    return GOES_ON[result] if isinstance(result, Reaction) else f"`{result.__name__}`"


def airflow(result: Result) -> str:
    if isinstance(result, Reaction):
        return "goes on"
    return fate(result).value


def meaning(result: Result) -> str:
    if isinstance(result, Reaction):
        return {
            Reaction.SUCCESS: "all is well",
            Reaction.SLOW: "the account is over its limit; the next request waits ten seconds",
            Reaction.EMPTY: "there is nothing",
        }[result]
    return " ".join((result.__doc__ or "").split()).replace("``", "`").rstrip(".")


def results_table() -> str:
    rows = [
        [
            named(result),
            meaning(result),
            "" if isinstance(result, Reaction) else "yes" if result.transient else "no",
            airflow(result),
            kept("list", result).value,
            kept("detect", result).value,
        ]
        for result in RESULTS
    ]
    return table(["Result", "Means", "Transient", "Airflow", "Kept by a sync", "On other routes"], rows)


def statuses_like(version: ApiVersion, route: str, code: int, result: Result) -> str:
    """Return the statuses on which a code comes to ``result``."""
    groups = [
        name
        for name, statuses in GROUPS.items()
        if all(outcome(version, route, status, code).result is result for status in statuses)
    ]
    others = [name for name in GROUPS if name not in groups]
    return "any" if others in ([], ["429"]) else ", ".join(groups)


def codes_table(version: ApiVersion) -> str:
    rows = []
    for code, known in sorted(version.codes.items()):
        routes: dict[tuple[Result, str], list[str]] = {}
        for route in version.routes:
            result = outcome(version, route, 200, code).result
            key = (result, statuses_like(version, route, code, result))
            routes.setdefault(key, []).append(f"`{route}`")
        for (result, statuses), names in routes.items():
            where = "all" if len(routes) == 1 else "others" if len(names) > 2 else ", ".join(names)
            rows.append(
                [f"{code} `{known.name}`", known.meaning, where, statuses, named(result), airflow(result)]
            )
    return table(["Code", "Means", "Route", "HTTP", "Result", "Airflow"], rows)


def statuses_table() -> str:
    version = VERSIONS["v4"]
    found = {"204": outcome(version, "list", 204, None)}
    found |= {f"2xx, {word} code": outcome(version, "list", 200, code) for word, code in UNKNOWN.items()}
    for name, statuses in GROUPS.items():
        if name != "2xx":
            found[name] = outcome(version, "list", statuses[0], None)
    rows = [
        [name, re.sub(r" \((HTTP|unknown).*| 7777", "", one.text), named(one.result), airflow(one.result)]
        for name, one in found.items()
    ]
    return table(["HTTP", "Means", "Result", "Airflow"], rows)


UNKNOWN = {"no": None, "an unknown 5xx": 599, "another unknown": 7777}


def flaws_table() -> str:
    allowed = [name for name, version in VERSIONS.items() if version.list_may_be_null]
    rows = [[flaw.text, named(flaw.error), airflow(flaw.error)] for flaw in Flaw]
    rows.append(
        [f"{NULL_LIST.text} ({', '.join(allowed)})", named(NULL_LIST.result), airflow(NULL_LIST.result)]
    )
    return table(["What", "Result", "Airflow"], rows)


def page() -> str:
    parts = [HEAD, "## Results\n", results_table()]
    parts += ["## Codes\n", CODES]
    for name, version in VERSIONS.items():
        parts += [f"### {name}\n", codes_table(version)]
    parts += ["## HTTP statuses\n", STATUSES, statuses_table()]
    parts += ["## Answers that are none\n", FLAWS, flaws_table()]
    return "\n".join(parts)


def test_the_page_is_what_the_table_says():
    assert PAGE.read_text() == page()


def test_every_result_there_can_be_is_explained():
    everywhere = {
        outcome(version, route, status, code).result
        for version in VERSIONS.values()
        for route in version.routes
        for code in (*version.codes, *UNKNOWN.values())
        for statuses in (*GROUPS.values(), (204,))
        for status in statuses
    }
    assert everywhere | {flaw.error for flaw in Flaw} == set(RESULTS)


@pytest.mark.parametrize("name", GROUPS)
def test_the_statuses_of_a_group_are_alike_on_every_route_and_version(name):
    found = {
        outcome(version, route, status, None).result
        for version in VERSIONS.values()
        for route in version.routes
        for status in GROUPS[name]
    }
    assert len(found) == 1


@pytest.mark.parametrize("version", VERSIONS.values(), ids=list(VERSIONS))
def test_a_code_decides_on_all_of_a_group_or_on_nothing_of_it(version):
    for route in version.routes:
        for code in version.codes:
            for statuses in GROUPS.values():
                assert len({outcome(version, route, status, code).result for status in statuses}) == 1


if __name__ == "__main__":
    sys.exit(PAGE.write_text(page()) and None)
