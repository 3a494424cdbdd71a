"""Each check finds what it is there for, in a warehouse where everything else is right."""

from __future__ import annotations

import duckdb
import pytest
from factories import record, scan
from stories import DELIVERED, FAILED, OUT, PICKED_UP, tell

from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store.model_files import read_checks

CHECKS = {check.name: check.sql for check in read_checks(sql_folder())}
DAMAGE = {
    "checkpoints_are_unique": "INSERT INTO checkpoints FROM checkpoints LIMIT 1",
    "checkpoints_belong_to_trackings": "DELETE FROM trackings WHERE checkpoint_count = 2",
    "curves_hang_on_enough": "UPDATE int_curve_moments SET n_at_risk = 9 WHERE elapsed_days < 3",
    "curves_only_rise": "UPDATE mart_delivery_survival SET share_delivered = 0 WHERE days_since_pickup > 4",
    "durations_are_not_negative": "UPDATE int_shipment_outcomes SET duration_days = -duration_days",
    "episodes_match_shipments": "DELETE FROM int_exception_episodes",
    "event_types_are_mapped": "UPDATE checkpoints SET event_type = 'unknown' WHERE source_seq = 1",
    "groups_are_in_every_mart": "UPDATE mart_first_attempt SET n_shipments = n_shipments + 1",
    "marts_have_one_row_per_group": "INSERT INTO mart_on_time FROM mart_on_time",
    "promises_add_up": "UPDATE mart_on_time SET n_not_due = n_not_due + 1",
    "qualities_are_shares": "UPDATE mart_data_quality SET found_share = 1.1",
    "quantiles_ascend": "UPDATE mart_delivery_time_quantiles SET p90_days = 1",
    "rates_are_shares": "UPDATE int_rates SET rate_lower95 = 1, rate = 0.5 WHERE n_of > 0",
    "scans_are_accounted_for": "INSERT INTO int_left_out_checkpoints"
    " SELECT 'none', tracking_key, source, 'impossible' FROM stg_trackings LIMIT 1",
    "scans_are_not_in_the_future": "UPDATE checkpoints SET event_at_utc = '2027-11-01' WHERE source_seq = 2",
    "shares_sum_to_one": "UPDATE mart_delivery_survival SET share_open = share_open + 1e-8",
    "shipments_match_trackings": "DELETE FROM int_shipment_outcomes",
    "shipments_tell_one_parcel": "DELETE FROM fct_shipments",
    "stalled_shipments_are_open": "UPDATE fct_shipments SET outcome = 'lost'",
    "substatuses_are_known": "UPDATE checkpoints SET substatus = 'transit999'",
    "times_are_parsable": "UPDATE checkpoints SET time_basis = 'unparsable'",
    "trackings_are_unique": "INSERT INTO trackings FROM trackings LIMIT 1",
    "windows_are_complete": "UPDATE loads SET is_complete = false",
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    """Parcels delivered one by one, one that met an exception, and one that is stalled."""
    warehouse = str(tmp_path_factory.mktemp("checks") / "warehouse.duckdb")
    delivered = [
        record(f"{day}", PICKED_UP, scan(f"2026-11-{day:02}T10:00:00", "delivered", "delivered001"))
        for day in range(2, 18)
    ]
    tell(
        warehouse, *delivered, record("failed", PICKED_UP, OUT, FAILED, DELIVERED), record("open", PICKED_UP)
    )
    with duckdb.connect(warehouse) as connection:
        yield connection


def test_every_check_is_seen_to_find_something():
    assert set(DAMAGE) == set(CHECKS)


@pytest.mark.parametrize("name", DAMAGE)
def test_a_check_finds_what_is_wrong_and_nothing_where_all_is_right(connection, name):
    assert connection.execute(CHECKS[name]).fetchall() == []
    connection.execute("BEGIN")
    connection.execute(DAMAGE[name])
    try:
        assert connection.execute(CHECKS[name]).fetchall()
    finally:
        connection.execute("ROLLBACK")
