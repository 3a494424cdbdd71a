"""The query that asks for one page of a list, in the words of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_trackingmore.api.options import shape
from airflow_provider_trackingmore.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from airflow_provider_trackingmore.api.service import ApiVersion

Window = tuple["datetime", "datetime"]


def list_query(
    version: ApiVersion,
    page: int | str,
    size: int,
    created: Window | None,
    updated: Window | None,
    filters: Mapping[str, str],
    now: Callable[[], datetime],
) -> dict[str, str]:
    """Return the parameters; ``page`` is a number, or the cursor that the page before gave.

    :raises ConfigurationError: if the version has no such filter or paging, or a moment has no zone.
    """
    query = _place(version, page) | {version.size_parameter: str(size)}
    if version.retention and created is None:
        # Left out, it may default to less than the service keeps.
        query[version.window_parameters["created"][0]] = version.write_time(now() - version.retention)
    for axis, window in (("created", created), ("updated", updated)):
        if window is not None:
            query |= _bounds(version, axis, window, now)
    unknown = sorted(set(filters) - version.filters)
    if unknown:
        known = ", ".join(sorted(version.filters))
        raise ConfigurationError(f"{version.name} lists have no filter {unknown[0]!r}; there are: {known}")
    for name, value in filters.items():
        if not isinstance(value, str):
            raise ConfigurationError(f"the filter {name} is {shape(value)}; give a text, several with commas")
    return query | dict(filters)


def next_query(
    version: ApiVersion, page: int | str, size: int | None, query: Mapping[str, str]
) -> dict[str, str]:
    """Return the parameters for another page of a list, which was asked for with ``query``."""
    places = (version.cursor_parameter, version.page_parameter)
    kept = {name: value for name, value in query.items() if name not in places}
    return _place(version, page) | kept | ({} if size is None else {version.size_parameter: str(size)})


def _place(version: ApiVersion, page: int | str) -> dict[str, str]:
    if isinstance(page, str) and version.cursor_parameter:
        return {version.cursor_parameter: page}
    if isinstance(page, int) and version.page_parameter:
        return {version.page_parameter: str(page)}
    if page != 1:
        raise ConfigurationError(
            f"page is {page!r}; {version.name} goes on with "
            + ("the cursor that the page before gave" if version.cursor_parameter else "page numbers")
        )
    return {}


def _bounds(version: ApiVersion, axis: str, window: Window, now: Callable[[], datetime]) -> dict[str, str]:
    first, last = window
    if first.tzinfo is None or last.tzinfo is None:
        raise ConfigurationError(f"{axis} holds a moment without a zone")
    if version.retention and axis == "created":
        # Nothing older can be found; how the service takes being asked for it is unconfirmed.
        first = min(max(first, now() - version.retention), last)
    names = version.window_parameters[axis]
    query = {names[0]: version.write_time(first)}
    # Else both ends always: a version may refuse a window with a single one.
    if not (version.may_leave_end_open and last > now()):
        query[names[1]] = version.write_time(last)
    return query
