"""One page of the service, decoded."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_trackingmore.exceptions import ConfigurationError, ResponseShapeError
from airflow_provider_trackingmore.tables.columns import hashed
from airflow_provider_trackingmore.tables.document import without_depth
from airflow_provider_trackingmore.tables.fast import read_regular
from airflow_provider_trackingmore.tables.fields import field_map
from airflow_provider_trackingmore.tables.flatten import Origin, flatten
from airflow_provider_trackingmore.tables.limits import MOST_BYTES
from airflow_provider_trackingmore.tables.normal import normalised
from airflow_provider_trackingmore.tables.privacy import may_stay
from airflow_provider_trackingmore.tables.schema import REJECTED
from airflow_provider_trackingmore.tables.tolerant import Refused, read_tolerant

if TYPE_CHECKING:
    from airflow_provider_trackingmore.tables.mapping import FieldMap


@dataclass(frozen=True)
class Page:
    """One page as Arrow tables; see :mod:`.schema` for their columns.

    ``reader`` is ``fast`` or ``tolerant``: how regular the page was, not how complete the result is.
    Always ``trackings.num_rows`` plus the rejected rows of kind ``tracking`` equals ``received``; and every
    checkpoint received is a row of ``checkpoints``, a rejected row of kind ``checkpoint``, or inside a
    rejected tracking.
    """

    trackings: pa.Table
    checkpoints: pa.Table
    rejected: pa.Table
    received: int
    reader: str

    def keys(self) -> list[str]:
        """Return the keys of the trackings."""
        keys: list[str] = self.trackings["tracking_key"].to_pylist()
        return keys

    def marks(self) -> list[str]:
        """Return one mark per received record: its key, or that of its rejection."""
        refused = self.rejected.filter(pc.equal(self.rejected["kind"], "tracking"))
        marks: list[str] = self.keys() + refused["rejected_key"].to_pylist()
        return marks

    def seconds(self, axis: str) -> list[int]:
        """Return when the records were ``created`` or ``updated``, as seconds since 1970, where known.

        A record that was never updated counts as updated when it was created.
        """
        times = pc.coalesce(self.trackings[f"{axis}_at_utc"], self.trackings["created_at_utc"])
        return [micros // 1_000_000 for micros in pc.cast(times, pa.int64()).drop_null().to_pylist()]


def decode_page(
    body: bytes,
    service: str = "trackingmore",
    version: str = "v4",
    *,
    account: str = "default",
    observed_at: datetime | None = None,
    include_personal_data: bool = False,
) -> Page:
    """Return the tables of one page of the list of trackings.

    :param body: the answer's body, of a code that means success.
    :param service: whose page it is.
    :param version: version of the service's API.
    :param account: label of the account; part of every key.
    :param observed_at: when the page was received, zoned; by default now.
    :param include_personal_data: keep names, e-mail addresses and the like in ``extra``.
    :raises ResponseShapeError: if the body is not one JSON document that holds the list, or holds more
        than a page can (see :mod:`.limits`).
    :raises ConfigurationError: if there is no such service or version, or ``observed_at`` has no zone.
    """
    fields = field_map(service, version)
    if observed_at is not None and observed_at.tzinfo is None:
        raise ConfigurationError("observed_at has no zone")
    observed = (observed_at or datetime.now(UTC)).astimezone(UTC)
    origin = Origin(account, observed, include_personal_data)
    if len(body) > MOST_BYTES:
        raise ResponseShapeError(f"the page is larger than {MOST_BYTES // 2**20} MB")
    try:
        return _decoded(body, fields, origin)
    except RecursionError:
        pass
    try:
        return _decoded(without_depth(body), fields, origin)
    except RecursionError:
        raise ResponseShapeError(
            "the page is nested too deeply around its records, which only the service can mend; see "
            '"Records are rejected" in docs/operations.md'
        ) from None


def _decoded(body: bytes, fields: FieldMap, origin: Origin) -> Page:
    include_personal_data = origin.include_personal_data
    records = read_regular(body, fields)
    refused: list[Refused] = []
    reader = "fast"
    if records is None:
        read = read_tolerant(body, fields, include_personal_data=include_personal_data)
        records, refused, reader = read.records, read.refused, "tolerant"
    trackings, checkpoints = flatten(
        *normalised(records, fields, include_personal_data=include_personal_data), origin
    )
    rejected = _rejected(refused, fields, origin)
    received = len(records) + sum(one.kind == "tracking" for one in refused)
    return Page(trackings, checkpoints, rejected, received, reader)


def _rejected(refused: list[Refused], fields: FieldMap, origin: Origin) -> pa.Table:
    rows = [_rejected_row(one, fields, origin) for one in refused]
    return pa.Table.from_pylist(rows, schema=REJECTED)


def _rejected_row(one: Refused, fields: FieldMap, origin: Origin) -> dict[str, object]:
    raw = json.dumps(one.raw, ensure_ascii=True, sort_keys=True)
    # The mark of the whole record goes into the key: a record rejected twice is one row.
    mark = hashlib.sha256(raw.encode()).hexdigest()
    named = (fields.service, origin.account, one.kind, str(one.source_id), mark)
    names = fields.record_names if one.kind == "tracking" else fields.checkpoint_names
    # Of anything but an object nothing is known: the mark and the length are kept.
    is_told = isinstance(one.raw, dict) or origin.include_personal_data
    include = origin.include_personal_data
    kept = may_stay(one.raw, names, include_personal_data=include) if is_told else None
    return {
        "rejected_key": hashed("\x1f".join(named).encode()).hex(),
        "source": fields.service,
        "account": origin.account,
        "api_version": fields.version,
        "kind": one.kind,
        "source_id": one.source_id,
        "path": one.path,
        "reason": one.reason,
        "raw_json": None
        if kept is None
        else json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace").decode(),
        "raw_length": len(raw),
        "observed_at_utc": origin.observed_at.replace(tzinfo=None),
    }
