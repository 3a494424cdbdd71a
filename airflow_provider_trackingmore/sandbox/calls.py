"""A request and an answer, without HTTP: what handlers get and give."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.dialects import Dialect


ITEMS = "@items@"


class Refused(Exception):  # noqa: N818 - it is the service's answer, not our error
    """The service answers with an error; ``meaning`` is a name from the dialect's ``errors``."""

    def __init__(self, meaning: str) -> None:
        super().__init__(meaning)
        self.meaning = meaning


@dataclass
class Call:
    """One request that found its version, its route and who handles it."""

    dialect: Dialect
    route: str
    handler: str
    method: str
    path: dict[str, str]
    query: dict[str, str]
    body: bytes = b""

    def json(self, *, optional: bool = False) -> Any:
        """Return the body as JSON; an optional body may be empty and is an empty object then.

        :raises Refused: if the body cannot be read.
        """
        if optional and not self.body.strip():
            return {}
        try:
            return json.loads(self.body)
        except ValueError:
            raise Refused("not_json") from None

    def json_list(self, most: int = 40) -> list[dict[str, Any]]:
        """Return a body that is an array of objects, or one object, as a list.

        :raises Refused: if it is neither, or longer than ``most``.
        """
        value = self.json()
        rows = [value] if isinstance(value, dict) else value
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refused("not_json")
        if len(rows) > most:
            raise Refused("too_many")
        return rows


@dataclass
class Answer:
    """What a handler answers: data under a body code, named by meaning or given as a number.

    ``texts`` are records that are JSON already; in ``data``, :data:`ITEMS` stands in their place.
    """

    data: Any
    code: int | str = "ok"
    items: int = 0
    is_empty: bool = False
    texts: list[str] = field(default_factory=list)
