"""What a service is to the client: data. A client class adds little more than the names of its calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from airflow_provider_trackingmore.api.codes import Code


@dataclass(frozen=True)
class Route:
    """One address of a service.

    ``path`` stands below the version's ``prefix`` and may hold names in braces. Routes of one ``pace`` wait
    for each other. ``repeatable`` says whether asking twice does no more than asking once, ``wrapper`` is the
    name around the request's body, if any, and ``holds`` leads to what was asked for in the answer.
    """

    method: str
    path: str
    pace: str = "account"
    repeatable: bool = True
    wrapper: str | None = None
    query: dict[str, str] = field(default_factory=dict)
    holds: tuple[str, ...] = ("data",)


@dataclass(frozen=True)
class ApiVersion:
    """One version of a service's API.

    ``page_parameter`` takes page numbers; where ``cursor_parameter`` is set, it takes the cursor that stands
    below ``paging_path`` of the page before. ``requests_per_second`` holds for every pace that ``paces`` does
    not name. ``retention`` is how long a tracking can be found after its creation;
    ``dates_ends`` says that a tracking ended by hand may be given the moment of its end.
    """

    name: str
    prefix: str
    auth_header: str
    routes: dict[str, Route]
    page_parameter: str | None
    size_parameter: str
    window_parameters: dict[str, tuple[str, str]]
    filters: frozenset[str]
    write_time: Callable[[datetime], str]
    code_path: tuple[str, ...]
    list_path: tuple[str, ...]
    list_may_be_null: bool
    total_path: tuple[str, ...] | None
    page_size: int
    largest_page_size: int
    requests_per_second: float
    codes: dict[int, Code]
    cursor_parameter: str | None = None
    paging_path: tuple[str, ...] | None = None
    paces: dict[str, float] = field(default_factory=dict)
    tells_limits: bool = False
    retention: timedelta | None = None
    may_leave_end_open: bool = False
    dates_ends: bool = False

    def pace(self, name: str) -> float:
        """Return how many requests of a pace may start in a second."""
        return self.paces.get(name, self.requests_per_second)


@dataclass(frozen=True)
class Service:
    """A service: where it is, its versions, and how it names the options they share.

    ``version_header`` is the header of an answer that says which version it has.
    """

    name: str
    label: str
    url: str
    versions: dict[str, ApiVersion]
    default_version: str
    url_option: str = "base_url"
    retries_option: str = "retries"
    most_retries: int = 50
    version_header: str | None = None

    def version_named(self, name: str) -> ApiVersion:
        """Return the version called ``name``.

        :raises ConfigurationError: if there is no such version.
        """
        try:
            return self.versions[name]
        except (KeyError, TypeError):
            raise ConfigurationError(f"api_version must be one of {', '.join(self.versions)}") from None

    def nearest_version(self, name: str) -> ApiVersion:
        """Return the version called ``name``, or the newest that is older: what a later one has in common.

        Only for services whose versions are named in order.
        """
        older = [known for known in sorted(self.versions) if known <= name]
        return self.versions[older[-1] if older else min(self.versions)]
