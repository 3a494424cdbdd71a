"""Moments as the services want them written."""

from __future__ import annotations

from datetime import UTC, datetime


def unix_time(moment: datetime) -> str:
    """Return whole seconds since 1970."""
    return str(int(moment.timestamp()))


def iso_time(moment: datetime) -> str:
    """Return UTC without fractions, with "+00:00": "Z" is unconfirmed at one service, refused at another."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
