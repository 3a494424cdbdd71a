"""Paths that templates have filled in: whole, plain, and inside what the deployment allows.

What a template is filled with may come from whoever can start a run, so a path must not lead anywhere
else than its author meant. Texts never repeat the path: it may hold a credential by mistake.
"""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlsplit

from airflow_provider_trackingmore.exceptions import ConfigurationError

SECTION, OPTION, REPORT = "trackingmore", "allowed_roots", "report"

_CREDENTIAL = re.compile(r"key|secret|token|password|sig", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def checked_path(field: str, path: str | None, *, url: bool = False) -> str | None:
    """Return a rendered path, or None for an empty one.

    It must be absolute and hold no ``..``; where the deployment names ``allowed_roots``, it must stand below
    one of them, symbolic links followed.

    :param field: the operator's argument, for the error.
    :param path: what the template gave.
    :param url: whether it may be a URL such as ``s3://bucket/folder``.
    :raises ConfigurationError: if the path leads elsewhere, or could.
    """
    if not path:
        return None
    is_url = "://" in path
    if _CONTROL.search(path):
        raise ConfigurationError(f"{field} holds a control character; check what fills its template")
    if is_url and url:
        _refuse_credentials(field, path)
    elif is_url or not os.path.isabs(path):
        raise ConfigurationError(
            f"{field} is no absolute path; a worker's current folder is nobody's choice: begin it with '/'"
        )
    if ".." in PurePosixPath(unquote(path) if is_url else path).parts:
        raise ConfigurationError(f"{field} holds '..', which leads out of its folder; write the whole path")
    refuse_outside_roots(field, path)
    return path


def refuse_outside_roots(field: str, path: str) -> None:
    """Refuse a path that does not stand below one of ``allowed_roots``, where the deployment names some.

    A root is not below itself: what replaces a path in one step, and its locks, stand beside it.

    :raises ConfigurationError: naming the field.
    """
    roots = allowed_roots()
    if roots and not any(_is_below(path, root) for root in roots):
        raise ConfigurationError(
            f"{field} is not below any folder of [{SECTION}] {OPTION}; "
            "give it a path in one of them, not that folder itself"
        )


def allowed_roots() -> list[str]:
    """Return the folders and URLs that the deployment allows; empty means that all are."""
    return [root.strip() for root in _setting(OPTION).split(",") if root.strip()]


def configured_report() -> str | None:
    """Return the path or URL that the deployment gives the report, or None if it gives none.

    :raises ConfigurationError: as for a rendered path.
    """
    return checked_path(f"[{SECTION}] {REPORT}", _setting(REPORT).strip(), url=True)


def _setting(option: str) -> str:
    from airflow.providers.common.compat.sdk import conf

    return conf.get(SECTION, option, fallback="") or ""


def _refuse_credentials(field: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.password or any(_CREDENTIAL.search(name) for name, _ in parse_qsl(parts.query)):
        raise ConfigurationError(
            f"{field} holds credentials, which Airflow stores and shows with the rendered template; "
            "give them to the workers' environment instead"
        )


def _is_below(path: str, root: str) -> bool:
    """Return whether a path or URL stands below the root."""
    place, top = _resolved(path), _resolved(root)
    return place != top and place.startswith(top.rstrip("/") + "/")


def _resolved(path: str) -> str:
    if path.startswith("file://"):
        path = unquote(urlsplit(path).path)
    return unquote(path).rstrip("/") if "://" in path else os.path.realpath(path)
