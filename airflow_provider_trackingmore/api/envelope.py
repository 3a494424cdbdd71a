"""What an answer says about itself, read without building the records it carries.

A page of 2,000 trackings is 12 MB; parsing it twice would double the cost of a load. The service writes
the code before the records, so the bytes before the list are enough; if that ever changes, the whole
body is parsed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api.service import ApiVersion


@dataclass(frozen=True)
class Envelope:
    """``code`` and ``total`` are None where the body has none, or is no JSON.

    ``next_cursor`` is empty on the last page, and None where the body has no word about paging.
    """

    code: int | None = None
    total: int | None = None
    next_cursor: str | None = None


def read_envelope(body: bytes, version: ApiVersion) -> Envelope:
    """Return the code and, where the version has one, the total of ``body``."""
    for document in (_head(body, version), body):
        try:
            parsed = json.loads(document)
        except (ValueError, RecursionError):
            continue
        code = _integer(value_at(parsed, version.code_path))
        total = _integer(value_at(parsed, version.total_path)) if version.total_path else None
        if total is not None and total < 0:
            total = None
        is_complete = code is not None and (total is not None or version.total_path is None)
        if is_complete or document is body:
            return Envelope(code, total, _next_cursor(parsed, version))
    return Envelope()


def read_records(body: bytes, version: ApiVersion) -> list[Any] | None:
    """Return the records of an answer, or None where there is no list; parses the whole body.

    :raises ValueError: if the body is not one JSON document.
    """
    try:
        document = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error
    # The last is the sister brand's shape; unconfirmed for TrackingMore.
    for path in (version.list_path, ("data",), ("data", "success")):
        if isinstance(found := value_at(document, path), list):
            return found
    return None


def is_null_list(body: bytes, version: ApiVersion) -> bool:
    """Return whether the list is there and is null; only a body that looks so is parsed as a whole."""
    *parents, name = version.list_path
    if not re.search(rf'"{name}"\s*:\s*null\b'.encode(), body[:4096]):
        return False
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return False
    inner = value_at(found, tuple(parents))
    return isinstance(inner, dict) and name in inner and inner[name] is None


def is_cut_off(body: bytes) -> bool:
    """Return whether ``body`` begins like JSON and ends before its end."""
    text = body.strip()
    if text[:1] not in (b"{", b"["):
        return False
    # Counting is cheap, and right unless texts hold braces; only then the whole is parsed.
    if text[-1:] in (b"}", b"]") and text.count(b"{") == text.count(b"}"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def _head(body: bytes, version: ApiVersion) -> bytes:
    """Return the document with its list cut out, closed again; nonsense if that is not possible."""
    end = body.find(f'"{version.list_path[-1]}"'.encode())
    return body[:end].rstrip().rstrip(b",") + b"}" * len(version.list_path) if end >= 0 else b""


def _next_cursor(document: Any, version: ApiVersion) -> str | None:
    """Return the cursor; the last page may lack it, or say so beside it."""
    paging = value_at(document, version.paging_path) if version.paging_path else None
    if not isinstance(paging, dict):
        return None
    cursor = paging.get("next_cursor")
    return cursor if isinstance(cursor, str) and paging.get("has_next_page") is not False else ""


def value_at(document: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at ``path``, or None."""
    for key in path:
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def _integer(value: Any) -> int | None:
    """Return ``value`` as a number; the service writes totals, and may write codes, as text."""
    try:
        return None if value is None or isinstance(value, bool) else int(str(value))
    except ValueError:
        return None
