"""Ways to call a service, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Route:
    """A way to call the service: method, path below the version, its name, and who handles it."""

    method: str
    path: str
    name: str
    handler: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))

    def match(self, path: str) -> dict[str, str] | None:
        """Return the path's variables, or nothing if the path is another one."""
        found = self._pattern.fullmatch(path)
        return found.groupdict() if found else None


def routes(*lines: str) -> tuple[Route, ...]:
    """Read "METHOD path name handler" lines; without a handler the name says who handles it."""
    words = [line.split() for line in lines]
    return tuple(Route(method, path, name, (rest or [name])[0]) for method, path, name, *rest in words)


def find(candidates: tuple[Route, ...], method: str, path: str) -> tuple[Route, dict[str, str]] | bool:
    """Return the route of a request and its variables, or else whether its path has another method."""
    wrong_method = False
    for route in candidates:
        found = route.match(path)
        if found is not None and route.method == method:
            return route, found
        wrong_method |= found is not None
    return wrong_method
