"""Trackings that left the service: marked, never erased, and unmarked when they are seen again."""

from __future__ import annotations

import logging
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from airflow_provider_trackingmore.store.landing import Run
    from airflow_provider_trackingmore.store.state import Account

log = logging.getLogger(__name__)


def mark_gone(connection: duckdb.DuckDBPyConnection, run: Run, account: Account) -> int:
    """Mark what a complete run over everything did not find, and return how many trackings that are.

    Creation times never change, so a record that stands still on that axis and was not found has been
    deleted or has aged out. What was created after the window's end, or observed after the run began, it
    says nothing of.
    """
    nameless = connection.execute(
        "SELECT count(*) FROM landed_rejected WHERE kind = 'tracking' AND source_id IS NULL"
    ).fetchall()[0][0]
    if nameless:
        log.warning("%d records without an id came: what is gone cannot be told this time", nameless)
        return 0
    began, last = (one.astimezone(UTC).replace(tzinfo=None) for one in (run.started_at, run.range.last))
    ((count,),) = connection.execute(
        """
        UPDATE trackings SET gone_at_utc = $began
        WHERE source = $source AND account = $account AND gone_at_utc IS NULL
          AND created_at_utc <= $last AND observed_at_utc < $began
          AND tracking_key NOT IN (SELECT tracking_key FROM landed_trackings)
          AND source_id NOT IN (SELECT source_id FROM landed_rejected WHERE source_id IS NOT NULL)
        """,
        {"began": began, "last": last, "source": account.source, "account": account.account},
    ).fetchall()
    return int(count)


def unmark_seen(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the mark from what was received after it was set."""
    connection.execute(
        """
        UPDATE trackings SET gone_at_utc = NULL
        FROM (
            SELECT tracking_key, max(observed_at_utc) AS seen_at_utc FROM landed_trackings GROUP BY ALL
        ) AS landed
        WHERE trackings.gone_at_utc IS NOT NULL AND trackings.tracking_key = landed.tracking_key
          AND landed.seen_at_utc > trackings.gone_at_utc
        """
    )
