"""Times as the services write them: parsed a column at a time, never guessed.

Accepted: ``YYYY-MM-DD``, ``YYYY-MM-DD HH:MM[:SS[.f]]`` with a blank or ``T``, an optional ``Z`` or
``+HH:MM``; ``YYYY/M/D H:M``; ``YYYYMMDD``. Everything else, ``0000-00-00`` included, is not a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_trackingmore.tables.columns import coded
from airflow_provider_trackingmore.tables.schema import MOMENT

_SHAPE = re.compile(
    r"\s*(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|(\d{2})(\d{2}))"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|z|[+-]\d{2}:?\d{2})?\s*"
)
_PRECISION = {10: "date", 16: "minute", 19: "second"}
_OFFSET = re.compile(r"([+-])(\d{2}):?([0-5]\d)")
# Years 1, 1970 and 9999 are placeholders, not times; neither service is older than the first year here.
_FIRST_YEAR, _LAST_YEAR = 2000, 9998


@dataclass(frozen=True)
class Times:
    """A column of times: wall clock, own offset where it carried one, and how exact it is."""

    local: pa.TimestampArray
    offset_minutes: pa.Int16Array
    precision: pa.DictionaryArray

    def utc(self) -> pa.TimestampArray:
        """Return the instants, reading a time without an offset as UTC."""
        return minus_minutes(self.local, pc.coalesce(self.offset_minutes, pa.scalar(0, pa.int16())))


def minus_minutes(local: pa.TimestampArray, minutes: pa.Array) -> pa.TimestampArray:
    """Return ``local`` moved back by ``minutes``."""
    micros = pc.multiply(pc.cast(minutes, pa.int64()), 60_000_000)
    return pc.cast(pc.subtract(pc.cast(local, pa.int64()), micros), MOMENT)


def parse_times(texts: pa.StringArray) -> Times:
    """Return the times of a column; null where the text is null or not a time."""
    if texts.null_count == len(texts):
        local, offset, place = (pa.nulls(len(texts), kind) for kind in (MOMENT, pa.int16(), pa.int32()))
        return Times(local, offset, coded(list(_PRECISION.values()), place))
    return _parse_regular(texts) or _parse_each(texts)


def _parse_regular(texts: pa.StringArray) -> Times | None:
    """Parse a column in which every value is well formed, without touching single values."""
    lengths = pc.binary_length(texts)
    distinct = pc.unique(lengths).drop_null().to_pylist()
    offsets = pa.nulls(len(texts), pa.int16())
    if any(length > 19 for length in distinct):
        suffixes = pc.utf8_slice_codeunits(texts, 19, 26).dictionary_encode()
        minutes = [_offset_minutes(suffix) if suffix else None for suffix in suffixes.dictionary.to_pylist()]
        if any(
            value is None and suffix
            for value, suffix in zip(minutes, suffixes.dictionary.to_pylist(), strict=True)
        ):
            return None
        offsets = pa.array(minutes, pa.int16()).take(suffixes.indices)
        texts = pc.utf8_slice_codeunits(texts, 0, 19)
        lengths = pc.min_element_wise(lengths, 19, skip_nulls=False)
        distinct = [length for length in distinct if length <= 19] + [19]
    if not set(distinct) <= set(_PRECISION):
        return None
    try:
        local = pc.cast(texts, MOMENT)
    except pa.ArrowInvalid:
        return None
    span = pc.min_max(local)
    first, last = (pc.year(span[end]).as_py() for end in ("min", "max"))
    if first is not None and not _FIRST_YEAR <= first <= last <= _LAST_YEAR:
        return None
    places = pc.index_in(lengths, pa.array(list(_PRECISION), lengths.type))
    return Times(local, offsets, coded(list(_PRECISION.values()), places))


def _offset_minutes(suffix: str) -> int | None:
    if suffix in ("Z", "z"):
        return 0
    match = _OFFSET.fullmatch(suffix)
    if not match:
        return None
    sign, hours, minutes = match.groups()
    total = int(hours) * 60 + int(minutes)
    if total > 24 * 60:
        return None
    return -total if sign == "-" else total


def _parse_each(texts: pa.StringArray) -> Times:
    parsed = [_parse_one(text) for text in texts.to_pylist()]
    return Times(
        pa.array([row[0] for row in parsed], MOMENT),
        pa.array([row[1] for row in parsed], pa.int16()),
        pa.array([row[2] for row in parsed], pa.string()).dictionary_encode(),
    )


def _parse_one(text: str | None) -> tuple[datetime | None, int | None, str | None]:
    nothing = (None, None, None)
    match = _SHAPE.fullmatch(text) if text else None
    if not match:
        return nothing
    year, m1, d1, m2, d2, m3, d3, hour, minute, second, fraction, suffix = match.groups()
    offset = _offset_minutes(suffix) if suffix else None
    if suffix and offset is None:
        return nothing
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        return nothing
    try:
        local = datetime(
            int(year),
            int(m1 or m2 or m3),
            int(d1 or d2 or d3),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
        )
    except ValueError:
        return nothing
    return local, offset, "date" if hour is None else "minute" if second is None else "second"
